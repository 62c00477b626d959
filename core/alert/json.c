/* json.c — an alert as one line of JSON. cJSON builds the text; what it would let through unescaped is mended
 * before (ill-formed UTF-8) and after (hidden characters). */
#include "alert/alert.h"
#include "alert/private.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `ok` turns false at the first thing that memory was out for; everything after it is harmless. */
typedef struct writer {
  bool ok;
} writer;

/* key NULL: into an array. Keys must outlive the tree: literals, or names inside the alert. */
static cJSON *put(writer *w, cJSON *into, const char *key, cJSON *item) {
  bool done = item && into && (key ? cJSON_AddItemToObjectCS(into, key, item) : cJSON_AddItemToArray(into, item));
  if (done) return item;
  cJSON_Delete(item);
  w->ok = false;
  return NULL;
}

static cJSON *put_object(writer *w, cJSON *into, const char *key) {
  return put(w, into, key, cJSON_CreateObject());
}

static cJSON *put_array(writer *w, cJSON *into, const char *key) {
  return put(w, into, key, cJSON_CreateArray());
}

static void put_text(writer *w, cJSON *into, const char *key, const char *text) {
  ar_str slice = ar_str_of(text);
  if (!text) return;
  char *repaired = utf8_valid(slice) ? NULL : utf8_repair(slice);
  if (!repaired && !utf8_valid(slice))
    w->ok = false;
  else
    put(w, into, key, cJSON_CreateString(repaired ? repaired : text));
  ar_free(repaired);
}

/* cJSON holds numbers as doubles, which would round past 2^53. */
static void put_integer(writer *w, cJSON *into, const char *key, int64_t number) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, number);
  put(w, into, key, cJSON_CreateRaw(digits));
}

static void put_number(writer *w, cJSON *into, const char *key, double number) {
  if (isfinite(number)) put(w, into, key, cJSON_CreateNumber(number));
}

static void put_bool(writer *w, cJSON *into, const char *key, bool yes) {
  put(w, into, key, cJSON_CreateBool(yes));
}

static void put_tri(writer *w, cJSON *into, const char *key, ar_tri tri) {
  if (tri != AR_UNKNOWN) put_bool(w, into, key, tri == AR_YES);
}

static void put_time(writer *w, cJSON *into, const char *key, ar_instant at) {
  char text[40];
  if (at == AR_INSTANT_NONE) return;
  ar_instant_text(at, text);
  put_text(w, into, key, text);
}

static void put_strings(writer *w, cJSON *into, const char *key, const ar_strings *strings, size_t most) {
  cJSON *array = put_array(w, into, key);
  for (size_t i = 0; i < strings->count && i < most; i++) put_text(w, array, NULL, strings->items[i]);
}

/* ---- the parts ---- */

static void put_head(writer *w, cJSON *root, const ar_alert *alert) {
  put_integer(w, root, "schema", 1);
  if (alert->finding) put_text(w, root, "kind", "finding");
  put_text(w, root, "rule", alert->rule);
  if (alert->id[0]) put_text(w, root, "id", alert->id);
  put_text(w, root, "title", alert->title);
  put_text(w, root, "summary", alert->summary);
  if (alert->severity < AR_SEVERITIES) put_text(w, root, "severity", ar_severity_words[alert->severity]);
  if (alert->confidence < AR_CONFIDENCES) put_text(w, root, "confidence", ar_confidence_words[alert->confidence]);
  put_text(w, root, "state", "final");
  put_strings(w, root, "tactics", &alert->tactics, SIZE_MAX);
  put_strings(w, root, "techniques", &alert->techniques, SIZE_MAX);
  put_bool(w, root, "preview", alert->preview);
  put_strings(w, root, "missing_sources", &alert->missing_sources, SIZE_MAX);
  put_time(w, root, "time", alert->time);
  put_time(w, root, "start", alert->start);
  put_time(w, root, "end", alert->end);
}

