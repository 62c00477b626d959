/* source.c — which shape a record has and which log it comes from: told by the slots that are filled. */
#include "event/private.h"

#include <stdio.h>

typedef enum log_kind {
  LOG_UNKNOWN,
  LOG_ACTIVITY,
  LOG_NO_ACT, /* activity log, but nobody did it */
  LOG_KEYVAULT,
  LOG_SIGNIN,
  LOG_AUDIT
} log_kind;

/* By category, or by the name of a Log Analytics table. */
#define LOG(name, kind)                                                                                                \
  { name, sizeof name - 1, kind }
static const struct log_name {
  const char *name;
  size_t len;
  log_kind kind;
} log_names[] = {
  LOG("Administrative", LOG_ACTIVITY),
  LOG("Policy", LOG_ACTIVITY),
  LOG("Write", LOG_ACTIVITY),
  LOG("Action", LOG_ACTIVITY),
  LOG("Delete", LOG_ACTIVITY),
  LOG("AzureActivity", LOG_ACTIVITY),
  LOG("ServiceHealth", LOG_NO_ACT),
  LOG("ResourceHealth", LOG_NO_ACT),
  LOG("Alert", LOG_NO_ACT),
  LOG("Autoscale", LOG_NO_ACT),
  LOG("Recommendation", LOG_NO_ACT),
  LOG("Security", LOG_NO_ACT),
  LOG("AuditEvent", LOG_KEYVAULT),
  LOG("AZKVAuditLogs", LOG_KEYVAULT),
  LOG("AuditLogs", LOG_AUDIT),
  LOG("SignInLogs", LOG_SIGNIN),
  LOG("NonInteractiveUserSignInLogs", LOG_SIGNIN),
  LOG("ServicePrincipalSignInLogs", LOG_SIGNIN),
  LOG("ManagedIdentitySignInLogs", LOG_SIGNIN),
  LOG("ADFSSignInLogs", LOG_SIGNIN),
  LOG("AADNonInteractiveUserSignInLogs", LOG_SIGNIN),
  LOG("AADServicePrincipalSignInLogs", LOG_SIGNIN),
  LOG("AADManagedIdentitySignInLogs", LOG_SIGNIN),
};

static log_kind log_of(ar_str name) {
  for (const struct log_name *l = log_names; l < log_names + sizeof log_names / sizeof log_names[0]; l++)
    if (l->len == name.len && same_text(name, (ar_str){ l->name, l->len })) return l->kind;
  return LOG_UNKNOWN;
}

static ar_verdict verdict(ar_verdict v, char why[160], const char *prefix, ar_str name) {
  char shown[128];
  snprintf(why, 160, "%s%s", prefix, ar_escape(name, 64, shown, sizeof shown));
  return v;
}

/* ---- wrappings and errors ---- */

static bool unwrap(const ar_canon *c, ar_fields *out) {
  static const uint8_t arrays[] = { T_TABLES, T_RECORDS, T_VALUE };
  for (size_t i = 0; i < sizeof arrays; i++) {
    ar_json value = slot_json(c, arrays[i]);
    if (ar_json_type_of(value) != AR_JSON_ARRAY) continue;
    out->record = value;
    return true;
  }
  return false;
}

static bool has_time(const ar_canon *c) {
  for (unsigned s = T_EVENT_TIMESTAMP; s <= T_TIMESTAMP; s++)
    if (slot_seen(c, s)) return true;
  return false;
}

/* {"error":{"code":…,"message":…}} or {"Code":…,"Message":…}: what a failed download leaves behind. */
static bool is_error(ar_canon *c, char why[160]) {
  char shown[120];
  ar_json body = slot_json(c, T_ERROR);
  ar_str code = ar_slot_text(c, T_CODE), message = ar_slot_text(c, T_MESSAGE);
  if (has_time(c)) return false;
  if (ar_json_type_of(body) == AR_JSON_OBJECT) {
    ar_json_string(ar_json_get(body, AR_STR("code")), &code);
    ar_json_string(ar_json_get(body, AR_STR("message")), &message);
  } else if (!code.len || !message.len) {
    return false;
  }
  char name[48];
  ar_escape(code, 40, name, sizeof name);
  snprintf(why, 160, "Azure error %s: %s", name, ar_escape(message, 80, shown, sizeof shown));
  return true;
}

