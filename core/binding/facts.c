/* facts.c — what the engine knows of the act's principal and address: profile, peers, coverage, risk, intel. */
#include "binding/private.h"

#include <string.h>

/* ---- profile ---- */

typedef struct known_view {
  view v;
  ar_known known;
} known_view;

static const ar_profile *profile_of(const view *v) {
  return ar_case_profile(v->script->acase);
}

void push_act_profile(lua_State *L, view *v) {
  (void)v;
  view_push(L, &view_profile, sizeof(view));
}

static void push_known(lua_State *L, ar_known known) {
  known_view *k = view_push(L, &view_known, sizeof *k);
  k->known = known;
}

static void push_is_known(lua_State *L, view *v) {
  lua_pushboolean(L, ((known_view *)v)->known.known);
}
static void push_known_days(lua_State *L, view *v) {
  lua_pushinteger(L, ((known_view *)v)->known.days);
}
static void push_last_days_ago(lua_State *L, view *v) {
  uint32_t ago = ((known_view *)v)->known.last_day_ago;
  if (ago == UINT32_MAX)
    lua_pushnil(L);
  else
    lua_pushinteger(L, ago);
}

const view_type view_known = { "profile.operation (or network, app …)", "armrun.known",
                               (const view_field[]){
                                   { "known", push_is_known, NULL },
                                   { "days", push_known_days, NULL },
                                   { "last_days_ago", push_last_days_ago, NULL },
                                   { NULL, NULL, NULL },
                               } };

#define PROFILE(name, push)                                                                                            \
  static void profile_##name(lua_State *L, view *v) {                                                                  \
    push(L, profile_of(v)->name);                                                                                      \
  }
PROFILE(found, lua_pushboolean)
PROFILE(forgotten, lua_pushboolean)
PROFILE(active_days, lua_pushinteger)
PROFILE(settled, lua_pushboolean)
PROFILE(settled_days, lua_pushinteger)
PROFILE(operations_new_lately, lua_pushinteger)
PROFILE(acts, lua_pushinteger)
PROFILE(gap, push_span)
PROFILE(gap_before, push_span)
PROFILE(operation, push_known)
PROFILE(network, push_known)
PROFILE(app, push_known)
PROFILE(subscription, push_known)
PROFILE(app_in_subscription, push_known)
PROFILE(operations_new, lua_pushinteger)
PROFILE(operations_new_days, lua_pushinteger)
PROFILE(networks_new, lua_pushinteger)
PROFILE(apps_new, lua_pushinteger)
PROFILE(subscriptions_new, lua_pushinteger)

static void profile_first(lua_State *L, view *v) {
  push_instant(L, profile_of(v)->found ? profile_of(v)->first : AR_INSTANT_NONE);
}
static void profile_last(lua_State *L, view *v) {
  push_instant(L, profile_of(v)->found ? profile_of(v)->last : AR_INSTANT_NONE);
}
static void profile_hour_share(lua_State *L, view *v) {
  double share = profile_of(v)->hour_share;
  if (!profile_of(v)->found || share < 0)
    lua_pushnil(L);
  else
    lua_pushnumber(L, share);
}

const view_type view_profile = { "act.profile", "armrun.profile",
                                 (const view_field[]){
                                     { "found", profile_found, NULL },
                                     { "forgotten", profile_forgotten, NULL },
                                     { "first", profile_first, NULL },
                                     { "last", profile_last, NULL },
                                     { "active_days", profile_active_days, NULL },
                                     { "settled", profile_settled, NULL },
                                     { "settled_days", profile_settled_days, NULL },
                                     { "acts", profile_acts, NULL },
                                     { "gap", profile_gap, NULL },
                                     { "gap_before", profile_gap_before, NULL },
                                     { "operation", profile_operation, NULL },
                                     { "network", profile_network, NULL },
                                     { "app", profile_app, NULL },
                                     { "subscription", profile_subscription, NULL },
                                     { "app_in_subscription", profile_app_in_subscription, NULL },
                                     { "operations_new", profile_operations_new, NULL },
                                     { "operations_new_lately", profile_operations_new_lately, NULL },
                                     { "operations_new_days", profile_operations_new_days, NULL },
                                     { "networks_new", profile_networks_new, NULL },
                                     { "apps_new", profile_apps_new, NULL },
                                     { "subscriptions_new", profile_subscriptions_new, NULL },
                                     { "hour_share", profile_hour_share, NULL },
                                     { NULL, NULL, NULL },
                                 } };

/* ---- peers, coverage ---- */

void push_act_peers(lua_State *L, view *v) {
  (void)v;
  view_push(L, &view_peers, sizeof(view));
}

static void peers_principals(lua_State *L, view *v) {
  lua_pushinteger(L, ar_case_peers(v->script->acase).principals);
}
static void peers_doing(lua_State *L, view *v) {
  lua_pushinteger(L, ar_case_peers(v->script->acase).doing);
}
static void peers_tenant_first(lua_State *L, view *v) {
  lua_pushboolean(L, ar_case_peers(v->script->acase).tenant_first);
}

