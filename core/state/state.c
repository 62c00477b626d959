/* state.c — what all kinds of table share: plan, clock, expiry, eviction, counters. */
#include "state/private.h"

#define DEFAULT_KEYS 65536u
#define DEFAULT_HITS 256u
#define HITS_PER_KEY 16u     /* on average, when every key of a full table is busy */
#define LIVE_AT_LEAST 16384u /* so that a table of few keys may fill them all */
#define GHOSTS_AT_LEAST 64u

const char *const ar_state_words[AR_STATE_KINDS] = { "count",    "distinct",   "tally",     "sequence",
                                                     "lifetime", "first_seen", "tombstone", "total" };

/* ---- making and freeing ---- */

static size_t node_bytes(const ar_state_plan *plan) {
  switch (plan->kind) {
  case AR_STATE_SEQUENCE:
    return ar_sequence_node_bytes(plan->sequence.steps);
  case AR_STATE_FIRST_SEEN:
    return ar_members_node_bytes;
  case AR_STATE_LIFETIME:
  case AR_STATE_TOMBSTONE:
    return ar_moment_node_bytes;
  case AR_STATE_TOTAL:
    return ar_total_node_bytes(plan->within);
  default:
    return ar_hits_node_bytes;
  }
}

static bool check_plan(const ar_state_plan *plan, ar_err *err) {
  const ar_sequence_plan *sequence = &plan->sequence;
  if ((unsigned)plan->kind >= AR_STATE_KINDS) return ar_fail(err, AR_EUSAGE, "no such kind of state");
  const char *word = ar_state_words[plan->kind];
  if (plan->within <= 0) return ar_fail(err, AR_EUSAGE, "%s: `within` must be longer than zero", word);
  if (plan->cap > AR_STATE_KEYS_MAX)
    return ar_fail(err, AR_EUSAGE, "%s: at most %u keys, asked for %u", word, AR_STATE_KEYS_MAX, plan->cap);
  if (plan->cap_hits > AR_STATE_HITS_MAX)
    return ar_fail(err, AR_EUSAGE, "%s: at most %u hits a key, asked for %u", word, AR_STATE_HITS_MAX, plan->cap_hits);
  if (plan->kind == AR_STATE_TOTAL && plan->within > AR_TOTAL_DAYS_MAX * AR_DAY)
    return ar_fail(err, AR_EUSAGE, "total: `within` must be at most %d days", AR_TOTAL_DAYS_MAX);
  if (plan->kind != AR_STATE_SEQUENCE) return true;
  if (sequence->steps < 1 || sequence->steps > AR_STEPS_MAX)
    return ar_fail(err, AR_EUSAGE, "sequence: 1 to %d steps, got %u", AR_STEPS_MAX, sequence->steps);
  if (sequence->quiet < 0) return ar_fail(err, AR_EUSAGE, "sequence: `quiet` must not be negative");
  return true;
}

static void set_live_cap(ar_state *state) {
  state->live_cap = (uint64_t)state->plan.cap * HITS_PER_KEY;
  if (state->live_cap < LIVE_AT_LEAST) state->live_cap = LIVE_AT_LEAST;
}

ar_state *ar_state_new(const ar_state_plan *plan, ar_err *err) {
  if (!check_plan(plan, err)) return NULL;
  ar_state *state = ar_alloc(sizeof *state);
  if (!state) return ar_nomem(err, "making a table of state"), NULL;
  state->plan = *plan;
  if (plan->cap == 0) state->plan.cap = DEFAULT_KEYS;
  if (plan->cap_hits == 0) state->plan.cap_hits = DEFAULT_HITS;
  state->now = state->blurred_until = AR_INSTANT_NONE;
  set_live_cap(state);
  uint32_t ghosts = state->plan.cap / 4 > GHOSTS_AT_LEAST ? state->plan.cap / 4 : GHOSTS_AT_LEAST;
  ar_table_init(&state->keys, node_bytes(&state->plan), state->plan.cap, plan->seed);
  ar_table_init(&state->ghosts, sizeof(ar_node), ghosts, plan->seed);
  if (plan->kind == AR_STATE_TALLY && !ar_scratch_new(&state->scratch, state->plan.cap_hits, plan->seed)) {
    ar_state_free(state);
    return ar_nomem(err, "making a table of state"), NULL;
  }
  return state;
}

static void drop_payload(ar_state *state, ar_node *node) {
  switch (state->plan.kind) {
  case AR_STATE_SEQUENCE:
    ar_sequence_drop(state, node);
    break;
  case AR_STATE_FIRST_SEEN:
    ar_members_drop(state, node);
    break;
  case AR_STATE_LIFETIME:
  case AR_STATE_TOMBSTONE:
    ar_moment_drop(state, node);
    break;
  case AR_STATE_TOTAL:
    break;
  default:
    ar_hits_drop(state, node);
  }
}

static void drop_all(ar_state *state) {
  ar_state_begin(state, AR_INSTANT_NONE);
  for (unsigned list = 0; list < AR_LISTS; list++) {
    for (ar_node *node = ar_table_node(&state->keys, state->keys.oldest[list]); node;
         node = ar_table_node(&state->keys, node->newer))
      drop_payload(state, node);
  }
}

void ar_state_free(ar_state *state) {
  if (!state) return;
  drop_all(state);
  ar_table_free(&state->keys);
  ar_table_free(&state->ghosts);
  ar_scratch_free(&state->scratch);
  ar_free(state);
}

void ar_state_clear(ar_state *state) {
  drop_all(state);
  ar_table_clear(&state->keys);
  ar_table_clear(&state->ghosts);
  state->now = state->blurred_until = AR_INSTANT_NONE;
  state->due_first = state->due_last = 0;
  state->live = 0;
  state->counts = (ar_state_counts){ 0 };
}

