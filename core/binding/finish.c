/* finish.c — after the last file: names that must exist, the catalogue, the hash of the rule set, the engine. */
#include "binding/private.h"

#include <stdlib.h>
#include <string.h>

/* ---- the rules ---- */

static size_t count_rules(const ar_loader *loader) {
  size_t count = 0;
  for (size_t i = 0; i < loader->script_count; i++)
    for (bound *b = loader->scripts[i]->rules; b; b = b->next) count++;
  return count;
}

/* All rules, by id: the order the engine numbers them in, whatever their files are called. */
static int by_id(const void *a, const void *b) {
  return strcmp((*(bound *const *)a)->rule->id, (*(bound *const *)b)->rule->id);
}

static bound **all_rules(const ar_loader *loader, size_t *count) {
  bound **all = ar_alloc((count_rules(loader) + 1) * sizeof(bound *));
  *count = 0;
  for (size_t i = 0; all && i < loader->script_count; i++)
    for (bound *b = loader->scripts[i]->rules; b; b = b->next)
      if (b->rule && b->rule->id) all[(*count)++] = b; /* without: its registration failed, and that was told */
  if (all) qsort(all, *count, sizeof *all, by_id);
  return all;
}

/* ---- the hash of rules and tuning ---- */

static int by_name(const void *a, const void *b) {
  const digest *x = a, *y = b;
  int order = strcmp(x->name, y->name);
  return order ? order : memcmp(x->sha256, y->sha256, sizeof x->sha256);
}

static bool rule_set_hash(ar_loader *loader, char out[65], ar_err *err) {
  size_t len = 0;
  for (size_t i = 0; i < loader->digest_count; i++) len += strlen(loader->digests[i].name) + 33;
  char *all = ar_alloc(len + 1), *end = all;
  if (!all) return ar_nomem(err, "hashing the rules");
  if (loader->digest_count) qsort(loader->digests, loader->digest_count, sizeof *loader->digests, by_name);
  for (size_t i = 0; i < loader->digest_count; i++) {
    if (i && by_name(&loader->digests[i - 1], &loader->digests[i]) == 0) continue; /* a lib that several rules use */
    size_t name = strlen(loader->digests[i].name) + 1;
    memcpy(end, loader->digests[i].name, name);
    memcpy(end + name, loader->digests[i].sha256, 32);
    end += name + 32;
  }
  unsigned char sum[32];
  ar_sha256((ar_str){ all, (size_t)(end - all) }, sum);
  ar_free(all);
  for (int i = 0; i < 32; i++) {
    out[2 * i] = "0123456789abcdef"[sum[i] >> 4];
    out[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
  }
  out[64] = '\0';
  return true;
}

/* ---- into the engine ---- */

static bool add_rules(ar_loader *loader, bound *const *all, size_t count, ar_err *err) {
  for (size_t i = 0; i < count; i++) {
    ar_rule *rule = all[i]->rule;
    all[i]->rule = NULL; /* taken over, also when that fails */
    if (!ar_engine_add_rule(loader->engine, rule, err)) return false;
    all[i]->rule = rule;
    all[i]->taken = true;
  }
  return true;
}

static bool finish(ar_loader *loader, bound *const *all, size_t count, ar_err *err) {
  char hash[65];
  if (!tune_check(loader)) return ar_nomem(err, "checking the tuning");
  if (loader->no_memory) return ar_nomem(err, "loading rules");
  if (loader->problem_count) return ar_fail(err, AR_ERULE, "%s", loader->problems[0].text);
  if (!rule_set_hash(loader, hash, err)) return false;
  ar_engine_set_rule_set(loader->engine, hash);
  return add_rules(loader, all, count, err);
}

bool ar_loader_finish(ar_loader *loader, ar_err *err) {
  size_t count;
  if (loader->finished) return ar_fail(err, AR_EUSAGE, "the rules were loaded already");
  loader->finished = true;
  bound **all = all_rules(loader, &count);
  bool good = all ? finish(loader, all, count, err) : ar_nomem(err, "loading rules");
  ar_free(all);
  return good;
}

/* ---- making a loader ---- */

/* The list of tactics at `at` as a mask; *first: of the one that stands first. */
static unsigned check_tactics(lua_State *L, int at, unsigned *first) {
  unsigned tactics = 0;
  for (lua_Integer t = 1; lua_rawgeti(L, at, t) == LUA_TSTRING; t++, lua_pop(L, 1)) {
    int tactic = word_of(lua_tostring(L, -1), ar_tactic_words, AR_TACTIC_COUNT);
    if (tactic < 0) luaL_error(L, "armrun.catalog.high_risk: '%s' is no tactic", lua_tostring(L, -1));
    if (t == 1) *first = 1u << tactic;
    tactics |= 1u << tactic;
  }
  lua_pop(L, 1);
  return tactics;
}

/* Each row: { "operation", { "Tactic", … }, everyday = bool, why = "…" }. */
static int arl_catalogue(lua_State *L) {
  ar_catalogue *catalogue = ar_engine_catalogue(script_of(L)->loader->engine);
  ar_err err;
  luaL_checktype(L, 1, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, 1, i) == LUA_TTABLE; i++, lua_settop(L, 1)) {
    ar_str operation;
    unsigned first = 0;
    lua_rawgeti(L, 2, 1);
    lua_rawgeti(L, 2, 2);
    lua_getfield(L, 2, "everyday");
    unsigned tactics = check_tactics(L, 4, &first);
    operation.ptr = luaL_checklstring(L, 3, &operation.len);
    if (!ar_catalogue_add(catalogue, operation, tactics, lua_toboolean(L, 5), &err) ||
        (first && !ar_catalogue_prefer(catalogue, operation, first, &err)))
      raise_err(L, &err);
  }
  return 0;
}

static bool load_catalogue(ar_loader *loader, ar_err *err) {
  ar_str text = loader->options.module(loader->options.owner, AR_STR("armrun.catalog.high_risk"));
  if (!text.ptr) return true;
  script *s = loader_script(loader, SCRIPT_WORDS, "armrun/catalog/high_risk.lua", NULL, text, err);
  if (!s) return false;
  lua_pushcfunction(ar_sandbox_state(s->sandbox), arl_catalogue);
  return ar_sandbox_load(s->sandbox, text, s->name, err) && ar_sandbox_call(s->sandbox, 0, 1, err) &&
         ar_sandbox_call(s->sandbox, 1, 0, err);
}

ar_loader *ar_loader_new(ar_engine *engine, const ar_loader_options *options, ar_err *err) {
  ar_loader *loader = ar_alloc(sizeof *loader);
  if (!loader) {
    ar_nomem(err, "loading rules");
    return NULL;
  }
  loader->engine = engine;
  if (options) loader->options = *options;
  if (!loader->options.module) loader->options.module = own_module;
  loader->seed = ar_engine_seed(engine); /* so that a member given as text is the one a field names */
  if (load_catalogue(loader, err)) return loader;
  ar_loader_free(loader);
  return NULL;
}
