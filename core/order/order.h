/* order.h — events into acts, in event time.
 *
 * Layer 3; includes base, instant, event. Knows nothing of rules; the engine pulls acts out of it.
 *
 * Act      the events with equal (correlation id, operation, resource), by event time. act.time is its first
 *          succeeded/failed event, or first event + fold with status `unfinished` when none came by then (one that
 *          comes exactly then still counts). Only activity and directory events fold; of the others each is an act
 *          of its own.
 * Joining  an event whose phase is later than the act's last joins it, up to 24 h after the act's first event; after
 *          act.time it joins the evidence only: events, ended. One whose phase is not later opens a new act. A
 *          succeeded/failed event is an act's last. At most `linger_cap` evaluated acts wait for joiners, the oldest
 *          leave first (`join_evicted`); at most `open_cap` acts wait for their end, beyond it the oldest is
 *          evaluated as unfinished at the time of the event that needs its place (`open_evicted`).
 * Twin     (duplicate) same fold key, phase and time, unless both carry event ids that differ. Of twins the one with
 *          the larger `content` represents them, then the one of the smallest (file, record); identities, ip, kind,
 *          mfa it lacks come from the others, the largest content first. Origin, body, candidate stay together: they
 *          are the representative's, unless only a twin is a candidate. Twins without an id go with the smallest of
 *          several that have one. More than 4,096 ids in one act, phase and instant are dealt with in groups.
 * Order    acts come by (time, source, order), then by phase and content of the event that made them due, the
 *          unfinished last: the same for any permutation of the events. `content` must cover the event id.
 * Modes    in order: events may come up to `lateness` behind the newest; an older one makes ar_order_push return
 *          AR_ORDER_RESTART, and the caller starts over in sorted mode. Sorted: events are collected in runs, in
 *          memory up to `memory_bytes`, then in a temporary file in $TMPDIR (else /tmp), and merged after
 *          ar_order_finish. More pending events than `memory_bytes` holds also ask for a restart.
 *          Both modes give the same steps.
 * Future   an event flagged AR_EVENT_FUTURE never moves the watermark and is evaluated last, in order; such events
 *          fold among themselves only. They may spill in either mode.
 */
#ifndef ARMRUN_ORDER_H
#define ARMRUN_ORDER_H

#include "base/base.h"
#include "event/event.h"
#include "instant/instant.h"

#define AR_ACT_EVENTS 4 /* kept per act; further ones are counted in `more` */

typedef struct ar_act {
  ar_instant time, started, ended;
  ar_status status;
  ar_source source;
  uint32_t event_count, more;
  uint64_t number; /* 1, 2, … in evaluation order; 0 in a STARTED step */
  bool future;
  /* Merged over its events, the first that knows: */
  ar_id object_id, app_id, caller, subscription, tenant, resource, key; /* key: the fold key */
  ar_ip ip;
  uint32_t operation;
  uint8_t kind, mfa, delegated, flags, ip_tags, candidate;
  uint32_t pins;                  /* the engine's: not 0 when somebody wants to hear of later events */
  ar_event events[AR_ACT_EVENTS]; /* by time; last, so that a copy may leave out those that are not there */
} ar_act;

typedef struct ar_order_options {
  ar_span lateness;    /* 20 min */
  ar_span fold;        /* 60 min */
  size_t memory_bytes; /* for events; less than 64 KiB counts as 64 KiB */
  uint64_t seed;
  bool sorted;
  bool started;      /* give STARTED steps; without, only those of acts whose first event `opens` */
  size_t linger_cap; /* 0: 65,536 */
  size_t open_cap;   /* 0: 131,072 */
  /* Called from ar_order_next for each event that is dropped as a duplicate, with its own origin and body. May be
   * NULL. */
  void (*duplicate)(void *owner, const ar_event *event);
  /* Called for most events some steps before they are folded, so that what they need can be asked for. May be NULL. */
  void (*soon)(void *owner, const ar_event *event);
  void *owner;
} ar_order_options;

typedef struct ar_order_counts {
  uint64_t events; /* taken, without the duplicates found so far */
  uint64_t duplicates, acts, unfinished, spilled_bytes, join_evicted, open_evicted;
  ar_instant oldest, newest; /* event time covered, future ones left out; AR_INSTANT_NONE when none */
} ar_order_counts;

typedef struct ar_order ar_order;
ar_order *ar_order_new(const ar_order_options *options, ar_err *err);
void ar_order_free(ar_order *order);

typedef enum ar_pushed { AR_ORDER_TAKEN, AR_ORDER_RESTART, AR_ORDER_FAILED } ar_pushed;
/* Takes a copy of *event. FAILED (*err filled): AR_ENOMEM, or AR_EIO for the temporary file. After RESTART, FAILED
 * or a failed finish only ar_order_free is left to do. */
ar_pushed ar_order_push(ar_order *order, const ar_event *event, ar_err *err);
/* No more events: everything pending may come out. */
bool ar_order_finish(ar_order *order, ar_err *err);

typedef enum ar_step {
  AR_STEP_ACT,     /* *act is ready to be evaluated (once) */
  AR_STEP_STARTED, /* *act has just begun: its first event, time and status are that event's; then nothing later came
                      yet. Only when the options ask for it; an act that does not fold is started, then evaluated */
  AR_STEP_JOINED,  /* *act, evaluated before and pinned, got one more event */
  AR_STEP_DROPPED, /* *act, pinned, will get no more: last chance to look; its memory goes after this step. For an act
                      that has its end (succeeded, failed, or does not fold) this is the very next step */
  AR_STEP_NONE,    /* nothing ready: push more, or it is the end */
  AR_STEP_FAILED   /* AR_ENOMEM or AR_EIO (temporary file); nothing is lost, the call may be repeated */
} ar_step;
/* The next thing in event order. An ACT stays valid until the next call unless it is pinned (act->pins > 0), then
 * until its DROPPED step. In sorted mode nothing comes before ar_order_finish. */
ar_step ar_order_next(ar_order *order, ar_act **act, ar_err *err);

/* The event time before which everything has come out; AR_INSTANT_NONE at the start. Future acts do not move it. */
ar_instant ar_order_watermark(const ar_order *order);
ar_order_counts ar_order_tell(const ar_order *order);

#endif
