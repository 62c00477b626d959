/* tables.c — table functions whose work is charged by elements, and a sort that always ends. */
#include <string.h>

#include "sandbox/private.h"

#define MOVES 16 /* elements moved for the price of one instruction */

/* Elements between two positions, both included; none when they cross. */
static size_t between(lua_Integer first, lua_Integer last) {
  if (last < first) return 0;
  uint64_t apart = (uint64_t)last - (uint64_t)first;
  return apart == UINT64_MAX ? SIZE_MAX : (size_t)apart + 1;
}

static int arl_insert(lua_State *L) {
  sandbox_check_table(L, 1);
  if (lua_gettop(L) > 2) ar_sandbox_charge(L, between(luaL_checkinteger(L, 2), (lua_Integer)lua_rawlen(L, 1)) / MOVES);
  return sandbox_original(L);
}

static int arl_remove(lua_State *L) {
  sandbox_check_table(L, 1);
  if (lua_gettop(L) > 1) ar_sandbox_charge(L, between(luaL_checkinteger(L, 2), (lua_Integer)lua_rawlen(L, 1)) / MOVES);
  return sandbox_original(L);
}

static int arl_concat(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer first = luaL_optinteger(L, 3, 1), last = luaL_optinteger(L, 4, luaL_len(L, 1));
  ar_sandbox_charge(L, between(first, last) / MOVES);
  return sandbox_original(L);
}

static int arl_move(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  sandbox_check_table(L, lua_isnoneornil(L, 5) ? 1 : 5);
  ar_sandbox_charge(L, between(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3)) / MOVES);
  return sandbox_original(L);
}

static int arl_unpack(lua_State *L) {
  lua_Integer first = luaL_optinteger(L, 2, 1);
  lua_Integer last = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
  if (between(first, last) > FEW_VALUES) return luaL_error(L, "unpack: at most %d values at a time", FEW_VALUES);
  ar_sandbox_charge(L, between(first, last) / MOVES);
  return sandbox_original(L);
}

/* ---- sort: merging, so that it is stable, repeats, and ends whatever the comparator says ---- */

/* Is the value at `a` before the one at `b`? Argument 2 is the comparator, or nil. */
static bool before(lua_State *L, int a, int b) {
  if (lua_isnil(L, 2)) {
    sandbox_charge_steps(L, 1);
    return lua_compare(L, a, b, LUA_OPLT);
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a < 0 ? a - 1 : a);
  lua_pushvalue(L, b < 0 ? b - 2 : b);
  lua_call(L, 2, 1);
  bool yes = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return yes;
}

/* Merges [low, mid) and [mid, high) of the list at `from` into `to`. */
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer mid, lua_Integer high) {
  lua_Integer left = low, right = mid;
  for (lua_Integer at = low; at < high; at++) {
    bool take_right = left >= mid;
    if (left < mid && right < high) {
      lua_rawgeti(L, from, right);
      lua_rawgeti(L, from, left);
      take_right = before(L, -2, -1);
      lua_pop(L, 2);
    }
    lua_rawgeti(L, from, take_right ? right++ : left++);
    lua_rawseti(L, to, at);
  }
}

static lua_Integer least(lua_Integer a, lua_Integer b) {
  return a < b ? a : b;
}

/* One pass over runs of `width`. */
static void merge_runs(lua_State *L, int from, int to, lua_Integer width, lua_Integer count) {
  ar_sandbox_charge(L, (size_t)count / MOVES);
  for (lua_Integer low = 1; low <= count; low += 2 * width)
    merge(L, from, to, low, least(low + width, count + 1), least(low + 2 * width, count + 1));
}

static int arl_sort(lua_State *L) {
  sandbox_check_table(L, 1);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  if (count > 1000000) return luaL_error(L, "sort: at most 1000000 elements");
  lua_createtable(L, (int)count, 0);
  int from = 1, to = 3;
  for (lua_Integer width = 1; width < count; width *= 2) {
    merge_runs(L, from, to, width, count);
    from = to;
    to = 4 - from;
  }
  for (lua_Integer i = 1; from == 3 && i <= count; i++) {
    lua_rawgeti(L, 3, i);
    lua_rawseti(L, 1, i);
  }
  return 0;
}

void sandbox_add_tables(lua_State *L) {
  sandbox_wrap(L, "pack", sandbox_many);
  sandbox_wrap(L, "insert", arl_insert);
  sandbox_wrap(L, "remove", arl_remove);
  sandbox_wrap(L, "concat", arl_concat);
  sandbox_wrap(L, "move", arl_move);
  sandbox_wrap(L, "unpack", arl_unpack);
  sandbox_wrap(L, "sort", arl_sort);
}
