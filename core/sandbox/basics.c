/* basics.c — pairs in a fixed order, tostring without addresses, random numbers that repeat. */
#include <stdlib.h>
#include <string.h>

#include "sandbox/private.h"

/* ---- tostring ---- */

const char *ar_sandbox_tostring(lua_State *L, int index, size_t *len) {
  switch (lua_type(L, index)) {
  case LUA_TNIL:
  case LUA_TBOOLEAN:
  case LUA_TNUMBER:
  case LUA_TSTRING:
    return luaL_tolstring(L, index, len);
  default:
    break;
  }
  index = lua_absindex(L, index);
  if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
    lua_pop(L, 1);
    return luaL_tolstring(L, index, len);
  }
  int named = luaL_getmetafield(L, index, "__name");
  if (named != LUA_TNIL && named != LUA_TSTRING) lua_pop(L, 1);
  if (named != LUA_TSTRING) lua_pushstring(L, luaL_typename(L, index));
  return lua_tolstring(L, -1, len);
}

static int arl_tostring(lua_State *L) {
  luaL_checkany(L, 1);
  ar_sandbox_tostring(L, 1, NULL);
  return 1;
}

/* ---- pairs ---- */

typedef struct key {
  int type;  /* LUA_TNUMBER, LUA_TSTRING, LUA_TBOOLEAN */
  bool list; /* one of 1 … n of the list part */
  bool integer, truth;
  lua_Integer whole;
  lua_Number real;
  ar_str text;
} key;

static int rank(const key *k) {
  if (k->list) return 0;
  return k->type == LUA_TNUMBER ? 1 : k->type == LUA_TSTRING ? 2 : 3;
}

/* long double holds every lua_Integer and every lua_Number exactly. */
static long double number_of(const key *k) {
  return k->integer ? (long double)k->whole : (long double)k->real;
}

static int compare_keys(const void *left, const void *right) {
  const key *a = left, *b = right;
  int ra = rank(a), rb = rank(b);
  if (ra != rb) return ra < rb ? -1 : 1;
  if (ra == 2) return ar_str_cmp(a->text, b->text);
  if (ra == 3) return (int)a->truth - (int)b->truth;
  long double na = number_of(a), nb = number_of(b);
  return na < nb ? -1 : na > nb;
}

/* The key on top of the stack as plain data; its text belongs to the table. */
static key read_key(lua_State *L, int index, lua_Integer list) {
  key k = { .type = lua_type(L, index) };
  switch (k.type) {
  case LUA_TNUMBER:
    k.integer = lua_isinteger(L, index);
    if (k.integer)
      k.whole = lua_tointeger(L, index);
    else
      k.real = lua_tonumber(L, index);
    k.list = k.integer && k.whole >= 1 && k.whole <= list;
    break;
  case LUA_TSTRING:
    k.text.ptr = lua_tolstring(L, index, &k.text.len);
    break;
  case LUA_TBOOLEAN:
    k.truth = lua_toboolean(L, index);
    break;
  default:
    luaL_error(L, "pairs: the order of keys that are %ss is not defined; use texts or numbers as keys",
               luaL_typename(L, index));
  }
  return k;
}

static void push_key(lua_State *L, const key *k) {
  if (k->type == LUA_TBOOLEAN)
    lua_pushboolean(L, k->truth);
  else if (k->type == LUA_TSTRING)
    lua_pushlstring(L, k->text.ptr, k->text.len);
  else if (k->integer)
    lua_pushinteger(L, k->whole);
  else
    lua_pushnumber(L, k->real);
}

static size_t count_keys(lua_State *L, int table) {
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) count++;
  return count;
}

/* [0, +1] a list of the table's keys in order */
static void push_sorted_keys(lua_State *L, int table) {
  size_t count = count_keys(L, table), at = 0;
  sandbox_charge_steps(L, count / 4);
  key *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
  lua_Integer list = (lua_Integer)lua_rawlen(L, table);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) keys[at++] = read_key(L, -2, list);
  qsort(keys, count, sizeof *keys, compare_keys);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    push_key(L, &keys[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_remove(L, -2);
}

/* (table, _) -> the next key that still has a value, and it. Upvalues: keys, how many were passed. */
static int arl_next_pair(lua_State *L) {
  lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
  int type = LUA_TNIL;
  luaL_checktype(L, 1, LUA_TTABLE); /* a rule may call this itself, with anything */
  lua_settop(L, 1);
  for (;;) {
    if (lua_rawgeti(L, lua_upvalueindex(1), ++at) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    type = lua_rawget(L, 1);
    if (type != LUA_TNIL) break;
    lua_pop(L, 2);
    ar_sandbox_charge(L, 1);
  }
  lua_pushinteger(L, at);
  lua_replace(L, lua_upvalueindex(2));
  return 2;
}

static int arl_pairs(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  push_sorted_keys(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, arl_next_pair, 2);
  lua_pushvalue(L, 1);
  return 2;
}

void sandbox_add_basics(lua_State *L) {
  static const luaL_Reg functions[] = { { "pairs", arl_pairs }, { "tostring", arl_tostring }, { NULL, NULL } };
  luaL_setfuncs(L, functions, 0);
}

/* ---- math.random ---- */

static uint64_t next_random(ar_sandbox *sandbox) { /* splitmix64 */
  uint64_t z = sandbox->random += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

static int arl_random(lua_State *L) {
  uint64_t bits = next_random(ar_sandbox_of(L));
  if (lua_isnoneornil(L, 1)) {
    lua_pushnumber(L, (lua_Number)(bits >> 11) * 0x1p-53);
    return 1;
  }
  lua_Integer low = lua_isnoneornil(L, 2) ? 1 : luaL_checkinteger(L, 1);
  lua_Integer high = luaL_checkinteger(L, lua_isnoneornil(L, 2) ? 1 : 2);
  luaL_argcheck(L, low <= high, lua_isnoneornil(L, 2) ? 1 : 2, "interval is empty");
  uint64_t span = (uint64_t)high - (uint64_t)low;
  uint64_t step = span == UINT64_MAX ? bits : bits % (span + 1);
  lua_pushinteger(L, (lua_Integer)((uint64_t)low + step));
  return 1;
}

void sandbox_add_numbers(lua_State *L) {
  sandbox_wrap(L, "max", sandbox_many);
  sandbox_wrap(L, "min", sandbox_many);
  lua_pushcfunction(L, arl_random);
  lua_setfield(L, -2, "random");
}
