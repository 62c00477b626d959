/* regex.c — regex [[pattern]], on PCRE2, with its work counted.
 *
 * PCRE2's own match limit starts anew at each position of the text, so alone it bounds nothing on a long text. A
 * callout before every item of the pattern counts steps and distance over the whole match; what it counts is charged.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/private.h"

#define REGEX "regex"
#define PATTERN_MAX 4096
#define GROUPS_MAX 50
#define REPEAT_MAX 1000 /* x{1000}: compared without a callout */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT_KIB 4096
#define STEPS 16 /* of matching, for the price of one instruction */
#define COMPILE_PRICE 4000

typedef struct regex {
  pcre2_general_context *general;
  pcre2_match_context *context;
  pcre2_code *code;
  pcre2_match_data *data;
} regex;

/* ---- memory: PCRE2's counts as the rule's ---- */

typedef union block {
  size_t bytes;
  max_align_t align;
} block;

/* As Lua does for its own: a second try after a collection, which frees patterns that nobody holds. */
static bool may_grow(ar_sandbox *sandbox, size_t more) {
  if (sandbox_may_grow(sandbox, more)) return true;
  lua_gc(sandbox->L, LUA_GCCOLLECT);
  return sandbox_may_grow(sandbox, more);
}

static void *take(PCRE2_SIZE bytes, void *ud) {
  ar_sandbox *sandbox = ud;
  if (bytes > SIZE_MAX / 2 || !may_grow(sandbox, bytes + sizeof(block))) return NULL;
  block *made = ar_resize(NULL, bytes + sizeof(block));
  if (!made) sandbox->refused = REFUSED_MEMORY;
  if (!made) return NULL;
  made->bytes = bytes + sizeof(block);
  sandbox->used += made->bytes;
  if (sandbox->used > sandbox->peak) sandbox->peak = sandbox->used;
  return made + 1;
}

static void give(void *ptr, void *ud) {
  ar_sandbox *sandbox = ud;
  if (!ptr) return;
  block *made = (block *)ptr - 1;
  sandbox->used -= made->bytes;
  ar_free(made);
}

static int arl_free(lua_State *L) {
  regex *r = luaL_checkudata(L, 1, REGEX);
  pcre2_match_data_free(r->data);
  pcre2_code_free(r->code);
  pcre2_match_context_free(r->context);
  pcre2_general_context_free(r->general);
  memset(r, 0, sizeof *r);
  return 0;
}

/* ---- compiling ---- */

/* The number in `{number`, or 0. */
static unsigned long repeat_at(const char *p) {
  return *p == '{' && isdigit((unsigned char)p[1]) ? strtoul(p + 1, NULL, 10) : 0;
}

static void check_repeats(lua_State *L, const char *pattern) {
  for (const char *p = pattern; *p; p++) {
    if (*p == '\\' && p[1])
      p++;
    else if (repeat_at(p) > REPEAT_MAX)
      luaL_error(L, "regex: a repeat count of %d is too large; at most %d", (int)repeat_at(p), REPEAT_MAX);
  }
}

static uint32_t number_of(const regex *r, uint32_t what) {
  uint32_t number = 0;
  pcre2_pattern_info(r->code, what, &number);
  return number;
}

static void check_code(lua_State *L, const regex *r) {
  if (number_of(r, PCRE2_INFO_BACKREFMAX) > 0)
    luaL_error(L, "regex: references to groups are not available, they cannot be matched in bounded time");
  if (number_of(r, PCRE2_INFO_CAPTURECOUNT) > GROUPS_MAX)
    luaL_error(L, "regex: at most %d groups; write (?:…) for a group that need not be kept", GROUPS_MAX);
}

static void compile(lua_State *L, regex *r, ar_str pattern, uint32_t options) {
  int code;
  PCRE2_SIZE where;
  r->general = pcre2_general_context_create(take, give, ar_sandbox_of(L));
  pcre2_compile_context *context = r->general ? pcre2_compile_context_create(r->general) : NULL;
  if (!context) sandbox_starve(L);
  r->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, options, &code, &where, context);
  pcre2_compile_context_free(context);
  if (!r->code && code == PCRE2_ERROR_HEAP_FAILED) sandbox_starve(L);
  if (!r->code) {
    char reason[128] = "";
    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    luaL_error(L, "regex: %s, at character %d of '%s'", reason, (int)where + 1, pattern.ptr);
  }
}

static void prepare(lua_State *L, regex *r) {
  r->data = pcre2_match_data_create_from_pattern(r->code, r->general);
  r->context = pcre2_match_context_create(r->general);
  if (!r->data || !r->context) sandbox_starve(L);
  pcre2_set_match_limit(r->context, MATCH_LIMIT);
  pcre2_set_depth_limit(r->context, DEPTH_LIMIT);
  pcre2_set_heap_limit(r->context, HEAP_LIMIT_KIB);
}

