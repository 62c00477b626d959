/* names.c — interned names. Readers take no lock: the table of a full generation is replaced as a whole, never
 * changed in place, and old generations are kept until the end (they sum to less than the newest). */
#include "base/base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

typedef struct table {
  struct table *older;
  size_t mask;
  _Atomic uint32_t slots[]; /* 0 = empty */
} table;

struct ar_names {
  uint64_t seed;
  uint32_t cap;
  _Atomic uint32_t count;
  _Atomic uint64_t refused;
  _Atomic(table *) table;
  ar_str *texts; /* cap + 1 of them, so that it never moves */
  ar_arena *arena;
  pthread_mutex_t lock;
};

static table *table_new(size_t slots) {
  table *t = ar_alloc(sizeof *t + slots * sizeof(_Atomic uint32_t));
  if (t) t->mask = slots - 1;
  return t;
}

ar_names *ar_names_new(uint32_t cap, uint64_t seed) {
  ar_names *names = ar_alloc(sizeof *names);
  if (!names) return NULL;
  names->seed = seed;
  names->cap = cap;
  pthread_mutex_init(&names->lock, NULL);
  names->texts = ar_alloc(((size_t)cap + 1) * sizeof *names->texts);
  names->arena = ar_arena_new(16384);
  atomic_store(&names->table, table_new(256));
  if (names->texts && names->arena && atomic_load(&names->table)) return names;
  ar_names_free(names);
  return NULL;
}

void ar_names_free(ar_names *names) {
  if (!names) return;
  for (table *t = atomic_load(&names->table), *older; t; t = older) {
    older = t->older;
    ar_free(t);
  }
  pthread_mutex_destroy(&names->lock);
  ar_arena_free(names->arena);
  ar_free(names->texts);
  ar_free(names);
}

/* The slot that holds `name`, or the empty one where it would go. *number is what was read there: reading the slot a
 * second time could find another name that has just been put into it. */
static _Atomic uint32_t *slot_of(const ar_names *names, table *t, ar_str name, uint32_t *number) {
  size_t at = (size_t)ar_hash_seeded(name, names->seed) & t->mask;
  for (;; at = (at + 1) & t->mask) {
    *number = atomic_load_explicit(&t->slots[at], memory_order_acquire);
    if (*number == 0 || ar_str_eq(names->texts[*number], name)) return &t->slots[at];
  }
}

uint32_t ar_names_find(const ar_names *names, ar_str name) {
  uint32_t number;
  slot_of(names, atomic_load_explicit(&names->table, memory_order_acquire), name, &number);
  return number;
}

/* Under the lock, for a name that the table does not hold. */
static void put(const ar_names *names, table *t, uint32_t number) {
  uint32_t none;
  atomic_store_explicit(slot_of(names, t, names->texts[number], &none), number, memory_order_release);
}

static bool widen(ar_names *names) {
  table *old = atomic_load(&names->table);
  table *wide = table_new((old->mask + 1) * 2);
  if (!wide) return false;
  for (uint32_t n = 1; n <= atomic_load(&names->count); n++) put(names, wide, n);
  wide->older = old;
  atomic_store_explicit(&names->table, wide, memory_order_release);
  return true;
}

/* Under the lock. */
static uint32_t add_new(ar_names *names, ar_str name) {
  uint32_t count = atomic_load(&names->count);
  table *t = atomic_load(&names->table);
  if (count >= names->cap || name.len > AR_NAME_MAX) return 0;
  if ((size_t)(count + 1) * 2 > t->mask && !widen(names)) return 0;
  ar_str copy = ar_arena_copy(names->arena, name);
  if (!copy.ptr) return 0;
  names->texts[count + 1] = copy;
  atomic_store(&names->count, count + 1);
  put(names, atomic_load(&names->table), count + 1);
  return count + 1;
}

uint32_t ar_names_add(ar_names *names, ar_str name) {
  uint32_t number = ar_names_find(names, name);
  if (number) return number;
  pthread_mutex_lock(&names->lock);
  number = ar_names_find(names, name);
  if (!number) number = add_new(names, name);
  if (!number) atomic_fetch_add(&names->refused, 1);
  pthread_mutex_unlock(&names->lock);
  return number;
}

ar_str ar_names_text(const ar_names *names, uint32_t number) {
  if (number == 0 || number > atomic_load(&names->count)) return (ar_str){ NULL, 0 };
  return names->texts[number];
}

uint32_t ar_names_count(const ar_names *names) {
  return atomic_load(&names->count);
}

uint64_t ar_names_refused(const ar_names *names) {
  return atomic_load(&names->refused);
}
