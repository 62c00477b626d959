/* open.c — the words in a state, and `require`. Our own modules are compiled once and copied as code. */
#include "binding/private.h"

#include <string.h>

#include "binding/words.h"

script *script_of(lua_State *L) {
  return ar_sandbox_owner(ar_sandbox_of(L));
}

ar_str own_module(void *owner, ar_str name) {
  (void)owner;
  for (const struct ar_word *w = ar_words; w->name; w++)
    if (ar_str_eq(name, ar_str_of(w->name))) return (ar_str){ w->text, w->len };
  return (ar_str){ NULL, 0 };
}

ar_str own_text(ar_loader *loader, ar_str name) {
  return loader->options.module(loader->options.owner, name);
}

/* ---- code of our own modules ---- */

static int take_code(lua_State *L, const void *code, size_t len, void *owner) {
  own_word *word = owner;
  (void)L;
  char *grown = ar_grow(word->code, &word->room, word->len + len, 1);
  if (!grown) return 1;
  word->code = grown;
  memcpy(word->code + word->len, code, len);
  word->len += len;
  return 0;
}

static own_word *find_word(ar_loader *loader, const char *name) {
  for (size_t i = 0; i < loader->word_count; i++)
    if (ar_str_eq(loader->words[i].name, ar_str_of(name))) return &loader->words[i];
  return NULL;
}

/* Only what the loader itself compiled is ever loaded as code: nothing binary comes from outside. */
static void keep_code(lua_State *L, ar_loader *loader, const char *name) {
  if (loader->word_count == sizeof loader->words / sizeof *loader->words) return;
  own_word *word = &loader->words[loader->word_count];
  for (const struct ar_word *w = ar_words; w->name; w++)
    if (strcmp(w->name, name) == 0) word->name = ar_str_of(w->name);
  if (!word->name.ptr) return;
  if (lua_dump(L, take_code, word, 0) == 0) {
    loader->word_count++;
    return;
  }
  ar_free(word->code);
  *word = (own_word){ 0 };
}

/* "armrun.head" -> "=armrun/head.lua". stack: +1 */
static const char *push_chunk_name(lua_State *L, const char *name) {
  return lua_pushfstring(L, "=%s.lua", luaL_gsub(L, name, ".", "/"));
}

/* [0, +1]: the module's chunk. */
static bool load_own(lua_State *L, const char *name) {
  ar_loader *loader = script_of(L)->loader;
  int top = lua_gettop(L);
  own_word *word = find_word(loader, name);
  ar_str text = word ? (ar_str){ word->code, word->len } : own_text(loader, ar_str_of(name));
  if (!text.ptr) return false;
  const char *chunk = push_chunk_name(L, name);
  if (luaL_loadbufferx(L, text.ptr, text.len, chunk, word ? "b" : "t") != LUA_OK) lua_error(L);
  if (!word) keep_code(L, loader, name);
  lua_insert(L, top + 1); /* stack: chunk, name parts */
  lua_settop(L, top + 1);
  return true;
}

/* ---- require ---- */

static const char *const inner_words[] = { "armrun.head",    "armrun.select", "armrun.states",   "armrun.testing",
                                           "armrun.shapes",  "armrun.json",   "armrun.simulate", "armrun.evaluate",
                                           "armrun.hostile", "armrun._meta" };

/* Not for rules, nor what lies below them: they need what rules do not have. */
static bool is_inner(const char *name) {
  for (size_t i = 0; i < sizeof inner_words / sizeof *inner_words; i++) {
    size_t len = strlen(inner_words[i]);
    if (strncmp(name, inner_words[i], len) == 0 && (name[len] == '\0' || name[len] == '.')) return true;
  }
  return false;
}

/* Text of lib/… as a chunk. [0, +1] */
static bool load_lib(lua_State *L, const char *name) {
  script *s = script_of(L);
  char found[512];
  size_t len;
  char *text = file_module(s->path, name, found, &len);
  if (!text) return false;
  loader_digest(s->loader, "lib", name, (ar_str){ text, len });
  ar_err err;
  bool good = ar_sandbox_load(s->sandbox, (ar_str){ text, len }, found, &err);
  ar_free(text);
  if (!good) raise_err(L, &err);
  return true;
}

static bool load_module(lua_State *L, const char *name) {
  bool ours = strncmp(name, "armrun.", 7) == 0;
  if (ours && is_inner(name)) return false;
  return ours ? load_own(L, name) : load_lib(L, name);
}

static int arl_require(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  luaL_argcheck(L, strlen(name) <= 100, 1, "a module name of at most 100 bytes");
  if (lua_getfield(L, lua_upvalueindex(1), name) != LUA_TNIL) return 1;
  lua_settop(L, 1);
  if (!load_module(L, name))
    return luaL_error(L,
                      "module '%s' not found: rules can require armrun.* and, as \"lib.name\", files of the lib "
                      "folder beside them",
                      name);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  if (lua_isnil(L, -1)) return luaL_error(L, "module '%s' returned nothing", name);
  lua_pushvalue(L, -1);
  lua_setfield(L, lua_upvalueindex(1), name);
  return 1;
}

/* part("armrun.select", core, …): head.lua's other halves, which are no modules of their own. */
int arl_part(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  int args = lua_gettop(L) - 1;
  if (!load_own(L, name)) return luaL_error(L, "%s is not built in", name);
  lua_replace(L, 1);
  lua_call(L, args, 1);
  return 1;
}

/* ---- opening a state ---- */

/* stack: words, globals -- */
static void set_globals(lua_State *L, int words, int globals) {
  for (lua_pushnil(L); lua_next(L, words);) { /* stack: key, value */
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_settable(L, globals); /* the sandbox lets C add to its allow-list */
  }
}

static void set_global(lua_State *L, int globals, const char *name, lua_CFunction function) {
  lua_pushcfunction(L, function);
  lua_setfield(L, globals, name);
}

/* stack: script, globals */
static void open_words(lua_State *L) {
  tables_open(L);
  set_global(L, 2, "alert", arl_alert);
  set_global(L, 2, "reason", arl_reason);
  if (!load_own(L, "armrun.head")) luaL_error(L, "armrun.head is not built in");
  lua_pushliteral(L, "armrun.head");
  words_core(L);
  lua_call(L, 2, 1);
  set_globals(L, lua_gettop(L), 2);
}

int arl_open(lua_State *L) {
  script *s = lua_touserdata(L, 1);
  lua_settop(L, 1);
  lua_gc(L, LUA_GCSTOP); /* nothing made here dies soon */
  lua_pushglobaltable(L);
  lua_newtable(L); /* modules that were loaded */
  lua_pushcclosure(L, arl_require, 1);
  lua_setfield(L, 2, "require");
  if (s->kind != SCRIPT_WORDS) open_words(L);
  lua_gc(L, LUA_GCRESTART);
  return 0;
}
