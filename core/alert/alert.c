/* alert.c — an alert's parts: sorted lists, reasons, addresses, evidence. */
#include "alert/alert.h"

#include <string.h>

const char *const ar_severity_words[AR_SEVERITIES] = { "informational", "low", "medium", "high" };
const char *const ar_confidence_words[AR_CONFIDENCES] = { "low", "medium", "high" };

ar_alert *ar_alert_new(void) {
  ar_alert *alert = ar_alloc(sizeof *alert);
  if (!alert) return NULL;
  alert->severity = AR_SEVERITIES;
  alert->confidence = AR_CONFIDENCES;
  alert->time = alert->start = alert->end = AR_INSTANT_NONE;
  return alert;
}

static void free_principal(ar_alert *alert) {
  ar_free(alert->principal.id);
  ar_free(alert->principal.key);
  ar_free(alert->principal.name);
  ar_free(alert->principal.app_id);
  ar_free(alert->principal.app_name);
}

static void free_lists(ar_alert *alert) {
  ar_strings_free(&alert->tactics);
  ar_strings_free(&alert->techniques);
  ar_strings_free(&alert->missing_sources);
  ar_strings_free(&alert->subscriptions);
  ar_strings_free(&alert->resources);
  ar_strings_free(&alert->siblings);
}

static void free_ips(ar_alert *alert) {
  for (size_t i = 0; i < alert->ip_count; i++) ar_free(alert->ips[i].address);
  ar_free(alert->ips);
}

static void free_reasons(ar_alert *alert) {
  for (size_t i = 0; i < alert->reason_count; i++) ar_reason_clear(&alert->reasons[i]);
  ar_free(alert->reasons);
}

static void free_evidence(ar_alert *alert) {
  for (size_t i = 0; i < alert->evidence_count; i++) ar_witness_drop(alert->evidence[i]);
  ar_free(alert->evidence);
}

void ar_alert_free(ar_alert *alert) {
  if (!alert) return;
  free_principal(alert);
  free_lists(alert);
  free_ips(alert);
  free_reasons(alert);
  free_evidence(alert);
  ar_free(alert->title);
  ar_free(alert->summary);
  ar_free(alert->tenant);
  ar_free(alert->subscription);
  ar_free(alert->resource);
  ar_free(alert);
}

/* Makes room for one item at index `at` of an array. Its room is not stored: it is the count rounded up to a power
 * of two, so a full one is told by its count. NULL when memory is out; then the array is as it was. */
static void *open_gap(void *items, size_t count, size_t at, size_t bytes) {
  char *grown = items;
  if ((count & (count - 1)) == 0) {
    if (count > SIZE_MAX / 2 / bytes) return NULL;
    grown = ar_resize(items, (count ? count * 2 : 1) * bytes);
    if (!grown) return NULL;
  }
  memmove(grown + (at + 1) * bytes, grown + at * bytes, (count - at) * bytes);
  return grown;
}

/* ---- sorted lists ---- */

static int cmp_item(const char *item, ar_str text) {
  return ar_str_cmp(ar_str_of(item), text);
}

