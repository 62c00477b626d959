/* act.c — what an act knows, out of its events. */
#include "order/private.h"

#include <string.h>

/* Event slots are left as they are: most acts fill one of four. */
static void clear(ar_act *act) {
  memset(act, 0, offsetof(ar_act, events));
  memset(&act->event_count, 0, sizeof *act - offsetof(ar_act, event_count));
}

void ar_act_begin(ar_act *act, const ar_event *event) {
  clear(act);
  act->time = act->started = event->time;
  act->status = (ar_status)event->status;
  act->source = (ar_source)event->source;
  act->operation = event->operation;
  act->key = event->act;
  ar_act_add(act, event);
  ar_act_merge(act, event);
}

void ar_act_add(ar_act *act, const ar_event *event) {
  act->ended = event->time;
  if (act->event_count == AR_ACT_EVENTS)
    act->more++;
  else
    act->events[act->event_count++] = *event;
}

void ar_act_merge(ar_act *act, const ar_event *event) {
  learn_id(&act->object_id, event->object_id);
  learn_id(&act->app_id, event->app_id);
  learn_id(&act->caller, event->caller);
  learn_id(&act->subscription, event->subscription);
  learn_id(&act->tenant, event->tenant);
  learn_id(&act->resource, event->resource);
  learn_byte(&act->kind, event->kind);
  learn_byte(&act->mfa, event->mfa);
  learn_byte(&act->delegated, event->delegated);
  act->flags |= event->flags;
  act->candidate |= event->candidate;
  if (!ar_ip_none(act->ip)) return;
  act->ip = event->ip;
  act->ip_tags = event->ip_tags;
}
