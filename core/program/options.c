/* options.c — the words after `armrun` and `armrun check`, with argp. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/private.h"

enum {
  KEY_INTEL = 256,
  KEY_TUNE,
  KEY_FORMAT,
  KEY_REJECTS,
  KEY_ONLY,
  KEY_EXCEPT,
  KEY_MIN_SEVERITY,
  KEY_SINCE,
  KEY_UNTIL,
  KEY_THREADS,
  KEY_MEMORY,
  KEY_FOLD,
  KEY_LATENESS,
  KEY_NOW,
  KEY_LEARN_UNTIL,
  KEY_SANDBOX,
  KEY_FAIL_ON,
  KEY_STATS
};

static const struct argp_option run_options[] = {
  { NULL, 0, NULL, 0, "What it knows besides the log:", 1 },
  { "intel", KEY_INTEL, "TAG=FILE", 0,
    "An IP list tagged malicious, tor, proxy, vpn, hosting or allow. Its format is detected: plain or CIDR, CSV, Tor "
    "exit-addresses, STIX 2.1, MISP, mmdb. May be repeated.",
    1 },
  { "tune", KEY_TUNE, "FILE", 0, "Your site's thresholds, severities and exceptions. May be repeated.", 1 },
  { "now", KEY_NOW, "TIME", 0, "What counts as the future starts after this (default: the machine's clock).", 1 },
  { "learn-until", KEY_LEARN_UNTIL, "TIME", 0, "Acts before this teach what is normal and raise no alert.", 1 },
  { NULL, 0, NULL, 0, "What is reported (everything is evaluated all the same):", 2 },
  { "only", KEY_ONLY, "GLOB", 0, "Alerts of rules whose id matches, such as 'ARM_MicroBurst.*'. May be repeated.", 2 },
  { "except", KEY_EXCEPT, "GLOB", 0, "No alerts of these. May be repeated.", 2 },
  { "min-severity", KEY_MIN_SEVERITY, "S", 0, "Alerts of at least this: informational, low, medium, high.", 2 },
  { "since", KEY_SINCE, "TIME", 0, "Alerts at or after this: 2024-05-31 or 2024-05-31T12:00:00Z.", 2 },
  { "until", KEY_UNTIL, "TIME", 0, "Alerts before this.", 2 },
  { NULL, 0, NULL, 0, "Where it goes:", 3 },
  { "format", KEY_FORMAT, "F", 0, "text (default on a terminal) or json (one alert a line; default otherwise).", 3 },
  { "output", 'o', "FILE", 0, "Alerts go to FILE instead of standard output.", 3 },
  { "rejects", KEY_REJECTS, "FILE", 0,
    "Every record that could not be read: file, record, offset, length, reason, SHA-256; one JSON object a line.", 3 },
  { "fail-on", KEY_FAIL_ON, "S", 0, "Exit code 1 when an alert of at least this severity is reported.", 3 },
  { "quiet", 'q', NULL, 0, "No progress, no summary; errors are still told.", 3 },
  { "stats", KEY_STATS, NULL, 0, "Adds calls and time per rule to the summary.", 3 },
  { NULL, 0, NULL, 0, "How it runs:", 4 },
  { "threads", KEY_THREADS, "N", 0, "Threads in all (default: one a core, at most 9). Never changes the alerts.", 4 },
  { "memory", KEY_MEMORY, "SIZE", 0,
    "For pending and sorted events, then $TMPDIR (default 512M). Never changes the alerts.", 4 },
  { "fold", KEY_FOLD, "D", 0, "How long the records of one act may lie apart (default 60m).", 4 },
  { "lateness", KEY_LATENESS, "D", 0, "How late a record may come before all is sorted (default 20m).", 4 },
  { NULL, 0, NULL, 0, "About the program:", -1 },
  { NULL, 0, NULL, 0, NULL, 0 }
};

static const char run_doc[] =
    "Finds attacks in Azure activity logs.\n\n"
    "RULES is a folder, a .lua file, or the word builtin (the installed rules). LOG is a file, a folder (recursed) or "
    "- "
    "for standard input; .gz and .zst are read as they are.\n\n"
    "Other commands:\n"
    "  armrun check RULES    loads and lints rules, reads no log\n"
    "  armrun new ID         writes a rule and its spec to start from\n"
    "  armrun test [SPEC...] runs specs (busted) against the real core\n"
    "  armrun simulate       writes the log of a tenant that does not exist, with attacks in it\n"
    "  armrun evaluate       lays alerts beside the labels of such a log: recall, false alerts\n"
    "Each has its own --help. Write ./test for a folder of that name."
    "\v"
    "Examples:\n"
    "  armrun builtin activity.json\n"
    "  armrun builtin logs/ --intel tor=exit-addresses.txt --min-severity medium\n"
    "  az monitor activity-log list | armrun builtin - --format json\n"
    "  armrun rules/ logs/ --fail-on high --quiet -o alerts.json\n\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  an alert at or above --fail-on\n"
    "  2  wrong usage, or a rule or tuning file is broken; nothing was run\n"
    "  3  done, but something was rejected, unreadable, or a rule failed\n"
    "  4  output could not be written\n\n"
    "Read more: man armrun, and docs/ for writing rules.";

/* ---- lists ---- */

