/* pool.c — items of one size out of chunks: no allocation once enough of them exist. */
#include "order/private.h"

typedef struct chunk {
  struct chunk *next;
  uint64_t unused; /* keeps items aligned to 16 */
} chunk;

void ar_pool_init(ar_pool *pool, size_t item_bytes, size_t chunk_items) {
  *pool = (ar_pool){ .item_bytes = (item_bytes + 15) & ~(size_t)15, .chunk_items = chunk_items };
}

static bool add_chunk(ar_pool *pool) {
  chunk *made = ar_alloc(sizeof *made + pool->item_bytes * pool->chunk_items);
  if (!made) return false;
  made->next = pool->chunks;
  pool->chunks = made;
  pool->fresh = (unsigned char *)(made + 1);
  pool->fresh_count = pool->chunk_items;
  return true;
}

void *ar_pool_fresh(ar_pool *pool) {
  if (!pool->fresh_count && !add_chunk(pool)) return NULL;
  void *item = pool->fresh;
  pool->fresh += pool->item_bytes;
  pool->fresh_count--;
  return item;
}

void ar_pool_clear(ar_pool *pool) {
  for (chunk *c = pool->chunks, *next; c; c = next) {
    next = c->next;
    ar_free(c);
  }
  ar_pool_init(pool, pool->item_bytes, pool->chunk_items);
}
