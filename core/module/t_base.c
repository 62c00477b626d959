/* t_base.c — core.T.base: what specs reach of base. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "base/base.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ARENA "armrun.t.arena"
#define NAMES "armrun.t.names"

static ar_str check_str(lua_State *L, int arg) {
  ar_str s;
  s.ptr = luaL_checklstring(L, arg, &s.len);
  return s;
}

static int push_str(lua_State *L, ar_str s) {
  if (s.ptr)
    lua_pushlstring(L, s.ptr, s.len);
  else
    lua_pushnil(L);
  return 1;
}

static int push_bool(lua_State *L, bool truth) {
  lua_pushboolean(L, truth);
  return 1;
}

/* 32 hex digits, or nil for none. */
static int push_id(lua_State *L, ar_id id) {
  char text[33];
  if (ar_id_none(id)) return 0;
  snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)id.hi, (unsigned long long)id.lo);
  lua_pushstring(L, text);
  return 1;
}

static ar_id check_id(lua_State *L, int arg) {
  ar_id id = { 0, 0 };
  luaL_argcheck(L, lua_isnil(L, arg) || ar_id_guid(check_str(L, arg), &id), arg, "no identity");
  return id;
}

/* ---- errors and slices */

static int fail(lua_State *L) {
  ar_err err = { AR_OK, "" };
  bool ok = ar_fail(&err, AR_EINPUT, "%s", luaL_checkstring(L, 1));
  lua_pushboolean(L, ok);
  lua_pushstring(L, err.msg);
  lua_pushboolean(L, err.code == AR_EINPUT);
  return 3;
}

static int nearest(lua_State *L) {
  const char *words[32];
  size_t count = 0;
  ar_str given = check_str(L, 1);
  for (; count < 32 && lua_rawgeti(L, 2, (lua_Integer)count + 1) == LUA_TSTRING; count++)
    words[count] = lua_tostring(L, -1);
  lua_pushstring(L, ar_nearest(given, words, count));
  return 1;
}

static int compare(lua_State *L) {
  int order = ar_str_cmp(check_str(L, 1), check_str(L, 2));
  lua_pushinteger(L, (order > 0) - (order < 0));
  return 1;
}

static int equal(lua_State *L) {
  lua_pushboolean(L, ar_str_eq(check_str(L, 1), check_str(L, 2)));
  lua_pushboolean(L, ar_str_eq_nocase(check_str(L, 1), check_str(L, 2)));
  return 2;
}

static int starts(lua_State *L) {
  lua_pushboolean(L, ar_str_starts(check_str(L, 1), check_str(L, 2)));
  lua_pushboolean(L, ar_str_starts_nocase(check_str(L, 1), check_str(L, 2)));
  return 2;
}

static int trim(lua_State *L) {
  return push_str(L, ar_str_trim(check_str(L, 1)));
}

static int lower(lua_State *L) {
  char out[512];
  ar_str s = check_str(L, 1);
  luaL_argcheck(L, s.len <= sizeof out, 1, "too long");
  return push_str(L, ar_str_lower(s, out));
}

/* ---- identities */

static int guid(lua_State *L) {
  ar_id id;
  char text[37];
  if (!ar_id_guid(check_str(L, 1), &id)) return 0;
  ar_id_guid_text(id, text);
  lua_pushstring(L, text);
  return 1;
}

static int id_of(lua_State *L) {
  return push_id(L, ar_id_of(check_str(L, 1), (uint64_t)luaL_checkinteger(L, 2)));
}

static int id_name(lua_State *L) {
  return push_id(L, ar_id_name(check_str(L, 1), (uint64_t)luaL_checkinteger(L, 2)));
}

static int id_mix(lua_State *L) {
  return push_id(L, ar_id_mix(check_id(L, 1), check_id(L, 2)));
}

static int id_slot(lua_State *L) {
  size_t slot = ar_id_slot(check_id(L, 1), (uint64_t)luaL_checkinteger(L, 2), (size_t)luaL_checkinteger(L, 3));
  lua_pushinteger(L, (lua_Integer)slot);
  return 1;
}

