/* sequence.c — an act fed to a rule's sequence: what must not be first, then the steps, the last one first, so that
 * one act never does two steps of one sequence. */
#include "engine/private.h"

#include <string.h>

static void mark(ar_case *c, const ar_state_decl *decl, ar_state *table, ar_id key, const ar_select_facts *facts) {
  for (size_t i = 0; i < decl->step_count; i++)
    if (decl->steps[i].negative && ar_selector_takes(c->engine->index, &decl->steps[i].selector, facts))
      ar_sequence_mark(table, key, decl->steps[i].mark, c->act->time);
}

/* Steps that the act is, as a bit mask; several selectors may make one step. */
static uint32_t steps_of(ar_case *c, const ar_state_decl *decl, const ar_select_facts *facts) {
  uint32_t steps = 0;
  for (size_t i = 0; i < decl->step_count; i++)
    if (!decl->steps[i].negative && ar_selector_takes(c->engine->index, &decl->steps[i].selector, facts))
      steps |= 1u << decl->steps[i].mark;
  return steps;
}

static bool take_step(ar_case *c, ar_state *table, ar_id key, unsigned step, ar_match *out, ar_err *err) {
  ar_witness *witness = ar_case_witness(c, err);
  return witness && ar_sequence_step(table, key, step, c->act->time, ar_witness_hold(witness), out, err);
}

bool ar_case_sequence(ar_case *c, ar_rule *rule, size_t state, ar_match *out, ar_err *err) {
  const ar_state_decl *decl = &rule->states[state];
  ar_state *table = rule->tables[state];
  ar_id key = ar_case_key(c, &decl->by);
  ar_select_facts facts = case_facts(c);
  memset(out, 0, sizeof *out);
  mark(c, decl, table, key, &facts);
  uint32_t steps = steps_of(c, decl, &facts);
  for (unsigned step = AR_STEPS_MAX; step-- > 0;) {
    ar_match match;
    if (!(steps >> step & 1)) continue;
    if (!take_step(c, table, key, step, &match, err)) return false;
    if (!out->complete) *out = match; /* a step below the last never completes, so nothing owned is lost */
  }
  return true;
}
