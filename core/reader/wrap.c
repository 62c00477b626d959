/* wrap.c — records inside wrappings: arrays, {"records":[…]}, {"value":[…]}, {"tables":[…]}, and these in each other.
 *
 * An object is an envelope when one of those keys, at its first level, has an array as its value. Most records are
 * told apart by their first key; the others by a walk over the keys of the first 64 KiB, taken only when the object
 * ends with `]}`, is larger than that, or is broken.
 */
#include "reader/private.h"

#include <string.h>

static const ar_reason reason_element = { AR_REJECT_NOT_A_RECORD,
                                          "not a record: an element of the array is no object" };
static const ar_reason reason_broken = { AR_REJECT_NOT_JSON, "damaged: an element of the array does not end" };

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- which objects are envelopes ---- */

static const ar_str hints[] = { { "records\"", 8 },  { "value\"", 6 }, { "tables\"", 7 },
                                { "nextLink\"", 9 }, { "count\"", 6 }, { "odata.", 6 } };
#define HINT_LONGEST 9

/* YES: its first key makes a walk worth while. */
ar_wrap ar_wrap_hint(const ar_framer *f, size_t from) {
  size_t at = from + 1;
  while (at < f->end && is_blank(f->buf[at]) && at - from < f->head_bytes) at++;
  if (f->end - at < HINT_LONGEST + 1 && !f->eof) return AR_WRAP_MORE;
  if (f->end - at < 2 || f->buf[at] != '"') return AR_WRAP_NO;
  const char *key = f->buf + at + 1;
  size_t left = f->end - at - 1;
  if (*key == '@' || *key == '$') return AR_WRAP_YES;
  for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
    if ((*key | 0x20) == *hints[i].ptr && ar_str_starts_nocase((ar_str){ key, left }, hints[i])) return AR_WRAP_YES;
  return AR_WRAP_NO;
}

static bool key_is(const char *key, size_t len, const char *word) {
  return ar_str_eq_nocase((ar_str){ key, len }, ar_str_of(word));
}

/* The level that the array under this key opens, or -1. `key` is without quotes. */
static int level_under(ar_level outer, const char *key, size_t len) {
  if (outer == AR_LEVEL_ENVELOPE) {
    if (key_is(key, len, "records") || key_is(key, len, "value")) return AR_LEVEL_ELEMENTS;
    if (key_is(key, len, "tables")) return AR_LEVEL_TABLES;
  }
  if (outer == AR_LEVEL_TABLE && key_is(key, len, "rows")) return AR_LEVEL_ROWS;
  return -1;
}

static size_t skip_blank(const char *text, size_t at, size_t limit) {
  while (at < limit && is_blank(text[at])) at++;
  return at;
}

static bool ends_scalar(char c) {
  return c == ',' || c == ']' || c == '}' || c == '{' || c == '[' || c == '"' || c == '\n';
}

/* At least one byte is taken, whatever it is. */
static size_t scalar_end(const char *text, size_t at, size_t limit) {
  for (at++; at < limit && !ends_scalar(text[at]);) at++;
  return at;
}

/* The string at text[at]. 1: *end is one past it, 0: its line ends first, -1: neither lies before `limit`. */
static int string_end(const char *text, size_t at, size_t limit, size_t *end) {
  size_t len = ar_scan_string(text + at, limit - at);
  *end = at + len;
  if (memchr(text + at, '\n', len ? len : limit - at)) return 0;
  return len ? 1 : -1;
}

/* The same for any value. */
static int value_end(const char *text, size_t at, size_t limit, size_t *end) {
  ar_scan scan = { .at = 0 };
  if (text[at] == '"') return string_end(text, at, limit, end);
  if (text[at] != '{' && text[at] != '[') {
    *end = scalar_end(text, at, limit);
    return *end < limit ? 1 : -1;
  }
  ar_scanned seen = ar_scan_value(&scan, text + at, limit - at, end);
  *end += at;
  return seen == AR_SCAN_MORE ? -1 : seen == AR_SCAN_END;
}

typedef struct member {
  size_t key, key_len; /* without its quotes */
  size_t value;        /* first byte of the value */
} member;

