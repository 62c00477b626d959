/* binding.h — rules in Lua: loading rule files, and the view of an act that they read.
 *
 * Layer 7; includes engine, sandbox. One lua_State per rule file.
 */
#ifndef ARMRUN_BINDING_H
#define ARMRUN_BINDING_H

#include "base/base.h"
#include "engine/engine.h"
#include "sandbox/sandbox.h"

typedef struct ar_loader ar_loader;

typedef struct ar_loader_options {
  ar_sandbox_options sandbox;
  /* Source text of an armrun.* module ("armrun.head"), for require; absent when unknown. Static text. NULL: the texts
   * built into the program (words.h). "armrun.catalog.high_risk" fills the engine's catalogue. */
  ar_str (*module)(void *owner, ar_str name);
  void *owner;
  ar_instant now; /* for a note on an ignore that has expired; 0: the machine's clock */
} ar_loader_options;

ar_loader *ar_loader_new(ar_engine *engine, const ar_loader_options *options, ar_err *err);
void ar_loader_free(ar_loader *loader); /* after the engine: its rules live in these states */

/* A problem found while loading; all files are looked at before the verdict. */
typedef struct ar_problem {
  char *text;
} ar_problem; /* "rules/x.lua:12: …" */

/* Site tuning first (tune, ignore), any number of files. */
bool ar_loader_tune(ar_loader *loader, const char *path, ar_err *err);
bool ar_loader_tune_text(ar_loader *loader, const char *name, ar_str text, ar_err *err);
/* A folder (recursed, byte order; lib/ holds modules for require) or one file. False when any file has a problem;
 * the first one is in *err, all of them in ar_loader_problems. */
bool ar_loader_rules(ar_loader *loader, const char *path, ar_err *err);
bool ar_loader_rules_text(ar_loader *loader, const char *name, ar_str text, ar_err *err);
const ar_problem *ar_loader_problems(const ar_loader *loader, size_t *count);
/* Not wrong, but worth saying: an ignore that has expired, a file without a rule, an `except` that failed. */
const ar_problem *ar_loader_notes(const ar_loader *loader, size_t *count);
/* After the last file, once: unknown ids in tuning; the rules go to the engine, in order of their ids. Then the caller
 * seals it (ar_engine_seal), which looks after yields_to. Nothing is added when any file had a problem. */
bool ar_loader_finish(ar_loader *loader, ar_err *err);

/* The id of the rule whose detect or due runs now, and the number of that call; NULL: none does. From any thread. */
const char *ar_loader_running(const ar_loader *loader, uint64_t *call);

/* Did tuning take this alert out (ignore, except)? Counted; *because may be NULL. Severity set by tuning is applied
 * already. To be asked once per alert, as ar_engine_next gives it, while the engine lives. */
bool ar_loader_ignores(ar_loader *loader, const ar_alert *alert, const char **because);
uint64_t ar_loader_ignored(const ar_loader *loader);

#endif
