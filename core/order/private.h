/* private.h — the stages inside core/order.
 *
 * pending (in order) or sorter (sorted) -> one stream of events by ar_event_compare -> twins -> fold -> steps.
 * A slot is an event that somebody holds: taken from the order's pool, given back when its content is used up.
 */
#ifndef ARMRUN_ORDER_PRIVATE_H
#define ARMRUN_ORDER_PRIVATE_H

#include "order/order.h"

static inline void learn_id(ar_id *id, ar_id told) {
  if (ar_id_none(*id)) *id = told;
}

static inline void learn_byte(uint8_t *value, uint8_t told) {
  if (!*value) *value = told;
}

/* Asks for an event that will be read soon. Always inline: as a function of its own it has no effect that the compiler
 * knows of, and is left out. */
__attribute__((always_inline)) static inline void warm(const ar_event *event) {
  for (size_t byte = 0; byte < sizeof *event; byte += 64) __builtin_prefetch((const char *)event + byte);
  __builtin_prefetch((const char *)(event + 1) - 1);
}

/* How many events ahead the engine is told what comes, so that memory has time to answer. */
#define AR_LEAD 16

/* ---- pool: items of one size, from chunks, reused last in first out ---- */

typedef struct ar_pool {
  void *unused;         /* items given back, linked through their first bytes */
  void *chunks;         /* linked through their first bytes */
  unsigned char *fresh; /* never used items of the newest chunk */
  size_t fresh_count, item_bytes, chunk_items;
} ar_pool;

void ar_pool_init(ar_pool *pool, size_t item_bytes, size_t chunk_items);
void *ar_pool_fresh(ar_pool *pool); /* an item never used; NULL when memory is out */

/* NULL when memory is out; holds old bytes. */
static inline void *ar_pool_take(ar_pool *pool) {
  void *item = pool->unused;
  if (!item) return ar_pool_fresh(pool);
  pool->unused = *(void **)item;
  return item;
}

static inline void ar_pool_give(ar_pool *pool, void *item) {
  if (!item) return;
  *(void **)item = pool->unused;
  pool->unused = item;
}

void ar_pool_clear(ar_pool *pool); /* frees all, also what is taken */

typedef struct ar_slot {
  ar_event event;
  struct ar_slot *next;
} ar_slot;

/* ---- the order of the stream ---- */

/* (time, source, order, phase, content), then event id and origin. Events that still tie are the same record. */
int ar_event_compare(const ar_event *a, const ar_event *b);

static inline bool ar_event_before(const ar_event *a, const ar_event *b) {
  return a->time != b->time ? a->time < b->time : ar_event_compare(a, b) < 0;
}

/* a + span, stopping at the ends of time. */
static inline ar_instant ar_instant_plus(ar_instant a, ar_span span) {
  ar_instant sum;
  if (!__builtin_add_overflow(a, span, &sum)) return sum;
  return span < 0 ? INT64_MIN + 1 : INT64_MAX;
}

/* ---- pending: a queue for events that come in order, a heap for the others ---- */

/* A slot in the heap and its time, so that most comparisons leave the slot alone. */
typedef struct ar_pending_item {
  ar_instant time;
  ar_slot *slot;
} ar_pending_item;

typedef struct ar_pending {
  ar_slot *front, *back;
  ar_slot *scout; /* runs ahead of the front; NULL when it is not known where */
  size_t lead;    /* slots from the front to the scout */
  ar_pending_item *heap;
  size_t heap_count, heap_room, count;
} ar_pending;

bool ar_pending_add(ar_pending *pending, ar_slot *slot); /* takes the slot unless memory is out */
const ar_event *ar_pending_head(const ar_pending *pending);
ar_slot *ar_pending_pop(ar_pending *pending);          /* there must be a head */
const ar_event *ar_pending_scout(ar_pending *pending); /* after a pop: an event that comes some pops later, or NULL */
void ar_pending_clear(ar_pending *pending);

/* ---- runs: sorted stretches of events in an unlinked temporary file, and their merge ---- */

typedef struct ar_runs ar_runs;
ar_runs *ar_runs_new(size_t buffer_bytes, ar_err *err);
void ar_runs_free(ar_runs *runs);
/* A run is begun, gets its events in order, and ends; *written grows by the bytes that went to the file. */
bool ar_runs_begin(ar_runs *runs, ar_err *err);
bool ar_runs_append(ar_runs *runs, const ar_event *event, ar_err *err);
bool ar_runs_end(ar_runs *runs, ar_err *err);
void ar_runs_undo(ar_runs *runs);       /* forgets the run that was begun */
bool ar_runs_full(const ar_runs *runs); /* as many runs as one merge should have */
uint64_t ar_runs_written(const ar_runs *runs);
bool ar_runs_merge(ar_runs *runs, ar_err *err);    /* after the last run */
const ar_event *ar_runs_head(const ar_runs *runs); /* NULL at the end */
bool ar_runs_next(ar_runs *runs, ar_err *err);     /* false: the head is still the same */

/* ---- sorter: any number of events in, the same in order out; memory first, then runs ---- */

typedef struct ar_sorted_key {
  uint64_t time;  /* from the start of time */
  uint64_t place; /* source and the upper bits of order: decides most ties, with no look at the event */
  const ar_event *event;
} ar_sorted_key;

