/* text.c — UTF-8 that is what it seems: ill-formed bytes replaced, invisible characters escaped. */
#include "alert/private.h"

#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* Bytes of the sequence that starts with `lead`, and the range its second byte must lie in; 0 when it starts none. */
static size_t sequence_of(unsigned char lead, unsigned char *low, unsigned char *high) {
  *low = 0x80, *high = 0xBF;
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return 2;
  if (lead == 0xE0) *low = 0xA0;  /* else overlong */
  if (lead == 0xED) *high = 0x9F; /* else a surrogate */
  if (lead < 0xF0) return 3;
  if (lead == 0xF0) *low = 0x90;
  if (lead == 0xF4) *high = 0x8F;
  return 4;
}

/* Length of the character at s[0..len), with its code point; of an ill-formed run, with *good = false. */
static size_t next_char(const char *s, size_t len, uint32_t *point, bool *good) {
  unsigned char low, high, lead = (unsigned char)s[0];
  size_t wanted = sequence_of(lead, &low, &high), at = 1;
  *good = false;
  if (wanted == 0) return 1;
  *point = wanted == 1 ? lead : lead & (0x7Fu >> wanted);
  for (; at < wanted; at++, low = 0x80, high = 0xBF) {
    if (at == len || (unsigned char)s[at] < low || (unsigned char)s[at] > high) return at;
    *point = *point << 6 | ((unsigned char)s[at] & 0x3F);
  }
  *good = true;
  return wanted;
}

bool utf8_valid(ar_str text) {
  uint32_t point;
  bool good = true;
  for (size_t at = 0; good && at < text.len;) at += next_char(text.ptr + at, text.len - at, &point, &good);
  return good;
}

char *utf8_repair(ar_str text) {
  char *out = ar_alloc(text.len * 3 + 1); /* the worst: every byte replaced by three */
  size_t used = 0;
  if (!out) return NULL;
  for (size_t at = 0; at < text.len;) {
    uint32_t point;
    bool good;
    size_t len = next_char(text.ptr + at, text.len - at, &point, &good);
    memcpy(out + used, good ? text.ptr + at : REPLACEMENT, good ? len : 3);
    used += good ? len : 3;
    at += len;
  }
  return out;
}

typedef struct range {
  uint32_t first, last;
} range;

/* Control and format characters that change how the text around them is shown, or are not shown at all. */
static const range hidden[] = {
  { 0x7F, 0x9F },     { 0xAD, 0xAD },     { 0x61C, 0x61C },   { 0x180E, 0x180E }, { 0x200B, 0x200F },
  { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE007F },
};

static bool is_hidden(uint32_t point) {
  if (point < 0x7F) return false;
  for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
    if (point >= hidden[i].first && point <= hidden[i].last) return true;
  return false;
}

/* Writes the escape (a surrogate pair past U+FFFF) and a NUL; at most 13 bytes. */
static size_t write_escape(uint32_t point, char out[13]) {
  if (point < 0x10000) return (size_t)snprintf(out, 13, "\\u%04x", point);
  point -= 0x10000;
  return (size_t)snprintf(out, 13, "\\u%04x\\u%04x", 0xD800 + (point >> 10), 0xDC00 + (point & 0x3FF));
}

/* With out NULL only measures. */
static size_t escape_into(ar_str json, char *out) {
  size_t used = 0;
  for (size_t at = 0; at < json.len;) {
    uint32_t point;
    bool good;
    char escape[13];
    size_t len = next_char(json.ptr + at, json.len - at, &point, &good), wide = len;
    const char *from = json.ptr + at;
    if (good && is_hidden(point)) wide = write_escape(point, escape), from = escape;
    if (out) memcpy(out + used, from, wide);
    used += wide;
    at += len;
  }
  return used;
}

char *json_escape_hidden(ar_str json) {
  char *out = ar_alloc(escape_into(json, NULL) + 1);
  if (out) escape_into(json, out);
  return out;
}
