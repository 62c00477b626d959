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

static bool heap_add(ar_pending *pending, ar_slot *slot) {
  ar_slot **heap = ar_grow(pending->heap, &pending->heap_room, pending->heap_count + 1, sizeof *heap);
  if (!heap) return false;
  pending->heap = heap;
  size_t at = pending->heap_count++;
  for (; at > 0 && ar_event_before(&slot->event, &heap[(at - 1) / 2]->event); at = (at - 1) / 2)
    heap[at] = heap[(at - 1) / 2];
  heap[at] = slot;
  return true;
}

static ar_slot *heap_pop(ar_pending *pending) {
  ar_slot **heap = pending->heap, *top = heap[0], *last = heap[--pending->heap_count];
  size_t at = 0, child;
  while ((child = 2 * at + 1) < pending->heap_count) {
    if (child + 1 < pending->heap_count && ar_event_before(&heap[child + 1]->event, &heap[child]->event)) child++;
    if (!ar_event_before(&heap[child]->event, &last->event)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return top;
}

bool ar_pending_add(ar_pending *pending, ar_slot *slot) {
  if (pending->back && ar_event_before(&slot->event, &pending->back->event)) {
    if (!heap_add(pending, slot)) return false;
  } else {
    slot->next = NULL;
    if (pending->back)
      pending->back->next = slot;
    else
      pending->front = slot;
    pending->back = slot;
  }
  pending->count++;
  return true;
}

static bool heap_first(const ar_pending *pending) {
  if (!pending->heap_count) return false;
  return !pending->front || ar_event_before(&pending->heap[0]->event, &pending->front->event);
}

const ar_event *ar_pending_head(const ar_pending *pending) {
  if (heap_first(pending)) return &pending->heap[0]->event;
  return pending->front ? &pending->front->event : NULL;
}

/* The slot after the next was written a whole lateness ago and lies in no cache. */
static void warm(const ar_slot *slot) {
  if (!slot) return;
  for (size_t byte = 0; byte < sizeof *slot; byte += 64) __builtin_prefetch((const char *)slot + byte);
}

ar_slot *ar_pending_pop(ar_pending *pending) {
  pending->count--;
  if (heap_first(pending)) return heap_pop(pending);
  ar_slot *slot = pending->front;
  pending->front = slot->next;
  if (!pending->front)
    pending->back = NULL;
  else
    warm(pending->front->next);
  return slot;
}

void ar_pending_clear(ar_pending *pending) {
  ar_free(pending->heap);
  *pending = (ar_pending){ 0 };
}
