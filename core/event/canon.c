/* canon.c — the canonicaliser: a record in whatever shape becomes ar_fields. */
#include "event/private.h"

#include <stdio.h>

#define INNER_BYTES ((size_t)64 << 20) /* a text in a record is no longer than the record; this is a backstop */
#define INNER_DEPTH 512

ar_canon *ar_canon_new(ar_err *err) {
  ar_canon *c = ar_alloc(sizeof *c);
  bool ready = c != NULL;
  for (size_t i = 0; ready && i < INNER_DOCS; i++)
    ready = (c->inner[i] = ar_json_doc_new(INNER_BYTES, INNER_DEPTH)) != NULL;
  if (ready) ready = (c->lent = ar_json_doc_new(INNER_BYTES, INNER_DEPTH)) != NULL;
  if (ready) {
    ar_keys_build(&c->index);
    return c;
  }
  ar_canon_free(c);
  ar_nomem(err, "making a canonicaliser");
  return NULL;
}

void ar_canon_free(ar_canon *c) {
  if (!c) return;
  for (size_t i = 0; i < INNER_DOCS; i++) ar_json_doc_free(c->inner[i]);
  ar_json_doc_free(c->lent);
  ar_free(c);
}

ar_json ar_canon_inner(ar_canon *c, ar_json value) {
  ar_str text;
  ar_json root;
  ar_err err;
  if (!ar_json_string(value, &text)) return value;
  if (ar_json_parse_copy(c->lent, text, &root, &err)) return root;
  return (ar_json){ NULL, 0 };
}

/* ---- the steps ---- */

static ar_json first_object(const ar_canon *c, const uint8_t *places, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (ar_slot_object(c, places[i])) return slot_json(c, places[i]);
  return (ar_json){ NULL, 0 };
}

static void read_parts(ar_canon *c, ar_json record, ar_fields *out) {
  static const uint8_t claims[] = { T_CLAIMS, I_CLAIMS, I_CLAIM, T_CLAIMS_D };
  static const uint8_t authorization[] = { T_AUTHORIZATION, I_AUTHORIZATION, T_AUTHORIZATION_D };
  static const uint8_t properties[] = { T_PROPERTIES, T_PROPERTIES_D };
  out->record = record;
  out->claims = first_object(c, claims, sizeof claims);
  out->authorization = first_object(c, authorization, sizeof authorization);
  out->properties = first_object(c, properties, sizeof properties);
  out->request_body = slot_json(c, P_REQUEST);
  out->response_body = slot_json(c, P_RESPONSE);
}

/* REST ids end in /events/<event data id>/ticks/<n>. */
static ar_str event_of_id(ar_str id) {
  ar_str mark = AR_STR("/events/");
  const char *at = id.len ? memmem(id.ptr, id.len, mark.ptr, mark.len) : NULL;
  if (!at) return (ar_str){ NULL, 0 };
  ar_str rest = { at + mark.len, id.len - (size_t)(at - id.ptr) - mark.len };
  const char *slash = rest.len ? memchr(rest.ptr, '/', rest.len) : NULL;
  if (slash) rest.len = (size_t)(slash - rest.ptr);
  return rest.len ? rest : (ar_str){ NULL, 0 };
}

/* What a log calls an operation, or the one it consists of. */
static void read_operation(ar_canon *c, form f, ar_fields *out) {
  if (!out->operation.len) out->operation = ar_json_localized(slot_json(c, T_OPERATION));
  if (!out->operation.len && f == F_SIGNIN) out->operation = AR_STR("Sign-in activity");
  if (!out->event_id.len && f == F_REST && out->shape != AR_SHAPE_EVENTGRID)
    out->event_id = event_of_id(ar_slot_text(c, T_ID));
  if (!out->event_id.len && out->source == AR_SOURCE_READ) out->event_id = ar_slot_text(c, T_REPORT_ID);
}

/* An id in one case only hides how its names are written; some records carry a second copy that does not. */
static bool one_case(ar_str id) {
  ar_str upper = AR_STR("/SUBSCRIPTIONS/"), providers = AR_STR("/PROVIDERS/");
  return ar_str_starts(id, upper) || ar_str_starts(id, providers);
}

static ar_str true_case(ar_canon *c, ar_str id) {
  static const uint8_t copies[] = { P_ENTITY, A_SCOPE };
  if (!one_case(id) && !slot_seen(c, T_ROW_RESOURCE_ID)) return id;
  for (size_t i = 0; i < sizeof copies; i++) {
    ar_str copy = ar_slot_text(c, copies[i]);
    if (same_text(copy, id)) return copy;
  }
  return id;
}

static void read_resource(ar_canon *c, ar_fields *out) {
  out->resource = true_case(c, out->resource);
  if (!out->subscription.len) out->subscription = ar_resource_subscription(out->resource);
  if (!out->resource_group.len) out->resource_group = ar_resource_group(out->resource);
}

static ar_verdict reject(char why[160], const char *reason) {
  snprintf(why, 160, "%s", reason);
  return AR_VERDICT_REJECTED;
}

static ar_verdict bad_time(char why[160], ar_str text) {
  char shown[64];
  if (!text.len) return reject(why, "no time");
  snprintf(why, 160, "not a time: %s", ar_escape(text, 40, shown, sizeof shown));
  return AR_VERDICT_REJECTED;
}

/* CloudAuditEvents has no column for the outcome of a read: it tells what was read. */
static void settle_read(ar_fields *out) {
  if (out->source == AR_SOURCE_READ && out->status == AR_STATUS_NONE && !out->status_text.len)
    out->status = AR_STATUS_SUCCEEDED;
}

ar_verdict ar_canon_fields(ar_canon *c, ar_json record, ar_fields *out, char why[160]) {
  form f = F_REST;
  ar_str text = { NULL, 0 };
  memset(out, 0, sizeof *out);
  out->time = out->arrival = AR_INSTANT_NONE;
  out->memo = &c->memo;
  if (ar_json_type_of(record) != AR_JSON_OBJECT) return reject(why, "not a JSON object");
  ar_walk_start(c, record);
  ar_verdict verdict = ar_source_of(c, out, &f, why);
  if (verdict != AR_VERDICT_EVENT) return verdict;
  if (!ar_form_time(c, f, out, &text)) return bad_time(why, text);
  ar_form_read(c, f, out);
  read_operation(c, f, out);
  if (!out->operation.len) return reject(why, "no operation name");
  ar_instant_parse(ar_slot_text(c, T_SUBMISSION), &out->arrival);
  read_parts(c, record, out);
  read_resource(c, out);
  ar_status_read(c, f, out);
  ar_principal_read(c, f, out);
  ar_source_refine(out);
  settle_read(out);
  out->flags |= c->flags;
  return AR_VERDICT_EVENT;
}
