/* selftest.c — armrun check --sandbox: runs what lua/armrun/hostile.lua holds on this very program, in the sandbox that
 * rules get, and says of each how it ended. */
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "program/private.h"

#define INSTRUCTIONS 500000u          /* what a rule has; the hook looks every 1,000, at the price of what lives */
#define MOST (INSTRUCTIONS * 12 / 10) /* so the last look may come a little late */
#define BYTES ((size_t)4 << 20)

typedef struct selftest {
  size_t done, failed;
  bool quiet;
} selftest;

/* One hostile text with how it must end. */
typedef struct attack {
  const char *name;
  ar_str text;
  const char *code; /* "rule", "budget"; NULL: either */
  const char *says; /* "this|or that" */
} attack;

/* ---- verdicts ---- */

static bool says_one(const char *message, const char *says) {
  char part[160];
  for (const char *at = says;; at++) {
    size_t len = strcspn(at, "|");
    snprintf(part, sizeof part, "%.*s", (int)len, at);
    if (strstr(message, part)) return true;
    at += len;
    if (!*at) return false;
  }
}

static void tell(selftest *t, const attack *a, bool held, const char *message) {
  t->done++;
  if (!held) t->failed++;
  if (held && t->quiet) return;
  fputs(held ? "held    " : "FAILED  ", stdout);
  put_text(stdout, a->name);
  fputs(": ", stdout);
  put_text(stdout, message);
  fputc('\n', stdout);
}

/* ---- a chunk in a sandbox by itself ---- */

static const char *word_of_code(ar_code code) {
  return code == AR_EBUDGET ? "budget" : code == AR_ERULE ? "rule" : "other";
}

static bool run_text(ar_sandbox *sandbox, ar_str text, ar_err *err) {
  lua_State *L = ar_sandbox_state(sandbox);
  if (!ar_sandbox_load(sandbox, text, "rules/x.lua", err)) return false;
  lua_pushlstring(L, "", 0);
  return ar_sandbox_call(sandbox, 1, 0, err);
}

static void try_chunk(selftest *t, const attack *a) {
  ar_err err = { AR_OK, "it ended without an error" };
  ar_sandbox *sandbox = ar_sandbox_new(NULL, &err);
  if (!sandbox) return tell(t, a, false, err.msg);
  bool ended = !run_text(sandbox, a->text, &err);
  bool named = ended && strcmp(word_of_code(err.code), a->code) == 0 && says_one(err.msg, a->says);
  if (ar_sandbox_spent(sandbox) > MOST || ar_sandbox_peak(sandbox) > BYTES)
    tell(t, a, false, "it spent more than its budget");
  else
    tell(t, a, named, err.msg);
  ar_sandbox_free(sandbox);
}

/* ---- a rule file, loaded ---- */

static void try_file(selftest *t, const attack *a) {
  ar_err err = { AR_OK, "no problem was found" };
  ar_engine_options plain = { .now = 1, .seed = 1 };
  size_t count = 0;
  ruleset r = { ar_engine_new(&plain, &err), NULL };
  if (r.engine) r.loader = ar_loader_new(r.engine, NULL, &err);
  if (r.loader && ar_loader_rules_text(r.loader, "rules/x.lua", a->text, &err)) ar_loader_finish(r.loader, &err);
  const ar_problem *problems = r.loader ? ar_loader_problems(r.loader, &count) : NULL;
  const char *message = count > 0 ? problems[0].text : err.msg;
  tell(t, a, count > 0 && says_one(message, a->says), message);
  ruleset_close(&r);
}

/* ---- a rule that runs beside another ---- */

static const char rule_head[] =
    "rule \"HOSTILE\" { title = \"t\", severity = \"low\", on = operation \"a/b/c\",\n"
    "  state = { s = tally { by = { \"principal\" }, of = \"resource\", within = \"1h\" } },"
    "\n  detect = function(act, state, params) ";
static const char neighbour[] = "rule \"NEIGHBOUR\" { title = \"t\", severity = \"low\", on = operation \"a/b/c\",\n"
                                "  detect = function() return alert { reason(\"seen\", \"seen\") } end }";
static const char record[] =
    "{\"time\":\"2024-05-02T10:00:00Z\",\"resourceId\":\"/subscriptions/11111111-1111-1111-1111-111111111111/"
    "resourceGroups/rg/providers/a/b/x\",\"operationName\":\"A/B/C\",\"category\":\"Administrative\","
    "\"resultType\":\"Success\",\"correlationId\":\"c0000000-0000-0000-0000-000000000001\","
    "\"callerIpAddress\":\"198.51.100.7\",\"identity\":{\"claims\":{"
    "\"http://schemas.microsoft.com/identity/claims/objectidentifier\":\"a0000000-0000-0000-0000-000000000001\"}}}\n";

