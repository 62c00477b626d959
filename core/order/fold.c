/* fold.c — events fold into acts: one thing at a time, in event time, each with the steps it makes.
 *
 * An entry stands for an act that may still change: waiting for its end, then (unfinished) lingering for joiners.
 * An unpinned lingering act needs no facts, so its entry alone is kept.
 */
#include "order/private.h"

#define JOIN_SPAN AR_DAY
#define LAST_PHASE 3

/* A place in the stream: whatever lies before it is past. */
typedef struct place {
  ar_instant time;
  uint8_t source;
  uint64_t order;
} place;

/* ---- lists ---- */

static void list_append(ar_entry_list *list, ar_entry *entry) {
  entry->before = list->back;
  entry->after = NULL;
  if (list->back)
    list->back->after = entry;
  else
    list->front = entry;
  list->back = entry;
  list->count++;
}

static void list_remove(ar_entry_list *list, ar_entry *entry) {
  if (entry->before)
    entry->before->after = entry->after;
  else
    list->front = entry->after;
  if (entry->after)
    entry->after->before = entry->before;
  else
    list->back = entry->before;
  list->count--;
}

static void move_to(ar_fold *fold, ar_entry *entry, ar_place where) {
  if (entry->place == AR_PLACE_WAITING) list_remove(&fold->waiting, entry);
  if (entry->place == AR_PLACE_LINGERING) list_remove(&fold->lingering, entry);
  if (where == AR_PLACE_WAITING) list_append(&fold->waiting, entry);
  if (where == AR_PLACE_LINGERING) list_append(&fold->lingering, entry);
  entry->place = (uint8_t)where;
}

/* ---- steps ---- */

static void queue(ar_fold *fold, ar_step kind, ar_entry *entry) {
  fold->steps[fold->step_count].kind = kind;
  fold->steps[fold->step_count++].entry = entry;
}

ar_step ar_fold_step(ar_order *order, ar_act **act) {
  ar_fold *fold = &order->fold;
  fold->given = fold->steps[fold->step_at++];
  if (fold->step_at == fold->step_count) fold->step_at = fold->step_count = 0;
  *act = fold->given.entry->act;
  if (fold->given.kind == AR_STEP_ACT) (*act)->number = ++order->counts.acts;
  return fold->given.kind;
}

static void release_act(ar_fold *fold, ar_entry *entry) {
  ar_pool_give(&fold->acts, entry->act);
  entry->act = NULL;
}

static void release(ar_fold *fold, ar_entry *entry) {
  release_act(fold, entry);
  ar_pool_give(&fold->entries, entry);
}

/* Nothing can join it any more. */
static void retire(ar_order *order, ar_entry *entry) {
  ar_fold_untable(&order->fold, entry);
  move_to(&order->fold, entry, AR_PLACE_LOOSE);
  if (entry->act && entry->act->pins)
    queue(&order->fold, AR_STEP_DROPPED, entry);
  else
    release(&order->fold, entry);
}

void ar_fold_settle(ar_order *order) {
  ar_fold *fold = &order->fold;
  struct ar_fold_step given = fold->given;
  fold->given.entry = NULL;
  if (given.kind == AR_STEP_STARTED) return;
  if (given.kind == AR_STEP_DROPPED)
    release(fold, given.entry);
  else if (given.entry->place == AR_PLACE_LOOSE)
    retire(order, given.entry);
  else if (!given.entry->act->pins)
    release_act(fold, given.entry);
}

/* ---- time passes ---- */

static void move_clock(ar_order *order, ar_instant to) {
  if (!order->future && to > order->clock) order->clock = to;
}

/* Without a succeeded or failed event by now. */
static void end_unfinished(ar_order *order, ar_entry *entry, ar_instant at) {
  ar_fold *fold = &order->fold;
  entry->act->time = at;
  entry->act->status = AR_STATUS_UNFINISHED;
  order->counts.unfinished++;
  move_to(fold, entry, entry->tabled ? AR_PLACE_LINGERING : AR_PLACE_LOOSE);
  move_clock(order, at);
  queue(fold, AR_STEP_ACT, entry);
  if (fold->lingering.count <= order->options.linger_cap) return;
  order->counts.join_evicted++;
  retire(order, fold->lingering.front);
}

static place limit_of(const ar_order *order) {
  const ar_slot *slot = order->fold.event;
  if (slot) return (place){ slot->event.time, slot->event.source, slot->event.order };
  if (order->finished) return (place){ INT64_MAX, UINT8_MAX, UINT64_MAX };
  return (place){ order->released, 0, 0 };
}

static bool lies_before(place a, place b) {
  if (a.time != b.time) return a.time < b.time;
  return a.source != b.source ? a.source < b.source : a.order < b.order;
}

/* Most events find nothing due. */
static bool nothing_due(const ar_fold *fold, ar_instant before) {
  return (!fold->waiting.front || fold->waiting.front->due > before) &&
         (!fold->lingering.front || fold->lingering.front->leaves >= before);
}

/* Does the first thing that is due before `limit`, if any. An act at its due time gives way to events of its own
 * that come exactly then; one that ends lingering goes after everything of that instant. */
static bool pass_time(ar_order *order, place limit) {
  ar_fold *fold = &order->fold;
  ar_entry *waiting = fold->waiting.front, *lingering = fold->lingering.front;
  if (nothing_due(fold, limit.time)) return false;
  bool ends = waiting && lies_before((place){ waiting->due, waiting->source, waiting->order }, limit);
  bool leaves = lingering && lingering->leaves < limit.time;
  if (leaves && !(ends && waiting->due <= lingering->leaves))
    retire(order, lingering);
  else if (ends)
    end_unfinished(order, waiting, waiting->due);
  else
    return false;
  return true;
}