/* How many distinct slots (of mask + 1 ≤ 65536) the ids get whose bits are `base` plus i << shift, i < count. */
static int spread(lua_State *L) {
  static unsigned char taken[65536];
  uint64_t seed = (uint64_t)luaL_checkinteger(L, 1);
  size_t mask = (size_t)luaL_checkinteger(L, 2), distinct = 0;
  unsigned shift = (unsigned)luaL_checkinteger(L, 3), count = (unsigned)luaL_checkinteger(L, 4);
  luaL_argcheck(L, mask < sizeof taken && shift < 128, 2, "out of range");
  memset(taken, 0, sizeof taken);
  for (unsigned i = 0; i < count; i++) {
    unsigned __int128 bits = (unsigned __int128)i << shift;
    ar_id id = { 0x0123456789ABCDEFu ^ (uint64_t)(bits >> 64), 0xFEDCBA9876543210u ^ (uint64_t)bits };
    size_t slot = ar_id_slot(id, seed, mask);
    distinct += !taken[slot];
    taken[slot] = 1;
  }
  lua_pushinteger(L, (lua_Integer)distinct);
  return 1;
}

static int hash_fixed(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_hash_fixed(check_str(L, 1)));
  return 1;
}

static int hash_seeded(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_hash_seeded(check_str(L, 1), (uint64_t)luaL_checkinteger(L, 2)));
  return 1;
}

static int seed_new(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_seed_new());
  return 1;
}

static int sha256(lua_State *L) {
  unsigned char digest[32];
  char hex[65];
  ar_sha256(check_str(L, 1), digest);
  for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  lua_pushstring(L, hex);
  return 1;
}

/* ---- memory */

static int fail_at(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_fail_at((size_t)luaL_checkinteger(L, 1)));
  return 1;
}

static int live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_live());
  return 1;
}

/* Grows to `need` items of `bytes` from nothing: the room it got, or nil. */
static int grow(lua_State *L) {
  size_t room = 0;
  void *made = ar_grow(NULL, &room, (size_t)luaL_checkinteger(L, 1), (size_t)luaL_checkinteger(L, 2));
  if (!made) return 0;
  ar_free(made);
  lua_pushinteger(L, (lua_Integer)room);
  return 1;
}

static int arena_new(lua_State *L) {
  size_t bytes = (size_t)luaL_checkinteger(L, 1);
  ar_arena **a = lua_newuserdatauv(L, sizeof *a, 0);
  *a = NULL;
  luaL_setmetatable(L, ARENA);
  *a = ar_arena_new(bytes);
  return *a ? 1 : 0;
}

static ar_arena *check_arena(lua_State *L) {
  return *(ar_arena **)luaL_checkudata(L, 1, ARENA);
}

static int arena_gc(lua_State *L) {
  ar_arena **a = luaL_checkudata(L, 1, ARENA);
  ar_arena_free(*a);
  *a = NULL;
  return 0;
}

/* Whether the bytes were had; they are written and must be 16-byte aligned. */
static int arena_alloc(lua_State *L) {
  size_t bytes = (size_t)luaL_checkinteger(L, 2);
  void *made = ar_arena_alloc(check_arena(L), bytes);
  if (made) memset(made, 0xAA, bytes);
  return push_bool(L, made && (uintptr_t)made % 16 == 0);
}

static int arena_copy(lua_State *L) {
  ar_str s = ar_arena_copy(check_arena(L), check_str(L, 2));
  if (s.ptr && s.ptr[s.len] != '\0') return luaL_error(L, "no NUL behind the copy");
  return push_str(L, s);
}

static int arena_lower(lua_State *L) {
  return push_str(L, ar_arena_lower(check_arena(L), check_str(L, 2)));
}

static int arena_reset(lua_State *L) {
  ar_arena_reset(check_arena(L));
  return 0;
}

static int arena_bytes(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_arena_bytes(check_arena(L)));
  return 1;
}

/* ---- names */

static int names_new(lua_State *L) {
  uint32_t cap = (uint32_t)luaL_checkinteger(L, 1);
  uint64_t seed = (uint64_t)luaL_optinteger(L, 2, 1);
  ar_names **n = lua_newuserdatauv(L, sizeof *n, 0);
  *n = NULL;
  luaL_setmetatable(L, NAMES);
  *n = ar_names_new(cap, seed);
  return *n ? 1 : 0;
}

