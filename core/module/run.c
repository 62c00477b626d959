/* run.c — core.engine { … }: the engine as the program runs it, for specs and for embedding. Trusted code only. */
#include <string.h>

#include "binding/binding.h"
#include "module/decode.h"
#include "module/module.h"

#define ENGINE "armrun.engine"

typedef struct run {
  ar_engine *engine;
  ar_loader *loader;
  ar_reader *reader;
  bool sealed, ran;
} run;

static void close_run(run *r) {
  ar_engine_free(r->engine); /* its rules point into the loader, its bodies into the reader */
  ar_loader_free(r->loader);
  ar_reader_free(r->reader);
  memset(r, 0, sizeof *r);
}

static int arl_close(lua_State *L) {
  close_run(luaL_checkudata(L, 1, ENGINE));
  return 0;
}

static int raise(lua_State *L, const ar_err *err) {
  lua_pushstring(L, err->msg);
  return lua_error(L);
}

/* ---- options: the table at 1 ---- */

static lua_Integer integer_option(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  lua_Integer value = luaL_optinteger(L, -1, 0);
  luaL_argcheck(L, value >= 0, 1, name);
  lua_pop(L, 1);
  return value;
}

static bool bool_option(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static ar_instant instant_option(lua_State *L, const char *name) {
  ar_instant at = AR_INSTANT_NONE;
  size_t len;
  if (lua_getfield(L, 1, name) != LUA_TNIL) {
    const char *text = luaL_checklstring(L, -1, &len);
    if (!ar_instant_parse((ar_str){ text, len }, &at)) luaL_error(L, "%s: '%s' is no time", name, text);
  }
  lua_pop(L, 1);
  return at;
}

static ar_span span_option(lua_State *L, const char *name) {
  ar_span span = 0;
  size_t len;
  if (lua_getfield(L, 1, name) != LUA_TNIL) {
    const char *text = luaL_checklstring(L, -1, &len);
    if (!ar_span_parse((ar_str){ text, len }, &span)) luaL_error(L, "%s: '%s' is no span", name, text);
  }
  lua_pop(L, 1);
  return span;
}

static const char *const known_options[] = { "rules", "text",      "tune",        "tune_text",   "intel",
                                             "now",   "fold",      "lateness",    "learn_until", "memory",
                                             "seed",  "state_cap", "profile_cap", "threads",     "sorted" };

static void check_options(lua_State *L) {
  size_t count = sizeof known_options / sizeof *known_options;
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    size_t i = 0;
    while (i < count && strcmp(known_options[i], name) != 0) i++;
    const char *near = ar_nearest(ar_str_of(name), known_options, count);
    if (i == count) luaL_error(L, "core.engine has no option '%s', did you mean '%s'?", name, near ? near : "rules");
  }
}

static ar_engine_options read_options(lua_State *L) {
  check_options(L);
  return (ar_engine_options){ .threads = (unsigned)integer_option(L, "threads"),
                              .memory_bytes = (size_t)integer_option(L, "memory"),
                              .fold = span_option(L, "fold"),
                              .lateness = span_option(L, "lateness"),
                              .now = instant_option(L, "now"),
                              .learn_until = instant_option(L, "learn_until"),
                              .seed = (uint64_t)integer_option(L, "seed"),
                              .state_cap = (uint32_t)integer_option(L, "state_cap"),
                              .profile_cap = (uint32_t)integer_option(L, "profile_cap"),
                              .always_sorted = bool_option(L, "sorted") };
}

/* ---- rules, tuning, intel ---- */

/* A broken file does not stop the others: the loader remembers, and finish tells. */
typedef bool (*take_path)(ar_loader *, const char *, ar_err *);
typedef bool (*take_text)(ar_loader *, const char *, ar_str, ar_err *);

