/* run.c — armrun RULES LOG...: everything in, alerts out, and what there is to say about it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/private.h"

typedef struct run {
  options options;
  sink out;
  losses losses;
  progress progress;
  ruleset rules;
  ar_reader *reader; /* outlives the engine, which reads records again and names files by it */
  selection selection;
} run;

static void on_progress(void *owner, uint64_t done, uint64_t total, uint64_t records, bool again) {
  run *r = owner;
  progress_draw(&r->progress, done, total, records, again);
}

static void on_reject(void *owner, const ar_reject *reject, const char *file) {
  run *r = owner;
  losses_add(&r->losses, reject, file);
}

/* ---- alerts ---- */

static bool wants_color(const run *r) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return !r->options.output && isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

static format wanted_format(const run *r) {
  if (r->options.format != FORMAT_AUTO) return r->options.format;
  return !r->options.output && isatty(STDOUT_FILENO) ? FORMAT_TEXT : FORMAT_JSON;
}

static bool write_json(FILE *out, const ar_alert *alert, ar_err *err) {
  char *line = ar_alert_json(alert, err);
  if (!line) return false;
  fputs(line, out);
  fputc('\n', out);
  ar_free(line);
  return true;
}

static bool write_alert(run *r, const ar_alert *alert, ar_err *err) {
  if (!sink_ok(&r->out)) return true;
  if (wanted_format(r) == FORMAT_JSON) {
    if (!write_json(r->out.file, alert, err)) return false;
  } else {
    show_alert(r->out.file, alert, wants_color(r));
  }
  if (ferror(r->out.file)) sink_check(&r->out);
  return true;
}

static bool report(run *r, const ar_alert *alert, ar_err *err) {
  const char *because;
  if (ar_loader_ignores(r->rules.loader, alert, &because)) {
    r->selection.ignored++;
    return true;
  }
  if (!selects(&r->options, alert)) {
    r->selection.unselected++;
    return true;
  }
  r->selection.by_severity[alert->severity]++;
  if (r->options.fail_on >= 0 && (int)alert->severity >= r->options.fail_on) r->selection.fails = true;
  return write_alert(r, alert, err);
}

/* Findings follow the alerts. They are no alerts: not counted among them, nothing that --fail-on asks about, nothing
 * that tuning hides; but --only, --except, --min-severity, --since and --until choose among them too. */
static bool report_findings(run *r, ar_err *err) {
  ar_alert **findings;
  size_t count;
  if (!ar_engine_findings(r->rules.engine, &findings, &count, err)) return false;
  for (size_t i = 0; i < count; i++)
    if (selects(&r->options, findings[i]) && !write_alert(r, findings[i], err)) return false;
  return true;
}

static bool report_all(run *r, ar_err *err) {
  ar_alert *alert;
  size_t count;
  if (!ar_engine_settle(r->rules.engine, &count, err)) return false;
  do {
    if (!ar_engine_next(r->rules.engine, &alert, err) || (alert && !report(r, alert, err))) return false;
  } while (alert);
  if (!report_findings(r, err)) return false;
  sink_check(&r->out);
  return true;
}

/* ---- the run ---- */

static bool evaluate(run *r, ar_err *err) {
  r->reader = ar_reader_new(r->options.logs.items, r->options.logs.count, NULL, err);
  if (!r->reader) return false;
  progress_start(&r->progress, !r->options.quiet);
  watchdog *dog = watchdog_start(r->rules.loader);
  bool fine = ar_engine_run(r->rules.engine, r->reader, err);
  watchdog_stop(dog);
  progress_clear(&r->progress);
  return fine && report_all(r, err);
}

static void tell_files(const ar_told *told) {
  for (size_t i = 0; i < told->file_count; i++)
    if (told->files[i].problem) complain("%s: %s", told->files[i].name, told->files[i].problem);
  if (told->lost > 0) complain("%s", told->lost_why);
}

/* What is no error but worth knowing: an ignore that expired, an exception that failed. */
static void tell_notes(const ruleset *r) {
  size_t count;
  const ar_problem *notes = ar_loader_notes(r->loader, &count);
  for (size_t i = 0; i < count; i++) complain("%s", notes[i].text);
}

static bool something_lost(const ruleset *r) {
  const ar_told *told = ar_engine_tell(r->engine);
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  if (told->rejected > 0 || told->lost > 0) return true;
  for (size_t i = 0; i < told->file_count; i++)
    if (told->files[i].problem) return true;
  for (size_t i = 0; i < count; i++)
    if (rules[i]->told.faults > 0) return true; /* what it would have said is lost */
  return false;
}

static void tell(run *r) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const struct timespec *start = &r->progress.start;
  timing took = { (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9 };
  tell_files(ar_engine_tell(r->rules.engine));
  losses_tell(&r->losses);
  tell_notes(&r->rules);
  if (r->options.quiet)
    failures_tell(&r->rules);
  else
    summary_tell(&r->rules, &r->selection, took);
  if (r->options.stats) stats_tell(&r->rules);
}

/* What went wrong inside counts as output that could not be made: the alerts are not all there. */
static int finish(run *r) {
  ar_err err = { AR_OK, "" };
  if (!evaluate(r, &err)) {
    complain("%s", err.msg);
    return EXIT_OUTPUT;
  }
  if (r->out.hung_up) return EXIT_DONE;
  tell(r);
  bool written = sink_close(&r->out);
  written = sink_close(&r->losses.file) && written;
  if (!written) return EXIT_OUTPUT;
  if (r->selection.fails) return EXIT_ALERTED;
  return something_lost(&r->rules) ? EXIT_REJECTED : EXIT_DONE;
}

static int open_and_run(run *r) {
  ar_engine_options engine = r->options.engine;
  engine.measure = r->options.stats;
  engine.progress = on_progress;
  engine.reject = on_reject;
  engine.owner = r;
  if (!ruleset_open(&r->rules, &r->options, &engine)) return EXIT_USAGE;
  if (!selection_check(&r->options, &r->rules)) return EXIT_USAGE;
  if (!sink_open(&r->out, r->options.output)) return EXIT_OUTPUT;
  if (r->options.rejects && !sink_open(&r->losses.file, r->options.rejects)) return EXIT_OUTPUT;
  return finish(r);
}

int command_run(int argc, char **argv) {
  run *r = ar_alloc(sizeof *r);
  if (!r) return complain("out of memory"), EXIT_OUTPUT;
  options_parse_run(&r->options, argc, argv);
  int code = open_and_run(r);
  if (r->out.file) sink_close(&r->out);
  if (r->losses.file.file) sink_close(&r->losses.file);
  ruleset_close(&r->rules);
  ar_reader_free(r->reader);
  losses_free(&r->losses);
  options_free(&r->options);
  ar_free(r);
  return code;
}
