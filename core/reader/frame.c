/* frame.c — records out of bytes, at the top level of a file: lines, values joined or over many lines, prose between.
 *
 * A line that starts with `{` and ends with `}`, and is followed by a line that starts with `{`, is a record: nothing
 * else of it is looked at, its parser will tell if it is none. Whatever else starts with `{` is followed bracket by
 * bracket, over lines, until it closes. It turns out not to be one value when
 *   - a string does not end on its line, or
 *   - a line starts, at column 0, with a bracket where no value can start (not behind `,` `:` `[`), or
 *   - the file ends.
 * Then the lines that it swallowed are framed again, each on its own (lines_until), so that a bad line costs itself;
 * bytes are looked at twice at most. A value over max_record is skipped on the same terms, but not looked at again.
 */
#include "reader/private.h"

#include <string.h>

const ar_reason ar_reason_large = { AR_REJECT_TOO_LARGE, "larger than the limit for one record" };
const ar_reason ar_reason_truncated = { AR_REJECT_TRUNCATED, "truncated: the file ends inside a record" };
const ar_reason ar_reason_wrapping = { AR_REJECT_NOT_JSON, "damaged: an envelope, or a part of one, does not end" };
static const ar_reason reason_prose = { AR_REJECT_NOT_JSON, "not JSON: a record starts with '{'" };
static const ar_reason reason_string = { AR_REJECT_NOT_JSON,
                                         "not a whole JSON value: a string does not end on its line" };
static const ar_reason reason_restart = { AR_REJECT_NOT_JSON,
                                          "not a whole JSON value: the next line starts another one" };
static const ar_reason reason_behind = { AR_REJECT_NOT_A_RECORD, "text behind a record on its line" };

void ar_frame_start(ar_framer *f, ar_input *file, uint32_t index, uint64_t base) {
  f->file = file;
  f->file_index = index;
  f->base = base;
  f->eof = f->joined = false;
  f->line_start = 0;
  f->line_clean = true;
  f->lines_until = 0;
  f->scan_start = UINT64_MAX;
  f->depth = 0;
  f->skip = AR_SKIP_NONE;
}

static uint64_t offset_of(const ar_framer *f, size_t at) {
  return f->base + at;
}

/* The framer's place moves on: a scan in progress is over. */
void ar_frame_moved(ar_framer *f, size_t to) {
  f->pos = to;
  f->scan_start = UINT64_MAX;
}

/* The same, to the first byte of a line. */
static void moved_to_line(ar_framer *f, size_t to) {
  ar_frame_moved(f, to);
  f->line_start = f->base + to;
  f->line_clean = true;
  f->joined = false;
}

/* ---- giving out ---- */

