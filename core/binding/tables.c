/* tables.c — state.<name>: the tables a rule declared, and params.<name>. Tables are the core's; Lua holds handles. */
#include "binding/private.h"

#include <stdio.h>
#include <string.h>

typedef struct handle {
  bound *bound;
  size_t state;
} handle;

#define HANDLE "armrun.state"

/* ---- what the methods need ---- */

static const ar_state_decl *decl_of(const handle *h) {
  return &h->bound->rule->states[h->state];
}

static ar_state *table_of(const handle *h) {
  return h->bound->rule->tables[h->state];
}

static handle *begin_call(lua_State *L, handle *h) {
  script *s = h->bound->script;
  if (h->bound != s->current) luaL_error(L, "state of another rule");
  ar_sandbox_charge(L, 32);
  s->table_calls++;
  s->asked = NULL;
  return h;
}

/* The metatable lies in the registry under an address too, which is faster than by its name. */
static const char handle_key;

static handle *check_handle(lua_State *L) {
  handle *h = lua_touserdata(L, 1);
  if (h && lua_getmetatable(L, 1)) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &handle_key);
    bool is = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (is) return h;
  }
  return luaL_checkudata(L, 1, HANDLE);
}

/* The handle at 1 and the act at 2, both of the call under way. */
static handle *check_call(lua_State *L) {
  handle *h = check_handle(L);
  script *s = script_of(L);
  if (!s->running) luaL_error(L, "state used outside detect()");
  view_check(L, 2, &view_act);
  return begin_call(L, h);
}

/* The same for questions, which may be about a remembered act too: due() has no other. */
static handle *check_look(lua_State *L) {
  handle *h = check_handle(L);
  if (!view_is(L, 2, &view_witness)) return check_call(L);
  ar_witness *asked = complete_witness(L, witness_of_view(L, 2));
  begin_call(L, h);
  h->bound->script->asked = asked;
  return h;
}

static ar_case *case_of(const handle *h) {
  return h->bound->script->acase;
}

static ar_id key_of(const handle *h) {
  const ar_witness *asked = h->bound->script->asked;
  return asked ? ar_witness_key(asked, &decl_of(h)->by) : ar_case_key(case_of(h), &decl_of(h)->by);
}

static ar_instant now_of(const handle *h) {
  return case_of(h) ? ar_case_act(case_of(h))->time : h->bound->script->due_at;
}

static ar_id field_of(const handle *h, ar_field field) {
  const ar_witness *asked = h->bound->script->asked;
  return asked ? asked->ids[field] : ar_case_id(case_of(h), field);
}

/* As the engine identifies a field that has this text. */
static ar_id id_of_text(ar_field field, ar_str text, uint64_t seed) {
  ar_ip ip;
  bool address = (field == AR_FIELD_IP || field == AR_FIELD_NETWORK) && ar_ip_parse(text, &ip);
  return address ? (ar_id){ ip.hi, ip.lo } : ar_id_name(text, seed);
}

/* The member given at 3, else the field named by `of`; the same text in any case is the same member. */
static ar_id member_of(lua_State *L, const handle *h) {
  size_t len;
  if (lua_isnoneornil(L, 3)) return decl_of(h)->of == AR_FIELD_COUNT ? AR_ONLY_MEMBER : field_of(h, decl_of(h)->of);
  const char *text = luaL_checklstring(L, 3, &len);
  ar_sandbox_charge(L, len / 64);
  return id_of_text(decl_of(h)->of, (ar_str){ text, len }, h->bound->script->loader->seed);
}

/* The witness of the act, for a table to keep. */
static ar_witness *new_reference(lua_State *L, const handle *h) {
  ar_err err;
  ar_witness *w = ar_case_witness(case_of(h), &err);
  if (!w) raise_err(L, &err);
  return ar_witness_hold(w);
}

/* Remembers that this key was asked, so that an alert of this call can show what lies there. */
static void note_looked(const handle *h) {
  script *s = h->bound->script;
  ar_id key = key_of(h);
  for (size_t i = 0; i < s->looked_count; i++)
    if (s->looked[i].state == h->state && ar_id_eq(s->looked[i].key, key)) return;
  if (s->looked_count < LOOKED_MAX) s->looked[s->looked_count++] = (looked){ h->state, key };
}

/* ---- count, distinct, tally ---- */

