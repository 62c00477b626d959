/* evaluate.c — one act: who it was, which rules want it, what they say, what is learned from it. All rules see the
 * state before the act; it is learned once, afterwards. */
#include "engine/private.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool engine_fault(ar_engine *engine, ar_rule *rule, const ar_err *fault, ar_err *err) {
  if (fault->code == AR_ENOMEM) {
    *err = *fault;
    return false;
  }
  if (rule->told.faults++ == 0)
    snprintf(rule->told.fault, sizeof rule->told.fault, "%.*s", (int)sizeof rule->told.fault - 1, fault->msg);
  rule->told.quarantined = rule->told.faults >= AR_FAULTS_MAX;
  (void)engine;
  return true;
}

bool engine_muted(const ar_engine *engine, ar_instant at) {
  return engine->options.learn_until != AR_INSTANT_NONE && at < engine->options.learn_until;
}

/* Days of coverage that count for this act: its subscription's, else its tenant's. */
static uint32_t covered_days(ar_case *c) {
  ar_coverage coverage = ar_case_coverage(c);
  return ar_id_none(c->act->subscription) ? coverage.tenant_days : coverage.subscription_days;
}

static bool still_learning(ar_case *c, const ar_rule *rule) {
  return rule->learning_days > 0 && covered_days(c) < rule->learning_days;
}

static bool raise(ar_engine *engine, ar_case *c, ar_rule *rule, ar_alert *draft, bool *alerted, ar_err *err) {
  ar_witness *witness = ar_case_witness(c, err);
  if (!witness) {
    ar_alert_free(draft);
    return false;
  }
  *alerted = true;
  rule->told.alerts++;
  return ar_bursts_raise(engine->bursts, rule, draft, witness, err);
}

/* A rule that is learning still sees the act, for its own state's sake; what it says is dropped. */
static bool call(ar_engine *engine, ar_case *c, ar_rule *rule, bool *alerted, ar_err *err) {
  ar_alert *draft = NULL;
  ar_err fault = { AR_OK, "" };
  bool mute = still_learning(c, rule) || engine_muted(engine, c->act->time);
  if (mute && rule->state_count == 0) return true;
  uint64_t began = engine->options.measure ? clock_ns() : 0;
  bool good = rule->detect(rule, c, &draft, &fault);
  if (engine->options.measure) rule->told.nanoseconds += clock_ns() - began;
  rule->told.calls++;
  engine->told.calls++;
  if (!good) return engine_fault(engine, rule, &fault, err);
  if (draft && mute) {
    ar_alert_free(draft);
    return true;
  }
  return draft ? raise(engine, c, rule, draft, alerted, err) : true;
}

static unsigned novelty_of(ar_case *c) {
  const ar_profile *p = ar_case_profile(c);
  unsigned novelty = 0;
  if (!p->operation.known) novelty |= AR_NEW_OPERATION;
  if (!p->network.known && c->habit.network) novelty |= AR_NEW_NETWORK;
  if (!p->app.known && !ar_id_none(c->habit.app)) novelty |= AR_NEW_APP;
  if (!p->subscription.known && !ar_id_none(c->habit.subscription)) novelty |= AR_NEW_SUBSCRIPTION;
  if (p->settled) novelty |= AR_SETTLED;
  return novelty;
}

static ar_span app_gap(ar_case *c) {
  uint32_t days = ar_case_profile(c)->app.last_day_ago;
  if (ar_id_none(c->habit.app)) return 0;
  return days == UINT32_MAX ? INT64_MAX : days * AR_DAY;
}

ar_select_facts case_facts(ar_case *c) {
  ar_engine *engine = c->engine;
  const ar_act *act = c->act;
  ar_select_facts facts = { .operation = act->operation,
                            .status = act->status,
                            .source = act->source,
                            .kind = (ar_kind)act->kind,
                            .app = act->app_id,
                            .ip_tags = act->ip_tags };
  bool numbered = act->operation != 0;
  if (!numbered) facts.unnumbered = ar_case_text(c, AR_FIELD_OPERATION);
  if (ar_id_none(c->principal) || (numbered && !ar_index_needs_profile(engine->index, act->operation))) return facts;
  facts.novelty = novelty_of(c);
  facts.gap = ar_case_profile(c)->found ? ar_case_profile(c)->gap : 0;
  facts.app_gap = app_gap(c);
  return facts;
}

static bool call_rules(ar_engine *engine, ar_case *c, bool started, bool *alerted, ar_err *err) {
  ar_select_facts facts = case_facts(c);
  size_t count = ar_index_select(engine->index, &facts, started, engine->selected);
  for (size_t i = 0; i < count; i++) {
    ar_rule *rule = engine->selected[i];
    if (rule->told.quarantined || (!rule->nobody && ar_id_none(c->principal))) continue;
    if (rule->feeds && !feed_tables(c, rule, &facts, err)) return false;
    if (rule->feeds && !feed_calls(c, rule, &facts)) continue;
    if (!call(engine, c, rule, alerted, err)) return false;
  }
  if (count) engine_next_due(engine);
  return true;
}

/* Who signs in works nowhere yet: a stolen session does so from where, and with what, it then works. */
static void forget_origin(ar_case *c) {
  if (c->act->source != AR_SOURCE_SIGNIN && c->act->source != AR_SOURCE_AUDIT) return;
  c->habit.network = 0;
  c->habit.app = (ar_id){ 0, 0 };
}

