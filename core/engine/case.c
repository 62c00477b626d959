/* case.c — the act under evaluation. Its packed events answer most questions; texts are had by reading a record again
 * and canonicalising it, on first demand, so that acts no rule asks about cost nothing here. */
#include "engine/private.h"

#include <stdio.h>
#include <string.h>

#define PATH_MAX_BYTES 1024

bool case_init(ar_case *c, ar_engine *engine, ar_err *err) {
  memset(c, 0, sizeof *c);
  c->engine = engine;
  c->arena = ar_arena_new(16384);
  return c->arena ? true : ar_nomem(err, "making the evaluator");
}

void case_clear(ar_case *c) {
  case_end(c);
  for (size_t i = 0; i < AR_ACT_EVENTS; i++) {
    ar_json_doc_free(c->events[i].doc);
    ar_canon_free(c->events[i].canon);
    ar_free(c->events[i].text);
  }
  ar_arena_free(c->arena);
}

/* caller -> object id is learned from earlier acts, so that a record that names only the caller joins its principal.
 * What was learned of late is not written again: looking costs one cache line, writing several. */
static bool learn_caller(ar_engine *engine, const ar_act *act, ar_err *err) {
  if (ar_id_none(act->caller) || !(act->flags & AR_EVENT_OBJECT_GUID)) return true;
  ar_tomb known = ar_tomb_look(engine->callers, act->caller, act->time);
  if (known.found && ar_id_eq(known.member, act->object_id) && act->time - known.at < AR_CALLER_REFRESH) return true;
  return ar_tomb_put(engine->callers, act->caller, act->object_id, act->time, NULL, err);
}

static bool resolve(ar_case *c, ar_err *err) {
  const ar_act *act = c->act;
  c->object_id = act->object_id;
  if (ar_id_none(c->object_id) && !ar_id_none(act->caller)) {
    ar_tomb known = ar_tomb_look(c->engine->callers, act->caller, act->time);
    if (known.found) c->object_id = known.member;
  }
  c->principal = first_id(c->object_id, act->app_id, act->caller);
  return act->future || ar_id_none(act->object_id) || learn_caller(c->engine, act, err);
}

static uint64_t network_of(ar_ip ip) {
  ar_ip network = ar_ip_network(ip);
  return ar_ip_none(ip) ? 0 : (network.hi ^ network.lo * 0x9E3779B97F4A7C15u) | 1;
}

static void start(ar_case *c, ar_act *act) {
  ar_arena_reset(c->arena);
  c->act = act;
  c->witness = NULL;
  c->has_profile = c->has_coverage = c->has_peers = c->has_hit = false;
  memset(c->has_text, 0, sizeof c->has_text);
  memset(c->has_id, 0, sizeof c->has_id);
  for (size_t i = 0; i < AR_ACT_EVENTS; i++) c->events[i].tried = false;
}

void case_recall(ar_case *c, ar_act *act, ar_id principal, ar_id object_id) {
  start(c, act);
  c->principal = principal;
  c->object_id = object_id;
}

bool case_begin(ar_case *c, ar_act *act, ar_err *err) {
  start(c, act);
  if (!resolve(c, err)) return false;
  ar_risk risk = ar_index_risk(c->engine->index, act->operation);
  c->habit = (ar_habit){ .principal = c->principal,
                         .subscription = act->subscription,
                         .tenant = act->tenant,
                         .app = act->app_id,
                         .network = network_of(act->ip),
                         .operation = risk.number,
                         .kind = act->kind,
                         .failed = act->status == AR_STATUS_FAILED,
                         .at = act->time };
  return true;
}

void case_end(ar_case *c) {
  ar_witness_drop(c->witness);
  c->witness = NULL;
}

const ar_act *ar_case_act(const ar_case *c) {
  return c->act;
}

ar_arena *ar_case_arena(ar_case *c) {
  return c->arena;
}

/* ---- texts ---- */

static bool make_parser(loaded *l, ar_err *err) {
  if (!l->doc && !(l->doc = ar_json_doc_new(AR_RECORD_MAX, AR_RECORD_DEPTH)))
    return ar_nomem(err, "reading a record again");
  return l->canon || (l->canon = ar_canon_new(err));
}

