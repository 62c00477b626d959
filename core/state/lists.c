/* lists.c — the habits of a principal: five short lists in one block. */
#include "event/event.h"
#include "state/parts.h"

/* ---- items ---- */

static unsigned cap_of(const principal *p, habit_list list) {
  static const uint8_t caps[HABITS] = { 32, 64, 24, 8, 32 };
  return list == HABIT_OPERATION && p->kind == AR_KIND_SERVICE_PRINCIPAL ? AR_HABITS_MOST : caps[list];
}

unsigned ar_lists_count(const principal *p) {
  unsigned count = 0;
  for (unsigned list = 0; list < HABITS; list++) count += p->counts[list];
  return count;
}

static item *items_of(const ar_profiles *profiles, const principal *p, habit_list list) {
  item *items = ar_block_items(&profiles->habits, p->block);
  for (unsigned before = 0; before < list; before++) items += p->counts[before];
  return items;
}

static uint64_t key_of(item i) {
  return i & ITEM_KEY;
}

/* The bits of an item that tell it from the others of its list. */
static uint64_t key_bits(habit_list list) {
  return list == HABIT_OPERATION ? UINT16_MAX : ITEM_KEY;
}

static unsigned number_of(item operation) {
  return (uint16_t)operation;
}

static uint32_t done_in(item operation) {
  return (uint32_t)(operation >> 16);
}

static void set_done_in(item *operation, uint32_t subscriptions) {
  *operation = (*operation & ~((uint64_t)UINT32_MAX << 16)) | (uint64_t)subscriptions << 16;
}

static void set_last(item *i, uint16_t day) {
  *i = (*i & ~((uint64_t)UINT8_MAX << ITEM_LAST)) | (uint64_t)(uint8_t)day << ITEM_LAST;
}

/* The item that equals `wanted` in the bits of `mask`. */
static item *scan(item *items, const principal *p, habit_list list, uint64_t wanted, uint64_t mask) {
  unsigned recent = p->recent[list], count = p->counts[list];
  if (recent < count && ((items[recent] ^ wanted) & mask) == 0) return &items[recent];
  for (unsigned i = 0; i < count; i++) {
    if (((items[i] ^ wanted) & mask) == 0) return &items[i];
  }
  return NULL;
}

static item *find(const ar_profiles *profiles, const principal *p, habit_list list, uint64_t key) {
  if (key == 0 || p->counts[list] == 0) return NULL;
  return scan(items_of(profiles, p, list), p, list, key, key_bits(list));
}

item ar_lists_find(const ar_profiles *profiles, const principal *p, habit_list list, uint64_t key) {
  const item *found = find(profiles, p, list, key);
  return found ? *found : 0;
}

/* ---- leaving ---- */

/* Takes the operation out of the peers of every subscription it was done in. */
static void subtract_operation(ar_profiles *profiles, const principal *p, item operation) {
  const item *subscriptions = items_of(profiles, p, HABIT_SUBSCRIPTION);
  uint32_t in = done_in(operation);
  for (unsigned i = 0; i < p->counts[HABIT_SUBSCRIPTION]; i++) {
    if (in >> i & 1) ar_peers_subtract(profiles, key_of(subscriptions[i]), p->kind, number_of(operation));
  }
}

/* The indexes of the subscriptions behind it move down by one, and the bits of the operations with them. */
static void subtract_subscription(ar_profiles *profiles, const principal *p, unsigned index) {
  uint64_t where = key_of(items_of(profiles, p, HABIT_SUBSCRIPTION)[index]);
  item *operations = items_of(profiles, p, HABIT_OPERATION);
  uint32_t below = (1u << index) - 1;
  for (unsigned i = 0; i < p->counts[HABIT_OPERATION]; i++) {
    uint32_t in = done_in(operations[i]);
    if (in >> index & 1) ar_peers_subtract(profiles, where, p->kind, number_of(operations[i]));
    set_done_in(&operations[i], (in & below) | (in >> 1 & ~below));
  }
  ar_peers_subtract(profiles, where, p->kind, PEERS_ALL);
}

