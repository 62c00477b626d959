/* draft.c — alert { reason(…), …, severity = … }: makes the alert, which detect returns.
 *
 * The draft belongs to the script from its first moment, so an error on the way loses nothing. */
#include "binding/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const option_names[] = { "severity", "confidence", "score",   "threshold",
                                            "summary",  "resource",   "evidence" };

AR_JUMPS static void out_of_memory(lua_State *L) {
  luaL_error(L, "out of memory while making an alert");
}

static void check_options(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TNUMBER) continue;
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    if (word_of(name, option_names, 7) < 0) unknown_name(L, "alert", name, option_names, 7);
  }
}

/* ---- words ---- */

/* Field `name` as one of `words`; -1 when absent. */
static int option_word(lua_State *L, const char *name, const char *const *words, size_t count) {
  if (lua_getfield(L, 1, name) == LUA_TNIL) {
    lua_pop(L, 1);
    return -1;
  }
  const char *given = lua_tostring(L, -1);
  int word = given ? word_of(given, words, count) : -1;
  if (word < 0) unknown_name(L, name, given ? given : luaL_typename(L, -1), words, count);
  lua_pop(L, 1);
  return word;
}

static ar_severity severity_of(lua_State *L, const bound *b) {
  int given = option_word(L, "severity", ar_severity_words, AR_SEVERITIES);
  bool open = (b->severities & (b->severities - 1)) != 0;
  if (b->tuned && b->tuned->has_severity) return b->tuned->severity;
  if (given >= 0 && open && !(b->severities >> given & 1))
    luaL_error(L, "rule '%s': severity '%s' is not among those of its head", b->rule->id, ar_severity_words[given]);
  if (given >= 0) return (ar_severity)given;
  if (open) luaL_error(L, "rule '%s' has several severities: alert { … } must say which", b->rule->id);
  return b->rule->severity;
}

static char *option_text(lua_State *L, const char *name) {
  char *copy = NULL;
  size_t len;
  if (lua_getfield(L, 1, name) != LUA_TNIL) {
    const char *text = luaL_checklstring(L, -1, &len);
    if (!(copy = ar_copy(cut_text((ar_str){ text, len })))) out_of_memory(L);
  }
  lua_pop(L, 1);
  return copy;
}

static bool option_number(lua_State *L, const char *name, double *out) {
  bool given = lua_getfield(L, 1, name) != LUA_TNIL;
  if (given) *out = luaL_checknumber(L, -1);
  if (given && !isfinite(*out)) luaL_error(L, "alert: %s is not a finite number", name);
  lua_pop(L, 1);
  return given;
}

/* ---- reasons ---- */

static bool set_value(lua_State *L, ar_value *v) {
  switch (lua_type(L, -1)) {
  case LUA_TBOOLEAN:
    v->type = AR_VALUE_BOOL;
    v->integer = lua_toboolean(L, -1);
    return true;
  case LUA_TNUMBER:
    v->type = lua_isinteger(L, -1) ? AR_VALUE_INTEGER : AR_VALUE_NUMBER;
    v->integer = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    v->number = lua_tonumber(L, -1);
    if (!isfinite(v->number)) v->number = 0;
    return true;
  case LUA_TSTRING: {
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    v->type = AR_VALUE_TEXT;
    return (v->text = ar_copy(cut_text((ar_str){ text, len }))) != NULL;
  }
  default:
    return true; /* left out by its caller */
  }
}

static bool is_value(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const ar_value *)a)->name, ((const ar_value *)b)->name);
}

/* The table on top. Nothing here raises: lua_next walks a table that nobody changes meanwhile. */
static bool read_values(lua_State *L, ar_reason *reason) {
  reason->values = ar_alloc(VALUES_MAX * sizeof *reason->values);
  if (!reason->values) return false;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !is_value(L, -1)) continue;
    if (strcmp(lua_tostring(L, -2), "bits") == 0) continue;
    if (reason->value_count == VALUES_MAX) {
      lua_pop(L, 2);
      break;
    }
    ar_value *v = &reason->values[reason->value_count++];
    v->name = ar_copy(ar_str_of(lua_tostring(L, -2)));
    if (!v->name || !set_value(L, v)) {
      lua_pop(L, 2);
      return false;
    }
  }
  for (size_t i = 0; i < reason->value_count; i++)
    if (!reason->values[i].name) return false;
  if (reason->value_count) qsort(reason->values, reason->value_count, sizeof *reason->values, by_name);
  return true;
}

