/* module.h — the parts of `require "armrun.core"`.
 *
 * Layer 8. Each t_<module>.c pushes one table: core.T.<module>, the test library of that module (after Lua's own
 * ltests.c), so that every test of the core is a Busted spec.
 */
#ifndef ARMRUN_MODULE_H
#define ARMRUN_MODULE_H

#include <lauxlib.h>
#include <lua.h>

int luaopen_armrun_core(lua_State *L);

/* run.c: core.engine, and the metatable of what it returns */
int arl_engine(lua_State *L);
void arl_engine_open(lua_State *L);

#ifdef ARMRUN_TESTING
int arl_t_base(lua_State *L);
int arl_t_instant(lua_State *L);
int arl_t_json(lua_State *L);
int arl_t_reader(lua_State *L);
int arl_t_ipset(lua_State *L);
int arl_t_event(lua_State *L);
int arl_t_alert(lua_State *L);
int arl_t_order(lua_State *L);
int arl_t_state(lua_State *L);
int arl_t_rule(lua_State *L);
int arl_t_burst(lua_State *L);
int arl_t_engine(lua_State *L);
int arl_t_sandbox(lua_State *L);
int arl_t_binding(lua_State *L);
int arl_t_reach(lua_State *L);
#endif

#endif
