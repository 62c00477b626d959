/* profile.c — the engine's memory of principals: learned once an act, read by rules. */
#include "state/parts.h"

#define DEFAULT_PRINCIPALS 1048576u
#define DEFAULT_SCOPES 65536u
#define DEFAULT_FORGET_DAYS 90u
#define PEERS_PER_SCOPE 16u
#define GHOSTS_AT_LEAST 64u
#define HALVE_DAYS 30
#define HOURS_AT_LEAST 20u
#define SETTLED_AFTER (14 * AR_DAY)
#define SETTLED_ACTIVE_DAYS 5u
#define SWEEP 32 /* idle principals settled at most a call: the rest can wait for the next */

/* ---- making and freeing ---- */

static uint32_t or_default(uint32_t value, uint32_t otherwise) {
  return value ? value : otherwise;
}

ar_profiles *ar_profiles_new(const ar_profile_options *options, ar_err *err) {
  ar_profiles *profiles = ar_alloc(sizeof *profiles);
  if (!profiles) return ar_nomem(err, "making the table of profiles"), NULL;
  profiles->options = *options;
  ar_profile_options *o = &profiles->options;
  o->cap = or_default(o->cap, DEFAULT_PRINCIPALS);
  o->cap_scopes = or_default(o->cap_scopes, DEFAULT_SCOPES);
  o->forget_days = or_default(o->forget_days, DEFAULT_FORGET_DAYS);
  uint32_t ghosts = o->cap / 4 > GHOSTS_AT_LEAST ? o->cap / 4 : GHOSTS_AT_LEAST;
  uint64_t peers = (uint64_t)o->cap_scopes * PEERS_PER_SCOPE;
  if (o->cap > AR_STATE_KEYS_MAX) o->cap = AR_STATE_KEYS_MAX;
  if (o->forget_days > FORGET_DAYS_MAX) o->forget_days = FORGET_DAYS_MAX;
  ar_table_init(&profiles->principals, sizeof(principal), o->cap, o->seed);
  ar_table_init(&profiles->ghosts, sizeof(ar_node), ghosts, o->seed);
  ar_table_init(&profiles->scopes, sizeof(scope), o->cap_scopes, o->seed);
  profiles->peer_cap = peers > AR_STATE_KEYS_MAX ? AR_STATE_KEYS_MAX : (uint32_t)peers;
  ar_table_init(&profiles->crews, sizeof(crew), profiles->peer_cap, o->seed);
  ar_blocks_init(&profiles->habits, &profiles->principals, offsetof(principal, block));
  ar_blocks_init(&profiles->peers, &profiles->crews, offsetof(crew, block));
  profiles->now = AR_INSTANT_NONE;
  return profiles;
}

void ar_profiles_free(ar_profiles *profiles) {
  if (!profiles) return;
  ar_table_free(&profiles->principals);
  ar_table_free(&profiles->ghosts);
  ar_table_free(&profiles->scopes);
  ar_table_free(&profiles->crews);
  ar_blocks_free(&profiles->habits);
  ar_blocks_free(&profiles->peers);
  ar_free(profiles);
}

void ar_profiles_clear(ar_profiles *profiles) {
  ar_table_clear(&profiles->principals);
  ar_table_clear(&profiles->ghosts);
  ar_table_clear(&profiles->scopes);
  ar_table_clear(&profiles->crews);
  ar_blocks_clear(&profiles->habits);
  ar_blocks_clear(&profiles->peers);
  profiles->peer_count = 0;
  profiles->now = AR_INSTANT_NONE;
  profiles->blurred = false;
  memset(&profiles->recent, 0, sizeof profiles->recent);
  profiles->counts = (ar_profile_counts){ 0 };
}

ar_profile_counts ar_profiles_tell(const ar_profiles *profiles) {
  ar_profile_counts counts = profiles->counts;
  counts.principals = profiles->principals.count;
  counts.pressure[AR_PRESSED_PRINCIPALS].cap = profiles->principals.cap;
  counts.pressure[AR_PRESSED_SCOPES].cap = profiles->scopes.cap;
  counts.pressure[AR_PRESSED_PEERS].cap = profiles->peer_cap;
  counts.pressure[AR_PRESSED_HABITS].cap = AR_HABITS_MOST;
  counts.scopes = profiles->scopes.count;
  counts.peers = profiles->peer_count;
  counts.bytes = sizeof *profiles + ar_blocks_bytes(&profiles->habits) + ar_blocks_bytes(&profiles->peers) +
                 ar_table_bytes(&profiles->principals) + ar_table_bytes(&profiles->ghosts) +
                 ar_table_bytes(&profiles->scopes) + ar_table_bytes(&profiles->crews);
  return counts;
}

