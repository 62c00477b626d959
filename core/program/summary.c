/* summary.c — what a run says about itself on stderr: what came in, what came out, and what could not be seen. */
#include <stdlib.h>
#include <string.h>

#include "program/private.h"

#define LABEL 15
#define NUMBER 11
#define TEXT 28 /* the column where words start: LABEL + NUMBER + 2 */
#define WIDTH 120

static void row(const char *label, uint64_t count) {
  char number[32];
  fprintf(stderr, "%-*s%*s", LABEL, label, NUMBER, count_text(count, number));
}

/* A row without a number. */
static void bare_row(const char *label) {
  fprintf(stderr, "%-*s", TEXT, label);
}

/* "  what 1,204" joined by commas. */
static void part(const char **before, const char *what, uint64_t count) {
  char number[32];
  fputs(*before, stderr);
  put_text(stderr, what);
  fprintf(stderr, " %s", count_text(count, number));
  *before = ", ";
}

static void end_row(void) {
  fputc('\n', stderr);
}

static void tell_count(const char *label, uint64_t count) {
  row(label, count);
  end_row();
}

static void tell_kinds(const char *label, uint64_t count, const ar_told_kind *kinds, size_t kind_count) {
  const char *before = "  ";
  if (count == 0) return;
  row(label, count);
  for (size_t i = 0; i < kind_count && i < 8; i++) part(&before, kinds[i].what, kinds[i].count);
  if (kind_count > 8) fprintf(stderr, ", and %zu more kinds", kind_count - 8);
  end_row();
}

static void tell_records(const ar_told *t, timing took) {
  char bytes[32], files[32], span[40];
  row("records", t->records);
  fprintf(stderr, "  in %s %s, %s, %s\n", count_text(t->file_count, files), t->file_count == 1 ? "file" : "files",
          bytes_text(t->bytes, bytes), ar_span_text((ar_span)(took.seconds * 1e7), span).ptr);
}

static void tell_events(const ar_told *t) {
  const char *before = "  ";
  row("  events", t->events);
  for (size_t i = 0; i < AR_SOURCE_COUNT; i++)
    if (t->by_source[i] > 0) part(&before, ar_source_words[i], t->by_source[i]);
  end_row();
  tell_count("  duplicates", t->duplicates);
  tell_kinds("  skipped", t->skipped, t->skipped_kinds, t->skipped_kind_count);
  tell_kinds("  rejected", t->rejected, t->rejected_kinds, t->rejected_kind_count);
}

static void tell_acts(const ar_told *t) {
  const char *before = "  ";
  char oldest[40], newest[40];
  row("acts", t->acts);
  if (t->acts_nobody > 0) part(&before, "without a principal", t->acts_nobody);
  if (t->acts_unfinished > 0) part(&before, "unfinished", t->acts_unfinished);
  if (t->future > 0) part(&before, "in the future", t->future);
  if (t->flagged > 0) part(&before, "odd", t->flagged);
  end_row();
  if (t->events == 0 || t->oldest == AR_INSTANT_NONE) return;
  bare_row("period");
  fprintf(stderr, "%s to %s%s\n", ar_instant_text(t->oldest, oldest).ptr, ar_instant_text(t->newest, newest).ptr,
          t->sorted ? ", read again in sorted order" : "");
}

static void tell_alerts(const selection *s) {
  const char *before = "  ";
  uint64_t all = 0;
  for (int i = 0; i < AR_SEVERITIES; i++) all += s->by_severity[i];
  row("alerts", all);
  for (int i = AR_SEVERITIES; i-- > 0;)
    if (s->by_severity[i] > 0) part(&before, ar_severity_words[i], s->by_severity[i]);
  if (s->unselected > 0) part(&before, "not selected", s->unselected);
  if (s->ignored > 0) part(&before, "ignored by tuning", s->ignored);
  end_row();
}

/* ---- rules ---- */

/* Ids one after the other, broken between them. */
typedef struct ids {
  size_t column;
  bool any;
} ids;

static void put_id(ids *line, const char *id) {
  size_t len = strlen(id) + 2;
  if (line->any && line->column + len > WIDTH) {
    fprintf(stderr, ",\n%*s", TEXT, "");
    line->column = TEXT;
  } else if (line->any) {
    fputs(", ", stderr);
  }
  put_text(stderr, id);
  line->column += len;
  line->any = true;
}

/* Does the rule lack exactly this? */
static bool lacks_this(const ruleset *r, const ar_rule *rule, const char *what) {
  char lacks[160];
  return !ar_engine_rule_can_fire(r->engine, rule, lacks) && strcmp(lacks, what) == 0;
}

static void tell_lack(const ruleset *r, ar_rule *const *rules, size_t count, const char *what) {
  ids line = { TEXT, false };
  size_t unable = 0;
  for (size_t i = 0; i < count; i++) unable += lacks_this(r, rules[i], what);
  row("cannot fire", unable);
  fprintf(stderr, "  no %s in what was read\n%*s", what, TEXT, "");
  for (size_t i = 0; i < count; i++)
    if (lacks_this(r, rules[i], what)) put_id(&line, rules[i]->id);
  end_row();
}

