/* t_burst.c — core.T.burst: what specs reach of burst. Test builds only. */
#include "module/t_boxes.h"

#ifdef ARMRUN_TESTING
#include "burst/burst.h"

#define BURSTS "armrun.t.bursts"

static void free_bursts(void *bursts) {
  ar_bursts_free(bursts);
}

/* What the bursts borrow lives as long as their box. stack: … borrowed */
static void keep(lua_State *L, int borrowed) {
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, borrowed);
  lua_pushboolean(L, true);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* bursts:tie({ rule, … }) */
static int tie(lua_State *L) {
  ar_err err = { 0 };
  ar_bursts *bursts = arl_box_object(L, 1, BURSTS);
  size_t count = (size_t)lua_rawlen(L, 2);
  ar_rule **rules = lua_newuserdatauv(L, (count + 1) * sizeof *rules, 0);
  for (size_t i = 0; i < count; i++) {
    lua_geti(L, 2, (lua_Integer)i + 1);
    rules[i] = arl_box_object(L, -1, ARL_RULE);
    keep(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  if (!ar_bursts_tie(bursts, rules, count, &err)) return arl_failed(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static int notes(lua_State *L) {
  size_t count;
  const char *const *texts = ar_bursts_notes(arl_box_object(L, 1, BURSTS), &count);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, texts[i]);
    lua_seti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* bursts:raise(rule, draft, witness): empties the draft's box. */
static int raise(lua_State *L) {
  ar_err err = { 0 };
  ar_bursts *bursts = arl_box_object(L, 1, BURSTS);
  ar_rule *rule = arl_box_object(L, 2, ARL_RULE);
  arl_box *draft = luaL_checkudata(L, 3, ARL_ALERT);
  ar_alert *alert = arl_box_object(L, 3, ARL_ALERT);
  ar_witness *witness = arl_box_object(L, 4, ARL_WITNESS);
  keep(L, 2);
  keep(L, 3);
  draft->object = NULL;
  if (!ar_bursts_raise(bursts, rule, alert, witness, &err)) return arl_failed(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

static bool push_line(lua_State *L, const ar_alert *alert, ar_err *err) {
  arl_box *box = arl_box_new(L, "armrun.t.text", NULL, ar_free);
  box->object = ar_alert_json(alert, err);
  if (!box->object) return false;
  lua_pushstring(L, box->object);
  lua_remove(L, -2);
  return true;
}

/* bursts:settle() -> lines of JSON */
static int settle(lua_State *L) {
  ar_err err = { 0 };
  ar_alert *alert;
  size_t count;
  ar_bursts *bursts = arl_box_object(L, 1, BURSTS);
  if (!ar_bursts_settle(bursts, &count, &err)) return arl_failed(L, &err);
  lua_createtable(L, (int)count, 0);
  for (lua_Integer i = 1;; i++) {
    if (!ar_bursts_next(bursts, &alert, &err)) return arl_failed(L, &err);
    if (!alert) return 1;
    if (!push_line(L, alert, &err)) return arl_failed(L, &err);
    lua_seti(L, -2, i);
  }
}

/* bursts:bound(bytes) */
static int bound(lua_State *L) {
  ar_bursts_bound(arl_box_object(L, 1, BURSTS), (size_t)luaL_checkinteger(L, 2));
  return 0;
}

static int count_bursts(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_bursts_open(arl_box_object(L, 1, BURSTS)));
  return 1;
}

static int clear(lua_State *L) {
  ar_bursts_clear(arl_box_object(L, 1, BURSTS));
  return 0;
}

/* Frees at once what else waits for the collector. */
static int close_bursts(lua_State *L) {
  arl_box *box = luaL_checkudata(L, 1, BURSTS);
  ar_bursts_free(box->object);
  box->object = NULL;
  return 0;
}

static const luaL_Reg methods[] = {
  { "tie", tie },     { "notes", notes },        { "raise", raise }, { "settle", settle }, { "count", count_bursts },
  { "clear", clear }, { "close", close_bursts }, { "bound", bound }, { NULL, NULL },
};

static int new_bursts(lua_State *L) {
  ar_err err = { 0 };
  uint64_t seed = (uint64_t)luaL_optinteger(L, 1, 1);
  arl_box *box = arl_box_new(L, BURSTS, methods, free_bursts);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  box->object = ar_bursts_new(seed, &err);
  return box->object ? 1 : arl_failed(L, &err);
}

int arl_t_burst(lua_State *L) {
  static const luaL_Reg functions[] = { { "bursts", new_bursts }, { NULL, NULL } };
  luaL_newlib(L, functions);
  return 1;
}
#endif
