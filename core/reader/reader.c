/* reader.c — inputs one after the other, through the buffers of batches, into the framer. */
#include "reader/files.h"
#include "reader/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What one batch reads and parses stays in a core's own cache meanwhile. */
#define BATCH_BYTES ((size_t)128 << 10)
#define MAX_RECORD ((size_t)1 << 20)
#define BUFFER_LEAST 256
#define PAGE ((size_t)4096)

const char *const ar_reject_words[AR_REJECT_KINDS] = { "not_a_record", "not_json", "too_deep", "too_large",
                                                       "truncated" };

ar_str ar_reason_head(const char *reason) {
  const char *colon = strstr(reason, ": ");
  return colon ? (ar_str){ reason, (size_t)(colon - reason) } : ar_str_of(reason);
}

struct ar_reader {
  ar_inputs inputs;
  ar_source *source;
  ar_files *files;
  ar_framer framer;
  size_t read_bytes;
  size_t current; /* inputs[current] is open, or is the next one */
  bool open, from_memory, source_ended;
  ar_str memory;
  char *carry; /* bytes behind the last record of the batch before; as much room as the largest buffer */
  size_t carry_len, carry_room;
  uint64_t carry_offset;
};

/* ---- life ---- */

void ar_reader_free(ar_reader *reader) {
  if (!reader) return;
  ar_files_free(reader->files);
  ar_source_free(reader->source);
  ar_inputs_free(&reader->inputs);
  ar_columns_free(&reader->framer.columns);
  ar_free(reader->carry);
  ar_free(reader);
}

static ar_reader *reader_make(const ar_reader_options *options, ar_err *err) {
  ar_reader *reader = ar_alloc(sizeof *reader);
  if (!reader) {
    ar_nomem(err, "starting the reader");
    return NULL;
  }
  ar_framer *f = &reader->framer;
  f->batch_bytes = options && options->batch_bytes ? options->batch_bytes : BATCH_BYTES;
  f->max_record = options && options->max_record ? options->max_record : MAX_RECORD;
  f->head_bytes = f->max_record < AR_HEAD_BYTES ? f->max_record : AR_HEAD_BYTES;
  reader->read_bytes = options ? options->read_bytes : 0;
  reader->source = ar_source_new(reader->read_bytes, f->max_record);
  reader->files = ar_files_new();
  if (reader->source && reader->files) return reader;
  ar_nomem(err, "starting the reader");
  ar_reader_free(reader);
  return NULL;
}

ar_reader *ar_reader_new(const char *const *paths, size_t count, const ar_reader_options *options, ar_err *err) {
  ar_reader *reader = reader_make(options, err);
  for (size_t i = 0; reader && i < count; i++) {
    if (ar_inputs_list(&reader->inputs, paths[i], err)) continue;
    ar_reader_free(reader);
    return NULL;
  }
  return reader;
}

ar_reader *ar_reader_new_memory(ar_str bytes, const char *name, const ar_reader_options *options, ar_err *err) {
  ar_reader *reader = reader_make(options, err);
  if (!reader) return NULL;
  reader->from_memory = true;
  reader->memory = bytes;
  ar_input *input = ar_inputs_add(&reader->inputs, ar_str_of(name));
  if (input) {
    input->size = bytes.len;
    return reader;
  }
  ar_nomem(err, "starting the reader");
  ar_reader_free(reader);
  return NULL;
}

void ar_batch_free(ar_batch *batch) {
  if (!batch) return;
  ar_pages *own = batch->own;
  if (own) {
    ar_free(own->buffer);
    ar_arena_free(own->made);
  }
  ar_free(own);
  ar_free(batch->records);
  ar_free(batch->rejects);
  ar_free(batch);
}

static bool buffer_reserve(ar_reader *reader, ar_pages *own, size_t room);