static void load_paths(lua_State *L, run *r, const char *name, take_path take) {
  ar_err err;
  int type = lua_getfield(L, 1, name);
  if (type == LUA_TSTRING && !take(r->loader, lua_tostring(L, -1), &err) && err.code != AR_ERULE) raise(L, &err);
  for (lua_Integer i = 1; type == LUA_TTABLE && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
    if (!take(r->loader, luaL_checkstring(L, -1), &err) && err.code != AR_ERULE) raise(L, &err);
    lua_pop(L, 1);
  }
  lua_settop(L, 2);
}

/* The text at the top under `name`. */
static void load_text(lua_State *L, run *r, const char *name, take_text take) {
  size_t len;
  ar_err err;
  const char *text = luaL_checklstring(L, -1, &len);
  if (!take(r->loader, name, (ar_str){ text, len }, &err) && err.code != AR_ERULE) raise(L, &err);
}

static void load_texts(lua_State *L, run *r, const char *option, const char *name, take_text take) {
  int type = lua_getfield(L, 1, option);
  if (type == LUA_TSTRING) load_text(L, r, name, take);
  if (type == LUA_TTABLE)
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
      luaL_checktype(L, -2, LUA_TSTRING);
      load_text(L, r, lua_tostring(L, -2), take);
    }
  lua_settop(L, 2);
}

static bool looks_like_path(const char *text) {
  return strchr(text, '\n') == NULL && (strchr(text, '/') != NULL || strstr(text, ".txt") != NULL) &&
         strspn(text, "0123456789./") != strlen(text);
}

static void load_intel(lua_State *L, run *r) {
  ar_ipset_report report;
  ar_err err;
  unsigned tag;
  bool given = lua_getfield(L, 1, "intel") == LUA_TTABLE;
  if (given) lua_pushnil(L);
  for (; given && lua_next(L, 3); lua_pop(L, 1)) {
    luaL_checktype(L, -2, LUA_TSTRING);
    size_t len;
    const char *word = lua_tostring(L, -2), *text = luaL_checklstring(L, -1, &len);
    if (!ar_ip_tag_of(ar_str_of(word), &tag)) luaL_error(L, "intel: '%s' is no tag", word);
    bool good = looks_like_path(text)
                    ? ar_ipset_load(ar_engine_intel(r->engine), tag, text, &report, &err)
                    : ar_ipset_load_text(ar_engine_intel(r->engine), tag, word, (ar_str){ text, len }, &report, &err);
    if (!good) raise(L, &err);
  }
  lua_settop(L, 2);
}

static void push_problems(lua_State *L, const ar_problem *list, size_t count) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, list[i].text);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* core.engine { … } -> engine, or nil, message, problems */
int arl_engine(lua_State *L) {
  ar_err err;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  ar_engine_options options = read_options(L);
  run *r = lua_newuserdatauv(L, sizeof *r, 0);
  memset(r, 0, sizeof *r);
  luaL_setmetatable(L, ENGINE);
  ar_loader_options loading = { .now = options.now == AR_INSTANT_NONE ? 0 : options.now };
  if (!(r->engine = ar_engine_new(&options, &err)) || !(r->loader = ar_loader_new(r->engine, &loading, &err)))
    return raise(L, &err);
  load_paths(L, r, "tune", ar_loader_tune);
  load_texts(L, r, "tune_text", "tune.lua", ar_loader_tune_text);
  load_paths(L, r, "rules", ar_loader_rules);
  load_texts(L, r, "text", "rules/text.lua", ar_loader_rules_text);
  load_intel(L, r);
  if (ar_loader_finish(r->loader, &err) && ar_engine_seal(r->engine, &err)) return 1;
  size_t count;
  const ar_problem *problems = ar_loader_problems(r->loader, &count);
  lua_pushnil(L);
  lua_pushstring(L, err.msg);
  push_problems(L, problems, count);
  close_run(r);
  return 3;
}

/* ---- alerts as Lua tables, by way of their JSON ---- */

