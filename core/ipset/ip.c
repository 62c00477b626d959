/* ip.c — addresses: reading what logs write, canonical text, what is public. */
#include "ipset/ipset.h"
#include "ipset/private.h"

#include <stdio.h>
#include <string.h>

#define V4_PREFIX 0x0000FFFF00000000u /* ::ffff:0:0 */

static bool is_v4(ar_ip ip) {
  return ip.hi == 0 && ip.lo >> 32 == 0xFFFF;
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decimal without a leading zero (inet_aton would read that as octal); the bytes it took, 0 when it is none. */
static size_t decimal(const char *at, const char *end, unsigned most, unsigned *value) {
  size_t len = 0;
  for (*value = 0; at + len < end && at[len] >= '0' && at[len] <= '9'; len++) {
    *value = *value * 10 + (unsigned)(at[len] - '0');
    if (*value > most || (len == 1 && at[0] == '0')) return 0;
  }
  return len;
}

/* "1.2.3.4" at the front of text; the bytes it took, else 0. */
static size_t read_v4(ar_str text, uint32_t *out) {
  if (text.len == 0) return 0; /* NULL takes no arithmetic */
  const char *at = text.ptr, *end = text.ptr + text.len;
  uint32_t value = 0;
  for (int part = 0; part < 4; part++) {
    unsigned octet;
    if (part && (at == end || *at++ != '.')) return 0;
    size_t len = decimal(at, end, 255, &octet);
    if (!len) return 0;
    at += len;
    value = value << 8 | octet;
  }
  *out = value;
  return (size_t)(at - text.ptr);
}

/* One group of up to four hex digits at `at`; the bytes it took. */
static size_t read_group(ar_str text, size_t at, unsigned *value) {
  size_t len = 0;
  for (*value = 0; len < 5 && at + len < text.len; len++) {
    int digit = hex_value(text.ptr[at + len]);
    if (digit < 0) break;
    *value = *value << 4 | (unsigned)digit;
  }
  return len <= 4 ? len : 0;
}

/* Groups of an IPv6 address as they are read, and where "::" stood. */
typedef struct groups {
  unsigned short value[8];
  int count, gap; /* gap: groups before "::", or -1 */
} groups;

/* The dotted tail of "::ffff:1.2.3.4" at `at`. */
static bool read_tail(ar_str text, size_t at, groups *g) {
  uint32_t v4;
  if (g->count > 6 || read_v4((ar_str){ text.ptr + at, text.len - at }, &v4) != text.len - at) return false;
  g->value[g->count++] = (unsigned short)(v4 >> 16);
  g->value[g->count++] = (unsigned short)v4;
  return true;
}

static bool read_groups(ar_str text, groups *g) {
  size_t at = 0;
  if (text.len >= 2 && text.ptr[0] == ':' && text.ptr[1] == ':') {
    g->gap = 0;
    at = 2;
  }
  while (at < text.len) {
    unsigned value;
    size_t len = read_group(text, at, &value);
    if (!len) return false;
    if (at + len < text.len && text.ptr[at + len] == '.') return read_tail(text, at, g);
    if (g->count == 8) return false;
    g->value[g->count++] = (unsigned short)value;
    at += len;
    if (at == text.len) return true;
    if (text.ptr[at++] != ':' || at == text.len) return false;
    if (text.ptr[at] != ':') continue;
    if (g->gap >= 0) return false;
    g->gap = g->count;
    at++;
  }
  return true;
}

static bool read_v6(ar_str text, ar_ip *out) {
  groups g = { .gap = -1 };
  unsigned short all[8] = { 0 };
  if (!read_groups(text, &g) || (g.gap < 0 ? g.count != 8 : g.count > 7)) return false;
  int before = g.gap < 0 ? g.count : g.gap;
  for (int i = 0; i < before; i++) all[i] = g.value[i];
  for (int i = before; i < g.count; i++) all[8 - g.count + i] = g.value[i];
  *out = (ar_ip){ (uint64_t)all[0] << 48 | (uint64_t)all[1] << 32 | (uint64_t)all[2] << 16 | all[3],
                  (uint64_t)all[4] << 48 | (uint64_t)all[5] << 32 | (uint64_t)all[6] << 16 | all[7] };
  return true;
}

/* Nothing, or ":443". */
static bool is_port(const char *at, const char *end) {
  unsigned port;
  if (at == end) return true;
  return *at == ':' && at + 1 < end && decimal(at + 1, end, 65535, &port) == (size_t)(end - at - 1);
}

static const char *find_byte(ar_str text, char wanted) {
  return text.len ? memchr(text.ptr, wanted, text.len) : NULL;
}

/* "[v6]" or "[v6]:port": unwraps it. */
static bool unbracket(ar_str *text) {
  const char *close = find_byte(*text, ']');
  if (!close || !is_port(close + 1, text->ptr + text->len)) return false;
  *text = (ar_str){ text->ptr + 1, (size_t)(close - text->ptr) - 1 };
  return true;
}

bool ar_ip_read(ar_str text, ar_ip *out) {
  uint32_t v4;
  if (text.len && read_v4(text, &v4) == text.len) {
    *out = (ar_ip){ 0, V4_PREFIX | v4 };
    return true;
  }
  return read_v6(text, out);
}

bool ar_ip_parse(ar_str text, ar_ip *out) {
  ar_ip ip;
  uint32_t v4;
  text = ar_str_trim(text);
  bool bracketed = text.len && text.ptr[0] == '[';
  if (bracketed && !unbracket(&text)) return false;
  size_t v4_len = bracketed ? 0 : read_v4(text, &v4);
  const char *zone = find_byte(text, '%');
  if (v4_len) {
    if (!is_port(text.ptr + v4_len, text.ptr + text.len)) return false;
    ip = (ar_ip){ 0, V4_PREFIX | v4 };
  } else {
    if (zone && zone + 1 < text.ptr + text.len) text.len = (size_t)(zone - text.ptr);
    if (!read_v6(text, &ip)) return false;
  }
  if (ip.hi == 0 && (ip.lo == 0 || ip.lo == V4_PREFIX)) return false; /* :: and 0.0.0.0 say "unknown" */
  *out = ip;
  return true;
}

static unsigned group_of(ar_ip ip, int i) {
  return (unsigned)((i < 4 ? ip.hi >> (48 - 16 * i) : ip.lo >> (48 - 16 * (i - 4))) & 0xFFFF);
}

/* The longest run of two or more zero groups, the first of equals. */
static int longest_gap(ar_ip ip, int *start) {
  int best = 1, run = 0;
  *start = 8;
  for (int i = 0; i < 8; i++) {
    run = group_of(ip, i) ? 0 : run + 1;
    if (run > best) {
      best = run;
      *start = i - run + 1;
    }
  }
  return *start < 8 ? best : 0;
}

ar_str ar_ip_text(ar_ip ip, char out[48]) {
  int used = 0, start, gap = longest_gap(ip, &start);
  if (is_v4(ip)) {
    unsigned v4 = (unsigned)ip.lo;
    used = snprintf(out, 48, "%u.%u.%u.%u", v4 >> 24, v4 >> 16 & 255, v4 >> 8 & 255, v4 & 255);
    return (ar_str){ out, (size_t)used };
  }
  for (int i = 0; i < 8; i++) {
    if (i == start) {
      used += snprintf(out + used, 48 - (size_t)used, "::");
      i += gap - 1;
      continue;
    }
    const char *colon = i == 0 || i == start + gap ? "" : ":";
    used += snprintf(out + used, 48 - (size_t)used, "%s%x", colon, group_of(ip, i));
  }
  return (ar_str){ out, (size_t)used };
}

ar_ip ar_ip_network(ar_ip ip) {
  if (is_v4(ip)) return (ar_ip){ 0, ip.lo & ~(uint64_t)0xFF };
  return (ar_ip){ ip.hi & ~(uint64_t)0xFFFF, 0 };
}

/* ---- what no public address is: IANA's special-purpose registries, sorted ----------------------------------- */

#define V4(a, b, c, d)                                                                                                 \
  { 0, V4_PREFIX | (uint64_t)(a) << 24 | (uint64_t)(b) << 16 | (uint64_t)(c) << 8 | (d) }
#define V6(hi, lo)                                                                                                     \
  { 0x##hi, 0x##lo }

static const struct special {
  ar_ip first, last;
} specials[] = {
  { { 0, 0 }, { 0, V4_PREFIX - 1 } },             /* unspecified, loopback, IPv4-compatible */
  { V4(0, 0, 0, 0), V4(0, 255, 255, 255) },       /* this network */
  { V4(10, 0, 0, 0), V4(10, 255, 255, 255) },     /* private */
  { V4(100, 64, 0, 0), V4(100, 127, 255, 255) },  /* carrier NAT */
  { V4(127, 0, 0, 0), V4(127, 255, 255, 255) },   /* loopback */
  { V4(169, 254, 0, 0), V4(169, 254, 255, 255) }, /* link local, Azure's instance metadata in it */
  { V4(172, 16, 0, 0), V4(172, 31, 255, 255) },   /* private */
  { V4(192, 0, 0, 0), V4(192, 0, 0, 255) },       /* protocol assignments */
  { V4(192, 0, 2, 0), V4(192, 0, 2, 255) },       /* documentation */
  { V4(192, 88, 99, 0), V4(192, 88, 99, 255) },   /* 6to4 relays, withdrawn */
  { V4(192, 168, 0, 0), V4(192, 168, 255, 255) }, /* private */
  { V4(198, 18, 0, 0), V4(198, 19, 255, 255) },   /* benchmarks */
  { V4(198, 51, 100, 0), V4(198, 51, 100, 255) }, /* documentation */
  { V4(203, 0, 113, 0), V4(203, 0, 113, 255) },   /* documentation */
  { V4(224, 0, 0, 0), V4(255, 255, 255, 255) },   /* multicast, reserved */
  { { 0, V4_PREFIX + ((uint64_t)1 << 32) }, V6(0064FF9AFFFFFFFF, FFFFFFFFFFFFFFFF) }, /* not assigned */
  { V6(0064FF9B00000000, 0000000100000000), V6(1FFFFFFFFFFFFFFF, FFFFFFFFFFFFFFFF) }, /* behind NAT64's 64:ff9b::/96 */
  { V6(2001000200000000, 0), V6(200100020000FFFF, FFFFFFFFFFFFFFFF) },                /* benchmarks */
  { V6(2001001000000000, 0), V6(2001002FFFFFFFFF, FFFFFFFFFFFFFFFF) },                /* ORCHID, ORCHIDv2 */
  { V6(20010DB800000000, 0), V6(20010DB8FFFFFFFF, FFFFFFFFFFFFFFFF) },                /* documentation */
  { V6(3FFF000000000000, 0), V6(3FFF0FFFFFFFFFFF, FFFFFFFFFFFFFFFF) },                /* documentation */
  { V6(4000000000000000, 0),
    V6(FFFFFFFFFFFFFFFF, FFFFFFFFFFFFFFFF) }, /* not assigned; local and multicast at the end */
};
#define SPECIALS (sizeof specials / sizeof *specials)

bool ar_ip_special(size_t n, u128 *first, u128 *last) {
  if (n >= SPECIALS) return false;
  *first = ar_ip_number(specials[n].first);
  *last = ar_ip_number(specials[n].last);
  return true;
}

bool ar_ip_all_special(u128 first, u128 last) {
  u128 from, to;
  for (size_t i = 0; ar_ip_special(i, &from, &to) && from <= first; i++)
    if (last <= to) return true;
  return false;
}

bool ar_ip_public(ar_ip ip) {
  return !ar_ip_all_special(ar_ip_number(ip), ar_ip_number(ip));
}

/* ---- tags ----------------------------------------------------------------------------------------------------- */

const char *const ar_ip_tag_words[AR_IP_TAG_COUNT] = { "malicious", "tor", "proxy", "vpn", "hosting", "allow" };

bool ar_ip_tag_of(ar_str word, unsigned *tag) {
  for (unsigned i = 0; i < AR_IP_TAG_COUNT; i++) {
    if (!ar_str_eq_nocase(word, ar_str_of(ar_ip_tag_words[i]))) continue;
    *tag = 1u << i;
    return true;
  }
  return false;
}
