/* lists.c — the habits of a principal: five short lists in one block, blocks of eight sizes in pools. */
#include "event/event.h"
#include "state/parts.h"

/* Most principals have a handful of habits, or 15 to 30. No size between the two: principals that grow together leave
 * their small blocks behind, for those that come later. */
static const uint16_t pool_items[POOLS] = { 8, 32, 44, 64, 96, 128, 192, 288 };
static const uint8_t chunk_bits[POOLS] = { 7, 5, 5, 4, 4, 3, 3, 2 }; /* blocks a chunk, as a power of two */

/* ---- pools ---- */

static size_t chunk_bytes(unsigned size) {
  return pool_items[size] * sizeof(item) << chunk_bits[size];
}

static item *block_at(const ar_profiles *profiles, unsigned size, ar_ref block) {
  uint32_t at = block - 1, bits = chunk_bits[size];
  return (item *)(void *)profiles->pools[size].chunks[at >> bits] + (at & ((1u << bits) - 1)) * pool_items[size];
}

static bool add_chunk(pool *p, size_t bytes) {
  unsigned char **chunks = ar_grow(p->chunks, &p->chunk_room, p->chunk_count + 1, sizeof *chunks);
  if (!chunks) return false;
  p->chunks = chunks;
  unsigned char *chunk = ar_alloc(bytes);
  if (!chunk) return false;
  chunks[p->chunk_count++] = chunk;
  return true;
}

/* A free block holds the number of the next free one. */
static ar_ref take_block(ar_profiles *profiles, unsigned size) {
  pool *p = &profiles->pools[size];
  ar_ref block = p->unused;
  if (block) {
    memcpy(&p->unused, block_at(profiles, size, block), sizeof p->unused);
    return block;
  }
  if (p->made == p->chunk_count << chunk_bits[size] && !add_chunk(p, chunk_bytes(size))) return 0;
  return ++p->made;
}

static void give_block(ar_profiles *profiles, unsigned size, ar_ref block) {
  pool *p = &profiles->pools[size];
  memcpy(block_at(profiles, size, block), &p->unused, sizeof p->unused);
  p->unused = block;
}

void ar_pools_free(ar_profiles *profiles) {
  for (unsigned size = 0; size < POOLS; size++) {
    pool *p = &profiles->pools[size];
    for (size_t i = 0; i < p->chunk_count; i++) ar_free(p->chunks[i]);
    ar_free(p->chunks);
  }
}

void ar_pools_clear(ar_profiles *profiles) {
  for (unsigned size = 0; size < POOLS; size++) profiles->pools[size].unused = profiles->pools[size].made = 0;
}

size_t ar_pools_bytes(const ar_profiles *profiles) {
  size_t bytes = 0;
  for (unsigned size = 0; size < POOLS; size++) {
    const pool *p = &profiles->pools[size];
    bytes += p->chunk_count * chunk_bytes(size) + p->chunk_room * sizeof *p->chunks;
  }
  return bytes;
}

ar_ref ar_lists_first_block(ar_profiles *profiles) {
  return take_block(profiles, 0);
}

/* ---- items ---- */

static unsigned cap_of(const principal *p, habit_list list) {
  static const uint8_t caps[HABITS] = { 32, 64, 24, 8, 32 };
  return list == HABIT_OPERATION && p->kind == AR_KIND_SERVICE_PRINCIPAL ? AR_HABITS_MOST : caps[list];
}

static unsigned total(const principal *p) {
  unsigned count = 0;
  for (unsigned list = 0; list < HABITS; list++) count += p->counts[list];
  return count;
}

static item *items_of(const ar_profiles *profiles, const principal *p, habit_list list) {
  item *items = block_at(profiles, p->size, p->block);
  for (unsigned before = 0; before < list; before++) items += p->counts[before];
  return items;
}

static uint64_t key_of(const item *i) {
  return ar_item_stamp(i) & ITEM_KEY;
}

static void set_stamp(item *i, uint64_t key, uint16_t last) {
  uint64_t stamp = key | (uint64_t)last << ITEM_LAST;
  memcpy(i->stamp, &stamp, sizeof stamp);
}

/* The bits of a stamp that tell one item of a list from the others. */
static uint64_t key_bits(habit_list list) {
  return list == HABIT_OPERATION ? UINT16_MAX : ITEM_KEY;
}

static unsigned number_of(const item *operation) {
  return (uint16_t)ar_item_stamp(operation);
}

static uint32_t done_in(const item *operation) {
  return (uint32_t)(ar_item_stamp(operation) >> 16);
}

static void set_done_in(item *operation, uint32_t subscriptions) {
  set_stamp(operation, number_of(operation) | (uint64_t)subscriptions << 16, ar_item_last(operation));
}

