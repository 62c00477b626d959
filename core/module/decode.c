/* decode.c — core.decode(text): JSON as Lua values. */
#include "module/decode.h"

#include <lauxlib.h>
#include <math.h>

static int arl_free_tree(lua_State *L) {
  cJSON **tree = lua_touserdata(L, 1);
  cJSON_Delete(*tree);
  *tree = NULL;
  return 0;
}

cJSON **arl_new_tree(lua_State *L) {
  cJSON **tree = lua_newuserdatauv(L, sizeof *tree, 0);
  *tree = NULL;
  if (luaL_newmetatable(L, "armrun.tree")) {
    lua_pushcfunction(L, arl_free_tree);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return tree;
}

static void push_number(lua_State *L, double number) {
  if (floor(number) == number && fabs(number) < 9e15)
    lua_pushinteger(L, (lua_Integer)number);
  else
    lua_pushnumber(L, number);
}

static void push_value(lua_State *L, const cJSON *value) {
  lua_Integer n = 0;
  luaL_checkstack(L, 4, "JSON");
  if (cJSON_IsString(value)) {
    lua_pushstring(L, value->valuestring);
  } else if (cJSON_IsNumber(value)) {
    push_number(L, value->valuedouble);
  } else if (cJSON_IsBool(value)) {
    lua_pushboolean(L, cJSON_IsTrue(value));
  } else if (cJSON_IsArray(value) || cJSON_IsObject(value)) {
    lua_newtable(L);
    for (const cJSON *item = value->child; item; item = item->next) {
      push_value(L, item);
      if (cJSON_IsArray(value))
        lua_rawseti(L, -2, ++n);
      else
        lua_setfield(L, -2, item->string);
    }
  } else {
    lua_pushnil(L);
  }
}

void arl_push_tree(lua_State *L, cJSON **tree) {
  push_value(L, *tree);
  cJSON_Delete(*tree);
  *tree = NULL;
}

int arl_decode(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len), *end = NULL;
  cJSON **tree = arl_new_tree(L);
  *tree = cJSON_ParseWithLengthOpts(text, len, &end, 0);
  size_t at = end ? (size_t)(end - text) : 0, rest = at;
  while (*tree && rest < len && (unsigned char)text[rest] <= ' ') rest++;
  if (*tree && rest == len) return arl_push_tree(L, tree), 1;
  lua_pushnil(L);
  lua_pushfstring(L, *tree ? "the JSON ends at byte %d, and more follows" : "no JSON from byte %d on", (int)at + 1);
  return 2;
}
