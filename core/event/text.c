/* text.c — texts of records: GUIDs sixteen digits and lower case eight bytes at a time, escaping for people. */
#include "event/private.h"

#include <stdio.h>

#define ONES 0x0101010101010101u

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

/* Sixteen hex digits as numbers; *bad gets bits where a byte is none. */
static inline words2 hex16(uint64_t first, uint64_t second, bytes16 *bad) {
  words2 words = { first, second };
  bytes16 text = (bytes16)words, low = text | 0x20;
  bytes16 digit = (bytes16)(text - '0' < 10), letter = (bytes16)(low - 'a' < 6);
  *bad |= ~(digit | letter);
  return (words2)((low & 0x0F) + (letter & 9));
}

/* Eight of those numbers, first in memory first, as one. */
static inline uint64_t join8(uint64_t nibbles) {
  nibbles = __builtin_bswap64(nibbles);
  nibbles = (nibbles | nibbles >> 4) & 0x00FF00FF00FF00FFu;
  nibbles = (nibbles | nibbles >> 8) & 0x0000FFFF0000FFFFu;
  return (nibbles | nibbles >> 16) & 0xFFFFFFFF;
}

bool ar_guid(ar_str text, ar_id *out) {
  const char *t = text.ptr;
  uint64_t a, b, c, d;
  if (text.len == 36) {
    if (t[8] != '-' || t[13] != '-' || t[18] != '-' || t[23] != '-') return false;
    a = load64(t);
    b = load32(t + 9) | (uint64_t)load32(t + 14) << 32;
    c = load32(t + 19) | (uint64_t)load32(t + 24) << 32;
    d = load64(t + 28);
  } else if (text.len == 32) {
    a = load64(t), b = load64(t + 8), c = load64(t + 16), d = load64(t + 24);
  } else {
    return false;
  }
  bytes16 bad = { 0 };
  words2 first = hex16(a, b, &bad), second = hex16(c, d, &bad), wrong = (words2)bad;
  if (wrong[0] | wrong[1]) return false;
  *out = (ar_id){ join8(first[0]) << 32 | join8(first[1]), join8(second[0]) << 32 | join8(second[1]) };
  return true;
}

static inline uint64_t lower8(uint64_t word) {
  uint64_t plain = word & 0x7F * ONES;
  uint64_t upper = (plain + (0x80 - 'A') * ONES) & ~(plain + (0x7F - 'Z') * ONES) & ~word & 0x80 * ONES;
  return word | upper >> 2;
}

bool ar_same(const char *a, const char *b, size_t len) {
  if (len < 8) return ar_str_eq_nocase((ar_str){ a, len }, (ar_str){ b, len });
  for (size_t i = 0; i + 8 < len; i += 8)
    if (lower8(load64(a + i)) != lower8(load64(b + i))) return false;
  return lower8(load64(a + len - 8)) == lower8(load64(b + len - 8));
}

static void lower_few(ar_str s, char *out) {
  for (size_t i = 0; i < s.len; i++) out[i] = (char)(s.ptr[i] + ((unsigned char)(s.ptr[i] - 'A') < 26 ? 32 : 0));
}

/* The last eight bytes may overlap those before. */
ar_str ar_lower(ar_str s, char *out) {
  uint64_t word;
  if (s.len < 8) {
    lower_few(s, out);
    return (ar_str){ out, s.len };
  }
  for (size_t i = 0; i + 8 < s.len; i += 8) {
    word = lower8(load64(s.ptr + i));
    memcpy(out + i, &word, sizeof word);
  }
  word = lower8(load64(s.ptr + s.len - 8));
  memcpy(out + s.len - 8, &word, sizeof word);
  return (ar_str){ out, s.len };
}

static bool is_letter(char c) {
  return (unsigned char)((c | 32) - 'a') < 26;
}

bool ar_text_has(ar_str text, ar_str word) {
  for (size_t i = 0; i + word.len <= text.len; i++) {
    if (i > 0 && is_letter(text.ptr[i - 1])) continue;
    if (i + word.len < text.len && is_letter(text.ptr[i + word.len])) continue;
    if (ar_str_eq_nocase((ar_str){ text.ptr + i, word.len }, word)) return true;
  }
  return false;
}

const char *ar_escape(ar_str s, size_t most, char *out, size_t room) {
  size_t used = 0, shown = s.len < most ? s.len : most;
  for (size_t i = 0; i < shown && used + 8 < room; i++) {
    unsigned char c = (unsigned char)s.ptr[i];
    if (c >= ' ' && c < 127)
      out[used++] = (char)c;
    else
      used += (size_t)snprintf(out + used, room - used, "\\x%02X", c);
  }
  if (s.len > shown && used + 4 < room) used += (size_t)snprintf(out + used, room - used, "...");
  out[used] = '\0';
  return out;
}
