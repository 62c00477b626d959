/* t_binding.c — core.T.binding: what specs reach of binding. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include <string.h>

#include "binding/private.h"

/* ---- the public vocabulary, for comparison with lua/armrun/_meta.lua ---- */

static void push_methods(lua_State *L, const luaL_Reg *methods) {
  lua_newtable(L);
  for (; methods->name; methods++) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, methods->name);
  }
}

/* api() -> { ["armrun.act"] = { time = "field", body = "method", … }, … }, { count = { add = true }, … } */
static int arl_api(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; view_types[i]; i++) {
    lua_newtable(L);
    for (const view_field *f = view_types[i]->fields; f->name; f++) {
      lua_pushstring(L, f->method ? "method" : "field");
      lua_setfield(L, -2, f->name);
    }
    lua_setfield(L, -2, view_types[i]->meta);
  }
  lua_newtable(L);
  for (int kind = 0; kind < AR_STATE_KINDS; kind++) {
    push_methods(L, table_methods((ar_state_kind)kind));
    lua_setfield(L, -2, ar_state_words[kind]);
  }
  return 2;
}

/* ---- a loader whose rules can be looked at ---- */

typedef struct loaded {
  ar_engine *engine;
  ar_loader *loader;
} loaded;

static int arl_loaded_gc(lua_State *L) {
  loaded *l = lua_touserdata(L, 1);
  ar_engine_free(l->engine);
  ar_loader_free(l->loader);
  memset(l, 0, sizeof *l);
  return 0;
}

static loaded *new_loaded(lua_State *L) {
  loaded *l = lua_newuserdatauv(L, sizeof *l, 0);
  memset(l, 0, sizeof *l);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, arl_loaded_gc);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  return l;
}

