/* json.c — parsing with simdjson, and what it refuses: numbers of any size are kept, everything else is explained. */
#include "json/json.h"
#include "json/private.h"

#include <stdio.h>

struct ar_json_doc {
  ar_simd *simd;
  size_t max_bytes, max_depth;
  char *copy; /* padded text of ours: of parse_copy, or with wide numbers in quotes */
  size_t copy_room;
  char *quoted;
  size_t quoted_room;
  ar_tape tape;
  size_t tape_room, strings_room; /* in words, in bytes */
  unsigned flags;
};

ar_json_doc *ar_json_doc_new(size_t max_bytes, size_t max_depth) {
  ar_json_doc *doc = ar_alloc(sizeof *doc);
  if (!doc) return NULL;
  if (max_depth < 1) max_depth = 1;
  doc->max_bytes = max_bytes < UINT32_MAX / 2 ? max_bytes : UINT32_MAX / 2; /* the tape counts in 32 bits */
  doc->max_depth = max_depth < AR_JSON_DEPTH_LIMIT ? max_depth : AR_JSON_DEPTH_LIMIT;
  doc->simd = ar_simd_new(doc->max_depth + 1); /* simdjson wants to stay under its limit */
  doc->tape.max_depth = doc->max_depth;
  doc->tape.open = ar_alloc((doc->max_depth + 1) * sizeof *doc->tape.open);
  if (doc->simd && doc->tape.open) return doc;
  ar_json_doc_free(doc);
  return NULL;
}

void ar_json_doc_free(ar_json_doc *doc) {
  if (!doc) return;
  ar_simd_free(doc->simd);
  ar_free(doc->copy);
  ar_free(doc->quoted);
  ar_free(doc->tape.words);
  ar_free(doc->tape.strings);
  ar_free(doc->tape.open);
  ar_free(doc);
}

unsigned ar_json_flags(const ar_json_doc *doc) {
  return doc->flags;
}

/* The byte behind the string that starts at `at`; the text is known to be well-formed. */
static size_t string_end(ar_str text, size_t at) {
  for (at++; text.ptr[at] != '"'; at++) at += text.ptr[at] == '\\';
  return at + 1;
}

static size_t put(char *out, size_t used, ar_str piece) {
  if (out) memcpy(out + used, piece.ptr, piece.len);
  return used + piece.len;
}

/* Copies text with every wide number in quotes and returns the length; counts only when out is NULL. */
static size_t quote_wide(ar_str text, char *out) {
  size_t used = 0, at = 0;
  while (at < text.len) {
    char c = text.ptr[at];
    bool digit = c == '-' || (c >= '0' && c <= '9');
    size_t end = c == '"' ? string_end(text, at) : digit ? ar_json_number_end(text, at) : at + 1;
    ar_str piece = { text.ptr + at, end - at };
    bool wide = digit && ar_json_number_wide(piece);
    if (wide) used = put(out, used, AR_STR("\""));
    used = put(out, used, piece);
    if (wide) used = put(out, used, AR_STR("\""));
    at = end;
  }
  return used;
}

static bool give_room(char **buffer, size_t *room, size_t len, ar_err *err) {
  char *grown = ar_grow(*buffer, room, len + AR_JSON_PADDING, 1);
  if (!grown) return ar_nomem(err, "copying a record");
  *buffer = grown;
  memset(grown + len, ' ', AR_JSON_PADDING);
  return true;
}

static bool give_tape(ar_json_doc *doc, size_t len) {
  uint64_t *words = ar_grow(doc->tape.words, &doc->tape_room, AR_TAPE_WORDS(len), sizeof *words);
  if (!words) return false;
  doc->tape.words = words;
  char *strings = ar_grow(doc->tape.strings, &doc->strings_room, len + AR_JSON_PADDING, 1);
  if (!strings) return false;
  doc->tape.strings = strings;
  return true;
}

static ar_simd_result build(ar_json_doc *doc, ar_str text, const char **what) {
  const uint32_t *places;
  const uint64_t *tape;
  const uint8_t *strings;
  size_t count;
  if (!give_tape(doc, text.len)) return AR_SIMD_NOMEM;
  ar_simd_result result = ar_simd_places(doc->simd, text.ptr, text.len, &places, &count, what);
  if (result != AR_SIMD_OK || ar_tape_build(&doc->tape, doc->simd, text, places, count)) return result;
  result = ar_simd_tape(doc->simd, text.len, &tape, &strings, what);
  if (result == AR_SIMD_OK) ar_tape_convert(&doc->tape, tape, strings);
  return result;
}

