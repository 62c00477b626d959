/* strings.c — the functions of string and utf8 whose work is not paid for by what they allocate. */
#include <string.h>

#include "sandbox/private.h"

static size_t product(size_t a, size_t b) {
  return b > 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

static int arl_rep(lua_State *L) {
  size_t len, gap = 0;
  luaL_checklstring(L, 1, &len);
  lua_Integer times = luaL_checkinteger(L, 2);
  if (!lua_isnoneornil(L, 3)) luaL_checklstring(L, 3, &gap);
  if (times <= 0 || len + gap == 0) { /* "" any number of times: Lua would count them */
    lua_pushliteral(L, "");
    return 1;
  }
  ar_sandbox_charge(L, product(len + gap, (size_t)times) / 64);
  return sandbox_original(L);
}

static int arl_byte(lua_State *L) {
  lua_Integer first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, first);
  size_t len;
  luaL_checklstring(L, 1, &len);
  if (first < 0) first = first < -(lua_Integer)len ? 1 : (lua_Integer)len + first + 1;
  if (last < 0) last = (lua_Integer)len + last + 1;
  if (last > (lua_Integer)len) last = (lua_Integer)len;
  if (last - first >= FEW_VALUES) return luaL_error(L, "byte: at most %d bytes at a time", FEW_VALUES);
  return sandbox_original(L);
}

/* Past flags, width and precision; Lua itself refuses more than two digits of either. */
static const char *conversion(const char *p, const char *end) {
  while (p < end && strchr("-+ #0123456789.", *p) && *p) p++;
  return p;
}

#define PLAIN_PRICE 2 /* of a conversion */
#define LONG_PRICE 40 /* of one that may write hundreds of digits */

/* A number of 300 digits, or of 99 behind the point, is written digit by digit. */
static size_t price_of(const char *from, const char *kind) {
  if (*kind == 's' || *kind == 'd') return PLAIN_PRICE;
  return *kind == 'f' || memchr(from, '.', (size_t)(kind - from)) ? LONG_PRICE : PLAIN_PRICE * 4;
}

/* %s of a table would show an address, %p is one. */
static void make_printable(lua_State *L, char kind, int arg) {
  if (kind == 'p') luaL_error(L, "format: '%%p' is not available in rules: addresses differ from run to run");
  if (kind != 's' || arg > lua_gettop(L) || lua_type(L, arg) == LUA_TSTRING) return;
  ar_sandbox_tostring(L, arg, NULL);
  lua_replace(L, arg);
}

static int arl_format(lua_State *L) {
  size_t len;
  const char *p = luaL_checklstring(L, 1, &len), *end = p + len;
  luaL_checkstack(L, 4, NULL);
  ar_sandbox_charge(L, len / 16);
  for (int arg = 2; (p = memchr(p, '%', (size_t)(end - p))) != NULL;) {
    const char *from = p + 1;
    p = conversion(from, end);
    if (p >= end) break;
    ar_sandbox_charge(L, price_of(from, p));
    if (*p != '%') make_printable(L, *p, arg++);
    p++;
  }
  return sandbox_original(L);
}

#define ARGUMENTS 4 /* looked at for the price of one instruction */

/* Functions whose work is their arguments: a call is one instruction however many there are. */
int sandbox_many(lua_State *L) {
  ar_sandbox_charge(L, (size_t)lua_gettop(L) / ARGUMENTS);
  return sandbox_original(L);
}

void sandbox_add_strings(lua_State *L) {
  sandbox_wrap(L, "char", sandbox_many);
  sandbox_wrap(L, "rep", arl_rep);
  sandbox_wrap(L, "byte", arl_byte);
  sandbox_wrap(L, "format", arl_format);
}

/* ---- texts used as numbers ---- */

/* Reading a number out of a text walks over all of it. */
static void charge_digits(lua_State *L, int arg) {
  if (lua_type(L, arg) == LUA_TSTRING) ar_sandbox_charge(L, lua_rawlen(L, arg) / 16);
}

static int arl_arithmetic(lua_State *L) {
  charge_digits(L, 1);
  charge_digits(L, 2);
  return sandbox_original(L);
}

int sandbox_tonumber(lua_State *L) {
  charge_digits(L, 1);
  return sandbox_original(L);
}

void sandbox_charge_arithmetic(lua_State *L) {
  static const char *const events[] = { "__add", "__sub", "__mul", "__div", "__idiv", "__mod", "__pow", "__unm", NULL };
  lua_pushvalue(L, -1); /* it is its own original */
  for (const char *const *event = events; *event; event++) sandbox_wrap(L, *event, arl_arithmetic);
  lua_pop(L, 1);
}

/* ---- utf8 ---- */

static int arl_utf8_len(lua_State *L) {
  size_t len;
  luaL_checklstring(L, 1, &len);
  ar_sandbox_charge(L, len / 16);
  return sandbox_original(L);
}

static int arl_codepoint(lua_State *L) {
  size_t len;
  luaL_checklstring(L, 1, &len);
  lua_Integer first = luaL_optinteger(L, 2, 1), last = luaL_optinteger(L, 3, first);
  if (first < 0) first += (lua_Integer)len + 1;
  if (last < 0) last += (lua_Integer)len + 1;
  if (last > (lua_Integer)len) last = (lua_Integer)len;
  if (last - first >= FEW_VALUES) return luaL_error(L, "codepoint: at most %d bytes at a time", FEW_VALUES);
  return sandbox_original(L);
}

void sandbox_add_utf8(lua_State *L) {
  sandbox_wrap(L, "char", sandbox_many);
  sandbox_wrap(L, "len", arl_utf8_len);
  sandbox_wrap(L, "codepoint", arl_codepoint);
}