static uint32_t length32(uint64_t len) {
  return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

static ar_origin origin_of(const ar_framer *f, uint64_t offset, uint64_t len) {
  return (
      ar_origin){ .file = f->file_index, .len = length32(len), .record = f->file->info.records + 1, .offset = offset };
}

ar_step ar_frame_push_record(ar_framer *f, const char *text, size_t len, size_t from, bool seekable) {
  ar_pages *own = f->batch->own;
  ar_record *grown = ar_grow(f->batch->records, &own->records_room, f->batch->count + 1, sizeof *grown);
  if (!grown) return AR_STEP_NOMEM;
  f->batch->records = grown;
  grown[f->batch->count++] =
      (ar_record){ .text = text, .origin = origin_of(f, offset_of(f, from), len), .seekable = seekable };
  f->file->info.records++;
  return AR_STEP_GO;
}

static ar_step push_reject(ar_framer *f, ar_reject reject) {
  ar_pages *own = f->batch->own;
  ar_reject *grown = ar_grow(f->batch->rejects, &own->rejects_room, f->batch->reject_count + 1, sizeof *grown);
  if (!grown) return AR_STEP_NOMEM;
  f->batch->rejects = grown;
  grown[f->batch->reject_count++] = reject;
  f->file->info.records++;
  f->file->info.rejects++;
  return AR_STEP_GO;
}

ar_step ar_frame_push_reject(ar_framer *f, const ar_reject *reject, uint64_t offset, uint64_t len) {
  ar_reject whole = *reject;
  whole.origin = origin_of(f, offset, len);
  return push_reject(f, whole);
}

ar_step ar_frame_record(ar_framer *f, size_t from, size_t len, size_t next) {
  ar_step step = ar_frame_push_record(f, f->buf + from, len, from, f->seekable);
  if (step != AR_STEP_GO) return step;
  ar_frame_moved(f, next);
  f->line_clean = false;
  f->joined = true;
  return step;
}

static void hash_start(const ar_framer *f, size_t from, size_t len, unsigned char sha256[32]) {
  ar_sha256((ar_str){ f->buf + from, len > f->max_record ? f->max_record : len }, sha256);
}

ar_step ar_frame_reject(ar_framer *f, size_t from, size_t len, size_t next, const ar_reason *reason) {
  ar_reject reject = { .origin = origin_of(f, offset_of(f, from), len), .kind = reason->kind, .reason = reason->text };
  hash_start(f, from, len, reject.sha256);
  ar_step step = push_reject(f, reject);
  if (step != AR_STEP_GO) return step;
  ar_frame_moved(f, next);
  f->line_clean = false;
  return step;
}

/* ---- passing over what is too large to hold, or has lost its shape ---- */

/* Starts to pass over what begins at `from` == pos; a NULL reason: part of a wrapping, no record unless it is broken.
 */
ar_step ar_frame_skip(ar_framer *f, ar_skip how, size_t from, const ar_reason *reason) {
  uint64_t start = offset_of(f, from);
  f->skip = how;
  f->skip_quiet = reason == NULL;
  f->skip_counted = false;
  f->skip_indent = f->line_clean && start - f->line_start <= 4096 ? (size_t)(start - f->line_start) : AR_NO_INDENT;
  f->skip_from = start;
  if (!reason) reason = &ar_reason_wrapping;
  f->pending = (ar_reject){ .origin = origin_of(f, start, 0), .kind = reason->kind, .reason = reason->text };
  f->pending_start = start;
  return AR_STEP_GO;
}

/* What was passed over ends before `end` (an offset); framing goes on at `next`. */
static ar_step skip_done(ar_framer *f, uint64_t end, size_t next) {
  if (!f->skip_quiet) {
    uint64_t len = end - f->pending_start;
    if (!f->skip_counted) hash_start(f, f->pos, (size_t)len, f->pending.sha256);
    f->pending.origin.len = length32(len);
    if (push_reject(f, f->pending) != AR_STEP_GO) return AR_STEP_NOMEM;
  }
  f->skip = AR_SKIP_NONE;
  f->line_clean = false;
  ar_frame_moved(f, next);
  return AR_STEP_GO;
}

static ar_step skip_done_at(ar_framer *f, size_t at) {
  return skip_done(f, offset_of(f, at), at);
}

/* The end has not come: bytes up to `sure` are passed over. Those up to `to` can go once the hash has been taken. */
static bool skip_on(ar_framer *f, size_t sure, size_t to) {
  if (!f->skip_counted) {
    if (sure - f->pos < f->max_record) return false;
    hash_start(f, f->pos, f->max_record, f->pending.sha256);
  }
  f->skip_counted = true;
  f->pos = to;
  return true;
}

static ar_step skip_line(ar_framer *f) {
  const char *newline = memchr(f->buf + f->pos, '\n', f->end - f->pos);
  if (newline) return skip_done_at(f, (size_t)(newline - f->buf));
  if (f->eof) return skip_done_at(f, f->end);
  skip_on(f, f->end, f->end);
  return AR_STEP_MORE;
}

/* A value that is passed over broke at `to`. Inside an array, a sibling may still be found. */
static ar_step skip_broken(ar_framer *f, size_t to, ar_scanned how) {
  bool sibling = how == AR_SCAN_RESTART && f->skip_indent == 0 && f->buf[to] == '{';
  f->skip_quiet = false;
  if (f->depth && how == AR_SCAN_STRING) {
    f->skip = AR_SKIP_RESYNC;
    f->skip_from = offset_of(f, to - 1);
    return AR_STEP_GO;
  }
  if (skip_done(f, offset_of(f, to) - 1, to) != AR_STEP_GO) return AR_STEP_NOMEM;
  if (!sibling) f->depth = 0;
  moved_to_line(f, to);
  return AR_STEP_GO;
}

static ar_step skip_value(ar_framer *f) {
  size_t where;
  ar_scanned seen = ar_scan_value(&f->scan, f->buf + f->pos, f->end - f->pos, &where);
  if (seen == AR_SCAN_END) return skip_done_at(f, f->pos + where);
  if (seen != AR_SCAN_MORE) return skip_broken(f, f->pos + where, seen);
  if (f->eof) {
    f->skip_quiet = false;
    return skip_done_at(f, f->end);
  }
  if (skip_on(f, f->end, f->pos)) f->pos += ar_scan_consume(&f->scan, f->buf + f->pos);
  return AR_STEP_MORE;
}

/* Whether order comes back behind the newline at `at`: an element as far from the margin as the one that failed, or a
 * value at column 0. 1: yes, -1: more bytes are wanted. */
static int resync_at(const ar_framer *f, size_t at, bool *top) {
  size_t from = at + 1, wide = 0, most = f->skip_indent == AR_NO_INDENT ? 0 : f->skip_indent;
  while (from + wide < f->end && wide < most && (f->buf[from + wide] == ' ' || f->buf[from + wide] == '\t')) wide++;
  if (from + wide >= f->end) return f->eof ? 0 : -1;
  char c = f->buf[from + wide];
  *top = c != '{' || wide != f->skip_indent;
  return !*top || (wide == 0 && (c == '{' || c == '['));
}

static ar_step resync_done(ar_framer *f, size_t newline, bool top) {
  ar_step step = skip_done_at(f, newline);
  if (step == AR_STEP_GO && top) f->depth = 0;
  return step;
}

static ar_step skip_resync(ar_framer *f) {
  uint64_t here = offset_of(f, f->pos);
  size_t at = f->pos + (f->skip_from > here ? (size_t)(f->skip_from - here) : 0);
  for (;; at++) {
    const char *newline = at < f->end ? memchr(f->buf + at, '\n', f->end - at) : NULL;
    bool top = false;
    if (!newline && f->eof) return resync_done(f, f->end, true);
    if (!newline) break;
    at = (size_t)(newline - f->buf);
    int back = resync_at(f, at, &top);
    if (back > 0) return resync_done(f, at, top);
    if (back < 0) break;
  }
  size_t kept = at < f->end && f->buf[at] == '\n' ? at : f->end;
  skip_on(f, kept, kept);
  f->skip_from = offset_of(f, kept);
  return AR_STEP_MORE;
}

ar_step ar_frame_skip_step(ar_framer *f) {
  if (f->skip == AR_SKIP_LINE) return skip_line(f);
  return f->skip == AR_SKIP_VALUE ? skip_value(f) : skip_resync(f);
}

/* ---- values ---- */

/* White space and commas between values. False when the buffer ends with them. */
bool ar_frame_blank(ar_framer *f) {
  size_t at = f->pos;
  for (; at < f->end; at++) {
    char c = f->buf[at];
    if (c == '\n') {
      f->line_start = offset_of(f, at + 1);
      f->line_clean = true;
      f->joined = false;
    } else if (c == ',') {
      f->line_clean = false;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      break;
    }
  }
  if (at != f->pos) ar_frame_moved(f, at);
  return at < f->end;
}

/* Goes on scanning the value at `from` (buffer index), where it stood when bytes ran out. *where: buffer index. */
ar_scanned ar_frame_scan(ar_framer *f, size_t from, size_t *where) {
  if (f->scan_start != offset_of(f, from)) {
    f->scan = (ar_scan){ .at = 0 };
    f->scan_start = offset_of(f, from);
  }
  ar_scanned seen = ar_scan_value(&f->scan, f->buf + from, f->end - from, where);
  if (seen != AR_SCAN_MORE) *where += from;
  return seen;
}

static size_t trimmed(const char *text, size_t from, size_t to) {
  while (to > from && (text[to - 1] == '\r' || text[to - 1] == ' ' || text[to - 1] == '\t')) to--;
  return to;
}

static ar_step line_reject(ar_framer *f, size_t from, const ar_reason *reason) {
  const char *newline = memchr(f->buf + from, '\n', f->end - from);
  if (!newline && f->end - from > f->max_record) return ar_frame_skip(f, AR_SKIP_LINE, from, reason);
  if (!newline && !f->eof) return AR_STEP_MORE;
  size_t end = newline ? (size_t)(newline - f->buf) : f->end;
  size_t to = end - from > f->max_record ? end : trimmed(f->buf, from, end);
  return ar_frame_reject(f, from, to - from, end, reason);
}

static bool closes_array(const char *text, size_t len) {
  size_t at = len - 1;
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\n' || text[at - 1] == '\r' || text[at - 1] == '\t')) at--;
  return at > 0 && text[at - 1] == ']';
}

/* Enters the object at `from` if it is an envelope; the keys of its first `len` bytes are looked at. */
static ar_wrap try_envelope(ar_framer *f, size_t from, size_t len, ar_step *step) {
  size_t key;
  ar_wrap wrap = ar_wrap_walk(f, from, from + len, &key);
  if (wrap == AR_WRAP_YES) *step = ar_frame_enter(f, AR_LEVEL_ENVELOPE, key);
  return wrap;
}

static bool worth_walking(const ar_framer *f, size_t from, size_t len) {
  return len > f->head_bytes || closes_array(f->buf + from, len);
}

/* The record that most lines are. GO with pos unchanged: it is not that simple. */
static ar_step plain_line(ar_framer *f, size_t from) {
  size_t left = f->end - from, room = f->max_record + 2, seen = left < room ? left : room;
  size_t len = ar_scan_line(f->buf + from, seen), end = from + len;
  if (len == room) return AR_STEP_GO;
  if (len == left && !f->eof) return AR_STEP_MORE;
  if (len < left && f->buf[end] != '\n') return AR_STEP_GO;
  size_t to = trimmed(f->buf, from, end);
  if (f->buf[to - 1] != '}' || to - from > f->max_record) return AR_STEP_GO;
  if (end + 1 >= f->end && !f->eof) return AR_STEP_MORE;
  if (end + 1 < f->end && f->buf[end + 1] != '{') return AR_STEP_GO;
  ar_step step = AR_STEP_GO;
  if (worth_walking(f, from, to - from) && try_envelope(f, from, to - from, &step) == AR_WRAP_YES) return step;
  return ar_frame_record(f, from, to - from, end);
}

/* The value at `from` broke at `to`. */
static ar_step recover(ar_framer *f, size_t from, size_t to, const ar_reason *reason) {
  ar_step step = AR_STEP_GO;
  size_t len = to - from;
  if (try_envelope(f, from, len, &step) == AR_WRAP_YES) return step;
  if (len > f->max_record) {
    step = ar_frame_reject(f, from, len - 1, to, &ar_reason_large);
    if (step == AR_STEP_GO) moved_to_line(f, to);
    return step;
  }
  f->lines_until = offset_of(f, to);
  f->lines_reason = reason;
  return AR_STEP_GO;
}

static ar_step value_more(ar_framer *f, size_t from) {
  size_t len = f->end - from;
  ar_step step = AR_STEP_GO;
  if (len > f->head_bytes && try_envelope(f, from, f->head_bytes, &step) == AR_WRAP_YES) return step;
  if (len > f->max_record) return ar_frame_skip(f, AR_SKIP_VALUE, from, &ar_reason_large);
  return f->eof ? recover(f, from, f->end, &ar_reason_truncated) : AR_STEP_MORE;
}

static ar_step value_end(ar_framer *f, size_t from, size_t end) {
  size_t len = end - from;
  ar_step step = AR_STEP_GO;
  if (worth_walking(f, from, len) && try_envelope(f, from, len, &step) == AR_WRAP_YES) return step;
  if (len > f->max_record) return ar_frame_reject(f, from, len, end, &ar_reason_large);
  return ar_frame_record(f, from, len, end);
}

static ar_step any_value(ar_framer *f, size_t from) {
  size_t where;
  switch (ar_frame_scan(f, from, &where)) {
  case AR_SCAN_END:
    return value_end(f, from, where);
  case AR_SCAN_STRING:
    return recover(f, from, where, &reason_string);
  case AR_SCAN_RESTART:
    return recover(f, from, where, &reason_restart);
  default:
    return value_more(f, from);
  }
}

/* ---- lines that a broken value had swallowed ---- */

/* What follows a bad line and is indented or closes a bracket was part of the same thing. */
static bool belongs_before(char c) {
  return c == ' ' || c == '\t' || c == '}' || c == ']';
}

static size_t line_end(const ar_framer *f, size_t from, size_t limit) {
  const char *newline = memchr(f->buf + from, '\n', limit - from);
  return newline ? (size_t)(newline - f->buf) : limit;
}

static ar_step lone_line(ar_framer *f, size_t from) {
  size_t limit = (size_t)(f->lines_until - f->base), end = line_end(f, from, limit), where;
  ar_scan scan = { .at = 0 };
  bool column_0 = f->joined || f->line_start == offset_of(f, from);
  if (column_0 && ar_scan_value(&scan, f->buf + from, end - from, &where) == AR_SCAN_END)
    return value_end(f, from, from + where);
  const ar_reason *reason = f->lines_reason;
  while (end < limit && end + 1 < limit && belongs_before(f->buf[end + 1])) end = line_end(f, end + 1, limit);
  return ar_frame_reject(f, from, trimmed(f->buf, from, end) - from, end, reason);
}

/* ---- the top level ---- */

ar_step ar_frame_enter(ar_framer *f, ar_level level, size_t next) {
  f->levels[f->depth++] = level;
  f->line_clean = false;
  ar_frame_moved(f, next);
  return AR_STEP_GO;
}

static ar_step object_step(ar_framer *f, size_t from) {
  ar_wrap wrap = ar_wrap_hint(f, from);
  if (wrap == AR_WRAP_YES) {
    ar_step step = AR_STEP_GO;
    wrap = try_envelope(f, from, f->head_bytes, &step);
    if (wrap == AR_WRAP_YES) return step;
  }
  if (wrap == AR_WRAP_MORE) return AR_STEP_MORE;
  if (offset_of(f, from) < f->lines_until) return lone_line(f, from);
  if (!f->joined) {
    ar_step step = plain_line(f, from);
    if (step != AR_STEP_GO || f->pos != from || f->depth) return step;
  }
  return any_value(f, from);
}

/* `[` starts an array of records, unless what follows shows that it is prose: "[2024-01-01] started". */
static ar_step array_step(ar_framer *f, size_t from) {
  size_t at = from + 1;
  while (at < f->end && strchr(" \t\r\n", f->buf[at]) && f->buf[at] && at - from < f->head_bytes) at++;
  if (at == f->end && !f->eof) return AR_STEP_MORE;
  char c = at < f->end ? f->buf[at] : ']';
  if (c == '{' || c == '[' || c == ']' || at - from >= f->head_bytes)
    return ar_frame_enter(f, AR_LEVEL_ELEMENTS, from + 1);
  return line_reject(f, from, &reason_prose);
}

/* A byte order mark, also where files were joined. GO with pos unchanged: none. */
static ar_step mark_step(ar_framer *f, size_t from) {
  if (f->end - from < 3 && !f->eof) return AR_STEP_MORE;
  if (f->end - from < 3 || memcmp(f->buf + from, "\xEF\xBB\xBF", 3) != 0) return line_reject(f, from, &reason_prose);
  bool at_start = f->line_start == offset_of(f, from);
  ar_frame_moved(f, from + 3);
  if (at_start) f->line_start += 3;
  return AR_STEP_GO;
}

static ar_step top_step(ar_framer *f) {
  if (!ar_frame_blank(f)) return AR_STEP_MORE;
  size_t from = f->pos;
  switch (f->buf[from]) {
  case '{':
    return object_step(f, from);
  case '[':
    return array_step(f, from);
  case '\xEF':
    return mark_step(f, from);
  default:
    return line_reject(f, from, f->joined ? &reason_behind : &reason_prose);
  }
}

static bool batch_full(const ar_framer *f) {
  const ar_pages *own = f->batch->own;
  size_t cap = f->batch_bytes / 64 + 64;
  return f->batch->count >= cap || f->batch->reject_count >= cap || own->made_bytes >= f->batch_bytes;
}

ar_step ar_frame(ar_framer *f) {
  for (;;) {
    ar_step step = f->skip ? ar_frame_skip_step(f) : f->depth ? ar_wrap_step(f) : top_step(f);
    if (step != AR_STEP_GO) return step;
    if (batch_full(f)) return AR_STEP_FULL;
  }
}
