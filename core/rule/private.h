/* private.h — what rule's own files share. */
#ifndef ARMRUN_RULE_PRIVATE_H
#define ARMRUN_RULE_PRIVATE_H

#include "rule/rule.h"

/* The i-th operation of a catalogue, in byte order; i below catalogue_count. */
size_t catalogue_count(const ar_catalogue *catalogue);
ar_str catalogue_operation(const ar_catalogue *catalogue, size_t i);

/* An operation as a selector writes it. */
typedef struct pattern {
  ar_str head, tail; /* before and behind the '*' */
  bool wild;         /* false: head is all of it */
} pattern;
/* False when there is more than one '*'. */
bool pattern_of(ar_str text, pattern *out);
bool pattern_takes(const pattern *p, ar_str operation);

/* Everything of a selector but its operations and ip tags' absence: masks, novelty, gap. */
bool selector_takes_facts(const ar_selector *selector, bool at_started, const ar_select_facts *facts);
bool selector_takes_risk(const ar_selector *selector, ar_risk risk);

#endif
