/* number.c — the number grammar of RFC 8259, and which numbers no machine type holds. */
#include "json/private.h"

static size_t digits_end(ar_str text, size_t at) {
  while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9') at++;
  return at;
}

/* `.` or `e` with the digits that must follow; `at` itself when there is no such part, 0 when it is broken. */
static size_t part_end(ar_str text, size_t at, bool exponent) {
  if (at >= text.len || (exponent ? (text.ptr[at] | 32) != 'e' : text.ptr[at] != '.')) return at;
  at++;
  if (exponent && at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-')) at++;
  size_t end = digits_end(text, at);
  return end == at ? 0 : end;
}

size_t ar_json_number_end(ar_str text, size_t at) {
  if (at < text.len && text.ptr[at] == '-') at++;
  size_t end = digits_end(text, at);
  if (end == at || (text.ptr[at] == '0' && end > at + 1)) return 0;
  end = part_end(text, end, false);
  return end ? part_end(text, end, true) : 0;
}

/* A number as 0.DIGITS × 10^exponent: its first digits without leading zeros, and that exponent. */
typedef struct scaled {
  char digits[20];
  size_t count;
  int64_t exponent;
  bool integer;
} scaled;

#define EXPONENT_CAP 1000000000 /* far over any double, far under overflow */

static int64_t exponent_of(ar_str number, size_t at) {
  int64_t value = 0;
  bool minus = number.ptr[at] == '-';
  if (minus || number.ptr[at] == '+') at++;
  for (; at < number.len; at++)
    if (value < EXPONENT_CAP) value = value * 10 + (number.ptr[at] - '0');
  return minus ? -value : value;
}

static scaled scale(ar_str number) {
  scaled s = { .integer = true };
  bool seen = false;
  for (size_t i = number.ptr[0] == '-'; i < number.len; i++) {
    char c = number.ptr[i];
    if ((c | 32) == 'e') {
      s.exponent += exponent_of(number, i + 1);
      s.integer = false;
      break;
    }
    if (c == '.') {
      s.integer = false;
      continue;
    }
    seen = seen || c != '0';
    if (seen && s.count < sizeof s.digits) s.digits[s.count++] = c;
    s.exponent += s.integer ? seen : -(int64_t)!seen;
  }
  while (s.count < sizeof s.digits) s.digits[s.count++] = '0';
  if (!seen) s.exponent = INT64_MIN;
  return s;
}

bool ar_json_number_wide(ar_str number) {
  scaled s = scale(number);
  ar_str digits = { s.digits, sizeof s.digits };
  if (s.integer && number.ptr[0] == '-') /* -2^63 */
    return s.exponent > 19 || (s.exponent == 19 && ar_str_cmp(digits, AR_STR("92233720368547758080")) > 0);
  if (s.integer) /* 2^64 - 1 */
    return s.exponent > 20 || (s.exponent == 20 && ar_str_cmp(digits, AR_STR("18446744073709551615")) > 0);
  /* The first decimal that rounds up to infinity. */
  return s.exponent > 309 || (s.exponent == 309 && ar_str_cmp(digits, AR_STR("17976931348623158079")) > 0);
}