/* Platform identities, policy side effects and times that cannot be teach nothing; the former only cover the day. */
static void learn(ar_engine *engine, ar_case *c, bool alerted) {
  const ar_act *act = c->act;
  if (act->future || (act->flags & AR_EVENT_ANCIENT)) return;
  c->habit.alerted = alerted;
  forget_origin(c);
  if (ar_id_none(c->principal) || act->kind == AR_KIND_PLATFORM || (act->flags & AR_EVENT_POLICY))
    ar_coverage_learn(engine->profiles, &c->habit);
  else
    ar_profile_learn(engine->profiles, &c->habit);
}

/* Room for one more pin, and for its place when it is free again, so that unpinning cannot fail. */
static bool pin_room(ar_engine *engine, ar_err *err) {
  size_t need = engine->pinned_count + 1;
  ar_witness **pinned = ar_grow(engine->pinned, &engine->pinned_room, need, sizeof(ar_witness *));
  if (pinned) engine->pinned = pinned;
  uint32_t *unpinned = ar_grow(engine->unpinned, &engine->unpinned_room, need, sizeof *unpinned);
  if (unpinned) engine->unpinned = unpinned;
  return pinned && unpinned ? true : ar_nomem(err, "remembering an act");
}

/* Somebody kept the witness, and more of this act's records may come: they join the evidence. */
static bool pin(ar_engine *engine, ar_case *c, ar_err *err) {
  ar_act *act = c->act;
  if (!c->witness || c->witness->references < 2 || act->status != AR_STATUS_UNFINISHED) return true;
  if (!pin_room(engine, err)) return false;
  uint32_t place =
      engine->unpinned_count ? engine->unpinned[--engine->unpinned_count] : (uint32_t)engine->pinned_count++;
  engine->pinned[place] = ar_witness_hold(c->witness);
  act->pins = place + 1;
  return true;
}

static void unpin(ar_engine *engine, ar_act *act) {
  uint32_t place = act->pins - 1;
  engine->pinned[place]->open = false;
  ar_witness_drop(engine->pinned[place]);
  engine->pinned[place] = NULL;
  engine->unpinned[engine->unpinned_count++] = place;
}

void engine_unpin_all(ar_engine *engine) {
  for (size_t i = 0; i < engine->pinned_count; i++) ar_witness_drop(engine->pinned[i]);
  engine->pinned_count = engine->unpinned_count = 0;
}

static void count_act(ar_engine *engine, const ar_case *c) {
  engine->told.acts++;
  if (ar_id_none(c->principal)) engine->told.acts_nobody++;
  if (c->act->status == AR_STATUS_UNFINISHED) engine->told.acts_unfinished++;
}

static bool enough_memory(ar_engine *engine, ar_err *err) {
  return !engine->starved || ar_nomem(err, "reading a record again");
}

bool engine_evaluate(ar_engine *engine, ar_act *act, bool started, ar_err *err) {
  ar_case *c = &engine->acase;
  bool alerted = false;
  if (engine->next_due < act->time && !engine_due(engine, act->time, err)) return false;
  bool good = case_begin(c, act, err) && (!started || request_begin(c, err)) &&
              (!act->candidate || call_rules(engine, c, started, &alerted, err));
  if (good && !started) {
    count_act(engine, c);
    learn(engine, c, alerted);
    good = pin(engine, c, err);
  }
  case_end(c);
  return good && enough_memory(engine, err);
}

/* ---- what the order hands out ---- */

/* One step of the three for the newest and for two before it. Acts are learned from with their last record. */
void engine_soon(void *owner, const ar_event *event) {
  ar_engine *engine = owner;
  soon *s = &engine->soon;
  if (event->phase < 3) return;
  size_t at = s->count++ % SOON, before = (at + SOON - 2) % SOON, first = (at + SOON - 4) % SOON;
  s->principal[at] = first_id(event->object_id, event->app_id, event->caller);
  s->caller[at] = event->caller;
  ar_profile_warm(engine->profiles, s->principal[at], 0);
  ar_state_warm(engine->callers, s->caller[at], 0);
  ar_profile_warm(engine->profiles, s->principal[before], 1);
  ar_state_warm(engine->callers, s->caller[before], 1);
  ar_profile_warm(engine->profiles, s->principal[first], 2);
}

static bool join(ar_engine *engine, ar_act *act, ar_err *err) {
  ar_case *c = &engine->acase;
  bool good = case_begin(c, act, err) && witness_join(engine->pinned[act->pins - 1], c, err);
  case_end(c);
  return good && enough_memory(engine, err);
}

bool engine_drain(ar_engine *engine, ar_err *err) {
  for (;;) {
    ar_act *act;
    bool good = true;
    switch (ar_order_next(engine->order, &act, err)) {
    case AR_STEP_ACT:
      good = engine_evaluate(engine, act, false, err);
      break;
    case AR_STEP_STARTED:
      good = engine_evaluate(engine, act, true, err);
      break;
    case AR_STEP_JOINED:
      good = join(engine, act, err);
      break;
    case AR_STEP_DROPPED:
      unpin(engine, act);
      break;
    case AR_STEP_NONE:
      return true;
    case AR_STEP_FAILED:
      return false;
    }
    if (!good) return false;
  }
}