ar_batch *ar_batch_new(ar_reader *reader, ar_err *err) {
  ar_batch *batch = ar_alloc(sizeof *batch);
  ar_pages *own = batch ? batch->own = ar_alloc(sizeof *own) : NULL;
  if (own) own->made = ar_arena_new(64 << 10);
  size_t room = reader->framer.batch_bytes < BUFFER_LEAST ? BUFFER_LEAST : reader->framer.batch_bytes + PAGE;
  if (own && own->made && buffer_reserve(reader, own, room)) return batch;
  ar_batch_free(batch);
  ar_nomem(err, "making a batch of records");
  return NULL;
}

/* ---- the buffer ---- */

/* The carry has as much room as the buffer, so that saving what is left of it cannot fail. */
static bool buffer_reserve(ar_reader *reader, ar_pages *own, size_t room) {
  if (reader->carry_room < room) {
    char *carry = ar_resize(reader->carry, room);
    if (!carry) return false;
    reader->carry = carry;
    reader->carry_room = room;
  }
  if (own->room >= room) return true;
  char *buffer = ar_resize(own->buffer, room + AR_READER_PADDING);
  if (!buffer) return false;
  memset(buffer + room, 0, AR_READER_PADDING);
  own->buffer = buffer;
  own->room = room;
  return true;
}

/* An arena keeps its blocks; rows of ever other sizes must not make it grow without end. */
static bool made_reset(const ar_framer *f, ar_pages *own) {
  if (ar_arena_bytes(own->made) > 4 * (f->batch_bytes + f->max_record)) {
    ar_arena *fresh = ar_arena_new(64 << 10);
    if (!fresh) return false;
    ar_arena_free(own->made);
    own->made = fresh;
  }
  ar_arena_reset(own->made);
  own->made_bytes = 0;
  return true;
}

static bool by_pages(const ar_reader *reader, const ar_pages *own) {
  return !reader->read_bytes && own->room >= 16 * PAGE;
}

/* How far from the start of a large buffer its first bytes go, so that what is read behind them starts on a page, as
 * it does in the file: read(2) copies four times slower when the two lie a few bytes apart in their pages. */
static size_t lead_bytes(const ar_reader *reader, const ar_pages *own) {
  if (!by_pages(reader, own)) return 0;
  return (size_t)(0 - ((uintptr_t)own->buffer + reader->carry_len)) % PAGE;
}

/* Room for the next read. */
static size_t room_left(const ar_reader *reader, const ar_pages *own) {
  size_t room = own->room - reader->framer.end;
  return by_pages(reader, own) ? room - room % PAGE : room;
}

static bool batch_begin(ar_reader *reader, ar_batch *batch) {
  ar_framer *f = &reader->framer;
  ar_pages *own = batch->own;
  batch->count = batch->reject_count = 0;
  if (!made_reset(f, own) || !buffer_reserve(reader, own, reader->carry_len + (by_pages(reader, own) ? PAGE : 0)))
    return false;
  size_t lead = lead_bytes(reader, own);
  if (reader->carry_len) memcpy(own->buffer + lead, reader->carry, reader->carry_len);
  f->batch = batch;
  f->buf = own->buffer;
  f->pos = lead;
  f->end = lead + reader->carry_len;
  f->base = reader->carry_offset - lead;
  return true;
}

static ar_read batch_finish(ar_reader *reader, ar_read result) {
  ar_framer *f = &reader->framer;
  reader->carry_len = f->end - f->pos;
  reader->carry_offset = f->base + f->pos;
  if (reader->carry_len) memcpy(reader->carry, f->buf + f->pos, reader->carry_len);
  if (reader->open) f->file->info.bytes = f->base + f->end;
  return result;
}

/* Makes room behind the bytes that wait; records of this batch must not move, so only while there are none. */
static bool buffer_more(ar_reader *reader, ar_pages *own) {
  ar_framer *f = &reader->framer;
  if (f->pos) {
    memmove(own->buffer, own->buffer + f->pos, f->end - f->pos);
    f->base += f->pos;
    f->end -= f->pos;
    f->pos = 0;
  }
  if (own->room - f->end >= own->room / 4) return true;
  if (!buffer_reserve(reader, own, own->room * 2)) return false;
  f->buf = own->buffer;
  return true;
}