/* A wrapping's text holds many records: finds the one that is meant. */
static ar_json nth_element(loaded *l, ar_json root, uint32_t element) {
  ar_json value = { NULL, 0 };
  char why[160];
  if (ar_canon_fields(l->canon, root, &l->fields, why) != AR_VERDICT_ENVELOPE) return value;
  ar_json_iter it = ar_json_each(l->fields.record);
  while (element > 0 && ar_json_next(&it, NULL, &value)) element--;
  return element == 0 ? value : (ar_json){ NULL, 0 };
}

static bool load(ar_case *c, loaded *l, const ar_event *event, ar_err *err) {
  ar_json root;
  char why[160];
  ar_body body = { event->body };
  if (!make_parser(l, err)) return false;
  if (!event->candidate) return ar_fail(err, AR_EUSAGE, "the text of this record was not kept");
  if (!ar_bodies_get(c->engine->bodies, body, &event->origin, &l->text, &l->room, err)) return false;
  if (!ar_json_parse(l->doc, l->text, event->origin.len, &root, err)) return false;
  if (event->element) root = nth_element(l, root, event->element);
  if (ar_canon_fields(l->canon, root, &l->fields, why) == AR_VERDICT_EVENT) return true;
  return ar_fail(err, AR_EIO, "%s: record %llu is not what it was: the file changed while it was read",
                 ar_reader_file(c->engine->reader, event->origin.file).name, (unsigned long long)event->origin.record);
}

/* A text that cannot be had may cost an alert, so it is told; without memory the whole run is worth nothing. */
static void note_loss(ar_engine *engine, const ar_event *event, const ar_err *err) {
  ar_told *told = &engine->told;
  if (err->code == AR_ENOMEM) engine->starved = true;
  if (err->code == AR_ENOMEM || !event->candidate) return;
  if (told->lost++ == 0)
    snprintf(told->lost_why, sizeof told->lost_why, "%.*s", (int)sizeof told->lost_why - 1, err->msg);
}

const ar_fields *ar_case_fields(ar_case *c, uint32_t i, ar_err *err) {
  if (i >= c->act->event_count) {
    ar_fail(err, AR_EUSAGE, "the act has %u records", (unsigned)c->act->event_count);
    return NULL;
  }
  loaded *l = &c->events[i];
  if (!l->tried) {
    l->tried = true;
    l->good = load(c, l, &c->act->events[i], err);
    if (!l->good) note_loss(c->engine, &c->act->events[i], err);
  } else if (!l->good) {
    ar_fail(err, AR_EIO, "a record of this act could not be read again");
  }
  return l->good ? &l->fields : NULL;
}

ar_str case_slice(ar_case *c, size_t offset) {
  ar_err err;
  for (uint32_t i = 0; i < c->act->event_count; i++) {
    const ar_fields *fields = ar_case_fields(c, i, &err);
    if (!fields) continue;
    const ar_str *slice = (const ar_str *)(const void *)((const char *)fields + offset);
    if (slice->len) return *slice;
  }
  return (ar_str){ NULL, 0 };
}

static ar_str lower(ar_case *c, ar_str s) {
  return s.len ? ar_arena_lower(c->arena, s) : s;
}

static ar_str id_text(ar_case *c, ar_str text) {
  ar_id id;
  char guid[37];
  if (!ar_id_guid(text, &id)) return lower(c, text);
  ar_id_guid_text(id, guid);
  return ar_arena_copy(c->arena, (ar_str){ guid, 36 });
}

ar_str case_object_text(ar_case *c) {
  char guid[37];
  ar_str text = CASE_SLICE(c, object_id);
  if (text.len) return id_text(c, text);
  if (ar_id_none(c->object_id)) return (ar_str){ NULL, 0 };
  ar_id_guid_text(c->object_id, guid); /* learned, and only GUIDs are */
  return ar_arena_copy(c->arena, (ar_str){ guid, 36 });
}