typedef struct ar_sorter {
  size_t limit, buffer_bytes;
  ar_event **chunks;
  size_t chunk_count, chunk_room, count;
  ar_sorted_key *keys;
  size_t key_room, at;
  ar_runs *runs;
  uint64_t merged_bytes; /* written by runs that were merged into one since */
} ar_sorter;

void ar_sorter_init(ar_sorter *sorter, size_t memory_bytes);
void ar_sorter_clear(ar_sorter *sorter);
bool ar_sorter_add(ar_sorter *sorter, const ar_event *event, ar_err *err);
bool ar_sorter_finish(ar_sorter *sorter, ar_err *err);
const ar_event *ar_sorter_head(const ar_sorter *sorter); /* NULL at the end */
bool ar_sorter_next(ar_sorter *sorter, ar_err *err);
const ar_event *ar_sorter_soon(const ar_sorter *sorter); /* comes AR_LEAD steps later; NULL when not in memory */
uint64_t ar_sorter_written(const ar_sorter *sorter);
/* Sorts keys[0 … count) by ar_event_compare; scratch has the same room. Returns where the result lies: keys or
 * scratch. */
ar_sorted_key *ar_sort_keys(ar_sorted_key *keys, ar_sorted_key *scratch, size_t count);

/* ---- twins: the events of one (act, phase, instant), each event id once ---- */

#define AR_TWINS_CAP 4096

typedef struct ar_twins {
  ar_slot **slots; /* one per event id, and one for those without */
  size_t count, room, at;
  bool open;       /* more of the same may come */
  uint32_t *index; /* event id -> place in slots + 1; used when they are many */
  bool indexed;
} ar_twins;

/* The next event of the stream without its duplicates, as a slot of the caller's. NULL: nothing now, or a failure
 * (then *failed). */
ar_slot *ar_twins_next(ar_order *order, bool *failed, ar_err *err);
void ar_twins_clear(ar_order *order);

/* ---- the stream that both modes feed (order.c) ---- */

const ar_event *ar_stream_head(const ar_order *order); /* NULL: nothing that may come out now */
ar_slot *ar_stream_take(ar_order *order, ar_err *err); /* the head; NULL on failure */
bool ar_stream_drop(ar_order *order, ar_err *err);     /* passes the head by */

/* ---- fold: acts ---- */

typedef enum ar_place {
  AR_PLACE_LOOSE,    /* has its end, or another act has its key */
  AR_PLACE_WAITING,  /* for its end, until first + fold */
  AR_PLACE_LINGERING /* evaluated as unfinished, may be joined */
} ar_place;

typedef struct ar_entry {
  ar_id key;
  ar_instant due, leaves; /* unfinished at; nothing joins after */
  uint64_t order;
  size_t hash;
  ar_act *act; /* NULL: evaluated and nobody holds it */
  struct ar_entry *chain, *before, *after;
  uint8_t source, phase, place;
  bool tabled;
} ar_entry;

typedef struct ar_entry_list {
  ar_entry *front, *back;
  size_t count;
} ar_entry_list;

typedef struct ar_fold {
  ar_pool entries, acts;
  ar_entry **buckets;
  size_t mask, tabled;
  ar_entry_list waiting, lingering; /* both by first event */
  struct ar_fold_step {
    ar_step kind;
    ar_entry *entry;
  } steps[4], given;
  size_t step_count, step_at;
  ar_slot *event; /* next to be folded */
} ar_fold;

bool ar_fold_init(ar_fold *fold);
void ar_fold_clear(ar_fold *fold);

typedef enum ar_folded { AR_FOLD_MORE, AR_FOLD_NOTHING, AR_FOLD_FAILED } ar_folded;
/* Looks after the act given out last (there is one): whoever pinned it has done so by now. */
void ar_fold_settle(ar_order *order);
/* Does one thing: a due act, an act that nobody can join any more, or an event. Steps that it makes are queued. */
ar_folded ar_fold_advance(ar_order *order, ar_err *err);
/* The next queued step; there must be one. */
ar_step ar_fold_step(ar_order *order, ar_act **act);

/* The table of acts that may be joined (table.c). */
size_t ar_fold_hash(const ar_order *order, const ar_event *event);
ar_entry *ar_fold_find(const ar_fold *fold, const ar_event *event, size_t hash);
void ar_fold_table(ar_fold *fold, ar_entry *entry);
void ar_fold_untable(ar_fold *fold, ar_entry *entry);
/* Facts of an act (act.c). */
void ar_act_begin(ar_act *act, const ar_event *event);
void ar_act_add(ar_act *act, const ar_event *event);   /* events and ended */
void ar_act_merge(ar_act *act, const ar_event *event); /* who, where: the first that knows */

struct ar_order {
  ar_order_options options;
  ar_pool slots;
  ar_pending pending;
  ar_sorter sorter, aside; /* aside: future events, in either mode */
  ar_twins twins;
  ar_fold fold;
  ar_order_counts counts;
  uint64_t taken;
  ar_instant released; /* in order: events before it may come out */
  ar_instant clock;
  bool finished, future;
};

#endif