/* ---- shapes ---- */

static bool is_grid(ar_canon *c) {
  if (!ar_slot_object(c, T_DATA)) return false;
  return slot_seen(c, T_EVENT_TYPE) || ar_str_starts_nocase(ar_slot_text(c, T_TYPE), AR_STR("Microsoft."));
}

static ar_shape shape_of(ar_canon *c) {
  if (slot_seen(c, T_SCHEMA_ID) && ar_slot_object(c, T_DATA)) return AR_SHAPE_WEBHOOK;
  if (is_grid(c)) return AR_SHAPE_EVENTGRID;
  if (ar_slot_object(c, T_AZURE)) return AR_SHAPE_ECS;
  if (slot_seen(c, T_TIME_GENERATED) || slot_seen(c, T_OPERATION_VALUE)) return AR_SHAPE_LOGANALYTICS;
  if (slot_seen(c, T_EVENT_TIMESTAMP_SNAKE)) return AR_SHAPE_SDK;
  if (slot_seen(c, T_EVENT_TIMESTAMP)) return AR_SHAPE_REST;
  if (slot_seen(c, T_TIMESTAMP) && slot_seen(c, T_ACTION_TYPE)) return AR_SHAPE_CLOUDAUDIT;
  if (slot_seen(c, T_TIME)) return AR_SHAPE_EVENTHUB;
  if (slot_seen(c, P_ACTIVITY) || slot_seen(c, P_CREATED)) return AR_SHAPE_GRAPH;
  if (slot_seen(c, T_CATEGORY) || slot_seen(c, T_OPERATION) || slot_seen(c, T_EVENT_TIME)) return AR_SHAPE_EVENTHUB;
  return AR_SHAPE_NONE;
}

/* Walks what only this shape has, so that from here on its facts lie in the slots that all shapes share. */
static void open_ecs(ar_canon *c) {
  ar_walk_slot(c, T_AZURE, O_AZURE);
  ar_walk_slot(c, Z_RESOURCE, O_AZURE_RESOURCE);
  ar_walk_slot(c, T_ECS_EVENT, O_ECS_EVENT);
  ar_walk_slot(c, T_ECS_SOURCE, O_ECS_SOURCE);
  ar_walk_slot(c, T_ECS_USER, O_ECS_USER);
  ar_walk_slot(c, T_ECS_LOG, O_ECS_LOG);
  c->fill = c->loose = true;
  ar_walk_slot(c, Z_LOGS, O_TOP);
  ar_walk_slot(c, Z_SIGNIN, O_TOP);
  ar_walk_slot(c, Z_AUDIT, O_TOP);
  ar_walk_slot(c, Z_PLATFORM, O_TOP);
}

static void open_shape(ar_canon *c, ar_shape shape) {
  switch (shape) {
  case AR_SHAPE_ECS:
    open_ecs(c);
    break;
  case AR_SHAPE_WEBHOOK:
    ar_walk(c, O_TOP, ar_json_path(slot_json(c, T_DATA), AR_STR("context.activityLog")), 0);
    break;
  case AR_SHAPE_EVENTGRID:
    ar_walk(c, O_TOP, slot_json(c, T_DATA), 0);
    break;
  case AR_SHAPE_CLOUDAUDIT:
    c->fill = true;
    ar_walk_slot(c, T_RAW, O_TOP);
    break;
  case AR_SHAPE_LOGANALYTICS: /* there it is the workspace's id */
    c->at[T_TENANT] = 0;
    break;
  default:
    break;
  }
  ar_walk_parts(c);
}

