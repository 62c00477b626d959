/* t_json.c — core.T.json: what specs reach of json. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "json/json.h"
#include "json/private.h"

#include <stdio.h>

#define DOC "armrun.t.json"

typedef struct t_doc {
  ar_json_doc *doc;
  ar_json root;
} t_doc;

static t_doc *check_doc(lua_State *L) {
  return luaL_checkudata(L, 1, DOC);
}

static ar_str check_str(lua_State *L, int arg) {
  ar_str s;
  s.ptr = luaL_checklstring(L, arg, &s.len);
  return s;
}

static int new_doc(lua_State *L) {
  size_t max_bytes = (size_t)luaL_optinteger(L, 1, 1 << 20), depth = (size_t)luaL_optinteger(L, 2, 64);
  t_doc *d = lua_newuserdatauv(L, sizeof *d, 1);
  memset(d, 0, sizeof *d);
  luaL_setmetatable(L, DOC);
  d->doc = ar_json_doc_new(max_bytes, depth);
  return d->doc ? 1 : 0;
}

static int free_doc(lua_State *L) {
  t_doc *d = check_doc(L);
  ar_json_doc_free(d->doc);
  d->doc = NULL;
  return 0;
}

static int answer(lua_State *L, bool ok, const ar_err *err) {
  if (ok) return lua_pushboolean(L, 1), 1;
  lua_pushnil(L);
  lua_pushstring(L, err->msg);
  lua_pushinteger(L, err->code);
  return 3;
}

static int parse(lua_State *L) {
  ar_err err;
  t_doc *d = check_doc(L);
  d->root = (ar_json){ NULL, 0 };
  return answer(L, ar_json_parse_copy(d->doc, check_str(L, 2), &d->root, &err), &err);
}

/* In place, with whatever bytes stand in the padding. */
static int parse_padded(lua_State *L) {
  ar_err err;
  t_doc *d = check_doc(L);
  ar_str text = check_str(L, 2), padding = check_str(L, 3);
  luaL_argcheck(L, padding.len >= AR_JSON_PADDING, 3, "too short");
  char *copy = lua_newuserdatauv(L, text.len + padding.len, 0);
  memcpy(copy, text.ptr, text.len);
  memcpy(copy + text.len, padding.ptr, padding.len);
  lua_setiuservalue(L, 1, 1); /* the document's strings lie there */
  d->root = (ar_json){ NULL, 0 };
  bool ok = ar_json_parse(d->doc, copy, text.len, &d->root, &err);
  bool untouched = memcmp(copy, text.ptr, text.len) == 0;
  return untouched ? answer(L, ok, &err) : luaL_error(L, "the text was written to");
}

static int flags(lua_State *L) {
  lua_pushinteger(L, ar_json_flags(check_doc(L)->doc));
  return 1;
}

static ar_json at_path(lua_State *L) {
  size_t len;
  const char *path = luaL_optlstring(L, 2, "", &len);
  return ar_json_path(check_doc(L)->root, (ar_str){ path, len });
}

static int type_of(lua_State *L) {
  static const char *const words[] = {
    "missing", "null", "bool", "int", "uint", "double", "string", "array", "object"
  };
  lua_pushstring(L, words[ar_json_type_of(at_path(L))]);
  return 1;
}

static int push_scalar(lua_State *L, ar_json value) {
  ar_str s;
  int64_t integer;
  double number;
  bool truth;
  if (ar_json_string(value, &s))
    lua_pushlstring(L, s.ptr, s.len);
  else if (ar_json_int(value, &integer))
    lua_pushinteger(L, integer);
  else if (ar_json_double(value, &number))
    lua_pushnumber(L, number);
  else if (ar_json_bool(value, &truth))
    lua_pushboolean(L, truth);
  else
    lua_pushnil(L);
  return 1;
}

static int get(lua_State *L) {
  return push_scalar(L, at_path(L));
}

static int member(lua_State *L) {
  return push_scalar(L, ar_json_get(check_doc(L)->root, check_str(L, 2)));
}

static int count(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_json_count(at_path(L)));
  return 1;
}

static void add_scalar(luaL_Buffer *out, ar_json value) {
  char text[64];
  ar_str s;
  bool truth;
  double number = 0;
  uint64_t word = value.tape[value.at + 1];
  if (ar_json_string(value, &s)) {
    luaL_addchar(out, '"');
    luaL_addlstring(out, s.ptr, s.len);
    luaL_addchar(out, '"');
    return;
  }
  ar_json_double(value, &number);
  switch (ar_json_type_of(value)) {
  case AR_JSON_INT:
    snprintf(text, sizeof text, "%lld", (long long)word);
    break;
  case AR_JSON_UINT:
    snprintf(text, sizeof text, "%lluu", (unsigned long long)word);
    break;
  case AR_JSON_DOUBLE:
    snprintf(text, sizeof text, "%.17gd", number);
    break;
  default:
    snprintf(text, sizeof text, "%s", ar_json_bool(value, &truth) ? truth ? "true" : "false" : "null");
  }
  luaL_addstring(out, text);
}

/* The value with its strings raw and its numbers marked (u: uint64, d: double); an explicit stack, as in the core. */
static int dump(lua_State *L) {
  ar_json_iter stack[AR_JSON_DEPTH_LIMIT + 1];
  size_t depth = 0;
  ar_json value = at_path(L);
  ar_str key;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  if (!value.tape) return lua_pushnil(L), 1;
  for (bool first = true;;) {
    ar_json_type type = ar_json_type_of(value);
    if (type == AR_JSON_ARRAY || type == AR_JSON_OBJECT) {
      stack[depth++] = ar_json_each(value);
      luaL_addchar(&out, type == AR_JSON_ARRAY ? '[' : '{');
      first = true;
    } else {
      add_scalar(&out, value);
      first = false;
    }
    while (depth && !ar_json_next(&stack[depth - 1], &key, &value)) {
      luaL_addchar(&out, stack[--depth].object ? '}' : ']');
      first = false;
    }
    if (!depth) break;
    if (!first) luaL_addchar(&out, ',');
    if (!key.ptr) continue;
    luaL_addlstring(&out, key.ptr, key.len);
    luaL_addchar(&out, ':');
  }
  luaL_pushresult(&out);
  return 1;
}

/* The explaining checker by itself: true, or nil, what, byte. */
static int check(lua_State *L) {
  ar_json_fault fault;
  if (ar_json_check(check_str(L, 1), (size_t)luaL_optinteger(L, 2, 64), &fault)) return lua_pushboolean(L, 1), 1;
  lua_pushnil(L);
  lua_pushstring(L, fault.what);
  lua_pushinteger(L, (lua_Integer)fault.at);
  return 3;
}

static const luaL_Reg methods[] = { { "parse", parse },   { "parse_padded", parse_padded },
                                    { "flags", flags },   { "type", type_of },
                                    { "get", get },       { "member", member },
                                    { "count", count },   { "dump", dump },
                                    { "__gc", free_doc }, { NULL, NULL } };

static const luaL_Reg functions[] = { { "new", new_doc }, { "check", check }, { NULL, NULL } };

int arl_t_json(lua_State *L) {
  luaL_newmetatable(L, DOC);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
#endif