static void put_principal(writer *w, cJSON *root, const ar_alert *alert) {
  if (!alert->principal.key) return;
  cJSON *who = put_object(w, root, "principal");
  put_text(w, who, "id", alert->principal.id);
  put_text(w, who, "key", alert->principal.key);
  put_text(w, who, "name", alert->principal.name);
  if (alert->principal.kind != AR_KIND_UNKNOWN) put_text(w, who, "kind", ar_kind_words[alert->principal.kind]);
  put_text(w, who, "app_id", alert->principal.app_id);
  put_text(w, who, "app_name", alert->principal.app_name);
  put_tri(w, who, "mfa", alert->principal.mfa);
  put_tri(w, who, "delegated", alert->principal.delegated);
}

static void put_tags(writer *w, cJSON *into, unsigned tags) {
  cJSON *array = put_array(w, into, "tags");
  for (unsigned bit = 0; bit < AR_IP_TAG_COUNT; bit++)
    if (tags >> bit & 1) put_text(w, array, NULL, ar_ip_tag_words[bit]);
}

static void put_ips(writer *w, cJSON *root, const ar_alert *alert) {
  cJSON *array = put_array(w, root, "ips");
  for (size_t i = 0; i < alert->ip_count; i++) {
    const ar_alert_ip *ip = &alert->ips[i];
    cJSON *item = put_object(w, array, NULL);
    put_text(w, item, "address", ip->address);
    put_tags(w, item, ip->tags);
    if (ip->asn) put_integer(w, item, "asn", ip->asn);
    if (ip->country[0]) put_text(w, item, "country", ip->country);
  }
}

static void put_scope(writer *w, cJSON *root, const ar_alert *alert) {
  put_text(w, root, "tenant", alert->tenant);
  put_text(w, root, "subscription", alert->subscription);
  put_strings(w, root, "subscriptions", &alert->subscriptions, SIZE_MAX);
  put_text(w, root, "resource", alert->resource);
  put_strings(w, root, "resources", &alert->resources, AR_RESOURCES_SHOWN);
  if (alert->resources.count > AR_RESOURCES_SHOWN)
    put_integer(w, root, "resources_total", (int64_t)alert->resources.count);
  if (!alert->has_score) return;
  put_number(w, root, "score", alert->score);
  put_number(w, root, "threshold", alert->threshold);
}

static void put_value(writer *w, cJSON *into, const ar_value *value) {
  switch (value->type) {
  case AR_VALUE_TEXT:
    put_text(w, into, value->name, value->text);
    break;
  case AR_VALUE_INTEGER:
    put_integer(w, into, value->name, value->integer);
    break;
  case AR_VALUE_NUMBER:
    put_number(w, into, value->name, value->number);
    break;
  case AR_VALUE_BOOL:
    put_bool(w, into, value->name, value->integer != 0);
    break;
  }
}

static void put_reasons(writer *w, cJSON *root, const ar_alert *alert) {
  cJSON *array = put_array(w, root, "reasons");
  for (size_t i = 0; i < alert->reason_count; i++) {
    const ar_reason *reason = &alert->reasons[i];
    cJSON *item = put_object(w, array, NULL);
    put_text(w, item, "code", reason->code);
    put_text(w, item, "text", reason->text);
    cJSON *values = put_object(w, item, "values");
    for (size_t v = 0; v < reason->value_count; v++) put_value(w, values, &reason->values[v]);
    if (reason->has_bits) put_number(w, item, "bits", reason->bits);
  }
}

/* ---- evidence ---- */

static int cmp_texts(const char *a, const char *b) {
  if (!a || !b) return (a != NULL) - (b != NULL);
  return strcmp(a, b);
}