void list_add(list *l, const char *item) {
  const char **grown = ar_grow(l->items, &l->room, l->count + 1, sizeof *l->items);
  if (!grown) {
    complain("out of memory while reading the command line");
    exit(EXIT_USAGE);
  }
  l->items = grown;
  l->items[l->count++] = item;
}

void list_free(list *l) {
  ar_free(l->items);
  *l = (list){ NULL, 0, 0 };
}

void options_free(options *o) {
  list_free(&o->logs);
  list_free(&o->intel);
  list_free(&o->tunes);
  list_free(&o->only);
  list_free(&o->except);
}

void usage_error(const char *message, ...) {
  char text[512];
  va_list args;
  va_start(args, message);
  vsnprintf(text, sizeof text, message, args);
  va_end(args);
  complain("%s", text);
  fputs("Try 'armrun --help'.\n", stderr);
  exit(EXIT_USAGE);
}

/* ---- unknown options: argp would only say that it does not know them ---- */

static const struct argp_option *find_long(const struct argp_option *known, const char *name, size_t len) {
  for (; known->name || known->doc; known++)
    if (known->name && strlen(known->name) >= len && strncmp(known->name, name, len) == 0) return known;
  return NULL;
}

static void unknown_option(const struct argp_option *known, const char *given) __attribute__((noreturn));
static void unknown_option(const struct argp_option *known, const char *given) {
  const char *names[40];
  size_t count = 0, len = strcspn(given + 2, "=");
  for (; known->name || known->doc; known++)
    if (known->name && count < 37) names[count++] = known->name;
  names[count++] = "help";
  names[count++] = "version";
  names[count++] = "usage";
  const char *nearest = ar_nearest((ar_str){ given + 2, len }, names, count);
  if (nearest) usage_error("there is no option '%.*s', did you mean '--%s'?", (int)len + 2, given, nearest);
  usage_error("there is no option '%.*s'", (int)len + 2, given);
}

static bool is_standard(const char *name, size_t len) {
  static const char *const standard[] = { "help", "usage", "version" };
  for (size_t i = 0; i < 3; i++)
    if (strlen(standard[i]) >= len && strncmp(standard[i], name, len) == 0) return true;
  return false;
}

/* The start of several options and the whole of none? getopt would say so with the word as it is. */
static bool is_ambiguous(const struct argp_option *known, const char *name, size_t len) {
  size_t matches = is_standard(name, len);
  for (; known->name || known->doc; known++) {
    if (!known->name || strncmp(known->name, name, len) != 0) continue;
    if (strlen(known->name) == len) return false;
    matches++;
  }
  return matches > 1;
}

/* Letters that getopt would show as they are when it does not know them. */
static void check_letters(const char *word) {
  for (const char *p = word + 1; *p && *p != 'o'; p++)
    if (*p <= ' ' || *p > '~') usage_error("there is no option '%s'", word);
}

/* Stops at the first word that is no option we know. Skips values, and all behind "--". */
static void check_names(const struct argp_option *known, int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    const char *word = argv[i];
    if (strcmp(word, "-o") == 0) i++;
    if (word[0] == '-' && word[1] && word[1] != '-') check_letters(word);
    if (strncmp(word, "--", 2) != 0) continue;
    size_t len = strcspn(word + 2, "=");
    const struct argp_option *option = find_long(known, word + 2, len);
    if (is_ambiguous(known, word + 2, len)) usage_error("'%.*s' is the start of several options", (int)len + 2, word);
    if (!option && !is_standard(word + 2, len)) unknown_option(known, word);
    if (option && option->arg && word[2 + len] != '=') i++;
  }
}

/* ---- parsing ---- */

/* All other errors have ended the program by then. */
void options_run(const struct argp *argp, int argc, char **argv, void *input) {
  if (argp_parse(argp, argc, argv, 0, NULL, input) == 0) return;
  complain("out of memory while reading the options");
  exit(EXIT_OUTPUT);
}

static void take_path(options *o, struct argp_state *state, const char *word) {
  if (state->arg_num == 0)
    o->rules = word;
  else
    list_add(&o->logs, word);
}

static void check_words(const options *o, const struct argp_state *state) {
  if (state->arg_num == 0)
    usage_error("nothing to do: name the rules and a log, for example: armrun builtin activity.json");
  if (state->arg_num == 1) usage_error("no log after '%s'; name a file, a folder, or - for standard input", o->rules);
}

