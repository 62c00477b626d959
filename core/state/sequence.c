/* sequence.c — ordered steps of a key. A key has at most one chain for each number of steps done: of two chains that
 * got equally far, the one that started later can do all that the other can, within its span, and longer. */
#include "state/private.h"

#include <string.h>

typedef struct step_hit {
  ar_instant at;
  void *witness;
} step_hit;

typedef struct entry {
  ar_node node;
  ar_instant due; /* when the chain of all steps comes due */
  ar_ref due_earlier, due_later;
  uint32_t alive;  /* bit n: there is a chain with n steps done */
  step_hit hits[]; /* the chains with 1, 2, … steps done, one behind the other */
} entry;

static size_t chain_start(unsigned done) {
  return (size_t)done * (done - 1) / 2;
}

static step_hit *chain(entry *e, unsigned done) {
  return e->hits + chain_start(done);
}

size_t ar_sequence_node_bytes(unsigned steps) {
  return sizeof(entry) + chain_start(steps + 1) * sizeof(step_hit);
}

static bool alive(const entry *e, unsigned done) {
  return e->alive >> done & 1;
}

/* ---- the queue of those that wait: `quiet` is one number and time never goes back, so first in, first due ---- */

static void due_push(ar_state *state, entry *e) {
  entry *last = ar_table_node(&state->keys, state->due_last);
  e->due_earlier = state->due_last;
  e->due_later = 0;
  if (last)
    last->due_later = e->node.self;
  else
    state->due_first = e->node.self;
  state->due_last = e->node.self;
}

static void due_remove(ar_state *state, entry *e) {
  entry *earlier = ar_table_node(&state->keys, e->due_earlier), *later = ar_table_node(&state->keys, e->due_later);
  if (earlier)
    earlier->due_later = e->due_later;
  else
    state->due_first = e->due_later;
  if (later)
    later->due_earlier = e->due_earlier;
  else
    state->due_last = e->due_earlier;
}

/* ---- chains ---- */

/* Forgets a chain without giving its witnesses back. */
static void forget_chain(ar_state *state, entry *e, unsigned done) {
  e->alive &= ~(1u << done);
  state->live -= done;
  if (done == state->plan.sequence.steps) due_remove(state, e);
}

static void drop_chain(ar_state *state, entry *e, unsigned done) {
  if (!alive(e, done)) return;
  for (unsigned i = 0; i < done; i++) ar_state_release(state, chain(e, done)[i].witness);
  forget_chain(state, e, done);
}

void ar_sequence_drop(ar_state *state, ar_node *node) {
  for (unsigned done = 1; done <= state->plan.sequence.steps; done++) drop_chain(state, (entry *)node, done);
}

static void drop_stale(ar_state *state, entry *e, ar_instant at) {
  for (unsigned done = 1; done < state->plan.sequence.steps; done++) {
    if (alive(e, done) && ar_state_gone(state, chain(e, done)[0].at, at)) drop_chain(state, e, done);
  }
}

static entry *find(ar_state *state, ar_id key, ar_instant at) {
  entry *e = ar_table_find(&state->keys, key);
  if (!e) return NULL;
  drop_stale(state, e, at);
  if (e->alive) return e;
  state->counts.expired++;
  ar_state_drop(state, &e->node);
  return NULL;
}

/* Is there more than first steps? */
static bool scores(const ar_state *state, const entry *e) {
  return (e->alive & ~2u) != 0 || alive(e, state->plan.sequence.steps);
}

/* After a chain went: the entry goes with its last chain, stops waiting with the chain that waited, and is held no
 * longer when nothing is left but a first step. */
static void settle(ar_state *state, entry *e) {
  if (!e->alive) {
    ar_state_drop(state, &e->node);
    return;
  }
  bool waits = e->node.list & AR_LIST_WAITS, held = e->node.held & AR_HELD_BY_SCORE;
  if (waits && !alive(e, state->plan.sequence.steps))
    ar_table_move(&state->keys, &e->node, e->node.list & ~(unsigned)AR_LIST_WAITS);
  else if (!held || scores(state, e))
    return;
  ar_state_touch(state, &e->node, state->now, scores(state, e)); /* keeps its new list in order of time */
}

/* ---- what was evicted ---- */

static ar_instant ghost_until(const ar_state *state, ar_instant evicted) {
  return ar_later(ar_later(evicted, state->plan.within), state->plan.sequence.quiet);
}

void ar_sequence_ghost(ar_state *state, const ar_node *node) {
  ar_table *ghosts = &state->ghosts;
  ar_node *known = ar_table_find(ghosts, node->key), *oldest = NULL;
  if (known) {
    known->touched = state->now;
    ar_table_move(ghosts, known, 0);
    return;
  }
  if (ghosts->count >= ghosts->cap) {
    oldest = ar_table_node(ghosts, ghosts->oldest[0]);
    state->blurred_until = ghost_until(state, oldest->touched);
    ar_table_remove(ghosts, oldest);
  }
  ar_table_insert(ghosts, node->key, 0, state->now);
}

static bool maybe_missed(const ar_state *state, ar_id key) {
  const ar_node *ghost = ar_table_peek(&state->ghosts, key);
  return state->now <= state->blurred_until || (ghost && state->now <= ghost_until(state, ghost->touched));
}

/* ---- steps ---- */

