/* t_rule.c — core.T.rule: what specs reach of rule. Test builds only. */
#include "module/t_boxes.h"

#ifdef ARMRUN_TESTING
#include <pthread.h>

static const char *const novelty_words[] = { "operation", "network", "app",       "subscription",
                                             "dormant",   "settled", "unused_app" };

/* ---- rules ---- */

static void free_rule(void *rule) {
  ar_rule_free(rule);
}

static void read_operations(lua_State *L, int at, ar_selector *s) {
  if (lua_getfield(L, at, "operations") == LUA_TTABLE) {
    lua_Unsigned count = lua_rawlen(L, -1);
    s->operations = ar_alloc((count + 1) * sizeof *s->operations);
    for (; s->operation_count < count; s->operation_count++) {
      lua_geti(L, -1, (lua_Integer)s->operation_count + 1);
      s->operations[s->operation_count] = ar_copy(ar_str_of(lua_tostring(L, -1)));
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static void read_selector(lua_State *L, int at, ar_selector *s) {
  read_operations(L, at, s);
  s->statuses = arl_field_mask(L, at, "statuses", ar_status_words, AR_STATUS_COUNT);
  s->sources = arl_field_mask(L, at, "sources", ar_source_words, AR_SOURCE_COUNT);
  s->kinds = arl_field_mask(L, at, "kinds", ar_kind_words, AR_KIND_COUNT);
  s->ip_tags = arl_field_mask(L, at, "ip_tags", ar_ip_tag_words, AR_IP_TAG_COUNT);
  s->tactics = arl_field_mask(L, at, "tactics", ar_tactic_words, AR_TACTIC_COUNT);
  s->novelty = arl_field_mask(L, at, "novelty", novelty_words, 7);
  s->dormant = arl_field_seconds(L, at, "dormant", 0);
  s->unused_app = arl_field_seconds(L, at, "unused_app", 0);
  s->everyday = arl_field_bool(L, at, "everyday");
  s->first = arl_field_bool(L, at, "first");
}

static void read_on(lua_State *L, int at, ar_rule *r) {
  if (lua_getfield(L, at, "on") == LUA_TTABLE) {
    lua_Unsigned count = lua_rawlen(L, -1);
    r->on = ar_alloc((count + 1) * sizeof *r->on);
    for (; r->on_count < count; r->on_count++) {
      lua_geti(L, -1, (lua_Integer)r->on_count + 1);
      read_selector(L, lua_gettop(L), &r->on[r->on_count]);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static void read_by(lua_State *L, int at, ar_key_plan *by) {
  if (lua_getfield(L, at, "burst_by") == LUA_TTABLE)
    for (; by->count < AR_KEY_FIELDS && lua_geti(L, -1, (lua_Integer)by->count + 1) != LUA_TNIL; by->count++) {
      const char *word = lua_tostring(L, -1);
      unsigned f = 0;
      while (f < AR_FIELD_COUNT && !ar_str_eq(ar_str_of(ar_field_words[f]), ar_str_of(word))) f++;
      if (f == AR_FIELD_COUNT) luaL_error(L, "burst_by: unknown field '%s'", word);
      by->fields[by->count] = f;
      lua_pop(L, 1);
    }
}

static void read_rule(lua_State *L, int at, ar_rule *r) {
  r->id = arl_field_copy(L, at, "id");
  r->title = arl_field_copy(L, at, "title");
  r->file = arl_field_copy(L, at, "file");
  r->line = (int)arl_field_integer(L, at, "line", 1);
  r->severity = arl_field_word(L, at, "severity", ar_severity_words, AR_SEVERITIES, AR_LOW);
  r->confidence = arl_field_word(L, at, "confidence", ar_confidence_words, AR_CONFIDENCES, AR_CONFIDENCE_LOW);
  arl_field_strings(L, at, "tactics", &r->tactics);
  arl_field_strings(L, at, "techniques", &r->techniques);
  arl_field_strings(L, at, "yields_to", &r->yields_to);
  r->preview = arl_field_bool(L, at, "preview");
  r->at_started = arl_field_bool(L, at, "at_started");
  r->burst_quiet = arl_field_seconds(L, at, "burst_quiet", 0);
  r->burst_max = arl_field_seconds(L, at, "burst_max", 0);
  read_on(L, at, r);
  read_by(L, at, &r->burst_by);
}

/* rule { id = …, on = { { operations = { … }, statuses = { … } } }, burst_by = { … }, yields_to = { … } } */
static int new_rule(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  arl_box *box = arl_box_new(L, ARL_RULE, NULL, free_rule);
  int at = lua_gettop(L);
  ar_rule *r = box->object = ar_rule_new();
  if (!r) return luaL_error(L, "out of memory");
  read_rule(L, 1, r);
  lua_settop(L, at);
  return 1;
}

/* ---- catalogue ---- */

#define CATALOGUE "armrun.t.catalogue"

static void free_catalogue(void *catalogue) {
  ar_catalogue_free(catalogue);
}

/* The table at argument 3 holds the tactics. */
static int catalogue_add(lua_State *L) {
  ar_err err = { 0 };
  ar_catalogue *c = arl_box_object(L, 1, CATALOGUE);
  unsigned tactics = arl_field_mask(L, 3, "tactics", ar_tactic_words, AR_TACTIC_COUNT);
  bool everyday = arl_field_bool(L, 3, "everyday");
  if (!ar_catalogue_add(c, ar_str_of(luaL_checkstring(L, 2)), tactics, everyday, &err)) return arl_failed(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int catalogue_prefer(lua_State *L) {
  ar_err err = { 0 };
  ar_catalogue *c = arl_box_object(L, 1, CATALOGUE);
  unsigned tactics = arl_field_mask(L, 3, "tactics", ar_tactic_words, AR_TACTIC_COUNT);
  if (!ar_catalogue_prefer(c, ar_str_of(luaL_checkstring(L, 2)), tactics, &err)) return arl_failed(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int push_risk(lua_State *L, ar_risk risk) {
  lua_newtable(L);
  lua_pushinteger(L, risk.number);
  lua_setfield(L, -2, "number");
  lua_pushinteger(L, risk.tactics);
  lua_setfield(L, -2, "tactics");
  lua_pushinteger(L, risk.first);
  lua_setfield(L, -2, "first");
  lua_pushboolean(L, risk.everyday);
  lua_setfield(L, -2, "everyday");
  return 1;
}

static int catalogue_find(lua_State *L) {
  return push_risk(L, ar_catalogue_find(arl_box_object(L, 1, CATALOGUE), ar_str_of(luaL_checkstring(L, 2))));
}

static int new_catalogue(lua_State *L) {
  static const luaL_Reg methods[] = {
    { "add", catalogue_add },
    { "prefer", catalogue_prefer },
    { "find", catalogue_find },
    { NULL, NULL },
  };
  arl_box *box = arl_box_new(L, CATALOGUE, methods, free_catalogue);
  box->object = ar_catalogue_new();
  return 1;
}

/* ---- index ---- */

#define INDEX "armrun.t.index"

typedef struct indexed {
  ar_index *index;
  ar_names *names;
  ar_rule **rules, **out;
  size_t count;
} indexed;

static void free_indexed(void *object) {
  indexed *x = object;
  ar_index_free(x->index);
  ar_names_free(x->names);
  ar_free(x->rules);
  ar_free(x->out);
  ar_free(x);
}

static uint32_t operation_arg(lua_State *L, const indexed *x, int arg) {
  return ar_names_add(x->names, ar_str_of(luaL_checkstring(L, arg)));
}

static void read_facts(lua_State *L, int at, const indexed *x, ar_select_facts *f) {
  *f = (ar_select_facts){ 0 };
  lua_getfield(L, at, "operation");
  f->operation = operation_arg(L, x, lua_gettop(L));
  lua_pop(L, 1);
  f->status = arl_field_word(L, at, "status", ar_status_words, AR_STATUS_COUNT, AR_STATUS_SUCCEEDED);
  f->source = arl_field_word(L, at, "source", ar_source_words, AR_SOURCE_COUNT, AR_SOURCE_ACTIVITY);
  f->kind = arl_field_word(L, at, "kind", ar_kind_words, AR_KIND_COUNT, AR_KIND_USER);
  f->ip_tags = arl_field_mask(L, at, "ip_tags", ar_ip_tag_words, AR_IP_TAG_COUNT);
  f->novelty = arl_field_mask(L, at, "novelty", novelty_words, 6);
  f->gap = arl_field_seconds(L, at, "gap", 0);
  f->app_gap = arl_field_seconds(L, at, "app_gap", 0);
}

/* index:select(facts, started) -> "A B" */
static int index_select(lua_State *L) {
  indexed *x = arl_box_object(L, 1, INDEX);
  ar_select_facts facts;
  luaL_Buffer ids;
  read_facts(L, 2, x, &facts);
  size_t count = ar_index_select(x->index, &facts, lua_toboolean(L, 3), x->out);
  luaL_buffinit(L, &ids);
  for (size_t i = 0; i < count; i++) {
    if (i) luaL_addchar(&ids, ' ');
    luaL_addstring(&ids, x->out[i]->id);
  }
  luaL_pushresult(&ids);
  return 1;
}

/* index:candidate { operation, ip_tags, source } */
static int index_candidate(lua_State *L) {
  indexed *x = arl_box_object(L, 1, INDEX);
  ar_select_facts f;
  read_facts(L, 2, x, &f);
  lua_pushboolean(L, ar_index_candidate(x->index, f.operation, f.ip_tags, f.source));
  return 1;
}

static int index_needs_profile(lua_State *L) {
  indexed *x = arl_box_object(L, 1, INDEX);
  lua_pushboolean(L, ar_index_needs_profile(x->index, operation_arg(L, x, 2)));
  return 1;
}

static int index_risk(lua_State *L) {
  indexed *x = arl_box_object(L, 1, INDEX);
  return push_risk(L, ar_index_risk(x->index, operation_arg(L, x, 2)));
}

/* index:takes(selector, facts) */
static int index_takes(lua_State *L) {
  indexed *x = arl_box_object(L, 1, INDEX);
  ar_select_facts facts;
  ar_selector selector = { 0 };
  read_facts(L, 3, x, &facts);
  read_selector(L, 2, &selector);
  lua_pushboolean(L, ar_selector_takes(x->index, &selector, &facts));
  ar_selector_clear(&selector);
  return 1;
}

/* ---- many threads at once ---- */

#define THREADS 4

typedef struct asker {
  pthread_t thread;
  ar_index *index;
  uint32_t first, operations, step; /* goes round in steps of its own, so that every thread meets some first */
  uint32_t yes;
} asker;

static void *ask_all(void *argument) {
  asker *a = argument;
  uint32_t at = a->first;
  for (uint32_t i = 0; i < a->operations; i++, at = (at + a->step) % a->operations)
    a->yes += ar_index_candidate(a->index, at + 1, 0, AR_SOURCE_ACTIVITY);
  return NULL;
}

/* index:crowd() -> how many of the known operations each thread found to be candidates */
static int index_crowd(lua_State *L) {
  indexed *x = arl_box_object(L, 1, INDEX);
  asker askers[THREADS];
  uint32_t operations = ar_names_count(x->names);
  for (uint32_t i = 0; i < THREADS; i++) {
    askers[i] = (asker){ .index = x->index, .first = i * 17 % operations, .operations = operations, .step = i + 1 };
    if (pthread_create(&askers[i].thread, NULL, ask_all, &askers[i])) return luaL_error(L, "no thread");
  }
  lua_createtable(L, THREADS, 0);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(askers[i].thread, NULL);
    lua_pushinteger(L, askers[i].yes);
    lua_seti(L, -2, i + 1);
  }
  return 1;
}

/* index:name(operation): as a parser thread that reads it would */
static int index_name(lua_State *L) {
  lua_pushinteger(L, operation_arg(L, arl_box_object(L, 1, INDEX), 2));
  return 1;
}

static const luaL_Reg index_methods[] = {
  { "select", index_select },
  { "candidate", index_candidate },
  { "needs_profile", index_needs_profile },
  { "risk", index_risk },
  { "takes", index_takes },
  { "crowd", index_crowd },
  { "name", index_name },
  { NULL, NULL },
};

static void gather_rules(lua_State *L, int at, indexed *x) {
  x->count = (size_t)lua_rawlen(L, at);
  x->rules = ar_alloc((x->count + 1) * sizeof *x->rules);
  x->out = ar_alloc((x->count + 1) * sizeof *x->out);
  for (size_t i = 0; i < x->count; i++) {
    lua_geti(L, at, (lua_Integer)i + 1);
    x->rules[i] = arl_box_object(L, -1, ARL_RULE);
    x->rules[i]->number = i;
    lua_pop(L, 1);
  }
}

/* index(rules, catalogue or nil, cap of names or nil, number of the allocation that fails or nil) */
static int new_index(lua_State *L) {
  ar_err err = { 0 };
  lua_settop(L, 4);
  const ar_catalogue *catalogue = lua_isnil(L, 2) ? NULL : arl_box_object(L, 2, CATALOGUE);
  arl_box *box = arl_box_new(L, INDEX, index_methods, free_indexed);
  indexed *x = box->object = ar_alloc(sizeof *x);
  lua_createtable(L, 2, 0);
  for (int i = 1; i <= 2; i++) lua_pushvalue(L, i), lua_seti(L, -2, i);
  lua_setiuservalue(L, 5, 1);
  gather_rules(L, 1, x);
  x->names = ar_names_new((uint32_t)luaL_optinteger(L, 3, 4096), 7);
  if (!lua_isnil(L, 4)) ar_alloc_fail_at((size_t)lua_tointeger(L, 4));
  x->index = ar_index_new(x->rules, x->count, catalogue, x->names, &err);
  if (!lua_isnil(L, 4)) ar_alloc_fail_at(0);
  return x->index ? 1 : arl_failed(L, &err);
}

int arl_t_rule(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "rule", new_rule },
    { "catalogue", new_catalogue },
    { "index", new_index },
    { NULL, NULL },
  };
  luaL_newlib(L, functions);
  return 1;
}
#endif