static size_t strings_place(const ar_strings *strings, ar_str text) {
  size_t low = 0, high = strings->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (cmp_item(strings->items[middle], text) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool ar_strings_add(ar_strings *strings, ar_str text, ar_err *err) {
  size_t at = strings_place(strings, text);
  if (at < strings->count && cmp_item(strings->items[at], text) == 0) return true;
  char *copy = ar_copy(text);
  char **grown = copy ? open_gap(strings->items, strings->count, at, sizeof *grown) : NULL;
  if (!grown) {
    ar_free(copy);
    return ar_nomem(err, "adding to a list of an alert");
  }
  grown[at] = copy;
  strings->items = grown;
  strings->count++;
  return true;
}

void ar_strings_free(ar_strings *strings) {
  for (size_t i = 0; i < strings->count; i++) ar_free(strings->items[i]);
  ar_free(strings->items);
  *strings = (ar_strings){ NULL, 0 };
}

/* ---- reasons ---- */

static void clear_value(ar_value *value) {
  ar_free(value->name);
  ar_free(value->text);
}

void ar_reason_clear(ar_reason *reason) {
  for (size_t i = 0; i < reason->value_count; i++) clear_value(&reason->values[i]);
  ar_free(reason->values);
  ar_free(reason->code);
  ar_free(reason->text);
  *reason = (ar_reason){ 0 };
}

/* Puts values[at] among the sorted ones before it; returns how many are sorted then. */
static size_t sort_in(ar_value *values, size_t sorted, ar_value value) {
  size_t at = sorted;
  while (at > 0 && strcmp(values[at - 1].name, value.name) > 0) at--;
  if (at > 0 && strcmp(values[at - 1].name, value.name) == 0) {
    clear_value(&values[at - 1]);
    values[at - 1] = value;
    return sorted;
  }
  memmove(values + at + 1, values + at, (sorted - at) * sizeof *values);
  values[at] = value;
  return sorted + 1;
}

static void sort_values(ar_reason *reason) {
  size_t sorted = 0;
  for (size_t i = 0; i < reason->value_count; i++) sorted = sort_in(reason->values, sorted, reason->values[i]);
  reason->value_count = sorted;
}

static ar_reason *find_reason(ar_alert *alert, const char *code) {
  for (size_t i = 0; i < alert->reason_count; i++)
    if (strcmp(alert->reasons[i].code, code) == 0) return &alert->reasons[i];
  return NULL;
}

bool ar_alert_add_reason(ar_alert *alert, ar_reason *reason, ar_err *err) {
  ar_reason *there = find_reason(alert, reason->code);
  sort_values(reason);
  if (there) {
    ar_reason_clear(there);
  } else {
    ar_reason *grown = open_gap(alert->reasons, alert->reason_count, alert->reason_count, sizeof *grown);
    if (!grown) {
      ar_reason_clear(reason);
      return ar_nomem(err, "adding a reason to an alert");
    }
    alert->reasons = grown;
    there = &grown[alert->reason_count++];
  }
  *there = *reason;
  *reason = (ar_reason){ 0 };
  return true;
}

/* ---- evidence ---- */

static size_t evidence_place(const ar_alert *alert, const ar_witness *witness) {
  size_t low = 0, high = alert->evidence_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ar_witness_cmp(alert->evidence[middle], witness) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool ar_alert_add_evidence(ar_alert *alert, ar_witness *witness, ar_err *err) {
  if (!ar_witness_complete(witness, err)) return false;
  size_t at = evidence_place(alert, witness);
  if (at < alert->evidence_count && ar_witness_cmp(alert->evidence[at], witness) == 0) return true;
  ar_witness **grown = open_gap(alert->evidence, alert->evidence_count, at, sizeof *grown);
  if (!grown) return ar_nomem(err, "adding evidence to an alert");
  grown[at] = ar_witness_hold(witness);
  alert->evidence = grown;
  alert->evidence_count++;
  return true;
}

/* ---- addresses ---- */

static void join_ip(ar_alert_ip *ip, unsigned tags, uint32_t asn, const char *country) {
  ip->tags |= tags;
  if (!ip->asn) ip->asn = asn;
  if (!ip->country[0] && country) strncpy(ip->country, country, sizeof ip->country - 1);
}

bool ar_alert_add_ip(ar_alert *alert, const char *address, unsigned tags, uint32_t asn, const char *country,
                     ar_err *err) {
  size_t at = 0;
  while (at < alert->ip_count && strcmp(alert->ips[at].address, address) < 0) at++;
  if (at == alert->ip_count || strcmp(alert->ips[at].address, address) != 0) {
    char *copy = ar_copy(ar_str_of(address));
    ar_alert_ip *grown = copy ? open_gap(alert->ips, alert->ip_count, at, sizeof *grown) : NULL;
    if (!grown) {
      ar_free(copy);
      return ar_nomem(err, "adding an address to an alert");
    }
    grown[at] = (ar_alert_ip){ .address = copy };
    alert->ips = grown;
    alert->ip_count++;
  }
  join_ip(&alert->ips[at], tags, asn, country);
  return true;
}

int ar_alert_cmp(const ar_alert *a, const ar_alert *b) {
  if (a->time != b->time) return a->time < b->time ? -1 : 1;
  int order = strcmp(a->id, b->id);
  return order ? order : strcmp(a->rule, b->rule);
}
