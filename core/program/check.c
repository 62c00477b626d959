/* check.c — armrun check RULES: loads and lints; --sandbox: the program tests itself. */
#include <string.h>

#include "program/private.h"

static int problem(const ar_rule *rule, const char *what) {
  complain("%s:%d: rule '%s' %s", rule->file, rule->line, rule->id, what);
  return 1;
}

/* What loads and is still no good to an analyst. */
static int lint(const ar_rule *rule) {
  int problems = 0;
  if (!rule->title || !*rule->title) problems += problem(rule, "has no title; analysts see it first");
  /* Some of the catalogue's alerts have no tactic; the technique then says what it is about. */
  if (rule->techniques.count == 0)
    problems += problem(rule, rule->tactics.count ? "names no techniques" : "names no tactics and no techniques");
  return problems;
}

static int lint_all(const ruleset *r, size_t *count) {
  int problems = 0;
  ar_rule *const *rules = ar_engine_rules(r->engine, count);
  for (size_t i = 0; i < *count; i++) problems += lint(rules[i]);
  if (*count == 0) {
    complain("there is no rule; expected .lua files that say: rule \"ID\" { … }");
    problems++;
  }
  return problems;
}

/* No problems, but worth knowing: ties to rules that are not loaded, exceptions that are over. */
static void tell_notes(const ruleset *r) {
  size_t ties, count;
  const char *const *tie = ar_engine_notes(r->engine, &ties);
  const ar_problem *notes = ar_loader_notes(r->loader, &count);
  for (size_t i = 0; i < ties; i++) complain("note: %s", tie[i]);
  for (size_t i = 0; i < count; i++) complain("note: %s", notes[i].text);
}

static int check_rules(const options *o) {
  ruleset rules;
  size_t count = 0;
  bool loaded = ruleset_open(&rules, o, &o->engine);
  int problems = loaded ? lint_all(&rules, &count) : 1;
  if (loaded && !o->quiet) tell_notes(&rules);
  if (problems == 0 && !o->quiet) printf("%zu %s, no problems\n", count, count == 1 ? "rule" : "rules");
  if (loaded && problems > 0)
    complain("%zu %s, %d %s", count, count == 1 ? "rule" : "rules", problems, problems == 1 ? "problem" : "problems");
  ruleset_close(&rules);
  return problems == 0 ? EXIT_DONE : EXIT_USAGE;
}

int command_check(int argc, char **argv) {
  options o;
  options_parse_check(&o, argc, argv);
  int code = o.rules ? check_rules(&o) : EXIT_DONE;
  if (code == EXIT_DONE && o.sandbox) code = selftest_sandbox(o.quiet);
  options_free(&o);
  return code;
}
