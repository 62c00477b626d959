/* t_state.h — what t_state.c and t_profile.c share: seconds, names, tables in and out. Test builds only. */
#ifndef ARMRUN_MODULE_T_STATE_H
#define ARMRUN_MODULE_T_STATE_H

#include "module/module.h"
#include "state/profile.h"
#include "state/state.h"

void push_t_profile(lua_State *L); /* core.T.state.profile */

static inline ar_instant to_instant(lua_State *L, int arg) {
  return (ar_instant)(luaL_checknumber(L, arg) * 1e7);
}

static inline void set_seconds(lua_State *L, const char *name, ar_instant at) {
  if (at == AR_INSTANT_NONE) return;
  lua_pushnumber(L, (lua_Number)at / 1e7);
  lua_setfield(L, -2, name);
}

static inline void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static inline void set_boolean(lua_State *L, const char *name, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static inline int push_failure(lua_State *L, const ar_err *err) {
  lua_pushnil(L);
  lua_pushstring(L, err->msg);
  lua_pushinteger(L, err->code);
  return 3;
}

static inline lua_Integer opt_integer(lua_State *L, const char *name) {
  lua_getfield(L, 1, name);
  lua_Integer value = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return value;
}

static inline ar_id to_id(lua_State *L, int arg, uint64_t seed) {
  size_t len;
  const char *name = luaL_optlstring(L, arg, "", &len);
  return ar_id_name((ar_str){ name, len }, seed);
}

static inline void new_type(lua_State *L, const char *type, const luaL_Reg *methods, lua_CFunction gc) {
  luaL_newmetatable(L, type);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

#endif
