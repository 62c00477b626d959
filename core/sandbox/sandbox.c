/* sandbox.c — a sandbox's life, and the one lua_pcall with its messages. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/private.h"

ar_sandbox *ar_sandbox_new(const ar_sandbox_options *options, ar_err *err) {
  static const ar_sandbox_options none = { 0, 0, 0 };
  const ar_sandbox_options *o = options ? options : &none;
  ar_sandbox *sandbox = ar_alloc(sizeof *sandbox);
  if (!sandbox) return ar_nomem(err, "making a sandbox"), NULL;
  sandbox->limit = o->instructions ? o->instructions : 500000;
  sandbox->call_bytes = o->bytes ? o->bytes : (size_t)4 << 20;
  sandbox->total_bytes = o->bytes_total ? o->bytes_total : (size_t)32 << 20;
  sandbox->ceiling = sandbox->total_bytes;
  sandbox->L = lua_newstate(sandbox_allocate, sandbox);
  if (!sandbox->L) {
    ar_free(sandbox);
    return ar_nomem(err, "making a Lua state"), NULL;
  }
  *(ar_sandbox **)lua_getextraspace(sandbox->L) = sandbox;
  lua_pushcfunction(sandbox->L, sandbox_open);
  if (lua_pcall(sandbox->L, 0, 0, 0) == LUA_OK) return sandbox;
  ar_nomem(err, "filling a sandbox");
  ar_sandbox_free(sandbox);
  return NULL;
}

void ar_sandbox_free(ar_sandbox *sandbox) {
  if (!sandbox) return;
  lua_close(sandbox->L);
  ar_free(sandbox);
}

lua_State *ar_sandbox_state(ar_sandbox *sandbox) {
  return sandbox->L;
}

void ar_sandbox_set_owner(ar_sandbox *sandbox, void *owner) {
  sandbox->owner = owner;
}

void *ar_sandbox_owner(const ar_sandbox *sandbox) {
  return sandbox->owner;
}

void ar_sandbox_seed(ar_sandbox *sandbox, uint64_t seed) {
  sandbox->seed = seed;
}

/* ---- a call's budget ---- */

static void begin(ar_sandbox *sandbox) {
  if (sandbox->depth++ > 0) return;
  sandbox->spent = 0;
  sandbox->alloc_rest = 0;
  sandbox->sticky = sandbox->starved = sandbox->swept = false;
  sandbox->refused = REFUSED_NOTHING;
  sandbox->where = (place){ "", "", 0 };
  sandbox->verdict[0] = '\0';
  sandbox->random = sandbox->seed;
  sandbox->entry = sandbox->peak = sandbox->used;
  size_t room = sandbox->total_bytes > sandbox->used ? sandbox->total_bytes - sandbox->used : 0;
  sandbox->ceiling = sandbox->used + (sandbox->call_bytes < room ? sandbox->call_bytes : room);
  sandbox_arm(sandbox);
}

static void end(ar_sandbox *sandbox) {
  if (--sandbox->depth > 0) return;
  lua_sethook(sandbox->L, NULL, 0, 0);
  sandbox->ceiling = SIZE_MAX; /* who works between calls is trusted, and must not meet a refusal unprotected */
}

/* ---- messages ---- */

/* "4 MiB", "500 KiB", "100 bytes" */
static void bytes_text(size_t bytes, char out[32]) {
  if (bytes >= 1 << 20 && bytes % (1 << 20) == 0)
    snprintf(out, 32, "%zu MiB", bytes >> 20);
  else if (bytes >= 1024)
    snprintf(out, 32, "%zu KiB", bytes >> 10);
  else
    snprintf(out, 32, "%zu bytes", bytes);
}

/* "500,000" */
static void count_text(uint64_t count, char out[32]) {
  char digits[24];
  size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count), at = 0;
  for (size_t i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0) out[at++] = ',';
    out[at++] = digits[i];
  }
  out[at] = '\0';
}

/* "rules/x.lua:12: ", or nothing. */
static void place_text(const ar_sandbox *sandbox, char out[300]) {
  out[0] = '\0';
  if (sandbox->where.line > 0) snprintf(out, 300, "%s:%d: ", sandbox->where.file, sandbox->where.line);
}

static bool fail_instructions(const ar_sandbox *sandbox, ar_err *err) {
  char at[300], limit[32];
  place_text(sandbox, at);
  count_text(sandbox->limit, limit);
  const char *verdict = sandbox->verdict;
  if (verdict[0] && verdict[0] != ' ') return ar_fail(err, AR_EBUDGET, "%s%s", at, verdict);
  return ar_fail(err, AR_EBUDGET, "%sused up its %s instructions%s", at, limit,
                 verdict[0] ? verdict : " (is there an endless loop?)");
}

