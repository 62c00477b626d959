/* parse.c — one batch: records into packed events. Runs on any thread; touches nothing that another writes. */
#include "engine/private.h"

#include <stdio.h>
#include <string.h>

#define AZURE_BEGINS (14641 * AR_DAY) /* 2010-02-01 */

bool parser_init(parser *p, ar_engine *engine, ar_err *err) {
  *p = (parser){ .engine = engine };
  p->canon = ar_canon_new(err);
  if (!p->canon) return false;
  p->doc = ar_json_doc_new(AR_RECORD_MAX, AR_RECORD_DEPTH);
  return p->doc ? true : ar_nomem(err, "making a parser");
}

void parser_clear(parser *p) {
  ar_canon_free(p->canon);
  ar_json_doc_free(p->doc);
}

static void fail(parsed *out, const char *doing) {
  out->failed = true;
  ar_nomem(&out->err, doing);
}

static outcome *add_outcome(parsed *out, outcome_kind kind, const ar_record *record, const char *why) {
  outcome *grown = ar_grow(out->outcomes, &out->outcome_room, out->outcome_count + 1, sizeof *grown);
  if (!grown) {
    fail(out, "counting rejected records");
    return NULL;
  }
  out->outcomes = grown;
  outcome *o = &grown[out->outcome_count++];
  o->kind = kind;
  o->extra = 0;
  o->origin = record->origin;
  snprintf(o->why, sizeof o->why, "%s", why);
  return o;
}

static void add_reject(parsed *out, const ar_record *record, ar_reject_kind kind, const char *why) {
  outcome *o = add_outcome(out, OUTCOME_REJECTED, record, why);
  if (!o) return;
  o->reject = kind;
  ar_sha256((ar_str){ record->text, record->origin.len }, o->sha256);
}

static bool keep_body(parser *p, parsed *out, const ar_record *record, ar_event *event) {
  ar_body body;
  if (ar_bodies_keep(p->engine->bodies, record, &body, &out->err)) {
    event->body = body.kept;
    return true;
  }
  out->failed = true;
  return false;
}

static void add_event(parser *p, parsed *out, const ar_record *record, const ar_fields *fields, uint32_t element) {
  ar_engine *engine = p->engine;
  ar_event *grown = ar_grow(out->events, &out->event_room, out->event_count + 1, sizeof *grown);
  if (!grown) {
    fail(out, "packing events");
    return;
  }
  out->events = grown;
  ar_event *event = &grown[out->event_count];
  ar_event_pack(fields, engine->names, engine->ips, engine->options.seed, event);
  event->origin = record->origin;
  event->element = element;
  if (event->time > engine->options.now + AR_FUTURE_SLACK) event->flags |= AR_EVENT_FUTURE;
  if (event->time < AZURE_BEGINS) event->flags |= AR_EVENT_ANCIENT;
  event->candidate = ar_index_candidate(engine->index, event->operation, event->ip_tags, (ar_source)event->source);
  event->opens = request_opens(engine, event->operation);
  event->candidate |= event->opens;          /* its correlation id will be read */
  event->candidate |= event->operation == 0; /* no number, no plan: its text must be looked at */
  event->names_request = event->candidate && fields->action.len && !ar_str_eq_nocase(fields->action, fields->operation);
  if (event->candidate && !keep_body(p, out, record, event)) return;
  if (event->flags & AR_EVENT_ODD) out->flagged++;
  out->by_shape[event->shape]++;
  out->event_count++;
}

static void take(parser *p, parsed *out, const ar_record *record, ar_json value, uint32_t element);

/* A wrapping whose records the reader could not tell apart: its keys came in an unusual order. */
static void take_elements(parser *p, parsed *out, const ar_record *record, ar_json array) {
  ar_json_iter it = ar_json_each(array);
  ar_json value;
  uint32_t element = 0;
  while (ar_json_next(&it, NULL, &value)) take(p, out, record, value, ++element);
  outcome *o = add_outcome(out, OUTCOME_UNWRAPPED, record, "");
  if (o) o->extra = (int64_t)element - 1;
}

static void take(parser *p, parsed *out, const ar_record *record, ar_json value, uint32_t element) {
  ar_fields fields;
  char why[160] = "";
  bool object = ar_json_type_of(value) == AR_JSON_OBJECT;
  switch (ar_canon_fields(p->canon, value, &fields, why)) {
  case AR_VERDICT_EVENT:
    if (ar_json_flags(p->doc) & AR_JSON_NUMBER_AS_TEXT) fields.flags |= AR_EVENT_NUMBER_AS_TEXT;
    add_event(p, out, record, &fields, element);
    break;
  case AR_VERDICT_SKIPPED:
    add_outcome(out, OUTCOME_SKIPPED, record, why);
    break;
  case AR_VERDICT_REJECTED:
    add_reject(out, record, object ? AR_REJECT_NOT_A_RECORD : AR_REJECT_NOT_JSON, why);
    break;
  case AR_VERDICT_ENVELOPE:
    if (element)
      add_reject(out, record, AR_REJECT_NOT_A_RECORD, "a wrapping inside a wrapping: expected records");
    else
      take_elements(p, out, record, fields.record);
    break;
  }
}

static bool too_deep(const parser *p) {
  return ar_json_flags(p->doc) & AR_JSON_TOO_DEEP;
}

void parse_batch(parser *p, parsed *out) {
  ar_err err = { AR_OK, "" };
  out->event_count = out->outcome_count = 0;
  out->flagged = 0;
  out->failed = false;
  memset(out->by_shape, 0, sizeof out->by_shape);
  for (size_t i = 0; i < out->batch->count && !out->failed; i++) {
    const ar_record *record = &out->batch->records[i];
    ar_json root;
    if (ar_json_parse(p->doc, record->text, record->origin.len, &root, &err))
      take(p, out, record, root, 0);
    else if (err.code == AR_ENOMEM)
      fail(out, "parsing a record");
    else
      add_reject(out, record, too_deep(p) ? AR_REJECT_TOO_DEEP : AR_REJECT_NOT_JSON, err.msg);
  }
}

void parsed_clear(parsed *p) {
  ar_batch_free(p->batch);
  ar_free(p->events);
  ar_free(p->outcomes);
}
