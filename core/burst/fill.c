/* fill.c — what the rule and the acts say of an alert: identity, principal, scope, evidence, the summary. */
#include "burst/private.h"

#include <stdio.h>
#include <string.h>

static const ar_key_plan by_principal = { { AR_FIELD_PRINCIPAL }, 1 };

bool burst_key(const ar_rule *rule, const ar_witness *witness, text *out) {
  const ar_key_plan *by = rule->burst_by.count ? &rule->burst_by : &by_principal;
  for (size_t i = 0; i < by->count; i++) {
    const char *value = witness->texts[by->fields[i]];
    text_add_piece(out, value ? value : "");
  }
  return !out->broken;
}

/* The act is told by what was logged of it, in canonical spelling: seed, shape and tuning leave no trace. */
static bool write_id(ar_alert *alert, const ar_witness *witness, ar_str key, ar_err *err) {
  text t = { NULL, 0, 0, false };
  unsigned char digest[32];
  text_add_piece(&t, alert->rule);
  text_add_piece(&t, key.ptr);
  text_add_piece(&t, witness->texts[AR_FIELD_CORRELATION]);
  text_add_piece(&t, witness->texts[AR_FIELD_OPERATION]);
  text_add_piece(&t, witness->texts[AR_FIELD_RESOURCE]);
  text_add_number(&t, witness->time);
  text_add(&t, AR_STR("."));
  text_add_number(&t, (int64_t)witness->order);
  if (!t.broken) ar_sha256((ar_str){ t.ptr, t.len }, digest);
  for (size_t i = 0; !t.broken && i < 16; i++) snprintf(alert->id + 2 * i, 3, "%02x", digest[i]);
  ar_free(t.ptr);
  return !t.broken || ar_nomem(err, "naming an alert");
}

/* Sets *to from a text unless it is set, or the text unknown. */
static bool fill_text(char **to, const char *from, ar_err *err) {
  if (*to || !from) return true;
  *to = ar_copy(ar_str_of(from));
  return *to || ar_nomem(err, "completing an alert");
}

static bool add_all(ar_strings *to, const ar_strings *from, ar_err *err) {
  for (size_t i = 0; i < from->count; i++)
    if (!ar_strings_add(to, ar_str_of(from->items[i]), err)) return false;
  return true;
}

static bool fill_principal(ar_alert *alert, const ar_witness *witness, ar_err *err) {
  if (alert->principal.key) return true; /* the rule named somebody else */
  alert->principal.kind = witness->kind;
  alert->principal.mfa = witness->mfa;
  alert->principal.delegated = witness->delegated;
  return fill_text(&alert->principal.key, witness->texts[AR_FIELD_PRINCIPAL], err) &&
         fill_text(&alert->principal.id, witness->object_id, err) &&
         fill_text(&alert->principal.name, witness->principal_name, err) &&
         fill_text(&alert->principal.app_id, witness->texts[AR_FIELD_APP], err) &&
         fill_text(&alert->principal.app_name, witness->app_name, err);
}

static bool fill_scope(ar_alert *alert, const ar_witness *witness, ar_err *err) {
  return fill_text(&alert->tenant, witness->texts[AR_FIELD_TENANT], err) &&
         fill_text(&alert->subscription, witness->texts[AR_FIELD_SUBSCRIPTION], err) &&
         fill_text(&alert->resource, witness->texts[AR_FIELD_RESOURCE], err);
}

static void fill_grades(ar_alert *alert, const ar_rule *rule) {
  if (alert->severity >= AR_SEVERITIES) alert->severity = rule->severity;
  if (alert->confidence >= AR_CONFIDENCES) alert->confidence = rule->confidence;
  alert->preview |= rule->preview;
}

static bool fill_from_rule(ar_alert *alert, const ar_rule *rule, ar_err *err) {
  alert->rule = rule->id;
  fill_grades(alert, rule);
  return fill_text(&alert->title, rule->title, err) &&
         (alert->tactics.count || add_all(&alert->tactics, &rule->tactics, err)) &&
         (alert->techniques.count || add_all(&alert->techniques, &rule->techniques, err));
}

/* ---- acts ---- */

static void widen(ar_alert *alert, const ar_witness *act) {
  ar_instant started = act->started == AR_INSTANT_NONE ? act->time : act->started;
  ar_instant ended = act->ended == AR_INSTANT_NONE ? act->time : act->ended;
  if (alert->start == AR_INSTANT_NONE || started < alert->start) alert->start = started;
  if (ended > alert->end) alert->end = ended; /* NONE is below everything */
}

static bool add_name(ar_strings *strings, const char *name, ar_err *err) {
  return !name || ar_strings_add(strings, ar_str_of(name), err);
}

