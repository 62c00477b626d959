/* find.c — what is known of an address at a moment. */
#include "ipset/private.h"

#include <string.h>

#define FEW 24 /* ranges that are counted through sooner than halved: their lines come in side by side */

/* What the last range says that starts at or before the address; 0 when there is none. */
static uint32_t what_v4(const ip_table4 *t, uint32_t ip) {
  size_t low = t->index[ip >> 16], high = t->index[(ip >> 16) + 1];
  uint64_t upto = (uint64_t)ip << 32 | UINT32_MAX;
  while (high - low > FEW) {
    size_t middle = low + (high - low) / 2;
    if (t->items[middle] <= upto)
      low = middle + 1;
    else
      high = middle;
  }
  size_t before = low;
  for (size_t i = low; i < high; i++) before += t->items[i] <= upto;
  return before ? (uint32_t)t->items[before - 1] : 0;
}

/* From the coarsest level down: how many of the next sixteen start at or before the address, counted without a branch
 * to guess. */
static uint32_t what_v6(const ip_table6 *t, u128 ip) {
  size_t at = 0;
  if (t->count == 0 || ip < t->start[0]) return 0;
  for (size_t level = t->levels; level-- > 0;) {
    at *= AR_IP_FAN;
    if (level == 0) __builtin_prefetch(&t->what[at]); /* on its way while the starts are compared */
    size_t end = at + AR_IP_FAN < t->level_count[level] ? at + AR_IP_FAN : t->level_count[level], before = 0;
    for (size_t i = at; i < end; i++) before += t->level[level][i] <= ip;
    at += before - 1; /* the first of them is the sample that led here */
  }
  return t->what[at];
}

static uint32_t what_always(const ar_ipset *set, u128 ip) {
  return ar_ip_is_v4(ip) ? what_v4(&set->table4, (uint32_t)ip) : what_v6(&set->table6, ip);
}

static size_t first_at(const ip_bounded *items, size_t low, size_t high, u128 net) {
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (items[middle].net.first < net)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Adds what the statements with bounds say at that moment. */
static uint32_t add_bounded(const ar_ipset *set, u128 ip, ar_instant at, uint32_t what) {
  for (size_t g = 0; g < set->groups; g++) {
    unsigned bits = set->group[g];
    size_t start = bits ? set->group_end[bits - 1] : 0, end = set->group_end[bits];
    u128 net = bits == 0 ? 0 : ip >> (128 - bits) << (128 - bits);
    unsigned shown = bits - (ar_ip_is_v4(ip) && bits >= 96 ? 96u : 0u);
    for (size_t i = first_at(set->bounded, start, end, net); i < end && set->bounded[i].net.first == net; i++) {
      const ip_bounded *b = &set->bounded[i];
      if (at < b->from || at > b->until) continue;
      bool nearer = (b->net.tags & AR_IP_BAD) && (!(what & AR_IP_BAD) || shown > (what >> 8 & 0xFF));
      what |= b->net.tags;
      if (nearer) what = (uint32_t)(b->net.feed << 16) | (uint32_t)shown << 8 | (what & 0xFF);
    }
  }
  return what;
}

static uint32_t what_at(const ar_ipset *set, ar_ip ip, int64_t at) {
  if (!set->built || ar_ip_none(ip)) return 0;
  uint32_t what = what_always(set, ar_ip_number(ip));
  if (set->bounded_count && ar_ip_public(ip)) what = add_bounded(set, ar_ip_number(ip), at, what);
  return what & AR_IP_ALLOW ? 0 : what;
}

unsigned ar_ipset_tags(const ar_ipset *set, ar_ip ip, int64_t at) {
  return what_at(set, ip, at) & 0xFF;
}

ar_ip_hit ar_ipset_find(const ar_ipset *set, ar_ip ip, int64_t at) {
  uint32_t what = what_at(set, ip, at);
  ar_ip_hit hit = { .tags = what & 0xFF, .feed = (uint16_t)(what >> 16), .prefix = what >> 8 & 0xFF };
  if (set->mmdb_count && !ar_ip_none(ip)) ar_ip_mmdb_facts(set, ip, &hit);
  return hit;
}
