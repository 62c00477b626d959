/* t_profile.c — core.T.state.profile: what specs reach of profiles. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "module/t_state.h"

#define PROFILE_TYPE "armrun.T.profile"

typedef struct profile_box {
  ar_profiles *profiles;
  uint64_t seed;
} profile_box;

static profile_box *check_profiles(lua_State *L) {
  profile_box *b = luaL_checkudata(L, 1, PROFILE_TYPE);
  luaL_argcheck(L, b->profiles, 1, "was freed");
  return b;
}

static int l_new_profiles(lua_State *L) {
  ar_err err;
  ar_profile_options options = { 0 };
  luaL_checktype(L, 1, LUA_TTABLE);
  options.cap = (uint32_t)opt_integer(L, "cap");
  options.cap_scopes = (uint32_t)opt_integer(L, "cap_scopes");
  options.forget_days = (uint32_t)opt_integer(L, "forget_days");
  options.seed = (uint64_t)opt_integer(L, "seed");
  profile_box *b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = (profile_box){ NULL, options.seed };
  luaL_setmetatable(L, PROFILE_TYPE);
  b->profiles = ar_profiles_new(&options, &err);
  return b->profiles ? 1 : push_failure(L, &err);
}

static int l_free_profiles(lua_State *L) {
  profile_box *b = luaL_checkudata(L, 1, PROFILE_TYPE);
  ar_profiles_free(b->profiles);
  b->profiles = NULL;
  return 0;
}

static int l_clear_profiles(lua_State *L) {
  ar_profiles_clear(check_profiles(L)->profiles);
  return 0;
}

static ar_id name_field(lua_State *L, const char *name, uint64_t seed) {
  lua_getfield(L, 2, name);
  ar_id id = to_id(L, -1, seed);
  lua_pop(L, 1);
  return id;
}

static lua_Integer integer_field(lua_State *L, const char *name) {
  lua_getfield(L, 2, name);
  lua_Integer value = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return value;
}

static bool boolean_field(lua_State *L, const char *name) {
  bool value = lua_getfield(L, 2, name) != LUA_TNIL && lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static ar_habit to_habit(lua_State *L, uint64_t seed) {
  luaL_checktype(L, 2, LUA_TTABLE);
  return (ar_habit){ .principal = name_field(L, "principal", seed),
                     .subscription = name_field(L, "subscription", seed),
                     .tenant = name_field(L, "tenant", seed),
                     .app = name_field(L, "app", seed),
                     .network = (uint64_t)integer_field(L, "network"),
                     .operation = (uint32_t)integer_field(L, "operation"),
                     .kind = (uint8_t)integer_field(L, "kind"),
                     .failed = boolean_field(L, "failed"),
                     .alerted = boolean_field(L, "alerted"),
                     .at = integer_field(L, "at") * AR_SECOND };
}

static int l_learn(lua_State *L) {
  profile_box *b = check_profiles(L);
  ar_habit habit = to_habit(L, b->seed);
  ar_profile_learn(b->profiles, &habit);
  return 0;
}

/* flood(habit, count): the habit, once, of as many strangers. */
static int l_flood_profiles(lua_State *L) {
  profile_box *b = check_profiles(L);
  lua_Integer count = luaL_checkinteger(L, 3);
  ar_habit habit = to_habit(L, b->seed);
  for (lua_Integer i = 1; i <= count; i++) {
    habit.principal = ar_id_mix((ar_id){ 1, (uint64_t)i }, (ar_id){ 2, 3 });
    habit.network = (uint64_t)i;
    ar_profile_learn(b->profiles, &habit);
  }
  return 0;
}

static int l_cover(lua_State *L) {
  profile_box *b = check_profiles(L);
  ar_habit habit = to_habit(L, b->seed);
  ar_coverage_learn(b->profiles, &habit);
  return 0;
}

static void set_known(lua_State *L, const char *name, ar_known known) {
  lua_newtable(L);
  set_boolean(L, "known", known.known);
  set_integer(L, "days", known.days);
  if (known.last_day_ago != UINT32_MAX) set_integer(L, "ago", known.last_day_ago);
  lua_setfield(L, -2, name);
}

