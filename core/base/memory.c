/* memory.c — the only calls of malloc, and the arena. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#ifdef ARMRUN_TESTING
#include <stdatomic.h>

/* Test builds only: which allocation fails, how many were made, how many live. */
static atomic_size_t fault_at, fault_count, live_blocks;

size_t ar_alloc_fail_at(size_t n) {
  size_t made = atomic_exchange(&fault_count, 0);
  atomic_store(&fault_at, n);
  return made;
}

size_t ar_alloc_live(void) {
  return atomic_load(&live_blocks);
}

static bool faulty(void) {
  size_t now = atomic_fetch_add(&fault_count, 1) + 1;
  return now == atomic_load(&fault_at);
}

static void *counted(void *made, bool fresh) {
  if (made && fresh) atomic_fetch_add(&live_blocks, 1);
  return made;
}

static void uncount(const void *gone) {
  if (gone) atomic_fetch_sub(&live_blocks, 1);
}
#else
static bool faulty(void) {
  return false;
}

static void *counted(void *made, bool fresh) {
  (void)fresh;
  return made;
}

static void uncount(const void *gone) {
  (void)gone;
}
#endif

void *ar_alloc(size_t bytes) {
  return faulty() ? NULL : counted(calloc(1, bytes ? bytes : 1), true);
}

void *ar_resize(void *ptr, size_t bytes) {
  return faulty() ? NULL : counted(realloc(ptr, bytes ? bytes : 1), ptr == NULL);
}

void *ar_grow(void *ptr, size_t *room, size_t need, size_t item_bytes) {
  size_t wanted = *room ? *room : 8;
  if (need <= *room) return ptr;
  while (wanted < need) {
    if (wanted > SIZE_MAX / 2 / item_bytes) return NULL;
    wanted *= 2;
  }
  void *grown = ar_resize(ptr, wanted * item_bytes);
  if (grown) *room = wanted;
  return grown;
}

void ar_free(void *ptr) {
  uncount(ptr);
  free(ptr);
}

char *ar_copy(ar_str s) {
  char *copy = ar_alloc(s.len + 1);
  if (copy && s.len) memcpy(copy, s.ptr, s.len);
  return copy;
}

/* ---- arena ---------------------------------------------------------------------------------- */

typedef struct block {
  struct block *next;
  size_t room, used;
  _Alignas(16) unsigned char bytes[];
} block;

struct ar_arena {
  block *first, *current;
  size_t block_bytes, held;
};

ar_arena *ar_arena_new(size_t block_bytes) {
  ar_arena *arena = ar_alloc(sizeof *arena);
  if (arena) arena->block_bytes = block_bytes;
  return arena;
}

void ar_arena_free(ar_arena *arena) {
  if (!arena) return;
  for (block *b = arena->first, *next; b; b = next) {
    next = b->next;
    ar_free(b);
  }
  ar_free(arena);
}

void ar_arena_reset(ar_arena *arena) {
  for (block *b = arena->first; b; b = b->next) b->used = 0;
  arena->current = arena->first;
}

/* Large rooms are powers of two, so that requests that creep upwards do not leave a block each behind. */
static size_t room_for(const ar_arena *arena, size_t bytes) {
  size_t room = arena->block_bytes > 16 ? arena->block_bytes : 16;
  while (room < bytes && room <= SIZE_MAX / 4) room *= 2;
  return room < bytes ? bytes : room;
}

static block *add_block(ar_arena *arena, size_t bytes) {
  size_t room = room_for(arena, bytes);
  block *b = ar_alloc(sizeof *b + room);
  if (!b) return NULL;
  b->room = room;
  if (arena->current) {
    b->next = arena->current->next;
    arena->current->next = b;
  } else {
    b->next = arena->first;
    arena->first = b;
  }
  arena->held += room;
  return b;
}

/* The first block from the current one on that has `bytes` left; those that are passed over wait for the reset. */
static block *block_with(ar_arena *arena, size_t bytes) {
  block *b = arena->current;
  while (b && b->room - b->used < bytes) b = b->next;
  return b ? b : add_block(arena, bytes);
}

void *ar_arena_alloc(ar_arena *arena, size_t bytes) {
  if (bytes >= SIZE_MAX / 2) return NULL;
  bytes = (bytes + 15) & ~(size_t)15;
  block *b = block_with(arena, bytes);
  if (!b) return NULL;
  arena->current = b;
  void *at = b->bytes + b->used;
  b->used += bytes;
  return at;
}

ar_str ar_arena_copy(ar_arena *arena, ar_str s) {
  char *copy = ar_arena_alloc(arena, s.len + 1);
  if (!copy) return (ar_str){ NULL, 0 };
  if (s.len) memcpy(copy, s.ptr, s.len);
  copy[s.len] = '\0';
  return (ar_str){ copy, s.len };
}

ar_str ar_arena_lower(ar_arena *arena, ar_str s) {
  ar_str copy = ar_arena_copy(arena, s);
  if (copy.ptr) ar_str_lower(s, (char *)(uintptr_t)copy.ptr);
  return copy;
}

size_t ar_arena_bytes(const ar_arena *arena) {
  return arena->held;
}
