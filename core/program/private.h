/* private.h — what the files of the program share. */
#ifndef ARMRUN_PROGRAM_PRIVATE_H
#define ARMRUN_PROGRAM_PRIVATE_H

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include "binding/binding.h"
#include "engine/engine.h"

/* The contract's exit codes. */
enum { EXIT_DONE = 0, EXIT_ALERTED = 1, EXIT_USAGE = 2, EXIT_REJECTED = 3, EXIT_OUTPUT = 4 };

/* ---- options ---- */

typedef struct list {
  const char **items; /* borrowed from argv */
  size_t count, room;
} list;
void list_add(list *l, const char *item); /* ends the program when memory is out */
void list_free(list *l);

typedef enum format { FORMAT_AUTO, FORMAT_TEXT, FORMAT_JSON } format;

typedef struct options {
  const char *rules;
  list logs, intel, tunes, only, except; /* intel: "TAG=FILE", checked */
  format format;
  const char *output, *rejects; /* NULL: stdout, none */
  ar_severity min_severity;
  int fail_on;             /* an ar_severity, or -1 */
  ar_instant since, until; /* AR_INSTANT_NONE: open */
  ar_engine_options engine;
  bool stats, quiet;
  bool sandbox; /* check --sandbox */
} options;

/* Ends the program with exit code 2 and a message when the words make no sense, and with 0 after --help. */
void options_parse_run(options *o, int argc, char **argv);
void options_parse_check(options *o, int argc, char **argv);
void options_free(options *o);
/* argp_parse that ends the program with a message when memory is out. */
struct argp;
void options_run(const struct argp *argp, int argc, char **argv, void *input);

/* "armrun: …" and where to read more; exit code 2. */
void usage_error(const char *message, ...) __attribute__((format(printf, 1, 2), noreturn));

/* values.c: each ends the program with exit code 2, naming the option and what was expected. */
size_t value_size(const char *option, const char *text);
ar_span value_span(const char *option, const char *text);
ar_instant value_instant(const char *option, const char *text);
ar_severity value_severity(const char *option, const char *text);
unsigned value_count(const char *option, const char *text, unsigned max);
format value_format(const char *option, const char *text);
/* "TAG=FILE" taken apart. */
unsigned value_intel(const char *text, const char **file);

/* ---- text for people ---- */

/* Writes text so that a terminal shows what it is: control, bidi, invisible and ill-formed bytes as \xNN or \u{NNNN}.
 */
void put_escaped(FILE *out, ar_str text);
void put_text(FILE *out, const char *text); /* NULL writes nothing */
/* A JSON string with its quotes; the same characters as \u escapes, ill-formed bytes as U+FFFD. */
void put_json(FILE *out, ar_str text);
/* "1,204,331"; the buffer is the caller's. */
const char *count_text(uint64_t count, char out[32]);
const char *bytes_text(uint64_t bytes, char out[32]); /* "3.2 GB" */

/* "armrun: " and the message on stderr, escaped. */
void complain(const char *message, ...) __attribute__((format(printf, 1, 2)));

/* ---- output ---- */

/* Where alerts go. Writing to a reader that hung up is no error. */
typedef struct sink {
  FILE *file;
  const char *name;
  bool hung_up, failed;
  int error; /* errno of the first failure */
} sink;
bool sink_open(sink *s, const char *path); /* NULL: stdout */
void sink_check(sink *s);                  /* after writing to s->file */
bool sink_ok(const sink *s);
/* False when something could not be written; said on stderr. */
bool sink_close(sink *s);

void show_alert(FILE *out, const ar_alert *alert, bool color);

/* ---- what was lost ---- */

#define LOSS_KINDS 64
typedef struct loss {
  char *reason, *file; /* of the first */
  uint64_t record, count;
} loss;
typedef struct losses {
  loss kinds[LOSS_KINDS];
  size_t count;
  uint64_t others; /* of further kinds */
  sink file;       /* --rejects; file NULL: none */
} losses;
void losses_add(losses *l, const ar_reject *reject, const char *file);
void losses_tell(const losses *l);
void losses_free(losses *l);

/* ---- progress ---- */

typedef struct progress {
  bool on, drawn;
  struct timespec start, last;
} progress;
void progress_start(progress *p, bool wanted);
void progress_draw(progress *p, uint64_t done, uint64_t total, uint64_t records, bool again);
void progress_clear(progress *p);

/* ---- rules ---- */

typedef struct ruleset {
  ar_engine *engine;
  ar_loader *loader;
} ruleset;
/* Engine, intel, tuning, rules; sealed. False after telling every problem. */
bool ruleset_open(ruleset *r, const options *o, const ar_engine_options *engine);
void ruleset_close(ruleset *r);
/* places.c: where what came with the program lies. share: rules/, lua/, examples/; lib: armrun/core.so. */
#define PLACE_MAX (PATH_MAX + 64)
typedef struct places {
  char share[PLACE_MAX], lib[PLACE_MAX];
} places;
bool find_places(places *p); /* false when the rules are not there */
/* Text of an embedded Lua file ("armrun.testing"); absent when there is none. */
ar_str embedded(ar_str name);

/* What selection did to the alerts. */
typedef struct selection {
  uint64_t by_severity[AR_SEVERITIES], unselected, ignored;
  bool fails; /* one at or above --fail-on */
} selection;
bool selects(const options *o, const ar_alert *alert);
/* False, after telling, when a glob of --only or --except names no rule. */
bool selection_check(const options *o, const ruleset *r);

typedef struct timing {
  double seconds;
} timing;
void summary_tell(const ruleset *r, const selection *s, timing took);
/* With --quiet: rules that failed are told all the same, as what went wrong. */
void failures_tell(const ruleset *r);
void stats_tell(const ruleset *r);

/* watchdog.c: looks after the rules of a loader while a run lasts. NULL: there is none, and the run goes on without. */
typedef struct watchdog watchdog;
watchdog *watchdog_start(const ar_loader *loader);
void watchdog_stop(watchdog *w);

/* ---- commands ---- */

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
/* selftest.c: runs hostile rules on this program; each is told unless quiet. EXIT_DONE, or EXIT_REJECTED. */
int selftest_sandbox(bool quiet);
int command_new(int argc, char **argv);
int command_test(int argc, char **argv);
int command_simulate(int argc, char **argv); /* lua/armrun/simulate.lua */
int command_evaluate(int argc, char **argv); /* lua/armrun/evaluate.lua */

#endif