/* The reason at the top of the stack. */
static void add_reason(lua_State *L, ar_alert *draft) {
  ar_reason reason = { 0 };
  ar_err err;
  if (!lua_istable(L, -1)) luaL_error(L, "alert: every entry is a reason(…), this is a %s", luaL_typename(L, -1));
  int at = lua_gettop(L);
  bool shaped = lua_getfield(L, at, "code") == LUA_TSTRING;
  shaped = lua_getfield(L, at, "text") == LUA_TSTRING && shaped;
  bool has_bits = lua_getfield(L, at, "bits") == LUA_TNUMBER;
  shaped = lua_getfield(L, at, "values") == LUA_TTABLE && shaped;
  if (!shaped) luaL_error(L, "alert: every entry is a reason(…), this is some other table");
  luaL_checkstack(L, 8, "reason");
  reason.has_bits = has_bits;
  reason.bits = has_bits ? lua_tonumber(L, at + 3) : 0;
  reason.code = ar_copy(ar_str_of(lua_tostring(L, at + 1)));
  reason.text = ar_copy(cut_text(ar_str_of(lua_tostring(L, at + 2))));
  bool good = reason.code && reason.text && read_values(L, &reason);
  if (!good) ar_reason_clear(&reason);
  if (!good || !ar_alert_add_reason(draft, &reason, &err)) out_of_memory(L);
  lua_settop(L, at - 1);
}

/* `wrong and reason(…)` leaves false or a hole where there is nothing to say. */
static void add_reasons(lua_State *L, ar_alert *draft) {
  for (lua_Integer i = 1; i <= REASONS_MAX; i++) {
    lua_rawgeti(L, 1, i);
    if (lua_toboolean(L, -1))
      add_reason(L, draft);
    else
      lua_pop(L, 1);
  }
  if (draft->reason_count == 0)
    luaL_error(L, "alert without a reason: say why, alert { reason(\"code\", \"text with %%d\", n) }");
  if (lua_rawlen(L, 1) > REASONS_MAX) luaL_error(L, "alert: at most %d reasons", REASONS_MAX);
}

/* ---- evidence ---- */

static void add_witness(lua_State *L, ar_alert *draft, ar_witness *witness) {
  ar_err err;
  ar_sandbox_charge(L, 1 + draft->evidence_count / 256); /* sorted: a search, and pointers moved */
  if (witness && !ar_alert_add_evidence(draft, witness, &err)) raise_err(L, &err);
}

static void add_act(lua_State *L, script *s, ar_alert *draft) {
  ar_err err;
  if (!s->acase) return;
  ar_witness *witness = ar_case_witness(s->acase, &err);
  if (!witness) raise_err(L, &err);
  add_witness(L, draft, witness);
}

/* The act, what every table that was asked holds for its key, and every remembered act that was looked at. */
static void add_default_evidence(lua_State *L, script *s, ar_alert *draft) {
  const ar_rule *rule = s->current->rule;
  ar_instant now = s->acase ? ar_case_act(s->acase)->time : s->due_at;
  add_act(L, s, draft);
  for (size_t i = 0; i < s->looked_count; i++) {
    ar_tally tally = ar_state_look(rule->tables[s->looked[i].state], s->looked[i].key, now);
    for (uint32_t h = 0; h < tally.total && tally.hits; h++) add_witness(L, draft, tally.hits[h].witness);
  }
  for (size_t i = 0; i < s->held_count; i++) add_witness(L, draft, s->held[i]);
  s->table_calls++;
}

static void add_evidence(lua_State *L, script *s, ar_alert *draft) {
  if (lua_getfield(L, 1, "evidence") == LUA_TNIL) {
    add_default_evidence(L, s, draft);
    return;
  }
  luaL_checktype(L, -1, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
    if (view_is(L, lua_gettop(L), &view_act))
      add_act(L, s, draft);
    else
      add_witness(L, draft, witness_of_view(L, lua_gettop(L)));
    lua_pop(L, 1);
  }
}

/* ---- alert{} ---- */

static void fill(lua_State *L, script *s, ar_alert *draft) {
  bound *b = s->current;
  draft->rule = b->rule->id;
  draft->severity = severity_of(L, b);
  int confidence = option_word(L, "confidence", ar_confidence_words, AR_CONFIDENCES);
  draft->confidence = confidence < 0 ? b->rule->confidence : (ar_confidence)confidence;
  draft->has_score = option_number(L, "score", &draft->score);
  bool has_threshold = option_number(L, "threshold", &draft->threshold);
  if (draft->has_score != has_threshold) luaL_error(L, "alert: score and threshold go together");
  draft->summary = option_text(L, "summary");
  draft->resource = option_text(L, "resource");
  add_reasons(L, draft);
  lua_settop(L, 1);
  add_evidence(L, s, draft);
}

int arl_alert(lua_State *L) {
  script *s = script_of(L);
  if (!s->running || s->kind != SCRIPT_RULES)
    return luaL_error(L, "alert is made in detect() or due(), not while the file is loaded");
  lua_settop(L, 1);
  check_options(L);
  ar_sandbox_charge(L, 256);
  ar_alert_free(s->draft);
  s->draft = ar_alert_new();
  if (!s->draft) out_of_memory(L);
  fill(L, s, s->draft);
  uint64_t *number = lua_newuserdatauv(L, sizeof *number, 0);
  *number = ++s->draft_of;
  luaL_newmetatable(L, "armrun.alert");
  lua_setmetatable(L, -2);
  return 1;
}
