/* due.c — sequences that wait out a quiet time: what is due comes in event order, before the act that is later. */
#include "engine/private.h"

#include <string.h>

static bool is_waiting(const ar_rule *rule, size_t state) {
  return rule->due && rule->states[state].plan.kind == AR_STATE_SEQUENCE && rule->states[state].plan.sequence.quiet > 0;
}

static bool waits(const ar_rule *rule) {
  for (size_t s = 0; s < rule->state_count; s++)
    if (is_waiting(rule, s)) return true;
  return false;
}

/* Few rules wait, and what is due is asked after every candidate act. */
bool engine_list_waiting(ar_engine *engine, ar_err *err) {
  engine->waiting = ar_alloc((engine->rule_count + 1) * sizeof *engine->waiting);
  if (!engine->waiting) return ar_nomem(err, "sealing the engine");
  for (size_t r = 0; r < engine->rule_count; r++)
    if (waits(engine->rules[r])) engine->waiting[engine->waiting_count++] = engine->rules[r];
  return true;
}

static bool earlier(ar_instant a, ar_instant b) {
  return a != AR_INSTANT_NONE && (b == AR_INSTANT_NONE || a < b);
}

/* The table whose sequence is due first; ties go to the rule loaded first. */
static bool first_due(ar_engine *engine, ar_rule **rule, size_t *state, ar_instant *at) {
  *at = AR_INSTANT_NONE;
  for (size_t r = 0; r < engine->waiting_count; r++)
    for (size_t s = 0; s < engine->waiting[r]->state_count; s++) {
      if (!is_waiting(engine->waiting[r], s)) continue;
      ar_instant due = ar_sequence_next_due(engine->waiting[r]->tables[s]);
      if (!earlier(due, *at)) continue;
      *at = due;
      *rule = engine->waiting[r];
      *state = s;
    }
  return *at != AR_INSTANT_NONE;
}

void engine_next_due(ar_engine *engine) {
  ar_rule *rule;
  size_t state;
  ar_instant at;
  engine->next_due = first_due(engine, &rule, &state, &at) ? at : INT64_MAX;
}

static void release(ar_match *match) {
  for (unsigned i = 0; i < match->done; i++) ar_witness_drop(match->steps[i].witness);
}

static bool decide(ar_engine *engine, ar_rule *rule, size_t state, ar_match *match, ar_err *err) {
  ar_alert *draft = NULL;
  ar_err fault = { AR_OK, "" };
  ar_witness *last = match->done ? match->steps[match->done - 1].witness : NULL;
  if (rule->told.quarantined || !last) return true;
  bool good = rule->due(rule, state, match, &draft, &fault);
  rule->told.calls++;
  engine->told.calls++;
  if (!good) return engine_fault(engine, rule, &fault, err);
  if (!draft) return true;
  if (engine_muted(engine, match->due)) {
    ar_alert_free(draft);
    return true;
  }
  rule->told.alerts++;
  return ar_bursts_raise(engine->bursts, rule, draft, last, err);
}

/* Decides what is due before `until`: an act exactly at the end of a quiet time still counts against it. */
bool engine_due(ar_engine *engine, ar_instant until, ar_err *err) {
  ar_rule *rule;
  size_t state;
  ar_instant at;
  while (first_due(engine, &rule, &state, &at) && at < until) {
    ar_match match;
    if (!ar_sequence_due(rule->tables[state], at, &match)) break;
    bool good = decide(engine, rule, state, &match, err);
    release(&match);
    if (!good) return false;
  }
  engine_next_due(engine);
  return true;
}