/* regex(pattern[, "i"]) */
static int arl_regex(lua_State *L) {
  ar_str pattern;
  pattern.ptr = luaL_checklstring(L, 1, &pattern.len);
  const char *option = luaL_optstring(L, 2, "");
  luaL_argcheck(L, pattern.len <= PATTERN_MAX, 1, "the pattern is longer than 4096 bytes");
  if (*option && strcmp(option, "i") != 0) luaL_error(L, "the option '%s' is unknown; \"i\" ignores case", option);
  check_repeats(L, pattern.ptr);
  ar_sandbox_charge(L, COMPILE_PRICE);
  regex *r = lua_newuserdatauv(L, sizeof *r, 1);
  memset(r, 0, sizeof *r);
  luaL_setmetatable(L, REGEX);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  compile(L, r, pattern,
          PCRE2_AUTO_CALLOUT | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |
              (*option ? PCRE2_CASELESS : 0));
  check_code(L, r);
  prepare(L, r);
  return 1;
}

/* ---- matching ---- */

typedef struct work {
  uint64_t steps, limit;
  size_t last;
} work;

static int step_counted(pcre2_callout_block *at, void *ud) {
  work *w = ud;
  size_t here = at->current_position;
  w->steps += 1 + (here > w->last ? here - w->last : w->last - here);
  w->last = here;
  return w->steps > w->limit ? PCRE2_ERROR_CALLOUT : 0;
}

static uint64_t steps_left(const ar_sandbox *sandbox) {
  uint64_t left = sandbox->limit > sandbox->spent ? sandbox->limit - sandbox->spent : 0;
  return left > UINT64_MAX / STEPS ? UINT64_MAX : left * STEPS;
}

static void refuse(lua_State *L, int result) {
  char text[200];
  lua_getiuservalue(L, 1, 1);
  const char *pattern = lua_tostring(L, -1);
  switch (result) {
  case PCRE2_ERROR_NOMEMORY:
    sandbox_starve(L);
    break;
  case PCRE2_ERROR_MATCHLIMIT:
  case PCRE2_ERROR_DEPTHLIMIT:
  case PCRE2_ERROR_HEAPLIMIT:
    snprintf(text, sizeof text, "regex '%.60s' tries too many ways on this text (%s limit); make it more exact",
             pattern,
             result == PCRE2_ERROR_MATCHLIMIT   ? "match"
             : result == PCRE2_ERROR_DEPTHLIMIT ? "depth"
                                                : "memory");
    sandbox_give_up(L, text);
    break;
  default:
    luaL_error(L, "regex: PCRE2 failed with error %d", result);
  }
}

static int push_groups(lua_State *L, const regex *r, const char *text) {
  uint32_t groups = number_of(r, PCRE2_INFO_CAPTURECOUNT);
  const PCRE2_SIZE *at = pcre2_get_ovector_pointer(r->data);
  luaL_checkstack(L, (int)groups + 1, NULL);
  if (groups == 0) lua_pushboolean(L, 1);
  for (uint32_t i = 1; i <= groups; i++) {
    if (at[2 * i] == PCRE2_UNSET)
      lua_pushboolean(L, 0);
    else
      lua_pushlstring(L, text + at[2 * i], at[2 * i + 1] - at[2 * i]);
  }
  return groups == 0 ? 1 : (int)groups;
}

/* r:match(text): nil; or true; or what the groups hold, false for one that took no part. */
static int arl_match(lua_State *L) {
  regex *r = luaL_checkudata(L, 1, REGEX);
  if (sandbox_no_text(L, 2)) return lua_pushnil(L), 1;
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  ar_sandbox_charge(L, 10 + len / 64);
  work w = { .limit = steps_left(ar_sandbox_of(L)) };
  pcre2_set_callout(r->context, step_counted, &w);
  int result = pcre2_match(r->code, (PCRE2_SPTR)text, len, 0, 0, r->data, r->context);
  ar_sandbox_charge(L, (size_t)(w.steps / STEPS) + (result == PCRE2_ERROR_CALLOUT));
  if (result == PCRE2_ERROR_NOMATCH) return lua_pushnil(L), 1;
  if (result < 0) refuse(L, result);
  return push_groups(L, r, text);
}

void sandbox_add_regex(lua_State *L) {
  luaL_newmetatable(L, REGEX);
  lua_pushcfunction(L, arl_free);
  lua_setfield(L, -2, "__gc");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_newtable(L);
  lua_pushcfunction(L, arl_match);
  lua_setfield(L, -2, "match");
  ar_sandbox_readonly(L, REGEX);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, arl_regex);
  lua_setfield(L, -2, REGEX);
}
