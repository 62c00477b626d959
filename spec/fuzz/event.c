/* event.c — any JSON as a record: a verdict with its reason, and the same event each time it is read. */
#include <stdlib.h>
#include <string.h>

#include "event/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct bench {
  ar_canon *canon;
  ar_json_doc *doc;
  ar_names *names;
} bench;

static void use(bench *b, ar_json value) {
  ar_json inner = ar_canon_inner(b->canon, value);
  ar_json_path(inner, (ar_str){ "a.b[0]", 6 });
}

static void check_parts(const ar_fields *f) {
  ar_str name = ar_resource_name(f->resource), parent = ar_resource_parent(f->resource);
  if (name.len > f->resource.len || parent.len > f->resource.len) abort();
}

static ar_verdict read_record(bench *b, ar_str text, ar_event *event) {
  ar_err err;
  ar_json record;
  ar_fields fields;
  char why[160] = "";
  if (!ar_json_parse_copy(b->doc, text, &record, &err)) return AR_VERDICT_REJECTED;
  ar_verdict verdict = ar_canon_fields(b->canon, record, &fields, why);
  if (verdict == AR_VERDICT_SKIPPED || verdict == AR_VERDICT_REJECTED) {
    if (!why[0] || !memchr(why, '\0', sizeof why)) abort();
    return verdict;
  }
  if (verdict == AR_VERDICT_ENVELOPE) return verdict;
  memset(event, 0, sizeof *event);
  ar_event_pack(&fields, b->names, NULL, 7, event);
  check_parts(&fields);
  use(b, fields.properties);
  use(b, fields.claims);
  use(b, fields.request_body);
  use(b, fields.response_body);
  if (event->source == AR_SOURCE_NONE || event->time == AR_INSTANT_NONE) abort();
  return verdict;
}

/* Names are numbered in the order they come in; all else is a matter of the record alone. */
static void check_again(bench *b, ar_str text, const ar_event *first, ar_verdict verdict) {
  ar_event second;
  if (read_record(b, text, &second) != verdict) abort();
  if (verdict == AR_VERDICT_EVENT && memcmp(first, &second, sizeof second) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bench b;
  ar_err err;
  ar_event event;
  ar_str text = { (const char *)data, size };
  if (!b.canon) b = (bench){ ar_canon_new(&err), ar_json_doc_new((size_t)1 << 20, 512), ar_names_new(1000, 7) };
  if (!b.canon || !b.doc || !b.names) abort();
  ar_verdict verdict = read_record(&b, text, &event);
  check_again(&b, text, &event, verdict);
  return 0;
}
