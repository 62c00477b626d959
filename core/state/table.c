/* table.c — the bounded hash table: open addressing over nodes that never move, and their lists by age. */
#include "state/private.h"

#include <string.h>

#define CHUNK_NODES 64u
#define FIRST_SLOTS 64u
#define LINE 64u
#define REF_BITS 25 /* AR_STATE_KEYS_MAX fits in */
#define REF_MASK ((1u << REF_BITS) - 1)

void ar_table_init(ar_table *table, size_t node_bytes, uint32_t cap, uint64_t seed) {
  memset(table, 0, sizeof *table);
  table->node_bytes = node_bytes;
  table->cap = cap;
  table->seed = seed;
}

void ar_table_free(ar_table *table) {
  for (size_t i = 0; i < table->chunk_count; i++) ar_free(table->chunks[i]);
  ar_free(table->chunks);
  ar_free(table->slots);
  ar_table_init(table, table->node_bytes, table->cap, table->seed);
}

void ar_table_clear(ar_table *table) {
  if (table->slots) memset(table->slots, 0, table->slot_count * sizeof *table->slots);
  memset(table->newest, 0, sizeof table->newest);
  memset(table->oldest, 0, sizeof table->oldest);
  memset(table->listed, 0, sizeof table->listed);
  table->unused = 0;
  table->made = table->count = 0;
  table->probes = 0;
  table->longest = 0;
}

size_t ar_table_bytes(const ar_table *table) {
  return table->slot_count * sizeof *table->slots + table->chunk_room * sizeof *table->chunks +
         table->chunk_count * (CHUNK_NODES * table->node_bytes + LINE + AR_ALLOC_HEAD);
}

/* Chunks begin with a cache line. */
static unsigned char *align(unsigned char *chunk) {
  return chunk + (-(uintptr_t)chunk & (LINE - 1));
}

void *ar_table_node(const ar_table *table, ar_ref ref) {
  if (ref == 0) return NULL;
  return align(table->chunks[(ref - 1) / CHUNK_NODES]) + (size_t)((ref - 1) % CHUNK_NODES) * table->node_bytes;
}

static const ar_node *node_at(const ar_table *table, ar_ref ref) {
  return ar_table_node(table, ref);
}

/* One hash gives the slot (low bits) and the tag (high bits). */
static uint64_t hash_of(const ar_table *table, ar_id key) {
  return ar_id_slot(key, table->seed, SIZE_MAX);
}

static uint32_t tag_of(uint64_t hash) {
  return (uint32_t)(hash >> 32) & ~REF_MASK;
}

static ar_ref ref_of(ar_table_slot slot) {
  return slot & REF_MASK;
}

static bool same_tag(ar_table_slot slot, uint32_t tag) {
  return ((slot ^ tag) & ~REF_MASK) == 0;
}

/* The slot that holds key, or the empty one where it belongs. */
static size_t seek(const ar_table *table, ar_id key, uint64_t hash, uint64_t *probes) {
  size_t mask = table->slot_count - 1, at = (size_t)hash & mask;
  uint32_t tag = tag_of(hash);
  for (;; at = (at + 1) & mask) {
    ar_table_slot slot = table->slots[at];
    ++*probes;
    if (slot == 0) return at;
    if (same_tag(slot, tag) && ar_id_eq(node_at(table, ref_of(slot))->key, key)) return at;
  }
}

const void *ar_table_peek(const ar_table *table, ar_id key) {
  uint64_t probes = 0;
  if (table->count == 0) return NULL;
  return ar_table_node(table, ref_of(table->slots[seek(table, key, hash_of(table, key), &probes)]));
}

/* The same, counted. */
static size_t seek_counted(ar_table *table, ar_id key, uint64_t hash) {
  uint64_t probes = 0;
  size_t at = seek(table, key, hash, &probes);
  table->probes += probes;
  if (probes > table->longest) table->longest = (uint32_t)probes;
  return at;
}

void *ar_table_find(ar_table *table, ar_id key) {
  if (table->count == 0) return NULL;
  return ar_table_node(table, ref_of(table->slots[seek_counted(table, key, hash_of(table, key))]));
}

static const ar_node *warm_node(const ar_table *table, ar_ref ref) {
  const char *node = ar_table_node(table, ref);
  for (size_t at = 0; node && at < table->node_bytes; at += LINE) __builtin_prefetch(node + at);
  return (const ar_node *)(const void *)node;
}

/* The first slot with the key's tag will do: that it is a stranger's is rare, and costs no more than the time. */
static ar_ref likely(const ar_table *table, uint64_t hash) {
  size_t mask = table->slot_count - 1, at = (size_t)hash & mask;
  uint32_t tag = tag_of(hash);
  while (table->slots[at] && !same_tag(table->slots[at], tag)) at = (at + 1) & mask;
  return ref_of(table->slots[at]);
}

