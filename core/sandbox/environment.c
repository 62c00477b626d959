/* environment.c — the allow-list: which names a rule finds, and what it is told about the others.
 *
 * The globals table that chunks see is empty and forwards to the words, so that an assignment always meets __newindex.
 */
#include <lualib.h>
#include <string.h>

#include "sandbox/private.h"

static const char words_key; /* its address names the words in the registry */

/* Names people know from Lua that rules do not get, and what to do instead. */
static const char *const absent[][2] = {
  { "pcall", "an error ends the call; armrun names the rule and goes on" },
  { "xpcall", "an error ends the call; armrun names the rule and goes on" },
  { "next", "use pairs" },
  { "load", "rules are plain text files" },
  { "loadstring", "rules are plain text files" },
  { "loadfile", "rules are plain text files" },
  { "dofile", "share code with require" },
  { "coroutine", "declare state instead" },
  { "setmetatable", "rules use plain tables" },
  { "getmetatable", "rules use plain tables" },
  { "rawset", "rules use plain tables" },
  { "rawget", "rules use plain tables" },
  { "collectgarbage", "memory is the engine's" },
  { "print", "return an alert with reasons, or look at values in a spec" },
  { "io", "a rule sees its act and its state only" },
  { "os", "a rule sees its act and its state only; the clock is act.time" },
  { "debug", "a rule sees its act and its state only" },
  { "package", "share code with require" },
  { "_G", "every word is there by its own name" },
  { "string.find", "use contains, prefix, suffix, glob or regex" },
  { "string.match", "use contains, prefix, suffix, glob or regex" },
  { "string.gmatch", "use regex" },
  { "string.gsub", "use contains, prefix, suffix, glob or regex" },
  { "string.dump", "rules are plain text" },
  { "string.pack", "rules handle text, not binary data" },
  { "string.unpack", "rules handle text, not binary data" },
  { "string.packsize", "rules handle text, not binary data" },
  { "math.randomseed", "each call starts from the engine's own seed, so that runs repeat" },
};

static const char *hint_for(const char *name) {
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
    if (strcmp(absent[i][0], name) == 0) return absent[i][1];
  return NULL;
}

/* Is it Lua code that calls the function now running? C code is trusted. */
static bool called_from_lua(lua_State *L, lua_Debug *ar) {
  return lua_getstack(L, 1, ar) && lua_getinfo(L, "Sl", ar) && ar->currentline > 0;
}

#define NEAR_MAX 400
typedef struct near_names {
  const char *names[NEAR_MAX];
  size_t count;
} near_names;

static void offer(near_names *near, const char *name) {
  if (name && *name != '(' && near->count < NEAR_MAX) near->names[near->count++] = name;
}

/* The strings stay alive: they are keys of the table. [0, 0] */
static void offer_keys(lua_State *L, int table, near_names *near) {
  table = lua_absindex(L, table);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
    if (lua_type(L, -2) == LUA_TSTRING) offer(near, lua_tostring(L, -2));
}

static void offer_locals(lua_State *L, lua_Debug *ar, near_names *near) {
  const char *name;
  for (int i = 1; (name = lua_getlocal(L, ar, i)) != NULL; i++, lua_pop(L, 1)) offer(near, name);
  lua_getinfo(L, "f", ar);
  for (int i = 1; (name = lua_getupvalue(L, -1, i)) != NULL; i++, lua_pop(L, 1))
    if (strcmp(name, "_ENV") != 0) offer(near, name);
  lua_pop(L, 1);
}

/* __index of the words: (words, name) */
static int arl_undefined(lua_State *L) {
  lua_Debug ar;
  near_names near = { .count = 0 };
  if (!called_from_lua(L, &ar)) return 0;
  if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "names are texts, not %s", luaL_typename(L, 2));
  const char *name = lua_tostring(L, 2), *hint = hint_for(name);
  if (hint) return luaL_error(L, "'%s' is not available in rules: %s", name, hint);
  offer_locals(L, &ar, &near);
  offer_keys(L, 1, &near);
  const char *nearest = ar_nearest(ar_str_of(name), near.names, near.count);
  if (nearest) return luaL_error(L, "undefined name '%s', did you mean '%s'?", name, nearest);
  return luaL_error(L, "undefined name '%s'", name);
}

/* __newindex of the globals: (globals, name, value). Upvalue: the words. */
static int arl_define(lua_State *L) {
  lua_Debug ar;
  if (called_from_lua(L, &ar)) {
    const char *name = ar_sandbox_tostring(L, 2, NULL);
    return luaL_error(L, "'%s' is not a local variable; write: local %s = …", name, name);
  }
  lua_settop(L, 3);
  lua_rawset(L, lua_upvalueindex(1));
  return 0;
}

/* ---- tables that cannot be written ---- */

/* __index of the table behind: (table, field). Upvalue: what people call the table. */
static int arl_unknown_field(lua_State *L) {
  lua_Debug ar;
  near_names near = { .count = 0 };
  const char *library = lua_tostring(L, lua_upvalueindex(1));
  if (!called_from_lua(L, &ar)) return 0;
  const char *field = ar_sandbox_tostring(L, 2, NULL);
  const char *hint = hint_for(lua_pushfstring(L, "%s.%s", library, field));
  if (hint) return luaL_error(L, "'%s.%s' is not available in rules: %s", library, field, hint);
  offer_keys(L, 1, &near);
  const char *nearest = ar_nearest(ar_str_of(field), near.names, near.count);
  if (nearest) return luaL_error(L, "'%s' has no '%s', did you mean '%s'?", library, field, nearest);
  return luaL_error(L, "'%s' has no '%s'", library, field);
}