/* ---- logs ---- */

static ar_str category_of(ar_canon *c) {
  static const uint8_t places[] = { T_CATEGORY_VALUE, T_CATEGORY, T_EVENT_SOURCE, P_CATEGORY };
  ar_str text = { NULL, 0 };
  for (size_t i = 0; i < sizeof places && !text.len; i++) text = ar_slot_text(c, places[i]);
  /* Write, Action and Delete were categories until 2019. */
  bool old = text.len == 5 || text.len == 6;
  if (old && slot_seen(c, P_CATEGORY) && log_of(text) == LOG_ACTIVITY) {
    ar_str true_one = ar_slot_text(c, P_CATEGORY);
    if (log_of(true_one) != LOG_UNKNOWN) text = true_one;
  }
  return text;
}

static bool looks_like_activity(const ar_canon *c) {
  return slot_seen(c, A_ACTION) || slot_seen(c, A_SCOPE) || slot_seen(c, P_CALLER_INFO);
}

/* A row of Log Analytics: by its table's name, else by the columns that only one table has. */
static log_kind log_of_row(ar_canon *c, ar_str *name) {
  ar_str type = ar_slot_text(c, T_TYPE);
  log_kind kind = log_of(type);
  if (kind != LOG_UNKNOWN) return kind == LOG_ACTIVITY ? log_of(*name) == LOG_NO_ACT ? LOG_NO_ACT : kind : kind;
  if (type.len && !IS(type, "AzureDiagnostics")) *name = type;
  if (slot_seen(c, T_OPERATION_VALUE) || slot_seen(c, T_STATUS_VALUE))
    return log_of(*name) == LOG_NO_ACT ? LOG_NO_ACT : LOG_ACTIVITY;
  if (slot_seen(c, P_ACTIVITY)) return LOG_AUDIT;
  return log_of(*name);
}

static log_kind log_of_record(ar_canon *c, ar_shape shape, ar_str *name) {
  if (shape == AR_SHAPE_LOGANALYTICS) return log_of_row(c, name);
  if (shape == AR_SHAPE_GRAPH) return slot_seen(c, P_ACTIVITY) ? LOG_AUDIT : LOG_SIGNIN;
  if (shape == AR_SHAPE_ECS && slot_seen(c, Z_SIGNIN)) return LOG_SIGNIN;
  if (shape == AR_SHAPE_ECS && slot_seen(c, Z_AUDIT)) return LOG_AUDIT;
  log_kind kind = log_of(*name);
  if (kind != LOG_UNKNOWN) return kind;
  bool activity = !name->len || shape == AR_SHAPE_REST || shape == AR_SHAPE_SDK || shape == AR_SHAPE_WEBHOOK;
  return activity || looks_like_activity(c) ? LOG_ACTIVITY : LOG_UNKNOWN;
}

/* Other services have a category AuditEvent too. */
static bool is_vault(ar_canon *c) {
  static const uint8_t places[] = { T_RESOURCE_ID, T_ROW_RESOURCE_ID, P_ID };
  for (size_t i = 0; i < sizeof places; i++) {
    ar_str text = ar_slot_text(c, places[i]);
    if (!text.len) continue;
    return ar_text_has(text, AR_STR("Microsoft.KeyVault")) || ar_text_has(text, AR_STR("vault.azure"));
  }
  return false;
}

static form activity_form(ar_shape shape) {
  switch (shape) {
  case AR_SHAPE_EVENTHUB:
    return F_EVENTHUB;
  case AR_SHAPE_LOGANALYTICS:
    return F_LOGANALYTICS;
  case AR_SHAPE_ECS:
    return F_ECS;
  default:
    return F_REST;
  }
}

