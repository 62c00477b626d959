/* budget.c — instructions: counted by a hook, charged by work in C, sticky once they are spent. */
#include <stdio.h>
#include <string.h>

#include "sandbox/private.h"

ar_sandbox *ar_sandbox_of(lua_State *L) {
  return *(ar_sandbox **)lua_getextraspace(L);
}

/* The innermost Lua function that knows its line. Allocates nothing: the allocator asks as well. */
void sandbox_note_place(ar_sandbox *sandbox) {
  lua_Debug ar;
  if (sandbox->depth == 0) return;
  for (int level = 0; level < 16 && lua_getstack(sandbox->L, level, &ar); level++) {
    lua_getinfo(sandbox->L, "Sl", &ar);
    if (ar.currentline <= 0) continue;
    size_t len = ar.srclen > 0 ? ar.srclen - 1 : 0; /* without its leading '=' */
    if (len >= sizeof sandbox->where.file) len = sizeof sandbox->where.file - 1;
    memcpy(sandbox->where.file, ar.source + 1, len);
    sandbox->where.file[len] = '\0';
    memcpy(sandbox->where.cut, ar.short_src, sizeof sandbox->where.cut);
    sandbox->where.line = ar.currentline;
    return;
  }
}

/* One instruction may compare two strings or copy all varargs; its price follows the longest thing there is. */
uint64_t sandbox_price(const ar_sandbox *sandbox) {
  size_t longest = 0, stack = sandbox->stack_bytes / STACK_BYTES;
  for (size_t i = 0; i < sandbox->long_count; i++)
    if (sandbox->longs[i].bytes > longest) longest = sandbox->longs[i].bytes;
  longest /= LONG_BYTES;
  return 1 + (longest > stack ? longest : stack);
}

void sandbox_arm(ar_sandbox *sandbox) {
  uint64_t left = sandbox->limit > sandbox->spent ? sandbox->limit - sandbox->spent : 1;
  sandbox->step = sandbox->sticky ? 1 : left < STEP ? (unsigned)left : STEP;
  lua_sethook(sandbox->L, sandbox_hook, LUA_MASKCOUNT, (int)sandbox->step);
}

/* From here on every instruction ends in this error again, so that no handler can hide it. The error value is one that
 * needs no memory; ar_sandbox_call makes the message. */
AR_JUMPS static void stop(lua_State *L) {
  ar_sandbox *sandbox = ar_sandbox_of(L);
  sandbox->sticky = true;
  sandbox_note_place(sandbox);
  sandbox_arm(sandbox);
  lua_pushlightuserdata(L, sandbox);
  lua_error(L);
}

/* Long strings that nobody holds any more shall not make the rest dear. */
static void sweep(ar_sandbox *sandbox) {
  if (sandbox->swept || sandbox_price(sandbox) == 1) return;
  sandbox->swept = true;
  sandbox->spent += sandbox->used / 256;
  lua_gc(sandbox->L, LUA_GCCOLLECT);
}

void sandbox_hook(lua_State *L, lua_Debug *ar) {
  ar_sandbox *sandbox = ar_sandbox_of(L);
  (void)ar;
  sweep(sandbox);
  sandbox->spent += sandbox->step * sandbox_price(sandbox);
  sandbox_note_place(sandbox);
  if (sandbox->sticky || sandbox->spent >= sandbox->limit) stop(L);
  if (sandbox->limit - sandbox->spent < STEP) sandbox_arm(sandbox);
}

static void set_verdict(ar_sandbox *sandbox, const char *text) {
  snprintf(sandbox->verdict, sizeof sandbox->verdict, "%s", text);
}

void sandbox_give_up(lua_State *L, const char *verdict) {
  set_verdict(ar_sandbox_of(L), verdict);
  stop(L);
}

void sandbox_starve(lua_State *L) {
  ar_sandbox *sandbox = ar_sandbox_of(L);
  sandbox->starved = true;
  sandbox_note_place(sandbox);
  lua_pushlightuserdata(L, sandbox);
  lua_error(L);
}

/* The last step was work in C: says where. */
static void blame(lua_State *L, ar_sandbox *sandbox) {
  char text[128];
  lua_Debug ar;
  if (!lua_getstack(L, 0, &ar) || !lua_getinfo(L, "nS", &ar) || *ar.what != 'C' || !ar.name) return;
  snprintf(text, sizeof text, " in '%.32s' (work on long strings and lists counts too)", ar.name);
  set_verdict(sandbox, text);
}

void ar_sandbox_charge(lua_State *L, size_t units) {
  ar_sandbox *sandbox = ar_sandbox_of(L);
  uint64_t left = sandbox->limit > sandbox->spent ? sandbox->limit - sandbox->spent : 0;
  if (sandbox->depth == 0) return;
  sandbox->spent += units <= left ? units : left; /* what cannot be paid for is not done, and not counted */
  if (units <= left) return;
  blame(L, sandbox);
  stop(L);
}

void sandbox_charge_steps(lua_State *L, size_t steps) {
  uint64_t price = sandbox_price(ar_sandbox_of(L));
  ar_sandbox_charge(L, steps > SIZE_MAX / price ? SIZE_MAX : steps * (size_t)price);
}

uint64_t ar_sandbox_spent(const ar_sandbox *sandbox) {
  return sandbox->spent;
}

size_t ar_sandbox_peak(const ar_sandbox *sandbox) {
  return sandbox->peak > sandbox->entry ? sandbox->peak - sandbox->entry : 0;
}

size_t ar_sandbox_bytes(const ar_sandbox *sandbox) {
  return sandbox->used;
}
