/* blocks.c — short arrays of one owner each, in blocks of few sizes, packed without holes: when a block is given back,
 * the last of its size moves into its place, and its owner is told. So growing owners leave nothing behind. */
#include "state/blocks.h"

#include <string.h>

#define CHUNK_BYTES 8192u
#define UNIT 32u /* what block numbers count in */
#define UNITS (CHUNK_BYTES / UNIT)
#define LINE 64u

static const uint16_t units[AR_BLOCK_SIZES] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,  13,
                                                14, 16, 18, 20, 24, 28, 32, 40, 48, 64, 80, 128, 256 };

/* Before the items of a block: whose it is. */
typedef struct head {
  ar_ref owner, spare;
} head;

unsigned ar_block_room(unsigned size) {
  return units[size] * (UNIT / 8) - 1u;
}

size_t ar_block_bytes(unsigned size) {
  return (size_t)units[size] * UNIT;
}

unsigned ar_block_size(unsigned items) {
  unsigned size = 0;
  while (size < AR_BLOCK_SIZES - 1 && ar_block_room(size) < items) size++;
  return size;
}

void ar_blocks_init(ar_blocks *blocks, ar_table *owners, size_t offset) {
  memset(blocks, 0, sizeof *blocks);
  blocks->owners = owners;
  blocks->offset = offset;
}

void ar_blocks_free(ar_blocks *blocks) {
  for (size_t i = 0; i < blocks->chunk_count; i++) ar_free(blocks->chunks[i]);
  ar_free(blocks->chunks);
  ar_free(blocks->before);
  ar_blocks_init(blocks, blocks->owners, blocks->offset);
}

void ar_blocks_clear(ar_blocks *blocks) {
  memset(blocks->sizes, 0, sizeof blocks->sizes);
  blocks->unused = 0;
  for (uint32_t i = 0; i < blocks->chunk_count; i++) {
    blocks->before[i] = blocks->unused;
    blocks->unused = i + 1;
  }
}

size_t ar_blocks_bytes(const ar_blocks *blocks) {
  return blocks->chunk_count * (CHUNK_BYTES + LINE + AR_ALLOC_HEAD) + blocks->chunk_room * sizeof *blocks->chunks +
         blocks->before_room * sizeof *blocks->before;
}

/* Chunks begin with a cache line. */
static head *head_at(const ar_blocks *blocks, ar_ref block) {
  unsigned char *chunk = blocks->chunks[(block - 1) / UNITS];
  return (head *)(void *)(chunk + (-(uintptr_t)chunk & (LINE - 1)) + (block - 1) % UNITS * UNIT);
}

uint64_t *ar_block_items(const ar_blocks *blocks, ar_ref block) {
  return (uint64_t *)(void *)(head_at(blocks, block) + 1);
}

static bool add_chunk(ar_blocks *blocks) {
  size_t need = blocks->chunk_count + 1;
  unsigned char **chunks = ar_grow(blocks->chunks, &blocks->chunk_room, need, sizeof *chunks);
  if (chunks) blocks->chunks = chunks;
  uint32_t *before = ar_grow(blocks->before, &blocks->before_room, need, sizeof *before);
  if (before) blocks->before = before;
  unsigned char *chunk = chunks && before ? ar_alloc(CHUNK_BYTES + LINE) : NULL;
  if (!chunk) return false;
  chunks[blocks->chunk_count++] = chunk;
  before[need - 1] = blocks->unused;
  blocks->unused = (uint32_t)need;
  return true;
}

static bool full(const ar_blocks *blocks, unsigned size) {
  return blocks->sizes[size].last == 0 || blocks->sizes[size].used == UNITS / units[size];
}

bool ar_blocks_reserve(ar_blocks *blocks, unsigned size) {
  return !full(blocks, size) || blocks->unused || add_chunk(blocks);
}

static ar_ref number(const ar_blocks *blocks, unsigned size, uint32_t index) {
  return (blocks->sizes[size].last - 1) * UNITS + index * units[size] + 1;
}

ar_ref ar_blocks_take(ar_blocks *blocks, unsigned size, ar_ref owner) {
  uint32_t chunk = blocks->unused;
  if (full(blocks, size)) {
    blocks->unused = blocks->before[chunk - 1];
    blocks->before[chunk - 1] = blocks->sizes[size].last;
    blocks->sizes[size].last = chunk;
    blocks->sizes[size].used = 0;
  }
  ar_ref block = number(blocks, size, blocks->sizes[size].used++);
  head_at(blocks, block)->owner = owner;
  return block;
}

static void move_into(ar_blocks *blocks, unsigned size, ar_ref hole, ar_ref block) {
  const head *moved = memcpy(head_at(blocks, hole), head_at(blocks, block), units[size] * UNIT);
  char *owner = ar_table_node(blocks->owners, moved->owner);
  memcpy(owner + blocks->offset, &hole, sizeof hole);
}

void ar_blocks_give(ar_blocks *blocks, unsigned size, ar_ref block) {
  uint32_t chunk = blocks->sizes[size].last;
  ar_ref last = number(blocks, size, --blocks->sizes[size].used);
  if (last != block) move_into(blocks, size, block, last);
  if (blocks->sizes[size].used > 0) return;
  blocks->sizes[size].last = blocks->before[chunk - 1];
  blocks->sizes[size].used = UNITS / units[size];
  blocks->before[chunk - 1] = blocks->unused;
  blocks->unused = chunk;
}

ar_ref ar_blocks_move(ar_blocks *blocks, unsigned size, ar_ref block, size_t count, unsigned to, ar_ref owner) {
  if (!ar_blocks_reserve(blocks, to)) return 0;
  ar_ref moved = ar_blocks_take(blocks, to, owner);
  if (!block) return moved;
  memcpy(ar_block_items(blocks, moved), ar_block_items(blocks, block), count * sizeof(uint64_t));
  ar_blocks_give(blocks, size, block);
  return moved;
}
