/* tape.c — from the places of brackets, commas and first bytes, which simdjson finds, to the tape that readers walk.
 *
 * simdjson's own second half copies every string. This one leaves strings where they lie: a string ends at the last
 * quote before the next place, for behind its closing quote there is nothing but white space. It takes what logs are
 * made of and refuses the rest, so that simdjson alone decides about the rest.
 */
#include "json/json.h"
#include "json/private.h"

#define INLINE static inline __attribute__((always_inline))
#define COUNT_MOST 0xFFFFFFu

typedef struct cursor {
  const char *text;
  const uint32_t *place;
  uint64_t *word;
  const char *slash; /* the next backslash, or the end of the text */
  char *strings;
} cursor;

static const char *find_slash(const char *from, const char *end) {
  const char *slash = memchr(from, '\\', (size_t)(end - from));
  return slash ? slash : end;
}

INLINE void put_string(cursor *c, const char *from, const char *to) {
  c->word[0] = (uint64_t)'"' << 56 | (uint64_t)(to - from);
  c->word[1] = (uint64_t)(uintptr_t)from;
  c->word += 2;
}

/* The string at this place; NULL for one with an escape that is none. */
INLINE bool take_string(cursor *c, const ar_simd *simd, const char *text_end) {
  const char *from = c->text + c->place[0] + 1, *to = c->text + c->place[1] - 1;
  c->place++;
  while (*to != '"') to--;
  if (__builtin_expect(to > c->slash, 0)) {
    if (c->slash < from) c->slash = find_slash(from, text_end);
    if (to > c->slash) {
      char *end = ar_simd_unescape(simd, from, c->strings);
      if (!end) return false;
      put_string(c, c->strings, end);
      c->strings = end;
      c->slash = find_slash(to, text_end);
      return true;
    }
  }
  put_string(c, from, to);
  return true;
}

