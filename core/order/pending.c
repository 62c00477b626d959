/* pending.c — events that wait for the lateness to pass: a queue while they come in order, a heap for stragglers. */
#include "order/private.h"

#define THREE_WAY(a, b) (((a) > (b)) - ((a) < (b)))

int ar_event_compare(const ar_event *a, const ar_event *b) {
  if (a->time != b->time) return THREE_WAY(a->time, b->time);
  if (a->source != b->source) return THREE_WAY(a->source, b->source);
  if (a->order != b->order) return THREE_WAY(a->order, b->order);
  if (a->phase != b->phase) return THREE_WAY(a->phase, b->phase);
  if (a->content != b->content) return THREE_WAY(a->content, b->content);
  if (a->event_id.hi != b->event_id.hi) return THREE_WAY(a->event_id.hi, b->event_id.hi);
  if (a->event_id.lo != b->event_id.lo) return THREE_WAY(a->event_id.lo, b->event_id.lo);
  if (a->origin.file != b->origin.file) return THREE_WAY(a->origin.file, b->origin.file);
  return THREE_WAY(a->origin.record, b->origin.record);
}

static bool before(const ar_pending_item *a, const ar_pending_item *b) {
  if (a->time != b->time) return a->time < b->time;
  return ar_event_compare(&a->slot->event, &b->slot->event) < 0;
}

/* ---- heap ---- */

static bool heap_add(ar_pending *pending, ar_pending_item item) {
  ar_pending_item *heap = ar_grow(pending->heap, &pending->heap_room, pending->heap_count + 1, sizeof *heap);
  if (!heap) return false;
  pending->heap = heap;
  size_t at = pending->heap_count++;
  for (; at > 0 && before(&item, &heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = item;
  return true;
}

static ar_slot *heap_pop(ar_pending *pending) {
  ar_pending_item *heap = pending->heap, last = heap[--pending->heap_count];
  ar_slot *top = heap[0].slot;
  size_t at = 0, child;
  while ((child = 2 * at + 1) < pending->heap_count) {
    if (child + 1 < pending->heap_count && before(&heap[child + 1], &heap[child])) child++;
    if (!before(&heap[child], &last)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return top;
}

/* ---- queue ---- */

static void queue_add(ar_pending *pending, ar_slot *slot) {
  slot->next = NULL;
  if (pending->front)
    pending->back->next = slot;
  else
    pending->front = slot;
  pending->back = slot;
}

static ar_slot *queue_pop(ar_pending *pending) {
  ar_slot *slot = pending->front;
  pending->front = slot->next;
  if (pending->scout == slot)
    pending->scout = NULL;
  else if (pending->scout)
    pending->lead--;
  return slot;
}

/* Slots were written a whole lateness ago and lie in no cache: the one behind the scout is asked for while the scout's
 * is shown around. */
const ar_event *ar_pending_scout(ar_pending *pending) {
  ar_slot *next = pending->scout ? pending->scout->next : pending->front;
  if (!next || pending->lead >= AR_LEAD) return NULL;
  pending->lead = pending->scout ? pending->lead + 1 : 0;
  pending->scout = next;
  if (next->next) warm(&next->next->event);
  return &next->event;
}

/* ---- both ---- */

bool ar_pending_add(ar_pending *pending, ar_slot *slot) {
  if (pending->front && ar_event_before(&slot->event, &pending->back->event)) {
    if (!heap_add(pending, (ar_pending_item){ slot->event.time, slot })) return false;
  } else {
    queue_add(pending, slot);
  }
  pending->count++;
  return true;
}

static bool heap_first(const ar_pending *pending) {
  if (!pending->heap_count) return false;
  return !pending->front || ar_event_before(&pending->heap[0].slot->event, &pending->front->event);
}

const ar_event *ar_pending_head(const ar_pending *pending) {
  if (heap_first(pending)) return &pending->heap[0].slot->event;
  return pending->front ? &pending->front->event : NULL;
}

ar_slot *ar_pending_pop(ar_pending *pending) {
  pending->count--;
  return heap_first(pending) ? heap_pop(pending) : queue_pop(pending);
}

void ar_pending_clear(ar_pending *pending) {
  ar_free(pending->heap);
  *pending = (ar_pending){ 0 };
}
