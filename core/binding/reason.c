/* reason.c — reason(code, text, …): a sentence with numbers, and the numbers by name.
 *
 * Two forms. Printf: reason("keys_listed", "%d accounts in %s", n, span), values v1, v2 …; named:
 * reason("keys_listed", "{accounts} accounts in {seconds:span}", { accounts = n, seconds = span, threshold = 3 }).
 * The result is a plain table, which alert{} checks: nothing here outlives the call. */
#include "binding/private.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void check_code(lua_State *L) {
  size_t len;
  const char *code = luaL_checklstring(L, 1, &len);
  luaL_argcheck(L, len > 0 && len <= 64, 1, "a code of 1 to 64 characters");
  for (size_t i = 0; i < len; i++)
    luaL_argcheck(L, islower((unsigned char)code[i]) || isdigit((unsigned char)code[i]) || code[i] == '_', 1,
                  "a code of a-z, 0-9 and _, such as \"keys_listed\"");
}

static void add_span(luaL_Buffer *b, lua_Number seconds) {
  char text[40];
  lua_Number limit = 1e11;
  if (!(fabs(seconds) < limit)) seconds = 0;
  ar_str s = ar_span_text((ar_span)llround(seconds * (lua_Number)AR_SECOND), text);
  luaL_addlstring(b, s.ptr, s.len);
}

static void add_number(lua_State *L, luaL_Buffer *b, int arg) {
  char text[64];
  if (lua_isinteger(L, arg))
    snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(L, arg));
  else
    snprintf(text, sizeof text, "%.6g", lua_tonumber(L, arg));
  luaL_addstring(b, text);
}

/* As `%s` shows it: a float is a span of seconds. */
static void add_plain(lua_State *L, luaL_Buffer *b, int arg, bool float_is_span) {
  size_t len;
  const char *text;
  switch (lua_type(L, arg)) {
  case LUA_TNUMBER:
    if (float_is_span && !lua_isinteger(L, arg))
      add_span(b, lua_tonumber(L, arg));
    else
      add_number(L, b, arg);
    break;
  case LUA_TBOOLEAN:
    luaL_addstring(b, lua_toboolean(L, arg) ? "yes" : "no");
    break;
  case LUA_TNIL:
    luaL_addstring(b, "unknown");
    break;
  case LUA_TSTRING:
    text = lua_tolstring(L, arg, &len);
    luaL_addlstring(b, text, cut_text((ar_str){ text, len }).len);
    break;
  default:
    luaL_error(L, "reason: a %s is no value; give texts, numbers, booleans", luaL_typename(L, arg));
  }
}

/* ---- printf form: values are arguments 3 … ---- */

/* Copies "%-5.1f" up to its letter to out; returns what follows. */
static const char *read_spec(lua_State *L, const char *p, char out[16]) {
  size_t n = 0;
  out[n++] = '%';
  while (*p && strchr("-+ #0123456789.", *p)) {
    if (n == 10) luaL_error(L, "reason: a format is too long");
    out[n++] = *p++;
  }
  if (!*p || !strchr("dgfesx", *p))
    luaL_error(L, "reason: '%%%c' is no format; use %%d %%s %%g %%f %%x", *p ? *p : ' ');
  out[n] = '\0';
  return p;
}

