/* frame.c — any bytes as a log: the same records, whatever the size of batches and reads. */
#include <stdlib.h>
#include <string.h>

#include "reader/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct seen {
  uint64_t records, rejects, bytes, hash;
} seen;

static void add(seen *s, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) s->hash = (s->hash ^ (unsigned char)bytes[i]) * 1099511628211u;
}

static void add_origin(seen *s, const ar_origin *origin) {
  s->bytes += origin->len;
  add(s, (const char *)&origin->record, sizeof origin->record);
  add(s, (const char *)&origin->offset, sizeof origin->offset);
}

/* Records and rejects apart: how they are spread over batches is nobody's business. */
static void add_batch(seen *records, seen *rejects, const ar_batch *batch, char *sink) {
  for (size_t i = 0; i < batch->count; i++) {
    const ar_record *r = &batch->records[i];
    memcpy(sink, r->text + r->origin.len, AR_READER_PADDING); /* readable, as promised */
    add_origin(records, &r->origin);
    add(records, r->text, r->origin.len);
  }
  for (size_t i = 0; i < batch->reject_count; i++) {
    add_origin(rejects, &batch->rejects[i].origin);
    add(rejects, batch->rejects[i].reason, strlen(batch->rejects[i].reason));
  }
  records->records += batch->count;
  rejects->rejects += batch->reject_count;
}

static bool read_all(ar_str text, const ar_reader_options *options, seen *records, seen *rejects) {
  ar_err err;
  char sink[AR_READER_PADDING];
  ar_read more = AR_READ_FAILED;
  ar_reader *reader = ar_reader_new_memory(text, "log", options, &err);
  ar_batch *batch = reader ? ar_batch_new(reader, &err) : NULL;
  while (batch && (more = ar_reader_next(reader, batch, &err)) == AR_READ_MORE)
    add_batch(records, rejects, batch, sink);
  if (more == AR_READ_END && records->records + rejects->rejects != ar_reader_file(reader, 0).records) abort();
  ar_batch_free(batch);
  ar_reader_free(reader);
  return more == AR_READ_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  seen records[2] = { { 0 }, { 0 } }, rejects[2] = { { 0 }, { 0 } };
  if (size < 2) return 0;
  ar_str text = { (const char *)data + 2, size - 2 };
  ar_reader_options plain = { .max_record = 600 }, odd = plain;
  odd.batch_bytes = 1 + data[0] * 4u;
  odd.read_bytes = 1 + data[1];
  if (!read_all(text, &plain, &records[0], &rejects[0])) return 0;
  if (!read_all(text, &odd, &records[1], &rejects[1])) return 0;
  if (memcmp(&records[0], &records[1], sizeof(seen)) != 0) abort();
  if (memcmp(&rejects[0], &rejects[1], sizeof(seen)) != 0) abort();
  return 0;
}