/* ---- one input after the other ---- */

static bool input_prepare(ar_reader *reader, ar_input *input, int fd) {
  struct stat st;
  if (fstat(fd, &st) != 0) return false;
  if (S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return false;
  }
  input->device = st.st_dev;
  input->inode = st.st_ino;
  input->regular = S_ISREG(st.st_mode) && strcmp(input->path, "-") != 0;
  if (input->regular) input->size = (uint64_t)st.st_size;
#ifdef POSIX_FADV_SEQUENTIAL
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
  (void)reader;
  return true;
}

static int input_open(ar_reader *reader, ar_input *input) {
  int fd = strcmp(input->path, "-") == 0 ? STDIN_FILENO : open(input->path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && input_prepare(reader, input, fd)) return fd;
  input->info.unreadable = true;
  ar_input_problem(input, "cannot open: %s", strerror(errno));
  if (fd > STDIN_FILENO) close(fd);
  return -1;
}

/* Opens the next input that can be; false when there is none. */
static bool open_next(ar_reader *reader) {
  for (; reader->current < reader->inputs.count; reader->current++) {
    ar_input *input = &reader->inputs.items[reader->current];
    int fd = reader->from_memory || input->listed_bad ? -1 : input_open(reader, input);
    if (fd < 0 && !reader->from_memory) continue;
    ar_source_open(reader->source, fd, reader->memory, input);
    ar_frame_start(&reader->framer, input, (uint32_t)reader->current, 0 - (uint64_t)reader->framer.end);
    reader->open = true;
    reader->source_ended = false;
    return true;
  }
  return false;
}

static bool reject_garbage(ar_framer *f, const ar_source *source) {
  ar_reject reject = { .kind = AR_REJECT_NOT_A_RECORD, .reason = "bytes behind the end of the compressed data" };
  uint64_t len = ar_source_garbage(source, reject.sha256);
  return !len || ar_frame_push_reject(f, &reject, f->base + f->end, len) == AR_STEP_GO;
}

static bool close_current(ar_reader *reader) {
  ar_framer *f = &reader->framer;
  ar_input *input = f->file;
  if (!reject_garbage(f, reader->source)) return false;
  if (f->depth && !input->info.problem)
    ar_input_problem(input, "truncated: the file ends inside an array or an envelope");
  input->info.bytes = f->base + f->end;
  if (!input->info.bytes && !input->info.problem) ar_input_problem(input, "empty");
  ar_source_close(reader->source);
  reader->open = false;
  reader->current++;
  return true;
}

/* Takes in more bytes: as many as there is room for, or one read where specs ask for small ones. */
static bool take_in(ar_reader *reader, ar_pages *own) {
  ar_framer *f = &reader->framer;
  for (size_t room; !reader->source_ended && (room = room_left(reader, own)) > 0;) {
    ptrdiff_t got = ar_source_read(reader->source, own->buffer + f->end, room);
    if (got < 0) return false;
    if (got == 0) reader->source_ended = true;
    f->end += (size_t)got;
    if (reader->read_bytes) break;
  }
  f->seekable = ar_source_plain(reader->source) && (reader->from_memory || f->file->regular);
  f->file->info.seekable = f->seekable;
  f->eof = reader->source_ended;
  return true;
}

static bool has_some(const ar_batch *batch) {
  return batch->count || batch->reject_count;
}

/* GO: bytes were taken in or a file was closed; FULL: the batch is to be given out; MORE: there is no more. */
static ar_step advance(ar_reader *reader, ar_batch *batch) {
  ar_framer *f = &reader->framer;
  ar_pages *own = batch->own;
  if (!reader->open) return open_next(reader) ? AR_STEP_GO : AR_STEP_MORE;
  if (f->eof) return close_current(reader) ? AR_STEP_GO : AR_STEP_NOMEM;
  if (room_left(reader, own) == 0) {
    if (has_some(batch)) return AR_STEP_FULL;
    if (!buffer_more(reader, own)) return AR_STEP_NOMEM;
  }
  return take_in(reader, own) ? AR_STEP_GO : AR_STEP_NOMEM;
}