/* The item whose stamp equals `wanted` in the bits of `mask`. */
static item *scan(item *items, const principal *p, habit_list list, uint64_t wanted, uint64_t mask) {
  unsigned recent = p->recent[list], count = p->counts[list];
  if (recent < count && ((ar_item_stamp(&items[recent]) ^ wanted) & mask) == 0) return &items[recent];
  for (unsigned i = 0; i < count; i++) {
    if (((ar_item_stamp(&items[i]) ^ wanted) & mask) == 0) return &items[i];
  }
  return NULL;
}

static item *find(const ar_profiles *profiles, const principal *p, habit_list list, uint64_t key) {
  if (key == 0 || p->counts[list] == 0) return NULL;
  return scan(items_of(profiles, p, list), p, list, key, key_bits(list));
}

const item *ar_lists_find(const ar_profiles *profiles, const principal *p, habit_list list, uint64_t key) {
  return find(profiles, p, list, key);
}

/* ---- leaving ---- */

/* Takes the operation out of the peers of every subscription it was done in. */
static void subtract_operation(ar_profiles *profiles, const principal *p, const item *operation) {
  const item *subscriptions = items_of(profiles, p, HABIT_SUBSCRIPTION);
  uint32_t in = done_in(operation);
  for (unsigned i = 0; i < p->counts[HABIT_SUBSCRIPTION]; i++) {
    if (in >> i & 1) ar_peers_subtract(profiles, key_of(&subscriptions[i]), p->kind, number_of(operation));
  }
}

/* The indexes of the subscriptions behind it move down by one, and the bits of the operations with them. */
static void subtract_subscription(ar_profiles *profiles, const principal *p, unsigned index) {
  uint64_t where = key_of(items_of(profiles, p, HABIT_SUBSCRIPTION) + index);
  item *operations = items_of(profiles, p, HABIT_OPERATION);
  uint32_t below = (1u << index) - 1;
  for (unsigned i = 0; i < p->counts[HABIT_OPERATION]; i++) {
    uint32_t in = done_in(&operations[i]);
    if (in >> index & 1) ar_peers_subtract(profiles, where, p->kind, number_of(&operations[i]));
    set_done_in(&operations[i], (in & below) | (in >> 1 & ~below));
  }
  ar_peers_subtract(profiles, where, p->kind, PEERS_ALL);
}

static void remove_item(ar_profiles *profiles, principal *p, habit_list list, unsigned index) {
  item *block = block_at(profiles, p->size, p->block), *gone = items_of(profiles, p, list) + index;
  if (list == HABIT_SUBSCRIPTION) subtract_subscription(profiles, p, index);
  if (list == HABIT_OPERATION) subtract_operation(profiles, p, gone);
  memmove(gone, gone + 1, (size_t)(block + total(p) - (gone + 1)) * sizeof *gone);
  p->counts[list]--;
}

void ar_lists_forget_old(ar_profiles *profiles, principal *p, uint16_t day) {
  for (unsigned list = 0; list < HABITS; list++) {
    for (unsigned i = p->counts[list]; i-- > 0;) {
      const item *old = items_of(profiles, p, list) + i;
      if (day - ar_item_last(old) > (int)profiles->options.forget_days) remove_item(profiles, p, list, i);
    }
  }
}

void ar_lists_drop(ar_profiles *profiles, principal *p) {
  if (!p->block) return;
  const item *operations = items_of(profiles, p, HABIT_OPERATION);
  const item *subscriptions = items_of(profiles, p, HABIT_SUBSCRIPTION);
  for (unsigned i = 0; i < p->counts[HABIT_OPERATION]; i++) subtract_operation(profiles, p, &operations[i]);
  for (unsigned i = 0; i < p->counts[HABIT_SUBSCRIPTION]; i++)
    ar_peers_subtract(profiles, key_of(&subscriptions[i]), p->kind, PEERS_ALL);
  memset(p->counts, 0, sizeof p->counts);
  give_block(profiles, p->size, p->block);
  p->block = 0;
  p->size = 0;
}

static unsigned oldest(const item *items, unsigned count) {
  unsigned found = 0;
  for (unsigned i = 1; i < count; i++) {
    if (ar_item_last(&items[i]) < ar_item_last(&items[found])) found = i;
  }
  return found;
}

/* ---- learning ---- */

static bool move_block(ar_profiles *profiles, principal *p, unsigned need) {
  unsigned size = p->size;
  while (pool_items[size] < need) size++;
  if (p->block && size == p->size) return true;
  ar_ref block = take_block(profiles, size);
  if (!block) return false;
  if (p->block) {
    memcpy(block_at(profiles, size, block), block_at(profiles, p->size, p->block), total(p) * sizeof(item));
    give_block(profiles, p->size, p->block);
  }
  p->block = block;
  p->size = (uint8_t)size;
  return true;
}