/* Reads `"key" :` at `at`. 1: done, 0: there is none, -1: not all of it lies before `limit`. */
static int read_member(const char *text, size_t at, size_t limit, member *out) {
  size_t end;
  if (text[at] != '"') return 0;
  int read = string_end(text, at, limit, &end);
  if (read <= 0) return read;
  size_t colon = skip_blank(text, end, limit);
  if (colon == limit) return -1;
  if (text[colon] != ':') return 0;
  size_t value = skip_blank(text, colon + 1, limit);
  if (value == limit) return -1;
  *out = (member){ .key = at + 1, .key_len = end - at - 2, .value = value };
  return 1;
}

static size_t next_member(const char *text, size_t at, size_t limit) {
  while (at < limit && (is_blank(text[at]) || text[at] == ',')) at++;
  return at;
}

/* YES when the first 64 KiB of the object, up to `limit`, show it to be an envelope; *key: where that key starts. */
ar_wrap ar_wrap_walk(const ar_framer *f, size_t from, size_t limit, size_t *key) {
  if (limit - from > f->head_bytes) limit = from + f->head_bytes;
  ar_wrap unsure = limit > f->end && !f->eof ? AR_WRAP_MORE : AR_WRAP_NO;
  if (limit > f->end) limit = f->end;
  for (size_t at = from + 1;;) {
    member m;
    at = next_member(f->buf, at, limit);
    if (at == limit) return unsure;
    int read = read_member(f->buf, at, limit, &m);
    if (read <= 0) return read < 0 ? unsure : AR_WRAP_NO;
    *key = at;
    if (f->buf[m.value] == '[' && level_under(AR_LEVEL_ENVELOPE, f->buf + m.key, m.key_len) >= 0) return AR_WRAP_YES;
    read = value_end(f->buf, m.value, limit, &at);
    if (read <= 0) return read < 0 ? unsure : AR_WRAP_NO;
  }
}

/* ---- steps inside ---- */

static ar_step leave(ar_framer *f) {
  f->depth--;
  f->line_clean = false;
  ar_frame_moved(f, f->pos + 1);
  f->joined = true;
  return AR_STEP_GO;
}

/* What starts at `from` == pos has no end in sight: waits for more of it, passes over it once it is too large. */
static ar_step wait_for_end(ar_framer *f, size_t from, ar_skip how, const ar_reason *reason) {
  if (f->end - from > f->max_record) return ar_frame_skip(f, how, from, reason);
  return f->eof ? ar_frame_skip(f, AR_SKIP_RESYNC, from, &ar_reason_truncated) : AR_STEP_MORE;
}

/* It broke at `where`. Elements next to it are looked for behind its start, or behind the break when it is large:
 * then its start may be gone. */
static ar_step broken_element(ar_framer *f, size_t from, size_t where, const ar_reason *reason) {
  bool large = where - from > f->max_record;
  if (large && reason == &reason_broken) reason = &ar_reason_large;
  ar_step step = ar_frame_skip(f, AR_SKIP_RESYNC, from, reason);
  if (large) f->skip_from = f->base + where - 1;
  return step;
}

static ar_step broken_wrapping(ar_framer *f) {
  ar_step step = ar_frame_skip(f, AR_SKIP_RESYNC, f->pos, &ar_reason_wrapping);
  f->skip_indent = AR_NO_INDENT;
  return step;
}

static ar_step whole_element(ar_framer *f, size_t from, size_t end) {
  size_t len = end - from;
  bool row = f->levels[f->depth - 1] == AR_LEVEL_ROWS;
  if (len > f->max_record) return ar_frame_reject(f, from, len, end, &ar_reason_large);
  if (f->buf[from] == '{') return ar_frame_record(f, from, len, end);
  return row ? ar_row_frame(f, from, len) : ar_frame_reject(f, from, len, end, &reason_element);
}

static ar_step element(ar_framer *f, size_t from) {
  size_t where;
  switch (ar_frame_scan(f, from, &where)) {
  case AR_SCAN_END:
    return whole_element(f, from, where);
  case AR_SCAN_MORE:
    return wait_for_end(f, from, AR_SKIP_VALUE, &ar_reason_large);
  default:
    return broken_element(f, from, where, &reason_broken);
  }
}

static ar_step scalar_element(ar_framer *f, size_t from) {
  size_t end;
  int ended = value_end(f->buf, from, f->end, &end);
  if (ended < 0) return wait_for_end(f, from, AR_SKIP_RESYNC, &reason_element);
  if (ended == 0 || end - from > f->max_record) return ar_frame_skip(f, AR_SKIP_RESYNC, from, &reason_element);
  return ar_frame_reject(f, from, end - from, end, &reason_element);
}