static ar_str principal_text(ar_case *c) {
  ar_str text = case_object_text(c);
  if (text.len) return text;
  text = CASE_SLICE(c, app_id);
  return text.len ? id_text(c, text) : lower(c, CASE_SLICE(c, caller));
}

static ar_str ip_text(ar_case *c, ar_ip ip) {
  char text[48];
  return ar_ip_none(ip) ? (ar_str){ NULL, 0 } : ar_arena_copy(c->arena, ar_ip_text(ip, text));
}

static ar_str resource_text(ar_case *c) {
  ar_str resource = lower(c, CASE_SLICE(c, resource));
  while (resource.len > 1 && resource.ptr[resource.len - 1] == '/') resource.len--;
  return resource;
}

static ar_str subscription_text(ar_case *c) {
  ar_str given = CASE_SLICE(c, subscription);
  return id_text(c, given.len ? given : ar_resource_subscription(CASE_SLICE(c, resource)));
}

static ar_str find_text(ar_case *c, ar_field field) {
  switch (field) {
  case AR_FIELD_PRINCIPAL:
    return principal_text(c);
  case AR_FIELD_TENANT:
    return id_text(c, CASE_SLICE(c, tenant));
  case AR_FIELD_SUBSCRIPTION:
    return subscription_text(c);
  case AR_FIELD_GROUP:
    return lower(c, ar_resource_group(CASE_SLICE(c, resource)));
  case AR_FIELD_RESOURCE:
    return resource_text(c);
  case AR_FIELD_PARENT:
    return ar_resource_parent(ar_case_text(c, AR_FIELD_RESOURCE));
  case AR_FIELD_NAME:
    return ar_resource_name(ar_case_text(c, AR_FIELD_RESOURCE));
  case AR_FIELD_OPERATION: {
    ar_str name = ar_names_text(c->engine->names, c->act->operation);
    return name.len ? name : lower(c, CASE_SLICE(c, operation));
  }
  case AR_FIELD_IP:
    return ip_text(c, c->act->ip);
  case AR_FIELD_NETWORK:
    return ar_ip_none(c->act->ip) ? (ar_str){ NULL, 0 } : ip_text(c, ar_ip_network(c->act->ip));
  case AR_FIELD_APP:
    return id_text(c, CASE_SLICE(c, app_id));
  case AR_FIELD_CORRELATION:
    return lower(c, CASE_SLICE(c, correlation));
  case AR_FIELD_COUNT:
    break;
  }
  return (ar_str){ NULL, 0 };
}

ar_str ar_case_text(ar_case *c, ar_field field) {
  if (!c->has_text[field]) {
    c->texts[field] = find_text(c, field);
    c->has_text[field] = true;
  }
  return c->texts[field];
}

/* ---- identities ---- */

static ar_id find_id(ar_case *c, ar_field field) {
  const ar_act *act = c->act;
  switch (field) {
  case AR_FIELD_PRINCIPAL:
    return c->principal;
  case AR_FIELD_TENANT:
    return act->tenant;
  case AR_FIELD_SUBSCRIPTION:
    return act->subscription;
  case AR_FIELD_RESOURCE:
    return act->resource;
  case AR_FIELD_APP:
    return act->app_id;
  case AR_FIELD_IP:
    return (ar_id){ act->ip.hi, act->ip.lo };
  case AR_FIELD_NETWORK: {
    ar_ip network = ar_ip_network(act->ip);
    return ar_ip_none(act->ip) ? (ar_id){ 0, 0 } : (ar_id){ network.hi, network.lo };
  }
  default:
    return ar_id_name(ar_case_text(c, field), c->engine->options.seed);
  }
}

ar_id ar_case_id(ar_case *c, ar_field field) {
  if (!c->has_id[field]) {
    c->ids[field] = find_id(c, field);
    c->has_id[field] = true;
  }
  return c->ids[field];
}

/* So that a key whose parts are all absent is still a key. */
static ar_id key_start(const ar_key_plan *plan) {
  return (ar_id){ 0x9E3779B97F4A7C15u, plan->count };
}

