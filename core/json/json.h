/* json.h — JSON of logs: strict parsing by simdjson, read in place from a tape.
 *
 * Layer 1; includes base.h. Only json.cpp includes simdjson.
 *
 * Shapes  an ar_json is a value inside a parsed document; it is valid until the document parses again, and as long as
 *         the text that was parsed stays where it is. Strings are slices of that text, or of the document when they
 *         were escaped: unescaped UTF-8, may hold NUL, not NUL-terminated.
 * Strict  RFC 8259; invalid UTF-8, lone surrogates, raw control characters, trailing bytes and depth over the limit
 *         are errors. A well-formed number that fits neither int64, uint64 nor double (1e400, 2^64) becomes text,
 *         exactly as written, and sets AR_JSON_NUMBER_AS_TEXT: it never costs the record.
 * Keys    are kept as they come, duplicates too; look-ups say which one wins.
 */
#ifndef ARMRUN_JSON_H
#define ARMRUN_JSON_H

#include <string.h>

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AR_JSON_PADDING 64       /* readable bytes that must lie behind a text to be parsed */
#define AR_JSON_DEPTH_LIMIT 1024 /* the deepest nesting a parser can be asked for */

enum {
  AR_JSON_NUMBER_AS_TEXT = 1,
  AR_JSON_TOO_DEEP = 2 /* why it could not be parsed */
};

/* One reusable parser with its document. Not shared between threads. */
typedef struct ar_json_doc ar_json_doc;

typedef struct ar_json {
  const uint64_t *tape; /* NULL is "missing" */
  size_t at;            /* index of this value's word on the tape */
} ar_json;

typedef enum ar_json_type {
  AR_JSON_MISSING,
  AR_JSON_NULL,
  AR_JSON_BOOL,
  AR_JSON_INT,  /* int64 */
  AR_JSON_UINT, /* uint64 above int64 */
  AR_JSON_DOUBLE,
  AR_JSON_STRING,
  AR_JSON_ARRAY,
  AR_JSON_OBJECT
} ar_json_type;

/* max_bytes: the longest text this parser takes; max_depth: nesting, 1 to AR_JSON_DEPTH_LIMIT (`[1]` is one deep; what
 * is empty may lie one deeper).
 * Memory grows with the longest text seen, about 14 times its bytes; 24 times if it holds numbers that are no short
 * integers. NULL when memory is out. */
ar_json_doc *ar_json_doc_new(size_t max_bytes, size_t max_depth);
void ar_json_doc_free(ar_json_doc *doc);

/* Parses one value that spans all of text[0..len) (white space around it is fine). AR_JSON_PADDING readable bytes
 * lie behind text; text itself is not written to, and is part of the document from then on. On AR_EINPUT the message
 * says what and at which byte (from 0). */
bool ar_json_parse(ar_json_doc *doc, const char *text, size_t len, ar_json *root, ar_err *err);
/* The same for text without padding: copies it first. */
bool ar_json_parse_copy(ar_json_doc *doc, ar_str text, ar_json *root, ar_err *err);
/* Of the text parsed last: 0, AR_JSON_NUMBER_AS_TEXT or, when it failed for that, AR_JSON_TOO_DEEP. */
unsigned ar_json_flags(const ar_json_doc *doc);

bool ar_json_int(ar_json value, int64_t *out);   /* false unless AR_JSON_INT */
bool ar_json_double(ar_json value, double *out); /* any number */
bool ar_json_bool(ar_json value, bool *out);
size_t ar_json_count(ar_json value); /* elements or members; 0 otherwise */

/* The member of an object by name, the last one if several; ASCII case is ignored, but an exact match wins. */
ar_json ar_json_get(ar_json object, ar_str key);
/* Follows "properties.roleDefinitionId", "rows[2].name" or "claims[\"a.key.with.dots\"]" with the same look-up
 * (inside the quotes \" and \\ stand for themselves). Missing when any step is, or when the path is malformed. The
 * empty path is the value itself. */
ar_json ar_json_path(ar_json value, ar_str path);

/* ---- the walk: inline, because the canonicaliser visits every member of every record ------------------------- */

/* The tape, word by word: the top byte is the kind, the rest a payload. `{` and `[` hold the index behind their end
 * (32 bits) and their count (24 bits); `"` the length, and a word with the address follows; `l` `u` `d` are followed by
 * a word with the number. */
static inline uint64_t ar_json_payload(ar_json value) {
  return value.tape[value.at] & 0x00FFFFFFFFFFFFFFu;
}

static inline unsigned char ar_json_kind(ar_json value) {
  return (unsigned char)(value.tape[value.at] >> 56);
}

static inline ar_json_type ar_json_type_of(ar_json value) {
  if (!value.tape) return AR_JSON_MISSING;
  switch (ar_json_kind(value)) {
  case '"':
    return AR_JSON_STRING;
  case '{':
    return AR_JSON_OBJECT;
  case '[':
    return AR_JSON_ARRAY;
  case 'l':
    return AR_JSON_INT;
  case 'u':
    return AR_JSON_UINT;
  case 'd':
    return AR_JSON_DOUBLE;
  case 't':
  case 'f':
    return AR_JSON_BOOL;
  case 'n':
    return AR_JSON_NULL;
  default:
    return AR_JSON_MISSING;
  }
}

/* Of a word known to be a string. */
static inline ar_str ar_json_slice(ar_json value) {
  return (ar_str){ (const char *)(uintptr_t)value.tape[value.at + 1], (uint32_t)value.tape[value.at] };
}

/* False unless a string; *out is then left as it was. */
static inline bool ar_json_string(ar_json value, ar_str *out) {
  if (!value.tape || ar_json_kind(value) != '"') return false;
  *out = ar_json_slice(value);
  return true;
}

/* The word behind this value. */
static inline size_t ar_json_behind(ar_json value) {
  switch (ar_json_kind(value)) {
  case '{':
  case '[':
    return (uint32_t)value.tape[value.at];
  case '"':
  case 'l':
  case 'u':
  case 'd':
    return value.at + 2;
  default:
    return value.at + 1;
  }
}

/* Walks members or elements in document order:
 *   ar_json_iter it = ar_json_each(object);  ar_str key;  ar_json value;
 *   while (ar_json_next(&it, &key, &value)) …            (key is absent for arrays; pass NULL if not wanted)
 * Nothing comes out of what is neither object nor array. */
typedef struct ar_json_iter {
  ar_json at, end;
  bool object;
} ar_json_iter;

static inline ar_json_iter ar_json_each(ar_json value) {
  ar_json_iter it = { value, value, false };
  unsigned char kind = value.tape ? ar_json_kind(value) : 0;
  if (kind != '{' && kind != '[') return it;
  it.object = kind == '{';
  it.at.at = value.at + 1;
  it.end.at = (size_t)(uint32_t)value.tape[value.at] - 1;
  return it;
}

static inline bool ar_json_next(ar_json_iter *it, ar_str *key, ar_json *value) {
  if (it->at.at == it->end.at) return false;
  if (key) *key = it->object ? ar_json_slice(it->at) : (ar_str){ NULL, 0 };
  if (it->object) it->at.at += 2;
  *value = it->at;
  it->at.at = ar_json_behind(it->at);
  return true;
}

#ifdef __cplusplus
}
#endif
#endif
