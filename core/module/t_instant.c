/* t_instant.c — core.T.instant: what specs reach of instant. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "instant/instant.h"

static ar_str check_str(lua_State *L, int arg) {
  ar_str s;
  s.ptr = luaL_checklstring(L, arg, &s.len);
  return s;
}

/* instant, zoned; or nil */
static int parse(lua_State *L) {
  ar_instant at;
  bool zoned;
  if (!ar_instant_read(check_str(L, 1), &at, &zoned)) return 0;
  lua_pushinteger(L, at);
  lua_pushboolean(L, zoned);
  return 2;
}

static int text(lua_State *L) {
  char out[40];
  ar_str s = ar_instant_text(luaL_checkinteger(L, 1), out);
  lua_pushlstring(L, s.ptr, s.len);
  return 1;
}

static int span(lua_State *L) {
  ar_span s;
  if (!ar_span_parse(check_str(L, 1), &s)) return 0;
  lua_pushinteger(L, s);
  return 1;
}

static int span_text(lua_State *L) {
  char out[40];
  ar_str s = ar_span_text(luaL_checkinteger(L, 1), out);
  lua_pushlstring(L, s.ptr, s.len);
  return 1;
}

static int day(lua_State *L) {
  lua_pushinteger(L, ar_instant_day(luaL_checkinteger(L, 1)));
  return 1;
}

static int hour(lua_State *L) {
  lua_pushinteger(L, ar_instant_hour(luaL_checkinteger(L, 1)));
  return 1;
}

static int now(lua_State *L) {
  lua_pushinteger(L, ar_instant_now());
  return 1;
}

static const luaL_Reg functions[] = { { "parse", parse }, { "text", text },
                                      { "span", span },   { "span_text", span_text },
                                      { "day", day },     { "hour", hour },
                                      { "now", now },     { NULL, NULL } };

int arl_t_instant(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
#endif
