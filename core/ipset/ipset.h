/* ipset.h — IP reputation: which tags an address carries at a moment, and who says so.
 *
 * Layer 1; includes base and, for validity, instant. cJSON reads STIX and MISP (not hostile logs:
 * a feed is configuration, yet every byte of it is checked).
 *
 * Formats  told by content: plain address/CIDR/range per line (netset, ipset, Spamhaus DROP text and its JSON
 *          lines), CSV (header row, the column that holds addresses), Tor exit-addresses, STIX 2.1 bundle,
 *          MISP event/feed and warninglist, Azure ServiceTags; MaxMind .mmdb through libmaxminddb.
 * Validity a statement with bounds counts from its first to its last moment, both included. STIX: valid_from to
 *          valid_until. Tor: from a day before the descriptor or the sighting, whichever is earlier, to a day after the
 *          sighting (a relay is listed while it works, and the list is a snapshot). MISP: first_seen to 30 days after
 *          last_seen (seen last is not gone).
 * Rules    private, reserved and documentation space is dropped and counted; prefixes shorter than /8 (v4) or /19
 *          (v6) are refused and counted; `allow` wins over every other tag; STIX/Tor validity is against event time.
 * Speed    a look-up is a binary search over merged ranges, ≤ 150 ns at 1 M entries; thread-safe once built.
 */
#ifndef ARMRUN_IPSET_H
#define ARMRUN_IPSET_H

#include "base/base.h"
#include "instant/instant.h"

/* An address: IPv4 is ::ffff:a.b.c.d. All zero: absent. */
typedef struct ar_ip {
  uint64_t hi, lo;
} ar_ip;

/* Reads an address as it stands in logs: IPv4, IPv6, with port, [v6]:port, ::ffff:v4, spaces around. False for
 * masks ("XX.XX.XX.XX"), prefixes, GUIDs, "<Redacted>", 0.0.0.0, empty. */
bool ar_ip_parse(ar_str text, ar_ip *out);
static inline bool ar_ip_none(ar_ip ip) {
  return (ip.hi | ip.lo) == 0;
}
/* Canonical text: dotted quad, or RFC 5952. */
ar_str ar_ip_text(ar_ip ip, char out[48]);
/* The network it lies in: /24 for IPv4, /48 for IPv6, the rest zero. */
ar_ip ar_ip_network(ar_ip ip);
bool ar_ip_public(ar_ip ip); /* routable: not private, reserved, loopback, documentation, CGNAT … */

typedef enum ar_ip_tag {
  AR_IP_MALICIOUS = 1,
  AR_IP_TOR = 2,
  AR_IP_PROXY = 4,
  AR_IP_VPN = 8,
  AR_IP_HOSTING = 16,
  AR_IP_ALLOW = 32
} ar_ip_tag;
#define AR_IP_TAG_COUNT 6
extern const char *const ar_ip_tag_words[AR_IP_TAG_COUNT]; /* "malicious", "tor", … in bit order */
bool ar_ip_tag_of(ar_str word, unsigned *tag);

typedef struct ar_ipset ar_ipset;

typedef struct ar_ipset_report { /* what loading one file came to */
  const char *format; /* "plain", "csv", "tor exit-addresses", "stix", "misp", "misp warninglist", "servicetags",
                         "json", "json lines", "mmdb" */
  uint64_t read;      /* entries taken */
  uint64_t dropped_private, refused_wide, bad;
  uint64_t skipped;     /* readable, but not meant: a domain among addresses, revoked, to_ids false */
  uint64_t bad_line[8]; /* line (or indicator, or row) numbers of the first bad ones, from 1 */
  char first_bad[96];   /* the first bad one, escaped for people */
  int64_t newest;       /* instant of the newest statement in it, or INT64_MIN when it has no dates */
} ar_ipset_report;

typedef struct ar_ip_hit {
  unsigned tags;   /* AR_IP_*; 0 when allowed or unknown */
  uint16_t feed;   /* of the most specific range with a bad tag: index for ar_ipset_feed */
  unsigned prefix; /* of that range, 0–128 (an IPv4 /24 is 24) */
  uint32_t asn;    /* from a loaded mmdb, else 0 */
  char country[3]; /* from a loaded mmdb, else "" */
} ar_ip_hit;

ar_ipset *ar_ipset_new(void);
void ar_ipset_free(ar_ipset *set);
/* Adds the entries of a file under a tag; an mmdb's own flags count instead of the tag. False with AR_EIO, AR_EINPUT
 * (empty, or nothing in it could be read: says what was expected), AR_EUSAGE (the set is built, or holds 65,535 feeds)
 * or AR_ENOMEM; then the set is as before. */
bool ar_ipset_load(ar_ipset *set, unsigned tag, const char *path, ar_ipset_report *report, ar_err *err);
/* The same from bytes, for specs; not for mmdb, which is read from disk. */
bool ar_ipset_load_text(ar_ipset *set, unsigned tag, const char *name, ar_str text, ar_ipset_report *report,
                        ar_err *err);
/* Sorts and merges; call once after the last load and before the first look-up. False when memory is out. */
bool ar_ipset_build(ar_ipset *set, ar_err *err);
/* `at`: event time in 100 ns. */
ar_ip_hit ar_ipset_find(const ar_ipset *set, ar_ip ip, int64_t at);
/* Only the tags; the hot path's question. */
unsigned ar_ipset_tags(const ar_ipset *set, ar_ip ip, int64_t at);
unsigned ar_ipset_loaded_tags(const ar_ipset *set);            /* which tags any feed carries */
const char *ar_ipset_feed(const ar_ipset *set, uint16_t feed); /* its name as given */
size_t ar_ipset_ranges(const ar_ipset *set);

#endif