INLINE bool ends_scalar(char c) {
  return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Integers of at most 18 digits. */
INLINE bool take_number(cursor *c) {
  const char *at = c->text + c->place[0];
  bool minus = *at == '-';
  const char *from = at += minus;
  int64_t value = 0;
  for (; (unsigned char)(*at - '0') < 10 && at - from < 18; at++) value = value * 10 + (*at - '0');
  if (at == from || (*from == '0' && at - from > 1) || !ends_scalar(*at)) return false;
  c->word[0] = (uint64_t)'l' << 56;
  c->word[1] = (uint64_t)(minus ? -value : value);
  c->word += 2;
  c->place++;
  return true;
}

INLINE bool take_word(cursor *c) {
  const char *at = c->text + c->place[0];
  size_t len = *at == 'f' ? 5 : 4;
  if (memcmp(at, *at == 't' ? "true" : *at == 'f' ? "false" : "null", len) != 0 || !ends_scalar(at[len])) return false;
  *c->word++ = (uint64_t)(unsigned char)*at << 56;
  c->place++;
  return true;
}

INLINE char here(const cursor *c) {
  return c->text[c->place[0]];
}

INLINE bool take_key(cursor *c, const ar_simd *simd, const char *text_end) {
  if (here(c) != '"' || c->text[c->place[1]] != ':' || !take_string(c, simd, text_end)) return false;
  c->place++;
  return true;
}

INLINE void open_at(cursor *c, char kind) {
  *c->word++ = (uint64_t)(unsigned char)kind << 56;
  c->place++;
}

/* Writes the closing word, and into the opening one what is known now: what lies behind, and how many members. */
INLINE void close_at(cursor *c, uint64_t *words, ar_tape_open open) {
  uint64_t count = open.count < COUNT_MOST ? open.count : COUNT_MOST;
  *c->word++ = (uint64_t)(unsigned char)here(c) << 56 | open.at;
  words[open.at] |= count << 32 | (uint32_t)(c->word - words);
  c->place++;
}

typedef enum took { TOOK_VALUE, TOOK_OPENING, TOOK_NOTHING } took;

/* A value that is no string. Opens what is not empty. */
INLINE took take_other(cursor *c, uint64_t *words) {
  char kind = here(c);
  if (kind == '{' || kind == '[') {
    uint32_t at = (uint32_t)(c->word - words);
    bool empty = c->text[c->place[1]] == kind + 2; /* ASCII: ] is [ + 2, } is { + 2 */
    open_at(c, kind);
    if (empty) close_at(c, words, (ar_tape_open){ at, 0 });
    return empty ? TOOK_VALUE : TOOK_OPENING;
  }
  bool taken = kind == 't' || kind == 'f' || kind == 'n' ? take_word(c) : take_number(c);
  return taken ? TOOK_VALUE : TOOK_NOTHING;
}

/* The members that are plain strings, "key":"value", as many as follow each other. True when no comma follows the last
 * one, which is then not counted yet. Of the four places the first three cannot be the last of all, a bracket. */
INLINE bool take_pairs(cursor *c, uint32_t *count) {
  for (;; ++*count) {
    const uint32_t *place = c->place;
    const char *key = c->text + place[0], *colon = c->text + place[1];
    const char *value = c->text + place[2], *behind = c->text + place[3];
    bool pair = *key == '"' && *colon == ':' && colon[-1] == '"' && *value == '"';
    if (!pair || behind[-1] != '"' || behind > c->slash) return false;
    put_string(c, key + 1, colon - 1);
    put_string(c, value + 1, behind - 1);
    c->place += 4;
    if (*behind != ',') return c->place--, true;
  }
}

/* One member or element. */
INLINE took take_one(cursor *c, const ar_simd *simd, uint64_t *words, char kind, const char *text_end) {
  if (kind == '{' && !take_key(c, simd, text_end)) return TOOK_NOTHING;
  if (here(c) != '"') return take_other(c, words);
  return take_string(c, simd, text_end) ? TOOK_VALUE : TOOK_NOTHING;
}

/* The whole is an object or array that is not empty, and what closes it is the last of all places. */
static bool has_bounds(ar_str text, const uint32_t *places, size_t count) {
  if (count < 3) return false;
  char first = text.ptr[places[0]];
  return (first == '{' || first == '[') && text.ptr[places[count - 1]] == first + 2 && text.ptr[places[1]] != first + 2;
}

bool ar_tape_build(ar_tape *tape, const ar_simd *simd, ar_str text, const uint32_t *places, size_t count) {
  const char *end = text.ptr + text.len;
  const uint32_t *places_end = places + count;
  cursor c = { text.ptr, places, tape->words, find_slash(text.ptr, end), tape->strings };
  ar_tape_open open = { 0, 0 };
  size_t depth = 0;
  char kind = '[';
  if (!has_bounds(text, places, count)) return false;
  *c.word++ = (uint64_t)'r' << 56;
  for (;;) {
    bool pairs = kind == '{' && take_pairs(&c, &open.count);
    took what = pairs ? TOOK_VALUE : take_one(&c, simd, tape->words, kind, end);
    if (what == TOOK_NOTHING || c.place >= places_end) return false;
    if (what == TOOK_OPENING) {
      if (depth == tape->max_depth) return false;
      tape->open[depth++] = open;
      open = (ar_tape_open){ (uint32_t)(c.word - 1 - tape->words), 0 };
      kind = (char)(c.word[-1] >> 56);
      continue;
    }
    open.count++;
    while (here(&c) == kind + 2) {
      close_at(&c, tape->words, open);
      open = tape->open[--depth];
      if (depth == 0 || c.place == places_end) return depth == 0 && c.place == places_end;
      kind = (char)(tape->words[open.at] >> 56);
      open.count++;
    }
    if (here(&c) != ',') return false;
    c.place++;
  }
}

void ar_tape_convert(ar_tape *tape, const uint64_t *from, const uint8_t *strings) {
  uint64_t *word = tape->words;
  size_t depth = 0;
  *word++ = *from++;
  for (unsigned char kind; (kind = (unsigned char)(*from >> 56)) != 'r'; from++) {
    ar_json old = { from, 0 };
    uint32_t len, at = (uint32_t)(word - tape->words);
    *word++ = *from;
    if (kind == '"') {
      const uint8_t *string = strings + ar_json_payload(old);
      memcpy(&len, string, sizeof len);
      word[-1] = (uint64_t)'"' << 56 | len;
      *word++ = (uint64_t)(uintptr_t)(string + sizeof len);
    } else if (kind == 'l' || kind == 'u' || kind == 'd') {
      *word++ = *++from;
    } else if (kind == '{' || kind == '[') {
      tape->open[depth++].at = at;
    } else if (kind == '}' || kind == ']') {
      uint64_t *opening = &tape->words[tape->open[--depth].at];
      *opening = (*opening & ~(uint64_t)UINT32_MAX) | (at + 1);
    }
  }
  *word = *from;
}
