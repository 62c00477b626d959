/* private.h — the bounded hash table under every table of this module, and what the kinds of ar_state share.
 *
 * An ar_table maps identities to nodes of a fixed size. Nodes live in chunks and never move, so a pointer stays good
 * until its node is removed. Each node is on one of four lists, newest at the head: eviction and expiry look at the
 * tails only. No order depends on the seed.
 */
#ifndef ARMRUN_STATE_PRIVATE_H
#define ARMRUN_STATE_PRIVATE_H

#include "state/state.h"

/* Numbers of nodes, from 1; 0 is none. */
typedef uint32_t ar_ref;

/* The head of every node; the payload follows in the same struct. */
typedef struct ar_node {
  ar_id key;
  ar_instant touched;
  ar_ref newer, older;
  ar_ref self : 26;
  unsigned list : 2, held : 2;
  uint32_t own; /* the payload's */
} ar_node;

#define AR_ALLOC_HEAD 16 /* what the allocator itself takes for a chunk */
#define AR_LISTS 4

/* A node's number, and above it hash bits: most strangers are passed over without a look at their node. 0: empty. */
typedef uint32_t ar_table_slot;

typedef struct ar_table {
  ar_table_slot *slots;
  unsigned char **chunks;
  size_t slot_count, chunk_count, chunk_room, node_bytes;
  ar_ref unused; /* removed nodes, chained through `newer` */
  uint32_t made; /* nodes ever handed out from chunks */
  uint32_t count, cap;
  ar_ref newest[AR_LISTS], oldest[AR_LISTS];
  uint32_t listed[AR_LISTS];
  uint64_t seed, probes;
  uint32_t longest; /* slots looked at for one key, at most */
} ar_table;

/* Allocates nothing yet. */
void ar_table_init(ar_table *table, size_t node_bytes, uint32_t cap, uint64_t seed);
void ar_table_free(ar_table *table);
void ar_table_clear(ar_table *table); /* keeps its memory */
size_t ar_table_bytes(const ar_table *table);
void *ar_table_find(ar_table *table, ar_id key);             /* NULL when absent */
const void *ar_table_peek(const ar_table *table, ar_id key); /* the same, uncounted */
void *ar_table_node(const ar_table *table, ar_ref ref);      /* NULL for 0 */
/* Asks for the cache lines that a search for `key` will touch: first its slot, then, when that has come, its node, then
 * the nodes next to it in age. Changes nothing. */
typedef enum ar_warmth { AR_WARM_SLOT, AR_WARM_NODE, AR_WARM_NEXT } ar_warmth;
const void *ar_table_warm(const ar_table *table, ar_id key, ar_warmth how); /* the node, for NEXT */
bool ar_table_reserve(ar_table *table); /* room for one more key; false when memory is out */
/* A zeroed node, newest of its list. Only after ar_table_reserve, and only while count < cap. */
void *ar_table_insert(ar_table *table, ar_id key, unsigned list, ar_instant at);
void ar_table_remove(ar_table *table, ar_node *node);
void ar_table_move(ar_table *table, ar_node *node, unsigned list); /* becomes the newest of `list` */

/* ---- what the kinds share ---- */

enum { AR_LIST_WAITS = 1, AR_LIST_HELD = 2 };       /* bits of a node's list */
enum { AR_HELD_BY_SCORE = 1, AR_HELD_BY_CALL = 2 }; /* and of why it is held */

typedef struct ar_scratch { /* of a tally: sized by cap_hits, made once */
  uint32_t *slots, *firsts, *counts;
  ar_span *gaps;
  uint64_t dice;
} ar_scratch;

struct ar_state {
  ar_state_plan plan;
  ar_table keys;
  ar_table ghosts;          /* sequences: keys evicted of late, by the time of eviction */
  ar_instant now;           /* the latest `at` seen */
  ar_instant blurred_until; /* a ghost was lost: until then any key may be one */
  uint64_t live, live_cap;  /* hits or members in all keys */
  size_t payload_bytes;
  ar_state_counts counts;
  ar_scratch scratch;
  ar_ref due_first, due_last;
  void *parked; /* a witness lent out of a removed entry until the next call */
};

/* Starts a call: takes back what was lent, and returns `at`, or the latest time seen when that is later. */
ar_instant ar_state_begin(ar_state *state, ar_instant at);
bool ar_state_gone(const ar_state *state, ar_instant since, ar_instant at); /* older than `within` */
void ar_state_release(ar_state *state, void *witness);
void ar_state_drop(ar_state *state, ar_node *node); /* with all it holds */
/* Room for a new key in memory; true without a change when there was enough. */
bool ar_state_reserve(ar_state *state, ar_err *err);
/* A new node; lets expired keys go, and the oldest when the table is full. Only after ar_state_reserve. */
void *ar_state_insert(ar_state *state, ar_id key, ar_instant at);
/* The key was added to. scores: by now it is on its way to something, so it leaves after those that are not. */
void ar_state_touch(ar_state *state, ar_node *node, ar_instant at, bool scores);
void ar_state_evict_live(ar_state *state, const ar_node *keep); /* until live ≤ live_cap */
/* Fails with AR_EUSAGE naming both kinds unless state is of `kind`. */
bool ar_state_is(const ar_state *state, ar_state_kind kind, ar_err *err);

/* Payload, per kind. */
void ar_hits_drop(ar_state *state, ar_node *node);
void ar_sequence_drop(ar_state *state, ar_node *node);
void ar_sequence_ghost(ar_state *state, const ar_node *node); /* before an eviction */
size_t ar_sequence_node_bytes(unsigned steps);
size_t ar_total_node_bytes(ar_span within);
void ar_moment_drop(ar_state *state, ar_node *node);
void ar_members_drop(ar_state *state, ar_node *node);
extern const size_t ar_hits_node_bytes, ar_moment_node_bytes, ar_members_node_bytes;

bool ar_scratch_new(ar_scratch *scratch, uint32_t cap_hits, uint64_t seed);
void ar_scratch_free(ar_scratch *scratch);
/* Fills distinct, most, least and the gaps of a tally that has its hits. */
void ar_tally_members(ar_scratch *scratch, uint64_t seed, ar_tally *tally);
void ar_tally_gaps(ar_scratch *scratch, ar_tally *tally);

/* Sums of instants that stay in range. */
static inline ar_instant ar_later(ar_instant at, ar_span span) {
  return at > INT64_MAX - span ? INT64_MAX : at + span;
}

static inline ar_span ar_between(ar_instant from, ar_instant to) {
  return from < 0 && to > INT64_MAX + from ? INT64_MAX : to - from;
}

#endif
