/* tune.c — a site's own thresholds, severities and exceptions: tune "ID" { … } and ignore { … }. */
#include "binding/private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

tuned *tune_find(const ar_loader *loader, const char *id) {
  for (size_t i = 0; i < loader->tuned_count; i++)
    if (strcmp(loader->tuned[i]->id, id) == 0) return loader->tuned[i];
  return NULL;
}

static void tuned_free(tuned *t) {
  for (size_t i = 0; i < t->value_count; i++) {
    ar_free(t->values[i].name);
    ar_free(t->values[i].text);
  }
  ar_free(t->values);
  ar_free(t->id);
  ar_free(t);
}

void tune_free(ar_loader *loader) {
  for (size_t i = 0; i < loader->tuned_count; i++) tuned_free(loader->tuned[i]);
  for (size_t i = 0; i < loader->ignored_count; i++) {
    ar_free(loader->ignored[i].principal);
    ar_free(loader->ignored[i].rules);
    ar_free(loader->ignored[i].subscription);
    ar_free(loader->ignored[i].ip);
    ar_free(loader->ignored[i].because);
  }
  ar_free(loader->tuned);
  ar_free(loader->ignored);
}

/* ---- tune(id, line, values, severity, except) ---- */

static tuned *new_tuned(ar_loader *loader, const char *id) {
  tuned **grown = ar_grow(loader->tuned, &loader->tuned_room, loader->tuned_count + 1, sizeof *grown);
  if (grown) loader->tuned = grown;
  tuned *t = grown ? ar_alloc(sizeof *t) : NULL;
  if (!t || !(t->id = ar_copy(ar_str_of(id)))) {
    ar_free(t);
    return NULL;
  }
  t->except = LUA_NOREF;
  return loader->tuned[loader->tuned_count++] = t;
}

/* The value at the top; text stays on the stack meanwhile. */
static bool set_value(lua_State *L, tuned_value *v) {
  switch (lua_type(L, -1)) {
  case LUA_TBOOLEAN:
    v->type = AR_VALUE_BOOL;
    v->integer = lua_toboolean(L, -1);
    return true;
  case LUA_TNUMBER:
    v->type = lua_isinteger(L, -1) ? AR_VALUE_INTEGER : AR_VALUE_NUMBER;
    v->integer = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    v->number = lua_tonumber(L, -1);
    return true;
  default:
    v->type = AR_VALUE_TEXT;
    return (v->text = ar_copy(ar_str_of(lua_tostring(L, -1)))) != NULL;
  }
}

static bool add_value(lua_State *L, tuned *t, const char *name, int line) {
  tuned_value *grown = ar_grow(t->values, &t->value_room, t->value_count + 1, sizeof *grown);
  if (!grown) return false;
  t->values = grown;
  tuned_value *v = &grown[t->value_count];
  memset(v, 0, sizeof *v);
  v->line = line;
  if (!(v->name = ar_copy(ar_str_of(name)))) return false;
  t->value_count++;
  return set_value(L, v);
}