/* By content alone; where a record lay depends on how the log was delivered. */
static int cmp_records(const void *left, const void *right) {
  const ar_evidence_record *a = *(const ar_evidence_record *const *)left;
  const ar_evidence_record *b = *(const ar_evidence_record *const *)right;
  int order = (a->time > b->time) - (a->time < b->time);
  if (order || (order = cmp_texts(a->operation, b->operation))) return order;
  if ((order = cmp_texts(a->resource, b->resource))) return order;
  if ((order = (int)a->source - (int)b->source)) return order;
  if ((order = (int)a->status - (int)b->status)) return order;
  if ((order = cmp_texts(a->correlation, b->correlation))) return order;
  if ((order = cmp_texts(a->event_id, b->event_id))) return order;
  return cmp_texts(a->ip, b->ip);
}

static void put_record(writer *w, cJSON *into, const ar_evidence_record *record) {
  put_time(w, into, "time", record->time);
  if (record->source != AR_SOURCE_NONE) put_text(w, into, "source", ar_source_words[record->source]);
  put_text(w, into, "operation", record->operation);
  put_text(w, into, "resource", record->resource);
  if (record->status != AR_STATUS_NONE) put_text(w, into, "status", ar_status_words[record->status]);
  put_text(w, into, "ip", record->ip);
  put_text(w, into, "correlation_id", record->correlation);
  put_text(w, into, "event_id", record->event_id);
  cJSON *origin = put_object(w, into, "origin");
  put_text(w, origin, "file", record->file);
  put_integer(w, origin, "record", (int64_t)record->origin.record);
  put_integer(w, origin, "offset", (int64_t)record->origin.offset);
}

/* All records that witnesses kept, in order. The caller frees it; NULL when memory is out. */
static const ar_evidence_record **sorted_records(const ar_alert *alert, size_t *count) {
  size_t all = 0, used = 0;
  for (size_t i = 0; i < alert->evidence_count; i++) all += alert->evidence[i]->record_count;
  const ar_evidence_record **records = ar_alloc(all * sizeof(void *));
  if (!records) return NULL;
  for (size_t i = 0; i < alert->evidence_count; i++)
    for (uint32_t r = 0; r < alert->evidence[i]->record_count; r++) records[used++] = &alert->evidence[i]->records[r];
  qsort(records, all, sizeof(void *), cmp_records);
  *count = all;
  return records;
}

static uint64_t evidence_total(const ar_alert *alert, size_t kept) {
  uint64_t total = kept + alert->evidence_left_out;
  for (size_t i = 0; i < alert->evidence_count; i++) total += alert->evidence[i]->more;
  return total;
}

static void put_evidence(writer *w, cJSON *root, const ar_alert *alert) {
  size_t count = 0;
  const ar_evidence_record **records = sorted_records(alert, &count);
  cJSON *array = put_array(w, root, "evidence");
  if (!records) w->ok = false;
  for (size_t i = 0; i < count && i < AR_EVIDENCE_SHOWN; i++) put_record(w, put_object(w, array, NULL), records[i]);
  put_integer(w, root, "evidence_total", (int64_t)evidence_total(alert, count));
  ar_free(records);
}

/* ---- the line ---- */

static cJSON *tree_of(const ar_alert *alert) {
  writer w = { true };
  cJSON *root = cJSON_CreateObject();
  put_head(&w, root, alert);
  put_principal(&w, root, alert);
  put_ips(&w, root, alert);
  put_scope(&w, root, alert);
  put_reasons(&w, root, alert);
  put_evidence(&w, root, alert);
  put_strings(&w, root, "siblings", &alert->siblings, SIZE_MAX);
  put_text(&w, root, "rule_set", alert->rule_set);
  if (w.ok && root) return root;
  cJSON_Delete(root);
  return NULL;
}

char *ar_alert_json(const ar_alert *alert, ar_err *err) {
  cJSON *tree = tree_of(alert);
  char *raw = tree ? cJSON_PrintUnformatted(tree) : NULL;
  char *line = raw ? json_escape_hidden(ar_str_of(raw)) : NULL;
  if (!line) ar_nomem(err, "writing an alert as JSON");
  cJSON_free(raw);
  cJSON_Delete(tree);
  return line;
}
