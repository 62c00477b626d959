/* total.c — amounts added up per key: by UTC day, and by hour over the last day, in rings that forget by themselves. */
#include "state/private.h"

#include <string.h>

#define HOURS 24

typedef struct entry {
  ar_node node;
  int64_t hour;          /* the newest hour the rings reach to, since 1970 */
  uint64_t hours[HOURS]; /* of the last 24 hours, this one included */
  uint64_t days[];       /* of the days within the window, this one included */
} entry;

static int64_t day_of(int64_t hour) {
  return hour >= 0 ? hour / HOURS : -((HOURS - 1 - hour) / HOURS);
}

static int64_t hour_of(ar_instant at) {
  return ar_instant_day(at) * HOURS + ar_instant_hour(at);
}

static size_t slot(int64_t number, size_t count) {
  int64_t rest = number % (int64_t)count;
  return (size_t)(rest < 0 ? rest + (int64_t)count : rest);
}

/* As many days as the window touches at least in part. */
static size_t day_count(ar_span within) {
  return (size_t)((within + AR_DAY - 1) / AR_DAY);
}

size_t ar_total_node_bytes(ar_span within) {
  return sizeof(entry) + day_count(within) * sizeof(uint64_t);
}

static uint64_t sum_of(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Empties what lies between the newest number known and this one. */
static void turn(uint64_t *ring, size_t count, int64_t from, int64_t to) {
  if (to - from >= (int64_t)count) memset(ring, 0, count * sizeof *ring);
  for (int64_t number = from + 1; number <= to && to - from < (int64_t)count; number++) ring[slot(number, count)] = 0;
}

static void move_on(const ar_state *state, entry *e, int64_t hour) {
  if (hour <= e->hour) return;
  turn(e->hours, HOURS, e->hour, hour);
  turn(e->days, day_count(state->plan.within), day_of(e->hour), day_of(hour));
  e->hour = hour;
}

/* What of a day lies in the last 24 hours. */
static uint64_t lately(const entry *e, int64_t day) {
  uint64_t sum = 0;
  if (day < day_of(e->hour) - 1) return 0;
  for (int64_t hour = e->hour - HOURS + 1; hour <= e->hour; hour++)
    if (day_of(hour) == day) sum = sum_of(sum, e->hours[slot(hour, HOURS)]);
  return sum;
}

static ar_total total_of(const ar_state *state, const entry *e) {
  ar_total total = { 0 };
  size_t count = day_count(state->plan.within);
  int64_t today = day_of(e->hour);
  for (size_t i = 0; i < HOURS; i++) total.last_day = sum_of(total.last_day, e->hours[i]);
  for (int64_t day = today - (int64_t)count + 1; day <= today; day++) {
    uint64_t amount = e->days[slot(day, count)], recent = lately(e, day);
    total.sum = sum_of(total.sum, amount);
    if (amount > recent) total.days_before++;
    if (amount - recent > total.most_before) total.most_before = amount - recent;
  }
  return total;
}

static entry *find(ar_state *state, ar_id key, ar_instant at) {
  entry *e = ar_table_find(&state->keys, key);
  if (e && ar_state_gone(state, e->node.touched, at)) {
    state->counts.expired++;
    ar_state_drop(state, &e->node);
    return NULL;
  }
  if (e) move_on(state, e, hour_of(at));
  return e;
}

bool ar_total_add(ar_state *state, ar_id key, uint64_t amount, ar_instant at, ar_total *out, ar_err *err) {
  at = ar_state_begin(state, at);
  *out = (ar_total){ 0 };
  if (!ar_state_is(state, AR_STATE_TOTAL, err)) return false;
  if (ar_id_none(key)) return true;
  entry *e = find(state, key, at);
  if (!e) {
    if (!ar_state_reserve(state, err)) return false;
    e = ar_state_insert(state, key, at);
    e->hour = hour_of(at);
  }
  uint64_t *hour = &e->hours[slot(e->hour, HOURS)];
  uint64_t *day = &e->days[slot(day_of(e->hour), day_count(state->plan.within))];
  *hour = sum_of(*hour, amount);
  *day = sum_of(*day, amount);
  state->counts.adds++;
  *out = total_of(state, e);
  ar_state_touch(state, &e->node, at, out->days_before > 0);
  return true;
}

ar_total ar_total_look(ar_state *state, ar_id key, ar_instant at) {
  at = ar_state_begin(state, at);
  entry *e = state->plan.kind == AR_STATE_TOTAL ? find(state, key, at) : NULL;
  return e ? total_of(state, e) : (ar_total){ 0 };
}
