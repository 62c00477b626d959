/* burst.h — from single findings to alerts: bursts, siblings, ids, selection.
 *
 * Layer 5; includes base, instant, alert, rule.
 *
 * A finding opens a burst or joins the open one of its rule and key; a burst ends after `quiet` without a finding or
 * `max` after its first. One burst, one alert. Joining: time and id stay those of the first finding; end, evidence,
 * ips, resources grow; a reason replaces the one with its code; severity, confidence and score take the highest.
 * Siblings: bursts of rules tied by yields_to that share an act are one; only the owner comes out, and names the
 * others in `siblings`. Settled in ar_bursts_settle, before any selection.
 */
#ifndef ARMRUN_BURST_H
#define ARMRUN_BURST_H

#include "alert/alert.h"
#include "base/base.h"
#include "rule/rule.h"

typedef struct ar_bursts ar_bursts;

ar_bursts *ar_bursts_new(uint64_t seed, ar_err *err);
void ar_bursts_free(ar_bursts *bursts);
void ar_bursts_clear(ar_bursts *bursts);

/* The ties of all rules; AR_ERULE naming file, line and the circle when they form one, or an unknown id
 * (with did-you-mean). */
bool ar_bursts_tie(ar_bursts *bursts, ar_rule *const *rules, size_t count, ar_err *err);

/* Takes over `draft`. `witness` is the act that satisfied the rule (borrowed). */
bool ar_bursts_raise(ar_bursts *bursts, ar_rule *rule, ar_alert *draft, ar_witness *witness, ar_err *err);

/* All bursts closed, siblings settled: the alerts in (time, id) order. The array and the alerts stay the bursts'. */
bool ar_bursts_settle(ar_bursts *bursts, ar_alert ***alerts, size_t *count, ar_err *err);
uint64_t ar_bursts_open(const ar_bursts *bursts);

#endif