typedef struct tally_view {
  view v;
  ar_tally tally;
  uint32_t call;
} tally_view;

static int push_tally(lua_State *L, const handle *h, ar_tally tally) {
  note_looked(h);
  tally_view *t = view_push(L, &view_tally, sizeof *t);
  t->tally = tally;
  t->call = h->bound->script->table_calls;
  return 1;
}

static int tally_add(lua_State *L) {
  handle *h = check_call(L);
  ar_tally tally = { 0 };
  ar_err err;
  ar_id member = member_of(L, h);
  if (!ar_state_add(table_of(h), key_of(h), member, now_of(h), new_reference(L, h), &tally, &err)) raise_err(L, &err);
  return push_tally(L, h, tally);
}

static int tally_look(lua_State *L) {
  handle *h = check_look(L);
  return push_tally(L, h, ar_state_look(table_of(h), key_of(h), now_of(h)));
}

#define TALLY(name, push, value)                                                                                       \
  static void tally_##name(lua_State *L, view *v) {                                                                    \
    const ar_tally *t = &((tally_view *)v)->tally;                                                                     \
    push(L, value);                                                                                                    \
  }
TALLY(total, lua_pushinteger, t->total)
TALLY(distinct, lua_pushinteger, t->distinct)
TALLY(most, lua_pushinteger, t->most)
TALLY(least, lua_pushinteger, t->least)
TALLY(span, push_span, t->span)
TALLY(median_gap, push_span, t->median_gap)
TALLY(longest_gap, push_span, t->longest_gap)
TALLY(first, push_instant, t->total ? t->first : AR_INSTANT_NONE)
TALLY(last, push_instant, t->total ? t->last : AR_INSTANT_NONE)
TALLY(cut, lua_pushboolean, t->cut)

static tally_view *check_tally(lua_State *L) {
  tally_view *t = view_check(L, 1, &view_tally);
  if (t->call != t->v.script->table_calls)
    luaL_error(L, "this tally is out of date: another call on a state came between");
  return t;
}

static int count_members(lua_State *L, uint32_t (*count)(const ar_tally *, uint32_t)) {
  tally_view *t = check_tally(L);
  lua_Integer n = luaL_checkinteger(L, 2);
  luaL_argcheck(L, n >= 0 && n <= UINT32_MAX, 1, "a count");
  ar_sandbox_charge(L, 1 + t->tally.total / 16);
  lua_pushinteger(L, count(&t->tally, (uint32_t)n));
  return 1;
}

static int arl_exactly(lua_State *L) {
  return count_members(L, ar_tally_exactly);
}
static int arl_at_least(lua_State *L) {
  return count_members(L, ar_tally_at_least);
}

/* The share of acts that began when the one before had ended: 1 for a script that waits for each. */
static int arl_serial(lua_State *L) {
  tally_view *t = check_tally(L);
  uint32_t waited = 0;
  ar_sandbox_charge(L, 1 + t->tally.total / 64);
  for (uint32_t i = 1; t->tally.hits && i < t->tally.total; i++) {
    const ar_witness *before = t->tally.hits[i - 1].witness, *after = t->tally.hits[i].witness;
    if (before && after && after->started >= before->ended) waited++;
  }
  lua_pushnumber(L, t->tally.total < 2 ? 0 : (lua_Number)waited / (t->tally.total - 1));
  return 1;
}

/* How often one act was about another member than the act before it: 1 less than the members for who takes one after
 * the other. */
static int arl_turns(lua_State *L) {
  tally_view *t = check_tally(L);
  lua_Integer turns = 0;
  ar_sandbox_charge(L, 1 + t->tally.total / 64);
  for (uint32_t i = 1; t->tally.hits && i < t->tally.total; i++)
    if (!ar_id_eq(t->tally.hits[i - 1].member, t->tally.hits[i].member)) turns++;
  lua_pushinteger(L, turns);
  return 1;
}

const view_type view_tally = { "tally", "armrun.tally",
                               (const view_field[]){
                                   { "total", tally_total, NULL },
                                   { "distinct", tally_distinct, NULL },
                                   { "most", tally_most, NULL },
                                   { "least", tally_least, NULL },
                                   { "span", tally_span, NULL },
                                   { "median_gap", tally_median_gap, NULL },
                                   { "longest_gap", tally_longest_gap, NULL },
                                   { "first", tally_first, NULL },
                                   { "last", tally_last, NULL },
                                   { "cut", tally_cut, NULL },
                                   { "exactly", NULL, arl_exactly },
                                   { "at_least", NULL, arl_at_least },
                                   { "serial", NULL, arl_serial },
                                   { "turns", NULL, arl_turns },
                                   { NULL, NULL, NULL },
                               } };

