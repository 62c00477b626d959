/* document.c — feeds that are JSON: STIX bundles, MISP, warninglists, Azure service tags, arrays, JSON lines. */
#include "ipset/private.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* MISP's last_seen is the last sighting, not the end: an address stays suspect for a while. */
#define MISP_GRACE (30 * AR_DAY)

static ar_str text_of(const cJSON *item) {
  return cJSON_IsString(item) ? ar_str_of(item->valuestring) : (ar_str){ NULL, 0 };
}

static ar_str text_in(const cJSON *object, const char *key) {
  return text_of(cJSON_GetObjectItemCaseSensitive(object, key));
}

static bool says(const cJSON *object, const char *key, const char *word) {
  return ar_str_eq(text_in(object, key), ar_str_of(word));
}

/* true, "true", 1 and "1": exporters differ. */
static bool is_true(const cJSON *item) {
  ar_str text = text_of(item);
  if (text.ptr) return ar_str_eq(text, AR_STR("1")) || ar_str_eq_nocase(text, AR_STR("true"));
  return cJSON_IsTrue(item) || (cJSON_IsNumber(item) && item->valuedouble > 0);
}

static ar_instant time_in(const cJSON *object, const char *key, ar_instant otherwise) {
  ar_instant at;
  return ar_instant_parse(text_in(object, key), &at) ? at : otherwise;
}

/* ---- STIX ----------------------------------------------------------------------------------------------------- */

/* A version of an indicator: of several with one id the newest counts, also when it revokes. */
typedef struct version {
  const cJSON *object;
  ar_str id;
  ar_instant modified;
  uint64_t number;
} version;

static int compare_versions(const void *left, const void *right) {
  const version *a = left, *b = right;
  int order = ar_str_cmp(a->id, b->id);
  if (order) return order;
  if (a->modified != b->modified) return a->modified < b->modified ? -1 : 1;
  return a->number < b->number ? -1 : a->number > b->number;
}

static void take_indicator(ip_load *load, const version *v) {
  const cJSON *object = v->object;
  ar_str kind = text_in(object, "pattern_type");
  bool stix = kind.ptr == NULL || ar_str_eq_nocase(kind, AR_STR("stix"));
  if (!stix || is_true(cJSON_GetObjectItemCaseSensitive(object, "revoked"))) {
    load->report->skipped++;
    return;
  }
  load->from = time_in(object, "valid_from", INT64_MIN);
  load->until = time_in(object, "valid_until", INT64_MAX);
  ar_ipload_dated(load, v->modified);
  ar_ipload_pattern(load, text_in(object, "pattern"), v->number);
}

static size_t gather(const cJSON *objects, version *out) {
  size_t count = 0;
  uint64_t number = 0;
  const cJSON *object;
  cJSON_ArrayForEach(object, objects) {
    number++;
    if (!says(object, "type", "indicator")) continue;
    ar_instant born = time_in(object, "created", time_in(object, "valid_from", INT64_MIN));
    out[count++] = (version){ object, text_in(object, "id"), time_in(object, "modified", born), number };
  }
  return count;
}

static void load_stix(ip_load *load, const cJSON *objects) {
  size_t room = (size_t)cJSON_GetArraySize(objects);
  version *versions = ar_alloc((room + 1) * sizeof *versions);
  load->report->format = "stix";
  if (!versions) {
    load->nomem = true;
    return;
  }
  size_t count = gather(objects, versions);
  if (count) qsort(versions, count, sizeof *versions, compare_versions);
  for (size_t i = 0; i < count && !load->nomem; i++) {
    bool superseded = i + 1 < count && versions[i].id.len && ar_str_eq(versions[i].id, versions[i + 1].id);
    if (!superseded) take_indicator(load, &versions[i]);
  }
  ar_free(versions);
}

/* ---- MISP ------------------------------------------------------------------------------------------------------ */

/* The address of an attribute's value: all of it, or the part of "ip|port" and "domain|ip". */
static bool misp_address(const cJSON *attribute, ar_str *address) {
  static const char *const first[] = { "ip-src", "ip-dst", "ip-src|port", "ip-dst|port" };
  ar_str type = text_in(attribute, "type"), value = text_in(attribute, "value");
  const char *bar = value.len ? memchr(value.ptr, '|', value.len) : NULL;
  *address = value;
  for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
    if (!ar_str_eq(type, ar_str_of(first[i]))) continue;
    if (bar) address->len = (size_t)(bar - value.ptr);
    return true;
  }
  if (!ar_str_eq(type, AR_STR("domain|ip")) || !bar) return false;
  *address = (ar_str){ bar + 1, (size_t)(value.ptr + value.len - bar) - 1 };
  return true;
}

static ar_instant misp_timestamp(const cJSON *attribute) {
  const char *text = text_in(attribute, "timestamp").ptr;
  long long seconds = text ? strtoll(text, NULL, 10) : 0;
  return seconds > 0 && seconds < 253402300800 ? seconds * AR_SECOND : INT64_MIN;
}

static void take_attribute(ip_load *load, const cJSON *attribute, uint64_t number) {
  ar_str address;
  bool meant = is_true(cJSON_GetObjectItemCaseSensitive(attribute, "to_ids")) &&
               !is_true(cJSON_GetObjectItemCaseSensitive(attribute, "deleted"));
  if (!meant || !misp_address(attribute, &address)) {
    load->report->skipped++;
    return;
  }
  ar_instant last = time_in(attribute, "last_seen", INT64_MAX);
  load->from = time_in(attribute, "first_seen", INT64_MIN);
  load->until = last == INT64_MAX ? last : last + MISP_GRACE;
  ar_ipload_dated(load, misp_timestamp(attribute));
  ar_ipload_take(load, address, number);
}

