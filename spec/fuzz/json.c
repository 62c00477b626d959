/* json.c — any text: what is read without simdjson's second half must be what simdjson reads. */
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "json/private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH 40

/* Two tapes of one text, from `a` and `b` on: nothing differs but where strings and numbers lie. */
static void compare(ar_json a, ar_json b, size_t end) {
  size_t shift = b.at - a.at;
  while (a.at < end) {
    unsigned char kind = ar_json_kind(a);
    if (kind != ar_json_kind(b)) abort();
    if (kind == '"' && !ar_str_eq(ar_json_slice(a), ar_json_slice(b))) abort();
    if (kind == 'l' && a.tape[a.at + 1] != b.tape[b.at + 1]) abort();
    if ((kind == '{' || kind == '[') && ar_json_behind(a) + shift != ar_json_behind(b)) abort();
    if (ar_json_count(a) != ar_json_count(b)) abort();
    a.at += kind == '"' || kind == 'l' || kind == 'u' || kind == 'd' ? 2 : 1;
    b.at = a.at + shift;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static ar_json_doc *one, *other;
  static char wrapped[1 << 16];
  ar_err err;
  ar_json a, b, half;
  ar_json_fault fault;
  ar_str text = { (const char *)data, size };
  if (!one) one = ar_json_doc_new((size_t)1 << 20, DEPTH), other = ar_json_doc_new((size_t)1 << 20, DEPTH + 1);
  if (!one || !other) abort();
  bool good = ar_json_parse_copy(one, text, &a, &err);
  if (good != ar_json_check(text, DEPTH, &fault)) abort();
  if (!good || ar_json_flags(one) || size + 8 > sizeof wrapped) return 0;
  memcpy(wrapped, "[0.5,", 5); /* a number that is left to simdjson, and so everything is */
  memcpy(wrapped + 5, data, size);
  wrapped[size + 5] = ']';
  if (!ar_json_parse_copy(other, (ar_str){ wrapped, size + 6 }, &b, &err)) abort();
  ar_json_iter it = ar_json_each(b);
  ar_json_next(&it, NULL, &half);
  ar_json_next(&it, NULL, &b);
  compare(a, b, ar_json_behind(a));
  return 0;
}
