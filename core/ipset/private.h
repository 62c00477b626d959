/* private.h — between the C files of ipset: networks as they are read, the set under construction. */
#ifndef ARMRUN_IPSET_PRIVATE_H
#define ARMRUN_IPSET_PRIVATE_H

#include "ipset/ipset.h"

#include <maxminddb.h>

typedef unsigned __int128 u128; /* an address as a number; IPv4 at ::ffff:0:0 */

static inline u128 ar_ip_number(ar_ip ip) {
  return (u128)ip.hi << 64 | ip.lo;
}

static inline bool ar_ip_is_v4(u128 number) {
  return number >> 32 == 0xFFFF;
}

/* A bare address: no port, brackets, zone or spaces; 0.0.0.0 is one. */
bool ar_ip_read(ar_str text, ar_ip *out);
/* The n-th stretch of addresses that are not public, in order; false behind the last. */
bool ar_ip_special(size_t n, u128 *first, u128 *last);
bool ar_ip_all_special(u128 first, u128 last);
/* "a", "a/bits", "a/mask" (IPv4), "a-b": the addresses it spans. Host bits are dropped. */
bool ar_ip_span(ar_str text, u128 *first, u128 *last);

/* ---- the set -------------------------------------------------------------------------------------------------- */

#define AR_IP_BAD (AR_IP_MALICIOUS | AR_IP_TOR | AR_IP_PROXY | AR_IP_VPN | AR_IP_HOSTING)
#define AR_IP_HOLE 0x80u /* tag of space that is never public: cuts everything out */

/* One network with its statement. IPv4 has 96 bits more than people write. */
typedef struct ip_entry {
  u128 first;
  uint8_t bits, tags;
  uint16_t feed;
} ip_entry;

typedef struct ip_bounded {
  ip_entry net;
  ar_instant from, until;
} ip_bounded;

/* Merged ranges: each runs from its start to the next. What is known: feed << 16 | bits << 8 | tags; 0 is nothing.
 * IPv4 keeps both in one number, start << 32 | what: one line of cache answers. IPv6 keeps samples, each level every
 * 16th start of the one below, so that a search reads a few neighbouring lines a level. */
#define AR_IP_FAN 16
#define AR_IP_LEVELS 8 /* 16^8 ranges: more than memory */

typedef struct ip_table4 {
  uint64_t *items;
  size_t count, room;
  uint32_t *index; /* 65,537: the first range at or behind each /16 */
} ip_table4;

typedef struct ip_table6 {
  u128 *start;
  uint32_t *what;
  size_t count, start_room, what_room;
  u128 *level[AR_IP_LEVELS]; /* level[0] is start */
  size_t level_count[AR_IP_LEVELS], levels;
} ip_table6;

struct ar_ipset {
  uint64_t *v4; /* packed entries, see entry.c */
  size_t v4_count, v4_room;
  ip_entry *v6;
  size_t v6_count, v6_room;
  ip_bounded *bounded;
  size_t bounded_count, bounded_room;
  char **feeds;
  size_t feed_count, feed_room;
  MMDB_s *mmdb;
  size_t mmdb_count, mmdb_room;
  unsigned tags;
  bool built;
  ip_table4 table4;
  ip_table6 table6;
  size_t group_end[129]; /* bounded entries are sorted by bits: where those with so many bits end */
  uint8_t group[129];    /* the bits that occur */
  size_t groups;
};

/* One file being read into a set. */
typedef struct ip_load {
  ar_ipset *set;
  ar_ipset_report *report;
  unsigned tag;
  uint16_t feed;
  ar_instant from, until; /* of what is taken next; the full range of int64 when unbounded */
  bool nomem;
} ip_load;

void ar_ipload_forever(ip_load *load);                          /* from and until unbounded */
void ar_ipload_dated(ip_load *load, ar_instant at);             /* a statement of that time was seen */
bool ar_ipload_take(ip_load *load, ar_str text, uint64_t line); /* counts it whatever it is; false if bad */
void ar_ipload_span(ip_load *load, u128 first, u128 last, unsigned tags);
void ar_ipload_bad(ip_load *load, ar_str text, uint64_t line);

/* The formats. Each fills report->format and takes what it finds. */
void ar_ipload_text(ip_load *load, ar_str text); /* plain lists, Tor, CSV */
void ar_ipload_csv(ip_load *load, ar_str text, char delimiter);
bool ar_ipload_json(ip_load *load, ar_str text);                   /* false: it is not JSON */
bool ar_ipload_mmdb(ip_load *load, const char *path, ar_err *err); /* false: cannot be opened */
bool ar_ip_is_mmdb(ar_str text);
/* The addresses of a STIX pattern, taken one by one. False when the pattern says more than "one of these addresses". */
bool ar_ipload_pattern(ip_load *load, ar_str pattern, uint64_t number);

/* Takes one line off *text, without its end. False at the end. */
bool ar_ip_line(ar_str *text, ar_str *line);

ip_entry ar_ip_unpack(uint64_t packed);
uint64_t ar_ip_pack(ip_entry entry);
void ar_ip_drop_tables(ar_ipset *set);
void ar_ip_mmdb_facts(const ar_ipset *set, ar_ip ip, ar_ip_hit *hit);

#endif
