/* parts.h — the parts of a profile table: what principals are kept in, their lists of habits, scopes and peers.
 *
 * A habit (subscription, operation, network, app, app in a subscription) is an item of 10 bytes: 48 seeded hash bits,
 * wide enough to be exact in practice and not to be met by design, and two day counts. All items of a principal lie in
 * one block, list behind list, so that an unused list costs nothing.
 */
#ifndef ARMRUN_STATE_PARTS_H
#define ARMRUN_STATE_PARTS_H

#include "state/private.h"
#include "state/profile.h"

#include <string.h>

typedef enum habit_list {
  HABIT_SUBSCRIPTION,
  HABIT_OPERATION,
  HABIT_NETWORK,
  HABIT_APP,
  HABIT_PAIR,
  HABITS
} habit_list;

typedef struct item {
  uint16_t stamp[4]; /* a uint64_t by way of memcpy: the key in the low 48 bits, the day last seen above. The key of an
                        operation: its number, then a bit for each subscription (by index) it was done in */
  uint16_t days;     /* distinct days; the top bit: it raised an alert on its first day */
} item;

#define AR_HABITS_MOST 192 /* operations of a service principal */
#define ITEM_ALERTED 0x8000u
#define ITEM_DAYS 0x7FFFu
#define ITEM_KEY 0xFFFFFFFFFFFFu
#define ITEM_LAST 48 /* bits below the day */

static inline uint64_t ar_item_stamp(const item *i) {
  uint64_t stamp;
  memcpy(&stamp, i->stamp, sizeof stamp);
  return stamp;
}

static inline uint16_t ar_item_last(const item *i) {
  return (uint16_t)(ar_item_stamp(i) >> ITEM_LAST);
}

typedef struct principal {
  ar_node node;        /* touched: its last act. List 0: active, by day; list 1: idle, without items */
  uint32_t first;      /* seconds since 1970 */
  uint32_t gap_before; /* seconds */
  uint32_t acts;
  ar_ref block; /* in the pool of its size */
  uint16_t active_days, last_day;
  uint16_t fresh[4];     /* how often something was new, per list (HABIT_PAIR is not counted) */
  uint16_t settled_on;   /* how many active days it had when it settled; 0: not yet */
  uint16_t fresh_in_row; /* new operations, each within an hour of the one before */
  uint32_t fresh_at;     /* seconds since 1970: the last of them */
  uint16_t hours[24];
  uint8_t counts[HABITS];
  uint8_t recent[HABITS]; /* where the last act found its item: mostly the next one finds it there */
  uint8_t size, kind;
} principal;

#define IN_ROW_SECONDS 3600u

/* Whole seconds, from 0 to UINT32_MAX. */
static inline uint32_t ar_seconds(ar_span span) {
  int64_t whole = span / AR_SECOND;
  return (uint32_t)(whole < 0 ? 0 : whole > UINT32_MAX ? UINT32_MAX : whole);
}

#define POOLS 8

/* Blocks of one size, in chunks that never move. */
typedef struct pool {
  unsigned char **chunks;
  size_t chunk_count, chunk_room;
  ar_ref unused, made;
} pool;

typedef struct scope {
  ar_node node;
  uint32_t days;
  uint16_t last_day;
} scope;

typedef struct peer {
  ar_node node;
  uint32_t count;
} peer;

struct ar_profiles {
  ar_profile_options options;
  ar_table principals, ghosts, scopes, peers;
  pool pools[POOLS];
  ar_instant now;
  bool blurred; /* a ghost was lost: any stranger may have been known once */
  struct {      /* the last act's: mostly the next one's too */
    ar_id tenant, subscription;
    uint16_t day;
    ar_ref tenant_scope, subscription_scope;
  } recent;
  ar_profile_counts counts;
};

/* What one act touches: a key per list, 0 where it has none. */
typedef struct habit_keys {
  uint64_t keys[HABITS];
  uint16_t day;
} habit_keys;

/* Counts an eviction. */
void ar_profile_press(ar_profiles *profiles, ar_pressed what);

habit_keys ar_habit_keys(const ar_profiles *profiles, const ar_habit *habit, ar_instant at);

/* 48 seeded bits, never 0; 0 for none. */
static inline uint64_t ar_habit_print(const ar_profiles *profiles, ar_id id) {
  if ((id.hi | id.lo) == 0) return 0;
  uint64_t h = (id.lo ^ profiles->options.seed) * 0x9E3779B97F4A7C15u;
  h = (h ^ h >> 32 ^ id.hi) * 0xD6E8FEB86659FD93u;
  h = (h ^ h >> 32) >> 16;
  return h ? h : 1;
}

/* ---- lists.c ---- */

/* Takes the smallest block: room for one act. 0 when memory is out. */
ar_ref ar_lists_first_block(ar_profiles *profiles);
bool ar_lists_reserve(ar_profiles *profiles, principal *p, const habit_keys *keys);
/* Asks for the block at once: its lines then come together, not one after the other. */
void ar_lists_prefetch(const ar_profiles *profiles, const principal *p);
/* Is every key of the act known, and seen today, so that there is nothing to learn? */
bool ar_lists_seen_today(const ar_profiles *profiles, principal *p, const habit_keys *keys, bool alerted);
void ar_lists_learn(ar_profiles *profiles, principal *p, const habit_keys *keys, const ar_habit *habit);
void ar_lists_forget_old(ar_profiles *profiles, principal *p, uint16_t day);
void ar_lists_drop(ar_profiles *profiles, principal *p); /* all items, and the block */
const item *ar_lists_find(const ar_profiles *profiles, const principal *p, habit_list list, uint64_t key);
void ar_pools_free(ar_profiles *profiles);
void ar_pools_clear(ar_profiles *profiles);
size_t ar_pools_bytes(const ar_profiles *profiles);

/* ---- scopes.c: coverage, and how many principals do what ---- */

#define PEERS_ALL 0       /* instead of an operation: all principals of the kind */
#define PEERS_TENANT 0xFF /* instead of a kind: the operation was done in this tenant */

void ar_peers_add(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation, bool fresh);
void ar_peers_subtract(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation);
uint32_t ar_peers_count(const ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation);

static inline uint16_t ar_habit_day(ar_instant at) {
  int64_t day = ar_instant_day(at);
  return (uint16_t)(day < 0 ? 0 : day > UINT16_MAX ? UINT16_MAX : day);
}

#endif
