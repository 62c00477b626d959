/* slice.c — comparing and trimming slices. */
#include "base/base.h"

#include <string.h>
#include <strings.h>

ar_str ar_str_of(const char *text) {
  return text ? (ar_str){ text, strlen(text) } : (ar_str){ NULL, 0 };
}

bool ar_str_eq(ar_str a, ar_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static unsigned char lower(char c) {
  return (unsigned char)(c + ((unsigned char)(c - 'A') < 26 ? 32 : 0));
}

static bool same_nocase(const char *a, const char *b, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

bool ar_str_eq_nocase(ar_str a, ar_str b) {
  return a.len == b.len && same_nocase(a.ptr, b.ptr, a.len);
}

int ar_str_cmp(ar_str a, ar_str b) {
  size_t shared = a.len < b.len ? a.len : b.len;
  int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
  if (order != 0) return order;
  return a.len < b.len ? -1 : a.len > b.len;
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

ar_str ar_str_trim(ar_str s) {
  while (s.len > 0 && is_space(s.ptr[0])) s.ptr++, s.len--;
  while (s.len > 0 && is_space(s.ptr[s.len - 1])) s.len--;
  return s;
}

bool ar_str_starts(ar_str s, ar_str prefix) {
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool ar_str_starts_nocase(ar_str s, ar_str prefix) {
  return s.len >= prefix.len && same_nocase(s.ptr, prefix.ptr, prefix.len);
}

ar_str ar_str_lower(ar_str s, char *out) {
  for (size_t i = 0; i < s.len; i++) out[i] = (char)lower(s.ptr[i]);
  return (ar_str){ out, s.len };
}
