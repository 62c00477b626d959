/* blocks.h — blocks of 64-bit items that owners grow and shrink in, packed without holes.
 *
 * An owner is a node of an ar_table that keeps the number of its block (an ar_ref, `offset` bytes into the node) and
 * its size. Giving a block back may move another one of its size, so pointers to items are good only until the next
 * ar_blocks_give on the same ar_blocks; numbers are kept right.
 */
#ifndef ARMRUN_STATE_BLOCKS_H
#define ARMRUN_STATE_BLOCKS_H

#include "state/private.h"

#define AR_BLOCK_SIZES 26
#define AR_BLOCK_MOST 1023 /* items of the largest */

typedef struct ar_blocks {
  unsigned char **chunks;
  uint32_t *before; /* of a chunk (from 1): the one before it in its size, or among the unused; 0: none */
  size_t chunk_count, chunk_room, before_room;
  uint32_t unused;
  struct {
    uint32_t last, used; /* the chunk that is not full, and how many blocks are taken in it */
  } sizes[AR_BLOCK_SIZES];
  ar_table *owners;
  size_t offset;
} ar_blocks;

void ar_blocks_init(ar_blocks *blocks, ar_table *owners, size_t offset); /* allocates nothing yet */
void ar_blocks_free(ar_blocks *blocks);
void ar_blocks_clear(ar_blocks *blocks); /* keeps its memory */
size_t ar_blocks_bytes(const ar_blocks *blocks);
unsigned ar_block_room(unsigned size); /* items */
size_t ar_block_bytes(unsigned size);
unsigned ar_block_size(unsigned items);                   /* the smallest with room for as many; the largest for more */
bool ar_blocks_reserve(ar_blocks *blocks, unsigned size); /* room for one more; false when memory is out */
ar_ref ar_blocks_take(ar_blocks *blocks, unsigned size, ar_ref owner); /* only after ar_blocks_reserve */
void ar_blocks_give(ar_blocks *blocks, unsigned size, ar_ref block);
/* Another block for the same owner, of size `to`, with the first `count` items of the old one (0: there is none), which
 * is given back. 0 when memory is out: then nothing has changed. */
ar_ref ar_blocks_move(ar_blocks *blocks, unsigned size, ar_ref block, size_t count, unsigned to, ar_ref owner);
uint64_t *ar_block_items(const ar_blocks *blocks, ar_ref block);

#endif
