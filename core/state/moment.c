/* moment.c — lifetimes and tombstones: one moment a key, by whom, with its witness. */
#include "state/private.h"

typedef struct entry {
  ar_node node;
  ar_instant at;
  ar_id member;
  void *witness;
} entry;

const size_t ar_moment_node_bytes = sizeof(entry);

void ar_moment_drop(ar_state *state, ar_node *node) {
  ar_state_release(state, ((entry *)node)->witness);
  state->live--;
}

static entry *find(ar_state *state, ar_id key, ar_instant at) {
  entry *e = ar_table_find(&state->keys, key);
  if (!e || !ar_state_gone(state, e->at, at)) return e;
  state->counts.expired++;
  ar_state_drop(state, &e->node);
  return NULL;
}

static bool insert(ar_state *state, ar_id key, entry moment, ar_err *err) {
  if (!ar_state_reserve(state, err)) return ar_state_release(state, moment.witness), false;
  entry *e = ar_state_insert(state, key, moment.at);
  e->at = moment.at;
  e->member = moment.member;
  e->witness = moment.witness;
  state->live++;
  return true;
}

/* Takes an entry out and lends its witness until the next call. */
static void take_out(ar_state *state, entry *e) {
  state->parked = e->witness;
  e->witness = NULL;
  ar_state_drop(state, &e->node);
}

/* What both kinds begin with; false when there is nothing to remember. */
static bool accepts(ar_state *state, ar_state_kind kind, ar_id key, void *witness, bool *result, ar_err *err) {
  *result = ar_state_is(state, kind, err);
  if (*result && !ar_id_none(key)) return true;
  ar_state_release(state, witness);
  return false;
}

/* ---- lifetime ---- */

bool ar_life_open(ar_state *state, ar_id key, ar_id member, ar_instant at, void *witness, ar_err *err) {
  bool result;
  at = ar_state_begin(state, at);
  if (!accepts(state, AR_STATE_LIFETIME, key, witness, &result, err)) return result;
  if (find(state, key, at)) { /* a later write of what is there: its life began with the first */
    ar_state_release(state, witness);
  } else if (!insert(state, key, (entry){ .at = at, .member = member, .witness = witness }, err)) {
    return false;
  }
  state->counts.adds++;
  return true;
}

static ar_life life_of(const entry *e, ar_instant at) {
  if (!e) return (ar_life){ .opened = AR_INSTANT_NONE, .closed = AR_INSTANT_NONE };
  return (ar_life){ .found = true,
                    .opened = e->at,
                    .closed = AR_INSTANT_NONE,
                    .age = ar_between(e->at, at),
                    .member = e->member,
                    .witness = e->witness };
}

ar_life ar_life_look(ar_state *state, ar_id key, ar_instant at) {
  at = ar_state_begin(state, at);
  return life_of(state->plan.kind == AR_STATE_LIFETIME ? find(state, key, at) : NULL, at);
}

ar_life ar_life_close(ar_state *state, ar_id key, ar_instant at) {
  at = ar_state_begin(state, at);
  entry *e = state->plan.kind == AR_STATE_LIFETIME ? find(state, key, at) : NULL;
  ar_life life = life_of(e, at);
  if (!e) return life;
  life.closed = at;
  take_out(state, e);
  return life;
}

/* ---- tombstone ---- */

bool ar_tomb_put(ar_state *state, ar_id key, ar_id member, ar_instant at, void *witness, ar_err *err) {
  bool result;
  at = ar_state_begin(state, at);
  if (!accepts(state, AR_STATE_TOMBSTONE, key, witness, &result, err)) return result;
  entry *e = find(state, key, at);
  if (!e && !insert(state, key, (entry){ .at = at, .member = member, .witness = witness }, err)) return false;
  if (e) {
    ar_state_release(state, e->witness);
    e->at = at;
    e->member = member;
    e->witness = witness;
    ar_state_touch(state, &e->node, at, false);
  }
  state->counts.adds++;
  return true;
}

ar_tomb ar_tomb_look(ar_state *state, ar_id key, ar_instant at) {
  at = ar_state_begin(state, at);
  entry *e = state->plan.kind == AR_STATE_TOMBSTONE ? find(state, key, at) : NULL;
  if (!e) return (ar_tomb){ .at = AR_INSTANT_NONE };
  return (ar_tomb){ true, e->at, e->member, e->witness };
}

bool ar_tomb_clear(ar_state *state, ar_id key) {
  ar_state_begin(state, AR_INSTANT_NONE);
  entry *e = state->plan.kind == AR_STATE_TOMBSTONE ? ar_table_find(&state->keys, key) : NULL;
  if (!e) return false;
  bool found = !ar_state_gone(state, e->at, state->now);
  take_out(state, e);
  return found;
}
