/* ruleset.c — an engine with its intel, tuning and rules; and which alerts the options select. */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "binding/words.h"
#include "program/private.h"

ar_str embedded(ar_str name) {
  for (const struct ar_word *word = ar_words; word->name; word++)
    if (ar_str_eq(ar_str_of(word->name), name)) return (ar_str){ word->text, word->len };
  return (ar_str){ NULL, 0 };
}

static ar_str module_text(void *owner, ar_str name) {
  (void)owner;
  return embedded(name);
}

/* ---- intel ---- */

static void tell_intel(const char *file, const char *tag, const ar_ipset_report *r) {
  char number[32];
  if (r->bad == 0) return;
  complain("%s: %s entries of %s (%s) could not be read, the first at line %llu: %s", file, count_text(r->bad, number),
           tag, r->format ? r->format : "unknown format", (unsigned long long)r->bad_line[0], r->first_bad);
}

static bool load_intel(ar_engine *engine, const options *o, ar_err *err) {
  for (size_t i = 0; i < o->intel.count; i++) {
    const char *file;
    ar_ipset_report report = { .format = NULL };
    unsigned tag = value_intel(o->intel.items[i], &file);
    if (!ar_ipset_load(ar_engine_intel(engine), tag, file, &report, err)) return false;
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(o->intel.items[i], "="), o->intel.items[i]);
    if (!o->quiet) tell_intel(file, word, &report);
  }
  return true;
}

/* ---- rules ---- */

static bool load_tuning(ar_loader *loader, const options *o, ar_err *err) {
  for (size_t i = 0; i < o->tunes.count; i++)
    if (!ar_loader_tune(loader, o->tunes.items[i], err)) return false;
  return true;
}

/* The first word may have been meant as a command. */
static bool no_rules(const char *path, ar_err *err) {
  static const char *const words[] = { "check", "new", "test", "simulate", "evaluate", "builtin" };
  const char *why = strerror(errno), *nearest = ar_nearest(ar_str_of(path), words, sizeof words / sizeof *words);
  if (nearest) return ar_fail(err, AR_EUSAGE, "%s: %s; did you mean 'armrun %s'?", path, why, nearest);
  return ar_fail(err, AR_EUSAGE, "%s: %s; expected a folder of rules, a .lua file, or the word builtin", path, why);
}

static bool load_rules(ar_loader *loader, const options *o, ar_err *err) {
  const char *path = o->rules;
  char builtin[PLACE_MAX + 8];
  if (strcmp(path, "builtin") == 0) {
    places installed;
    bool found = find_places(&installed);
    snprintf(builtin, sizeof builtin, "%s/rules", installed.share);
    path = builtin;
    if (!found) return ar_fail(err, AR_EUSAGE, "the installed rules are not there; looked for %s", path);
  }
  if (access(path, F_OK) != 0) return no_rules(path, err);
  return ar_loader_rules(loader, path, err) && ar_loader_finish(loader, err);
}

static void tell_problems(const ar_loader *loader, const ar_err *err) {
  size_t count = 0;
  const ar_problem *problems = ar_loader_problems(loader, &count);
  bool told = false;
  for (size_t i = 0; i < count; i++) {
    complain("%s", problems[i].text);
    told = told || strcmp(problems[i].text, err->msg) == 0;
  }
  if (!told) complain("%s", err->msg);
}

static bool load(ruleset *r, const options *o) {
  static const ar_loader_options plain = { .module = module_text };
  ar_err err = { AR_OK, "" };
  r->loader = ar_loader_new(r->engine, &plain, &err);
  if (!r->loader) return complain("%s", err.msg), false;
  if (load_intel(r->engine, o, &err) && load_tuning(r->loader, o, &err) && load_rules(r->loader, o, &err) &&
      ar_engine_seal(r->engine, &err))
    return true;
  tell_problems(r->loader, &err);
  return false;
}

bool ruleset_open(ruleset *r, const options *o, const ar_engine_options *engine) {
  ar_err err = { AR_OK, "" };
  *r = (ruleset){ NULL, NULL };
  r->engine = ar_engine_new(engine, &err);
  if (!r->engine) return complain("%s", err.msg), false;
  if (load(r, o)) return true;
  ruleset_close(r);
  return false;
}

/* The engine's rules live in the loader's states: it goes first. */
void ruleset_close(ruleset *r) {
  if (r->engine) ar_engine_free(r->engine);
  if (r->loader) ar_loader_free(r->loader);
  *r = (ruleset){ NULL, NULL };
}

/* ---- selection ---- */

static bool any_matches(const list *globs, const char *id) {
  for (size_t i = 0; i < globs->count; i++)
    if (fnmatch(globs->items[i], id, 0) == 0) return true;
  return false;
}

bool selects(const options *o, const ar_alert *alert) {
  if (o->only.count > 0 && !any_matches(&o->only, alert->rule)) return false;
  if (any_matches(&o->except, alert->rule)) return false;
  if (alert->severity < o->min_severity) return false;
  if (o->since != AR_INSTANT_NONE && alert->time < o->since) return false;
  return o->until == AR_INSTANT_NONE || alert->time < o->until;
}

#define NAMES_MAX 512

static bool check_glob(const char *option, const char *glob, const char *const *ids, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (fnmatch(glob, ids[i], 0) == 0) return true;
  const char *nearest = ar_nearest(ar_str_of(glob), ids, count);
  if (nearest) complain("%s: no rule is called '%s', did you mean '%s'?", option, glob, nearest);
  if (!nearest) complain("%s: no rule is called '%s'; armrun check RULES counts what is there", option, glob);
  return false;
}

bool selection_check(const options *o, const ruleset *r) {
  const char *ids[NAMES_MAX];
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  if (count > NAMES_MAX - AR_FINDINGS) count = NAMES_MAX - AR_FINDINGS;
  for (size_t i = 0; i < count; i++) ids[i] = rules[i]->id;
  for (size_t i = 0; i < AR_FINDINGS; i++) ids[count++] = ar_finding_rules[i];
  bool fine = true;
  for (size_t i = 0; i < o->only.count; i++) fine = check_glob("--only", o->only.items[i], ids, count) && fine;
  for (size_t i = 0; i < o->except.count; i++) fine = check_glob("--except", o->except.items[i], ids, count) && fine;
  return fine;
}
