/* selector.c — does one alternative of `on` take an act? */
#include "rule/private.h"

#include <string.h>

bool pattern_of(ar_str text, pattern *out) {
  const char *star = text.len ? memchr(text.ptr, '*', text.len) : NULL;
  *out = (pattern){ text, { NULL, 0 }, star != NULL };
  if (!star) return true;
  out->head.len = (size_t)(star - text.ptr);
  out->tail = (ar_str){ star + 1, text.len - out->head.len - 1 };
  return out->tail.len == 0 || !memchr(out->tail.ptr, '*', out->tail.len);
}

static bool ends_with(ar_str text, ar_str tail) {
  return tail.len == 0 || memcmp(text.ptr + text.len - tail.len, tail.ptr, tail.len) == 0;
}

bool pattern_takes(const pattern *p, ar_str operation) {
  if (!p->wild) return ar_str_eq(p->head, operation);
  return operation.len >= p->head.len + p->tail.len && ar_str_starts(operation, p->head) &&
         ends_with(operation, p->tail);
}

static bool mask_takes(unsigned mask, unsigned bit) {
  return mask == 0 || (mask >> bit & 1);
}

static bool status_taken(unsigned mask, bool at_started, ar_status status) {
  return mask ? mask >> status & 1 : at_started || status == AR_STATUS_SUCCEEDED;
}

static bool novelty_taken(const ar_selector *selector, const ar_select_facts *facts) {
  unsigned news = selector->novelty & ~(unsigned)(AR_DORMANT | AR_UNUSED_APP);
  if ((selector->novelty & AR_DORMANT) && facts->gap < selector->dormant) return false;
  if ((selector->novelty & AR_UNUSED_APP) && facts->app_gap < selector->unused_app) return false;
  return (facts->novelty & news) == news;
}

static bool app_taken(const ar_selector *selector, ar_id app) {
  for (size_t i = 0; i < selector->app_count; i++)
    if (ar_id_eq(selector->apps[i], app)) return true;
  return selector->app_count == 0;
}

bool selector_takes_facts(const ar_selector *selector, bool at_started, const ar_select_facts *facts) {
  return status_taken(selector->statuses, at_started, facts->status) && mask_takes(selector->sources, facts->source) &&
         mask_takes(selector->kinds, facts->kind) && app_taken(selector, facts->app) &&
         (selector->ip_tags == 0 || (selector->ip_tags & facts->ip_tags) != 0) && novelty_taken(selector, facts);
}

bool selector_takes_risk(const ar_selector *selector, ar_risk risk) {
  if (selector->tactics == 0) return true;
  unsigned tactics = selector->first ? risk.first : risk.tactics;
  return (selector->tactics & tactics) != 0 && (selector->everyday || !risk.everyday);
}
