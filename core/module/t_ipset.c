/* t_ipset.c — core.T.ipset: what specs reach of ipset. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "ipset/ipset.h"

static ar_str check_str(lua_State *L, int arg) {
  ar_str s;
  s.ptr = luaL_checklstring(L, arg, &s.len);
  return s;
}

static int push_ip(lua_State *L, ar_ip ip) {
  char out[48];
  ar_str s = ar_ip_text(ip, out);
  lua_pushlstring(L, s.ptr, s.len);
  return 1;
}

/* Canonical text of an address as a log writes it, or nil. */
static int ip(lua_State *L) {
  ar_ip ip;
  return ar_ip_parse(check_str(L, 1), &ip) ? push_ip(L, ip) : 0;
}

static int network(lua_State *L) {
  ar_ip ip;
  return ar_ip_parse(check_str(L, 1), &ip) ? push_ip(L, ar_ip_network(ip)) : 0;
}

static int is_public(lua_State *L) {
  ar_ip ip;
  luaL_argcheck(L, ar_ip_parse(check_str(L, 1), &ip), 1, "no address");
  lua_pushboolean(L, ar_ip_public(ip));
  return 1;
}

static const luaL_Reg functions[] = { { "ip", ip }, { "network", network }, { "public", is_public }, { NULL, NULL } };

int arl_t_ipset(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
#endif