static int arl_refuse_write(lua_State *L) {
  const char *library = lua_tostring(L, lua_upvalueindex(1));
  return luaL_error(L, "'%s' cannot be changed", library);
}

static void set_closure(lua_State *L, int table, const char *field, lua_CFunction function, const char *name) {
  table = lua_absindex(L, table);
  lua_pushstring(L, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, table, field);
}

static void lock(lua_State *L, int metatable) {
  metatable = lua_absindex(L, metatable);
  lua_pushboolean(L, 0);
  lua_setfield(L, metatable, "__metatable");
}

/* Gives the table on top an __index that explains. [0, 0] */
static void explain_fields(lua_State *L, const char *name) {
  lua_createtable(L, 0, 2);
  set_closure(L, -1, "__index", arl_unknown_field, name);
  lock(L, -1);
  lua_setmetatable(L, -2);
}

void ar_sandbox_readonly(lua_State *L, const char *name) {
  luaL_checkstack(L, 6, NULL);
  explain_fields(L, name);
  lua_newtable(L);
  lua_createtable(L, 0, 3); /* stack: table, proxy, its metatable */
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  set_closure(L, -1, "__newindex", arl_refuse_write, name);
  lock(L, -1);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

void sandbox_check_table(lua_State *L, int arg) {
  luaL_checktype(L, arg, LUA_TTABLE);
  if (!lua_getmetatable(L, arg)) return;
  luaL_error(L, "bad argument #%d: this table cannot be changed", arg);
}

/* ---- assembling ---- */

int sandbox_original(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

void sandbox_wrap(lua_State *L, const char *name, lua_CFunction function) {
  lua_getfield(L, -2, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

static void copy_fields(lua_State *L, int from, int to, const char *const *names) {
  from = lua_absindex(L, from);
  to = lua_absindex(L, to);
  for (; *names; names++) {
    lua_getfield(L, from, *names);
    lua_setfield(L, to, *names);
  }
}

/* Calls an opener of Lua's own. [0, +1] its table */
static void open_original(lua_State *L, lua_CFunction opener) {
  lua_pushcfunction(L, opener);
  lua_call(L, 0, 1);
}

typedef struct library {
  const char *name;
  lua_CFunction opener;
  const char *const *plain; /* taken as they are: work and memory are bounded by what is charged anyway */
  void (*add)(lua_State *L);
} library;

static const char *const plain_math[] = { "abs",   "acos", "asin", "atan", "ceil",       "cos",        "deg",  "exp",
                                          "floor", "fmod", "huge", "log",  "maxinteger", "mininteger", "modf", "pi",
                                          "rad",   "sin",  "sqrt", "tan",  "tointeger",  "type",       "ult",  NULL };
static const char *const plain_string[] = { "len", "lower", "reverse", "sub", "upper", NULL };
static const char *const plain_none[] = { NULL };
static const char *const plain_base[] = { "assert", "error", "ipairs", "rawequal", "rawlen", "type", NULL };
static const library libraries[] = {
  { "math", luaopen_math, plain_math, sandbox_add_numbers },
  { "string", luaopen_string, plain_string, sandbox_add_strings },
  { "table", luaopen_table, plain_none, sandbox_add_tables },
  { "utf8", luaopen_utf8, plain_none, sandbox_add_utf8 },
};

/* ("x"):rep must be the same function as string.rep. stack: …, the strings table */
static void point_strings_to(lua_State *L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  sandbox_charge_arithmetic(L);
  lock(L, -1);
  lua_pop(L, 2);
}

/* stack: words -- words */
static void add_library(lua_State *L, const library *lib) {
  open_original(L, lib->opener);
  lua_newtable(L); /* stack: words, original, ours */
  copy_fields(L, -2, -1, lib->plain);
  lib->add(L);
  if (lib->opener == luaopen_string) point_strings_to(L);
  ar_sandbox_readonly(L, lib->name);
  lua_setfield(L, -3, lib->name);
  lua_pop(L, 1);
}

/* stack: words -- words. luaopen_base fills the globals of the moment, which are thrown away afterwards. */
static void add_base(lua_State *L) {
  open_original(L, luaopen_base);
  lua_insert(L, -2); /* stack: base, words */
  copy_fields(L, -2, -1, plain_base);
  sandbox_wrap(L, "tonumber", sandbox_tonumber);
  sandbox_wrap(L, "select", sandbox_many);
  sandbox_add_basics(L);
  sandbox_add_text(L);
  sandbox_add_regex(L);
  lua_remove(L, -2);
}

/* stack: words -- words */
static void make_globals(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 3); /* stack: words, globals, metatable */
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, arl_define, 1);
  lua_setfield(L, -2, "__newindex");
  lock(L, -1);
  lua_setmetatable(L, -2);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

int sandbox_open(lua_State *L) {
  lua_newtable(L);
  add_base(L);
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) add_library(L, &libraries[i]);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, arl_undefined);
  lua_setfield(L, -2, "__index");
  lock(L, -1);
  lua_setmetatable(L, -2);
  make_globals(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &words_key);
  lua_gc(L, LUA_GCCOLLECT);
  return 0;
}
