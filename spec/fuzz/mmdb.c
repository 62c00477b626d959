/* mmdb.c — any bytes as a MaxMind database: it loads or says why not, and look-ups hold. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ipset/ipset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* The library forgets two small blocks when it gives up on damaged metadata. */
const char *__lsan_default_suppressions(void) {
  return "leak:libmaxminddb.so";
}

static void look_up(const ar_ipset *set) {
  static const char *const addresses[] = { "20.1.2.3", "203.0.113.9", "2a01:4f8::1", "2002:1401:203::1", "8.8.8.8" };
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    ar_ip ip;
    if (!ar_ip_parse(ar_str_of(addresses[i]), &ip)) abort();
    ar_ip_hit hit = ar_ipset_find(set, ip, 0);
    if (hit.tags != ar_ipset_tags(set, ip, 0)) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[64];
  ar_err err;
  ar_ipset_report report;
  int fd = memfd_create("fuzz", 0);
  ar_ipset *set = ar_ipset_new();
  if (fd < 0 || !set || write(fd, data, size) != (ssize_t)size) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ar_ipset_load(set, AR_IP_TOR, path, &report, &err);
  if (ar_ipset_build(set, &err)) look_up(set);
  ar_ipset_free(set);
  close(fd);
  return 0;
}
