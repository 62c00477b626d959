/* build.c — from entries to merged ranges: sort so that a network comes before what it contains, then one sweep with a
 * stack of the networks around the cursor. */
#include "ipset/private.h"

#include <stdlib.h>
#include <string.h>

/* Sorts numbers by their bytes, lowest first; `spare` has room for as many. The sorted copy is where it is returned. */
static uint64_t *radix_sort(uint64_t *items, uint64_t *spare, size_t count) {
  for (unsigned shift = 0; shift < 64; shift += 8) {
    size_t at[256] = { 0 }, sum = 0;
    for (size_t i = 0; i < count; i++) at[items[i] >> shift & 255]++;
    if (count && at[items[0] >> shift & 255] == count) continue; /* all alike here */
    for (size_t b = 0; b < 256; b++) {
      size_t here = at[b];
      at[b] = sum;
      sum += here;
    }
    for (size_t i = 0; i < count; i++) spare[at[items[i] >> shift & 255]++] = items[i];
    uint64_t *swap = items;
    items = spare;
    spare = swap;
  }
  return items;
}

static int compare_entries(const void *left, const void *right) {
  const ip_entry *a = left, *b = right;
  if (a->first != b->first) return a->first < b->first ? -1 : 1;
  if (a->bits != b->bits) return a->bits < b->bits ? -1 : 1;
  return a->feed < b->feed ? -1 : a->feed > b->feed;
}

/* ---- the sweep ------------------------------------------------------------------------------------------------- */

/* A network around the cursor, with what all networks around and including it say. */
typedef struct layer {
  u128 first, last;
  uint32_t what;
} layer;

typedef struct sweep {
  layer stack[130]; /* one a length at most: equal networks become one */
  size_t depth;
  ip_table4 *v4; /* one of the two */
  ip_table6 *v6;
  bool ok;
} sweep;

static uint32_t pack_what(unsigned feed, unsigned bits, unsigned tags) {
  return (uint32_t)(feed << 16 | bits << 8 | tags);
}

static void mark_v4(sweep *s, uint32_t start, uint32_t what) {
  ip_table4 *t = s->v4;
  if (t->count && t->items[t->count - 1] >> 32 == start) t->count--;
  if ((t->count ? (uint32_t)t->items[t->count - 1] : 0) == what) return;
  uint64_t *grown = ar_grow(t->items, &t->room, t->count + 1, sizeof *grown);
  s->ok = grown && s->ok;
  if (!grown) return;
  t->items = grown;
  t->items[t->count++] = (uint64_t)start << 32 | what;
}

static void mark_v6(sweep *s, u128 start, uint32_t what) {
  ip_table6 *t = s->v6;
  if (t->count && t->start[t->count - 1] == start) t->count--;
  if ((t->count ? t->what[t->count - 1] : 0) == what) return;
  u128 *starts = ar_grow(t->start, &t->start_room, t->count + 1, sizeof *starts);
  if (starts) t->start = starts;
  uint32_t *whats = ar_grow(t->what, &t->what_room, t->count + 1, sizeof *whats);
  if (whats) t->what = whats;
  s->ok = starts && whats && s->ok;
  if (!starts || !whats) return;
  t->start[t->count] = start;
  t->what[t->count++] = what;
}

/* From `start` on, `what` holds; a later word on the same start replaces an earlier one. */
static void mark(sweep *s, u128 start, uint32_t what) {
  if (what & AR_IP_HOLE) what = 0;
  if (s->v4)
    mark_v4(s, (uint32_t)start, what);
  else
    mark_v6(s, start, what);
}

static uint32_t around(const sweep *s) {
  return s->depth ? s->stack[s->depth - 1].what : 0;
}

static void leave(sweep *s) {
  u128 last = s->stack[--s->depth].last;
  bool at_end = s->v4 ? (uint32_t)last == UINT32_MAX : last == ~(u128)0;
  if (!at_end) mark(s, last + 1, around(s));
}

/* Tags add up; the innermost network with a bad tag is the one reported, the first feed among equals. */
static uint32_t combine(uint32_t outer, const ip_entry *entry, unsigned bits) {
  uint32_t tags = (outer | entry->tags) & 0xFF;
  bool named = (outer & AR_IP_BAD) && (outer >> 8 & 0xFF) >= bits;
  if (!(entry->tags & AR_IP_BAD) || named) return (outer & ~(uint32_t)0xFF) | tags;
  return pack_what(entry->feed, bits, tags);
}

static void enter(sweep *s, const ip_entry *entry) {
  u128 size = entry->bits == 0 ? ~(u128)0 : entry->bits == 128 ? 0 : ((u128)1 << (128 - entry->bits)) - 1;
  while (s->depth && s->stack[s->depth - 1].last < entry->first) leave(s);
  layer *top = s->depth ? &s->stack[s->depth - 1] : NULL;
  uint32_t what = combine(around(s), entry, entry->bits - (s->v4 ? 96u : 0u));
  if (top && top->first == entry->first && top->last == entry->first + size)
    top->what = what;
  else
    s->stack[s->depth++] = (layer){ entry->first, entry->first + size, what };
  mark(s, entry->first, what);
}

static bool finish(sweep *s) {
  while (s->depth) leave(s);
  return s->ok;
}

/* ---- the parts -------------------------------------------------------------------------------------------------- */

