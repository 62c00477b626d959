/* ipset.c — any bytes as a feed and as an address: what is read comes back from its own text, look-ups hold. */
#include <stdlib.h>

#include "ipset/ipset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(ar_str text, const ar_ipset *set) {
  ar_ip ip, again;
  char out[48];
  if (!ar_ip_parse(text, &ip)) return;
  if (!ar_ip_parse(ar_ip_text(ip, out), &again) || again.hi != ip.hi || again.lo != ip.lo) abort();
  ar_ip_hit hit = ar_ipset_find(set, ip, 0);
  if (hit.tags != ar_ipset_tags(set, ip, 0)) abort();
  if (hit.tags && (hit.prefix > 128 || !ar_ip_public(ip))) abort();
}

/* Each line of a feed is tried as an address as well: it is what the feed knows. */
static void check_lines(ar_str text, const ar_ipset *set) {
  size_t start = 0;
  for (size_t i = 0; i <= text.len; i++) {
    if (i < text.len && text.ptr[i] != '\n') continue;
    check_address((ar_str){ text.ptr + start, i - start }, set);
    start = i + 1;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ar_ipset *set = ar_ipset_new();
  ar_ipset_report report;
  ar_err err;
  ar_str text = { (const char *)data, size };
  if (!set) return 0;
  ar_ipset_load_text(set, AR_IP_TOR, "feed", text, &report, &err);
  if (ar_ipset_build(set, &err)) check_lines(text, set);
  ar_ipset_free(set);
  return 0;
}