ar_read ar_reader_next(ar_reader *reader, ar_batch *batch, ar_err *err) {
  ar_step step = AR_STEP_GO;
  if (!batch_begin(reader, batch)) {
    ar_nomem(err, "reading records");
    return AR_READ_FAILED;
  }
  while (step == AR_STEP_GO) {
    step = reader->open ? ar_frame(&reader->framer) : AR_STEP_MORE;
    if (step == AR_STEP_MORE) step = advance(reader, batch);
  }
  if (step != AR_STEP_NOMEM || has_some(batch))
    return batch_finish(reader, has_some(batch) ? AR_READ_MORE : AR_READ_END);
  ar_nomem(err, "reading records");
  return batch_finish(reader, AR_READ_FAILED);
}

/* ---- starting over ---- */

bool ar_reader_can_rewind(const ar_reader *reader) {
  for (size_t i = 0; i < reader->inputs.count && !reader->from_memory; i++) {
    const ar_input *input = &reader->inputs.items[i];
    if (!input->regular && !input->info.unreadable) return false;
  }
  return true;
}

static void input_forget(ar_input *input) {
  if (input->listed_bad) return;
  input->info = (ar_file_info){ .name = input->info.name };
}

bool ar_reader_rewind(ar_reader *reader, ar_err *err) {
  if (!ar_reader_can_rewind(reader))
    return ar_fail(err, AR_EUSAGE, "the input cannot be read twice: standard input or a pipe is part of it");
  ar_source_close(reader->source);
  ar_source_forget_taken(reader->source);
  for (size_t i = 0; i < reader->inputs.count; i++) input_forget(&reader->inputs.items[i]);
  reader->current = 0;
  reader->open = false;
  reader->carry_len = 0;
  reader->carry_offset = 0;
  return true;
}

/* ---- what is known ---- */

size_t ar_reader_file_count(const ar_reader *reader) {
  return reader->inputs.count;
}

ar_file_info ar_reader_file(const ar_reader *reader, size_t index) {
  if (index < reader->inputs.count) return reader->inputs.items[index].info;
  return (ar_file_info){ .name = "" };
}

void ar_reader_progress(const ar_reader *reader, uint64_t *done, uint64_t *total) {
  *done = ar_source_taken(reader->source);
  *total = 0;
  for (size_t i = 0; i < reader->inputs.count; i++) {
    const ar_input *input = &reader->inputs.items[i];
    if (!input->regular && !input->listed_bad && !reader->from_memory) {
      *total = 0;
      return;
    }
    *total += input->size;
  }
}

uint64_t ar_reader_passed_over(const ar_reader *reader) {
  return reader->inputs.passed_over;
}

static bool memory_reread(const ar_reader *reader, const ar_origin *origin, char *buffer, ar_err *err) {
  if (origin->offset + origin->len > reader->memory.len)
    return ar_fail(err, AR_EIO, "%s: record %llu does not lie in it", reader->inputs.items[0].path,
                   (unsigned long long)origin->record);
  memcpy(buffer, reader->memory.ptr + origin->offset, origin->len);
  return true;
}

bool ar_reader_reread(const ar_reader *reader, const ar_origin *origin, char *buffer, ar_err *err) {
  if (origin->file >= reader->inputs.count) return ar_fail(err, AR_EUSAGE, "there is no input number %u", origin->file);
  memset(buffer + origin->len, 0, AR_READER_PADDING);
  if (reader->from_memory) return memory_reread(reader, origin, buffer, err);
  return ar_files_read(reader->files, &reader->inputs.items[origin->file], origin, buffer, err);
}