/* ---- an event comes ---- */

static void event_done(ar_order *order) {
  ar_slot *slot = order->fold.event;
  order->fold.event = NULL;
  move_clock(order, slot->event.time);
  ar_pool_give(&order->slots, slot);
}

static ar_entry *make_entry(ar_order *order, const ar_event *event) {
  ar_fold *fold = &order->fold;
  ar_entry *entry = ar_pool_take(&fold->entries);
  ar_act *act = entry ? ar_pool_take(&fold->acts) : NULL;
  if (!act) {
    ar_pool_give(&fold->entries, entry);
    return NULL;
  }
  *entry = (ar_entry){ .key = event->act, .order = event->order, .act = act };
  entry->due = ar_instant_plus(event->time, order->options.fold);
  entry->leaves = ar_instant_plus(event->time, JOIN_SPAN);
  entry->source = event->source;
  entry->phase = event->phase;
  ar_act_begin(act, event);
  act->future = order->future;
  return entry;
}

static bool folds(const ar_event *event) {
  return event->source == AR_SOURCE_ACTIVITY || event->source == AR_SOURCE_DIRECTORY;
}

/* Another act takes its key: it stays what it is, but gets no more events. */
static void replace(ar_order *order, ar_entry *entry) {
  if (entry->place == AR_PLACE_LINGERING)
    retire(order, entry);
  else
    ar_fold_untable(&order->fold, entry);
}

static ar_folded open_act(ar_order *order, const ar_event *event, size_t hash, ar_entry *old, ar_err *err) {
  bool ended = !folds(event) || event->phase >= LAST_PHASE;
  ar_entry *entry = make_entry(order, event);
  if (!entry) {
    ar_nomem(err, "folding events");
    return AR_FOLD_FAILED;
  }
  entry->hash = hash;
  if (old) replace(order, old);
  if (!ended) {
    ar_fold_table(&order->fold, entry);
    move_to(&order->fold, entry, AR_PLACE_WAITING);
  }
  if (order->options.started || event->opens) queue(&order->fold, AR_STEP_STARTED, entry);
  if (ended) queue(&order->fold, AR_STEP_ACT, entry);
  event_done(order);
  return AR_FOLD_MORE;
}

static void join_waiting(ar_order *order, ar_entry *entry, const ar_event *event) {
  ar_act_add(entry->act, event);
  ar_act_merge(entry->act, event);
  entry->act->status = (ar_status)event->status;
  if (event->phase < LAST_PHASE) return;
  entry->act->time = event->time;
  ar_fold_untable(&order->fold, entry);
  move_to(&order->fold, entry, AR_PLACE_LOOSE);
  queue(&order->fold, AR_STEP_ACT, entry);
}

static void join_lingering(ar_order *order, ar_entry *entry, const ar_event *event) {
  bool heard = entry->act && entry->act->pins;
  if (!heard && event->phase >= LAST_PHASE) retire(order, entry);
  if (!heard) return;
  ar_act_add(entry->act, event);
  queue(&order->fold, AR_STEP_JOINED, entry);
  if (event->phase < LAST_PHASE) return;
  ar_fold_untable(&order->fold, entry);
  move_to(&order->fold, entry, AR_PLACE_LOOSE);
}

static bool joins(const ar_entry *entry, const ar_event *event) {
  return entry && event->phase > entry->phase && event->time <= entry->leaves;
}

static ar_folded take_event(ar_order *order, ar_err *err) {
  const ar_event *event = &order->fold.event->event;
  if (!folds(event)) return open_act(order, event, 0, NULL, err);
  size_t hash = ar_fold_hash(order, event);
  ar_entry *entry = ar_fold_find(&order->fold, event, hash);
  if (!joins(entry, event)) {
    if (order->fold.waiting.count < order->options.open_cap) return open_act(order, event, hash, entry, err);
    order->counts.open_evicted++;
    end_unfinished(order, order->fold.waiting.front, event->time);
    return AR_FOLD_MORE;
  }
  entry->phase = event->phase;
  if (entry->place == AR_PLACE_WAITING)
    join_waiting(order, entry, event);
  else
    join_lingering(order, entry, event);
  event_done(order);
  return AR_FOLD_MORE;
}

/* ---- one thing ---- */

/* The stream is at its end: acts that wait for joiners wait in vain; then come the future events, apart. */
static ar_folded end_stream(ar_order *order) {
  if (order->fold.lingering.front) {
    retire(order, order->fold.lingering.front);
    return AR_FOLD_MORE;
  }
  if (order->future || !ar_sorter_head(&order->aside)) return AR_FOLD_NOTHING;
  order->future = true;
  return AR_FOLD_MORE;
}

ar_folded ar_fold_advance(ar_order *order, ar_err *err) {
  ar_fold *fold = &order->fold;
  bool failed = false;
  if (!fold->event) fold->event = ar_twins_next(order, &failed, err);
  if (failed) return AR_FOLD_FAILED;
  if (pass_time(order, limit_of(order))) return AR_FOLD_MORE;
  if (fold->event) return take_event(order, err);
  if (order->finished) return end_stream(order);
  move_clock(order, order->released);
  return AR_FOLD_NOTHING;
}
