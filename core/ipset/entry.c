/* entry.c — one entry of a feed: what it spans, whether it is fit to use, and its place in the set. */
#include "ipset/private.h"

#include <stdio.h>
#include <string.h>

/* An IPv4 entry is one number, so that a million of them are 8 MB and sort by radix: network 32, bits 6 (of 32), two
 * spare, feed 16, tags 8. Sorted, a network comes before what it contains. */
uint64_t ar_ip_pack(ip_entry entry) {
  return (uint64_t)entry.first << 32 | (uint64_t)(entry.bits - 96) << 26 | (uint64_t)entry.feed << 8 | entry.tags;
}

ip_entry ar_ip_unpack(uint64_t packed) {
  return (ip_entry){ .first = (u128)0xFFFF << 32 | packed >> 32,
                     .bits = (uint8_t)((packed >> 26 & 63) + 96),
                     .tags = (uint8_t)packed,
                     .feed = (uint16_t)(packed >> 8) };
}

static u128 host_mask(unsigned bits) {
  return bits == 0 ? ~(u128)0 : bits >= 128 ? 0 : ((u128)1 << (128 - bits)) - 1;
}

/* "24", or "255.255.255.0" behind an IPv4 address; in bits of 128. */
static bool read_bits(ar_str text, bool v4, unsigned *bits) {
  ar_ip mask;
  unsigned value = 0;
  if (v4 && ar_ip_read(text, &mask) && ar_ip_is_v4(ar_ip_number(mask))) {
    uint32_t host = ~(uint32_t)mask.lo;
    *bits = host ? 96 + (unsigned)__builtin_clz(host) : 128;
    return (host & (host + 1)) == 0;
  }
  if (text.len < 1 || text.len > 3 || (text.len > 1 && text.ptr[0] == '0')) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    value = value * 10 + (unsigned)(text.ptr[i] - '0');
  }
  *bits = value + (v4 ? 96 : 0);
  return *bits <= 128;
}

static bool read_prefix(ar_str text, const char *slash, u128 *first, u128 *last) {
  ar_ip ip;
  unsigned bits;
  ar_str address = ar_str_trim((ar_str){ text.ptr, (size_t)(slash - text.ptr) });
  ar_str rest = ar_str_trim((ar_str){ slash + 1, (size_t)(text.ptr + text.len - slash) - 1 });
  if (!ar_ip_read(address, &ip)) return false;
  bool dotted = memchr(address.ptr, ':', address.len) == NULL;
  if (!read_bits(rest, dotted, &bits)) return false;
  *first = ar_ip_number(ip) & ~host_mask(bits);
  *last = *first | host_mask(bits);
  return true;
}

static bool read_range(ar_str text, const char *dash, u128 *first, u128 *last) {
  ar_ip from, to;
  if (!ar_ip_read(ar_str_trim((ar_str){ text.ptr, (size_t)(dash - text.ptr) }), &from)) return false;
  if (!ar_ip_read(ar_str_trim((ar_str){ dash + 1, (size_t)(text.ptr + text.len - dash) - 1 }), &to)) return false;
  *first = ar_ip_number(from);
  *last = ar_ip_number(to);
  return *first <= *last && ar_ip_is_v4(*first) == ar_ip_is_v4(*last);
}

bool ar_ip_span(ar_str text, u128 *first, u128 *last) {
  ar_ip ip;
  text = ar_str_trim(text);
  if (text.len == 0) return false;
  if (!ar_ip_read(text, &ip)) {
    const char *slash = memchr(text.ptr, '/', text.len), *dash = memchr(text.ptr, '-', text.len);
    if (slash) return read_prefix(text, slash, first, last);
    if (dash) return read_range(text, dash, first, last);
    if (!ar_ip_parse(text, &ip)) return false; /* with a port */
  }
  *first = *last = ar_ip_number(ip);
  return true;
}

/* ---- into the set -------------------------------------------------------------------------------------------- */