static int l_profile(lua_State *L) {
  profile_box *b = check_profiles(L);
  ar_habit habit = to_habit(L, b->seed);
  ar_profile profile = ar_profile_look(b->profiles, &habit);
  lua_newtable(L);
  set_boolean(L, "found", profile.found);
  set_boolean(L, "settled", profile.settled);
  set_boolean(L, "forgotten", profile.forgotten);
  set_seconds(L, "first", profile.first);
  set_seconds(L, "last", profile.last);
  set_integer(L, "active_days", profile.active_days);
  set_integer(L, "acts", profile.acts);
  set_seconds(L, "gap", profile.gap);
  set_seconds(L, "gap_before", profile.gap_before);
  set_known(L, "operation", profile.operation);
  set_known(L, "network", profile.network);
  set_known(L, "app", profile.app);
  set_known(L, "subscription", profile.subscription);
  set_known(L, "app_in_subscription", profile.app_in_subscription);
  set_integer(L, "settled_days", profile.settled_days);
  set_integer(L, "operations_new_lately", profile.operations_new_lately);
  set_integer(L, "operations_new", profile.operations_new);
  set_integer(L, "operations_new_days", profile.operations_new_days);
  set_integer(L, "networks_new", profile.networks_new);
  set_integer(L, "apps_new", profile.apps_new);
  set_integer(L, "subscriptions_new", profile.subscriptions_new);
  lua_pushnumber(L, profile.hour_share);
  lua_setfield(L, -2, "hour_share");
  return 1;
}

static int l_coverage(lua_State *L) {
  profile_box *b = check_profiles(L);
  ar_habit habit = to_habit(L, b->seed);
  ar_coverage coverage = ar_coverage_look(b->profiles, &habit);
  lua_pushinteger(L, coverage.tenant_days);
  lua_pushinteger(L, coverage.subscription_days);
  return 2;
}

static int l_peers(lua_State *L) {
  profile_box *b = check_profiles(L);
  ar_habit habit = to_habit(L, b->seed);
  ar_peers peers = ar_peers_look(b->profiles, &habit);
  lua_pushinteger(L, peers.principals);
  lua_pushinteger(L, peers.doing);
  lua_pushboolean(L, peers.tenant_first);
  lua_newtable(L);
  set_integer(L, "settled_days", peers.usual.settled_days);
  set_integer(L, "operations_new_days", peers.usual.operations_new_days);
  set_integer(L, "networks_new", peers.usual.networks_new);
  set_integer(L, "apps_new", peers.usual.apps_new);
  set_integer(L, "subscriptions_new", peers.usual.subscriptions_new);
  return 4;
}

/* own, packed bytes of a principal */
static int l_measure(lua_State *L) {
  profile_box *b = check_profiles(L);
  ar_profile_size size = ar_profile_measure(b->profiles, to_id(L, 2, b->seed));
  lua_pushinteger(L, (lua_Integer)size.own);
  lua_pushinteger(L, (lua_Integer)size.packed);
  return 2;
}

static int l_tell_profiles(lua_State *L) {
  ar_profile_counts counts = ar_profiles_tell(check_profiles(L)->profiles);
  lua_newtable(L);
  set_integer(L, "principals", counts.principals);
  set_integer(L, "evicted", counts.evicted);
  set_integer(L, "settled_evicted", counts.settled_evicted);
  set_integer(L, "pressed_habits", counts.pressure[AR_PRESSED_HABITS].evicted);
  set_integer(L, "scopes", counts.scopes);
  set_integer(L, "scopes_evicted", counts.scopes_evicted);
  set_integer(L, "unlearned", counts.unlearned);
  set_integer(L, "habits_evicted", counts.habits_evicted);
  set_integer(L, "peers", counts.peers);
  set_integer(L, "peers_evicted", counts.peers_evicted);
  set_integer(L, "most_tenant_days", counts.most_tenant_days);
  set_integer(L, "bytes", counts.bytes);
  return 1;
}

static const luaL_Reg profile_methods[] = {
  { "free", l_free_profiles }, { "clear", l_clear_profiles }, { "learn", l_learn }, { "cover", l_cover },
  { "look", l_profile },       { "coverage", l_coverage },    { "peers", l_peers }, { "tell", l_tell_profiles },
  { "measure", l_measure },    { "flood", l_flood_profiles }, { NULL, NULL }
};

static const luaL_Reg profile_functions[] = { { "new", l_new_profiles }, { NULL, NULL } };

void push_t_profile(lua_State *L) {
  new_type(L, PROFILE_TYPE, profile_methods, l_free_profiles);
  luaL_newlib(L, profile_functions);
}
#endif
