/* request.c — acts that other acts belong to: a deployment and what it deploys, the deletion of a resource group and
 * what goes with it. Such a request ends after its parts, so it is remembered from its start. */
#include "engine/private.h"

#define REQUEST_MEMORY AR_DAY
#define REQUESTS_MAX 65536u

static const char *const openers[AR_OPENERS] = {
  "microsoft.resources/deployments/write",
  "microsoft.resources/deploymentstacks/write",
  "microsoft.resources/deploymentstacks/delete",
  "microsoft.resources/subscriptions/resourcegroups/delete",
};

bool requests_init(ar_engine *engine, ar_err *err) {
  ar_state_plan plan = { .kind = AR_STATE_TOMBSTONE,
                         .within = REQUEST_MEMORY,
                         .cap = cap_of(engine, REQUESTS_MAX),
                         .seed = engine->options.seed };
  for (size_t i = 0; i < AR_OPENERS; i++) engine->openers[i] = ar_names_add(engine->names, ar_str_of(openers[i]));
  return (engine->requests = ar_state_new(&plan, err)) && (engine->beginners = ar_state_new(&plan, err));
}

bool request_opens(const ar_engine *engine, uint32_t operation) {
  for (size_t i = 0; operation && i < AR_OPENERS; i++)
    if (engine->openers[i] == operation) return true;
  return false;
}

/* None when the act has no principal or no correlation id. */
static ar_id request_key(ar_case *c) {
  if (ar_id_none(c->principal) || !ar_case_text(c, AR_FIELD_CORRELATION).len) return (ar_id){ 0, 0 };
  return ar_id_mix(c->principal, ar_case_id(c, AR_FIELD_CORRELATION));
}

/* Of several, the first: a deployment inside a deployment is a part of it. */
bool request_begin(ar_case *c, ar_err *err) {
  ar_engine *engine = c->engine;
  if (c->act->future || !request_opens(engine, c->act->operation)) return true;
  ar_id key = request_key(c);
  if (ar_id_none(key) || ar_tomb_look(engine->requests, key, c->act->time).found) return true;
  if (!ar_tomb_put(engine->beginners, c->principal, AR_ONLY_MEMBER, c->act->time, NULL, err)) return false;
  return ar_tomb_put(engine->requests, key, (ar_id){ 0, c->act->operation }, c->act->time, NULL, err);
}

/* Without reading a record. Of requests and beginners the oldest leave first, and no request is newer than what is
 * remembered of its principal: where that is gone, so are they. */
static bool may_be_part(const ar_case *c) {
  bool named = false;
  for (uint32_t i = 0; i < c->act->event_count; i++) named |= c->act->events[i].names_request;
  return named || ar_tomb_look(c->engine->beginners, c->principal, c->act->time).found;
}

ar_str ar_case_part_of(ar_case *c) {
  const ar_engine *engine = c->engine;
  const ar_str nothing = { NULL, 0 };
  if (!may_be_part(c)) return nothing;
  ar_id key = request_key(c);
  if (!ar_id_none(key)) {
    ar_tomb outer = ar_tomb_look(engine->requests, key, c->act->time);
    if (outer.found && outer.member.lo != c->act->operation)
      return ar_names_text(engine->names, (uint32_t)outer.member.lo);
  }
  ar_str action = CASE_SLICE(c, action);
  if (!action.len) return nothing;
  action = ar_arena_lower(c->arena, action);
  return ar_str_eq(action, ar_case_text(c, AR_FIELD_OPERATION)) ? nothing : action;
}