/* ---- first seen ---- */

typedef struct seen_view {
  view v;
  ar_seen seen;
} seen_view;

static int push_seen(lua_State *L, ar_seen seen) {
  seen_view *made = view_push(L, &view_seen, sizeof *made);
  made->seen = seen;
  return 1;
}

static int seen_add(lua_State *L) {
  handle *h = check_call(L);
  ar_seen before = { 0 };
  ar_err err;
  ar_id member = member_of(L, h);
  if (!ar_seen_add(table_of(h), key_of(h), member, now_of(h), &before, &err)) raise_err(L, &err);
  return push_seen(L, before);
}

static int seen_look(lua_State *L) {
  handle *h = check_look(L);
  ar_id member = member_of(L, h);
  return push_seen(L, ar_seen_look(table_of(h), key_of(h), member, now_of(h)));
}

#define SEEN(name, push, value)                                                                                        \
  static void seen_##name(lua_State *L, view *v) {                                                                     \
    const ar_seen *s = &((seen_view *)v)->seen;                                                                        \
    push(L, value);                                                                                                    \
  }
SEEN(known, lua_pushboolean, s->known)
SEEN(times, lua_pushinteger, s->times)
SEEN(days, lua_pushinteger, s->days)
SEEN(first, push_instant, s->times ? s->first : AR_INSTANT_NONE)
SEEN(last, push_instant, s->times ? s->last : AR_INSTANT_NONE)

const view_type view_seen = { "seen", "armrun.seen",
                              (const view_field[]){
                                  { "known", seen_known, NULL },
                                  { "times", seen_times, NULL },
                                  { "days", seen_days, NULL },
                                  { "first", seen_first, NULL },
                                  { "last", seen_last, NULL },
                                  { NULL, NULL, NULL },
                              } };

/* ---- total ---- */

typedef struct total_view {
  view v;
  ar_total total;
} total_view;

static int push_total(lua_State *L, ar_total total) {
  total_view *made = view_push(L, &view_total, sizeof *made);
  made->total = total;
  return 1;
}

/* The days are gone through, and so are their hours. */
static void charge_total(lua_State *L, const handle *h) {
  ar_sandbox_charge(L, (size_t)(decl_of(h)->plan.within / AR_DAY));
}

static int total_add(lua_State *L) {
  handle *h = check_call(L);
  ar_total total;
  ar_err err;
  lua_Integer amount = luaL_checkinteger(L, 3);
  luaL_argcheck(L, amount >= 0, 2, "an amount of 0 or more");
  charge_total(L, h);
  if (!ar_total_add(table_of(h), key_of(h), (uint64_t)amount, now_of(h), &total, &err)) raise_err(L, &err);
  return push_total(L, total);
}

static int total_look(lua_State *L) {
  handle *h = check_look(L);
  charge_total(L, h);
  return push_total(L, ar_total_look(table_of(h), key_of(h), now_of(h)));
}

static void push_amount(lua_State *L, uint64_t amount) {
  lua_pushinteger(L, amount > LUA_MAXINTEGER ? LUA_MAXINTEGER : (lua_Integer)amount);
}

#define TOTAL(name)                                                                                                    \
  static void total_##name(lua_State *L, view *v) {                                                                    \
    push_amount(L, ((total_view *)v)->total.name);                                                                     \
  }
TOTAL(sum)
TOTAL(last_day)
TOTAL(most_before)
TOTAL(days_before)

const view_type view_total = { "total", "armrun.total",
                               (const view_field[]){
                                   { "sum", total_sum, NULL },
                                   { "last_day", total_last_day, NULL },
                                   { "most_before", total_most_before, NULL },
                                   { "days_before", total_days_before, NULL },
                                   { NULL, NULL, NULL },
                               } };

/* ---- lifetime, tombstone: one remembered act per key ---- */

typedef struct past_view {
  view v;
  bool found;
  ar_instant at, closed;
  ar_span age;
  ar_id member, mine;
  ar_witness *witness;
} past_view;

