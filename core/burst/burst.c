/* burst.c — findings to bursts: a table of the latest burst of each (rule, key), and the list of all. */
#include "burst/private.h"

#include <stdlib.h>
#include <string.h>

#define BOUND_DEFAULT ((size_t)16 << 20)

struct ar_bursts {
  uint64_t seed;
  burst *items; /* in the order they were opened */
  size_t count, room;
  uint32_t *slots; /* index of a key's latest burst + 1; 0 empty */
  size_t slot_count, used;
  ties *ties;
  size_t bound, limit, weight; /* of the alerts in memory; at limit the older half of them is put away */
  uint32_t *live;              /* bursts whose alerts are in memory, in the order they came there */
  size_t live_count, live_room;
  spool *spool;
  siblings siblings;
  uint32_t *order; /* settled: the bursts that come out */
  size_t order_count, order_at;
  ar_alert *shown; /* taken up for the caller */
};

ar_bursts *ar_bursts_new(uint64_t seed, ar_err *err) {
  ar_bursts *bursts = ar_alloc(sizeof *bursts);
  if (!bursts)
    ar_nomem(err, "setting up bursts");
  else
    bursts->seed = seed, bursts->bound = bursts->limit = BOUND_DEFAULT;
  return bursts;
}

void ar_bursts_bound(ar_bursts *bursts, size_t bytes) {
  bursts->bound = bursts->limit = bytes;
}

static void forget_settled(ar_bursts *bursts) {
  ar_alert_free(bursts->shown);
  ar_free(bursts->order);
  bursts->shown = NULL;
  bursts->order = NULL;
  bursts->order_count = bursts->order_at = 0;
}

void ar_bursts_clear(ar_bursts *bursts) {
  for (size_t i = 0; i < bursts->count; i++) ar_alert_free(bursts->items[i].alert);
  bursts->count = bursts->used = bursts->live_count = bursts->weight = 0;
  bursts->limit = bursts->bound;
  if (bursts->slots) memset(bursts->slots, 0, bursts->slot_count * sizeof *bursts->slots);
  spool_free(bursts->spool);
  bursts->spool = NULL;
  forget_settled(bursts);
}

void ar_bursts_free(ar_bursts *bursts) {
  if (!bursts) return;
  ar_bursts_clear(bursts);
  ties_free(bursts->ties);
  ar_free(bursts->items);
  ar_free(bursts->slots);
  ar_free(bursts->live);
  ar_free(bursts->siblings.items);
  ar_free(bursts);
}

bool ar_bursts_tie(ar_bursts *bursts, ar_rule *const *rules, size_t count, ar_err *err) {
  ties *t = ties_new(rules, count, err);
  if (!t) return false;
  ties_free(bursts->ties);
  bursts->ties = t;
  return true;
}

const char *const *ar_bursts_notes(const ar_bursts *bursts, size_t *count) {
  *count = 0;
  return bursts->ties ? ties_notes(bursts->ties, count) : NULL;
}

uint64_t ar_bursts_open(const ar_bursts *bursts) {
  return bursts->count;
}

/* ---- the table ---- */

static uint64_t hash_of(const ar_bursts *bursts, const ar_rule *rule, ar_str key) {
  return ar_hash_seeded(key, ar_hash_seeded(ar_str_of(rule->id), bursts->seed));
}

/* The slot that holds the key's burst, or the empty one where it would go. */
static uint32_t *slot_of(const ar_bursts *bursts, const ar_rule *rule, uint64_t hash, ar_id key) {
  size_t mask = bursts->slot_count - 1, at = (size_t)hash & mask;
  for (;; at = (at + 1) & mask) {
    uint32_t index = bursts->slots[at];
    const burst *b = index ? &bursts->items[index - 1] : NULL;
    if (!b || (b->hash == hash && b->rule == rule && ar_id_eq(b->key, key))) return &bursts->slots[at];
  }
}

static bool widen_table(ar_bursts *bursts) {
  if (bursts->used * 2 < bursts->slot_count) return true;
  size_t wide = bursts->slot_count ? bursts->slot_count * 2 : 64;
  uint32_t *slots = ar_alloc(wide * sizeof *slots), *old = bursts->slots;
  size_t old_count = bursts->slot_count;
  if (!slots) return false;
  bursts->slots = slots;
  bursts->slot_count = wide;
  for (size_t i = 0; i < old_count; i++) {
    const burst *b = old[i] ? &bursts->items[old[i] - 1] : NULL;
    if (b) *slot_of(bursts, b->rule, b->hash, b->key) = old[i];
  }
  ar_free(old);
  return true;
}

