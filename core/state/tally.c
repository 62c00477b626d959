/* tally.c — members and pace of the hits of one key: linear in the hits, in scratch memory made once. */
#include "state/private.h"

#include <string.h>

static size_t slots_for(size_t hits) {
  size_t slots = 4;
  while (slots < 2 * hits) slots *= 2;
  return slots;
}

bool ar_scratch_new(ar_scratch *scratch, uint32_t cap_hits, uint64_t seed) {
  scratch->slots = ar_alloc(slots_for(cap_hits) * sizeof *scratch->slots);
  scratch->firsts = ar_alloc(cap_hits * sizeof *scratch->firsts);
  scratch->counts = ar_alloc(cap_hits * sizeof *scratch->counts);
  scratch->gaps = ar_alloc(cap_hits * sizeof *scratch->gaps);
  scratch->dice = seed | 1;
  return scratch->slots && scratch->firsts && scratch->counts && scratch->gaps;
}

void ar_scratch_free(ar_scratch *scratch) {
  ar_free(scratch->slots);
  ar_free(scratch->firsts);
  ar_free(scratch->counts);
  ar_free(scratch->gaps);
}

/* Members are numbered in the order of their first hit, so that counts come out the same for every seed. */
static uint32_t count_members(ar_scratch *scratch, uint64_t seed, const ar_hit *hits, uint32_t total) {
  size_t mask = slots_for(total) - 1;
  uint32_t members = 0;
  memset(scratch->slots, 0, (mask + 1) * sizeof *scratch->slots);
  for (uint32_t i = 0; i < total; i++) {
    if (ar_id_none(hits[i].member)) continue;
    size_t at = ar_id_slot(hits[i].member, seed, mask);
    while (scratch->slots[at] && !ar_id_eq(hits[scratch->firsts[scratch->slots[at] - 1]].member, hits[i].member))
      at = (at + 1) & mask;
    if (scratch->slots[at]) {
      scratch->counts[scratch->slots[at] - 1]++;
      continue;
    }
    scratch->firsts[members] = i;
    scratch->counts[members] = 1;
    scratch->slots[at] = ++members;
  }
  return members;
}

void ar_tally_members(ar_scratch *scratch, uint64_t seed, ar_tally *tally) {
  tally->distinct = count_members(scratch, seed, tally->hits, tally->total);
  tally->counts = scratch->counts;
  for (uint32_t i = 0; i < tally->distinct; i++) {
    uint32_t n = scratch->counts[i];
    if (n > tally->most) tally->most = n;
    if (tally->least == 0 || n < tally->least) tally->least = n;
  }
}

static uint64_t roll(ar_scratch *scratch) {
  scratch->dice ^= scratch->dice << 13;
  scratch->dice ^= scratch->dice >> 7;
  return scratch->dice ^= scratch->dice << 17;
}

/* Moves what is below the pivot (or equal to it, if `equal`) to the front; returns where the rest begins. Without a
 * branch on the data: it would be mispredicted every other time. */
static uint32_t part(ar_span *gaps, uint32_t from, uint32_t to, ar_span pivot, bool equal) {
  uint32_t edge = from;
  for (uint32_t i = from; i < to; i++) {
    ar_span gap = gaps[i];
    gaps[i] = gaps[edge];
    gaps[edge] = gap;
    edge += (uint32_t)(gap < pivot) | ((uint32_t)(gap == pivot) & (uint32_t)equal);
  }
  return edge;
}

/* The k-th smallest (from 0), by quickselect in three parts; afterwards what lies before k is not larger. The pivot is
 * drawn, so that no log can choose the slow case; the result does not depend on it. */
static ar_span select_kth(ar_scratch *scratch, uint32_t count, uint32_t k) {
  ar_span *gaps = scratch->gaps;
  uint32_t from = 0, to = count;
  for (;;) {
    ar_span pivot = gaps[from + (uint32_t)(roll(scratch) % (to - from))];
    uint32_t low = part(gaps, from, to, pivot, false);
    if (k < low) {
      to = low;
      continue;
    }
    from = part(gaps, low, to, pivot, true);
    if (k < from) return pivot;
  }
}

static ar_span median(ar_scratch *scratch, uint32_t count) {
  ar_span upper = select_kth(scratch, count, count / 2), lower = 0;
  if (count % 2) return upper;
  for (uint32_t i = 0; i < count / 2; i++) {
    if (scratch->gaps[i] > lower) lower = scratch->gaps[i];
  }
  return lower + (upper - lower) / 2;
}

void ar_tally_gaps(ar_scratch *scratch, ar_tally *tally) {
  if (tally->total < 2) return;
  for (uint32_t i = 1; i < tally->total; i++) {
    ar_span gap = ar_between(tally->hits[i - 1].at, tally->hits[i].at);
    scratch->gaps[i - 1] = gap;
    if (gap > tally->longest_gap) tally->longest_gap = gap;
  }
  tally->median_gap = median(scratch, tally->total - 1);
}

uint32_t ar_tally_exactly(const ar_tally *tally, uint32_t n) {
  uint32_t members = 0;
  for (uint32_t i = 0; tally->counts && i < tally->distinct; i++) members += tally->counts[i] == n;
  return members;
}

uint32_t ar_tally_at_least(const ar_tally *tally, uint32_t n) {
  uint32_t members = 0;
  for (uint32_t i = 0; tally->counts && i < tally->distinct; i++) members += tally->counts[i] >= n;
  return members;
}