ar_state_counts ar_state_tell(const ar_state *state) {
  ar_state_counts counts = state->counts;
  size_t scratch = state->scratch.slots ? (size_t)state->plan.cap_hits * 24 : 0;
  counts.cap = state->plan.cap;
  counts.keys = state->keys.count;
  counts.hits = state->live;
  counts.probes = state->keys.probes;
  counts.longest = state->keys.longest;
  counts.bytes =
      sizeof *state + scratch + state->payload_bytes + ar_table_bytes(&state->keys) + ar_table_bytes(&state->ghosts);
  return counts;
}

/* ---- calls ---- */

ar_instant ar_state_begin(ar_state *state, ar_instant at) {
  void *parked = state->parked;
  state->parked = NULL;
  ar_state_release(state, parked);
  if (at > state->now) state->now = at;
  return state->now;
}

bool ar_state_is(const ar_state *state, ar_state_kind kind, ar_err *err) {
  if (state->plan.kind == kind) return true;
  return ar_fail(err, AR_EUSAGE, "this state is a %s, not a %s", ar_state_words[state->plan.kind],
                 ar_state_words[kind]);
}

void ar_state_release(ar_state *state, void *witness) {
  if (witness && state->plan.release) state->plan.release(state->plan.owner, witness);
}

/* A window is (at - within, at]; what is remembered, and the span of a sequence, include `within` itself. */
bool ar_state_gone(const ar_state *state, ar_instant since, ar_instant at) {
  ar_span span = ar_between(since, at);
  return state->plan.kind <= AR_STATE_TALLY ? span >= state->plan.within : span > state->plan.within;
}

void ar_state_warm(const ar_state *state, ar_id key, unsigned step) {
  ar_table_warm(&state->keys, key, step == 0 ? AR_WARM_SLOT : AR_WARM_NODE);
}

static void hold(ar_state *state, ar_node *node, unsigned why, bool on) {
  node->held = (on ? node->held | why : node->held & ~why) & 3u;
  unsigned list = (node->list & AR_LIST_WAITS) | (node->held ? AR_LIST_HELD : 0u);
  if (list != node->list) ar_table_move(&state->keys, node, list);
}

bool ar_state_hold(ar_state *state, ar_id key, bool on) {
  ar_node *node = ar_table_find(&state->keys, key);
  if (node) hold(state, node, AR_HELD_BY_CALL, on);
  return node != NULL;
}

void ar_state_touch(ar_state *state, ar_node *node, ar_instant at, bool scores) {
  node->touched = at;
  hold(state, node, AR_HELD_BY_SCORE, scores);
  ar_table_move(&state->keys, node, node->list);
}

/* ---- leaving ---- */

void ar_state_drop(ar_state *state, ar_node *node) {
  drop_payload(state, node);
  ar_table_remove(&state->keys, node);
}

/* A sequence that waits out its quiet time does not expire, so its lists are passed over. */
static void expire_tails(ar_state *state, ar_instant at) {
  for (unsigned list = 0; list < AR_LISTS; list += AR_LIST_HELD) {
    for (;;) {
      ar_node *node = ar_table_node(&state->keys, state->keys.oldest[list]);
      if (!node || !ar_state_gone(state, node->touched, at)) break;
      state->counts.expired++;
      ar_state_drop(state, node);
    }
  }
}

static ar_node *older(ar_node *a, ar_node *b) {
  if (!a || !b) return a ? a : b;
  return b->touched < a->touched ? b : a;
}

static ar_node *tail(ar_state *state, unsigned list, const ar_node *keep) {
  ar_node *node = ar_table_node(&state->keys, state->keys.oldest[list]);
  return node == keep ? NULL : node; /* keep is the newest: as the oldest it is alone */
}

static ar_node *victim(ar_state *state, const ar_node *keep) {
  const uint32_t *listed = state->keys.listed;
  uint64_t held = (uint64_t)listed[AR_LIST_HELD] + listed[AR_LIST_HELD | AR_LIST_WAITS];
  ar_node *node = older(tail(state, 0, keep), tail(state, AR_LIST_WAITS, keep));
  if (node && held * 2 <= state->plan.cap) return node;
  node = older(node, tail(state, AR_LIST_HELD, keep));
  return older(node, tail(state, AR_LIST_HELD | AR_LIST_WAITS, keep));
}

static bool evict(ar_state *state, const ar_node *keep) {
  ar_node *node = victim(state, keep);
  if (!node) return false;
  if (state->counts.evicted++ == 0) state->counts.full_first = state->now;
  state->counts.full_last = state->now;
  if (node->list & AR_LIST_HELD) state->counts.held_evicted++;
  if (state->plan.kind == AR_STATE_SEQUENCE) ar_sequence_ghost(state, node);
  ar_state_drop(state, node);
  return true;
}

bool ar_state_reserve(ar_state *state, ar_err *err) {
  bool full = state->plan.kind == AR_STATE_SEQUENCE && state->keys.count >= state->plan.cap;
  if (ar_table_reserve(&state->keys) && (!full || ar_table_reserve(&state->ghosts))) return true;
  return ar_nomem(err, "remembering a key of state");
}

void *ar_state_insert(ar_state *state, ar_id key, ar_instant at) {
  expire_tails(state, at);
  if (state->keys.count >= state->plan.cap) evict(state, NULL);
  return ar_table_insert(&state->keys, key, 0, at);
}

void ar_state_evict_live(ar_state *state, const ar_node *keep) {
  while (state->live > state->live_cap && evict(state, keep)) {
  }
}
