/* burst.h — from single findings to alerts: bursts, siblings, ids, selection.
 *
 * Layer 5; includes base, instant, alert, rule.
 *
 * A finding opens a burst or joins the open one of its rule and key; a burst ends after `quiet` without a finding or
 * `max` after its first. One burst, one alert. Joining: time and id stay those of the first finding; end, evidence,
 * ips, resources grow; a reason replaces the one with its code; severity, confidence and score take the highest; a
 * summary replaces the earlier one. At most AR_BURST_ACTS acts are kept as evidence, further ones only counted.
 * Siblings: bursts of rules tied by yields_to (also through a third rule) that share an act are one; only the owner
 * comes out, and names the others in `siblings`. The owner is the burst that yields to no other of the group: several
 * come out when there are several such. Settled in ar_bursts_settle, before any selection.
 */
#ifndef ARMRUN_BURST_H
#define ARMRUN_BURST_H

#include "alert/alert.h"
#include "base/base.h"
#include "rule/rule.h"

typedef struct ar_bursts ar_bursts;

ar_bursts *ar_bursts_new(uint64_t seed, ar_err *err);
void ar_bursts_free(ar_bursts *bursts);
void ar_bursts_clear(ar_bursts *bursts); /* forgets the bursts, keeps the ties */

#define AR_BURST_ACTS 4096

/* About how many bytes of alerts stay in memory (16 MiB unless told, before the first finding); the others lie in an
 * unlinked file in $TMPDIR. Changes no alert. What stays of each is some 120 bytes. AR_EIO when the file fails. */
void ar_bursts_bound(ar_bursts *bursts, size_t bytes);

/* The ties of all rules (borrowed); AR_ERULE naming file, line and the circle when they form one. An id that is not
 * among the rules is no error, since a single rule file must run: it becomes a note. */
bool ar_bursts_tie(ar_bursts *bursts, ar_rule *const *rules, size_t count, ar_err *err);
/* What a reader should know about the ties: `rules/x.lua:3: yields_to names "Y", which …`, with did-you-mean. */
const char *const *ar_bursts_notes(const ar_bursts *bursts, size_t *count);

/* Takes over `draft`, also when it fails. `witness` is the act that satisfied the rule (borrowed; draft->evidence holds
 * further acts of the finding). What the draft leaves out comes from the rule and the acts. Findings come in event
 * order. When memory is out while joining, the burst may have got a part of the finding. */
bool ar_bursts_raise(ar_bursts *bursts, ar_rule *rule, ar_alert *draft, ar_witness *witness, ar_err *err);

/* All bursts closed, siblings settled: how many alerts come out. May be called again, and after further findings. */
bool ar_bursts_settle(ar_bursts *bursts, size_t *count, ar_err *err);
/* The next of them, in (time, id) order; NULL after the last. It stays the bursts', until the next call of next, clear,
 * raise, settle or free. */
bool ar_bursts_next(ar_bursts *bursts, ar_alert **alert, ar_err *err);
uint64_t ar_bursts_open(const ar_bursts *bursts); /* bursts so far, absorbed ones too */

#endif
