/* rule.c — a rule's head: words, and giving everything back. */
#include "rule/rule.h"

const char *const ar_tactic_words[AR_TACTIC_COUNT] = {
  "InitialAccess", "Execution",       "Persistence", "PrivilegeEscalation", "DefenseEvasion", "CredentialAccess",
  "Discovery",     "LateralMovement", "Collection",  "Exfiltration",        "Impact",
};

ar_rule *ar_rule_new(void) {
  return ar_alloc(sizeof(ar_rule));
}

void ar_selector_clear(ar_selector *selector) {
  for (size_t i = 0; i < selector->operation_count; i++) ar_free(selector->operations[i]);
  ar_free(selector->operations);
  *selector = (ar_selector){ 0 };
}

static void free_state(ar_state_decl *state) {
  for (size_t i = 0; i < state->step_count; i++) {
    ar_free(state->steps[i].name);
    ar_selector_clear(&state->steps[i].selector);
  }
  ar_free(state->steps);
  ar_free(state->name);
}

static void free_texts(ar_rule *rule) {
  ar_free(rule->id);
  ar_free(rule->title);
  ar_free(rule->file);
  ar_strings_free(&rule->tactics);
  ar_strings_free(&rule->techniques);
  ar_strings_free(&rule->yields_to);
}

void ar_rule_free(ar_rule *rule) {
  if (!rule) return;
  if (rule->free_self) rule->free_self(rule->self);
  for (size_t i = 0; i < rule->on_count; i++) ar_selector_clear(&rule->on[i]);
  for (size_t i = 0; i < rule->state_count; i++) free_state(&rule->states[i]);
  ar_free(rule->on);
  ar_free(rule->states);
  free_texts(rule);
  ar_free(rule);
}
