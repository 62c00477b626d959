/* check.c — says where a text stops being JSON: a machine of six states over the bytes, a bit of memory per level. */
#include "json/json.h"
#include "json/private.h"

#include <stdio.h>

typedef enum state { VALUE, FIRST_VALUE, KEY, FIRST_KEY, COLON, BEHIND, BROKEN } state;

typedef struct checker {
  ar_str text;
  size_t at, depth, max_depth;
  uint64_t objects[AR_JSON_DEPTH_LIMIT / 64]; /* bit set: that level is an object */
  ar_json_fault *fault;
} checker;

static unsigned byte_at(const checker *c, size_t at) {
  return at < c->text.len ? (unsigned char)c->text.ptr[at] : 0;
}

static bool is_space(unsigned b) {
  return b == ' ' || b == '\t' || b == '\n' || b == '\r';
}

static state broken(checker *c, size_t at, const char *what) {
  snprintf(c->fault->what, sizeof c->fault->what, "%s", what);
  c->fault->at = at;
  return BROKEN;
}

/* "expected …, found 'x'", the byte readable whatever it is. */
static state expected(checker *c, const char *what) {
  unsigned b = byte_at(c, c->at);
  char *out = c->fault->what;
  size_t room = sizeof c->fault->what;
  if (c->at >= c->text.len)
    snprintf(out, room, "ends where %s was expected", what);
  else
    snprintf(out, room, b > 32 && b < 127 ? "expected %s, found '%c'" : "expected %s, found byte 0x%02X", what, b);
  c->fault->at = c->at;
  return BROKEN;
}

static bool in_object(const checker *c) {
  return c->depth > 0 && (c->objects[(c->depth - 1) / 64] >> ((c->depth - 1) % 64) & 1);
}

/* `[]` or `{}` at the cursor: the byte behind it, else 0. */
static size_t empty_end(const checker *c) {
  size_t at = c->at + 1;
  while (is_space(byte_at(c, at))) at++;
  return byte_at(c, at) == byte_at(c, c->at) + 2 ? at + 1 : 0; /* ASCII: ] is [ + 2, } is { + 2 */
}

static state too_deep(checker *c) {
  size_t end = empty_end(c); /* simdjson does not open what is empty */
  if (end) {
    c->at = end;
    return BEHIND;
  }
  snprintf(c->fault->what, sizeof c->fault->what, "nested deeper than %zu", c->max_depth);
  c->fault->at = c->at;
  c->fault->deep = true;
  return BROKEN;
}

static state opened(checker *c, bool object) {
  uint64_t bit = (uint64_t)1 << (c->depth % 64);
  if (c->depth == c->max_depth) return too_deep(c);
  if (object)
    c->objects[c->depth / 64] |= bit;
  else
    c->objects[c->depth / 64] &= ~bit;
  c->depth++;
  c->at++;
  return object ? FIRST_KEY : FIRST_VALUE;
}

static state closed(checker *c) {
  c->depth--;
  c->at++;
  return BEHIND;
}

/* Bytes of the UTF-8 sequence at `at`, 0 when it is none: too short, overlong, surrogate or over U+10FFFF. */
static size_t utf8_len(const checker *c, size_t at) {
  unsigned lead = byte_at(c, at), second = byte_at(c, at + 1);
  size_t len = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  for (size_t i = 1; i < len; i++)
    if ((byte_at(c, at + i) & 0xC0) != 0x80) return 0;
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return len;
}

/* The four hex digits at `at`, or -1. */
static int hex4(const checker *c, size_t at) {
  int value = 0;
  for (size_t i = at; i < at + 4; i++) {
    unsigned b = byte_at(c, i), low = b | 32;
    if (b >= '0' && b <= '9')
      value = value * 16 + (int)(b - '0');
    else if (low >= 'a' && low <= 'f')
      value = value * 16 + (int)(low - 'a' + 10);
    else
      return -1;
  }
  return value;
}

/* Bytes of the \u escape at `at`; 0 with the fault set. */
static size_t unicode_escape(checker *c, size_t at) {
  int unit = hex4(c, at + 2);
  if (unit < 0) return broken(c, at, "\\u needs four hex digits"), 0;
  if (unit < 0xD800 || unit > 0xDFFF) return 6;
  int low = byte_at(c, at + 6) == '\\' && byte_at(c, at + 7) == 'u' ? hex4(c, at + 8) : -1;
  if (unit < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF) return 12;
  return broken(c, at, "half a surrogate pair (a \\uD8.. to \\uDF.. alone is no character)"), 0;
}

static size_t escape(checker *c, size_t at) {
  unsigned b = byte_at(c, at + 1);
  if (b == 'u') return unicode_escape(c, at);
  if (b && strchr("\"\\/bfnrt", (int)b)) return 2;
  if (at + 1 >= c->text.len) return broken(c, at, "ends inside a string"), 0;
  return broken(c, at, "a backslash before a character that needs none"), 0;
}