/* Private space as entries of its own: whatever surrounds it, it stays out. */
static bool add_holes(ar_ipset *set) {
  ar_ipset_report report;
  ip_load load = { .set = set, .report = &report, .from = INT64_MIN, .until = INT64_MAX };
  u128 first, last;
  for (size_t i = 0; ar_ip_special(i, &first, &last) && !load.nomem; i++)
    ar_ipload_span(&load, first, last, AR_IP_HOLE);
  return !load.nomem;
}

static bool build_v4(ar_ipset *set) {
  sweep s = { .v4 = &set->table4, .ok = true };
  uint64_t *spare = ar_alloc((set->v4_count + 1) * sizeof *spare);
  if (!spare) return false;
  const uint64_t *sorted = radix_sort(set->v4, spare, set->v4_count);
  for (size_t i = 0; i < set->v4_count && s.ok; i++) {
    ip_entry entry = ar_ip_unpack(sorted[i]);
    enter(&s, &entry);
  }
  ar_free(spare);
  return finish(&s);
}

static bool build_v6(ar_ipset *set) {
  sweep s = { .v6 = &set->table6, .ok = true };
  if (set->v6_count) qsort(set->v6, set->v6_count, sizeof *set->v6, compare_entries);
  for (size_t i = 0; i < set->v6_count && s.ok; i++) enter(&s, &set->v6[i]);
  return finish(&s);
}

/* Where the ranges of each /16 begin, so that the binary search is over a handful. */
static bool build_index(ip_table4 *t) {
  size_t at = 0;
  t->index = ar_alloc(65537 * sizeof *t->index);
  if (!t->index) return false;
  for (uint32_t block = 0; block < 65536; block++) {
    while (at < t->count && t->items[at] >> 48 < block) at++;
    t->index[block] = (uint32_t)at;
  }
  t->index[65536] = (uint32_t)t->count;
  return true;
}

/* Samples of samples, until one search step spans the last. */
static bool build_levels(ip_table6 *t) {
  t->level[0] = t->start;
  t->level_count[0] = t->count;
  for (t->levels = 1; t->level_count[t->levels - 1] > AR_IP_FAN && t->levels < AR_IP_LEVELS; t->levels++) {
    const u128 *below = t->level[t->levels - 1];
    size_t count = (t->level_count[t->levels - 1] + AR_IP_FAN - 1) / AR_IP_FAN;
    u128 *level = ar_alloc(count * sizeof *level);
    if (!level) return false;
    for (size_t i = 0; i < count; i++) level[i] = below[i * AR_IP_FAN];
    t->level[t->levels] = level;
    t->level_count[t->levels] = count;
  }
  return true;
}

void ar_ip_drop_tables(ar_ipset *set) {
  ar_free(set->table4.items);
  ar_free(set->table4.index);
  for (size_t i = 1; i < set->table6.levels; i++) ar_free(set->table6.level[i]);
  ar_free(set->table6.start);
  ar_free(set->table6.what);
  memset(&set->table4, 0, sizeof set->table4);
  memset(&set->table6, 0, sizeof set->table6);
}

static int compare_bounded(const void *left, const void *right) {
  const ip_bounded *a = left, *b = right;
  if (a->net.bits != b->net.bits) return a->net.bits < b->net.bits ? -1 : 1;
  if (a->net.first != b->net.first) return a->net.first < b->net.first ? -1 : 1;
  if (a->net.tags != b->net.tags) return a->net.tags < b->net.tags ? -1 : 1;
  if (a->net.feed != b->net.feed) return a->net.feed < b->net.feed ? -1 : 1;
  return a->from < b->from ? -1 : a->from > b->from;
}

/* Equal statements with windows that touch become one. */
static void merge_bounded(ar_ipset *set) {
  size_t kept = 0;
  if (set->bounded_count) qsort(set->bounded, set->bounded_count, sizeof *set->bounded, compare_bounded);
  for (size_t i = 0; i < set->bounded_count; i++) {
    ip_bounded *b = &set->bounded[i], *last = kept ? &set->bounded[kept - 1] : NULL;
    bool same = last && last->net.first == b->net.first && last->net.bits == b->net.bits &&
                last->net.tags == b->net.tags && last->net.feed == b->net.feed;
    if (!same || b->from > last->until)
      set->bounded[kept++] = *b;
    else if (b->until > last->until)
      last->until = b->until;
  }
  set->bounded_count = kept;
  for (size_t i = 0; i < kept; i++) set->group_end[set->bounded[i].net.bits] = i + 1;
  for (unsigned bits = 0; bits <= 128; bits++) {
    if (set->group_end[bits])
      set->group[set->groups++] = (uint8_t)bits;
    else if (bits)
      set->group_end[bits] = set->group_end[bits - 1];
  }
}

static void drop_entries(ar_ipset *set) {
  ar_free(set->v4);
  ar_free(set->v6);
  set->v4 = NULL;
  set->v6 = NULL;
  set->v4_count = set->v4_room = set->v6_count = set->v6_room = 0;
}

static bool build_all(ar_ipset *set) {
  return add_holes(set) && build_v4(set) && build_v6(set) && build_index(&set->table4) && build_levels(&set->table6);
}

bool ar_ipset_build(ar_ipset *set, ar_err *err) {
  if (set->built) return true;
  if (!build_all(set)) { /* the holes stay among the entries: twice is the same as once */
    ar_ip_drop_tables(set);
    return ar_nomem(err, "building the IP sets");
  }
  merge_bounded(set);
  drop_entries(set);
  set->built = true;
  return true;
}
