/* table.c — the acts that an event may still join, by fold key. */
#include "order/private.h"

#define FIRST_BUCKETS 1024

bool ar_fold_init(ar_fold *fold) {
  ar_pool_init(&fold->entries, sizeof(ar_entry), 256);
  ar_pool_init(&fold->acts, sizeof(ar_act), 64);
  fold->buckets = ar_alloc(FIRST_BUCKETS * sizeof(ar_entry *));
  fold->mask = FIRST_BUCKETS - 1;
  return fold->buckets != NULL;
}

void ar_fold_clear(ar_fold *fold) {
  ar_pool_clear(&fold->entries);
  ar_pool_clear(&fold->acts);
  ar_free(fold->buckets);
  fold->buckets = NULL;
}

size_t ar_fold_hash(const ar_order *order, const ar_event *event) {
  return ar_id_slot(event->act, order->options.seed, SIZE_MAX);
}

ar_entry *ar_fold_find(const ar_fold *fold, const ar_event *event, size_t hash) {
  ar_entry *entry = fold->buckets[hash & fold->mask];
  while (entry && !(ar_id_eq(entry->key, event->act) && entry->source == event->source)) entry = entry->chain;
  return entry;
}

static void chain_in(ar_fold *fold, ar_entry *entry) {
  ar_entry **bucket = &fold->buckets[entry->hash & fold->mask];
  entry->chain = *bucket;
  *bucket = entry;
}

/* Chains get longer when there is no memory for more buckets: slower, not wrong. */
static void grow(ar_fold *fold) {
  size_t old_count = fold->mask + 1;
  ar_entry **old = fold->buckets, **made = ar_alloc(2 * old_count * sizeof *made);
  if (!made) return;
  fold->buckets = made;
  fold->mask = 2 * old_count - 1;
  for (size_t i = 0; i < old_count; i++) {
    for (ar_entry *entry = old[i], *chain; entry; entry = chain) {
      chain = entry->chain;
      chain_in(fold, entry);
    }
  }
  ar_free(old);
}

void ar_fold_table(ar_fold *fold, ar_entry *entry) {
  if (++fold->tabled > fold->mask) grow(fold);
  chain_in(fold, entry);
  entry->tabled = true;
}

void ar_fold_untable(ar_fold *fold, ar_entry *entry) {
  if (!entry->tabled) return;
  ar_entry **at = &fold->buckets[entry->hash & fold->mask];
  while (*at != entry) at = &(*at)->chain;
  *at = entry->chain;
  entry->tabled = false;
  fold->tabled--;
}
