/* burst.c — findings to bursts: a table of the latest burst of each (rule, key), and the list of all. */
#include "burst/private.h"

#include <stdlib.h>
#include <string.h>

struct ar_bursts {
  uint64_t seed;
  burst *items; /* in the order they were opened */
  size_t count, room;
  uint32_t *slots; /* index of a key's latest burst + 1; 0 empty */
  size_t slot_count, used;
  ties *ties;
  ar_alert **settled;
};

ar_bursts *ar_bursts_new(uint64_t seed, ar_err *err) {
  ar_bursts *bursts = ar_alloc(sizeof *bursts);
  if (!bursts)
    ar_nomem(err, "setting up bursts");
  else
    bursts->seed = seed;
  return bursts;
}

void ar_bursts_clear(ar_bursts *bursts) {
  for (size_t i = 0; i < bursts->count; i++) {
    ar_alert_free(bursts->items[i].alert);
    ar_free(bursts->items[i].key);
  }
  bursts->count = bursts->used = 0;
  if (bursts->slots) memset(bursts->slots, 0, bursts->slot_count * sizeof *bursts->slots);
  ar_free(bursts->settled);
  bursts->settled = NULL;
}

void ar_bursts_free(ar_bursts *bursts) {
  if (!bursts) return;
  ar_bursts_clear(bursts);
  ties_free(bursts->ties);
  ar_free(bursts->items);
  ar_free(bursts->slots);
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
static uint32_t *slot_of(const ar_bursts *bursts, const ar_rule *rule, uint64_t hash, ar_str key) {
  size_t mask = bursts->slot_count - 1, at = (size_t)hash & mask;
  for (;; at = (at + 1) & mask) {
    uint32_t index = bursts->slots[at];
    const burst *b = index ? &bursts->items[index - 1] : NULL;
    if (!b || (b->hash == hash && b->rule == rule && ar_str_eq(ar_str_of(b->key), key))) return &bursts->slots[at];
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
    if (b) *slot_of(bursts, b->rule, b->hash, ar_str_of(b->key)) = old[i];
  }
  ar_free(old);
  return true;
}

static bool make_room(ar_bursts *bursts) {
  burst *grown = ar_grow(bursts->items, &bursts->room, bursts->count + 1, sizeof *grown);
  if (!grown) return false;
  bursts->items = grown;
  return bursts->count < UINT32_MAX - 1 && widen_table(bursts);
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
  bool done = make_room(bursts) || ar_nomem(err, "opening a burst");
  done = done && alert_complete(draft, rule, witness, name, err);
  if (!done) {
    ar_alert_free(draft);
    ar_free(key->ptr);
    return false;
  }
  uint32_t *slot = slot_of(bursts, rule, hash, name);
  bursts->used += *slot == 0;
  bursts->items[bursts->count] = (burst){ .rule = rule,
                                          .alert = draft,
                                          .key = key->ptr,
                                          .hash = hash,
                                          .first = witness->time,
                                          .last = witness->time,
                                          .summarised = draft->summary == NULL };
  *slot = (uint32_t)++bursts->count;
  return true;
}

static bool join_burst(burst *b, ar_alert *draft, ar_witness *witness, ar_err *err) {
  bool summed = draft->summary != NULL;
  bool done = alert_join(b->alert, draft, b->rule, witness, err);
  if (done && witness->time > b->last) b->last = witness->time;
  if (done && summed) b->summarised = false;
  ar_alert_free(draft);
  return done;
}

static burst *find_open(ar_bursts *bursts, ar_rule *rule, uint64_t hash, ar_str key, ar_instant at) {
  uint32_t index = bursts->slot_count ? *slot_of(bursts, rule, hash, key) : 0;
  burst *b = index ? &bursts->items[index - 1] : NULL;
  return b && still_open(b, at) ? b : NULL;
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
  ar_str name = { key.ptr, key.len };
  uint64_t hash = hash_of(bursts, rule, name);
  burst *b = find_open(bursts, rule, hash, name, witness->time);
  if (!b) return open_burst(bursts, rule, draft, witness, &key, hash, err);
  ar_free(key.ptr);
  return join_burst(b, draft, witness, err);
}

/* ---- settling ---- */

static bool sum_up(ar_bursts *bursts, ar_err *err) {
  for (size_t i = 0; i < bursts->count; i++) {
    burst *b = &bursts->items[i];
    if ((b->summarised || !b->alert->summary) && !alert_summarise(b->alert, err)) return false;
  }
  return true;
}

static int cmp_alerts(const void *left, const void *right) {
  return ar_alert_cmp(*(ar_alert *const *)left, *(ar_alert *const *)right);
}

bool ar_bursts_settle(ar_bursts *bursts, ar_alert ***alerts, size_t *count, ar_err *err) {
  ar_alert **settled = ar_alloc(bursts->count * sizeof(ar_alert *));
  size_t used = 0;
  if (!settled) return ar_nomem(err, "settling alerts");
  if (!sum_up(bursts, err) || !settle_siblings(bursts->items, bursts->count, bursts->ties, err)) {
    ar_free(settled);
    return false;
  }
  for (size_t i = 0; i < bursts->count; i++)
    if (!bursts->items[i].absorbed) settled[used++] = bursts->items[i].alert;
  if (used) qsort(settled, used, sizeof(ar_alert *), cmp_alerts);
  ar_free(bursts->settled);
  *alerts = bursts->settled = settled;
  *count = used;
  return true;
}
