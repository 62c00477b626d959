/* order.h — events into acts, in event time.
 *
 * Layer 3; includes base, instant, event. Knows nothing of rules; the engine pulls acts out of it.
 *
 * Act      the events with equal (correlation id, operation, resource), by event time. act.time is its first
 *          succeeded/failed event, or first event + fold with status `unfinished` when none came by then.
 *          Only activity and directory events fold; of the others each is an act of its own.
 * Joining  an event whose phase is later than the act's last joins it, up to 24 h after the act's first event; after
 *          act.time it joins the evidence only. One whose phase is not later opens a new act.
 * Twin     (duplicate) same fold key, phase and time, unless both carry event ids that differ. Of twins the one that
 *          knows more represents them, chosen by content, not by arrival.
 * Order    acts come by (time, source, order, content): the same for any permutation of the events.
 * Modes    in order: events may come up to `lateness` behind the newest; an older one makes ar_order_push return
 *          AR_ORDER_RESTART, and the caller starts over in sorted mode. Sorted: events are collected in runs, in
 *          memory up to `memory_bytes`, then in temporary files, and merged after ar_order_finish.
 *          More pending events than `memory_bytes` holds also ask for a restart.
 * Future   an event flagged AR_EVENT_FUTURE never moves the watermark and is evaluated last.
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
  ar_event events[AR_ACT_EVENTS]; /* by time */
  uint32_t event_count, more;
  uint64_t number;  /* 1, 2, … in evaluation order */
  bool future;
  /* Merged over its events, the first that knows: */
  ar_id object_id, app_id, caller, subscription, tenant, resource, key; /* key: the fold key */
  ar_ip ip;
  uint32_t operation;
  uint8_t kind, mfa, delegated, flags, ip_tags, candidate;
  uint32_t pins;    /* the engine's: evidence that wants to hear of later events */
  void *evidence;   /* the engine's */
} ar_act;

typedef struct ar_order_options {
  ar_span lateness; /* 20 min */
  ar_span fold;     /* 60 min */
  size_t memory_bytes;
  uint64_t seed;
  bool sorted;
} ar_order_options;

typedef struct ar_order_counts {
  uint64_t events, duplicates, acts, unfinished, spilled_bytes, join_evicted;
  ar_instant oldest, newest; /* event time covered, future ones left out; AR_INSTANT_NONE when none */
} ar_order_counts;

typedef struct ar_order ar_order;
ar_order *ar_order_new(const ar_order_options *options, ar_err *err);
void ar_order_free(ar_order *order);

typedef enum ar_pushed { AR_ORDER_TAKEN, AR_ORDER_RESTART, AR_ORDER_FAILED } ar_pushed;
/* Takes a copy of *event. */
ar_pushed ar_order_push(ar_order *order, const ar_event *event, ar_err *err);
/* No more events: everything pending may come out. */
bool ar_order_finish(ar_order *order, ar_err *err);

typedef enum ar_step {
  AR_STEP_ACT,     /* *act is ready to be evaluated (once) */
  AR_STEP_STARTED, /* *act has just begun (its first event); only when the options ask for it */
  AR_STEP_JOINED,  /* *act, evaluated before and pinned, got one more event */
  AR_STEP_DROPPED, /* *act, pinned, will get no more: last chance to look; its memory goes after this step */
  AR_STEP_NONE,    /* nothing ready: push more, or it is the end */
  AR_STEP_FAILED
} ar_step;
/* The next thing in event order. An ACT stays valid until the next call unless it is pinned (act->pins > 0), then
 * until its DROPPED step. */
ar_step ar_order_next(ar_order *order, ar_act **act, ar_err *err);

/* The event time up to which everything has come out. */
ar_instant ar_order_watermark(const ar_order *order);
ar_order_counts ar_order_tell(const ar_order *order);

#endif