ar_id ar_case_key(ar_case *c, const ar_key_plan *plan) {
  ar_id key = key_start(plan);
  for (size_t i = 0; i < plan->count; i++) key = ar_id_mix(key, ar_case_id(c, plan->fields[i]));
  return key;
}

ar_id ar_witness_key(const ar_witness *witness, const ar_key_plan *plan) {
  ar_id key = key_start(plan);
  for (size_t i = 0; i < plan->count; i++) key = ar_id_mix(key, witness->ids[plan->fields[i]]);
  return key;
}

/* ---- values inside records ---- */

static bool is_missing(ar_json value) {
  return ar_json_type_of(value) == AR_JSON_MISSING;
}

static ar_str tail(ar_str path, size_t from) {
  return (ar_str){ path.ptr + from, path.len - from };
}

/* Follows a path; where it runs into a string that holds JSON, goes on inside it. */
static ar_json dig(ar_canon *canon, ar_json value, ar_str path) {
  value = ar_canon_inner(canon, value);
  ar_json found = ar_json_path(value, path);
  for (size_t i = 0; is_missing(found) && i < path.len; i++) {
    ar_str text;
    if (path.ptr[i] != '.') continue;
    ar_json step = ar_json_path(value, (ar_str){ path.ptr, i });
    if (is_missing(step)) break;
    if (ar_json_string(step, &text)) return dig(canon, step, tail(path, i + 1));
  }
  return found;
}

typedef enum place { PLACE_RECORD, PLACE_REQUEST, PLACE_RESPONSE } place;

static ar_json place_of(const ar_fields *fields, place where) {
  if (where == PLACE_RECORD) return fields->record;
  return where == PLACE_REQUEST ? fields->request_body : fields->response_body;
}

static ar_json first_at(ar_case *c, place where, ar_str path) {
  ar_err err;
  if (path.len > PATH_MAX_BYTES) return (ar_json){ NULL, 0 };
  for (uint32_t i = 0; i < c->act->event_count; i++) {
    const ar_fields *fields = ar_case_fields(c, i, &err);
    if (!fields || is_missing(place_of(fields, where))) continue;
    ar_json value = dig(c->events[i].canon, place_of(fields, where), path);
    if (!is_missing(value)) return value;
  }
  return (ar_json){ NULL, 0 };
}

ar_json ar_case_body(ar_case *c, ar_str path) {
  return first_at(c, PLACE_REQUEST, path);
}

ar_json ar_case_response(ar_case *c, ar_str path) {
  return first_at(c, PLACE_RESPONSE, path);
}

ar_json ar_case_record(ar_case *c, ar_str path) {
  return first_at(c, PLACE_RECORD, path);
}

/* ---- habits and reputation ---- */

const ar_profile *ar_case_profile(ar_case *c) {
  if (!c->has_profile) c->profile = ar_profile_look(c->engine->profiles, &c->habit);
  c->has_profile = true;
  return &c->profile;
}

ar_coverage ar_case_coverage(ar_case *c) {
  if (!c->has_coverage) c->coverage = ar_coverage_look(c->engine->profiles, &c->habit);
  c->has_coverage = true;
  return c->coverage;
}

ar_peers ar_case_peers(ar_case *c) {
  if (!c->has_peers) c->peers = ar_peers_look(c->engine->profiles, &c->habit);
  c->has_peers = true;
  return c->peers;
}

ar_risk ar_case_risk(ar_case *c) {
  return ar_index_risk(c->engine->index, c->act->operation);
}

ar_ip_hit ar_case_ip(ar_case *c) {
  if (!c->has_hit) c->hit = ar_ipset_find(c->engine->ips, c->act->ip, c->act->time);
  c->has_hit = true;
  return c->hit;
}

const char *ar_case_feed(ar_case *c) {
  ar_ip_hit hit = ar_case_ip(c);
  return hit.tags ? ar_ipset_feed(c->engine->ips, hit.feed) : NULL;
}

ar_witness *ar_case_witness(ar_case *c, ar_err *err) {
  if (!c->witness) c->witness = witness_of(c, err);
  return c->witness;
}