/* One row for each thing that is missing. */
static void tell_unable(const ruleset *r) {
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  char lacks[160];
  for (size_t i = 0; i < count; i++) {
    if (ar_engine_rule_can_fire(r->engine, rules[i], lacks)) continue;
    bool told = false;
    for (size_t k = 0; k < i && !told; k++) told = lacks_this(r, rules[k], lacks);
    if (!told) tell_lack(r, rules, count, lacks);
  }
}

/* Does the rule still want exactly these days? */
static bool wants_this(const ruleset *r, const ar_rule *rule, uint32_t days) {
  uint32_t has, wants;
  return ar_engine_rule_learning(r->engine, rule, &has, &wants) && wants == days;
}

static void tell_wait(const ruleset *r, ar_rule *const *rules, size_t count, uint32_t has, uint32_t wants) {
  ids line = { TEXT, false };
  size_t learning = 0;
  for (size_t i = 0; i < count; i++) learning += wants_this(r, rules[i], wants);
  row("still learning", learning);
  fprintf(stderr, "  %s %u of %u days\n%*s", learning == 1 ? "has" : "have", has, wants, TEXT, "");
  for (size_t i = 0; i < count; i++)
    if (wants_this(r, rules[i], wants)) put_id(&line, rules[i]->id);
  end_row();
}

/* One row for each number of days that is waited for. */
static void tell_learning(const ruleset *r) {
  size_t count;
  uint32_t has, wants;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  for (size_t i = 0; i < count; i++) {
    if (!ar_engine_rule_learning(r->engine, rules[i], &has, &wants)) continue;
    bool told = false;
    for (size_t k = 0; k < i && !told; k++) told = wants_this(r, rules[k], wants);
    if (!told) tell_wait(r, rules, count, has, wants);
  }
}

static void tell_failed(const ruleset *r) {
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  for (size_t i = 0; i < count; i++) {
    const ar_rule *rule = rules[i];
    if (rule->told.faults == 0) continue;
    row("failed", rule->told.faults);
    fputs("  ", stderr);
    put_text(stderr, rule->id);
    fputs(rule->told.quarantined ? ", then quarantined: " : ": ", stderr);
    put_text(stderr, rule->told.fault);
    end_row();
  }
}

void failures_tell(const ruleset *r) {
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  for (size_t i = 0; i < count; i++)
    if (rules[i]->told.faults > 0)
      complain("%s failed%s: %s", rules[i]->id, rules[i]->told.quarantined ? " and was quarantined" : "",
               rules[i]->told.fault);
}

/* Also what --only and the like kept out of the output. */
static void tell_findings(const ruleset *r) {
  ar_alert **findings;
  size_t count;
  ar_err err;
  if (!ar_engine_findings(r->engine, &findings, &count, &err) || count == 0) return;
  row("findings", count);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) bare_row("");
    fputs(i > 0 ? "" : "  ", stderr);
    put_text(stderr, findings[i]->rule);
    fputs(": ", stderr);
    put_text(stderr, findings[i]->summary);
    end_row();
  }
}

static void tell_lost(const ar_told *t) {
  if (t->lost == 0) return;
  row("not read again", t->lost);
  fputs("  records whose text a rule wanted: ", stderr);
  put_text(stderr, t->lost_why);
  end_row();
}

void summary_tell(const ruleset *r, const selection *s, timing took) {
  const ar_told *told = ar_engine_tell(r->engine);
  tell_records(told, took);
  tell_events(told);
  tell_acts(told);
  tell_alerts(s);
  tell_unable(r);
  tell_learning(r);
  tell_failed(r);
  tell_findings(r);
  tell_lost(told);
}

/* ---- --stats ---- */

static int by_time(const void *left, const void *right) {
  const ar_rule *a = *(const ar_rule *const *)left, *b = *(const ar_rule *const *)right;
  if (a->told.nanoseconds != b->told.nanoseconds) return a->told.nanoseconds < b->told.nanoseconds ? 1 : -1;
  return strcmp(a->id, b->id);
}

static void tell_rule(const ar_rule *rule) {
  char calls[32], alerts[32];
  double ms = (double)rule->told.nanoseconds / 1e6;
  double each = rule->told.calls ? (double)rule->told.nanoseconds / 1e3 / (double)rule->told.calls : 0;
  fprintf(stderr, "  %-46s%12s%10s%12.1f%12.1f\n", rule->id, count_text(rule->told.calls, calls),
          count_text(rule->told.alerts, alerts), ms, each);
}

void stats_tell(const ruleset *r) {
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  const ar_told *told = ar_engine_tell(r->engine);
  const ar_rule **sorted = ar_alloc((count + 1) * sizeof *sorted);
  if (!sorted) return;
  if (count) memcpy(sorted, rules, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, by_time);
  fprintf(stderr, "calls of Lua: %.1f for 1,000 acts\n",
          told->acts ? 1000.0 * (double)told->calls / (double)told->acts : 0);
  fprintf(stderr, "  %-46s%12s%10s%12s%12s\n", "rule", "calls", "alerts", "ms", "us a call");
  for (size_t i = 0; i < count; i++) tell_rule(sorted[i]);
  ar_free(sorted);
}