static bool fail_memory(const ar_sandbox *sandbox, ar_err *err) {
  char at[300], limit[32];
  place_text(sandbox, at);
  size_t call = sandbox->call_bytes, room = sandbox->total_bytes - sandbox->entry;
  bool total = sandbox->total_bytes < sandbox->entry || room < call;
  bytes_text(total ? sandbox->total_bytes : call, limit);
  switch (sandbox->refused) {
  case REFUSED_INSTRUCTIONS:
    return fail_instructions(sandbox, err);
  case REFUSED_BYTES:
    return ar_fail(err, AR_EBUDGET, "%sused more than %s%s", at, limit, total ? " in all its calls together" : "");
  case REFUSED_STRINGS:
    return ar_fail(err, AR_EBUDGET, "%sholds more than %d strings longer than %d bytes", at, LONG_STRINGS, LONG_BYTES);
  default:
    return ar_fail(err, AR_ENOMEM, "%sout of memory", at);
  }
}

/* Does it start with "file:12: "? */
static bool has_place(const char *text) {
  const char *colon = strchr(text, ':');
  if (!colon || !isdigit((unsigned char)colon[1])) return false;
  const char *p = colon + 1;
  while (isdigit((unsigned char)*p)) p++;
  return *p == ':';
}

/* Lua cuts long file names in its messages; people need the whole. */
static bool fail_text(const ar_sandbox *sandbox, const char *text, ar_err *err) {
  char at[300];
  size_t cut = strlen(sandbox->where.cut);
  if (cut > 0 && strncmp(text, sandbox->where.cut, cut) == 0 && text[cut] == ':')
    return ar_fail(err, AR_ERULE, "%s%s", sandbox->where.file, text + cut);
  place_text(sandbox, at);
  return ar_fail(err, AR_ERULE, "%s%s", has_place(text) ? "" : at, text);
}

/* The state is not protected here: nothing that allocates is called. */
static bool fail_value(ar_sandbox *sandbox, ar_err *err) {
  lua_State *L = sandbox->L;
  char text[120];
  switch (lua_type(L, -1)) {
  case LUA_TSTRING:
    return fail_text(sandbox, lua_tostring(L, -1), err);
  case LUA_TNUMBER:
    snprintf(text, sizeof text, "error: %.14g", lua_tonumber(L, -1));
    break;
  case LUA_TNIL:
    snprintf(text, sizeof text, "error without a message");
    break;
  default:
    snprintf(text, sizeof text, "the error is a %s; a text was expected", lua_typename(L, lua_type(L, -1)));
  }
  return fail_text(sandbox, text, err);
}

/* [-1, 0] */
static bool fail(ar_sandbox *sandbox, int status, ar_err *err) {
  if (sandbox->sticky)
    fail_instructions(sandbox, err);
  else if (status == LUA_ERRMEM || sandbox->starved)
    fail_memory(sandbox, err);
  else
    fail_value(sandbox, err);
  lua_pop(sandbox->L, 1);
  return false;
}

/* ---- calls ---- */

/* Runs where the error is: the last moment at which the stack can tell the line. */
static int arl_note(lua_State *L) {
  sandbox_note_place(ar_sandbox_of(L));
  return 1;
}

bool ar_sandbox_call(ar_sandbox *sandbox, int args, int results, ar_err *err) {
  lua_State *L = sandbox->L;
  int function = lua_gettop(L) - args;
  if (!lua_checkstack(L, 2)) {
    lua_settop(L, function - 1);
    return ar_nomem(err, "calling a rule");
  }
  lua_pushcfunction(L, arl_note);
  lua_insert(L, function);
  begin(sandbox);
  int status = lua_pcall(L, args, results, function);
  lua_remove(L, function);
  bool fine = status == LUA_OK || fail(sandbox, status, err);
  end(sandbox);
  return fine;
}

static ar_str without_mark(ar_str text) {
  return ar_str_starts(text, AR_STR("\xEF\xBB\xBF")) ? (ar_str){ text.ptr + 3, text.len - 3 } : text;
}

bool ar_sandbox_load(ar_sandbox *sandbox, ar_str text, const char *name, ar_err *err) {
  char chunk[sizeof sandbox->where.file + 1];
  lua_State *L = sandbox->L;
  text = without_mark(text);
  snprintf(chunk, sizeof chunk, "=%s", name);
  if (text.len > 0 && text.ptr[0] == LUA_SIGNATURE[0])
    return ar_fail(err, AR_ERULE, "%s: this is compiled Lua; rules are read as text only", name);
  if (!lua_checkstack(L, 4)) return ar_nomem(err, "loading a rule file");
  begin(sandbox);
  int status = luaL_loadbufferx(L, text.ptr ? text.ptr : "", text.len, chunk, "t");
  snprintf(sandbox->where.file, sizeof sandbox->where.file, "%s", name);
  snprintf(sandbox->where.cut, sizeof sandbox->where.cut, "%s", name);
  bool fine = status == LUA_OK || fail(sandbox, status, err);
  end(sandbox);
  if (!fine && !ar_str_starts(ar_str_of(err->msg), ar_str_of(name))) {
    ar_err plain = *err;
    ar_fail(err, plain.code, "%s: %s", name, plain.msg);
  }
  return fine;
}
