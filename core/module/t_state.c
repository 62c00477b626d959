/* t_state.c — core.T.state, and core.T.state.profile in it: what specs reach of state. Test builds only.
 *
 * Times and spans are seconds; keys and members are names, hashed with the table's seed; witnesses are whole numbers
 * from 1, counted when given and when released. A failure is nil, message, code.
 */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "module/t_state.h"

#include <string.h>

#define STATE_TYPE "armrun.T.state"

typedef struct box {
  ar_state *state;
  uint64_t seed;
  uint64_t given, given_sum, released, released_sum;
} box;

/* ---- the tables of rules ---- */

static box *check_box(lua_State *L) {
  box *b = luaL_checkudata(L, 1, STATE_TYPE);
  luaL_argcheck(L, b->state, 1, "was freed");
  return b;
}

static void count_release(void *owner, void *witness) {
  box *b = owner;
  b->released++;
  b->released_sum += (uintptr_t)witness;
}

static void *to_witness(lua_State *L, int arg, box *b) {
  uint64_t number = (uint64_t)luaL_optinteger(L, arg, 0);
  if (number) b->given++;
  b->given_sum += number;
  return (void *)(uintptr_t)number;
}

static void set_witness(lua_State *L, const void *witness) {
  if (witness) set_integer(L, "witness", (uintptr_t)witness);
}

