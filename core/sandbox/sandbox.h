/* sandbox.h — a Lua state that a stranger's code may run in.
 *
 * Layer 7; includes base and Lua. Knows nothing of rules or events.
 *
 * Words   lua_setglobal, called from C, adds a word to the allow-list (lua_getglobal from C gives nil for an unknown
 *         one); from Lua both are errors. Tables that rules shall not change: ar_sandbox_readonly.
 *
 * Allow-list: text chunks only; base functions that cannot reach out (no load, require is ours, no pcall that hides a
 * budget error, no coroutine, io, os, debug, package, collectgarbage, setmetatable on foreign things, string patterns,
 * string.dump); `pairs` in a fixed order; math.random seeded per call; string words that are linear.
 * Budgets per call: VM instructions, and bytes above the level at entry. Spent: the call ends with AR_EBUDGET, and no
 * pcall of the rule can hide it.
 * Jumps: a function marked AR_JUMPS may leave by longjmp; no ar_alloc'ed pointer is held across one.
 */
#ifndef ARMRUN_SANDBOX_H
#define ARMRUN_SANDBOX_H

#include <lua.h>

#include "base/base.h"

#define AR_JUMPS

typedef struct ar_sandbox ar_sandbox;

typedef struct ar_sandbox_options {
  uint64_t instructions; /* per call; 0: 500,000 */
  size_t bytes;          /* per call, above the level at entry; 0: 4 MiB */
  size_t bytes_total;    /* of the whole state; 0: 32 MiB */
} ar_sandbox_options;

ar_sandbox *ar_sandbox_new(const ar_sandbox_options *options, ar_err *err);
void ar_sandbox_free(ar_sandbox *sandbox);
lua_State *ar_sandbox_state(ar_sandbox *sandbox);
/* The sandbox a state belongs to, and a pointer its user may hang there. */
ar_sandbox *ar_sandbox_of(lua_State *L);
void ar_sandbox_set_owner(ar_sandbox *sandbox, void *owner);
void *ar_sandbox_owner(const ar_sandbox *sandbox);

/* Loads a text chunk; `name` as errors shall show it ("rules/x.lua"). [0, +1] on success. The chunk's globals are the
 * allow-list; reading an undefined name, or writing a global, is an error with file:line. */
bool ar_sandbox_load(ar_sandbox *sandbox, ar_str text, const char *name, ar_err *err);
/* The one lua_pcall: calls the function below its `args` arguments under budget. [-(1+args), +results] on success,
 * [-(1+args), 0] on failure. AR_EBUDGET or AR_ERULE; the message starts with file:line where Lua knows it. */
bool ar_sandbox_call(ar_sandbox *sandbox, int args, int results, ar_err *err);
/* Charges the running call's budget for work done in C (bytes or elements / 64). May raise. */
AR_JUMPS void ar_sandbox_charge(lua_State *L, size_t units);
uint64_t ar_sandbox_spent(const ar_sandbox *sandbox); /* instructions of the last call, work in C included */
size_t ar_sandbox_peak(const ar_sandbox *sandbox);    /* most bytes of the last call above its entry level */
size_t ar_sandbox_bytes(const ar_sandbox *sandbox);   /* held now */
/* What math.random starts from in each call from now on; 0 at first. */
void ar_sandbox_seed(ar_sandbox *sandbox, uint64_t seed);
/* Replaces the table on top by one that reads like it and cannot be written; an unknown field of it is an error that
 * calls it `name` ("string") and suggests the nearest. [0, 0] */
AR_JUMPS void ar_sandbox_readonly(lua_State *L, const char *name);
/* Pushes a value as people may see it: no addresses. [0, +1] */
AR_JUMPS const char *ar_sandbox_tostring(lua_State *L, int index, size_t *len);

#endif
