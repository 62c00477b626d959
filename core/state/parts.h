/* parts.h — the parts of a profile table: what principals are kept in, their lists of habits, scopes and peers.
 *
 * A habit (subscription, operation, network, app, app in a subscription) is an item of 64 bits: 48 seeded hash bits,
 * wide enough to be exact in practice and not to be met by design, and two counts of days. All items of a principal lie
 * in one block, list behind list, so that an unused list costs nothing.
 */
#ifndef ARMRUN_STATE_PARTS_H
#define ARMRUN_STATE_PARTS_H

#include "state/blocks.h"
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

/* From the low bits: 48 bits of key; 8 bits of the day last seen (UTC, the low bits: the others follow, since what was
 * last seen longer ago than forget_days leaves with the next active day); 8 bits: distinct days, at most ITEM_DAYS, and
 * above them whether it raised an alert on its first day. The key of an operation: its number, then a bit for each
 * subscription (by index) it was done in. */
typedef uint64_t item;

#define AR_HABITS_MOST 192 /* operations of a service principal */
#define ITEM_KEY 0xFFFFFFFFFFFFu
#define ITEM_LAST 48
#define ITEM_COUNT 56
#define ITEM_DAYS 0x7Fu
#define ITEM_ALERTED ((uint64_t)1 << 63)
#define FORGET_DAYS_MAX 254u

static inline unsigned ar_item_days(item i) {
  return (unsigned)(i >> ITEM_COUNT) & ITEM_DAYS;
}

/* Days from when it was last seen to `day`, the principal's last active day or the day under way after it. */
static inline unsigned ar_item_age(item i, uint16_t day) {
  return (uint8_t)(day - (uint8_t)(i >> ITEM_LAST));
}

/* The hours are halved when one is full. */
typedef struct principal {
  ar_node node;        /* touched: its last act; own: how many acts */
  uint32_t first;      /* seconds since 1970 */
  uint32_t gap_before; /* seconds */
  uint32_t fresh_at;   /* seconds since 1970: the last new operation */
  ar_ref block;        /* of its items */
  uint16_t fresh[4];   /* how often something was new, per list (HABIT_PAIR is not counted) */
  uint16_t fresh_days; /* days on which an operation was new, the last of them fresh_day */
  uint16_t fresh_day;
  uint16_t active_days;
  uint16_t settled_on;  /* how many active days it had when it settled; 0: not yet */
  uint8_t fresh_in_row; /* new operations, each within an hour of the one before */
  unsigned size : 5, kind : 3;
  uint8_t hours[24];
  uint8_t counts[HABITS];
  uint8_t recent[HABITS]; /* where the last act found its item: mostly the next one finds it there */
} principal;

/* Bits of node.list: principals without items; those that have habits to break. */
enum { LIST_IDLE = 1, LIST_SETTLED = 2 };

#define IN_ROW_SECONDS 3600u

/* Whole seconds, from 0 to UINT32_MAX. */
static inline uint32_t ar_seconds(ar_span span) {
  int64_t whole = span / AR_SECOND;
  return (uint32_t)(whole < 0 ? 0 : whole > UINT32_MAX ? UINT32_MAX : whole);
}

static inline uint16_t ar_habit_day(ar_instant at) {
  int64_t day = ar_instant_day(at);
  return (uint16_t)(day < 0 ? 0 : day > UINT16_MAX ? UINT16_MAX : day);
}

#define CROWDS 2 /* people, service principals */

/* usual: of a tenant's principals that have settled. */
typedef struct scope {
  ar_node node;
  uint32_t days;
  uint16_t last_day;
  ar_usual usual[CROWDS];
} scope;

/* The principals of one kind in one scope: own: how many. Its items: an operation in the low 16 bits, then how many of
 * them did it. */
typedef struct crew {
  ar_node node;
  ar_ref block;
  uint16_t count; /* of items */
  uint8_t size;
} crew;

struct ar_profiles {
  ar_profile_options options;
  ar_table principals, ghosts, scopes, crews;
  ar_blocks habits, peers;
  uint32_t peer_count, peer_cap; /* items of crews, and crews with principals */
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
  if (ar_id_none(id)) return 0;
  uint64_t h = (id.lo ^ profiles->options.seed) * 0x9E3779B97F4A7C15u;
  h = (h ^ h >> 32 ^ id.hi) * 0xD6E8FEB86659FD93u;
  h = (h ^ h >> 32) >> 16;
  return h ? h : 1;
}

/* The day of its last act that taught something. */
static inline uint16_t ar_last_day(const principal *p) {
  return ar_habit_day(p->node.touched);
}

/* ---- lists.c ---- */

#define FIRST_ITEMS HABITS /* of one act */
/* Room for what the act adds; false when memory is out. */
bool ar_lists_reserve(ar_profiles *profiles, principal *p, const habit_keys *keys);
/* Asks for the block at once: its lines then come together, not one after the other. */
void ar_lists_prefetch(const ar_profiles *profiles, const principal *p);
/* Is every key of the act known, and seen today, so that there is nothing to learn? */
bool ar_lists_seen_today(const ar_profiles *profiles, principal *p, const habit_keys *keys, bool alerted);
void ar_lists_learn(ar_profiles *profiles, principal *p, const habit_keys *keys, const ar_habit *habit);
void ar_lists_forget_old(ar_profiles *profiles, principal *p, uint16_t day);
void ar_lists_drop(ar_profiles *profiles, principal *p); /* all items, and the block */
unsigned ar_lists_count(const principal *p);             /* its items */
/* 0 when there is none. */
item ar_lists_find(const ar_profiles *profiles, const principal *p, habit_list list, uint64_t key);

/* ---- scopes.c: coverage, and how many principals do what ---- */

#define PEERS_ALL 0       /* instead of an operation: all principals of the kind */
#define PEERS_TENANT 0xFF /* instead of a kind: the operation was done in this tenant */

void ar_peers_add(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation, bool fresh);
void ar_peers_subtract(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation);
/* Adds to what is usual in the tenant of the act, of the principal's kind. */
void ar_usual_learn(ar_profiles *profiles, const ar_habit *habit, const ar_usual *more);
ar_usual ar_usual_look(const ar_profiles *profiles, const ar_habit *habit);
uint32_t ar_peers_count(const ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation);

#endif