static ar_step object_element(ar_framer *f, size_t from) {
  size_t key;
  bool deep = f->depth + 2 > AR_NESTING;
  ar_wrap wrap = deep ? AR_WRAP_NO : ar_wrap_hint(f, from);
  if (wrap == AR_WRAP_YES) wrap = ar_wrap_walk(f, from, from + f->head_bytes, &key);
  if (wrap == AR_WRAP_MORE) return AR_STEP_MORE;
  return wrap == AR_WRAP_YES ? ar_frame_enter(f, AR_LEVEL_ENVELOPE, key) : element(f, from);
}

static ar_step elements_step(ar_framer *f, ar_level level) {
  size_t from = f->pos;
  char c = f->buf[from];
  if (c == ']') return leave(f);
  if (c == '}') return ar_frame_skip(f, AR_SKIP_RESYNC, from, &reason_broken);
  if (c == '{' && level == AR_LEVEL_TABLES && f->depth + 2 <= AR_NESTING) {
    f->columns.count = f->columns.text_len = 0;
    return ar_frame_enter(f, AR_LEVEL_TABLE, from + 1);
  }
  if (c == '{') return level == AR_LEVEL_ELEMENTS ? object_element(f, from) : element(f, from);
  if (c == '[' && level == AR_LEVEL_ELEMENTS && f->depth < AR_NESTING)
    return ar_frame_enter(f, AR_LEVEL_ELEMENTS, from + 1);
  return c == '[' ? element(f, from) : scalar_element(f, from);
}

/* ---- the members of an envelope or a table ---- */

static ar_step member_passed(ar_framer *f, ar_level level, const member *m, size_t end) {
  bool columns = level == AR_LEVEL_TABLE && f->buf[m->value] == '[' && end - m->value <= f->max_record &&
                 key_is(f->buf + m->key, m->key_len, "columns");
  if (columns && !ar_columns_read(&f->columns, f->buf + m->value, end - m->value)) return AR_STEP_NOMEM;
  ar_frame_moved(f, end);
  f->line_clean = false;
  return AR_STEP_GO;
}

static ar_step pass_scalar(ar_framer *f, ar_level level, const member *m) {
  size_t end, from = f->pos;
  int ended = value_end(f->buf, m->value, f->end, &end);
  if (ended < 0 && !f->eof && f->end - from <= f->max_record) return AR_STEP_MORE;
  if (ended <= 0 || end - from > f->max_record) return broken_wrapping(f);
  return member_passed(f, level, m, end);
}

/* A part of a wrapping that holds no records, of any size. What is wrong with it is told from its first byte on. */
static ar_step pass_compound(ar_framer *f, ar_level level, const member *m) {
  size_t where, from = m->value;
  ar_scanned seen = ar_frame_scan(f, from, &where);
  if (seen == AR_SCAN_END) return member_passed(f, level, m, where);
  if (seen == AR_SCAN_MORE && !f->eof && f->end - from <= f->max_record) return AR_STEP_MORE;
  f->pos = from;
  f->line_clean = false;
  if (seen != AR_SCAN_MORE) return broken_element(f, from, where, &ar_reason_wrapping);
  if (f->end - from > f->max_record) return ar_frame_skip(f, AR_SKIP_VALUE, from, NULL);
  return ar_frame_skip(f, AR_SKIP_RESYNC, from, &ar_reason_truncated);
}

static ar_step members_step(ar_framer *f, ar_level level) {
  member m;
  size_t from = f->pos;
  if (f->buf[from] == '}') return leave(f);
  int read = read_member(f->buf, from, f->end, &m);
  if (read < 0 && !f->eof && f->end - from <= f->max_record) return AR_STEP_MORE;
  if (read <= 0 || m.value - from > f->max_record) return broken_wrapping(f);
  char c = f->buf[m.value];
  int inner = c == '[' ? level_under(level, f->buf + m.key, m.key_len) : -1;
  if (inner >= 0 && f->depth < AR_NESTING) return ar_frame_enter(f, (ar_level)inner, m.value + 1);
  return c == '{' || c == '[' ? pass_compound(f, level, &m) : pass_scalar(f, level, &m);
}

ar_step ar_wrap_step(ar_framer *f) {
  ar_level level = f->levels[f->depth - 1];
  if (!ar_frame_blank(f)) return AR_STEP_MORE;
  if (level == AR_LEVEL_ENVELOPE || level == AR_LEVEL_TABLE) return members_step(f, level);
  return elements_step(f, level);
}