#define USUAL(name)                                                                                                    \
  static void peers_##name(lua_State *L, view *v) {                                                                    \
    lua_pushinteger(L, ar_case_peers(v->script->acase).usual.name);                                                    \
  }
USUAL(settled_days)
USUAL(operations_new_days)
USUAL(networks_new)
USUAL(apps_new)
USUAL(subscriptions_new)

const view_type view_peers = { "act.peers", "armrun.peers",
                               (const view_field[]){
                                   { "principals", peers_principals, NULL },
                                   { "doing", peers_doing, NULL },
                                   { "tenant_first", peers_tenant_first, NULL },
                                   { "settled_days", peers_settled_days, NULL },
                                   { "operations_new_days", peers_operations_new_days, NULL },
                                   { "networks_new", peers_networks_new, NULL },
                                   { "apps_new", peers_apps_new, NULL },
                                   { "subscriptions_new", peers_subscriptions_new, NULL },
                                   { NULL, NULL, NULL },
                               } };

void push_act_coverage(lua_State *L, view *v) {
  (void)v;
  view_push(L, &view_coverage, sizeof(view));
}

static void coverage_tenant(lua_State *L, view *v) {
  lua_pushinteger(L, ar_case_coverage(v->script->acase).tenant_days);
}
static void coverage_subscription(lua_State *L, view *v) {
  lua_pushinteger(L, ar_case_coverage(v->script->acase).subscription_days);
}

const view_type view_coverage = { "act.coverage", "armrun.coverage",
                                  (const view_field[]){
                                      { "tenant_days", coverage_tenant, NULL },
                                      { "subscription_days", coverage_subscription, NULL },
                                      { NULL, NULL, NULL },
                                  } };

/* ---- risk ---- */

void push_act_risk(lua_State *L, view *v) {
  (void)v;
  view_push(L, &view_risk, sizeof(view));
}

static ar_risk risk_of(const view *v) {
  return ar_case_risk(v->script->acase);
}

static void risk_known(lua_State *L, view *v) {
  lua_pushboolean(L, risk_of(v).number != 0);
}
static void risk_everyday(lua_State *L, view *v) {
  lua_pushboolean(L, risk_of(v).everyday);
}
static void risk_tactics(lua_State *L, view *v) {
  unsigned tactics = risk_of(v).tactics;
  lua_Integer n = 0;
  lua_newtable(L);
  for (int i = 0; i < AR_TACTIC_COUNT; i++)
    if (tactics >> i & 1) {
      lua_pushstring(L, ar_tactic_words[i]);
      lua_rawseti(L, -2, ++n);
    }
}
static void risk_first(lua_State *L, view *v) {
  unsigned first = risk_of(v).first;
  for (int i = 0; i < AR_TACTIC_COUNT; i++)
    if (first >> i & 1) {
      lua_pushstring(L, ar_tactic_words[i]);
      return;
    }
  lua_pushnil(L);
}

const view_type view_risk = { "act.risk", "armrun.risk",
                              (const view_field[]){
                                  { "listed", risk_known, NULL },
                                  { "tactics", risk_tactics, NULL },
                                  { "first", risk_first, NULL },
                                  { "everyday", risk_everyday, NULL },
                                  { NULL, NULL, NULL },
                              } };

/* ---- intel ---- */

void push_act_intel(lua_State *L, view *v) {
  (void)v;
  view_push(L, &view_intel, sizeof(view));
}

static ar_ip_hit hit_of(const view *v) {
  return ar_case_ip(v->script->acase);
}

static void intel_tags(lua_State *L, view *v) {
  push_tags(L, hit_of(v).tags);
}
static void intel_feed(lua_State *L, view *v) {
  push_text(L, ar_case_feed(v->script->acase));
}
static void intel_asn(lua_State *L, view *v) {
  if (hit_of(v).asn)
    lua_pushinteger(L, hit_of(v).asn);
  else
    lua_pushnil(L);
}
static void intel_country(lua_State *L, view *v) {
  ar_ip_hit hit = hit_of(v);
  push_text(L, hit.country);
}
static void intel_prefix(lua_State *L, view *v) {
  if (hit_of(v).tags)
    lua_pushinteger(L, hit_of(v).prefix);
  else
    lua_pushnil(L);
}

static int arl_tagged(lua_State *L) {
  view *v = view_check(L, 1, &view_intel);
  const char *word = luaL_checkstring(L, 2);
  int tag = word_of(word, ar_ip_tag_words, AR_IP_TAG_COUNT);
  if (tag < 0) return unknown_name(L, "the list of ip tags", word, ar_ip_tag_words, AR_IP_TAG_COUNT);
  lua_pushboolean(L, hit_of(v).tags >> tag & 1);
  return 1;
}

const view_type view_intel = { "act.intel", "armrun.intel",
                               (const view_field[]){
                                   { "tags", intel_tags, NULL },
                                   { "feed", intel_feed, NULL },
                                   { "asn", intel_asn, NULL },
                                   { "country", intel_country, NULL },
                                   { "prefix", intel_prefix, NULL },
                                   { "tagged", NULL, arl_tagged },
                                   { NULL, NULL, NULL },
                               } };
