/* call.c — one call of a rule's detect or due: what lives during it, and what comes out. */
#include "binding/private.h"

#include <stdatomic.h>
#include <string.h>

void raise_err(lua_State *L, const ar_err *err) {
  lua_pushstring(L, err->msg);
  lua_error(L);
}

void call_begin(script *s, bound *b, ar_case *acase) {
  s->generation++;
  s->running = true;
  s->acase = acase;
  s->current = b;
  s->draft_of = 0;
  s->looked_count = 0;
  atomic_fetch_add_explicit(&s->loader->pulse.call, 1, memory_order_relaxed);
  atomic_store_explicit(&s->loader->pulse.rule, b ? b->rule->id : NULL, memory_order_relaxed);
}

void call_end(script *s) {
  for (size_t i = 0; i < s->held_count; i++) ar_witness_drop(s->held[i]);
  ar_alert_free(s->draft);
  s->held_count = 0;
  s->draft = NULL;
  s->running = false;
  s->acase = NULL;
  s->current = NULL;
  atomic_store_explicit(&s->loader->pulse.rule, NULL, memory_order_relaxed);
}

const char *ar_loader_running(const ar_loader *loader, uint64_t *call) {
  *call = atomic_load_explicit(&loader->pulse.call, memory_order_relaxed);
  return atomic_load_explicit(&loader->pulse.rule, memory_order_relaxed);
}

void call_hold(lua_State *L, script *s, ar_witness *witness) {
  if (!witness) return;
  for (size_t i = 0; i < s->held_count; i++)
    if (s->held[i] == witness) return;
  ar_sandbox_charge(L, 1 + s->held_count / 16);
  if (s->held_count == HELD_MAX) luaL_error(L, "looks at more than %d remembered acts in one call", HELD_MAX);
  s->held[s->held_count++] = ar_witness_hold(witness);
}

void call_adopt(lua_State *L, script *s, ar_match *match) {
  size_t given = match->done < AR_STEPS_MAX ? match->done : AR_STEPS_MAX;
  bool room = s->held_count + given <= HELD_MAX;
  for (size_t i = 0; i < given; i++) {
    if (room && match->steps[i].witness) s->held[s->held_count++] = match->steps[i].witness;
    if (!room) ar_witness_drop(match->steps[i].witness);
  }
  if (!room) luaL_error(L, "looks at more than %d remembered acts in one call", HELD_MAX);
}

/* What detect or due returned is at the top: nothing, or the alert that alert{} made last. */
static int check_answer(lua_State *L, script *s, const char *what) {
  const ar_rule *rule = s->current->rule;
  uint64_t *number = luaL_testudata(L, -1, "armrun.alert");
  if (!lua_toboolean(L, -1)) {
    ar_alert_free(s->draft);
    s->draft = NULL;
    return 0;
  }
  if (!number)
    return luaL_error(L, "%s:%d: rule '%s': %s must return alert { … } or nothing, not a %s", rule->file, rule->line,
                      rule->id, what, luaL_typename(L, -1));
  if (!s->draft || *number != s->draft_of)
    return luaL_error(L, "%s:%d: rule '%s': %s must return the alert it made last", rule->file, rule->line, rule->id,
                      what);
  return 0;
}

static int arl_detect(lua_State *L) {
  bound *b = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, b->detect);
  push_act(L, b->script);
  lua_rawgeti(L, LUA_REGISTRYINDEX, b->states);
  lua_rawgeti(L, LUA_REGISTRYINDEX, b->params);
  lua_call(L, 3, 1);
  return check_answer(L, b->script, "detect");
}

typedef struct due_call {
  bound *bound;
  size_t state;
  const ar_match *match;
} due_call;

static int arl_due(lua_State *L) {
  const due_call *call = lua_touserdata(L, 1);
  bound *b = call->bound;
  lua_rawgeti(L, LUA_REGISTRYINDEX, b->due);
  push_match(L, b->script, b->rule, call->state, call->match);
  lua_rawgeti(L, LUA_REGISTRYINDEX, b->states);
  lua_rawgeti(L, LUA_REGISTRYINDEX, b->params);
  lua_call(L, 3, 1);
  return check_answer(L, b->script, "due");
}

static bool call(script *s, lua_CFunction function, void *arg, ar_alert **out, ar_err *err) {
  lua_State *L = ar_sandbox_state(s->sandbox);
  lua_pushcfunction(L, function); /* neither allocates */
  lua_pushlightuserdata(L, arg);
  bool good = ar_sandbox_call(s->sandbox, 1, 0, err);
  *out = good ? s->draft : NULL;
  if (good) s->draft = NULL;
  return good;
}

/* ---- except ---- */

static bool note_fired(bound *b, ar_id act, bool excepted, ar_err *err) {
  struct fired *grown = ar_grow(b->fired, &b->fired_room, b->fired_count + 1, sizeof *grown);
  if (!grown) return ar_nomem(err, "remembering an exception of the tuning");
  b->fired = grown;
  grown[b->fired_count++] = (struct fired){ act, excepted };
  b->fired_sorted = false;
  return true;
}

/* The finding goes on, so that siblings settle as if nothing were excepted; the alert is left out at the end. A rule
 * must not fall silent because its exception fails: then the finding stands, and the fault is told. On failure the
 * finding is gone. */
static bool weigh_exception(bound *b, ar_case *acase, ar_witness *witness, ar_alert **out, ar_err *err) {
  bool yes;
  ar_err fault;
  if (!*out || !b->tuned || b->tuned->except == LUA_NOREF) return true;
  if (!tune_excepts(b, acase, witness, &yes, &fault)) loader_note(b->script->loader, "%s", fault.msg);
  if (note_fired(b, acase ? ar_case_act(acase)->key : witness->act, yes, err)) return true;
  ar_alert_free(*out);
  *out = NULL;
  return false;
}

/* ---- the engine's two entries ---- */

bool call_detect(ar_rule *rule, ar_case *acase, ar_alert **out, ar_err *err) {
  bound *b = rule->self;
  *out = NULL;
  call_begin(b->script, b, acase);
  bool good = call(b->script, arl_detect, b, out, err);
  call_end(b->script);
  return good && weigh_exception(b, acase, NULL, out, err);
}

bool call_due(ar_rule *rule, size_t state, const ar_match *match, ar_alert **out, ar_err *err) {
  bound *b = rule->self;
  due_call due = { b, state, match };
  *out = NULL;
  call_begin(b->script, b, NULL);
  b->script->due_at = match->due;
  bool good = call(b->script, arl_due, &due, out, err);
  call_end(b->script);
  return good && (!match->done || weigh_exception(b, NULL, match->steps[match->done - 1].witness, out, err));
}