static bool add_facts(ar_alert *alert, const ar_witness *act, ar_err *err) {
  const char *ip = act->texts[AR_FIELD_IP];
  widen(alert, act);
  return (!ip || ar_alert_add_ip(alert, ip, act->ip_tags, act->asn, act->country, err)) &&
         add_name(&alert->subscriptions, act->texts[AR_FIELD_SUBSCRIPTION], err) &&
         add_name(&alert->resources, act->texts[AR_FIELD_RESOURCE], err);
}

static bool add_act(ar_alert *alert, ar_witness *act, ar_err *err) {
  if (alert->evidence_count >= AR_BURST_ACTS) return true;
  return ar_alert_add_evidence(alert, act, err) && add_facts(alert, act, err);
}

/* Of acts that are not kept only the deciding ones are counted: each decides once, while the others come again and
 * again with every finding of the same window. */
static bool add_deciding(ar_alert *alert, ar_witness *act, ar_err *err) {
  if (alert->evidence_count < AR_BURST_ACTS) return add_act(alert, act, err);
  widen(alert, act);
  alert->evidence_left_out += act->record_count + act->more;
  return true;
}

bool alert_complete(ar_alert *alert, const ar_rule *rule, ar_witness *witness, ar_str key, ar_err *err) {
  if (alert->time == AR_INSTANT_NONE) alert->time = witness->time;
  if (!fill_from_rule(alert, rule, err) || !fill_principal(alert, witness, err) || !fill_scope(alert, witness, err))
    return false;
  for (size_t i = 0; i < alert->evidence_count; i++)
    if (!add_facts(alert, alert->evidence[i], err)) return false;
  return add_deciding(alert, witness, err) && write_id(alert, witness, key, err);
}

/* ---- joining ---- */

static void join_grades(ar_alert *alert, const ar_alert *finding) {
  if (finding->severity > alert->severity) alert->severity = finding->severity;
  if (finding->confidence > alert->confidence) alert->confidence = finding->confidence;
  alert->preview |= finding->preview;
  if (!finding->has_score || (alert->has_score && alert->score >= finding->score)) return;
  alert->has_score = true;
  alert->score = finding->score;
  alert->threshold = finding->threshold;
}

static bool join_reasons(ar_alert *alert, ar_alert *finding, ar_err *err) {
  for (size_t i = 0; i < finding->reason_count; i++)
    if (!ar_alert_add_reason(alert, &finding->reasons[i], err)) {
      memmove(finding->reasons, finding->reasons + i + 1, (finding->reason_count - i - 1) * sizeof *finding->reasons);
      finding->reason_count -= i + 1;
      return false;
    }
  finding->reason_count = 0;
  return true;
}

static bool join_acts(ar_alert *alert, const ar_alert *finding, ar_witness *witness, ar_err *err) {
  for (size_t i = 0; i < finding->evidence_count; i++)
    if (!add_act(alert, finding->evidence[i], err)) return false;
  return add_deciding(alert, witness, err);
}

static bool join_lists(ar_alert *alert, const ar_alert *finding, ar_err *err) {
  return add_all(&alert->tactics, &finding->tactics, err) && add_all(&alert->techniques, &finding->techniques, err) &&
         add_all(&alert->missing_sources, &finding->missing_sources, err);
}

bool alert_join(ar_alert *alert, ar_alert *finding, const ar_rule *rule, ar_witness *witness, ar_err *err) {
  fill_grades(finding, rule);
  if (!join_acts(alert, finding, witness, err) || !join_lists(alert, finding, err) ||
      !join_reasons(alert, finding, err))
    return false;
  join_grades(alert, finding);
  if (finding->summary) {
    ar_free(alert->summary);
    alert->summary = finding->summary;
    finding->summary = NULL;
  }
  return true;
}

/* ---- the summary ---- */

static const char *who(const ar_alert *alert) {
  if (alert->principal.name) return alert->principal.name;
  if (alert->principal.app_name) return alert->principal.app_name;
  return alert->principal.key ? alert->principal.key : "somebody whom the log does not name";
}

static void add_where(text *t, const ar_alert *alert) {
  if (alert->subscriptions.count == 1) {
    text_add(t, AR_STR(", in subscription "));
    text_add(t, ar_str_of(alert->subscriptions.items[0]));
  } else if (alert->subscriptions.count > 1) {
    text_add(t, AR_STR(", in "));
    text_add_number(t, (int64_t)alert->subscriptions.count);
    text_add(t, AR_STR(" subscriptions"));
  }
}

bool alert_summarise(ar_alert *alert, ar_err *err) {
  text t = { NULL, 0, 0, false };
  text_add(&t, ar_str_of(who(alert)));
  text_add(&t, AR_STR(": "));
  text_add(&t, ar_str_of(alert->reason_count ? alert->reasons[0].text : alert->title));
  add_where(&t, alert);
  if (t.broken) {
    ar_free(t.ptr);
    return ar_nomem(err, "summing up an alert");
  }
  ar_free(alert->summary);
  alert->summary = t.ptr;
  return true;
}
