/* order.c — the module's door: events in by either mode, one stream out of them, acts out of that. */
#include "order/private.h"

#define LEAST_MEMORY ((size_t)64 * 1024)
#define LINGER_CAP 65536
#define OPEN_CAP 131072

static void apply_options(ar_order *order, const ar_order_options *options) {
  order->options = *options;
  if (order->options.memory_bytes < LEAST_MEMORY) order->options.memory_bytes = LEAST_MEMORY;
  if (!order->options.linger_cap) order->options.linger_cap = LINGER_CAP;
  if (!order->options.open_cap) order->options.open_cap = OPEN_CAP;
}

ar_order *ar_order_new(const ar_order_options *options, ar_err *err) {
  ar_order *order = ar_alloc(sizeof *order);
  if (!order || !ar_fold_init(&order->fold)) {
    ar_free(order);
    ar_nomem(err, "putting events in order");
    return NULL;
  }
  apply_options(order, options);
  ar_pool_init(&order->slots, sizeof(ar_slot), 256);
  size_t memory = order->options.memory_bytes;
  ar_sorter_init(&order->sorter, memory / 4 * 3);
  ar_sorter_init(&order->aside, memory / 4);
  order->released = order->clock = AR_INSTANT_NONE;
  order->counts.oldest = order->counts.newest = AR_INSTANT_NONE;
  return order;
}

void ar_order_free(ar_order *order) {
  if (!order) return;
  ar_fold_clear(&order->fold);
  ar_twins_clear(order);
  ar_pending_clear(&order->pending);
  ar_sorter_clear(&order->sorter);
  ar_sorter_clear(&order->aside);
  ar_pool_clear(&order->slots);
  ar_free(order);
}

/* ---- in ---- */

static ar_pushed push_pending(ar_order *order, const ar_event *event, ar_err *err) {
  if (event->time < order->released) return AR_ORDER_RESTART;
  size_t each = sizeof(ar_slot) + sizeof(ar_pending_item);
  if ((order->pending.count + 1) * each > order->options.memory_bytes / 4 * 3) return AR_ORDER_RESTART;
  ar_slot *slot = ar_pool_take(&order->slots);
  if (slot) slot->event = *event;
  if (slot && ar_pending_add(&order->pending, slot)) return AR_ORDER_TAKEN;
  ar_pool_give(&order->slots, slot);
  ar_nomem(err, "putting events in order");
  return AR_ORDER_FAILED;
}

static ar_pushed push_sorter(ar_sorter *sorter, const ar_event *event, ar_err *err) {
  return ar_sorter_add(sorter, event, err) ? AR_ORDER_TAKEN : AR_ORDER_FAILED;
}

static void cover(ar_order *order, ar_instant time) {
  ar_order_counts *counts = &order->counts;
  if (counts->oldest == AR_INSTANT_NONE || time < counts->oldest) counts->oldest = time;
  if (time <= counts->newest) return;
  counts->newest = time;
  if (!order->options.sorted) order->released = ar_instant_plus(time, -order->options.lateness);
}

ar_pushed ar_order_push(ar_order *order, const ar_event *event, ar_err *err) {
  bool future = event->flags & AR_EVENT_FUTURE;
  ar_pushed pushed = AR_ORDER_FAILED;
  if (order->finished)
    ar_fail(err, AR_EUSAGE, "an event was pushed after the end of the events");
  else if (future)
    pushed = push_sorter(&order->aside, event, err);
  else if (order->options.sorted)
    pushed = push_sorter(&order->sorter, event, err);
  else
    pushed = push_pending(order, event, err);
  if (pushed != AR_ORDER_TAKEN) return pushed;
  order->taken++;
  if (!future) cover(order, event->time);
  return pushed;
}

bool ar_order_finish(ar_order *order, ar_err *err) {
  if (order->finished) return true;
  if (order->options.sorted && !ar_sorter_finish(&order->sorter, err)) return false;
  if (!ar_sorter_finish(&order->aside, err)) return false;
  return order->finished = true;
}

/* ---- the stream ---- */

static bool from_pending(const ar_order *order) {
  return !order->future && !order->options.sorted;
}

static ar_sorter *sorter_of(ar_order *order) {
  return order->future ? &order->aside : &order->sorter;
}

const ar_event *ar_stream_head(const ar_order *order) {
  if (from_pending(order)) {
    const ar_event *head = ar_pending_head(&order->pending);
    return head && (head->time < order->released || order->finished) ? head : NULL;
  }
  if (!order->finished) return NULL;
  return ar_sorter_head(order->future ? &order->aside : &order->sorter);
}

/* Two for each that goes, until the lead is as long as it should be. */
static ar_slot *pop_pending(ar_order *order) {
  ar_slot *slot = ar_pending_pop(&order->pending);
  for (int i = 0; order->options.soon && i < 2; i++) {
    const ar_event *event = ar_pending_scout(&order->pending);
    if (!event) break;
    order->options.soon(order->options.owner, event);
  }
  return slot;
}

static bool next_sorted(ar_order *order, ar_err *err) {
  ar_sorter *sorter = sorter_of(order);
  const ar_event *event = order->options.soon ? ar_sorter_soon(sorter) : NULL;
  if (event) order->options.soon(order->options.owner, event);
  return ar_sorter_next(sorter, err);
}

ar_slot *ar_stream_take(ar_order *order, ar_err *err) {
  if (from_pending(order)) return pop_pending(order);
  ar_slot *slot = ar_pool_take(&order->slots);
  if (!slot) {
    ar_nomem(err, "reading events in order");
    return NULL;
  }
  slot->event = *ar_stream_head(order);
  if (next_sorted(order, err)) return slot;
  ar_pool_give(&order->slots, slot);
  return NULL;
}

bool ar_stream_drop(ar_order *order, ar_err *err) {
  if (!from_pending(order)) return next_sorted(order, err);
  ar_pool_give(&order->slots, pop_pending(order));
  return true;
}

/* ---- out ---- */

ar_step ar_order_next(ar_order *order, ar_act **act, ar_err *err) {
  for (;;) {
    if (order->fold.given.entry) ar_fold_settle(order);
    if (order->fold.step_count) return ar_fold_step(order, act);
    ar_folded folded = ar_fold_advance(order, err);
    if (folded == AR_FOLD_FAILED) return AR_STEP_FAILED;
    if (folded == AR_FOLD_NOTHING) return AR_STEP_NONE;
  }
}

ar_instant ar_order_watermark(const ar_order *order) {
  return order->clock;
}

ar_order_counts ar_order_tell(const ar_order *order) {
  ar_order_counts counts = order->counts;
  counts.events = order->taken - counts.duplicates;
  counts.spilled_bytes = ar_sorter_written(&order->sorter) + ar_sorter_written(&order->aside);
  return counts;
}
