/* twins.c — one event out of all deliveries of it: twins lie side by side in the stream, whatever came between. */
#include "order/private.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_ROOM ((size_t)2 * AR_TWINS_CAP)
#define FEW 8 /* looked through one by one */

/* ---- uniting two of them ---- */

static void fill(ar_event *event, const ar_event *other) {
  learn_id(&event->object_id, other->object_id);
  learn_id(&event->app_id, other->app_id);
  learn_id(&event->caller, other->caller);
  learn_id(&event->subscription, other->subscription);
  learn_id(&event->tenant, other->tenant);
  learn_id(&event->resource, other->resource);
  learn_id(&event->event_id, other->event_id);
  learn_byte(&event->kind, other->kind);
  learn_byte(&event->mfa, other->mfa);
  learn_byte(&event->delegated, other->delegated);
  event->flags |= other->flags;
  if (!ar_ip_none(event->ip)) return;
  event->ip = other->ip;
  event->ip_tags = other->ip_tags;
}

/* Only a candidate's body is kept: the record that stands for the event must be one that can be read again. */
static void keep_body(ar_event *event, ar_event *lost) {
  if (event->candidate || !lost->candidate) return;
  ar_event plain = *event;
  event->origin = lost->origin;
  event->body = lost->body;
  event->shape = lost->shape;
  event->element = lost->element;
  event->candidate = lost->candidate;
  event->names_request = lost->names_request;
  lost->origin = plain.origin;
  lost->body = plain.body;
  lost->shape = plain.shape;
  lost->element = plain.element;
  lost->candidate = plain.candidate;
  lost->names_request = plain.names_request;
}

static void unite(ar_order *order, ar_event *event, const ar_event *twin) {
  ar_event lost = *twin;
  if (twin->content > event->content) {
    lost = *event;
    *event = *twin;
  }
  fill(event, &lost);
  keep_body(event, &lost);
  order->counts.duplicates++;
  if (order->options.duplicate) order->options.duplicate(order->options.owner, &lost);
}

/* ---- finding one by its event id ---- */

static size_t find_indexed(const ar_order *order, ar_id id, size_t *free_at) {
  const ar_twins *twins = &order->twins;
  size_t at = ar_id_slot(id, order->options.seed, INDEX_ROOM - 1);
  for (; twins->index[at]; at = (at + 1) & (INDEX_ROOM - 1))
    if (ar_id_eq(twins->slots[twins->index[at] - 1]->event.event_id, id)) return twins->index[at] - 1;
  *free_at = at;
  return twins->count;
}

static size_t find(const ar_order *order, ar_id id) {
  const ar_twins *twins = &order->twins;
  size_t place = 0;
  if (twins->indexed) return find_indexed(order, id, &place);
  while (place < twins->count && !ar_id_eq(twins->slots[place]->event.event_id, id)) place++;
  return place;
}

static void index_slot(ar_order *order, size_t place) {
  ar_twins *twins = &order->twins;
  size_t free_at = 0;
  find_indexed(order, twins->slots[place]->event.event_id, &free_at);
  twins->index[free_at] = (uint32_t)place + 1;
}

static bool make_index(ar_order *order) {
  ar_twins *twins = &order->twins;
  if (!twins->index && !(twins->index = ar_alloc(INDEX_ROOM * sizeof *twins->index))) return false;
  memset(twins->index, 0, INDEX_ROOM * sizeof *twins->index);
  for (size_t i = 0; i < twins->count; i++) index_slot(order, i);
  return twins->indexed = true;
}

/* ---- a group ---- */

static bool same_group(const ar_event *a, const ar_event *b) {
  return a->time == b->time && a->order == b->order && a->phase == b->phase && a->source == b->source &&
         ar_id_eq(a->act, b->act);
}

static bool belongs(const ar_order *order, const ar_event *event) {
  const ar_twins *twins = &order->twins;
  if (!twins->count) return true;
  if (!same_group(&twins->slots[0]->event, event)) return false;
  return twins->count < AR_TWINS_CAP || find(order, event->event_id) < twins->count;
}

static bool make_room(ar_order *order) {
  ar_twins *twins = &order->twins;
  ar_slot **slots = ar_grow(twins->slots, &twins->room, twins->count + 1, sizeof *slots);
  if (slots) twins->slots = slots;
  return slots != NULL;
}

static bool add(ar_order *order, ar_err *err) {
  ar_twins *twins = &order->twins;
  if (twins->count == twins->room && !make_room(order)) return ar_nomem(err, "looking for duplicates");
  if (twins->count == FEW && !make_index(order)) return ar_nomem(err, "looking for duplicates");
  ar_slot *slot = ar_stream_take(order, err);
  if (!slot) return false;
  twins->slots[twins->count++] = slot;
  if (twins->indexed) index_slot(order, twins->count - 1);
  return true;
}

/* Takes the head of the stream into the group. */
static bool absorb(ar_order *order, const ar_event *event, ar_err *err) {
  ar_twins *twins = &order->twins;
  size_t place = twins->count ? find(order, event->event_id) : 0;
  if (place == twins->count) return add(order, err);
  ar_event twin = *event;
  if (!ar_stream_drop(order, err)) return false;
  unite(order, &twins->slots[place]->event, &twin);
  return true;
}

static int compare_slots(const void *a, const void *b) {
  return ar_event_compare(&(*(ar_slot *const *)a)->event, &(*(ar_slot *const *)b)->event);
}

/* The event without an id is one of those with an id, told by a shape that leaves it out. */
static void place_nameless(ar_order *order) {
  ar_twins *twins = &order->twins;
  size_t nameless = find(order, (ar_id){ 0, 0 });
  if (nameless == twins->count) return;
  ar_slot *slot = twins->slots[nameless];
  twins->slots[nameless] = twins->slots[--twins->count];
  size_t least = 0;
  for (size_t i = 1; i < twins->count; i++)
    if (compare_slots(&twins->slots[i], &twins->slots[least]) < 0) least = i;
  unite(order, &twins->slots[least]->event, &slot->event);
  ar_pool_give(&order->slots, slot);
}

static void close_group(ar_order *order) {
  ar_twins *twins = &order->twins;
  twins->open = false;
  if (twins->count < 2) return;
  place_nameless(order);
  qsort(twins->slots, twins->count, sizeof(ar_slot *), compare_slots);
}

static void begin_group(ar_twins *twins) {
  twins->count = twins->at = 0;
  twins->open = true;
  twins->indexed = false;
}

ar_slot *ar_twins_next(ar_order *order, bool *failed, ar_err *err) {
  ar_twins *twins = &order->twins;
  const ar_event *event = NULL;
  if (twins->at < twins->count && !twins->open) return twins->slots[twins->at++];
  if (!(event = ar_stream_head(order)) && !twins->open) return NULL;
  if (!twins->open) begin_group(twins);
  for (; event && belongs(order, event); event = ar_stream_head(order)) {
    if (absorb(order, event, err)) continue;
    *failed = true;
    return NULL;
  }
  close_group(order);
  return twins->slots[twins->at++];
}

void ar_twins_clear(ar_order *order) {
  ar_free(order->twins.slots);
  ar_free(order->twins.index);
  order->twins = (ar_twins){ 0 };
}
