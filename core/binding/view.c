/* view.c — fields of C data read by name from Lua; what is not there is told, and so is what has ended. */
#include "binding/private.h"

#include <string.h>

const view_type *const view_types[] = { &view_act,   &view_principal, &view_profile, &view_known,
                                        &view_peers, &view_coverage,  &view_risk,    &view_intel,
                                        &view_tally, &view_seen,      &view_life,    &view_tomb,
                                        &view_total, &view_match,     &view_witness, &view_witness_principal,
                                        NULL };

int unknown_name(lua_State *L, const char *what, const char *given, const char *const *names, size_t count) {
  size_t len = strlen(given);
  const char *near = len <= 128 ? ar_nearest((ar_str){ given, len }, names, count) : NULL;
  if (near) return luaL_error(L, "%s has no '%s', did you mean '%s'?", what, given, near);
  return luaL_error(L, "%s has no '%s'", what, given);
}

static int unknown_field(lua_State *L, const view_type *type) {
  const char *names[64];
  size_t count = 0;
  if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "%s has named fields only", type->name);
  for (const view_field *f = type->fields; f->name && count < 64; f++) names[count++] = f->name;
  return unknown_name(L, type->name, lua_tostring(L, 2), names, count);
}

static void check_alive(lua_State *L, const view *v, const view_type *type) {
  if (!v->script->running || v->generation != v->script->generation)
    luaL_error(L, "%s used after detect() returned: what a rule shall remember belongs into its state", type->name);
}

/* Asked for each field that is read, so it asks the view itself and not its metatable. Every userdata that a rule can
 * hold and that is as large as a view either is one or begins with the address of something else. */
bool view_is(lua_State *L, int arg, const view_type *type) {
  const view *v = lua_touserdata(L, arg);
  return v && lua_type(L, arg) == LUA_TUSERDATA && lua_rawlen(L, arg) >= sizeof *v && v->type == type;
}

void *view_check(lua_State *L, int arg, const view_type *type) {
  if (!view_is(L, arg, type))
    luaL_error(L, "bad argument #%d: %s expected, got %s", arg - 1, type->name, luaL_typename(L, arg));
  view *v = lua_touserdata(L, arg);
  check_alive(L, v, type);
  return v;
}

/* Upvalues: fields by name, the type. */
static int arl_index(lua_State *L) {
  const view_type *type = lua_touserdata(L, lua_upvalueindex(2));
  view *v = view_check(L, 1, type);
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TLIGHTUSERDATA) return unknown_field(L, type);
  const view_field *field = lua_touserdata(L, -1);
  if (field->method)
    lua_pushcfunction(L, field->method);
  else
    field->push(L, v);
  return 1;
}

static int arl_read_only(lua_State *L) {
  const view_type *type = lua_touserdata(L, lua_upvalueindex(1));
  return luaL_error(L, "%s can be read, not changed", type->name);
}

static void push_fields(lua_State *L, const view_type *type) {
  lua_newtable(L);
  for (const view_field *f = type->fields; f->name; f++) {
    lua_pushlightuserdata(L, (void *)(uintptr_t)f);
    lua_setfield(L, -2, f->name);
  }
}

