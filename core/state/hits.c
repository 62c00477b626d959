/* hits.c — count, distinct and tally: the hits of a key within a window, by time. */
#include "state/private.h"

#include <string.h>

typedef struct entry {
  ar_node node;
  ar_hit *hits; /* hits[start .. start + len): the front moves on as hits expire */
  uint32_t start, len, room;
  ar_instant cut_at; /* time of the latest hit that left for want of room */
} entry;

const size_t ar_hits_node_bytes = sizeof(entry);

static void drop_front(ar_state *state, entry *e, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) ar_state_release(state, e->hits[e->start + i].witness);
  e->start += count;
  e->len -= count;
  state->live -= count;
  if (e->len == 0) e->start = 0;
}

void ar_hits_drop(ar_state *state, ar_node *node) {
  entry *e = (entry *)node;
  drop_front(state, e, e->len);
  state->payload_bytes -= e->room * sizeof *e->hits;
  ar_free(e->hits);
}

static void expire_hits(ar_state *state, entry *e, ar_instant at) {
  uint32_t count = 0;
  while (count < e->len && ar_state_gone(state, e->hits[e->start + count].at, at)) count++;
  drop_front(state, e, count);
}

/* A quarter more than the cap: a full key then shifts once in cap/4 hits. */
static uint32_t most_room(const ar_state *state) {
  return state->plan.cap_hits + state->plan.cap_hits / 4 + 1;
}

static bool widen(ar_state *state, entry *e) {
  uint32_t room = e->room ? e->room * 2 : 2, most = most_room(state);
  if (room > most) room = most;
  ar_hit *hits = ar_resize(e->hits, room * sizeof *hits);
  if (!hits) return false;
  state->payload_bytes += (room - e->room) * sizeof *hits;
  e->hits = hits;
  e->room = room;
  return true;
}

/* Room for one more hit behind the last. */
static bool make_room(ar_state *state, entry *e) {
  if (e->start + e->len < e->room) return true;
  if (e->start == 0 || (e->start < e->room / 4 && e->room < most_room(state))) return widen(state, e);
  memmove(e->hits, e->hits + e->start, e->len * sizeof *e->hits);
  e->start = 0;
  return true;
}

/* Finds or makes the entry of a key, with room for a hit. NULL, and nothing changed, when memory is out. */
static entry *entry_for(ar_state *state, ar_id key, ar_instant at, ar_err *err) {
  entry fresh = { .cut_at = AR_INSTANT_NONE }, *e = ar_table_find(&state->keys, key);
  if (e) {
    expire_hits(state, e, at);
    if (e->len == state->plan.cap_hits || make_room(state, e)) return e;
    return ar_nomem(err, "remembering a hit"), NULL;
  }
  if (!ar_state_reserve(state, err)) return NULL;
  if (!widen(state, &fresh)) return ar_nomem(err, "remembering a hit"), NULL;
  e = ar_state_insert(state, key, at);
  e->hits = fresh.hits;
  e->room = fresh.room;
  e->cut_at = AR_INSTANT_NONE;
  return e;
}

/* A distinct table keeps the latest hit of each member, so that a member repeated at will pushes nobody out. */
static void forget_member(ar_state *state, entry *e, ar_id member) {
  for (uint32_t i = e->len; i-- > 0;) {
    ar_hit *hit = &e->hits[e->start + i];
    if (!ar_id_eq(hit->member, member)) continue;
    ar_state_release(state, hit->witness);
    memmove(hit, hit + 1, (e->len - i - 1) * sizeof *hit);
    e->len--;
    state->live--;
    return;
  }
}

static void push(ar_state *state, entry *e, ar_hit hit) {
  if (state->plan.kind == AR_STATE_DISTINCT) forget_member(state, e, hit.member);
  if (e->len == state->plan.cap_hits) {
    e->cut_at = e->hits[e->start].at;
    state->counts.hits_evicted++;
    drop_front(state, e, 1);
    make_room(state, e);
  }
  e->hits[e->start + e->len++] = hit;
  state->live++;
}

static void fill(ar_state *state, const entry *e, ar_instant at, ar_tally *out) {
  *out = (ar_tally){ .first = AR_INSTANT_NONE, .last = AR_INSTANT_NONE };
  if (!e || e->len == 0) return;
  out->hits = e->hits + e->start;
  out->total = e->len;
  out->first = out->hits[0].at;
  out->last = out->hits[e->len - 1].at;
  out->span = ar_between(out->first, out->last);
  out->cut = e->cut_at != AR_INSTANT_NONE && !ar_state_gone(state, e->cut_at, at);
  if (state->plan.kind == AR_STATE_DISTINCT) out->distinct = e->len;
  if (state->plan.kind != AR_STATE_TALLY) return;
  ar_tally_members(&state->scratch, state->plan.seed, out);
  ar_tally_gaps(&state->scratch, out);
}

static bool is_window(const ar_state *state, ar_err *err) {
  if (state->plan.kind <= AR_STATE_TALLY) return true;
  return ar_fail(err, AR_EUSAGE, "this state is a %s, which has no hits to add", ar_state_words[state->plan.kind]);
}

bool ar_state_add(ar_state *state, ar_id key, ar_id member, ar_instant at, void *witness, ar_tally *out, ar_err *err) {
  at = ar_state_begin(state, at);
  if (!is_window(state, err)) return ar_state_release(state, witness), false;
  if (ar_id_none(key) || (state->plan.kind == AR_STATE_DISTINCT && ar_id_none(member))) {
    ar_state_release(state, witness);
    *out = ar_state_look(state, key, at);
    return true;
  }
  entry *e = entry_for(state, key, at, err);
  if (!e) return ar_state_release(state, witness), false;
  push(state, e, (ar_hit){ at, member, witness });
  state->counts.adds++;
  ar_state_touch(state, &e->node, at, e->len > 1);
  ar_state_evict_live(state, &e->node);
  fill(state, e, at, out);
  return true;
}

ar_tally ar_state_look(ar_state *state, ar_id key, ar_instant at) {
  ar_tally tally;
  at = ar_state_begin(state, at);
  entry *e = state->plan.kind <= AR_STATE_TALLY ? ar_table_find(&state->keys, key) : NULL;
  if (e) expire_hits(state, e, at);
  fill(state, e, at, &tally);
  if (e && e->len == 0) {
    state->counts.expired++;
    ar_state_drop(state, &e->node);
  }
  return tally;
}