static bool make_room(ar_bursts *bursts) {
  burst *grown = ar_grow(bursts->items, &bursts->room, bursts->count + 1, sizeof *grown);
  if (!grown) return false;
  bursts->items = grown;
  uint32_t *live = ar_grow(bursts->live, &bursts->live_room, bursts->live_count + 1, sizeof *live);
  if (!live) return false;
  bursts->live = live;
  return bursts->count < UINT32_MAX - 1 && widen_table(bursts);
}

/* ---- what does not fit into memory ---- */

/* About: an act with its texts and two records, a list or two for each. */
static size_t weight_of(const ar_alert *alert) {
  return 2048 + 2560 * alert->evidence_count;
}

static void weigh(ar_bursts *bursts, burst *b) {
  size_t weight = b->alert ? weight_of(b->alert) : 0;
  bursts->weight += weight - b->weight;
  b->weight = weight;
}

/* A copy would miss the records that join an open act. */
static bool may_leave(const burst *b) {
  for (size_t i = 0; i < b->alert->evidence_count; i++)
    if (b->alert->evidence[i]->open) return false;
  return true;
}

static bool put_away(ar_bursts *bursts, burst *b, ar_err *err) {
  if (!bursts->spool && !(bursts->spool = spool_new(err))) return false;
  if (!spool_put(bursts->spool, b->alert, &b->place, err)) return false;
  ar_alert_free(b->alert);
  b->alert = NULL;
  weigh(bursts, b);
  return true;
}

/* What may not leave must not be looked at again with every finding: the limit rises above it. */
static bool make_light(ar_bursts *bursts, ar_err *err) {
  size_t kept = 0;
  bool good = true;
  if (bursts->weight <= bursts->limit) return true;
  for (size_t i = 0; i < bursts->live_count; i++) {
    burst *b = &bursts->items[bursts->live[i]];
    bool leaves = good && bursts->weight > bursts->bound / 2 && may_leave(b);
    if (leaves) good = put_away(bursts, b, err);
    if (!leaves || !good) bursts->live[kept++] = bursts->live[i];
  }
  bursts->live_count = kept;
  bursts->limit = bursts->weight + bursts->bound / 2;
  return good;
}

static bool take_up(ar_bursts *bursts, burst *b, ar_err *err) {
  uint32_t *live = ar_grow(bursts->live, &bursts->live_room, bursts->live_count + 1, sizeof *live);
  if (!live) return ar_nomem(err, "taking an alert up again");
  bursts->live = live;
  if (!(b->alert = spool_get(bursts->spool, b->place, err))) return false;
  live[bursts->live_count++] = (uint32_t)(b - bursts->items);
  weigh(bursts, b);
  return true;
}

/* ---- raising ---- */

static ar_span quiet_of(const ar_rule *rule) {
  return rule->burst_quiet ? rule->burst_quiet : 30 * AR_MINUTE;
}

static ar_span max_of(const ar_rule *rule) {
  return rule->burst_max ? rule->burst_max : 24 * AR_HOUR;
}

/* Differences, not sums: spans may be huge. A finding of a sequence that waited may lie before the last one. */
static bool still_open(const burst *b, ar_instant at) {
  return (at <= b->last || (uint64_t)at - (uint64_t)b->last <= (uint64_t)quiet_of(b->rule)) &&
         (at <= b->first || (uint64_t)at - (uint64_t)b->first <= (uint64_t)max_of(b->rule));
}

/* Takes over draft and key. */
static bool open_burst(ar_bursts *bursts, ar_rule *rule, ar_alert *draft, ar_witness *witness, text *key, uint64_t hash,
                       ar_err *err) {
  ar_str name = { key->ptr, key->len };
  ar_id known = ar_id_of(name, bursts->seed);
  bool done = make_room(bursts) || ar_nomem(err, "opening a burst");
  done = done && alert_complete(draft, rule, witness, name, err);
  ar_free(key->ptr);
  if (!done) {
    ar_alert_free(draft);
    return false;
  }
  uint32_t *slot = slot_of(bursts, rule, hash, known);
  burst *b = &bursts->items[bursts->count];
  bursts->used += *slot == 0;
  *b = (burst){ .rule = rule,
                .alert = draft,
                .key = known,
                .hash = hash,
                .first = witness->time,
                .last = witness->time,
                .time = draft->time,
                .summarised = draft->summary == NULL };
  ar_id_guid(ar_str_of(draft->id), &b->id);
  bursts->live[bursts->live_count++] = (uint32_t)bursts->count;
  *slot = (uint32_t)++bursts->count;
  weigh(bursts, b);
  return true;
}

static bool join_burst(ar_bursts *bursts, burst *b, ar_alert *draft, ar_witness *witness, ar_err *err) {
  bool summed = draft->summary != NULL;
  bool done = (b->alert || take_up(bursts, b, err)) && alert_join(b->alert, draft, b->rule, witness, err);
  if (done && witness->time > b->last) b->last = witness->time;
  if (done && summed) b->summarised = false;
  weigh(bursts, b);
  ar_alert_free(draft);
  return done;
}