const void *ar_table_warm(const ar_table *table, ar_id key, ar_warmth how) {
  if (table->count == 0) return NULL;
  uint64_t hash = hash_of(table, key);
  if (how == AR_WARM_SLOT) {
    __builtin_prefetch(&table->slots[(size_t)hash & (table->slot_count - 1)]);
    return NULL;
  }
  ar_ref ref = likely(table, hash);
  if (how == AR_WARM_NODE) return warm_node(table, ref);
  const ar_node *node = ar_table_node(table, ref);
  if (node && node->newer) __builtin_prefetch(ar_table_node(table, node->newer), 1);
  if (node && node->older) __builtin_prefetch(ar_table_node(table, node->older), 1);
  return node;
}

static bool rehash(ar_table *table, size_t slot_count) {
  ar_table_slot *old = table->slots;
  size_t old_count = table->slot_count;
  uint64_t probes = 0;
  ar_table_slot *slots = ar_alloc(slot_count * sizeof *slots);
  if (!slots) return false;
  table->slots = slots;
  table->slot_count = slot_count;
  for (size_t i = 0; i < old_count; i++) {
    if (old[i] == 0) continue;
    ar_id key = node_at(table, ref_of(old[i]))->key;
    slots[seek(table, key, hash_of(table, key), &probes)] = old[i];
  }
  ar_free(old);
  return true;
}

static bool add_chunk(ar_table *table) {
  unsigned char **chunks = ar_grow(table->chunks, &table->chunk_room, table->chunk_count + 1, sizeof *chunks);
  if (!chunks) return false;
  table->chunks = chunks;
  unsigned char *chunk = ar_alloc(CHUNK_NODES * table->node_bytes + LINE);
  if (!chunk) return false;
  chunks[table->chunk_count++] = chunk;
  return true;
}

bool ar_table_reserve(ar_table *table) {
  if (table->slot_count == 0 && !rehash(table, FIRST_SLOTS)) return false;
  if (table->count + 1 > table->slot_count / 4 * 3 && !rehash(table, table->slot_count * 2)) return false;
  if (table->unused || table->count >= table->cap) return true;
  return table->made < table->chunk_count * CHUNK_NODES || add_chunk(table);
}

static void link_newest(ar_table *table, ar_node *node, unsigned list) {
  ar_node *next = ar_table_node(table, table->newest[list]);
  node->list = list & (AR_LISTS - 1);
  node->newer = 0;
  node->older = table->newest[list];
  if (next)
    next->newer = node->self;
  else
    table->oldest[list] = node->self;
  table->newest[list] = node->self;
  table->listed[list]++;
}

static void unlink_node(ar_table *table, ar_node *node) {
  ar_node *newer = ar_table_node(table, node->newer), *older = ar_table_node(table, node->older);
  if (newer)
    newer->older = node->older;
  else
    table->newest[node->list] = node->older;
  if (older)
    older->newer = node->newer;
  else
    table->oldest[node->list] = node->newer;
  table->listed[node->list]--;
}

static ar_node *take_node(ar_table *table) {
  ar_node *node = ar_table_node(table, table->unused);
  ar_ref ref = table->unused;
  if (node)
    table->unused = node->newer;
  else
    node = ar_table_node(table, ref = ++table->made);
  memset(node, 0, table->node_bytes);
  node->self = ref & REF_MASK;
  return node;
}

void *ar_table_insert(ar_table *table, ar_id key, unsigned list, ar_instant at) {
  ar_node *node = take_node(table);
  uint64_t hash = hash_of(table, key);
  table->slots[seek_counted(table, key, hash)] = node->self | tag_of(hash);
  node->key = key;
  node->touched = at;
  link_newest(table, node, list);
  table->count++;
  return node;
}

/* Closes the gap, so that no search ends early and no tombstones pile up. */
static void remove_slot(ar_table *table, size_t gap) {
  size_t mask = table->slot_count - 1;
  for (size_t at = (gap + 1) & mask; table->slots[at]; at = (at + 1) & mask) {
    size_t home = (size_t)hash_of(table, node_at(table, ref_of(table->slots[at]))->key) & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    table->slots[gap] = table->slots[at];
    gap = at;
  }
  table->slots[gap] = 0;
}

void ar_table_remove(ar_table *table, ar_node *node) {
  remove_slot(table, seek_counted(table, node->key, hash_of(table, node->key)));
  unlink_node(table, node);
  node->newer = table->unused;
  table->unused = node->self;
  table->count--;
}

void ar_table_move(ar_table *table, ar_node *node, unsigned list) {
  if (table->newest[list] == node->self) return;
  unlink_node(table, node);
  link_newest(table, node, list);
}
