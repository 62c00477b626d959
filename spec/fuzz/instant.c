/* instant.c — any bytes as a time and as a span: what is read comes back from its own text. */
#include <stdlib.h>
#include <string.h>

#include "instant/instant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_instant(ar_str text) {
  ar_instant at, again;
  char out[40];
  if (!ar_instant_parse(text, &at)) return;
  if (!ar_instant_parse(ar_instant_text(at, out), &again) || again != at) abort();
  if (ar_instant_hour(at) < 0 || ar_instant_hour(at) > 23) abort();
  if (ar_instant_day(at) * AR_DAY > at || at - ar_instant_day(at) * AR_DAY >= AR_DAY) abort();
}

static void check_span(ar_str text) {
  ar_span span;
  char out[40];
  if (!ar_span_parse(text, &span)) return;
  if (span <= 0 || ar_span_text(span, out).len == 0) abort();
}

/* A copy of just these bytes, so that one byte too many is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *copy = ar_alloc(size + 1);
  if (!copy) return 0;
  char *exact = ar_resize(copy, size ? size : 1);
  if (size) memcpy(exact, data, size);
  check_instant((ar_str){ exact, size });
  check_span((ar_str){ exact, size });
  ar_free(exact);
  return 0;
}