static ar_verdict take_log(ar_canon *c, log_kind kind, ar_str name, ar_fields *out, form *f, char why[160]) {
  switch (kind) {
  case LOG_ACTIVITY:
    *f = activity_form(out->shape);
    out->source = AR_SOURCE_ACTIVITY;
    return AR_VERDICT_EVENT;
  case LOG_KEYVAULT:
    if (!is_vault(c)) return verdict(AR_VERDICT_SKIPPED, why, "", name);
    *f = F_KEYVAULT;
    out->source = AR_SOURCE_KEYVAULT;
    break;
  case LOG_SIGNIN:
    *f = F_SIGNIN;
    out->source = AR_SOURCE_SIGNIN;
    break;
  case LOG_AUDIT:
    *f = F_AUDIT;
    out->source = AR_SOURCE_AUDIT;
    break;
  case LOG_NO_ACT:
    return verdict(AR_VERDICT_SKIPPED, why, "activity log: ", name);
  default:
    return verdict(AR_VERDICT_SKIPPED, why, "", name.len ? name : AR_STR("a log without a name"));
  }
  if (out->shape == AR_SHAPE_EVENTHUB) out->shape = AR_SHAPE_RESOURCELOG;
  return AR_VERDICT_EVENT;
}

static ar_verdict take_cloudaudit(ar_canon *c, ar_fields *out, form *f, char why[160]) {
  ar_str data = ar_slot_text(c, T_DATA_SOURCE), action = ar_slot_text(c, T_ACTION_TYPE);
  if (data.len && !IS(data, "Azure")) return verdict(AR_VERDICT_SKIPPED, why, "CloudAuditEvents: ", data);
  ar_str operation = ar_slot_text(c, T_OPERATION), tail = operation;
  if (tail.len > 5) tail.ptr += tail.len - 5, tail.len = 5;
  bool read = IS(action, "Read") || IS(tail, "/read");
  out->source = read ? AR_SOURCE_READ : AR_SOURCE_ACTIVITY;
  *f = F_CLOUDAUDIT;
  return AR_VERDICT_EVENT;
}

ar_verdict ar_source_of(ar_canon *c, ar_fields *out, form *f, char why[160]) {
  if (unwrap(c, out)) return AR_VERDICT_ENVELOPE;
  if (is_error(c, why)) return AR_VERDICT_REJECTED;
  out->shape = shape_of(c);
  if (out->shape == AR_SHAPE_NONE)
    return verdict(AR_VERDICT_REJECTED, why, "not an Azure log record: no time and no operation name", AR_STR(""));
  open_shape(c, out->shape);
  if (c->out_of_memory) return verdict(AR_VERDICT_REJECTED, why, "out of memory", AR_STR(""));
  ar_str event_type = ar_slot_text(c, slot_seen(c, T_EVENT_TYPE) ? T_EVENT_TYPE : T_TYPE);
  if (out->shape == AR_SHAPE_EVENTGRID && !STARTS(event_type, "Microsoft.Resources."))
    return verdict(AR_VERDICT_SKIPPED, why, "Event Grid: ", event_type);
  if (out->shape == AR_SHAPE_CLOUDAUDIT) return take_cloudaudit(c, out, f, why);
  ar_str name = category_of(c);
  log_kind kind = log_of_record(c, out->shape, &name);
  return take_log(c, kind, name, out, f, why);
}

/* ---- activity or directory ---- */

/* Directory activity is what happens to the tenant itself: elevateAccess, and whatever is done outside of every
 * subscription and management group. */
void ar_source_refine(ar_fields *out) {
  if (out->source != AR_SOURCE_ACTIVITY) return;
  if (IS(out->category, "Policy") || STARTS(out->operation, "Microsoft.Authorization/policies/"))
    out->flags |= AR_EVENT_POLICY;
  if (IS(out->operation, "Microsoft.Authorization/elevateAccess/action")) out->source = AR_SOURCE_DIRECTORY;
  if (out->subscription.len || STARTS(out->resource, "/providers/Microsoft.Management/managementGroups/")) return;
  if (STARTS(out->resource, "/providers/") || STARTS(out->resource, "/tenants/")) out->source = AR_SOURCE_DIRECTORY;
}