static void remove_item(ar_profiles *profiles, principal *p, habit_list list, unsigned index) {
  item *block = ar_block_items(&profiles->habits, p->block), *gone = items_of(profiles, p, list) + index;
  if (list == HABIT_SUBSCRIPTION) subtract_subscription(profiles, p, index);
  if (list == HABIT_OPERATION) subtract_operation(profiles, p, *gone);
  memmove(gone, gone + 1, (size_t)(block + ar_lists_count(p) - (gone + 1)) * sizeof *gone);
  p->counts[list]--;
}

void ar_lists_forget_old(ar_profiles *profiles, principal *p, uint16_t day) {
  uint16_t last = ar_last_day(p);
  for (unsigned list = 0; list < HABITS; list++) {
    for (unsigned i = p->counts[list]; i-- > 0;) {
      unsigned age = ar_item_age(items_of(profiles, p, list)[i], last) + day - last;
      if (age > profiles->options.forget_days) remove_item(profiles, p, list, i);
    }
  }
}

void ar_lists_drop(ar_profiles *profiles, principal *p) {
  if (!p->block) return;
  const item *operations = items_of(profiles, p, HABIT_OPERATION);
  const item *subscriptions = items_of(profiles, p, HABIT_SUBSCRIPTION);
  for (unsigned i = 0; i < p->counts[HABIT_OPERATION]; i++) subtract_operation(profiles, p, operations[i]);
  for (unsigned i = 0; i < p->counts[HABIT_SUBSCRIPTION]; i++)
    ar_peers_subtract(profiles, key_of(subscriptions[i]), p->kind, PEERS_ALL);
  memset(p->counts, 0, sizeof p->counts);
  ar_blocks_give(&profiles->habits, p->size, p->block);
  p->block = 0;
  p->size = 0;
}

static unsigned oldest(const item *items, unsigned count, uint16_t day) {
  unsigned found = 0;
  for (unsigned i = 1; i < count; i++) {
    if (ar_item_age(items[i], day) > ar_item_age(items[found], day)) found = i;
  }
  return found;
}

/* ---- learning ---- */

static bool move_block(ar_profiles *profiles, principal *p, unsigned size) {
  ar_ref block = ar_blocks_move(&profiles->habits, p->size, p->block, ar_lists_count(p), size, p->node.self);
  if (!block) return false;
  p->block = block;
  p->size = size & 31;
  return true;
}

/* An item that takes the place of another needs none of its own; nor does one that expires and comes back. */
bool ar_lists_reserve(ar_profiles *profiles, principal *p, const habit_keys *keys) {
  unsigned need = ar_lists_count(p);
  for (unsigned list = 0; list < HABITS; list++) {
    if (keys->keys[list] == 0 || p->counts[list] == cap_of(p, list)) continue;
    if (!find(profiles, p, list, keys->keys[list])) need++;
  }
  unsigned size = ar_block_size(need);
  bool fits = p->block && size <= p->size, loose = p->size > size + 2u;
  return (fits && !loose) || move_block(profiles, p, size) || fits;
}

static void count_operation(const ar_profiles *profiles, principal *p, uint16_t day) {
  uint32_t now = ar_seconds(profiles->now);
  bool first_today = p->fresh_days == 0 || p->fresh_day != day;
  if (first_today && p->fresh_days < UINT16_MAX) p->fresh_days++;
  p->fresh_day = day;
  if (now - p->fresh_at > IN_ROW_SECONDS) p->fresh_in_row = 0;
  if (p->fresh_in_row < UINT8_MAX) p->fresh_in_row++;
  p->fresh_at = now;
}

static item *insert_item(ar_profiles *profiles, principal *p, habit_list list, uint64_t key, uint16_t day) {
  if (p->counts[list] == cap_of(p, list)) {
    const item *items = items_of(profiles, p, list);
    unsigned place = oldest(items, p->counts[list], day);
    profiles->counts.habits_evicted++;
    if (ar_item_age(items[place], day) == 0) ar_profile_press(profiles, AR_PRESSED_HABITS);
    remove_item(profiles, p, list, place);
  }
  item *block = ar_block_items(&profiles->habits, p->block), *fresh = items_of(profiles, p, list) + p->counts[list];
  memmove(fresh + 1, fresh, (size_t)(block + ar_lists_count(p) - fresh) * sizeof *fresh);
  p->counts[list]++;
  if (list != HABIT_PAIR && p->fresh[list] < UINT16_MAX) p->fresh[list]++;
  if (list == HABIT_OPERATION) count_operation(profiles, p, day);
  *fresh = key;
  return fresh;
}

