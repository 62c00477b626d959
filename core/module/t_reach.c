/* t_reach.c — core.T.reach: a rule's state as a laboratory. What can be reached in it, and what a call there comes to.
 * Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include <string.h>

#include "binding/private.h"
#include "binding/words.h"

#define LAB "armrun.T.lab"
#define DEEP 12

typedef struct lab {
  ar_engine *engine;
  ar_loader *loader;
  script *script;
} lab;

static int arl_lab_gc(lua_State *L) {
  lab *b = luaL_checkudata(L, 1, LAB);
  ar_engine_free(b->engine);
  ar_loader_free(b->loader);
  memset(b, 0, sizeof *b);
  return 0;
}

static int arl_lab(lua_State *L) {
  ar_err err = { AR_OK, "" };
  ar_engine_options options = { .now = 1, .seed = 1 };
  lab *b = lua_newuserdatauv(L, sizeof *b, 0);
  memset(b, 0, sizeof *b);
  luaL_setmetatable(L, LAB);
  if ((b->engine = ar_engine_new(&options, &err)) && (b->loader = ar_loader_new(b->engine, NULL, &err)))
    b->script = loader_script(b->loader, SCRIPT_RULES, "rules/x.lua", NULL, AR_STR(""), &err);
  return b->script ? 1 : luaL_error(L, "%s", err.msg);
}

/* ---- the walk: R is the rule's state, names go to the table at `out` of L ---- */

typedef struct walk {
  lua_State *L, *R;
  int out, seen, depth;
} walk;

static void visit(walk *w, const char *path);

static bool first_time(walk *w) {
  const void *here = lua_topointer(w->R, -1);
  bool fresh = lua_rawgetp(w->L, w->seen, here) == LUA_TNIL;
  lua_pop(w->L, 1);
  lua_pushboolean(w->L, 1);
  lua_rawsetp(w->L, w->seen, here);
  return fresh;
}

static void note(walk *w, const char *path) {
  lua_pushstring(w->L, lua_iscfunction(w->R, -1) ? "c" : "lua");
  lua_setfield(w->L, w->out, path);
}

static void visit_fields(walk *w, const char *path) {
  char name[200];
  for (lua_pushnil(w->R); lua_next(w->R, -2); lua_pop(w->R, 1)) {
    if (lua_type(w->R, -2) != LUA_TSTRING) continue;
    snprintf(name, sizeof name, "%s%s%s", path, *path ? "." : "", lua_tostring(w->R, -2));
    visit(w, name);
  }
}

/* Behind a metatable a rule reaches what __index holds, and by operators each event. */
static void visit_meta(walk *w, const char *path) {
  char name[200];
  if (!lua_getmetatable(w->R, -1)) return;
  for (lua_pushnil(w->R); lua_next(w->R, -2); lua_pop(w->R, 1)) {
    const char *event = lua_type(w->R, -2) == LUA_TSTRING ? lua_tostring(w->R, -2) : "?";
    if (strcmp(event, "__gc") == 0) continue;
    bool index = strcmp(event, "__index") == 0 && lua_istable(w->R, -1);
    snprintf(name, sizeof name, "%s:%s", path, event);
    visit(w, index ? path : name);
  }
  lua_pop(w->R, 1);
}

/* The value on top of R. */
static void visit(walk *w, const char *path) {
  int type = lua_type(w->R, -1);
  luaL_checkstack(w->R, 10, NULL);
  if (type == LUA_TFUNCTION && first_time(w)) note(w, path);
  if (type != LUA_TTABLE && type != LUA_TUSERDATA) return;
  if (w->depth == DEEP || !first_time(w)) return;
  w->depth++;
  if (type == LUA_TTABLE) visit_fields(w, path);
  visit_meta(w, path);
  w->depth--;
}

static void visit_words(walk *w) {
  lua_pushglobaltable(w->R);
  visit(w, "");
  lua_pop(w->R, 1);
  lua_pushliteral(w->R, "");
  visit_meta(w, "string");
  lua_pop(w->R, 1);
}

/* Values that no word holds: they come out of calls. */
static bool visit_value(walk *w, ar_sandbox *sandbox, const char *path, const char *expression, ar_err *err) {
  char text[200];
  int len = snprintf(text, sizeof text, "return %s", expression);
  if (!ar_sandbox_load(sandbox, (ar_str){ text, (size_t)len }, "walk", err) || !ar_sandbox_call(sandbox, 0, 1, err))
    return false;
  visit(w, path);
  lua_pop(w->R, 1);
  return true;
}

static void visit_modules(walk *w, ar_sandbox *sandbox) {
  char expression[120];
  ar_err err;
  for (const struct ar_word *word = ar_words; word->name; word++) {
    snprintf(expression, sizeof expression, "require '%.80s'", word->name);
    visit_value(w, sandbox, word->name, expression, &err); /* those that rules cannot have are left out */
  }
}

/* lab:walk() -> { ["string.rep"] = "c" or "lua", … } */
static int arl_walk(lua_State *L) {
  lab *b = luaL_checkudata(L, 1, LAB);
  ar_err err;
  lua_settop(L, 1);
  lua_newtable(L);
  lua_newtable(L);
  walk w = { L, ar_sandbox_state(b->script->sandbox), 2, 3, 0 };
  visit_words(&w);
  if (!visit_value(&w, b->script->sandbox, "regex()", "regex 'a'", &err)) return luaL_error(L, "%s", err.msg);
  visit_modules(&w, b->script->sandbox);
  lua_settop(L, 2);
  return 1;
}

/* lab:call(text) -> nil | message, code ("ok", "rule", "budget", "nomem"), instructions, most bytes */
static int arl_call(lua_State *L) {
  lab *b = luaL_checkudata(L, 1, LAB);
  ar_sandbox *sandbox = b->script->sandbox;
  ar_str text;
  ar_err err = { AR_OK, "" };
  text.ptr = luaL_checklstring(L, 2, &text.len);
  bool fine = ar_sandbox_load(sandbox, text, "rules/x.lua", &err) && ar_sandbox_call(sandbox, 0, 0, &err);
  if (fine)
    lua_pushnil(L);
  else
    lua_pushstring(L, err.msg);
  lua_pushstring(L, err.code == AR_OK       ? "ok"
                    : err.code == AR_ERULE  ? "rule"
                    : err.code == AR_ENOMEM ? "nomem"
                                            : "budget");
  lua_pushinteger(L, (lua_Integer)ar_sandbox_spent(sandbox));
  lua_pushinteger(L, (lua_Integer)ar_sandbox_peak(sandbox));
  return 4;
}

int arl_t_reach(lua_State *L) {
  static const luaL_Reg methods[] = { { "walk", arl_walk }, { "call", arl_call }, { NULL, NULL } };
  static const luaL_Reg functions[] = { { "lab", arl_lab }, { NULL, NULL } };
  luaL_newmetatable(L, LAB);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, arl_lab_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
#endif