static burst *find_open(ar_bursts *bursts, ar_rule *rule, uint64_t hash, ar_id key, ar_instant at) {
  uint32_t index = bursts->slot_count ? *slot_of(bursts, rule, hash, key) : 0;
  burst *b = index ? &bursts->items[index - 1] : NULL;
  return b && still_open(b, at) ? b : NULL;
}

static bool take_in(ar_bursts *bursts, ar_rule *rule, ar_alert *draft, ar_witness *witness, text *key, ar_err *err) {
  ar_str name = { key->ptr, key->len };
  uint64_t hash = hash_of(bursts, rule, name);
  burst *b = find_open(bursts, rule, hash, ar_id_of(name, bursts->seed), witness->time);
  if (!b) return open_burst(bursts, rule, draft, witness, key, hash, err);
  ar_free(key->ptr);
  return join_burst(bursts, b, draft, witness, err);
}

bool ar_bursts_raise(ar_bursts *bursts, ar_rule *rule, ar_alert *draft, ar_witness *witness, ar_err *err) {
  text key = { NULL, 0, 0, false };
  if (!ar_witness_complete(witness, err)) {
    ar_alert_free(draft);
    return false;
  }
  if (!burst_key(rule, witness, &key)) {
    ar_free(key.ptr);
    ar_alert_free(draft);
    return ar_nomem(err, "opening a burst");
  }
  forget_settled(bursts);
  return take_in(bursts, rule, draft, witness, &key, err) && make_light(bursts, err);
}

/* ---- settling ---- */

typedef struct ranked {
  ar_instant time;
  ar_id id;
  const char *rule;
  uint32_t burst;
} ranked;

/* As ar_alert_cmp. */
static int cmp_ranked(const void *left, const void *right) {
  const ranked *a = left, *b = right;
  if (a->time != b->time) return a->time < b->time ? -1 : 1;
  if (a->id.hi != b->id.hi) return a->id.hi < b->id.hi ? -1 : 1;
  if (a->id.lo != b->id.lo) return a->id.lo < b->id.lo ? -1 : 1;
  return strcmp(a->rule, b->rule);
}

static bool rank(ar_bursts *bursts, ar_err *err) {
  ranked *all = ar_alloc(bursts->count * sizeof *all);
  size_t used = 0;
  bursts->order = ar_alloc(bursts->count * sizeof *bursts->order);
  if (all && bursts->order) {
    for (size_t i = 0; i < bursts->count; i++) {
      const burst *b = &bursts->items[i];
      if (!b->absorbed) all[used++] = (ranked){ b->time, b->id, b->rule->id, (uint32_t)i };
    }
    if (used) qsort(all, used, sizeof *all, cmp_ranked);
    for (size_t i = 0; i < used; i++) bursts->order[i] = all[i].burst;
    bursts->order_count = used;
  }
  bool done = all && bursts->order;
  ar_free(all);
  return done || ar_nomem(err, "settling alerts");
}

bool ar_bursts_settle(ar_bursts *bursts, size_t *count, ar_err *err) {
  forget_settled(bursts);
  if (!settle_siblings(bursts->items, bursts->count, bursts->ties, bursts->spool, bursts->seed, &bursts->siblings, err))
    return false;
  if (!rank(bursts, err)) return false;
  *count = bursts->order_count;
  return true;
}

static size_t first_sibling(const siblings *list, size_t at) {
  size_t low = 0, high = list->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (list->items[middle].burst < at)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool name_siblings(ar_bursts *bursts, size_t at, ar_alert *alert, ar_err *err) {
  const siblings *list = &bursts->siblings;
  ar_strings_free(&alert->siblings);
  for (size_t i = first_sibling(list, at); i < list->count && list->items[i].burst == at; i++)
    if (!ar_strings_add(&alert->siblings, ar_str_of(list->items[i].rule), err)) return false;
  return true;
}

bool ar_bursts_next(ar_bursts *bursts, ar_alert **alert, ar_err *err) {
  *alert = NULL;
  ar_alert_free(bursts->shown);
  bursts->shown = NULL;
  if (bursts->order_at == bursts->order_count) return true;
  size_t at = bursts->order[bursts->order_at];
  burst *b = &bursts->items[at];
  ar_alert *one = b->alert ? b->alert : (bursts->shown = spool_get(bursts->spool, b->place, err));
  if (!one || !name_siblings(bursts, at, one, err)) return false;
  if ((b->summarised || !one->summary) && !alert_summarise(one, err)) return false;
  bursts->order_at++;
  *alert = one;
  return true;
}