static void take_intel(options *o, const char *word) {
  const char *file;
  value_intel(word, &file);
  list_add(&o->intel, word);
}

static error_t parse_selection(options *o, int key, const char *arg) {
  switch (key) {
  case KEY_ONLY:
    list_add(&o->only, arg);
    return 0;
  case KEY_EXCEPT:
    list_add(&o->except, arg);
    return 0;
  case KEY_MIN_SEVERITY:
    o->min_severity = value_severity("--min-severity", arg);
    return 0;
  case KEY_SINCE:
    o->since = value_instant("--since", arg);
    return 0;
  case KEY_UNTIL:
    o->until = value_instant("--until", arg);
    return 0;
  case KEY_FAIL_ON:
    o->fail_on = (int)value_severity("--fail-on", arg);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_engine(ar_engine_options *e, int key, const char *arg) {
  switch (key) {
  case KEY_THREADS:
    e->threads = value_count("--threads", arg, 64);
    return 0;
  case KEY_MEMORY:
    e->memory_bytes = value_size("--memory", arg);
    return 0;
  case KEY_FOLD:
    e->fold = value_span("--fold", arg);
    return 0;
  case KEY_LATENESS:
    e->lateness = value_span("--lateness", arg);
    return 0;
  case KEY_NOW:
    e->now = value_instant("--now", arg);
    return 0;
  case KEY_LEARN_UNTIL:
    e->learn_until = value_instant("--learn-until", arg);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t parse_run(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  switch (key) {
  case ARGP_KEY_ARG:
    take_path(o, state, arg);
    return 0;
  case ARGP_KEY_END:
    check_words(o, state);
    return 0;
  case KEY_INTEL:
    take_intel(o, arg);
    return 0;
  case KEY_TUNE:
    list_add(&o->tunes, arg);
    return 0;
  case KEY_FORMAT:
    o->format = value_format("--format", arg);
    return 0;
  case KEY_REJECTS:
    o->rejects = arg;
    return 0;
  case KEY_STATS:
    o->stats = true;
    return 0;
  case 'o':
    o->output = arg;
    return 0;
  case 'q':
    o->quiet = true;
    return 0;
  default:
    break;
  }
  return parse_selection(o, key, arg) == 0 ? 0 : parse_engine(&o->engine, key, arg);
}

static unsigned default_threads(void) {
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 1 ? 1 : cores > 9 ? 9 : (unsigned)cores;
}

static void set_defaults(options *o) {
  memset(o, 0, sizeof *o);
  o->fail_on = -1;
  o->since = o->until = AR_INSTANT_NONE;
  o->engine.now = o->engine.learn_until = AR_INSTANT_NONE;
  o->engine.threads = default_threads();
}

void options_parse_run(options *o, int argc, char **argv) {
  static const struct argp argp = { run_options, parse_run, "RULES LOG...", run_doc, NULL, NULL, NULL };
  set_defaults(o);
  check_names(run_options, argc, argv);
  options_run(&argp, argc, argv, o);
}

/* ---- armrun check ---- */

static error_t parse_check(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  switch (key) {
  case ARGP_KEY_ARG:
    if (state->arg_num > 0) usage_error("check takes one folder or file of rules; '%s' is one too many", arg);
    o->rules = arg;
    return 0;
  case ARGP_KEY_END:
    if (!o->rules && !o->sandbox) usage_error("check what? for example: armrun check rules/");
    return 0;
  case KEY_SANDBOX:
    o->sandbox = true;
    return 0;
  case KEY_TUNE:
    list_add(&o->tunes, arg);
    return 0;
  case KEY_INTEL:
    take_intel(o, arg);
    return 0;
  case 'q':
    o->quiet = true;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

void options_parse_check(options *o, int argc, char **argv) {
  static const struct argp_option known[] = {
    { "tune", KEY_TUNE, "FILE", 0, "Checks this tuning together with the rules. May be repeated.", 0 },
    { "intel", KEY_INTEL, "TAG=FILE", 0, "Checks this IP list. May be repeated.", 0 },
    { "sandbox", KEY_SANDBOX, NULL, 0, "Runs hostile rules on this program; each must be held.", 0 },
    { "quiet", 'q', NULL, 0, "Says nothing when all is well.", 0 },
    { NULL, 0, NULL, 0, NULL, 0 }
  };
  static const struct argp argp = { known,
                                    parse_check,
                                    "RULES\n--sandbox",
                                    "Loads and lints rules, reads no log.\vRULES is a folder, a .lua file, or the word "
                                    "builtin. Exit code 2 when there is a problem; each is told with file and line. "
                                    "With --sandbox the program tests itself; exit code 3 when a hostile rule is "
                                    "not held.",
                                    NULL,
                                    NULL,
                                    NULL };
  set_defaults(o);
  check_names(known, argc, argv);
  options_run(&argp, argc, argv, o);
}
