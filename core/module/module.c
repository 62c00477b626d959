/* module.c — require "armrun.core". */
#include "module/module.h"
#include "module/decode.h"

#ifdef ARMRUN_TESTING
static const luaL_Reg tests[] = {
  { "base", arl_t_base },       { "instant", arl_t_instant }, { "json", arl_t_json },   { "reader", arl_t_reader },
  { "ipset", arl_t_ipset },     { "event", arl_t_event },     { "alert", arl_t_alert }, { "order", arl_t_order },
  { "state", arl_t_state },     { "rule", arl_t_rule },       { "burst", arl_t_burst }, { "engine", arl_t_engine },
  { "sandbox", arl_t_sandbox }, { "binding", arl_t_binding }, { "reach", arl_t_reach }, { NULL, NULL }
};

/* stack: core -- core (with T) */
static void add_tests(lua_State *L) {
  lua_newtable(L);
  for (const luaL_Reg *t = tests; t->name; t++) {
    lua_pushcfunction(L, t->func);
    lua_call(L, 0, 1);
    lua_setfield(L, -2, t->name);
  }
  lua_setfield(L, -2, "T");
}
#endif

int luaopen_armrun_core(lua_State *L) {
  arl_engine_open(L);
  lua_newtable(L);
  lua_pushcfunction(L, arl_engine);
  lua_setfield(L, -2, "engine");
  lua_pushcfunction(L, arl_decode);
  lua_setfield(L, -2, "decode");
#ifdef ARMRUN_TESTING
  add_tests(L);
#endif
  return 1;
}
