/* finding.c — what the engine says of its own run: that it had to forget. */
#include "engine/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TABLES_TOLD 32

const char *const ar_finding_rules[AR_FINDINGS] = {
  [AR_FINDING_PRESSURE] = "armrun.StatePressure",
  [AR_FINDING_UNREAD] = "armrun.UnreadableRecords",
  [AR_FINDING_ODD] = "armrun.OddRecords",
};

/* One table that was full. */
typedef struct full {
  const char *owner, *table; /* owner: a rule, or "armrun" */
  uint64_t cap, evicted, scored;
  ar_instant first, last;
} full;

typedef struct pressure {
  full tables[TABLES_TOLD]; /* those with most evictions first */
  size_t count, more;
  uint64_t evicted;
  ar_instant first, last;
} pressure;

/* ---- which tables were full ---- */

/* Keeps the worst; of equals, those that came first. */
static void keep(pressure *p, full table) {
  size_t at = p->count;
  while (at > 0 && p->tables[at - 1].evicted < table.evicted) at--;
  if (p->count < TABLES_TOLD)
    p->count++;
  else
    p->more++;
  if (at == TABLES_TOLD) return;
  memmove(&p->tables[at + 1], &p->tables[at], (p->count - at - 1) * sizeof table);
  p->tables[at] = table;
}

static void add_table(pressure *p, full table) {
  if (table.evicted == 0) return;
  if (p->evicted == 0 || table.first < p->first) p->first = table.first;
  if (p->evicted == 0 || table.last > p->last) p->last = table.last;
  p->evicted += table.evicted;
  keep(p, table);
}

static void add_state(pressure *p, const char *owner, const char *name, const ar_state *state) {
  ar_state_counts c = ar_state_tell(state);
  add_table(p, (full){ owner, name, c.cap, c.evicted, c.held_evicted, c.full_first, c.full_last });
}

static void add_profiles(pressure *p, const ar_profiles *profiles) {
  static const char *const names[AR_PRESSED_COUNT] = { "principals", "tenants and subscriptions", "peers",
                                                       "habits of a principal" };
  ar_profile_counts counts = ar_profiles_tell(profiles);
  for (size_t i = 0; i < AR_PRESSED_COUNT; i++) {
    const ar_pressure *one = &counts.pressure[i];
    add_table(p, (full){ "armrun", names[i], one->cap, one->evicted, 0, one->first, one->last });
  }
}

static void find_full(const ar_engine *e, pressure *p) {
  add_profiles(p, e->profiles);
  add_state(p, "armrun", "callers", e->callers);
  if (e->requests) add_state(p, "armrun", "requests", e->requests);
  for (size_t i = 0; i < e->rule_count; i++) {
    const ar_rule *rule = e->rules[i];
    for (size_t s = 0; rule->tables && s < rule->state_count; s++)
      add_state(p, rule->id, rule->states[s].name, rule->tables[s]);
  }
}

/* ---- saying so ---- */

static bool say_table(ar_alert *finding, const full *t, ar_err *err) {
  char text[240], since[40];
  ar_instant_text(t->first, since);
  snprintf(text, sizeof text, "%.60s, %.60s: full with %" PRIu64 " from %s; %" PRIu64 " left early", t->owner, t->table,
           t->cap, since, t->evicted);
  return ar_finding_say(finding, "table_full", text, err) && ar_finding_integer(finding, "cap", t->cap, err) &&
         ar_finding_integer(finding, "evicted", t->evicted, err) &&
         ar_finding_integer(finding, "evicted_with_score", t->scored, err) &&
         ar_finding_text(finding, "first", since, err) && ar_finding_text(finding, "owner", t->owner, err) &&
         ar_finding_text(finding, "table", t->table, err);
}

static bool sum_up(ar_alert *finding, const pressure *p, ar_err *err) {
  char text[200];
  size_t tables = p->count + p->more;
  snprintf(text, sizeof text,
           "%zu %s of state %s full: %" PRIu64 " entries were forgotten early, and what they counted towards may be "
           "missed",
           tables, tables == 1 ? "table" : "tables", tables == 1 ? "was" : "were", p->evicted);
  finding->summary = ar_copy(ar_str_of(text));
  return finding->summary ? true : ar_nomem(err, "making a finding");
}

static bool find_pressure(ar_engine *e, ar_alert **finding, ar_err *err) {
  pressure p = { .count = 0 };
  find_full(e, &p);
  if (p.evicted == 0) return true;
  *finding = ar_finding_new(ar_finding_rules[AR_FINDING_PRESSURE], AR_LOW,
                            "armrun had to forget: tables of state were full", p.first, p.last, err);
  if (!*finding || !sum_up(*finding, &p, err)) return false;
  for (size_t i = 0; i < p.count; i++)
    if (!say_table(*finding, &p.tables[i], err)) return false;
  return true;
}

/* ---- all of them ---- */

void findings_free(ar_engine *e) {
  for (size_t i = 0; i < AR_FINDINGS; i++) ar_alert_free(e->findings[i]);
  memset(e->findings, 0, sizeof e->findings);
  e->finding_count = 0;
}

bool ar_engine_findings(ar_engine *e, ar_alert ***findings, size_t *count, ar_err *err) {
  static bool (*const finders[AR_FINDINGS])(ar_engine *, ar_alert **, ar_err *) = {
    [AR_FINDING_PRESSURE] = find_pressure,
    [AR_FINDING_UNREAD] = find_unread,
    [AR_FINDING_ODD] = find_odd,
  };
  findings_free(e);
  for (size_t i = 0; i < AR_FINDINGS; i++) {
    ar_alert **place = &e->findings[e->finding_count];
    if (!finders[i](e, place, err)) return false;
    if (!*place) continue;
    (*place)->rule_set = e->rule_set;
    e->finding_count++;
  }
  *findings = e->findings;
  *count = e->finding_count;
  return true;
}
