/* text.c — texts of records: GUIDs and lower case eight bytes at a time, escaping for people. */
#include "event/private.h"

#include <stdio.h>

#define ONES 0x0101010101010101u

/* Eight hex digits, in the order of memory, as a number; *bad gets a bit for each byte that is none. */
static uint32_t hex8(uint64_t text, uint64_t *bad) {
  uint64_t low = text | 0x20 * ONES;
  /* High bits mark bytes in range; no sum carries into its neighbour, for bytes over 127 are bad already. */
  uint64_t plain = low & 0x7F * ONES;
  uint64_t digit = (plain + (0x80 - '0') * ONES) & ~(plain + (0x7F - '9') * ONES);
  uint64_t letter = (plain + (0x80 - 'a') * ONES) & ~(plain + (0x7F - 'f') * ONES);
  /* Bit 5 was set above: 0x10–0x19 would pass for digits but for this. */
  uint64_t shifted = ~text << 2 & 0x80 * ONES & digit;
  *bad |= (text | shifted | ~(digit | letter)) & 0x80 * ONES;
  uint64_t nibbles = (low & 0x0F * ONES) + (letter >> 7 & ONES) * 9;
  nibbles = __builtin_bswap64(nibbles);
  nibbles = (nibbles | nibbles >> 4) & 0x00FF00FF00FF00FFu;
  nibbles = (nibbles | nibbles >> 8) & 0x0000FFFF0000FFFFu;
  return (uint32_t)(nibbles | nibbles >> 16);
}

static bool from_words(const uint64_t words[4], uint64_t bad, ar_id *out) {
  uint64_t hi = (uint64_t)hex8(words[0], &bad) << 32;
  hi |= hex8(words[1], &bad);
  uint64_t lo = (uint64_t)hex8(words[2], &bad) << 32;
  lo |= hex8(words[3], &bad);
  if (bad) return false;
  *out = (ar_id){ hi, lo };
  return true;
}

bool ar_guid(ar_str text, ar_id *out) {
  const char *t = text.ptr;
  if (text.len == 32) {
    uint64_t words[4] = { load64(t), load64(t + 8), load64(t + 16), load64(t + 24) };
    return from_words(words, 0, out);
  }
  if (text.len != 36) return false;
  bool hyphens = t[8] == '-' && t[13] == '-' && t[18] == '-' && t[23] == '-';
  uint64_t words[4] = { load64(t), load32(t + 9) | (uint64_t)load32(t + 14) << 32,
                        load32(t + 19) | (uint64_t)load32(t + 24) << 32, load64(t + 28) };
  return from_words(words, hyphens ? 0 : 1, out);
}

static inline uint64_t lower8(uint64_t word) {
  uint64_t plain = word & 0x7F * ONES;
  uint64_t upper = (plain + (0x80 - 'A') * ONES) & ~(plain + (0x7F - 'Z') * ONES) & ~word & 0x80 * ONES;
  return word | upper >> 2;
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