static void push_alert(lua_State *L, const ar_alert *alert) {
  ar_err err;
  cJSON **tree = arl_new_tree(L);
  char *text = ar_alert_json(alert, &err);
  if (!text) raise(L, &err);
  *tree = cJSON_Parse(text);
  ar_free(text);
  arl_push_tree(L, tree);
  lua_remove(L, -2);
}

/* [0, +2]: the alerts, and how many the tuning hid */
static void push_alerts(lua_State *L, run *r) {
  ar_alert *alert;
  size_t count;
  ar_err err;
  lua_Integer shown = 0;
  if (!ar_engine_settle(r->engine, &count, &err)) raise(L, &err);
  lua_newtable(L);
  for (;;) {
    const char *because;
    if (!ar_engine_next(r->engine, &alert, &err)) raise(L, &err);
    if (!alert) break;
    if (ar_loader_ignores(r->loader, alert, &because)) continue;
    push_alert(L, alert);
    lua_rawseti(L, -2, ++shown);
  }
  lua_pushinteger(L, (lua_Integer)ar_loader_ignored(r->loader));
}

static void push_findings(lua_State *L, run *r) {
  ar_alert **findings;
  size_t count;
  ar_err err;
  if (!ar_engine_findings(r->engine, &findings, &count, &err)) raise(L, &err);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    push_alert(L, findings[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* ---- what the run came to ---- */

static void set_count(lua_State *L, const char *name, uint64_t count) {
  lua_pushinteger(L, (lua_Integer)count);
  lua_setfield(L, -2, name);
}

static void push_kinds(lua_State *L, const ar_told_kind *kinds, size_t count) {
  lua_createtable(L, 0, (int)count);
  for (size_t i = 0; i < count; i++) set_count(L, kinds[i].what, kinds[i].count);
}

static void push_states(lua_State *L, const ar_state_counts *counts) {
  lua_createtable(L, 0, 8);
  set_count(L, "keys", counts->keys);
  set_count(L, "hits", counts->hits);
  set_count(L, "adds", counts->adds);
  set_count(L, "expired", counts->expired);
  set_count(L, "evicted", counts->evicted);
  set_count(L, "hits_evicted", counts->hits_evicted);
  set_count(L, "held_evicted", counts->held_evicted);
  set_count(L, "bytes", counts->bytes);
}

static void push_profiles(lua_State *L, const ar_profile_counts *counts) {
  lua_createtable(L, 0, 5);
  set_count(L, "principals", counts->principals);
  set_count(L, "evicted", counts->evicted);
  set_count(L, "unlearned", counts->unlearned);
  set_count(L, "most_tenant_days", counts->most_tenant_days);
  set_count(L, "bytes", counts->bytes);
}

static void push_summary(lua_State *L, const ar_told *told) {
  lua_createtable(L, 0, 24);
  set_count(L, "records", told->records);
  set_count(L, "events", told->events);
  set_count(L, "duplicates", told->duplicates);
  set_count(L, "skipped", told->skipped);
  set_count(L, "rejected", told->rejected);
  set_count(L, "acts", told->acts);
  set_count(L, "acts_nobody", told->acts_nobody);
  set_count(L, "acts_unfinished", told->acts_unfinished);
  set_count(L, "future", told->future);
  set_count(L, "lost", told->lost);
  set_count(L, "candidates", told->candidates);
  set_count(L, "calls", told->calls);
  set_count(L, "spilled_bytes", told->spilled_bytes);
  push_states(L, &told->states);
  lua_setfield(L, -2, "states");
  push_profiles(L, &told->profiles);
  lua_setfield(L, -2, "profiles");
  lua_pushboolean(L, told->sorted);
  lua_setfield(L, -2, "sorted");
  push_kinds(L, told->skipped_kinds, told->skipped_kind_count);
  lua_setfield(L, -2, "skipped_kinds");
  push_kinds(L, told->rejected_kinds, told->rejected_kind_count);
  lua_setfield(L, -2, "rejected_kinds");
}

/* One row a rule, by id: calls, alerts, faults, and why it cannot fire. */
static void push_rules(lua_State *L, run *r) {
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  lua_createtable(L, 0, (int)count);
  for (size_t i = 0; i < count; i++) {
    char lacks[160];
    uint32_t has, wants;
    lua_createtable(L, 0, 8);
    set_count(L, "calls", rules[i]->told.calls);
    set_count(L, "alerts", rules[i]->told.alerts);
    set_count(L, "faults", rules[i]->told.faults);
    lua_pushboolean(L, rules[i]->told.quarantined);
    lua_setfield(L, -2, "quarantined");
    if (rules[i]->told.faults) {
      lua_pushstring(L, rules[i]->told.fault);
      lua_setfield(L, -2, "fault");
    }
    if (!ar_engine_rule_can_fire(r->engine, rules[i], lacks)) {
      lua_pushstring(L, lacks);
      lua_setfield(L, -2, "lacks");
    }
    if (ar_engine_rule_learning(r->engine, rules[i], &has, &wants)) {
      set_count(L, "learning_has", has);
      set_count(L, "learning_wants", wants);
    }
    lua_setfield(L, -2, rules[i]->id);
  }
}

/* stack: list -- list, with what the engine has to add */
static void add_notes(lua_State *L, run *r) {
  size_t count;
  const char *const *notes = ar_engine_notes(r->engine, &count);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, notes[i]);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  }
}

static void push_result(lua_State *L, run *r) {
  size_t count;
  const ar_problem *notes = ar_loader_notes(r->loader, &count);
  lua_createtable(L, 0, 6);
  push_alerts(L, r);
  lua_setfield(L, -3, "ignored");
  lua_setfield(L, -2, "alerts");
  push_findings(L, r);
  lua_setfield(L, -2, "findings");
  push_summary(L, ar_engine_tell(r->engine));
  lua_setfield(L, -2, "summary");
  push_rules(L, r);
  lua_setfield(L, -2, "rules");
  push_problems(L, notes, count);
  add_notes(L, r);
  lua_setfield(L, -2, "notes");
}

static const char **check_paths(lua_State *L, size_t *count) {
  *count = (size_t)lua_rawlen(L, 2);
  const char **paths = lua_newuserdatauv(L, (*count + 1) * sizeof *paths, 0);
  for (size_t i = 0; i < *count; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    paths[i] = luaL_checkstring(L, -1); /* the table keeps it */
    lua_pop(L, 1);
  }
  return paths;
}

/* engine:run("text of a log" [, name]) or engine:run { "path", … } -> { alerts, findings, summary, rules, ignored,
 * notes } */
static int arl_run(lua_State *L) {
  run *r = luaL_checkudata(L, 1, ENGINE);
  ar_err err;
  size_t len;
  if (!r->engine || r->ran) return luaL_error(L, "an engine runs once; make another");
  if (lua_istable(L, 2)) {
    const char **paths = check_paths(L, &len);
    r->reader = ar_reader_new(paths, len, NULL, &err);
  } else {
    const char *text = luaL_checklstring(L, 2, &len);
    r->reader = ar_reader_new_memory((ar_str){ text, len }, luaL_optstring(L, 3, "log.json"), NULL, &err);
  }
  r->ran = true;
  if (!r->reader || !ar_engine_run(r->engine, r->reader, &err)) return raise(L, &err);
  push_result(L, r);
  return 1;
}

void arl_engine_open(lua_State *L) {
  luaL_newmetatable(L, ENGINE);
  lua_pushcfunction(L, arl_close);
  lua_setfield(L, -2, "__gc");
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, arl_run);
  lua_setfield(L, -2, "run");
  lua_pushcfunction(L, arl_close);
  lua_setfield(L, -2, "close");
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
