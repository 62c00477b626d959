/* sorter.c — events in any order in, sorted out: keys in memory sorted by radix, spilled as runs beyond that. */
#include "order/private.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_EVENTS 1024
#define DIGITS 8
#define INSERTION 12
#define AHEAD (AR_LEAD + 4) /* sorted keys point all over the chunks: their events are asked for some steps ahead */

/* ---- sorting keys ---- */

static int compare_keys(const void *a, const void *b) {
  const ar_sorted_key *x = a, *y = b;
  if (x->time != y->time) return x->time < y->time ? -1 : 1;
  if (x->place != y->place) return x->place < y->place ? -1 : 1;
  return ar_event_compare(x->event, y->event);
}

static ar_sorted_key key_of(const ar_event *event) {
  return (ar_sorted_key){ .time = (uint64_t)event->time ^ (uint64_t)1 << 63,
                          .place = (uint64_t)event->source << 56 | event->order >> 8,
                          .event = event };
}

static bool keys_sorted(const ar_sorted_key *keys, size_t count) {
  for (size_t i = 1; i < count; i++)
    if (compare_keys(&keys[i], &keys[i - 1]) < 0) return false;
  return true;
}

static unsigned digit_of(uint64_t time, unsigned digit) {
  return (unsigned)(time >> (8 * digit)) & 255;
}

static void count_digits(const ar_sorted_key *keys, size_t count, size_t counts[DIGITS][256]) {
  memset(counts, 0, sizeof(size_t) * DIGITS * 256);
  for (size_t i = 0; i < count; i++)
    for (unsigned d = 0; d < DIGITS; d++) counts[d][digit_of(keys[i].time, d)]++;
}

static void scatter(const ar_sorted_key *from, ar_sorted_key *to, size_t count, unsigned digit, size_t *counts) {
  size_t start = 0;
  for (unsigned value = 0; value < 256; value++) {
    size_t here = counts[value];
    counts[value] = start;
    start += here;
  }
  for (size_t i = 0; i < count; i++) to[counts[digit_of(from[i].time, digit)]++] = from[i];
}

static void insertion_sort(ar_sorted_key *keys, size_t count) {
  for (size_t i = 1; i < count; i++) {
    ar_sorted_key key = keys[i];
    size_t at = i;
    for (; at > 0 && compare_keys(&key, &keys[at - 1]) < 0; at--) keys[at] = keys[at - 1];
    keys[at] = key;
  }
}

/* The radix passes know the time only. */
static void sort_ties(ar_sorted_key *keys, size_t count) {
  for (size_t i = 0, end; i < count; i = end) {
    for (end = i + 1; end < count && keys[end].time == keys[i].time; end++) continue;
    if (end - i <= INSERTION)
      insertion_sort(keys + i, end - i);
    else
      qsort(keys + i, end - i, sizeof *keys, compare_keys);
  }
}

ar_sorted_key *ar_sort_keys(ar_sorted_key *keys, ar_sorted_key *scratch, size_t count) {
  size_t counts[DIGITS][256];
  if (count == 0 || keys_sorted(keys, count)) return keys;
  count_digits(keys, count, counts);
  for (unsigned d = 0; d < DIGITS; d++) {
    if (counts[d][digit_of(keys[0].time, d)] == count) continue;
    scatter(keys, scratch, count, d, counts[d]);
    ar_sorted_key *swap = keys;
    keys = scratch;
    scratch = swap;
  }
  sort_ties(keys, count);
  return keys;
}

/* ---- collecting ---- */

void ar_sorter_init(ar_sorter *sorter, size_t memory_bytes) {
  size_t each = sizeof(ar_event) + 2 * sizeof(ar_sorted_key);
  *sorter = (ar_sorter){ .buffer_bytes = memory_bytes / 8, .limit = memory_bytes / 8 * 7 / each };
}

static void free_memory(ar_sorter *sorter) {
  for (size_t i = 0; i < sorter->chunk_count; i++) ar_free(sorter->chunks[i]);
  ar_free(sorter->chunks);
  ar_free(sorter->keys);
  sorter->chunks = NULL;
  sorter->keys = NULL;
  sorter->chunk_count = sorter->chunk_room = sorter->key_room = sorter->count = sorter->at = 0;
}

void ar_sorter_clear(ar_sorter *sorter) {
  free_memory(sorter);
  ar_runs_free(sorter->runs);
  sorter->runs = NULL;
}

static size_t chunk_events(const ar_sorter *sorter) {
  return sorter->limit < CHUNK_EVENTS ? sorter->limit : CHUNK_EVENTS;
}