int arl_tune(lua_State *L) {
  script *s = script_of(L);
  const char *id = luaL_checkstring(L, 1);
  luaL_checktype(L, 3, LUA_TTABLE); /* list of { name, value, line } */
  lua_settop(L, 5);
  const tuned *twin = tune_find(s->loader, id);
  if (twin) {
    loader_problem(s->loader, "%s:%d: tune '%s' stands twice, first in %s:%d", s->name, (int)luaL_checkinteger(L, 2),
                   id, twin->script->name, twin->line);
    return 0;
  }
  tuned *t = new_tuned(s->loader, id);
  if (!t) return luaL_error(L, "out of memory while loading the tuning");
  t->script = s;
  t->line = (int)luaL_checkinteger(L, 2);
  int severity = word_of(luaL_optstring(L, 4, ""), ar_severity_words, AR_SEVERITIES);
  t->has_severity = severity >= 0;
  t->severity = t->has_severity ? (ar_severity)severity : AR_LOW;
  for (lua_Integer i = 1; lua_rawgeti(L, 3, i) == LUA_TTABLE; i++, lua_settop(L, 5)) {
    lua_rawgeti(L, 6, 1);
    lua_rawgeti(L, 6, 3);
    lua_rawgeti(L, 6, 2);
    const char *name = luaL_checkstring(L, 7);
    if (!add_value(L, t, name, words_line(s, (int)luaL_checkinteger(L, 8), name)))
      return luaL_error(L, "out of memory while loading the tuning");
  }
  lua_settop(L, 5);
  if (lua_isfunction(L, 5)) t->except = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

static void push_value(lua_State *L, const tuned_value *v) {
  switch (v->type) {
  case AR_VALUE_BOOL:
    lua_pushboolean(L, (int)v->integer);
    break;
  case AR_VALUE_INTEGER:
    lua_pushinteger(L, v->integer);
    break;
  case AR_VALUE_NUMBER:
    lua_pushnumber(L, v->number);
    break;
  case AR_VALUE_TEXT:
    lua_pushstring(L, v->text);
    break;
  }
}

int arl_tuned(lua_State *L) {
  tuned *t = tune_find(script_of(L)->loader, luaL_checkstring(L, 1));
  if (!t) return 0;
  t->used = true;
  lua_createtable(L, (int)t->value_count, 0);
  for (size_t i = 0; i < t->value_count; i++) {
    lua_createtable(L, 3, 0);
    lua_pushstring(L, t->values[i].name);
    lua_rawseti(L, -2, 1);
    push_value(L, &t->values[i]);
    lua_rawseti(L, -2, 2);
    lua_pushfstring(L, "%s:%d", t->script->name, t->values[i].line);
    lua_rawseti(L, -2, 3);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* ---- ignore { … }, checked by head.lua: (line, options) ---- */

static bool copy_option(lua_State *L, const char *name, char **out) {
  bool good = true;
  if (lua_getfield(L, 2, name) == LUA_TSTRING) good = (*out = ar_copy(ar_str_of(lua_tostring(L, -1)))) != NULL;
  lua_pop(L, 1);
  return good;
}

static void read_expiry(lua_State *L, ar_loader *loader, ignored *i) {
  i->expires = AR_INSTANT_NONE;
  if (lua_getfield(L, 2, "expires") == LUA_TSTRING) {
    const char *text = lua_tostring(L, -1);
    ar_instant now = loader->options.now ? loader->options.now : ar_instant_now();
    if (!ar_instant_parse(ar_str_of(text), &i->expires))
      loader_problem(loader, "%s:%d: ignore: expires: '%s' is no time; write \"2026-12-31\"", i->file, i->line, text);
    else if (i->expires < now)
      loader_note(loader, "%s:%d: this ignore expired on %s; it hides nothing later than that", i->file, i->line, text);
  }
  lua_pop(L, 1);
}

int arl_ignore(lua_State *L) {
  script *s = script_of(L);
  ar_loader *loader = s->loader;
  int line = (int)luaL_checkinteger(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  ignored *grown = ar_grow(loader->ignored, &loader->ignored_room, loader->ignored_count + 1, sizeof *grown);
  if (!grown) return luaL_error(L, "out of memory while loading the tuning");
  loader->ignored = grown;
  ignored *i = &grown[loader->ignored_count++];
  memset(i, 0, sizeof *i);
  i->file = s->name;
  i->line = line;
  if (!copy_option(L, "principal", &i->principal) || !copy_option(L, "rules", &i->rules) ||
      !copy_option(L, "subscription", &i->subscription) || !copy_option(L, "ip", &i->ip) ||
      !copy_option(L, "because", &i->because))
    return luaL_error(L, "out of memory while loading the tuning");
  read_expiry(L, loader, i);
  return 0;
}

/* ---- after loading: names that must exist ---- */

/* '*' stands for any text; linear by remembering the last star. */
bool tune_glob(const char *pattern, const char *text) {
  const char *star = NULL, *back = NULL;
  while (*text) {
    if (*pattern == '*') {
      star = pattern++;
      back = text;
    } else if (*pattern == *text) {
      pattern++;
      text++;
    } else if (star) {
      pattern = star + 1;
      text = ++back;
    } else {
      return false;
    }
  }
  while (*pattern == '*') pattern++;
  return *pattern == '\0';
}

static bool any_rule(const ar_loader *loader, const char *pattern) {
  for (size_t i = 0; i < loader->script_count; i++)
    for (bound *b = loader->scripts[i]->rules; b; b = b->next)
      if (b->rule->id && tune_glob(pattern, b->rule->id)) return true;
  return false;
}

static const char *nearest_id(const ar_loader *loader, const char *given) {
  const char *ids[256];
  size_t count = 0;
  for (size_t i = 0; i < loader->script_count; i++)
    for (bound *b = loader->scripts[i]->rules; b && count < 256; b = b->next)
      if (b->rule->id) ids[count++] = b->rule->id;
  return ar_nearest(ar_str_of(given), ids, count);
}

static void no_such_rule(ar_loader *loader, const char *file, int line, const char *what, const char *id) {
  const char *near = nearest_id(loader, id);
  loader_problem(loader, "%s:%d: %s '%s': there is no such rule%s%s%s", file, line, what, id,
                 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

bool tune_check(ar_loader *loader) {
  for (size_t i = 0; i < loader->tuned_count; i++)
    if (!loader->tuned[i]->used)
      no_such_rule(loader, loader->tuned[i]->script->name, loader->tuned[i]->line, "tune", loader->tuned[i]->id);
  for (size_t i = 0; i < loader->ignored_count; i++)
    if (loader->ignored[i].rules && !any_rule(loader, loader->ignored[i].rules))
      no_such_rule(loader, loader->ignored[i].file, loader->ignored[i].line, "ignore: rules", loader->ignored[i].rules);
  return !loader->no_memory;
}

/* ---- except = function(act) … end ---- */

typedef struct except_call {
  const bound *bound;
  ar_witness *witness;
} except_call;

/* The act, or, of a finding of due, the remembered act that decided: they answer to the same names. */
static int arl_except(lua_State *L) {
  script *s = script_of(L);
  const except_call *call = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, call->bound->tuned->except);
  if (s->acase)
    push_act(L, s);
  else
    push_witness(L, s, call->witness);
  lua_call(L, 1, 1);
  return 1;
}

bool tune_excepts(bound *b, ar_case *acase, ar_witness *witness, bool *yes, ar_err *err) {
  except_call call = { b, witness };
  script *s = b->tuned->script;
  lua_State *L = ar_sandbox_state(s->sandbox);
  *yes = false;
  call_begin(s, b, acase);
  lua_pushcfunction(L, arl_except);
  lua_pushlightuserdata(L, &call);
  bool good = ar_sandbox_call(s->sandbox, 1, 1, err);
  if (good) {
    *yes = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  call_end(s);
  return good;
}