static ar_names *check_names(lua_State *L) {
  return *(ar_names **)luaL_checkudata(L, 1, NAMES);
}

static int names_gc(lua_State *L) {
  ar_names **n = luaL_checkudata(L, 1, NAMES);
  ar_names_free(*n);
  *n = NULL;
  return 0;
}

static int names_add(lua_State *L) {
  lua_pushinteger(L, ar_names_add(check_names(L), check_str(L, 2)));
  return 1;
}

static int names_find(lua_State *L) {
  lua_pushinteger(L, ar_names_find(check_names(L), check_str(L, 2)));
  return 1;
}

static int names_text(lua_State *L) {
  return push_str(L, ar_names_text(check_names(L), (uint32_t)luaL_checkinteger(L, 2)));
}

static int names_counts(lua_State *L) {
  lua_pushinteger(L, ar_names_count(check_names(L)));
  lua_pushinteger(L, (lua_Integer)ar_names_refused(check_names(L)));
  return 2;
}

typedef struct race {
  ar_names *names;
  unsigned count, stride, start, wrong;
} race;

/* Adds every name of a shared set in an order of its own, and checks what comes back at once. */
static void *race_run(void *data) {
  race *r = data;
  char text[32];
  for (unsigned i = 0; i < r->count; i++) {
    unsigned n = (r->start + i * r->stride) % r->count;
    ar_str name = { text, (size_t)snprintf(text, sizeof text, "provider/kind/%u/write", n) };
    uint32_t number = ar_names_add(r->names, name);
    r->wrong += !number || ar_names_find(r->names, name) != number || !ar_str_eq(ar_names_text(r->names, number), name);
  }
  return NULL;
}

/* Four threads add the same names in different orders: how often an answer was wrong. */
static int names_race(lua_State *L) {
  race runs[4];
  pthread_t threads[4];
  unsigned count = (unsigned)luaL_checkinteger(L, 2), wrong = 0, started = 0;
  static const unsigned strides[] = { 1, 7, 11, 13 };
  for (; started < 4; started++) {
    runs[started] = (race){ check_names(L), count, strides[started], started * count / 4, 0 };
    if (pthread_create(&threads[started], NULL, race_run, &runs[started])) break;
  }
  for (unsigned i = 0; i < started; i++) {
    pthread_join(threads[i], NULL);
    wrong += runs[i].wrong;
  }
  lua_pushinteger(L, wrong);
  lua_pushinteger(L, started);
  return 2;
}

static const luaL_Reg arena_methods[] = { { "alloc", arena_alloc },
                                          { "copy", arena_copy },
                                          { "lower", arena_lower },
                                          { "reset", arena_reset },
                                          { "bytes", arena_bytes },
                                          { "__gc", arena_gc },
                                          { NULL, NULL } };

static const luaL_Reg names_methods[] = { { "add", names_add },   { "find", names_find },
                                          { "text", names_text }, { "counts", names_counts },
                                          { "race", names_race }, { "__gc", names_gc },
                                          { NULL, NULL } };

static const luaL_Reg functions[] = { { "fail", fail },
                                      { "nearest", nearest },
                                      { "compare", compare },
                                      { "equal", equal },
                                      { "starts", starts },
                                      { "trim", trim },
                                      { "lower", lower },
                                      { "guid", guid },
                                      { "id_of", id_of },
                                      { "id_name", id_name },
                                      { "id_mix", id_mix },
                                      { "id_slot", id_slot },
                                      { "spread", spread },
                                      { "hash_fixed", hash_fixed },
                                      { "hash_seeded", hash_seeded },
                                      { "seed_new", seed_new },
                                      { "sha256", sha256 },
                                      { "alloc_fail_at", fail_at },
                                      { "alloc_live", live },
                                      { "grow", grow },
                                      { "arena", arena_new },
                                      { "names", names_new },
                                      { NULL, NULL } };

static void add_type(lua_State *L, const char *name, const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

int arl_t_base(lua_State *L) {
  add_type(L, ARENA, arena_methods);
  add_type(L, NAMES, names_methods);
  luaL_newlib(L, functions);
  return 1;
}
#endif