static int push_past(lua_State *L, const handle *h, const view_type *type, past_view past) {
  call_hold(L, h->bound->script, past.witness);
  past_view *made = view_push(L, type, sizeof *made);
  past.v = made->v;
  *made = past;
  return 1;
}

static int push_life(lua_State *L, const handle *h, ar_life life, ar_id mine) {
  past_view past = { .found = life.found, .at = AR_INSTANT_NONE, .closed = AR_INSTANT_NONE, .mine = mine };
  if (life.found) {
    past.at = life.opened;
    past.closed = life.closed;
    past.age = life.age;
    past.member = life.member;
    past.witness = life.witness;
  }
  return push_past(L, h, &view_life, past);
}

static int life_open(lua_State *L) {
  handle *h = check_call(L);
  ar_err err;
  ar_id member = member_of(L, h);
  if (!ar_life_open(table_of(h), key_of(h), member, now_of(h), new_reference(L, h), &err)) raise_err(L, &err);
  return 0;
}

static int life_look(lua_State *L) {
  handle *h = check_look(L);
  ar_id member = member_of(L, h);
  return push_life(L, h, ar_life_look(table_of(h), key_of(h), now_of(h)), member);
}

/* The opening's witness goes with the entry; it is held first. */
static int life_close(lua_State *L) {
  handle *h = check_call(L);
  ar_id member = member_of(L, h);
  ar_life life = ar_life_look(table_of(h), key_of(h), now_of(h));
  if (life.found) call_hold(L, h->bound->script, life.witness);
  ar_life closed = ar_life_close(table_of(h), key_of(h), now_of(h));
  closed.witness = life.witness;
  return push_life(L, h, closed, member);
}

static int tomb_put(lua_State *L) {
  handle *h = check_call(L);
  ar_err err;
  ar_id member = member_of(L, h);
  if (!ar_tomb_put(table_of(h), key_of(h), member, now_of(h), new_reference(L, h), &err)) raise_err(L, &err);
  return 0;
}

static int tomb_look(lua_State *L) {
  handle *h = check_look(L);
  past_view past = { .at = AR_INSTANT_NONE, .closed = AR_INSTANT_NONE, .mine = member_of(L, h) };
  ar_tomb tomb = ar_tomb_look(table_of(h), key_of(h), now_of(h));
  if (tomb.found) {
    past.found = true;
    past.at = tomb.at;
    past.age = now_of(h) - tomb.at;
    past.member = tomb.member;
    past.witness = tomb.witness;
  }
  return push_past(L, h, &view_tomb, past);
}

static int tomb_clear(lua_State *L) {
  handle *h = check_call(L);
  ar_tomb tomb = ar_tomb_look(table_of(h), key_of(h), now_of(h));
  if (tomb.found) call_hold(L, h->bound->script, tomb.witness);
  lua_pushboolean(L, ar_tomb_clear(table_of(h), key_of(h)));
  return 1;
}

static void past_found(lua_State *L, view *v) {
  lua_pushboolean(L, ((past_view *)v)->found);
}
static void past_at(lua_State *L, view *v) {
  push_instant(L, ((past_view *)v)->at);
}
static void past_closed(lua_State *L, view *v) {
  push_instant(L, ((past_view *)v)->closed);
}
static void past_age(lua_State *L, view *v) {
  if (((past_view *)v)->found)
    push_span(L, ((past_view *)v)->age);
  else
    lua_pushnil(L);
}
static void past_act(lua_State *L, view *v) {
  push_witness(L, v->script, ((past_view *)v)->witness);
}
static void past_same(lua_State *L, view *v) {
  const past_view *p = (past_view *)v;
  lua_pushboolean(L, p->found && !ar_id_none(p->member) && ar_id_eq(p->member, p->mine));
}

const view_type view_life = { "life", "armrun.life",
                              (const view_field[]){
                                  { "found", past_found, NULL },
                                  { "opened", past_at, NULL },
                                  { "closed", past_closed, NULL },
                                  { "age", past_age, NULL },
                                  { "act", past_act, NULL },
                                  { "same", past_same, NULL },
                                  { NULL, NULL, NULL },
                              } };

const view_type view_tomb = { "tomb", "armrun.tomb",
                              (const view_field[]){
                                  { "found", past_found, NULL },
                                  { "at", past_at, NULL },
                                  { "age", past_age, NULL },
                                  { "act", past_act, NULL },
                                  { "same", past_same, NULL },
                                  { NULL, NULL, NULL },
                              } };

