/* text.c — a text that grows, with separators that cannot be forged. */
#include "burst/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void text_add(text *t, ar_str piece) {
  char *grown = t->broken ? NULL : ar_grow(t->ptr, &t->room, t->len + piece.len + 1, 1);
  if (!grown) {
    t->broken = true;
    return;
  }
  t->ptr = grown;
  if (piece.len) memcpy(grown + t->len, piece.ptr, piece.len);
  t->len += piece.len;
  grown[t->len] = '\0';
}

void text_add_number(text *t, int64_t number) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, number);
  text_add(t, ar_str_of(digits));
}

void text_add_piece(text *t, const char *piece) {
  ar_str slice = ar_str_of(piece);
  if (!piece) {
    text_add(t, AR_STR("-"));
    return;
  }
  text_add_number(t, (int64_t)slice.len);
  text_add(t, AR_STR(":"));
  text_add(t, slice);
}
