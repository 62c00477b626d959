/* t_sandbox.c — core.T.sandbox: what specs reach of sandbox. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "sandbox/sandbox.h"

#define HOLDER "armrun.T.sandbox"

static const char *const codes[] = { "ok", "nomem", "io", "input", "rule", "budget", "usage" };

static int arl_holder_free(lua_State *L) {
  ar_sandbox **holder = luaL_checkudata(L, 1, HOLDER);
  ar_sandbox_free(*holder);
  *holder = NULL;
  return 0;
}

static lua_Integer option(lua_State *L, const char *name, lua_Integer otherwise) {
  lua_Integer value = otherwise;
  if (!lua_istable(L, 2)) return otherwise;
  if (lua_getfield(L, 2, name) != LUA_TNIL) value = luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return value;
}

static const char *text_option(lua_State *L, const char *name, const char *otherwise, size_t *len) {
  if (!lua_istable(L, 2) || lua_getfield(L, 2, name) == LUA_TNIL)
    return lua_pushstring(L, otherwise), lua_tolstring(L, -1, len);
  return luaL_checklstring(L, -1, len); /* stays on the stack, so that it lives */
}

/* A value of the sandbox as one of ours: simple ones as they are, others by the name of their type. */
static void copy_value(lua_State *L, lua_State *from) {
  size_t len;
  switch (lua_type(from, -1)) {
  case LUA_TNIL:
    lua_pushnil(L);
    break;
  case LUA_TBOOLEAN:
    lua_pushboolean(L, lua_toboolean(from, -1));
    break;
  case LUA_TSTRING: {
    const char *text = lua_tolstring(from, -1, &len);
    lua_pushlstring(L, text, len);
    break;
  }
  case LUA_TNUMBER:
    if (lua_isinteger(from, -1))
      lua_pushinteger(L, lua_tointeger(from, -1));
    else
      lua_pushnumber(L, lua_tonumber(from, -1));
    break;
  default:
    lua_pushstring(L, luaL_typename(from, -1));
  }
}

/* Loads, calls with the argument, and once more for each of `calls` with what came out. */
static bool run(ar_sandbox *sandbox, ar_str text, const char *name, ar_str arg, lua_Integer calls, ar_err *err) {
  lua_State *S = ar_sandbox_state(sandbox);
  if (!ar_sandbox_load(sandbox, text, name, err)) return false;
  lua_pushlstring(S, arg.ptr, arg.len);
  if (!ar_sandbox_call(sandbox, 1, 1, err)) return false;
  for (lua_Integer i = 0; i < calls; i++) {
    lua_settop(S, 1);
    lua_pushvalue(S, 1);
    lua_pushlstring(S, arg.ptr, arg.len);
    if (!ar_sandbox_call(sandbox, 1, 1, err)) return false;
  }
  return true;
}

static void push_stats(lua_State *L, const ar_sandbox *sandbox) {
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, (lua_Integer)ar_sandbox_spent(sandbox));
  lua_setfield(L, -2, "instructions");
  lua_pushinteger(L, (lua_Integer)ar_sandbox_peak(sandbox));
  lua_setfield(L, -2, "bytes");
  lua_pushinteger(L, (lua_Integer)ar_sandbox_bytes(sandbox));
  lua_setfield(L, -2, "held");
}

/* run(text[, { instructions, bytes, bytes_total, seed, calls, name, arg }]) -> result, nil, "ok", stats
 *                                                                          | nil, message, code, stats */
static int arl_run(lua_State *L) {
  ar_str text, arg;
  ar_err err = { AR_OK, "" };
  text.ptr = luaL_checklstring(L, 1, &text.len);
  lua_settop(L, 2);
  const ar_sandbox_options options = { (uint64_t)option(L, "instructions", 0), (size_t)option(L, "bytes", 0),
                                       (size_t)option(L, "bytes_total", 0) };
  lua_Integer calls = option(L, "calls", 0), seed = option(L, "seed", 0);
  const char *name = text_option(L, "name", "rules/x.lua", NULL);
  arg.ptr = text_option(L, "arg", "", &arg.len);
  ar_sandbox **holder = lua_newuserdatauv(L, sizeof *holder, 0);
  *holder = NULL;
  luaL_setmetatable(L, HOLDER);
  *holder = ar_sandbox_new(&options, &err);
  if (!*holder) return lua_pushnil(L), lua_pushstring(L, err.msg), lua_pushstring(L, codes[err.code]), 3;
  ar_sandbox_seed(*holder, (uint64_t)seed);
  bool fine = run(*holder, text, name, arg, calls, &err);
  if (fine)
    copy_value(L, ar_sandbox_state(*holder));
  else
    lua_pushnil(L);
  fine ? lua_pushnil(L) : (void)lua_pushstring(L, err.msg);
  lua_pushstring(L, codes[fine ? AR_OK : err.code]);
  push_stats(L, *holder);
  return 4;
}

/* fail_at(n) -> allocations since the last call of it; live() -> blocks not yet freed */
static int arl_fail_at(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_fail_at((size_t)luaL_checkinteger(L, 1)));
  return 1;
}

static int arl_live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_live());
  return 1;
}

int arl_t_sandbox(lua_State *L) {
  luaL_newmetatable(L, HOLDER);
  lua_pushcfunction(L, arl_holder_free);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  const luaL_Reg functions[] = { { "run", arl_run }, { "fail_at", arl_fail_at }, { "live", arl_live }, { NULL, NULL } };
  luaL_newlib(L, functions);
  return 1;
}
#endif