static void take_attributes(ip_load *load, const cJSON *list, uint64_t *number) {
  const cJSON *attribute;
  cJSON_ArrayForEach(attribute, list) if (!load->nomem) take_attribute(load, attribute, ++*number);
}

static void load_event(ip_load *load, const cJSON *event, uint64_t *number) {
  const cJSON *object;
  load->report->format = "misp";
  take_attributes(load, cJSON_GetObjectItemCaseSensitive(event, "Attribute"), number);
  cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(event, "Object"))
      take_attributes(load, cJSON_GetObjectItemCaseSensitive(object, "Attribute"), number);
}

/* {"Event":…}, {"response":[{"Event":…}]}, {"response":{"Attribute":[…]}} */
static void load_response(ip_load *load, const cJSON *response, uint64_t *number) {
  const cJSON *item;
  if (cJSON_IsObject(response)) {
    load_event(load, response, number);
    return;
  }
  cJSON_ArrayForEach(item, response) load_event(load, cJSON_GetObjectItemCaseSensitive(item, "Event"), number);
}

/* ---- lists ----------------------------------------------------------------------------------------------------- */

/* An entry is a text, or an object with one of these. Objects without any (Spamhaus's closing metadata) are none. */
static void take_item(ip_load *load, const cJSON *item, uint64_t number) {
  static const char *const keys[] = { "cidr",        "ip",         "ip_address", "network", "prefix",    "ip_prefix",
                                      "ipv6_prefix", "ipv4Prefix", "ipv6Prefix", "address", "indicator", "value" };
  ar_str text = text_of(item);
  for (size_t i = 0; !text.ptr && i < sizeof keys / sizeof *keys; i++) text = text_in(item, keys[i]);
  if (text.ptr)
    ar_ipload_take(load, text, number);
  else if (cJSON_IsObject(item))
    load->report->skipped++;
  else
    ar_ipload_bad(load, AR_STR("(no text)"), number);
}

static void load_list(ip_load *load, const cJSON *list, const char *format, uint64_t *number) {
  const cJSON *item;
  load->report->format = format;
  cJSON_ArrayForEach(item, list) if (!load->nomem) take_item(load, item, ++*number);
}

static void load_service_tags(ip_load *load, const cJSON *values) {
  const cJSON *value;
  uint64_t number = 0;
  cJSON_ArrayForEach(value, values) {
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(value, "properties");
    load_list(load, cJSON_GetObjectItemCaseSensitive(properties, "addressPrefixes"), "servicetags", &number);
  }
  load->report->format = "servicetags";
}

static void load_array(ip_load *load, const cJSON *root) {
  uint64_t number = 0;
  const cJSON *first = root->child;
  if (says(first, "type", "indicator"))
    load_stix(load, root);
  else if (cJSON_GetObjectItemCaseSensitive(first, "Event"))
    load_response(load, root, &number);
  else
    load_list(load, root, "json", &number);
}

static bool load_object(ip_load *load, const cJSON *root) {
  uint64_t number = 0;
  const cJSON *objects = cJSON_GetObjectItemCaseSensitive(root, "objects");
  const cJSON *event = cJSON_GetObjectItemCaseSensitive(root, "Event");
  const cJSON *response = cJSON_GetObjectItemCaseSensitive(root, "response");
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "list");
  const cJSON *values = cJSON_GetObjectItemCaseSensitive(root, "values");
  if (objects || says(root, "type", "bundle"))
    load_stix(load, objects);
  else if (event)
    load_event(load, event, &number);
  else if (response)
    load_response(load, response, &number);
  else if (cJSON_IsArray(list))
    load_list(load, list, "misp warninglist", &number);
  else if (cJSON_IsArray(values))
    load_service_tags(load, values);
  else if (cJSON_GetObjectItemCaseSensitive(root, "Attribute"))
    load_event(load, root, &number);
  else
    return false;
  return true;
}

/* One object a line. */
static bool load_lines(ip_load *load, ar_str text) {
  ar_str line;
  bool any = false;
  load->report->format = "json lines";
  for (uint64_t number = 1; ar_ip_line(&text, &line) && !load->nomem; number++) {
    line = ar_str_trim(line);
    if (line.len == 0) continue;
    cJSON *item = cJSON_ParseWithLength(line.ptr, line.len);
    if (item)
      take_item(load, item, number);
    else
      ar_ipload_bad(load, line, number);
    any = any || item;
    cJSON_Delete(item);
  }
  return any;
}

/* Nothing but white space behind the value: cJSON stops there and does not say. */
static cJSON *parse_whole(ar_str text) {
  const char *end = NULL;
  cJSON *root = cJSON_ParseWithLengthOpts(text.ptr, text.len, &end, false);
  if (root && ar_str_trim((ar_str){ end, (size_t)(text.ptr + text.len - end) }).len == 0) return root;
  cJSON_Delete(root);
  return NULL;
}

bool ar_ipload_json(ip_load *load, ar_str text) {
  cJSON *root = parse_whole(text);
  bool known = true;
  if (root && cJSON_IsArray(root))
    load_array(load, root);
  else
    known = root && load_object(load, root);
  cJSON_Delete(root);
  return known || load_lines(load, text);
}