/* Makes room for one more of a vector of the set. */
#define GROW(set, name)                                                                                                \
  ((grown = ar_grow((set)->name, &(set)->name##_room, (set)->name##_count + 1, sizeof *(set)->name)) != NULL &&        \
   ((set)->name = grown) != NULL)

static bool add(ip_load *load, ip_entry entry) {
  void *grown;
  ar_ipset *set = load->set;
  if (load->from != INT64_MIN || load->until != INT64_MAX) {
    if (!GROW(set, bounded)) return false;
    set->bounded[set->bounded_count++] = (ip_bounded){ entry, load->from, load->until };
  } else if (ar_ip_is_v4(entry.first) && entry.bits >= 96) {
    if (!GROW(set, v4)) return false;
    set->v4[set->v4_count++] = ar_ip_pack(entry);
  } else {
    if (!GROW(set, v6)) return false;
    set->v6[set->v6_count++] = entry;
  }
  return true;
}

static unsigned trailing_zeros(u128 n) {
  uint64_t low = (uint64_t)n, high = (uint64_t)(n >> 64);
  return low ? (unsigned)__builtin_ctzll(low) : high ? 64 + (unsigned)__builtin_ctzll(high) : 128;
}

static unsigned log2_floor(u128 n) {
  uint64_t high = (uint64_t)(n >> 64);
  return high ? 127 - (unsigned)__builtin_clzll(high) : 63 - (unsigned)__builtin_clzll((uint64_t)n);
}

/* Adds a span as the fewest networks: those are nested or apart, never overlapping by half, which keeps the merge
 * linear whatever a feed holds. */
void ar_ipload_span(ip_load *load, u128 first, u128 last, unsigned tags) {
  for (;;) {
    u128 more = last - first; /* addresses, less one */
    unsigned fit = more == ~(u128)0 ? 128 : log2_floor(more + 1), aligned = trailing_zeros(first);
    unsigned host = fit < aligned ? fit : aligned;
    ip_entry entry = { first, (uint8_t)(128 - host), (uint8_t)tags, load->feed };
    if (!add(load, entry)) {
      load->nomem = true;
      return;
    }
    u128 end = first | host_mask(128 - host);
    if (end >= last) return;
    first = end + 1;
  }
}

void ar_ipload_forever(ip_load *load) {
  load->from = INT64_MIN;
  load->until = INT64_MAX;
}

void ar_ipload_dated(ip_load *load, ar_instant at) {
  if (at > load->report->newest) load->report->newest = at;
}

static bool is_wide(u128 first, u128 last) {
  return (last - first) >> (ar_ip_is_v4(first) ? 24 : 109) != 0;
}

bool ar_ipload_take(ip_load *load, ar_str text, uint64_t line) {
  u128 first, last;
  ar_ipset_report *report = load->report;
  if (!ar_ip_span(text, &first, &last)) {
    ar_ipload_bad(load, text, line);
    return false;
  }
  if (ar_ip_all_special(first, last))
    report->dropped_private++;
  else if (is_wide(first, last))
    report->refused_wide++;
  else {
    report->read++;
    ar_ipload_span(load, first, last, load->tag);
  }
  return true;
}

/* Bytes of a feed may be anything; people see printable ASCII. */
static void escape(ar_str text, char *out, size_t room) {
  size_t used = 0;
  for (size_t i = 0; i < text.len && used + 8 < room; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    bool plain = c >= 32 && c < 127 && c != '\\';
    used += (size_t)snprintf(out + used, room - used, plain ? "%c" : "\\x%02X", c);
    if (used + 8 >= room && i + 1 < text.len) snprintf(out + used, room - used, "...");
  }
}

void ar_ipload_bad(ip_load *load, ar_str text, uint64_t line) {
  ar_ipset_report *report = load->report;
  if (report->bad < 8) report->bad_line[report->bad] = line;
  if (report->bad++ == 0) escape(ar_str_trim(text), report->first_bad, sizeof report->first_bad);
}