static bool too_wide(const char *spec) {
  unsigned long width = 0;
  for (const char *p = spec; *p; p++) {
    width = isdigit((unsigned char)*p) ? width * 10 + (unsigned long)(*p - '0') : 0;
    if (width > 99) return true;
  }
  return false;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* read_spec let nothing through but one number format */
static void add_formatted(lua_State *L, luaL_Buffer *b, int arg, char spec[16], char letter) {
  char text[512];
  size_t n = strlen(spec);
  if (too_wide(spec)) luaL_error(L, "reason: a width over 99");
  if (letter == 'd' || letter == 'x') {
    memcpy(spec + n, "ll", 2);
    spec[n + 2] = letter;
    spec[n + 3] = '\0';
    lua_Number number = luaL_checknumber(L, arg);
    lua_Integer integer = 0;
    if (!lua_numbertointeger(floor(number + 0.5), &integer)) luaL_error(L, "reason: %%d of a number out of range");
    snprintf(text, sizeof text, spec, (long long)integer);
  } else {
    spec[n] = letter;
    spec[n + 1] = '\0';
    snprintf(text, sizeof text, spec, luaL_checknumber(L, arg));
  }
  luaL_addstring(b, text);
}
#pragma GCC diagnostic pop

static void format_positions(lua_State *L, luaL_Buffer *b, const char *format, int args) {
  int arg = 3;
  for (const char *p = format; *p; p++) {
    char spec[16];
    if (*p != '%') {
      luaL_addchar(b, *p);
    } else if (p[1] == '%') {
      luaL_addchar(b, *p++);
    } else {
      p = read_spec(L, p + 1, spec);
      if (arg > args) luaL_error(L, "reason: the text wants more values than the %d given", args - 2);
      if (*p == 's')
        add_plain(L, b, arg, true);
      else
        add_formatted(L, b, arg, spec, *p);
      arg++;
    }
  }
}

/* ---- named form: values are the table at 3 ---- */

/* Pushes values[name]; "name:span" asks for the span form. Leaves the value at the top: nil, shown as unknown, when it
 * is not there, for what a log does not say must not be the rule's fault. */
static bool push_named(lua_State *L, const char *name, size_t len) {
  const char *colon = memchr(name, ':', len);
  bool span = colon && len - (size_t)(colon - name) == 5 && memcmp(colon, ":span", 5) == 0;
  if (colon && !span) luaL_error(L, "reason: after ':' only span can follow, as in {seconds:span}");
  lua_pushlstring(L, name, span ? len - 5 : len);
  lua_rawget(L, 3);
  return span;
}

static void format_names(lua_State *L, luaL_Buffer *b, const char *format) {
  for (const char *p = format; *p; p++) {
    const char *stop = *p == '{' ? strchr(p, '}') : NULL;
    if (!stop) {
      luaL_addchar(b, *p);
      continue;
    }
    luaL_Buffer piece; /* the value must not lie above an open buffer: formatted into one of its own */
    bool span = push_named(L, p + 1, (size_t)(stop - p - 1));
    int value = lua_gettop(L);
    luaL_buffinit(L, &piece);
    if (span && lua_isnumber(L, value))
      add_span(&piece, lua_tonumber(L, value));
    else
      add_plain(L, &piece, value, false);
    luaL_pushresult(&piece);
    lua_remove(L, value);
    luaL_addvalue(b);
    p = stop;
  }
}

/* ---- the result ---- */

/* Values of the printf form, by position. [0, +1] */
static void push_positions(lua_State *L, int args) {
  char name[16];
  lua_createtable(L, 0, args - 2);
  for (int arg = 3; arg <= args; arg++) {
    snprintf(name, sizeof name, "v%d", arg - 2);
    lua_pushvalue(L, arg);
    lua_setfield(L, -2, name);
  }
}

int arl_reason(lua_State *L) {
  int args = lua_gettop(L);
  size_t len;
  luaL_Buffer buffer;
  check_code(L);
  const char *format = luaL_checklstring(L, 2, &len);
  luaL_argcheck(L, len <= TEXT_MAX, 2, "a text of at most 4,096 bytes");
  luaL_argcheck(L, args - 2 <= VALUES_MAX, 3, "at most 32 values");
  ar_sandbox_charge(L, 16 + len / 16);
  bool named = args >= 3 && lua_istable(L, 3);
  if (named) {
    if (args == 3) lua_pushnil(L);
    lua_settop(L, 4); /* bits, if any */
  }
  luaL_buffinit(L, &buffer);
  if (named)
    format_names(L, &buffer, format);
  else
    format_positions(L, &buffer, format, args);
  luaL_pushresult(&buffer);
  int text = lua_gettop(L);
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "code");
  lua_pushvalue(L, text);
  lua_setfield(L, -2, "text");
  if (named)
    lua_pushvalue(L, 3);
  else
    push_positions(L, args);
  lua_setfield(L, -2, "values");
  if (named) {
    lua_getfield(L, 3, "bits");
    lua_setfield(L, -2, "bits");
  }
  return 1;
}