/* ---- sequence ---- */

static int chain_add(lua_State *L) {
  handle *h = check_call(L);
  ar_match match = { 0 };
  ar_err err;
  if (!ar_case_sequence(case_of(h), h->bound->rule, h->state, &match, &err)) raise_err(L, &err);
  if (!match.complete) return 0;
  call_adopt(L, h->bound->script, &match); /* it has left its table: its witnesses are ours now */
  push_match(L, h->bound->script, h->bound->rule, h->state, &match);
  return 1;
}

/* ---- handles by kind ---- */

static const luaL_Reg tally_methods[] = { { "add", tally_add }, { "look", tally_look }, { NULL, NULL } };
static const luaL_Reg seen_methods[] = { { "add", seen_add }, { "look", seen_look }, { NULL, NULL } };
static const luaL_Reg total_methods[] = { { "add", total_add }, { "look", total_look }, { NULL, NULL } };
static const luaL_Reg life_methods[] = {
  { "open", life_open }, { "close", life_close }, { "look", life_look }, { NULL, NULL }
};
static const luaL_Reg tomb_methods[] = {
  { "put", tomb_put }, { "look", tomb_look }, { "clear", tomb_clear }, { NULL, NULL }
};
static const luaL_Reg chain_methods[] = { { "add", chain_add }, { NULL, NULL } };

const luaL_Reg *table_methods(ar_state_kind kind) {
  switch (kind) {
  case AR_STATE_SEQUENCE:
    return chain_methods;
  case AR_STATE_LIFETIME:
    return life_methods;
  case AR_STATE_FIRST_SEEN:
    return seen_methods;
  case AR_STATE_TOMBSTONE:
    return tomb_methods;
  case AR_STATE_TOTAL:
    return total_methods;
  default:
    return tally_methods;
  }
}

static int arl_handle_index(lua_State *L) {
  handle *h = check_handle(L);
  const char *name = luaL_checkstring(L, 2), *names[8];
  size_t count = 0;
  for (const luaL_Reg *m = table_methods(decl_of(h)->plan.kind); m->name; m++) {
    names[count++] = m->name;
    if (strcmp(m->name, name) != 0) continue;
    lua_pushcfunction(L, m->func);
    return 1;
  }
  char what[120];
  snprintf(what, sizeof what, "state.%.60s (%s)", decl_of(h)->name, ar_state_words[decl_of(h)->plan.kind]);
  return unknown_name(L, what, name, names, count);
}

void tables_open(lua_State *L) {
  luaL_newmetatable(L, HANDLE);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &handle_key);
  lua_pushcfunction(L, arl_handle_index);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

/* ---- named things behind a userdata: `state` and `params` ---- */

/* Upvalues: table of values, what it is. */
static int arl_named_index(lua_State *L) {
  const char *names[64], *given = luaL_checkstring(L, 2);
  size_t count = 0;
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  luaL_checkstack(L, 70, "names"); /* each name stays where lua_next left it, so that it lives */
  for (lua_pushnil(L); count < 64 && lua_next(L, lua_upvalueindex(1)); lua_pushvalue(L, -1)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) == LUA_TSTRING) names[count++] = lua_tostring(L, -1);
  }
  return unknown_name(L, lua_tostring(L, lua_upvalueindex(2)), given, names, count);
}

/* [-1, +1]: the table on top becomes a read-only value with named fields. */
static void wrap_named(lua_State *L, const char *what) {
  int values = lua_gettop(L);
  lua_newuserdatauv(L, 0, 0);
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, values);
  lua_pushstring(L, what);
  lua_pushcclosure(L, arl_named_index, 2);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_replace(L, values);
}

void push_params(lua_State *L, int table) {
  if (lua_istable(L, table))
    lua_pushvalue(L, table);
  else
    lua_newtable(L);
  wrap_named(L, "params");
}

void push_tables(lua_State *L, bound *b) {
  lua_newtable(L);
  for (size_t i = 0; i < b->rule->state_count; i++) {
    handle *h = lua_newuserdatauv(L, sizeof *h, 0);
    *h = (handle){ b, i };
    luaL_setmetatable(L, HANDLE);
    lua_setfield(L, -2, b->rule->states[i].name);
  }
  wrap_named(L, "state");
}
