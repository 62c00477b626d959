/* scopes.c — what is known of tenants and subscriptions: days with acts, and how many principals do what there.
 *
 * Peers are counted exactly: a principal counts once while it has the subscription (and the operation in it) among
 * its habits, and no longer. No estimate, so the numbers are the same for every seed. */
#include "state/parts.h"

#define TENANT_SALT 0x9D5C1B7E43F0A268u /* a tenant and a subscription of equal id are two scopes */

/* ---- coverage ---- */

static ar_id tenant_key(ar_id tenant) {
  return ar_id_none(tenant) ? tenant : (ar_id){ tenant.hi ^ TENANT_SALT, tenant.lo };
}

static scope *new_scope(ar_profiles *profiles, ar_id key, ar_instant at) {
  ar_table *scopes = &profiles->scopes;
  if (!ar_table_reserve(scopes)) {
    profiles->counts.unlearned++;
    return NULL;
  }
  if (scopes->count >= scopes->cap) {
    profiles->counts.scopes_evicted++;
    ar_profile_press(profiles, AR_PRESSED_SCOPES);
    memset(&profiles->recent, 0, sizeof profiles->recent);
    ar_table_remove(scopes, ar_table_node(scopes, scopes->oldest[0]));
  }
  return ar_table_insert(scopes, key, 0, at);
}

/* `recent`: the scope of the last act, which is mostly that of the next. */
static scope *scope_of(ar_profiles *profiles, ar_id key, ar_ref *recent, ar_instant at) {
  scope *s = ar_table_node(&profiles->scopes, *recent);
  if (s && ar_id_eq(s->node.key, key)) return s;
  s = ar_table_find(&profiles->scopes, key);
  if (!s) s = new_scope(profiles, key, at);
  if (s) *recent = s->node.self;
  return s;
}

/* Scopes are in order of their last active day, and within it by their first act: one move a day. */
static uint32_t count_day(ar_profiles *profiles, ar_id key, ar_ref *recent, ar_instant at) {
  uint16_t day = ar_habit_day(at);
  if (ar_id_none(key)) return 0;
  scope *s = scope_of(profiles, key, recent, at);
  if (!s || (s->days && s->last_day >= day)) return 0;
  s->last_day = day;
  s->node.touched = at;
  ar_table_move(&profiles->scopes, &s->node, 0);
  return ++s->days;
}

void ar_coverage_learn(ar_profiles *profiles, const ar_habit *habit) {
  uint16_t day = ar_habit_day(habit->at);
  if (day == profiles->recent.day && ar_id_eq(habit->tenant, profiles->recent.tenant) &&
      ar_id_eq(habit->subscription, profiles->recent.subscription))
    return;
  uint32_t tenant_days = count_day(profiles, tenant_key(habit->tenant), &profiles->recent.tenant_scope, habit->at);
  if (tenant_days > profiles->counts.most_tenant_days) profiles->counts.most_tenant_days = tenant_days;
  count_day(profiles, habit->subscription, &profiles->recent.subscription_scope, habit->at);
  profiles->recent.day = day;
  profiles->recent.tenant = habit->tenant;
  profiles->recent.subscription = habit->subscription;
}

static uint32_t days_before(const ar_profiles *profiles, ar_id key, uint16_t day) {
  const scope *s = ar_id_none(key) ? NULL : ar_table_peek(&profiles->scopes, key);
  if (!s) return 0;
  return s->days - (s->last_day >= day);
}

ar_coverage ar_coverage_look(const ar_profiles *profiles, const ar_habit *habit) {
  uint16_t day = ar_habit_day(habit->at);
  return (ar_coverage){ days_before(profiles, tenant_key(habit->tenant), day),
                        days_before(profiles, habit->subscription, day) };
}

/* ---- peers ---- */

static ar_id peer_key(uint64_t where, unsigned kind, unsigned operation) {
  return (ar_id){ where, (uint64_t)operation << 8 | kind };
}

static peer *new_peer(ar_profiles *profiles, ar_id key) {
  ar_table *peers = &profiles->peers;
  if (!ar_table_reserve(peers)) {
    profiles->counts.unlearned++;
    return NULL;
  }
  if (peers->count >= peers->cap) {
    profiles->counts.peers_evicted++;
    ar_profile_press(profiles, AR_PRESSED_PEERS);
    ar_table_remove(peers, ar_table_node(peers, peers->oldest[0]));
  }
  return ar_table_insert(peers, key, 0, 0);
}

/* One that is not `fresh` was counted before: it is kept from eviction, or counted again after one. */
void ar_peers_add(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation, bool fresh) {
  ar_id key = peer_key(where, kind, operation);
  peer *p = ar_table_find(&profiles->peers, key);
  if (!p) {
    p = new_peer(profiles, key);
    if (p) p->count = 1;
    return;
  }
  if (fresh) p->count++;
  ar_table_move(&profiles->peers, &p->node, 0);
}

void ar_peers_subtract(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation) {
  peer *p = ar_table_find(&profiles->peers, peer_key(where, kind, operation));
  if (p && --p->count == 0) ar_table_remove(&profiles->peers, &p->node);
}

uint32_t ar_peers_count(const ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation) {
  const peer *p = where ? ar_table_peek(&profiles->peers, peer_key(where, kind, operation)) : NULL;
  return p ? p->count : 0;
}
