/* t_ipset.c — core.T.ipset: what specs reach of ipset. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "ipset/ipset.h"

#define SET "armrun.t.ipset"

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

/* ---- sets */

static ar_ipset *check_set(lua_State *L) {
  return *(ar_ipset **)luaL_checkudata(L, 1, SET);
}

static unsigned check_tag(lua_State *L, int arg) {
  unsigned tag = 0;
  luaL_argcheck(L, ar_ip_tag_of(check_str(L, arg), &tag), arg, "no tag");
  return tag;
}

static int new_set(lua_State *L) {
  ar_ipset **s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = NULL;
  luaL_setmetatable(L, SET);
  *s = ar_ipset_new();
  return *s ? 1 : 0;
}

static int free_set(lua_State *L) {
  ar_ipset **s = luaL_checkudata(L, 1, SET);
  ar_ipset_free(*s);
  *s = NULL;
  return 0;
}

/* "malicious tor", in bit order. */
static void push_tags(lua_State *L, unsigned tags) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int i = 0; i < AR_IP_TAG_COUNT; i++) {
    if (!(tags >> i & 1)) continue;
    if (luaL_bufflen(&b)) luaL_addchar(&b, ' ');
    luaL_addstring(&b, ar_ip_tag_words[i]);
  }
  luaL_pushresult(&b);
}

static void set_count(lua_State *L, const char *key, uint64_t count) {
  lua_pushinteger(L, (lua_Integer)count);
  lua_setfield(L, -2, key);
}

static int push_report(lua_State *L, bool ok, const ar_ipset_report *r, const ar_err *err) {
  if (!ok) {
    lua_pushnil(L);
    lua_pushstring(L, err->msg);
    lua_pushinteger(L, err->code);
    return 3;
  }
  lua_newtable(L);
  lua_pushstring(L, r->format);
  lua_setfield(L, -2, "format");
  lua_pushstring(L, r->first_bad);
  lua_setfield(L, -2, "first_bad");
  set_count(L, "read", r->read);
  set_count(L, "private", r->dropped_private);
  set_count(L, "wide", r->refused_wide);
  set_count(L, "bad", r->bad);
  set_count(L, "skipped", r->skipped);
  set_count(L, "newest", (uint64_t)r->newest);
  lua_newtable(L);
  for (uint64_t i = 0; i < r->bad && i < 8; i++) {
    lua_pushinteger(L, (lua_Integer)r->bad_line[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "lines");
  return 1;
}

/* set:text(tag, name, text) */
static int load_text(lua_State *L) {
  ar_err err;
  ar_ipset_report report;
  bool ok = ar_ipset_load_text(check_set(L), check_tag(L, 2), luaL_checkstring(L, 3), check_str(L, 4), &report, &err);
  return push_report(L, ok, &report, &err);
}

static int load_file(lua_State *L) {
  ar_err err;
  ar_ipset_report report;
  bool ok = ar_ipset_load(check_set(L), check_tag(L, 2), luaL_checkstring(L, 3), &report, &err);
  return push_report(L, ok, &report, &err);
}

static int build(lua_State *L) {
  ar_err err;
  if (ar_ipset_build(check_set(L), &err)) return lua_pushboolean(L, 1), 1;
  lua_pushnil(L);
  lua_pushstring(L, err.msg);
  return 2;
}

/* set:find(ip, at): tags, feed, prefix, asn, country */
static int find(lua_State *L) {
  ar_ip ip;
  const ar_ipset *set = check_set(L);
  ar_instant at = luaL_optinteger(L, 3, 0);
  luaL_argcheck(L, ar_ip_parse(check_str(L, 2), &ip), 2, "no address");
  ar_ip_hit hit = ar_ipset_find(set, ip, at);
  if (hit.tags != ar_ipset_tags(set, ip, at)) return luaL_error(L, "find and tags disagree");
  push_tags(L, hit.tags);
  if (hit.tags)
    lua_pushstring(L, ar_ipset_feed(set, hit.feed));
  else
    lua_pushnil(L);
  lua_pushinteger(L, hit.prefix);
  lua_pushinteger(L, hit.asn);
  lua_pushstring(L, hit.country);
  return 5;
}

static int loaded_tags(lua_State *L) {
  push_tags(L, ar_ipset_loaded_tags(check_set(L)));
  return 1;
}

static int ranges(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_ipset_ranges(check_set(L)));
  return 1;
}

static const luaL_Reg methods[] = { { "text", load_text }, { "file", load_file },   { "build", build },
                                    { "find", find },      { "tags", loaded_tags }, { "ranges", ranges },
                                    { "__gc", free_set },  { NULL, NULL } };

static const luaL_Reg functions[] = {
  { "ip", ip }, { "network", network }, { "public", is_public }, { "new", new_set }, { NULL, NULL }
};

int arl_t_ipset(lua_State *L) {
  luaL_newmetatable(L, SET);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
#endif
