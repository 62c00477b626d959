/* table.c — rows of a Log Analytics table become objects: {"TimeGenerated":<the cell as it stands>,…}. */
#include "reader/private.h"

#include <stdio.h>
#include <string.h>

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One past the cell or member that starts at `at`, at the next separator on its own level, or at `len`. */
static size_t part_end(const char *text, size_t at, size_t len) {
  size_t depth = 0;
  for (; at < len; at++) {
    char c = text[at];
    if (c == '"') {
      size_t string = ar_scan_string(text + at, len - at);
      if (!string) return len;
      at += string - 1;
    } else if ((c | 0x20) == '{') {
      depth++;
    } else if ((c | 0x20) == '}') {
      if (depth-- == 0) return at;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  return len;
}

/* ---- columns ---- */

void ar_columns_free(ar_columns *columns) {
  ar_free(columns->text);
  ar_free(columns->ends);
}

static bool add_column(ar_columns *c, const char *quoted, size_t len) {
  char *text = ar_grow(c->text, &c->text_room, c->text_len + len + 1, 1);
  if (!text) return false;
  c->text = text;
  size_t *ends = ar_grow(c->ends, &c->ends_room, c->count + 1, sizeof *ends);
  if (!ends) return false;
  c->ends = ends;
  memcpy(text + c->text_len, quoted, len);
  text[c->text_len + len] = ':';
  c->text_len += len + 1;
  ends[c->count++] = c->text_len;
  return true;
}

static ar_str part_at(const char *text, size_t *at, size_t len) {
  while (*at < len && is_blank(text[*at])) ++*at;
  size_t start = *at, end = part_end(text, start, len);
  *at = end;
  while (end > start && is_blank(text[end - 1])) end--;
  return (ar_str){ text + start, end - start };
}

static bool is_name_key(ar_str key) {
  return ar_str_eq_nocase(key, AR_STR("\"name\"")) || ar_str_eq_nocase(key, AR_STR("\"ColumnName\""));
}

/* The quoted name in `{"name":"TimeGenerated","type":"datetime"}`, or in a plain string; `""` when there is none. */
static ar_str column_name(ar_str column) {
  if (column.len >= 2 && column.ptr[0] == '"') return column;
  for (size_t at = 1; at < column.len; at++) {
    ar_str part = part_at(column.ptr, &at, column.len);
    size_t key = part.len && part.ptr[0] == '"' ? ar_scan_string(part.ptr, part.len) : 0, colon = key;
    if (!key) continue;
    while (colon < part.len && is_blank(part.ptr[colon])) colon++;
    if (colon >= part.len || part.ptr[colon] != ':') continue;
    ar_str value = ar_str_trim((ar_str){ part.ptr + colon + 1, part.len - colon - 1 });
    if (value.len >= 2 && value.ptr[0] == '"' && is_name_key((ar_str){ part.ptr, key })) return value;
  }
  return AR_STR("\"\"");
}

bool ar_columns_read(ar_columns *columns, const char *text, size_t len) {
  columns->count = columns->text_len = 0;
  for (size_t at = 1; at + 1 < len; at++) {
    ar_str column = part_at(text, &at, len - 1);
    if (column.len == 0) continue;
    ar_str name = column_name(column);
    if (!add_column(columns, name.ptr, name.len)) {
      columns->count = columns->text_len = 0;
      return false;
    }
  }
  return true;
}

/* ---- rows ---- */

static size_t count_cells(const char *text, size_t len) {
  size_t count = 0, at = 1;
  while (at < len - 1 && is_blank(text[at])) at++;
  if (at == len - 1) return 0;
  for (; at < len; at++) {
    part_at(text, &at, len - 1);
    count++;
  }
  return count;
}

static char *made_alloc(ar_framer *f, size_t bytes) {
  ar_pages *own = f->batch->own;
  char *made = ar_arena_alloc(own->made, bytes);
  if (made) own->made_bytes += bytes;
  return made;
}

static ar_step wrong_cells(ar_framer *f, size_t from, size_t len, size_t cells) {
  char *text = made_alloc(f, 96);
  if (!text) return AR_STEP_NOMEM;
  snprintf(text, 96, "a row of %zu cells in a table of %zu columns", cells, f->columns.count);
  return ar_frame_reject(f, from, len, from + len, &(ar_reason){ AR_REJECT_NOT_A_RECORD, text });
}

static char *put(char *out, const char *text, size_t len) {
  if (len) memcpy(out, text, len);
  return out + len;
}

static size_t write_row(const ar_columns *columns, const char *row, size_t len, char *out) {
  char *at = out;
  size_t from = 1, name = 0;
  for (size_t i = 0; i < columns->count; i++, from++) {
    ar_str cell = part_at(row, &from, len - 1);
    *at++ = i ? ',' : '{';
    at = put(at, columns->text + name, columns->ends[i] - name);
    at = put(at, cell.ptr, cell.len);
    name = columns->ends[i];
  }
  *at++ = '}';
  return (size_t)(at - out);
}

/* Gives out the row `[…]` at buf[from..from+len) as an object. */
ar_step ar_row_frame(ar_framer *f, size_t from, size_t len) {
  size_t cells = count_cells(f->buf + from, len), room = f->columns.text_len + len + cells + 2;
  if (cells != f->columns.count || cells == 0) return wrong_cells(f, from, len, cells);
  if (room > f->max_record + cells + 2) return ar_frame_reject(f, from, len, from + len, &ar_reason_large);
  char *out = made_alloc(f, room + AR_READER_PADDING);
  if (!out) return AR_STEP_NOMEM;
  size_t made = write_row(&f->columns, f->buf + from, len, out);
  memset(out + made, 0, AR_READER_PADDING);
  ar_step step = ar_frame_push_record(f, out, made, from, false);
  if (step == AR_STEP_GO) ar_frame_moved(f, from + len);
  return step;
}
