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

/* The tenant's scope is the one that coverage was just counted for. */
void ar_usual_learn(ar_profiles *profiles, const ar_habit *habit, const ar_usual *more) {
  scope *s = ar_table_node(&profiles->scopes, profiles->recent.tenant_scope);
  unsigned crowd = habit->kind - 1u;
  if (!s || crowd >= CROWDS || ar_id_none(habit->tenant) || !ar_id_eq(s->node.key, tenant_key(habit->tenant))) return;
  ar_usual *usual = &s->usual[crowd];
  usual->settled_days += more->settled_days;
  usual->operations_new_days += more->operations_new_days;
  usual->networks_new += more->networks_new;
  usual->apps_new += more->apps_new;
  usual->subscriptions_new += more->subscriptions_new;
}

ar_usual ar_usual_look(const ar_profiles *profiles, const ar_habit *habit) {
  unsigned crowd = habit->kind - 1u;
  const scope *s = NULL;
  if (!ar_id_none(habit->tenant)) s = ar_table_peek(&profiles->scopes, tenant_key(habit->tenant));
  return s && crowd < CROWDS ? s->usual[crowd] : (ar_usual){ 0 };
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

#define COUNT_SHIFT 16

static ar_id crew_key(uint64_t where, unsigned kind) {
  return (ar_id){ where, kind };
}

static uint64_t *find_peers(const ar_profiles *profiles, const crew *c, unsigned operation) {
  uint64_t *items = c && c->block ? ar_block_items(&profiles->peers, c->block) : NULL;
  for (unsigned i = 0; items && i < c->count; i++)
    if ((uint16_t)items[i] == operation) return &items[i];
  return NULL;
}

static uint32_t forget_crew(ar_profiles *profiles, crew *c) {
  uint32_t peers = c->count + (c->node.own > 0 ? 1u : 0u);
  if (c->block) ar_blocks_give(&profiles->peers, c->size, c->block);
  ar_table_remove(&profiles->crews, &c->node);
  profiles->peer_count -= peers;
  return peers;
}

/* Room for one more count: the crew without news for longest goes, but not `keep`, which is the newest if it is any. */
static bool make_room(ar_profiles *profiles, const crew *keep) {
  if (profiles->peer_count < profiles->peer_cap) return true;
  crew *c = ar_table_node(&profiles->crews, profiles->crews.oldest[0]);
  if (!c || c == keep) return false;
  ar_profile_press(profiles, AR_PRESSED_PEERS);
  profiles->counts.peers_evicted += forget_crew(profiles, c);
  return true;
}

static crew *crew_of(ar_profiles *profiles, uint64_t where, unsigned kind) {
  ar_id key = crew_key(where, kind);
  crew *c = ar_table_find(&profiles->crews, key);
  if (c) {
    ar_table_move(&profiles->crews, &c->node, 0);
    return c;
  }
  if (!ar_table_reserve(&profiles->crews)) return NULL;
  make_room(profiles, NULL);
  return ar_table_insert(&profiles->crews, key, 0, 0);
}

static bool widen(ar_profiles *profiles, crew *c) {
  unsigned size = ar_block_size(c->count + 1u);
  if (c->block && c->count < ar_block_room(c->size)) return true;
  ar_ref block = ar_blocks_move(&profiles->peers, c->size, c->block, c->count, size, c->node.self);
  if (!block) return false;
  c->block = block;
  c->size = (uint8_t)size;
  return true;
}

static bool add_peer(ar_profiles *profiles, crew *c, unsigned operation) {
  if (c->count == AR_BLOCK_MOST || !make_room(profiles, c) || !widen(profiles, c)) return false;
  ar_block_items(&profiles->peers, c->block)[c->count++] = operation | (uint64_t)1 << COUNT_SHIFT;
  profiles->peer_count++;
  return true;
}

/* One that is not `fresh` was counted before: it is kept from eviction, or counted again after one. */
void ar_peers_add(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation, bool fresh) {
  crew *c = crew_of(profiles, where, kind);
  bool added = c != NULL;
  if (c && operation == PEERS_ALL) {
    profiles->peer_count += c->node.own == 0;
    if (fresh || c->node.own == 0) c->node.own++;
  } else if (c) {
    uint64_t *peers = find_peers(profiles, c, operation);
    if (peers && fresh) *peers += (uint64_t)1 << COUNT_SHIFT;
    if (!peers) added = add_peer(profiles, c, operation);
  }
  if (!added) profiles->counts.unlearned++;
  if (c && c->count == 0 && c->node.own == 0) forget_crew(profiles, c);
}

static void subtract(ar_profiles *profiles, crew *c, unsigned operation) {
  uint64_t *peers = find_peers(profiles, c, operation);
  if (!peers) return;
  *peers -= (uint64_t)1 << COUNT_SHIFT;
  if (*peers >> COUNT_SHIFT) return;
  *peers = ar_block_items(&profiles->peers, c->block)[--c->count];
  profiles->peer_count--;
}

void ar_peers_subtract(ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation) {
  crew *c = ar_table_find(&profiles->crews, crew_key(where, kind));
  if (!c) return;
  if (operation != PEERS_ALL)
    subtract(profiles, c, operation);
  else if (c->node.own > 0 && --c->node.own == 0)
    profiles->peer_count--;
  if (c->count == 0 && c->node.own == 0) forget_crew(profiles, c);
}

uint32_t ar_peers_count(const ar_profiles *profiles, uint64_t where, unsigned kind, unsigned operation) {
  const crew *c = where ? ar_table_peek(&profiles->crews, crew_key(where, kind)) : NULL;
  if (!c || operation == PEERS_ALL) return c ? c->node.own : 0;
  const uint64_t *peers = find_peers(profiles, c, operation);
  return peers ? (uint32_t)(*peers >> COUNT_SHIFT) : 0;
}