/* An item that takes the place of another needs none of its own; nor does one that expires and comes back. */
bool ar_lists_reserve(ar_profiles *profiles, principal *p, const habit_keys *keys) {
  unsigned need = total(p);
  for (unsigned list = 0; list < HABITS; list++) {
    if (keys->keys[list] == 0 || p->counts[list] == cap_of(p, list)) continue;
    if (!find(profiles, p, list, keys->keys[list])) need++;
  }
  return (p->block && need <= pool_items[p->size]) || move_block(profiles, p, need);
}

static void count_in_row(const ar_profiles *profiles, principal *p) {
  uint32_t now = ar_seconds(profiles->now);
  if (now - p->fresh_at > IN_ROW_SECONDS) p->fresh_in_row = 0;
  if (p->fresh_in_row < UINT16_MAX) p->fresh_in_row++;
  p->fresh_at = now;
}

static item *insert_item(ar_profiles *profiles, principal *p, habit_list list, uint64_t key, uint16_t day) {
  if (p->counts[list] == cap_of(p, list)) {
    const item *items = items_of(profiles, p, list);
    unsigned place = oldest(items, p->counts[list]);
    profiles->counts.habits_evicted++;
    if (ar_item_last(&items[place]) == day) ar_profile_press(profiles, AR_PRESSED_HABITS);
    remove_item(profiles, p, list, place);
  }
  item *block = block_at(profiles, p->size, p->block), *fresh = items_of(profiles, p, list) + p->counts[list];
  memmove(fresh + 1, fresh, (size_t)(block + total(p) - fresh) * sizeof *fresh);
  p->counts[list]++;
  if (list != HABIT_PAIR && p->fresh[list] < UINT16_MAX) p->fresh[list]++;
  if (list == HABIT_OPERATION) count_in_row(profiles, p);
  *fresh = (item){ .days = 0 };
  set_stamp(fresh, key, 0);
  return fresh;
}

/* The item of a key, seen today. *fresh: it is new; *refresh: its peers should be told that it still goes on, which is
 * done on every eighth of its days only. */
static item *see(ar_profiles *profiles, principal *p, habit_list list, const habit_keys *keys, bool *fresh,
                 bool *refresh) {
  item *seen = find(profiles, p, list, keys->keys[list]);
  *fresh = seen == NULL;
  if (!seen) seen = insert_item(profiles, p, list, keys->keys[list], keys->day);
  p->recent[list] = (uint8_t)(seen - items_of(profiles, p, list));
  bool first_today = *fresh || ar_item_last(seen) != keys->day;
  if (first_today && (seen->days & ITEM_DAYS) < ITEM_DAYS) seen->days++;
  *refresh = first_today && seen->days % 8 == 1;
  set_stamp(seen, key_of(seen), keys->day);
  return seen;
}

/* The tenant is told with the subscription, which lies in one tenant; and every time when the act lies in none. */
static void learn_operation(ar_profiles *profiles, principal *p, const habit_keys *keys, const ar_habit *habit) {
  bool fresh, refresh;
  item *operation = see(profiles, p, HABIT_OPERATION, keys, &fresh, &refresh);
  uint64_t tenant = ar_habit_print(profiles, habit->tenant), subscription = keys->keys[HABIT_SUBSCRIPTION];
  uint32_t here = subscription ? 1u << p->recent[HABIT_SUBSCRIPTION] : 0;
  bool fresh_here = !(done_in(operation) & here);
  if (habit->alerted && (operation->days & ITEM_DAYS) == 1) operation->days |= ITEM_ALERTED;
  set_done_in(operation, done_in(operation) | here);
  if (!fresh_here && !refresh) return;
  if (tenant) ar_peers_add(profiles, tenant, PEERS_TENANT, number_of(operation), false);
  if (subscription) ar_peers_add(profiles, subscription, p->kind, number_of(operation), fresh_here);
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
  const char *bytes = (const char *)block_at(profiles, p->size, p->block);
  size_t used = total(p) * sizeof(item);
  for (size_t at = 0; at < used; at += 64) __builtin_prefetch(bytes + at);
}

/* The common case in one pass: most acts of a day do what was done that day. */
bool ar_lists_seen_today(const ar_profiles *profiles, principal *p, const habit_keys *keys, bool alerted) {
  uint64_t today = (uint64_t)keys->day << ITEM_LAST, any_day = ~(uint64_t)0 << ITEM_LAST;
  if (!p->block) return false;
  item *items = block_at(profiles, p->size, p->block);
  for (unsigned list = 0; list < HABITS; items += p->counts[list++]) {
    if (keys->keys[list] == 0) continue;
    const item *seen = scan(items, p, list, keys->keys[list] | today, key_bits(list) | any_day);
    if (!seen) return false;
    p->recent[list] = (uint8_t)(seen - items);
    if (list != HABIT_OPERATION) continue;
    if (alerted || keys->keys[HABIT_SUBSCRIPTION] == 0) return false;
    if (!(done_in(seen) >> p->recent[HABIT_SUBSCRIPTION] & 1)) return false;
  }
  return true;
}