static ar_json root_of(const ar_json_doc *doc) {
  return (ar_json){ doc->tape.words, 1 };
}

/* A well-formed text that simdjson refused for a number: once more, those numbers as text. */
static bool parse_quoted(ar_json_doc *doc, ar_str text, ar_json *root, ar_err *err) {
  const char *what;
  size_t len = quote_wide(text, NULL);
  if (!give_room(&doc->quoted, &doc->quoted_room, len, err)) return false;
  quote_wide(text, doc->quoted);
  switch (build(doc, (ar_str){ doc->quoted, len }, &what)) {
  case AR_SIMD_OK:
    doc->flags = AR_JSON_NUMBER_AS_TEXT;
    *root = root_of(doc);
    return true;
  case AR_SIMD_NOMEM:
    return ar_nomem(err, "parsing a record");
  default:
    return ar_fail(err, AR_EINPUT, "not JSON: %s", what);
  }
}

static bool refused(ar_json_doc *doc, ar_str text, ar_simd_result result, const char *what, ar_json *root,
                    ar_err *err) {
  ar_json_fault fault;
  if (result == AR_SIMD_NOMEM) return ar_nomem(err, "parsing a record");
  if (!ar_json_check(text, doc->max_depth, &fault)) {
    if (fault.deep) doc->flags = AR_JSON_TOO_DEEP;
    return ar_fail(err, AR_EINPUT, "not JSON: %s (byte %zu)", fault.what, fault.at);
  }
  if (result == AR_SIMD_NUMBER) return parse_quoted(doc, text, root, err);
  return ar_fail(err, AR_EINPUT, "not JSON: %s", what);
}

bool ar_json_parse(ar_json_doc *doc, const char *text, size_t len, ar_json *root, ar_err *err) {
  const char *what;
  doc->flags = 0;
  if (len > doc->max_bytes)
    return ar_fail(err, AR_EINPUT, "too long: %zu bytes, at most %zu are read", len, doc->max_bytes);
  ar_simd_result result = build(doc, (ar_str){ text, len }, &what);
  if (result != AR_SIMD_OK) return refused(doc, (ar_str){ text, len }, result, what, root, err);
  *root = root_of(doc);
  return true;
}

bool ar_json_parse_copy(ar_json_doc *doc, ar_str text, ar_json *root, ar_err *err) {
  if (text.len <= doc->max_bytes) {
    if (!give_room(&doc->copy, &doc->copy_room, text.len, err)) return false;
    if (text.len) memcpy(doc->copy, text.ptr, text.len);
  }
  return ar_json_parse(doc, doc->copy, text.len, root, err);
}

bool ar_json_int(ar_json value, int64_t *out) {
  if (ar_json_type_of(value) != AR_JSON_INT) return false;
  *out = (int64_t)value.tape[value.at + 1];
  return true;
}

bool ar_json_double(ar_json value, double *out) {
  ar_json_type type = ar_json_type_of(value);
  if (type == AR_JSON_INT)
    *out = (double)(int64_t)value.tape[value.at + 1];
  else if (type == AR_JSON_UINT)
    *out = (double)value.tape[value.at + 1];
  else if (type == AR_JSON_DOUBLE)
    memcpy(out, &value.tape[value.at + 1], sizeof *out);
  else
    return false;
  return true;
}

bool ar_json_bool(ar_json value, bool *out) {
  if (ar_json_type_of(value) != AR_JSON_BOOL) return false;
  *out = ar_json_kind(value) == 't';
  return true;
}

size_t ar_json_count(ar_json value) {
  ar_json_type type = ar_json_type_of(value);
  if (type != AR_JSON_ARRAY && type != AR_JSON_OBJECT) return 0;
  size_t count = value.tape[value.at] >> 32 & 0xFFFFFF;
  if (count < 0xFFFFFF) return count; /* the tape's own count saturates there */
  ar_json item;
  ar_json_iter it = ar_json_each(value);
  for (count = 0; ar_json_next(&it, NULL, &item);) count++;
  return count;
}

ar_json ar_json_get(ar_json object, ar_str key) {
  ar_json found = { NULL, 0 }, value;
  ar_json_iter it = ar_json_each(object);
  ar_str name;
  bool exact = false;
  if (!it.object) return found;
  while (ar_json_next(&it, &name, &value)) {
    if (name.len != key.len || !ar_str_eq_nocase(name, key)) continue;
    bool same = ar_str_eq(name, key);
    if (exact && !same) continue;
    found = value;
    exact = same;
  }
  return found;
}
