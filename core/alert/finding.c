/* finding.c — what the engine says of its own run, made as an alert so that it goes where alerts go. */
#include "alert/alert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void set_id(ar_alert *finding) {
  char name[160];
  unsigned char digest[32];
  snprintf(name, sizeof name, "finding %s %" PRId64, finding->rule, finding->time);
  ar_sha256(ar_str_of(name), digest);
  for (size_t i = 0; i < 16; i++) snprintf(finding->id + 2 * i, 3, "%02x", digest[i]);
}

ar_alert *ar_finding_new(const char *rule, ar_severity severity, const char *title, ar_instant first, ar_instant last,
                         ar_err *err) {
  ar_alert *finding = ar_alert_new();
  if (finding) finding->title = ar_copy(ar_str_of(title));
  if (!finding || !finding->title) {
    ar_alert_free(finding);
    return ar_nomem(err, "making a finding"), NULL;
  }
  finding->rule = rule;
  finding->finding = true;
  finding->severity = severity;
  finding->confidence = AR_CONFIDENCE_HIGH;
  finding->time = finding->start = first;
  finding->end = last;
  set_id(finding);
  return finding;
}

/* Unlike those of an alert, two reasons may have one code: each table that was full has its own. */
bool ar_finding_say(ar_alert *finding, const char *code, const char *text, ar_err *err) {
  size_t count = finding->reason_count;
  ar_reason *grown = ar_resize(finding->reasons, (count + 1) * sizeof *grown);
  if (!grown) return ar_nomem(err, "adding a reason to a finding");
  finding->reasons = grown;
  grown[count] = (ar_reason){ .code = ar_copy(ar_str_of(code)), .text = ar_copy(ar_str_of(text)) };
  finding->reason_count++;
  return (grown[count].code && grown[count].text) || ar_nomem(err, "adding a reason to a finding");
}

/* Names come in the order they are given in, which is the same in every run. */
static bool add_value(ar_alert *finding, const char *name, ar_value value, ar_err *err) {
  ar_reason *reason = &finding->reasons[finding->reason_count - 1];
  ar_value *grown = ar_resize(reason->values, (reason->value_count + 1) * sizeof *grown);
  if (grown) reason->values = grown;
  value.name = grown ? ar_copy(ar_str_of(name)) : NULL;
  if (!value.name) {
    ar_free(value.text);
    return ar_nomem(err, "adding a number to a finding");
  }
  grown[reason->value_count++] = value;
  return true;
}

bool ar_finding_text(ar_alert *finding, const char *name, const char *text, ar_err *err) {
  char *copy = ar_copy(ar_str_of(text));
  if (!copy) return ar_nomem(err, "adding a text to a finding");
  return add_value(finding, name, (ar_value){ .type = AR_VALUE_TEXT, .text = copy }, err);
}

bool ar_finding_integer(ar_alert *finding, const char *name, uint64_t number, ar_err *err) {
  int64_t integer = number > INT64_MAX ? INT64_MAX : (int64_t)number;
  return add_value(finding, name, (ar_value){ .type = AR_VALUE_INTEGER, .integer = integer }, err);
}
