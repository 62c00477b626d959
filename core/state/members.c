/* members.c — first seen: what a key was seen with, since when, how often, on how many days. */
#include "state/private.h"

typedef struct member {
  ar_id id;
  ar_instant first, last;
  uint32_t times, days;
} member;

typedef struct entry {
  ar_node node;
  member *members; /* in no order that matters; an expired one stays until its place is wanted */
  uint32_t len, room;
} entry;

const size_t ar_members_node_bytes = sizeof(entry);

void ar_members_drop(ar_state *state, ar_node *node) {
  entry *e = (entry *)node;
  state->live -= e->len;
  state->payload_bytes -= e->room * sizeof *e->members;
  ar_free(e->members);
}

static member *find(ar_state *state, ar_id key, ar_id id) {
  entry *e = state->plan.kind == AR_STATE_FIRST_SEEN ? ar_table_find(&state->keys, key) : NULL;
  for (uint32_t i = 0; e && i < e->len; i++) {
    if (ar_id_eq(e->members[i].id, id)) return &e->members[i];
  }
  return NULL;
}

static ar_seen seen(const ar_state *state, const member *m, ar_instant at) {
  if (!m || ar_state_gone(state, m->last, at)) return (ar_seen){ .first = AR_INSTANT_NONE, .last = AR_INSTANT_NONE };
  return (ar_seen){ true, m->first, m->last, m->times, m->days };
}

ar_seen ar_seen_look(ar_state *state, ar_id key, ar_id id, ar_instant at) {
  at = ar_state_begin(state, at);
  return seen(state, find(state, key, id), at);
}

static bool widen(ar_state *state, entry *e) {
  uint32_t room = e->room ? e->room * 2 : 2;
  if (room > state->plan.cap_hits) room = state->plan.cap_hits;
  member *members = ar_resize(e->members, room * sizeof *members);
  if (!members) return false;
  state->payload_bytes += (room - e->room) * sizeof *members;
  e->members = members;
  e->room = room;
  return true;
}

static void forget_expired(ar_state *state, entry *e, ar_instant at) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < e->len; i++) {
    if (!ar_state_gone(state, e->members[i].last, at)) e->members[kept++] = e->members[i];
  }
  state->live -= e->len - kept;
  e->len = kept;
}

static member *oldest(entry *e) {
  member *found = e->members;
  for (uint32_t i = 1; i < e->len; i++) {
    if (e->members[i].last < found->last) found = &e->members[i];
  }
  return found;
}

/* A blank member in a free place, or in that of the member not seen for longest. NULL when memory is out. */
static member *place(ar_state *state, entry *e, ar_id id, ar_instant at) {
  member *m;
  if (e->len == e->room) forget_expired(state, e, at);
  if (e->len == e->room && e->room < state->plan.cap_hits && !widen(state, e)) return NULL;
  if (e->len < e->room) {
    m = &e->members[e->len++];
    state->live++;
  } else {
    m = oldest(e);
    state->counts.hits_evicted++;
  }
  *m = (member){ .id = id, .first = at, .last = AR_INSTANT_NONE };
  return m;
}

static entry *entry_for(ar_state *state, ar_id key, ar_instant at, ar_err *err) {
  entry fresh = { .len = 0 }, *e = ar_table_find(&state->keys, key);
  if (e) return e;
  if (!ar_state_reserve(state, err)) return NULL;
  if (!widen(state, &fresh)) return ar_nomem(err, "remembering a member"), NULL;
  e = ar_state_insert(state, key, at);
  e->members = fresh.members;
  e->room = fresh.room;
  return e;
}

static void see(ar_state *state, member *m, ar_instant at) {
  if (m->last != AR_INSTANT_NONE && ar_state_gone(state, m->last, at))
    *m = (member){ .id = m->id, .first = at, .last = AR_INSTANT_NONE };
  if (m->last == AR_INSTANT_NONE || ar_instant_day(m->last) != ar_instant_day(at)) m->days++;
  m->last = at;
  if (m->times < UINT32_MAX) m->times++;
}

bool ar_seen_add(ar_state *state, ar_id key, ar_id id, ar_instant at, ar_seen *before, ar_err *err) {
  at = ar_state_begin(state, at);
  if (!ar_state_is(state, AR_STATE_FIRST_SEEN, err)) return false;
  *before = seen(state, NULL, at);
  if (ar_id_none(key) || ar_id_none(id)) return true;
  member *m = find(state, key, id);
  *before = seen(state, m, at);
  entry *e = entry_for(state, key, at, err);
  if (!e) return false;
  if (!m && !(m = place(state, e, id, at))) return ar_nomem(err, "remembering a member");
  see(state, m, at);
  state->counts.adds++;
  ar_state_touch(state, &e->node, at, m->days > 1 || e->node.held & AR_HELD_BY_SCORE);
  ar_state_evict_live(state, &e->node);
  return true;
}