ar_profile_size ar_profile_measure(const ar_profiles *profiles, ar_id key) {
  const principal *p = ar_table_peek(&profiles->principals, key);
  if (!p) return (ar_profile_size){ 0, 0 };
  size_t links = sizeof(ar_ref) * 3;
  return (ar_profile_size){ sizeof *p + (p->block ? ar_block_bytes(p->size) : 0),
                            sizeof *p - links + ar_lists_count(p) * sizeof(item) };
}

/* ---- keys of an act ---- */

habit_keys ar_habit_keys(const ar_profiles *profiles, const ar_habit *habit, ar_instant at) {
  habit_keys k = { .day = ar_habit_day(at) };
  k.keys[HABIT_SUBSCRIPTION] = ar_habit_print(profiles, habit->subscription);
  k.keys[HABIT_OPERATION] = habit->operation <= UINT16_MAX ? habit->operation : 0;
  k.keys[HABIT_NETWORK] = ar_habit_print(profiles, (ar_id){ 0, habit->network });
  k.keys[HABIT_APP] = ar_habit_print(profiles, habit->app);
  if (k.keys[HABIT_SUBSCRIPTION] && k.keys[HABIT_APP])
    k.keys[HABIT_PAIR] = ar_habit_print(profiles, (ar_id){ k.keys[HABIT_SUBSCRIPTION], k.keys[HABIT_APP] });
  return k;
}

/* ---- learning ---- */

static void halve_hours(principal *p) {
  for (unsigned i = 0; i < 24; i++) p->hours[i] /= 2;
}

static void learn_hour(principal *p, ar_instant at) {
  unsigned hour = (unsigned)ar_instant_hour(at);
  if (p->hours[hour] == UINT8_MAX) halve_hours(p);
  p->hours[hour]++;
}

static void remember_ghost(ar_profiles *profiles, ar_id key) {
  ar_table *ghosts = &profiles->ghosts;
  ar_node *known = ar_table_find(ghosts, key);
  if (known) {
    ar_table_move(ghosts, known, 0);
    return;
  }
  if (ghosts->count >= ghosts->cap) {
    profiles->blurred = true;
    ar_table_remove(ghosts, ar_table_node(ghosts, ghosts->oldest[0]));
  }
  ar_table_insert(ghosts, key, 0, 0);
}

void ar_profile_press(ar_profiles *profiles, ar_pressed what) {
  ar_pressure *pressure = &profiles->counts.pressure[what];
  if (pressure->evicted++ == 0) pressure->first = profiles->now;
  pressure->last = profiles->now;
}

static principal *oldest(const ar_profiles *profiles, unsigned list) {
  return ar_table_node(&profiles->principals, profiles->principals.oldest[list]);
}

/* Idle ones first. */
static principal *oldest_of(const ar_profiles *profiles, unsigned settled) {
  principal *idle = oldest(profiles, settled | LIST_IDLE);
  return idle ? idle : oldest(profiles, settled);
}

/* Who has habits to break is kept from those who come and go, in half of the table. */
static principal *victim(const ar_profiles *profiles) {
  const ar_table *table = &profiles->principals;
  principal *passing = oldest_of(profiles, 0), *settled = oldest_of(profiles, LIST_SETTLED);
  uint64_t kept = (uint64_t)table->listed[LIST_SETTLED] + table->listed[LIST_SETTLED | LIST_IDLE];
  if (!settled || (passing && kept * 2 <= table->cap)) return passing;
  return passing && passing->node.touched <= settled->node.touched ? passing : settled;
}

static void evict(ar_profiles *profiles) {
  principal *p = victim(profiles);
  profiles->counts.evicted++;
  if (p->node.list & LIST_SETTLED) profiles->counts.settled_evicted++;
  ar_profile_press(profiles, AR_PRESSED_PRINCIPALS);
  remember_ghost(profiles, p->node.key);
  ar_lists_drop(profiles, p);
  ar_table_remove(&profiles->principals, &p->node);
}

/* Whoever was idle for longer than forget_days has nothing left that is known: its items go, and it no longer counts
 * as a peer. */
static void sweep_list(ar_profiles *profiles, unsigned list, uint16_t day) {
  for (int i = 0; i < SWEEP; i++) {
    principal *p = oldest(profiles, list);
    if (!p || day - ar_last_day(p) <= (int)profiles->options.forget_days) return;
    ar_lists_drop(profiles, p);
    ar_table_move(&profiles->principals, &p->node, list | LIST_IDLE);
  }
}