/* One character of a string; its bytes, or 0 with the fault set. */
static size_t character(checker *c, size_t at) {
  unsigned b = byte_at(c, at);
  if (b == '\\') return escape(c, at);
  size_t len = utf8_len(c, at);
  if (len == 0) broken(c, at, "not UTF-8");
  if (b >= 0x20) return len;
  snprintf(c->fault->what, sizeof c->fault->what, "raw control character in a string, must be written \\u%04X", b);
  c->fault->at = at;
  return 0;
}

static bool string(checker *c) {
  size_t start = c->at, at = c->at + 1;
  while (at < c->text.len && c->text.ptr[at] != '"') {
    size_t step = character(c, at);
    if (step == 0) return false;
    at += step;
  }
  c->at = at + 1;
  if (at < c->text.len) return true;
  return broken(c, start, "ends inside a string that starts here"), false;
}

static bool word_byte(unsigned b) {
  return b - '0' < 10 || (b | 32) - 'a' < 26 || b == '+' || b == '-' || b == '.' || b == '_';
}

/* The run of letters and digits at the cursor, cut for a message. */
static ar_str word(const checker *c) {
  size_t end = c->at;
  while (end < c->text.len && end < c->at + 24 && word_byte(byte_at(c, end))) end++;
  return (ar_str){ c->text.ptr + c->at, end - c->at };
}

static state wrong_word(checker *c, const char *kind) {
  ar_str w = word(c);
  snprintf(c->fault->what, sizeof c->fault->what, "no such %s: %.*s", kind, (int)w.len, w.ptr);
  c->fault->at = c->at;
  return BROKEN;
}

static state number(checker *c) {
  size_t end = ar_json_number_end(c->text, c->at);
  if (!end || word_byte(byte_at(c, end))) return wrong_word(c, "number");
  c->at = end;
  return BEHIND;
}

static state atom(checker *c) {
  ar_str w = word(c);
  if (!ar_str_eq(w, AR_STR("true")) && !ar_str_eq(w, AR_STR("false")) && !ar_str_eq(w, AR_STR("null")))
    return wrong_word(c, "word");
  c->at += w.len;
  return BEHIND;
}

static state value(checker *c) {
  unsigned b = byte_at(c, c->at);
  if (b == '{' || b == '[') return opened(c, b == '{');
  if (b == '"') return string(c) ? BEHIND : BROKEN;
  if (b == '-' || b - '0' < 10) return number(c);
  if ((b | 32) - 'a' < 26) return atom(c);
  return expected(c, "a value");
}

static state key(checker *c) {
  if (byte_at(c, c->at) != '"') return expected(c, "a key in double quotes");
  return string(c) ? COLON : BROKEN;
}

static state behind(checker *c) {
  unsigned b = byte_at(c, c->at);
  if (c->depth == 0) return broken(c, c->at, "something stands behind the first value");
  if (b == ',') {
    c->at++;
    return in_object(c) ? KEY : VALUE;
  }
  if (b == (in_object(c) ? '}' : ']')) return closed(c);
  return expected(c, in_object(c) ? "',' or '}'" : "',' or ']'");
}

static state colon(checker *c) {
  if (byte_at(c, c->at) != ':') return expected(c, "':'");
  c->at++;
  return VALUE;
}

static state step(checker *c, state now) {
  unsigned b = byte_at(c, c->at);
  switch (now) {
  case FIRST_VALUE:
    return b == ']' ? closed(c) : value(c);
  case VALUE:
    return value(c);
  case FIRST_KEY:
    return b == '}' ? closed(c) : key(c);
  case KEY:
    return key(c);
  case COLON:
    return colon(c);
  default:
    return behind(c);
  }
}

static void skip_space(checker *c) {
  while (c->at < c->text.len && is_space(byte_at(c, c->at))) c->at++;
}

static state at_end(checker *c, state now) {
  if (now == BEHIND && c->depth == 0) return BEHIND;
  if (now == VALUE && c->depth == 0) return broken(c, 0, "empty, where a value was expected");
  char what[80];
  snprintf(what, sizeof what, "ends inside %s, %zu deep", in_object(c) ? "an object" : "an array", c->depth);
  return broken(c, c->at, what);
}

bool ar_json_check(ar_str text, size_t max_depth, ar_json_fault *fault) {
  checker c = { .text = text, .max_depth = max_depth, .fault = fault };
  state now = VALUE;
  fault->what[0] = '\0';
  fault->deep = false;
  for (skip_space(&c); c.at < text.len && now != BROKEN; skip_space(&c)) now = step(&c, now);
  if (now != BROKEN) now = at_end(&c, now);
  return now != BROKEN;
}
