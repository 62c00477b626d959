/* span.c — lengths of time as people write them and read them. */
#include "instant/instant.h"

#include <stdio.h>

typedef struct unit {
  const char *name;
  ar_span span;
} unit;

/* Longest first: the parts of "1h30m" must come in this order, each at most once. */
static const unit units[] = {
  { "d", AR_DAY }, { "h", AR_HOUR }, { "m", AR_MINUTE }, { "s", AR_SECOND }, { "ms", AR_SECOND / 1000 }
};
#define UNITS (sizeof units / sizeof *units)

static size_t take_digits(ar_str *text, int64_t *value, bool *overflow) {
  size_t count = 0;
  for (*value = 0; text->len && text->ptr[0] >= '0' && text->ptr[0] <= '9'; text->ptr++, text->len--, count++)
    *overflow |= __builtin_mul_overflow(*value, 10, value) ||
                 __builtin_add_overflow(*value, (int64_t)(text->ptr[0] - '0'), value);
  return count;
}

static size_t letters(ar_str text) {
  size_t n = 0;
  while (n < text.len && text.ptr[n] >= 'a' && text.ptr[n] <= 'z') n++;
  return n;
}

/* The unit at the front, from `from` on; UNITS when there is none. */
static size_t take_unit(ar_str *text, size_t from) {
  ar_str name = { text->ptr, letters(*text) };
  while (from < UNITS && !ar_str_eq(name, ar_str_of(units[from].name))) from++;
  text->ptr += name.len;
  text->len -= name.len;
  return from;
}

bool ar_span_parse(ar_str text, ar_span *out) {
  ar_span sum = 0;
  bool overflow = false;
  text = ar_str_trim(text);
  for (size_t next = 0; text.len; text = ar_str_trim(text)) {
    int64_t value;
    if (take_digits(&text, &value, &overflow) == 0) return false;
    bool bare = text.len == 0 && next == 0; /* a plain number */
    size_t which = bare ? 3 : take_unit(&text, next);
    if (which == UNITS) return false;
    overflow |= __builtin_mul_overflow(value, units[which].span, &value) || __builtin_add_overflow(sum, value, &sum);
    next = which + 1;
  }
  if (overflow || sum <= 0) return false;
  *out = sum;
  return true;
}

/* "3 min 20 s": the second part only when it is not zero. */
static void two_parts(char *out, size_t room, int64_t big, const char *big_word, int64_t small,
                      const char *small_word) {
  int used = snprintf(out, room, "%lld %s", (long long)big, big_word);
  if (small) snprintf(out + used, room - (size_t)used, " %lld %s", (long long)small, small_word);
}

/* Cut, never rounded up: a text must not say more time than has passed. */
static void write_span(ar_span span, char *out, size_t room) {
  if (span >= AR_DAY)
    two_parts(out, room, span / AR_DAY, span / AR_DAY == 1 ? "day" : "days", span / AR_HOUR % 24, "h");
  else if (span >= AR_HOUR)
    two_parts(out, room, span / AR_HOUR, "h", span / AR_MINUTE % 60, "min");
  else if (span >= AR_MINUTE)
    two_parts(out, room, span / AR_MINUTE, "min", span / AR_SECOND % 60, "s");
  else if (span >= 10 * AR_SECOND || span % AR_SECOND < AR_SECOND / 10)
    snprintf(out, room, span && span < AR_SECOND ? "%lld ms" : "%lld s",
             (long long)(span && span < AR_SECOND ? span / 10000 : span / AR_SECOND));
  else
    snprintf(out, room, "%lld.%lld s", (long long)(span / AR_SECOND), (long long)(span / (AR_SECOND / 10) % 10));
}

ar_str ar_span_text(ar_span span, char out[40]) {
  bool minus = span < 0;
  if (span == INT64_MIN) span++;
  out[0] = '-';
  write_span(minus ? -span : span, out + minus, 40 - (size_t)minus);
  return ar_str_of(out);
}