/* The item of a key, seen today. *fresh: it is new; *refresh: its peers should be told that it still goes on, which is
 * done on every eighth of its days only, as long as they are counted. */
static item *see(ar_profiles *profiles, principal *p, habit_list list, const habit_keys *keys, bool *fresh,
                 bool *refresh) {
  item *seen = find(profiles, p, list, keys->keys[list]);
  *fresh = seen == NULL;
  if (!seen) seen = insert_item(profiles, p, list, keys->keys[list], keys->day);
  p->recent[list] = (uint8_t)(seen - items_of(profiles, p, list));
  bool first_today = *fresh || ar_item_age(*seen, keys->day) != 0, counts = ar_item_days(*seen) < ITEM_DAYS;
  if (first_today && counts) *seen += (item)1 << ITEM_COUNT;
  *refresh = first_today && (!counts || ar_item_days(*seen) % 8 == 1);
  set_last(seen, keys->day);
  return seen;
}

/* The tenant is told with the subscription, which lies in one tenant; and every time when the act lies in none. */
static void learn_operation(ar_profiles *profiles, principal *p, const habit_keys *keys, const ar_habit *habit) {
  bool fresh, refresh;
  item *operation = see(profiles, p, HABIT_OPERATION, keys, &fresh, &refresh);
  uint64_t tenant = ar_habit_print(profiles, habit->tenant), subscription = keys->keys[HABIT_SUBSCRIPTION];
  uint32_t here = subscription ? 1u << p->recent[HABIT_SUBSCRIPTION] : 0;
  bool fresh_here = !(done_in(*operation) & here);
  if (habit->alerted && ar_item_days(*operation) == 1) *operation |= ITEM_ALERTED;
  set_done_in(operation, done_in(*operation) | here);
  if (!fresh_here && !refresh) return;
  if (tenant) ar_peers_add(profiles, tenant, PEERS_TENANT, number_of(*operation), false);
  if (subscription) ar_peers_add(profiles, subscription, p->kind, number_of(*operation), fresh_here);
}

void ar_lists_learn(ar_profiles *profiles, principal *p, const habit_keys *keys, const ar_habit *habit) {
  bool fresh, refresh;
  if (keys->keys[HABIT_SUBSCRIPTION]) {
    see(profiles, p, HABIT_SUBSCRIPTION, keys, &fresh, &refresh);
    if (refresh) ar_peers_add(profiles, keys->keys[HABIT_SUBSCRIPTION], p->kind, PEERS_ALL, fresh);
  }
  if (keys->keys[HABIT_OPERATION]) learn_operation(profiles, p, keys, habit);
  for (unsigned list = HABIT_NETWORK; list < HABITS; list++) {
    if (keys->keys[list]) see(profiles, p, list, keys, &fresh, &refresh);
  }
}

void ar_lists_prefetch(const ar_profiles *profiles, const principal *p) {
  if (!p->block) return;
  const char *bytes = (const char *)ar_block_items(&profiles->habits, p->block);
  size_t used = ar_lists_count(p) * sizeof(item);
  for (size_t at = 0; at < used; at += 64) __builtin_prefetch(bytes + at);
}

/* The common case in one pass: most acts of a day do what was done that day. */
bool ar_lists_seen_today(const ar_profiles *profiles, principal *p, const habit_keys *keys, bool alerted) {
  uint64_t today = (uint64_t)(uint8_t)keys->day << ITEM_LAST, any_day = (uint64_t)UINT8_MAX << ITEM_LAST;
  if (!p->block) return false;
  item *items = ar_block_items(&profiles->habits, p->block);
  for (unsigned list = 0; list < HABITS; items += p->counts[list++]) {
    if (keys->keys[list] == 0) continue;
    const item *seen = scan(items, p, list, keys->keys[list] | today, key_bits(list) | any_day);
    if (!seen) return false;
    p->recent[list] = (uint8_t)(seen - items);
    if (list != HABIT_OPERATION) continue;
    if (alerted || keys->keys[HABIT_SUBSCRIPTION] == 0) return false;
    if (!(done_in(*seen) >> p->recent[HABIT_SUBSCRIPTION] & 1)) return false;
  }
  return true;
}
