/* error.c — filling an ar_err, and the nearest word to a wrong one. */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

/* A message cut in the middle of a character would be invalid UTF-8 on someone's terminal. */
static void cut_at_character(char *msg, size_t len) {
  size_t cut = len;
  while (cut > 0 && len - cut < 3 && ((unsigned char)msg[cut - 1] & 0xC0) == 0x80) cut--;
  if (cut > 0 && (unsigned char)msg[cut - 1] >= 0xC0) len = cut - 1;
  msg[len] = '\0';
}

bool ar_fail(ar_err *err, ar_code code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int wanted = vsnprintf(err->msg, sizeof err->msg, format, args);
  va_end(args);
  if (wanted >= (int)sizeof err->msg) cut_at_character(err->msg, sizeof err->msg - 1);
  err->code = code;
  return false;
}

bool ar_nomem(ar_err *err, const char *doing) {
  return ar_fail(err, AR_ENOMEM, "out of memory while %s", doing);
}

#define NEAREST_MAX 64 /* longer words are not names */

static unsigned char fold(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static size_t least(size_t a, size_t b, size_t c) {
  size_t m = a < b ? a : b;
  return m < c ? m : c;
}

/* Levenshtein distance, case ignored, one row at a time. */
static size_t distance(ar_str a, ar_str b) {
  size_t row[NEAREST_MAX + 1];
  for (size_t j = 0; j <= b.len; j++) row[j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      size_t above = row[j];
      size_t change = fold(a.ptr[i - 1]) == fold(b.ptr[j - 1]) ? 0 : 1;
      row[j] = least(above + 1, row[j - 1] + 1, diagonal + change);
      diagonal = above;
    }
  }
  return row[b.len];
}

const char *ar_nearest(ar_str given, const char *const *words, size_t count) {
  const char *best = NULL;
  size_t best_distance = given.len / 3 + 2; /* exclusive: one slip in three letters, and one more */
  if (given.len == 0 || given.len > NEAREST_MAX) return NULL;
  for (size_t i = 0; i < count; i++) {
    ar_str word = ar_str_of(words[i]);
    if (word.len > NEAREST_MAX) continue;
    size_t d = distance(given, word);
    if (d < best_distance) {
      best = words[i];
      best_distance = d;
    }
  }
  return best;
}