static void push_strings(lua_State *L, const ar_strings *strings) {
  lua_newtable(L);
  for (size_t i = 0; i < strings->count; i++) {
    lua_pushstring(L, strings->items[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void set_number(lua_State *L, const char *name, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static void push_selector(lua_State *L, const ar_selector *s) {
  lua_newtable(L);
  lua_newtable(L);
  for (size_t i = 0; i < s->operation_count; i++) {
    lua_pushstring(L, s->operations[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "operations");
  set_number(L, "statuses", s->statuses);
  set_number(L, "sources", s->sources);
  set_number(L, "kinds", s->kinds);
  set_number(L, "ip_tags", s->ip_tags);
  set_number(L, "tactics", s->tactics);
  set_number(L, "novelty", s->novelty);
  set_number(L, "dormant", (double)s->dormant / 1e7);
  set_number(L, "unused_app", (double)s->unused_app / 1e7);
  set_number(L, "everyday", s->everyday);
}

static void push_key(lua_State *L, const ar_key_plan *plan) {
  lua_newtable(L);
  for (size_t i = 0; i < plan->count; i++) {
    lua_pushstring(L, ar_field_words[plan->fields[i]]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void push_steps(lua_State *L, const ar_state_decl *decl) {
  lua_newtable(L);
  for (size_t i = 0; i < decl->step_count; i++) {
    lua_newtable(L);
    lua_pushstring(L, decl->steps[i].name);
    lua_setfield(L, -2, "name");
    lua_pushboolean(L, decl->steps[i].negative);
    lua_setfield(L, -2, "negative");
    set_number(L, "mark", decl->steps[i].mark);
    push_selector(L, &decl->steps[i].selector);
    lua_setfield(L, -2, "selector");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void push_state(lua_State *L, const ar_state_decl *decl) {
  lua_newtable(L);
  lua_pushstring(L, ar_state_words[decl->plan.kind]);
  lua_setfield(L, -2, "kind");
  push_key(L, &decl->by);
  lua_setfield(L, -2, "by");
  lua_pushstring(L, decl->of == AR_FIELD_COUNT ? "" : ar_field_words[decl->of]);
  lua_setfield(L, -2, "of");
  set_number(L, "within", (double)decl->plan.within / 1e7);
  set_number(L, "cap", decl->plan.cap);
  set_number(L, "quiet", (double)decl->plan.sequence.quiet / 1e7);
  set_number(L, "positive", decl->plan.sequence.steps);
  lua_newtable(L);
  for (unsigned i = 0; i + 1 < decl->plan.sequence.steps; i++) {
    lua_pushinteger(L, decl->plan.sequence.forbidden[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "forbidden");
  set_number(L, "forbidden_after", decl->plan.sequence.forbidden_after);
  push_steps(L, decl);
  lua_setfield(L, -2, "steps");
}

static void set_texts(lua_State *L, const ar_rule *rule) {
  lua_pushstring(L, rule->title);
  lua_setfield(L, -2, "title");
  lua_pushstring(L, rule->file);
  lua_setfield(L, -2, "file");
  lua_pushstring(L, ar_severity_words[rule->severity]);
  lua_setfield(L, -2, "severity");
  lua_pushstring(L, ar_confidence_words[rule->confidence]);
  lua_setfield(L, -2, "confidence");
  push_strings(L, &rule->tactics);
  lua_setfield(L, -2, "tactics");
  push_strings(L, &rule->techniques);
  lua_setfield(L, -2, "techniques");
  push_strings(L, &rule->yields_to);
  lua_setfield(L, -2, "yields_to");
}

static void push_rule(lua_State *L, const ar_rule *rule) {
  lua_newtable(L);
  set_texts(L, rule);
  set_number(L, "line", rule->line);
  lua_newtable(L);
  for (size_t i = 0; i < rule->need_count; i++) {
    lua_pushinteger(L, rule->needs[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "needs");
  set_number(L, "needs_tags", rule->needs_tags);
  set_number(L, "better_with", rule->better_with);
  set_number(L, "learning_days", rule->learning_days);
  set_number(L, "burst_quiet", (double)rule->burst_quiet / 1e7);
  set_number(L, "burst_max", (double)rule->burst_max / 1e7);
  push_key(L, &rule->burst_by);
  lua_setfield(L, -2, "burst_by");
  lua_pushboolean(L, rule->nobody);
  lua_setfield(L, -2, "nobody");
  lua_pushboolean(L, rule->at_started);
  lua_setfield(L, -2, "at_started");
  lua_pushboolean(L, rule->preview);
  lua_setfield(L, -2, "preview");
  lua_newtable(L);
  for (size_t i = 0; i < rule->on_count; i++) {
    push_selector(L, &rule->on[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "on");
  lua_newtable(L);
  for (size_t i = 0; i < rule->state_count; i++) {
    push_state(L, &rule->states[i]);
    lua_setfield(L, -2, rule->states[i].name);
  }
  lua_setfield(L, -2, "states");
}

static void push_texts(lua_State *L, const ar_problem *list, size_t count) {
  lua_newtable(L);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, list[i].text);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* load(text [, name [, tuning]]) -> rules by id, problems, notes: the heads before any engine takes them */
static int arl_load(lua_State *L) {
  size_t len, tune_len, count;
  ar_err err;
  const char *text = luaL_checklstring(L, 1, &len), *name = luaL_optstring(L, 2, "rules/a.lua");
  const char *tuning = luaL_optlstring(L, 3, NULL, &tune_len);
  ar_engine_options options = { .now = 1, .seed = 1 };
  loaded *l = new_loaded(L);
  if (!(l->engine = ar_engine_new(&options, &err)) || !(l->loader = ar_loader_new(l->engine, NULL, &err)))
    return luaL_error(L, "%s", err.msg);
  if (tuning) ar_loader_tune_text(l->loader, "tune.lua", (ar_str){ tuning, tune_len }, &err);
  ar_loader_rules_text(l->loader, name, (ar_str){ text, len }, &err);
  ar_loader_finish(l->loader, &err);
  lua_newtable(L);
  for (size_t i = 0; i < l->loader->script_count; i++)
    for (bound *b = l->loader->scripts[i]->rules; b; b = b->next) {
      push_rule(L, b->rule);
      lua_setfield(L, -2, b->rule->id);
    }
  const ar_problem *problems = ar_loader_problems(l->loader, &count);
  push_texts(L, problems, count);
  const ar_problem *notes = ar_loader_notes(l->loader, &count);
  push_texts(L, notes, count);
  return 3;
}

/* words() -> every name that a rule file finds, sorted by nobody: { rule = true, … } */
static int arl_words(lua_State *L) {
  ar_err err;
  ar_engine_options options = { .now = 1, .seed = 1 };
  loaded *l = new_loaded(L);
  if (!(l->engine = ar_engine_new(&options, &err)) || !(l->loader = ar_loader_new(l->engine, NULL, &err)))
    return luaL_error(L, "%s", err.msg);
  script *s = loader_script(l->loader, SCRIPT_RULES, "words", NULL, AR_STR(""), &err);
  if (!s) return luaL_error(L, "%s", err.msg);
  lua_State *R = ar_sandbox_state(s->sandbox);
  lua_pushglobaltable(R);
  if (!luaL_getmetafield(R, -1, "__index")) return luaL_error(L, "the sandbox keeps its words elsewhere");
  lua_newtable(L);
  for (lua_pushnil(R); lua_next(R, -2); lua_pop(R, 1)) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, lua_tostring(R, -2));
  }
  return 1;
}

int arl_t_binding(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "api", arl_api }, { "load", arl_load }, { "words", arl_words }, { NULL, NULL }
  };
  luaL_newlib(L, functions);
  return 1;
}
#endif
