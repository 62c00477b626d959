/* private.h — between the C files of ipset: networks as they are read, the set under construction. */
#ifndef ARMRUN_IPSET_PRIVATE_H
#define ARMRUN_IPSET_PRIVATE_H

#include "ipset/ipset.h"

typedef unsigned __int128 u128; /* an address as a number; IPv4 at ::ffff:0:0 */

static inline u128 ar_ip_number(ar_ip ip) {
  return (u128)ip.hi << 64 | ip.lo;
}

/* A bare address: no port, brackets, zone or spaces; 0.0.0.0 is one. */
bool ar_ip_read(ar_str text, ar_ip *out);
/* The n-th stretch of addresses that are not public, in order; false behind the last. */
bool ar_ip_special(size_t n, u128 *first, u128 *last);
bool ar_ip_all_special(u128 first, u128 last);

#endif