static bool load_both(const ruleset *r, ar_str body, ar_err *err) {
  size_t room = sizeof rule_head + body.len + 16;
  char *text = ar_alloc(room);
  if (!text) return ar_nomem(err, "writing a rule");
  int len = snprintf(text, room, "%s%.*s end }", rule_head, (int)body.len, body.ptr);
  bool fine = ar_loader_rules_text(r->loader, "rules/x.lua", (ar_str){ text, (size_t)len }, err) &&
              ar_loader_rules_text(r->loader, "rules/y.lua", AR_STR(neighbour), err) &&
              ar_loader_finish(r->loader, err) && ar_engine_seal(r->engine, err);
  ar_free(text);
  return fine;
}

static bool run_both(const ruleset *r, ar_str body, ar_err *err) {
  if (!load_both(r, body, err)) return false;
  ar_reader *reader = ar_reader_new_memory(AR_STR(record), "log", NULL, err);
  bool fine = reader && ar_engine_run(r->engine, reader, err);
  ar_reader_free(reader);
  return fine;
}

/* The hostile rule failed as expected, and the other one raised its alert. */
static bool judge(const ruleset *r, const attack *a, const char **message) {
  size_t count;
  ar_rule *const *rules = ar_engine_rules(r->engine, &count);
  bool named = false, heard = false;
  for (size_t i = 0; i < count; i++) {
    if (strcmp(rules[i]->id, "NEIGHBOUR") == 0) {
      heard = rules[i]->told.alerts == 1 && rules[i]->told.faults == 0;
      continue;
    }
    *message = rules[i]->told.faults ? rules[i]->told.fault : "it ended without an error";
    named = rules[i]->told.faults == 1 && says_one(*message, a->says);
  }
  if (named && !heard) *message = "the rule beside it was silent";
  return named && heard;
}

static void try_detect(selftest *t, const attack *a) {
  ar_err err = { AR_OK, "" };
  ar_engine_options plain = { .now = AR_INSTANT_NONE, .seed = 1 };
  const char *message = err.msg;
  ruleset r = { ar_engine_new(&plain, &err), NULL };
  if (r.engine) r.loader = ar_loader_new(r.engine, NULL, &err);
  bool held = r.loader && run_both(&r, a->text, &err) && judge(&r, a, &message);
  tell(t, a, held, message);
  ruleset_close(&r);
}

/* ---- the list ---- */

static const char *text_at(lua_State *L, int table, int index, size_t *len) {
  lua_rawgeti(L, table, index);
  const char *text = lua_tolstring(L, -1, len);
  lua_pop(L, 1); /* the list holds it */
  return text ? text : "";
}

/* { name, text, code, says } or { text, says } */
static attack read_attack(lua_State *L, int table) {
  attack a = { .code = NULL };
  bool chunk = lua_rawlen(L, table) == 4;
  a.text.ptr = text_at(L, table, chunk ? 2 : 1, &a.text.len);
  a.name = chunk ? text_at(L, table, 1, NULL) : a.text.ptr;
  if (chunk) a.code = text_at(L, table, 3, NULL);
  a.says = text_at(L, table, chunk ? 4 : 2, NULL);
  return a;
}

static void try_all(selftest *t, lua_State *L, const char *kind, void (*try)(selftest *, const attack *)) {
  lua_pushstring(L, kind);
  lua_rawget(L, 1);
  int rows = lua_gettop(L), count = (int)lua_rawlen(L, rows);
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, rows, i);
    attack a = read_attack(L, lua_gettop(L));
    try(t, &a);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

int selftest_sandbox(bool quiet) {
  static const ar_sandbox_options roomy = { .instructions = 1u << 30,
                                            .bytes = (size_t)64 << 20,
                                            .bytes_total = (size_t)64 << 20 };
  selftest t = { .quiet = quiet };
  ar_err err = { AR_OK, "" };
  ar_sandbox *sandbox = ar_sandbox_new(&roomy, &err);
  lua_State *L = sandbox ? ar_sandbox_state(sandbox) : NULL;
  bool read = L && ar_sandbox_load(sandbox, embedded(AR_STR("armrun.hostile")), "armrun/hostile.lua", &err) &&
              ar_sandbox_call(sandbox, 0, 1, &err);
  if (read) {
    try_all(&t, L, "chunks", try_chunk);
    try_all(&t, L, "files", try_file);
    try_all(&t, L, "detects", try_detect);
  }
  ar_sandbox_free(sandbox);
  if (!read) return complain("%s", err.msg), EXIT_REJECTED;
  if (t.failed > 0) complain("%zu of %zu hostile rules were not held", t.failed, t.done);
  if (t.failed == 0 && !quiet) printf("%zu hostile rules held\n", t.done);
  return t.failed == 0 ? EXIT_DONE : EXIT_REJECTED;
}