static bool add_chunk(ar_sorter *sorter) {
  ar_event **chunks = ar_grow(sorter->chunks, &sorter->chunk_room, sorter->chunk_count + 1, sizeof *chunks);
  if (!chunks) return false;
  sorter->chunks = chunks;
  chunks[sorter->chunk_count] = ar_alloc(chunk_events(sorter) * sizeof(ar_event));
  if (!chunks[sorter->chunk_count]) return false;
  sorter->chunk_count++;
  return true;
}

/* Sorts what is in memory: keys[0 … count) are in order. */
static bool sort_memory(ar_sorter *sorter, ar_err *err) {
  size_t count = sorter->count, per_chunk = chunk_events(sorter);
  if (count == 0) return true;
  if (count > sorter->key_room) {
    ar_sorted_key *keys = ar_resize(sorter->keys, 2 * count * sizeof *keys);
    if (!keys) return ar_nomem(err, "sorting events");
    sorter->keys = keys;
    sorter->key_room = count;
  }
  ar_sorted_key *keys = sorter->keys;
  for (size_t i = 0; i < count; i++) keys[i] = key_of(&sorter->chunks[i / per_chunk][i % per_chunk]);
  ar_sorted_key *sorted = ar_sort_keys(keys, keys + count, count);
  if (sorted != keys) memcpy(keys, sorted, count * sizeof *keys);
  return true;
}

/* ---- spilling ---- */

static bool write_memory(ar_sorter *sorter, ar_err *err) {
  if (!ar_runs_begin(sorter->runs, err)) return false;
  for (size_t i = 0; i < sorter->count; i++) {
    if (i + AHEAD < sorter->count) warm(sorter->keys[i + AHEAD].event);
    if (!ar_runs_append(sorter->runs, sorter->keys[i].event, err)) return false;
  }
  return ar_runs_end(sorter->runs, err);
}

static bool copy_merged(ar_runs *from, ar_runs *to, ar_err *err) {
  if (!ar_runs_merge(from, err) || !ar_runs_begin(to, err)) return false;
  for (const ar_event *event; (event = ar_runs_head(from));)
    if (!ar_runs_append(to, event, err) || !ar_runs_next(from, err)) return false;
  return ar_runs_end(to, err);
}

/* So many runs that their read buffers would not fit: they become one, in a new file. */
static bool merge_runs(ar_sorter *sorter, ar_err *err) {
  ar_runs *merged = ar_runs_new(sorter->buffer_bytes, err);
  if (!merged) return false;
  if (!copy_merged(sorter->runs, merged, err)) {
    ar_runs_free(merged);
    return false;
  }
  sorter->merged_bytes += ar_runs_written(sorter->runs);
  ar_runs_free(sorter->runs);
  sorter->runs = merged;
  return true;
}

static bool spill(ar_sorter *sorter, ar_err *err) {
  if (!sorter->runs && !(sorter->runs = ar_runs_new(sorter->buffer_bytes, err))) return false;
  if (ar_runs_full(sorter->runs) && !merge_runs(sorter, err)) return false;
  if (!sort_memory(sorter, err)) return false;
  if (!write_memory(sorter, err)) {
    ar_runs_undo(sorter->runs);
    return false;
  }
  sorter->count = 0;
  return true;
}

bool ar_sorter_add(ar_sorter *sorter, const ar_event *event, ar_err *err) {
  if (sorter->count == sorter->limit && !spill(sorter, err)) return false;
  size_t per_chunk = chunk_events(sorter), chunk = sorter->count / per_chunk;
  if (chunk == sorter->chunk_count && !add_chunk(sorter)) return ar_nomem(err, "collecting events");
  sorter->chunks[chunk][sorter->count++ % per_chunk] = *event;
  return true;
}

bool ar_sorter_finish(ar_sorter *sorter, ar_err *err) {
  if (!sorter->runs) return sort_memory(sorter, err);
  if (sorter->count && !spill(sorter, err)) return false;
  free_memory(sorter);
  return ar_runs_merge(sorter->runs, err);
}

/* ---- reading back ---- */

const ar_event *ar_sorter_head(const ar_sorter *sorter) {
  if (sorter->runs) return ar_runs_head(sorter->runs);
  return sorter->at < sorter->count ? sorter->keys[sorter->at].event : NULL;
}

bool ar_sorter_next(ar_sorter *sorter, ar_err *err) {
  if (sorter->runs) return ar_runs_next(sorter->runs, err);
  sorter->at++;
  if (sorter->at + AHEAD < sorter->count) warm(sorter->keys[sorter->at + AHEAD].event);
  return true;
}

const ar_event *ar_sorter_soon(const ar_sorter *sorter) {
  return !sorter->runs && sorter->at + AR_LEAD < sorter->count ? sorter->keys[sorter->at + AR_LEAD].event : NULL;
}

uint64_t ar_sorter_written(const ar_sorter *sorter) {
  return sorter->merged_bytes + (sorter->runs ? ar_runs_written(sorter->runs) : 0);
}
