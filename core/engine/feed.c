/* feed.c — tables that the engine fills by itself, and the gate before a rule's code: what a rule only counts costs no
 * call of it, until there is something to judge. */
#include "engine/private.h"

static bool any_takes(const ar_case *c, const ar_selector *selectors, size_t count, const ar_select_facts *facts) {
  for (size_t i = 0; i < count; i++)
    if (ar_selector_takes(c->engine->index, &selectors[i], facts)) return true;
  return false;
}

static bool add(ar_case *c, const ar_state_decl *decl, ar_state *table, ar_err *err) {
  ar_id key = ar_case_key(c, &decl->by);
  ar_id member = decl->of == AR_FIELD_COUNT ? AR_ONLY_MEMBER : ar_case_id(c, decl->of);
  ar_seen before;
  ar_tally now;
  if (decl->plan.kind == AR_STATE_FIRST_SEEN) return ar_seen_add(table, key, member, c->act->time, &before, err);
  ar_witness *witness = ar_case_witness(c, err);
  return witness && ar_state_add(table, key, member, c->act->time, ar_witness_hold(witness), &now, err);
}

static bool is_open(ar_case *c, const ar_rule *rule, const ar_gate *gate) {
  ar_id key = ar_case_key(c, &rule->states[gate->state].by);
  ar_tally now = ar_state_look(rule->tables[gate->state], key, c->act->time);
  return now.total >= gate->total && now.distinct >= gate->distinct && now.most >= gate->most;
}

bool feed_tables(ar_case *c, ar_rule *rule, const ar_select_facts *facts, ar_err *err) {
  for (size_t s = 0; s < rule->state_count; s++) {
    const ar_state_decl *decl = &rule->states[s];
    if (!any_takes(c, rule->on + decl->feed_from, decl->feed_count, facts)) continue;
    if (!add(c, decl, rule->tables[s], err)) return false;
  }
  return true;
}

bool feed_calls(ar_case *c, const ar_rule *rule, const ar_select_facts *facts) {
  if (!any_takes(c, rule->on, rule->call_count, facts)) return false;
  for (size_t i = 0; i < rule->gate_count; i++)
    if (is_open(c, rule, &rule->gates[i])) return true;
  return rule->gate_count == 0;
}