static void read_sequence(lua_State *L, ar_sequence_plan *plan) {
  plan->steps = (unsigned)opt_integer(L, "steps");
  plan->quiet = opt_integer(L, "quiet") * AR_SECOND;
  plan->forbidden_after = (uint32_t)opt_integer(L, "forbidden_after");
  if (lua_getfield(L, 1, "forbidden") == LUA_TTABLE) {
    for (int i = 0; i < AR_STEPS_MAX; i++) {
      lua_rawgeti(L, -1, i + 1);
      plan->forbidden[i] = (uint32_t)luaL_optinteger(L, -1, 0);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static int l_new(lua_State *L) {
  ar_err err;
  ar_state_plan plan = { 0 };
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "kind");
  plan.kind = (ar_state_kind)luaL_checkoption(L, -1, NULL, ar_state_words);
  plan.within = opt_integer(L, "within") * AR_SECOND;
  plan.cap = (uint32_t)opt_integer(L, "cap");
  plan.cap_hits = (uint32_t)opt_integer(L, "cap_hits");
  plan.seed = (uint64_t)opt_integer(L, "seed");
  read_sequence(L, &plan.sequence);
  box *b = lua_newuserdatauv(L, sizeof *b, 0);
  memset(b, 0, sizeof *b);
  luaL_setmetatable(L, STATE_TYPE);
  plan.release = count_release;
  plan.owner = b;
  b->seed = plan.seed;
  b->state = ar_state_new(&plan, &err);
  return b->state ? 1 : push_failure(L, &err);
}

static int l_free(lua_State *L) {
  box *b = luaL_checkudata(L, 1, STATE_TYPE);
  ar_state_free(b->state);
  b->state = NULL;
  return 0;
}

static int l_clear(lua_State *L) {
  ar_state_clear(check_box(L)->state);
  return 0;
}

static int l_hold(lua_State *L) {
  box *b = check_box(L);
  lua_pushboolean(L, ar_state_hold(b->state, to_id(L, 2, b->seed), lua_toboolean(L, 3)));
  return 1;
}

/* Witnesses out: given minus released, and the same for the sum of their numbers. */
static int l_witnesses(lua_State *L) {
  box *b = luaL_checkudata(L, 1, STATE_TYPE);
  lua_pushinteger(L, (lua_Integer)(b->given - b->released));
  lua_pushinteger(L, (lua_Integer)(b->given_sum - b->released_sum));
  return 2;
}

static int l_tell(lua_State *L) {
  ar_state_counts counts = ar_state_tell(check_box(L)->state);
  lua_newtable(L);
  set_integer(L, "keys", counts.keys);
  set_integer(L, "hits", counts.hits);
  set_integer(L, "adds", counts.adds);
  set_integer(L, "expired", counts.expired);
  set_integer(L, "evicted", counts.evicted);
  set_integer(L, "hits_evicted", counts.hits_evicted);
  set_integer(L, "held_evicted", counts.held_evicted);
  set_integer(L, "probes", counts.probes);
  set_integer(L, "longest", counts.longest);
  set_integer(L, "bytes", counts.bytes);
  return 1;
}

static void push_hits(lua_State *L, const ar_hit *hits, uint32_t count) {
  lua_createtable(L, (int)count, 0);
  for (uint32_t i = 0; i < count; i++) {
    lua_newtable(L);
    set_seconds(L, "at", hits[i].at);
    set_witness(L, hits[i].witness);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static int push_tally(lua_State *L, const ar_tally *tally) {
  lua_newtable(L);
  set_integer(L, "total", tally->total);
  set_integer(L, "distinct", tally->distinct);
  set_integer(L, "most", tally->most);
  set_integer(L, "least", tally->least);
  set_seconds(L, "first", tally->first);
  set_seconds(L, "last", tally->last);
  set_seconds(L, "span", tally->span);
  set_seconds(L, "median_gap", tally->median_gap);
  set_seconds(L, "longest_gap", tally->longest_gap);
  set_boolean(L, "cut", tally->cut);
  set_integer(L, "once", ar_tally_exactly(tally, 1));
  set_integer(L, "twice_or_more", ar_tally_at_least(tally, 2));
  push_hits(L, tally->hits, tally->total);
  lua_setfield(L, -2, "hits");
  return 1;
}

static int l_add(lua_State *L) {
  ar_err err;
  ar_tally tally;
  box *b = check_box(L);
  ar_id key = to_id(L, 2, b->seed), member = to_id(L, 3, b->seed);
  ar_instant at = to_instant(L, 4);
  void *witness = to_witness(L, 5, b);
  if (!ar_state_add(b->state, key, member, at, witness, &tally, &err)) return push_failure(L, &err);
  return push_tally(L, &tally);
}

/* flood(count, at [, from]): at one time a hit for each of as many strangers, numbered from `from`. */
static int l_flood(lua_State *L) {
  ar_err err;
  ar_tally tally;
  box *b = check_box(L);
  lua_Integer count = luaL_checkinteger(L, 2), from = luaL_optinteger(L, 4, 1);
  ar_instant at = to_instant(L, 3);
  for (lua_Integer i = from; i < from + count; i++) {
    ar_id key = ar_id_mix((ar_id){ 1, (uint64_t)i }, (ar_id){ 2, 3 });
    if (!ar_state_add(b->state, key, key, at, NULL, &tally, &err)) return push_failure(L, &err);
  }
  lua_pushboolean(L, true);
  return 1;
}

/* bury_raw(hi, lo, at): a tombstone under an identity as it is. */
static int l_bury_raw(lua_State *L) {
  ar_err err;
  box *b = check_box(L);
  ar_id key = { (uint64_t)luaL_checkinteger(L, 2), (uint64_t)luaL_checkinteger(L, 3) };
  if (!ar_tomb_put(b->state, key, key, to_instant(L, 4), NULL, &err)) return push_failure(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int l_look(lua_State *L) {
  box *b = check_box(L);
  ar_tally tally = ar_state_look(b->state, to_id(L, 2, b->seed), to_instant(L, 3));
  return push_tally(L, &tally);
}

/* A complete match is ours: its witnesses are given back before anything can raise. */
static int push_match(lua_State *L, box *b, const ar_match *match) {
  for (unsigned i = 0; match->complete && i < match->done; i++) {
    if (match->steps[i].witness) count_release(b, match->steps[i].witness);
  }
  lua_newtable(L);
  set_boolean(L, "complete", match->complete);
  set_integer(L, "done", match->done);
  set_seconds(L, "due", match->due);
  set_boolean(L, "maybe_missed", match->maybe_missed);
  push_hits(L, match->steps, match->done);
  lua_setfield(L, -2, "steps");
  return 1;
}

static int l_step(lua_State *L) {
  ar_err err;
  ar_match match;
  box *b = check_box(L);
  ar_id key = to_id(L, 2, b->seed);
  unsigned step = (unsigned)luaL_checkinteger(L, 3);
  ar_instant at = to_instant(L, 4);
  void *witness = to_witness(L, 5, b);
  if (!ar_sequence_step(b->state, key, step, at, witness, &match, &err)) return push_failure(L, &err);
  return push_match(L, b, &match);
}

static int l_mark(lua_State *L) {
  box *b = check_box(L);
  ar_sequence_mark(b->state, to_id(L, 2, b->seed), (unsigned)luaL_checkinteger(L, 3), to_instant(L, 4));
  return 0;
}

static int l_due(lua_State *L) {
  ar_match match;
  box *b = check_box(L);
  if (!ar_sequence_due(b->state, to_instant(L, 2), &match)) return 0;
  return push_match(L, b, &match);
}

static int l_next_due(lua_State *L) {
  ar_instant due = ar_sequence_next_due(check_box(L)->state);
  if (due == AR_INSTANT_NONE) return 0;
  lua_pushnumber(L, (lua_Number)due / 1e7);
  return 1;
}

typedef bool (*put_fn)(ar_state *, ar_id, ar_id, ar_instant, void *, ar_err *);

static int put(lua_State *L, put_fn fn) {
  ar_err err;
  box *b = check_box(L);
  ar_id key = to_id(L, 2, b->seed), member = to_id(L, 3, b->seed);
  ar_instant at = to_instant(L, 4);
  void *witness = to_witness(L, 5, b);
  if (!fn(b->state, key, member, at, witness, &err)) return push_failure(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int l_open(lua_State *L) {
  return put(L, ar_life_open);
}

static int l_bury(lua_State *L) {
  return put(L, ar_tomb_put);
}

static int life(lua_State *L, ar_life (*fn)(ar_state *, ar_id, ar_instant)) {
  box *b = check_box(L);
  ar_life found = fn(b->state, to_id(L, 2, b->seed), to_instant(L, 3));
  if (!found.found) return 0;
  lua_newtable(L);
  set_seconds(L, "opened", found.opened);
  set_seconds(L, "closed", found.closed);
  set_seconds(L, "age", found.age);
  set_witness(L, found.witness);
  return 1;
}

static int l_life(lua_State *L) {
  return life(L, ar_life_look);
}

static int l_close(lua_State *L) {
  return life(L, ar_life_close);
}

static int l_tomb(lua_State *L) {
  box *b = check_box(L);
  ar_tomb tomb = ar_tomb_look(b->state, to_id(L, 2, b->seed), to_instant(L, 3));
  if (!tomb.found) return 0;
  lua_newtable(L);
  set_seconds(L, "at", tomb.at);
  set_witness(L, tomb.witness);
  return 1;
}

static int l_unbury(lua_State *L) {
  box *b = check_box(L);
  lua_pushboolean(L, ar_tomb_clear(b->state, to_id(L, 2, b->seed)));
  return 1;
}

static int push_total(lua_State *L, const ar_total *total) {
  lua_createtable(L, 0, 4);
  set_integer(L, "sum", total->sum);
  set_integer(L, "last_day", total->last_day);
  set_integer(L, "most_before", total->most_before);
  set_integer(L, "days_before", total->days_before);
  return 1;
}

/* total(key, amount, at) adds, sum(key, at) looks. */
static int l_total(lua_State *L) {
  box *b = check_box(L);
  ar_total total;
  ar_err err;
  uint64_t amount = (uint64_t)luaL_checkinteger(L, 3);
  if (!ar_total_add(b->state, to_id(L, 2, b->seed), amount, to_instant(L, 4), &total, &err))
    return push_failure(L, &err);
  return push_total(L, &total);
}

static int l_sum(lua_State *L) {
  box *b = check_box(L);
  ar_total total = ar_total_look(b->state, to_id(L, 2, b->seed), to_instant(L, 3));
  return push_total(L, &total);
}

static int push_seen(lua_State *L, const ar_seen *seen) {
  lua_newtable(L);
  set_boolean(L, "known", seen->known);
  set_seconds(L, "first", seen->first);
  set_seconds(L, "last", seen->last);
  set_integer(L, "times", seen->times);
  set_integer(L, "days", seen->days);
  return 1;
}

static int l_seen(lua_State *L) {
  box *b = check_box(L);
  ar_seen seen = ar_seen_look(b->state, to_id(L, 2, b->seed), to_id(L, 3, b->seed), to_instant(L, 4));
  return push_seen(L, &seen);
}

static int l_see(lua_State *L) {
  ar_err err;
  ar_seen before;
  box *b = check_box(L);
  ar_id key = to_id(L, 2, b->seed), member = to_id(L, 3, b->seed);
  if (!ar_seen_add(b->state, key, member, to_instant(L, 4), &before, &err)) return push_failure(L, &err);
  return push_seen(L, &before);
}

static int l_fail_at(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_fail_at((size_t)luaL_checkinteger(L, 1)));
  return 1;
}

static int l_live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_live());
  return 1;
}

static const luaL_Reg state_methods[] = {
  { "free", l_free },     { "clear", l_clear }, { "hold", l_hold },         { "witnesses", l_witnesses },
  { "tell", l_tell },     { "add", l_add },     { "look", l_look },         { "step", l_step },
  { "mark", l_mark },     { "due", l_due },     { "next_due", l_next_due }, { "open", l_open },
  { "life", l_life },     { "close", l_close }, { "bury", l_bury },         { "tomb", l_tomb },
  { "unbury", l_unbury }, { "seen", l_seen },   { "see", l_see },           { "total", l_total },
  { "sum", l_sum },       { "flood", l_flood }, { "bury_raw", l_bury_raw }, { NULL, NULL }
};

static const luaL_Reg functions[] = {
  { "new", l_new }, { "fail_at", l_fail_at }, { "live_blocks", l_live }, { NULL, NULL }
};

int arl_t_state(lua_State *L) {
  new_type(L, STATE_TYPE, state_methods, l_free);
  luaL_newlib(L, functions);
  push_t_profile(L);
  lua_setfield(L, -2, "profile");
  return 1;
}
#endif
