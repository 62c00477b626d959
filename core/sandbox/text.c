/* text.c — contains, prefix, suffix, glob: text matching in time that grows with the text and no faster.
 *
 * Each takes (text, wanted[, "i"]); "i" ignores the case of ASCII letters. What is no text (nil, true, false, a
 * table: a body may hold any of them where rules expect text) is no match.
 */
#include <string.h>

#include "sandbox/private.h"

#define PATTERN_MAX 1024

typedef struct question {
  ar_str text, wanted;
  bool missing;
} question;

/* A lower-case copy that lives on the stack. [0, +1] */
static ar_str push_lower(lua_State *L, ar_str s) {
  char *copy = lua_newuserdatauv(L, s.len + 1, 0);
  return ar_str_lower(s, copy);
}

static bool ignores_case(lua_State *L) {
  if (lua_isnoneornil(L, 3)) return false;
  const char *option = luaL_checkstring(L, 3);
  if (strcmp(option, "i") != 0) luaL_error(L, "the option '%s' is unknown; \"i\" ignores case", option);
  return true;
}

bool sandbox_no_text(lua_State *L, int arg) {
  return lua_isnoneornil(L, arg) || lua_isboolean(L, arg) || lua_istable(L, arg);
}

/* Reads the arguments and pays for one walk over them. */
static question ask(lua_State *L) {
  question q = { .missing = sandbox_no_text(L, 1) };
  bool fold = ignores_case(L);
  q.wanted.ptr = luaL_checklstring(L, 2, &q.wanted.len);
  if (!q.missing) q.text.ptr = luaL_checklstring(L, 1, &q.text.len);
  ar_sandbox_charge(L, (q.text.len + q.wanted.len) / (fold ? 16 : 64));
  if (!fold || q.missing) return q;
  q.text = push_lower(L, q.text);
  q.wanted = push_lower(L, q.wanted);
  return q;
}

static int arl_contains(lua_State *L) {
  question q = ask(L);
  lua_pushboolean(L, !q.missing && memmem(q.text.ptr, q.text.len, q.wanted.ptr, q.wanted.len) != NULL);
  return 1;
}

static int arl_prefix(lua_State *L) {
  question q = ask(L);
  lua_pushboolean(L, !q.missing && ar_str_starts(q.text, q.wanted));
  return 1;
}

static bool ends_with(ar_str s, ar_str end) {
  return s.len >= end.len && memcmp(s.ptr + s.len - end.len, end.ptr, end.len) == 0;
}

static int arl_suffix(lua_State *L) {
  question q = ask(L);
  lua_pushboolean(L, !q.missing && ends_with(q.text, q.wanted));
  return 1;
}

/* ---- glob: parts between stars, each found leftmost; no going back ---- */

/* Bytes of the character at `at`; 1 for a byte that starts none. */
static size_t character(ar_str s, size_t at) {
  size_t len = 1;
  if (((unsigned char)s.ptr[at] & 0xC0) == 0xC0)
    while (len < 4 && at + len < s.len && ((unsigned char)s.ptr[at + len] & 0xC0) == 0x80) len++;
  return len;
}

/* Where `part` ends when it matches at `at`; SIZE_MAX when it does not. */
static size_t match_at(ar_str s, size_t at, ar_str part) {
  for (size_t i = 0; i < part.len; i++) {
    if (at >= s.len) return SIZE_MAX;
    if (part.ptr[i] != '?' && part.ptr[i] != s.ptr[at]) return SIZE_MAX;
    at += part.ptr[i] == '?' ? character(s, at) : 1;
  }
  return at;
}

/* Does `part` match at the very end of s, not before `from`? */
static bool match_end(ar_str s, size_t from, ar_str part) {
  size_t at = s.len;
  for (size_t i = part.len; i-- > 0;) {
    if (at <= from) return false;
    at--;
    if (part.ptr[i] != '?' && part.ptr[i] != s.ptr[at]) return false;
    if (part.ptr[i] == '?')
      while (at > from && ((unsigned char)s.ptr[at] & 0xC0) == 0x80) at--;
  }
  return true;
}

/* Where the leftmost match of `part` at or behind `from` ends. A part with `?` is tried at each place, and each try is
 * paid for. */
static size_t find_part(lua_State *L, ar_str s, size_t from, ar_str part) {
  if (!memchr(part.ptr, '?', part.len)) {
    const char *hit = memmem(s.ptr + from, s.len - from, part.ptr, part.len);
    return hit ? (size_t)(hit - s.ptr) + part.len : SIZE_MAX;
  }
  for (size_t at = from; at < s.len; at++) {
    size_t end = match_at(s, at, part);
    if (end != SIZE_MAX) return end;
    if (at % 1024 == 0) ar_sandbox_charge(L, 64 * (1 + part.len / 16));
  }
  return SIZE_MAX;
}

/* The part of the pattern up to the next star; *next: where the pattern goes on behind it, or SIZE_MAX. */
static ar_str next_part(ar_str pattern, size_t at, size_t *next) {
  const char *star = memchr(pattern.ptr + at, '*', pattern.len - at);
  size_t end = star ? (size_t)(star - pattern.ptr) : pattern.len;
  *next = star ? end + 1 : SIZE_MAX;
  return (ar_str){ pattern.ptr + at, end - at };
}

static bool glob(lua_State *L, ar_str s, ar_str pattern) {
  size_t next, at;
  ar_str part = next_part(pattern, 0, &next);
  at = match_at(s, 0, part);
  if (at == SIZE_MAX || next == SIZE_MAX) return at == s.len;
  for (;;) {
    part = next_part(pattern, next, &next);
    if (next == SIZE_MAX) return match_end(s, at, part);
    at = find_part(L, s, at, part);
    if (at == SIZE_MAX) return false;
  }
}

static int arl_glob(lua_State *L) {
  question q = ask(L);
  luaL_argcheck(L, q.wanted.len <= PATTERN_MAX, 2, "the pattern is longer than 1024 bytes");
  lua_pushboolean(L, !q.missing && glob(L, q.text, q.wanted));
  return 1;
}

void sandbox_add_text(lua_State *L) {
  static const luaL_Reg functions[] = { { "contains", arl_contains },
                                        { "prefix", arl_prefix },
                                        { "suffix", arl_suffix },
                                        { "glob", arl_glob },
                                        { NULL, NULL } };
  luaL_setfuncs(L, functions, 0);
}