/* NULL, and nothing changed, when memory is out. */
static principal *new_principal(ar_profiles *profiles, const ar_habit *habit, ar_instant at) {
  ar_table *table = &profiles->principals;
  unsigned size = ar_block_size(FIRST_ITEMS);
  bool full = table->count >= table->cap;
  if (!ar_table_reserve(table) || (full && !ar_table_reserve(&profiles->ghosts))) return NULL;
  if (!ar_blocks_reserve(&profiles->habits, size)) return NULL;
  if (full) evict(profiles);
  principal *p = ar_table_insert(table, habit->principal, 0, at);
  p->block = ar_blocks_take(&profiles->habits, size, p->node.self);
  p->size = size & 31;
  p->kind = (uint8_t)(habit->kind & 7u) & 7u;
  p->first = ar_seconds(at);
  p->active_days = 1;
  return p;
}

static bool has_settled(const principal *p, ar_instant at) {
  return p->active_days >= SETTLED_ACTIVE_DAYS && ar_between((ar_instant)p->first * AR_SECOND, at) >= SETTLED_AFTER;
}

static void new_day(ar_profiles *profiles, principal *p, uint16_t day) {
  if (p->active_days < UINT16_MAX) p->active_days++;
  if (p->active_days % HALVE_DAYS == 0) halve_hours(p);
  ar_lists_forget_old(profiles, p, day);
  ar_table_move(&profiles->principals, &p->node, has_settled(p, profiles->now) ? LIST_SETTLED : 0);
}

/* From here on it counts what is new to it: before, everything was. */
static void settle(principal *p, ar_instant at) {
  if (p->settled_on || !has_settled(p, at)) return;
  p->settled_on = p->active_days;
  memset(p->fresh, 0, sizeof p->fresh);
  p->fresh_days = 0;
}

static ar_usual usual_of(const principal *p) {
  return (ar_usual){ p->active_days, p->fresh_days, p->fresh[HABIT_NETWORK], p->fresh[HABIT_APP],
                     p->fresh[HABIT_SUBSCRIPTION] };
}

/* What it adds to what is usual, once it has settled. */
static void tell_tenant(ar_profiles *profiles, const ar_habit *habit, const ar_usual *before, const principal *p) {
  ar_usual now = usual_of(p);
  ar_usual more = { now.settled_days - before->settled_days, now.operations_new_days - before->operations_new_days,
                    now.networks_new - before->networks_new, now.apps_new - before->apps_new,
                    now.subscriptions_new - before->subscriptions_new };
  ar_usual_learn(profiles, habit, &more);
}

static bool learn_lists(ar_profiles *profiles, principal *p, const habit_keys *keys, const ar_habit *habit) {
  bool first_today = ar_last_day(p) != keys->day;
  if (!first_today && ar_lists_seen_today(profiles, p, keys, habit->alerted)) return true;
  if (!ar_lists_reserve(profiles, p, keys)) return false;
  ar_usual before = usual_of(p);
  if (first_today) new_day(profiles, p, keys->day);
  ar_lists_learn(profiles, p, keys, habit);
  if (p->settled_on) tell_tenant(profiles, habit, &before, p);
  sweep_list(profiles, 0, keys->day);
  sweep_list(profiles, LIST_SETTLED, keys->day);
  return true;
}

void ar_profile_warm(const ar_profiles *profiles, ar_id key, unsigned step) {
  const principal *p = ar_table_warm(&profiles->principals, key, (ar_warmth)step);
  if (p && step == AR_WARM_NEXT) ar_lists_prefetch(profiles, p);
}

static bool learn(ar_profiles *profiles, const ar_habit *habit, ar_instant at) {
  principal *p = ar_table_find(&profiles->principals, habit->principal);
  if (p) ar_lists_prefetch(profiles, p);
  habit_keys keys = ar_habit_keys(profiles, habit, at);
  if (!p && !(p = new_principal(profiles, habit, at))) return false;
  settle(p, at);
  if (!learn_lists(profiles, p, &keys, habit)) return false;
  p->gap_before = ar_seconds(ar_between(p->node.touched, at));
  p->node.touched = at;
  if (p->node.own < UINT32_MAX) p->node.own++;
  learn_hour(p, at);
  return true;
}

void ar_profile_learn(ar_profiles *profiles, const ar_habit *habit) {
  ar_instant at = habit->at > profiles->now ? habit->at : profiles->now;
  profiles->now = at;
  ar_coverage_learn(profiles, habit);
  if (ar_id_none(habit->principal)) return;
  if (!habit->failed) {
    if (!learn(profiles, habit, at)) profiles->counts.unlearned++;
    return;
  }
  principal *known = ar_table_find(&profiles->principals, habit->principal);
  if (known) learn_hour(known, at);
}

/* ---- looking ---- */