static void fill(const ar_state *state, entry *e, unsigned done, ar_match *out) {
  for (unsigned i = 0; i < done; i++)
    out->steps[i] = (ar_hit){ chain(e, done)[i].at, { 0, 0 }, chain(e, done)[i].witness };
  out->done = done;
  if (done == state->plan.sequence.steps) out->due = e->due;
}

/* How far the key got: the chain with most steps done. */
static void fill_best(const ar_state *state, entry *e, ar_match *out) {
  for (unsigned done = state->plan.sequence.steps; e && done > 0; done--) {
    if (!alive(e, done)) continue;
    fill(state, e, done, out);
    return;
  }
}

static ar_match no_match(const ar_state *state, ar_id key) {
  return (ar_match){ .key = key, .due = AR_INSTANT_NONE, .maybe_missed = maybe_missed(state, key) };
}

static void wait_for_quiet(ar_state *state, entry *e, ar_instant at) {
  e->due = ar_later(at, state->plan.sequence.quiet);
  e->node.touched = at;
  due_push(state, e);
  ar_table_move(&state->keys, &e->node, e->node.list | AR_LIST_WAITS);
}

/* The last step, nothing to wait for: the chain's references go to the caller. */
static void complete(ar_state *state, entry *e, step_hit last, ar_match *out) {
  unsigned done = state->plan.sequence.steps - 1;
  if (e) {
    fill(state, e, done, out);
    e->alive &= ~(1u << done);
    state->live -= done;
    settle(state, e);
  }
  out->steps[done] = (ar_hit){ last.at, { 0, 0 }, last.witness };
  out->done = done + 1;
  out->complete = true;
  state->counts.adds++;
}

/* Moves the chain with `done` steps one on; done = 0 starts one. */
static void advance(ar_state *state, entry *e, unsigned done, step_hit hit) {
  unsigned steps = state->plan.sequence.steps;
  if (done + 1 == steps && alive(e, steps)) { /* one waits already, and the wait is not renewed */
    drop_chain(state, e, done);
    ar_state_release(state, hit.witness);
    return;
  }
  drop_chain(state, e, done + 1);
  if (done) memcpy(chain(e, done + 1), chain(e, done), done * sizeof hit);
  chain(e, done + 1)[done] = hit;
  e->alive = (e->alive & ~(1u << done)) | 1u << (done + 1);
  state->live++;
  ar_state_touch(state, &e->node, hit.at, scores(state, e));
  if (done + 1 == steps) wait_for_quiet(state, e, hit.at);
}

static bool take_step(ar_state *state, ar_id key, unsigned step, step_hit hit, ar_match *out, ar_err *err) {
  entry *e = find(state, key, hit.at);
  bool last = step + 1 == state->plan.sequence.steps, follows = step == 0 || (e && alive(e, step));
  *out = no_match(state, key);
  if (!follows) {
    ar_state_release(state, hit.witness);
    fill_best(state, e, out);
    return true;
  }
  if (last && state->plan.sequence.quiet == 0) {
    complete(state, step ? e : NULL, hit, out);
    return true;
  }
  if (!e) {
    if (!ar_state_reserve(state, err)) return ar_state_release(state, hit.witness), false;
    e = ar_state_insert(state, key, hit.at);
    out->maybe_missed = maybe_missed(state, key);
  }
  advance(state, e, step, hit);
  state->counts.adds++;
  fill_best(state, e, out);
  return true;
}

bool ar_sequence_step(ar_state *state, ar_id key, unsigned step, ar_instant at, void *witness, ar_match *out,
                      ar_err *err) {
  at = ar_state_begin(state, at);
  if (!ar_state_is(state, AR_STATE_SEQUENCE, err)) return ar_state_release(state, witness), false;
  if (step >= state->plan.sequence.steps) {
    ar_state_release(state, witness);
    return ar_fail(err, AR_EUSAGE, "sequence: step %u of %u", step + 1, state->plan.sequence.steps);
  }
  if (!ar_id_none(key)) return take_step(state, key, step, (step_hit){ at, witness }, out, err);
  ar_state_release(state, witness);
  *out = (ar_match){ .due = AR_INSTANT_NONE };
  return true;
}

void ar_sequence_mark(ar_state *state, ar_id key, unsigned mark, ar_instant at) {
  const ar_sequence_plan *plan = &state->plan.sequence;
  at = ar_state_begin(state, at);
  if (state->plan.kind != AR_STATE_SEQUENCE || mark > 31) return;
  entry *e = find(state, key, at);
  if (!e) return;
  for (unsigned done = 1; done < plan->steps; done++) {
    if (plan->forbidden[done - 1] >> mark & 1) drop_chain(state, e, done);
  }
  if (plan->forbidden_after >> mark & 1 && at <= e->due) drop_chain(state, e, plan->steps);
  settle(state, e);
}

bool ar_sequence_due(ar_state *state, ar_instant now, ar_match *out) {
  entry *e = ar_table_node(&state->keys, state->due_first);
  ar_state_begin(state, AR_INSTANT_NONE);
  if (!e || e->due > now) return false;
  *out = no_match(state, e->node.key);
  fill(state, e, state->plan.sequence.steps, out);
  out->complete = true;
  forget_chain(state, e, state->plan.sequence.steps);
  settle(state, e);
  return true;
}

ar_instant ar_sequence_next_due(const ar_state *state) {
  const entry *e = ar_table_node(&state->keys, state->due_first);
  return e ? e->due : AR_INSTANT_NONE;
}