/* [0, +1]: the metatable, made when its type is first seen: a file that is only loaded never needs it. */
static void push_metatable(lua_State *L, const view_type *type) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, type) == LUA_TTABLE) return; /* a name would be hashed each time */
  lua_pop(L, 1);
  luaL_newmetatable(L, type->meta);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, type);
  push_fields(L, type);
  lua_pushlightuserdata(L, (void *)(uintptr_t)type);
  lua_pushcclosure(L, arl_index, 2);
  lua_setfield(L, -2, "__index");
  lua_pushlightuserdata(L, (void *)(uintptr_t)type);
  lua_pushcclosure(L, arl_read_only, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

void *view_push(lua_State *L, const view_type *type, size_t bytes) {
  view *v = lua_newuserdatauv(L, bytes, 0);
  memset(v, 0, bytes);
  v->type = type;
  v->script = script_of(L);
  v->generation = v->script->generation;
  push_metatable(L, type);
  lua_setmetatable(L, -2);
  return v;
}

/* ---- values ---- */

ar_str cut_text(ar_str s) {
  if (s.len <= TEXT_MAX) return s;
  s.len = TEXT_MAX;
  while (s.len > TEXT_MAX - 4 && ((unsigned char)s.ptr[s.len] & 0xC0) == 0x80) s.len--;
  return s;
}

void push_str(lua_State *L, ar_str s) {
  if (s.len)
    lua_pushlstring(L, s.ptr, s.len);
  else
    lua_pushnil(L);
}

void push_text(lua_State *L, const char *s) {
  if (s && *s)
    lua_pushstring(L, s);
  else
    lua_pushnil(L);
}

void push_instant(lua_State *L, ar_instant at) {
  if (at == AR_INSTANT_NONE)
    lua_pushnil(L);
  else
    lua_pushnumber(L, (lua_Number)at / (lua_Number)AR_SECOND);
}

void push_span(lua_State *L, ar_span span) {
  lua_pushnumber(L, (lua_Number)span / (lua_Number)AR_SECOND);
}

void push_tri(lua_State *L, ar_tri tri) {
  if (tri == AR_UNKNOWN)
    lua_pushnil(L);
  else
    lua_pushboolean(L, tri == AR_YES);
}

void push_tags(lua_State *L, unsigned tags) {
  lua_Integer n = 0;
  lua_newtable(L);
  for (int i = 0; i < AR_IP_TAG_COUNT; i++)
    if (tags >> i & 1) {
      lua_pushstring(L, ar_ip_tag_words[i]);
      lua_rawseti(L, -2, ++n);
    }
}

/* ---- JSON ---- */

/* What is left to be given out: a log's bytes are anybody's, and must not be able to spend the rule's budget. What does
 * not fit is left out, and told. */
typedef struct room {
  int values, depth;
  bool cut;
} room;

static void push_value(lua_State *L, ar_json value, room *r);

static bool take_value(lua_State *L, room *r) {
  ar_sandbox_charge(L, 1);
  if (r->values > 0)
    r->values--;
  else
    r->cut = true;
  return !r->cut;
}

static void push_object(lua_State *L, ar_json value, room *r) {
  ar_json_iter it = ar_json_each(value);
  ar_str key;
  ar_json member;
  lua_newtable(L);
  while (ar_json_next(&it, &key, &member) && take_value(L, r)) {
    lua_pushlstring(L, key.ptr ? key.ptr : "", key.len);
    push_value(L, member, r);
    lua_rawset(L, -3);
  }
}

/* Elements that are null leave no holes: the list is what is there. */
static void push_array(lua_State *L, ar_json value, room *r) {
  ar_json_iter it = ar_json_each(value);
  ar_json element;
  lua_Integer n = 0;
  lua_newtable(L);
  while (ar_json_next(&it, NULL, &element) && take_value(L, r)) {
    push_value(L, element, r);
    if (lua_isnil(L, -1))
      lua_pop(L, 1);
    else
      lua_rawseti(L, -2, ++n);
  }
}

static void push_scalar(lua_State *L, ar_json value) {
  ar_str text;
  int64_t integer;
  double number;
  bool yes;
  if (ar_json_string(value, &text)) {
    ar_sandbox_charge(L, text.len / 64);
    lua_pushlstring(L, text.ptr ? text.ptr : "", text.len);
  } else if (ar_json_int(value, &integer)) {
    lua_pushinteger(L, integer);
  } else if (ar_json_double(value, &number)) {
    lua_pushnumber(L, number);
  } else if (ar_json_bool(value, &yes)) {
    lua_pushboolean(L, yes);
  } else {
    lua_pushnil(L);
  }
}

static void push_value(lua_State *L, ar_json value, room *r) {
  ar_json_type type = ar_json_type_of(value);
  luaL_checkstack(L, 4, "nested JSON");
  if (type != AR_JSON_OBJECT && type != AR_JSON_ARRAY) {
    push_scalar(L, value);
  } else if (r->depth == 0) {
    r->cut = true;
    lua_pushnil(L);
  } else {
    r->depth--;
    if (type == AR_JSON_OBJECT)
      push_object(L, value, r);
    else
      push_array(L, value, r);
    r->depth++;
  }
}

int push_json(lua_State *L, ar_json value) {
  room r = { JSON_VALUES_MAX, JSON_DEPTH_MAX, false };
  push_value(L, value, &r);
  if (!r.cut) return 1;
  lua_pushboolean(L, 1);
  return 2;
}