static ar_known known_of(const ar_profiles *profiles, const principal *p, habit_list list, const habit_keys *keys) {
  item found = p ? ar_lists_find(profiles, p, list, keys->keys[list]) : 0;
  int ago = found ? (int)ar_item_age(found, ar_last_day(p)) + keys->day - ar_last_day(p) : 0;
  if (!found || ago > (int)profiles->options.forget_days) return (ar_known){ .last_day_ago = UINT32_MAX };
  uint32_t days = ar_item_days(found);
  bool fresh = list == HABIT_OPERATION ? found & ITEM_ALERTED : ago <= 0;
  return (ar_known){ .known = days > 1 || !fresh, .last_day_ago = ago > 0 ? (uint32_t)ago : 0, .days = days };
}

static double hour_share(const principal *p, ar_instant at) {
  unsigned hour = (unsigned)ar_instant_hour(at);
  uint32_t all = 0, near = 0;
  for (unsigned i = 0; i < 24; i++) all += p->hours[i];
  for (unsigned i = 23; i <= 25; i++) near += p->hours[(hour + i) % 24];
  return all < HOURS_AT_LEAST ? -1 : (double)near / all;
}

static void fill_known(const ar_profiles *profiles, const principal *p, const habit_keys *keys, ar_profile *out) {
  out->subscription = known_of(profiles, p, HABIT_SUBSCRIPTION, keys);
  out->operation = known_of(profiles, p, HABIT_OPERATION, keys);
  out->network = known_of(profiles, p, HABIT_NETWORK, keys);
  out->app = known_of(profiles, p, HABIT_APP, keys);
  out->app_in_subscription = known_of(profiles, p, HABIT_PAIR, keys);
}

/* What is new today belongs to what is going on, not to what was before. */
static uint32_t fresh_days_before(const principal *p, ar_instant at) {
  bool today = p->fresh_days > 0 && p->fresh_day == ar_habit_day(at);
  return p->fresh_days - (uint32_t)today;
}

/* An act that is the first of a settled principal finds nothing counted yet. */
static void fill_fresh(const principal *p, ar_instant at, ar_profile *out) {
  out->settled = has_settled(p, at);
  if (ar_seconds(at) - p->fresh_at <= IN_ROW_SECONDS) out->operations_new_lately = p->fresh_in_row;
  if (out->settled && !p->settled_on) return;
  out->settled_days = p->settled_on ? p->active_days - p->settled_on : 0;
  out->subscriptions_new = p->fresh[HABIT_SUBSCRIPTION];
  out->operations_new = p->fresh[HABIT_OPERATION];
  out->operations_new_days = fresh_days_before(p, at);
  out->networks_new = p->fresh[HABIT_NETWORK];
  out->apps_new = p->fresh[HABIT_APP];
}

static void fill_head(const principal *p, ar_instant at, ar_profile *out) {
  out->found = true;
  out->first = (ar_instant)p->first * AR_SECOND;
  out->last = p->node.touched;
  out->active_days = p->active_days;
  out->acts = p->node.own;
  out->gap = ar_between(p->node.touched, at);
  out->gap_before = (ar_span)p->gap_before * AR_SECOND;
  fill_fresh(p, at, out);
  out->hour_share = hour_share(p, at);
}

ar_profile ar_profile_look(const ar_profiles *profiles, const ar_habit *habit) {
  ar_profile out = { .first = AR_INSTANT_NONE, .last = AR_INSTANT_NONE, .hour_share = -1 };
  ar_instant at = habit->at > profiles->now ? habit->at : profiles->now;
  habit_keys keys = ar_habit_keys(profiles, habit, at);
  const principal *p = NULL;
  if (!ar_id_none(habit->principal)) {
    p = ar_table_peek(&profiles->principals, habit->principal);
    out.forgotten = ar_table_peek(&profiles->ghosts, habit->principal) || (!p && profiles->blurred);
  }
  fill_known(profiles, p, &keys, &out);
  if (p) fill_head(p, at, &out);
  return out;
}

ar_peers ar_peers_look(const ar_profiles *profiles, const ar_habit *habit) {
  uint64_t where = ar_habit_print(profiles, habit->subscription), tenant = ar_habit_print(profiles, habit->tenant);
  unsigned operation = habit->operation <= UINT16_MAX ? habit->operation : 0;
  ar_peers peers = { .principals = ar_peers_count(profiles, where, habit->kind, PEERS_ALL),
                     .usual = ar_usual_look(profiles, habit) };
  if (operation == 0) return peers;
  peers.doing = ar_peers_count(profiles, where, habit->kind, operation);
  peers.tenant_first = tenant && ar_peers_count(profiles, tenant, PEERS_TENANT, operation) == 0;
  return peers;
}
