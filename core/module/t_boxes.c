/* t_boxes.c — objects of the core as Lua userdata. Test builds only. */
#include "module/t_boxes.h"

#ifdef ARMRUN_TESTING

static int box_gc(lua_State *L) {
  arl_box *box = lua_touserdata(L, 1);
  if (box->object) box->give_back(box->object);
  box->object = NULL;
  return 0;
}

arl_box *arl_box_new(lua_State *L, const char *type, const luaL_Reg *methods, void (*give_back)(void *)) {
  arl_box *box = lua_newuserdatauv(L, sizeof *box, 1);
  *box = (arl_box){ NULL, give_back };
  if (luaL_newmetatable(L, type)) {
    lua_pushcfunction(L, box_gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    if (methods) luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_setmetatable(L, -2);
  return box;
}

void *arl_box_object(lua_State *L, int arg, const char *type) {
  arl_box *box = luaL_checkudata(L, arg, type);
  luaL_argcheck(L, box->object, arg, "already given away");
  return box->object;
}

char *arl_field_copy(lua_State *L, int at, const char *key) {
  size_t len;
  lua_getfield(L, at, key);
  const char *text = lua_tolstring(L, -1, &len);
  char *copy = text ? ar_copy((ar_str){ text, len }) : NULL;
  lua_pop(L, 1);
  return copy;
}

int64_t arl_field_integer(lua_State *L, int at, const char *key, int64_t otherwise) {
  lua_getfield(L, at, key);
  int64_t number = lua_isnil(L, -1) ? otherwise : luaL_checkinteger(L, -1);
  lua_pop(L, 1);
  return number;
}

bool arl_field_bool(lua_State *L, int at, const char *key) {
  lua_getfield(L, at, key);
  bool yes = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return yes;
}

ar_tri arl_field_tri(lua_State *L, int at, const char *key) {
  int type = lua_getfield(L, at, key);
  ar_tri tri = type == LUA_TNIL ? AR_UNKNOWN : lua_toboolean(L, -1) ? AR_YES : AR_NO;
  lua_pop(L, 1);
  return tri;
}

int64_t arl_field_seconds(lua_State *L, int at, const char *key, int64_t otherwise) {
  int type = lua_getfield(L, at, key);
  int64_t span = otherwise;
  if (lua_isinteger(L, -1))
    span = lua_tointeger(L, -1) * AR_SECOND;
  else if (type != LUA_TNIL)
    span = (int64_t)(luaL_checknumber(L, -1) * (double)AR_SECOND);
  lua_pop(L, 1);
  return span;
}

static unsigned word_at_top(lua_State *L, const char *key, const char *const *words, size_t count) {
  const char *word = luaL_checkstring(L, -1);
  for (unsigned i = 0; i < count; i++)
    if (ar_str_eq(ar_str_of(words[i]), ar_str_of(word))) return i;
  return (unsigned)luaL_error(L, "%s: unknown word '%s'", key, word);
}

unsigned arl_field_word(lua_State *L, int at, const char *key, const char *const *words, size_t count,
                        unsigned otherwise) {
  unsigned word = otherwise;
  if (lua_getfield(L, at, key) != LUA_TNIL) word = word_at_top(L, key, words, count);
  lua_pop(L, 1);
  return word;
}

unsigned arl_field_mask(lua_State *L, int at, const char *key, const char *const *words, size_t count) {
  unsigned mask = 0;
  if (lua_getfield(L, at, key) == LUA_TTABLE) {
    for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
      mask |= 1u << word_at_top(L, key, words, count);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return mask;
}

void arl_field_strings(lua_State *L, int at, const char *key, ar_strings *out) {
  ar_err err;
  if (lua_getfield(L, at, key) == LUA_TTABLE) {
    for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
      if (!ar_strings_add(out, ar_str_of(luaL_checkstring(L, -1)), &err)) luaL_error(L, "%s", err.msg);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

int arl_failed(lua_State *L, const ar_err *err) {
  lua_pushnil(L);
  lua_pushstring(L, err->msg);
  lua_pushinteger(L, err->code);
  return 3;
}
#endif
