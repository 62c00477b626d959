/* memory.c — the allocator of a sandbox: counts, charges and refuses.
 *
 * Every allocation is charged by its size, so whatever Lua copies (s .. s, a growing table) is paid for. Lua answers a
 * refusal with a full collection and a second try; that work is charged too.
 */
#include <string.h>

#include "sandbox/private.h"

#define UNIT 64     /* bytes copied for the price of one instruction */
#define GC_UNIT 256 /* bytes collected for it */

static bool refuse(ar_sandbox *sandbox, refusal why, bool look) {
  sandbox->refused = why;
  sandbox->spent += sandbox->used / GC_UNIT;
  if (look) sandbox_note_place(sandbox);
  return false;
}

static void charge_bytes(ar_sandbox *sandbox, size_t bytes) {
  sandbox->alloc_rest += bytes % UNIT;
  sandbox->spent += bytes / UNIT + sandbox->alloc_rest / UNIT;
  sandbox->alloc_rest %= UNIT;
}

bool sandbox_may_grow(ar_sandbox *sandbox, size_t more) {
  if (sandbox->depth > 0 && sandbox->spent > sandbox->limit) return refuse(sandbox, REFUSED_INSTRUCTIONS, true);
  if (sandbox->used > sandbox->ceiling || more > sandbox->ceiling - sandbox->used)
    return refuse(sandbox, REFUSED_BYTES, true);
  return true;
}

/* While the stack itself moves, Lua's idea of where it is must not be asked for. */
static bool may_move(ar_sandbox *sandbox, const void *ptr, size_t more) {
  bool is_stack = ptr && ptr == sandbox->stack;
  if (!is_stack) return sandbox_may_grow(sandbox, more);
  if (sandbox->depth > 0 && sandbox->spent > sandbox->limit) return refuse(sandbox, REFUSED_INSTRUCTIONS, false);
  if (sandbox->used > sandbox->ceiling || more > sandbox->ceiling - sandbox->used)
    return refuse(sandbox, REFUSED_BYTES, false);
  return true;
}

static bool is_long_string(const void *ptr, size_t osize, size_t nsize) {
  return !ptr && osize == LUA_TSTRING && nsize > LONG_BYTES;
}

static void forget(ar_sandbox *sandbox, const void *block) {
  for (size_t i = 0; i < sandbox->long_count; i++) {
    if (sandbox->longs[i].block != block) continue;
    sandbox->longs[i] = sandbox->longs[--sandbox->long_count];
    return;
  }
}

/* The second block of a new state is its stack. Lua moves it by a new block and a release of the old one, with nothing
 * in between; other versions of 5.4 by realloc. */
static void follow(ar_sandbox *sandbox, const void *old, void *fresh, size_t nsize) {
  bool born = !old && sandbox->births < 2 && ++sandbox->births == 2;
  if (!old) {
    sandbox->newest = fresh;
    sandbox->newest_bytes = nsize;
  }
  if (!born && !(old && old == sandbox->stack)) return;
  sandbox->stack = fresh;
  sandbox->stack_bytes = nsize;
}

static void *release(ar_sandbox *sandbox, void *ptr, size_t osize) {
  if (!ptr) return NULL;
  sandbox->used -= osize;
  if (osize > LONG_BYTES) forget(sandbox, ptr);
  if (ptr == sandbox->stack) {
    sandbox->stack = sandbox->newest;
    sandbox->stack_bytes = sandbox->newest_bytes;
  }
  ar_free(ptr);
  return NULL;
}

static bool allowed(ar_sandbox *sandbox, const void *ptr, size_t osize, size_t nsize) {
  size_t old = ptr ? osize : 0;
  charge_bytes(sandbox, nsize);
  if (nsize <= old) return true;
  if (is_long_string(ptr, osize, nsize) && sandbox->long_count == LONG_STRINGS)
    return refuse(sandbox, REFUSED_STRINGS, true);
  return may_move(sandbox, ptr, nsize - old);
}

void *sandbox_allocate(void *ud, void *ptr, size_t osize, size_t nsize) {
  ar_sandbox *sandbox = ud;
  if (nsize == 0) return release(sandbox, ptr, osize);
  if (!allowed(sandbox, ptr, osize, nsize)) return NULL;
  size_t old = ptr ? osize : 0;
  const void *before = ptr;
  void *fresh = ar_resize(ptr, nsize);
  if (!fresh && nsize <= old) fresh = ptr; /* a block that will not shrink is good as it is */
  if (!fresh) {
    sandbox->refused = REFUSED_MEMORY;
    return NULL;
  }
  sandbox->used = sandbox->used - old + nsize;
  if (sandbox->used > sandbox->peak) sandbox->peak = sandbox->used;
  if (is_long_string(before, osize, nsize)) sandbox->longs[sandbox->long_count++] = (long_string){ fresh, nsize };
  follow(sandbox, before, fresh, nsize);
  return fresh;
}
