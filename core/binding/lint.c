/* lint.c — names that a rule file uses and nobody declares, found before the first event: a branch of detect() that
 * runs once a year must not wait until then to say that `act.principle` is no field.
 *
 * Reads the text, not the chunk: names, marks and block words are enough. It is careful to be right when it speaks:
 * a name that is declared anywhere in the file counts as declared everywhere.
 */
#include "binding/private.h"

#include <ctype.h>
#include <string.h>

typedef struct token {
  ar_str text; /* a name, a mark of one to three characters, or empty for a string or a number */
  int line;
} token;

typedef struct tokens {
  token *items;
  size_t count, room;
  int line;
  const char *at, *end;
} tokens;

/* ---- text into tokens ---- */

/* The length of "[", "=" …, "[" at p, or 0: a long bracket opens. */
static size_t long_bracket(const char *p, const char *end) {
  const char *q = p + 1;
  if (p >= end || *p != '[') return 0;
  while (q < end && *q == '=') q++;
  return q < end && *q == '[' ? (size_t)(q - p) + 1 : 0;
}

static void skip_to(tokens *t, const char *stop) {
  for (; t->at < stop; t->at++)
    if (*t->at == '\n') t->line++;
}

/* Past the end of a long string or comment whose opening bracket has `width` characters. */
static void skip_long(tokens *t, size_t width) {
  const char *p = t->at + width;
  for (; p < t->end; p++) {
    if (*p != ']' || (size_t)(t->end - p) < width || p[width - 1] != ']') continue;
    size_t i = 1;
    while (i < width - 1 && p[i] == '=') i++;
    if (i == width - 1) break;
  }
  skip_to(t, (size_t)(t->end - p) < width ? t->end : p + width);
}

static void skip_comment(tokens *t) {
  size_t width = long_bracket(t->at + 2, t->end);
  if (width) {
    t->at += 2;
    skip_long(t, width);
    return;
  }
  while (t->at < t->end && *t->at != '\n') t->at++;
}

static void skip_quoted(tokens *t) {
  const char *p = t->at + 1;
  while (p < t->end && *p != *t->at && *p != '\n') p += *p == '\\' && p + 1 < t->end ? 2 : 1;
  skip_to(t, p < t->end ? p + 1 : t->end);
}

static bool is_name_char(char c) {
  return c == '_' || isalnum((unsigned char)c);
}

static size_t mark_length(const char *p, const char *end) {
  static const char *const marks[] = { "...", "..", "==", "~=", "<=", ">=", "::", "//", "<<", ">>" };
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    size_t len = strlen(marks[i]);
    if ((size_t)(end - p) >= len && memcmp(p, marks[i], len) == 0) return len;
  }
  return 1;
}

static bool add(tokens *t, const char *text, size_t len) {
  token *grown = ar_grow(t->items, &t->room, t->count + 1, sizeof *grown);
  if (!grown) return false;
  t->items = grown;
  grown[t->count++] = (token){ { text, len }, t->line };
  return true;
}

/* One token, or white space, or a comment. */
static bool take(tokens *t) {
  const char *p = t->at;
  size_t width = long_bracket(p, t->end);
  if (isspace((unsigned char)*p)) {
    skip_to(t, p + 1);
    return true;
  }
  if (t->end - p > 1 && p[0] == '-' && p[1] == '-') {
    skip_comment(t);
    return true;
  }
  if (width || *p == '"' || *p == '\'') {
    if (!add(t, "", 0)) return false;
    if (width)
      skip_long(t, width);
    else
      skip_quoted(t);
    return true;
  }
  size_t len = 0;
  while (p + len < t->end && is_name_char(p[len])) len++;
  bool number = len && isdigit((unsigned char)*p);
  if (!len) len = mark_length(p, t->end);
  t->at = p + len;
  return add(t, number ? "" : p, number ? 0 : len);
}

/* ---- what is declared ---- */

static bool is(const tokens *t, size_t i, const char *text) {
  return i < t->count && ar_str_eq(t->items[i].text, ar_str_of(text));
}

static bool is_name(const tokens *t, size_t i) {
  static const char *const reserved[] = { "and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                                          "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                                          "repeat",   "return", "then", "true", "until",  "while" };
  if (i >= t->count || !t->items[i].text.len || !is_name_char(*t->items[i].text.ptr)) return false;
  for (size_t k = 0; k < sizeof reserved / sizeof *reserved; k++)
    if (is(t, i, reserved[k])) return false;
  return true;
}

/* Is token i the name in `local a <const>, name`, `for a, name`, `function name`, `function (a, name`? */
static bool declares(const tokens *t, size_t i) {
  while (i > 0) {
    i--;
    if (is(t, i, "local") || is(t, i, "for") || is(t, i, "function")) return true;
    bool list = is_name(t, i) || is(t, i, ",") || is(t, i, "<") || is(t, i, ">") || is(t, i, "(") || is(t, i, ".") ||
                is(t, i, ":");
    if (!list) return false;
    if (is(t, i, "(")) return i > 0 && (is(t, i - 1, "function") || (i > 1 && is_name(t, i - 1) && declares(t, i - 1)));
  }
  return false;
}

static bool declared_within(const tokens *t, size_t from, size_t to, ar_str name) {
  for (size_t i = from; i < to; i++)
    if (ar_str_eq(t->items[i].text, name) && declares(t, i)) return true;
  return false;
}

/* ---- names ---- */

/* A field, a key of a table, a label, an attribute: no variable. */
static bool is_no_variable(const tokens *t, size_t i) {
  if (i > 0 && (is(t, i - 1, ".") || is(t, i - 1, ":") || is(t, i - 1, "::") || is(t, i - 1, "goto"))) return true;
  if (i > 0 && is(t, i - 1, "<") && is(t, i + 1, ">")) return true;
  if (is(t, i, "self")) return true;
  return is(t, i + 1, "=") && i > 0 && (is(t, i - 1, "{") || is(t, i - 1, ",") || is(t, i - 1, ";"));
}

static bool is_word_of(lua_State *L, ar_str name) {
  lua_pushglobaltable(L);
  lua_pushlstring(L, name.ptr, name.len);
  bool known = lua_gettable(L, -2) != LUA_TNIL;
  lua_pop(L, 2);
  return known;
}

#define UNKNOWN_MAX 32 /* told of one file */

typedef struct unknown {
  const tokens *tokens;
  size_t found[UNKNOWN_MAX], count;
} unknown;

/* Fills the unknown at 1, a light userdata. */
static int arl_find_unknown(lua_State *L) {
  unknown *u = lua_touserdata(L, 1);
  const tokens *t = u->tokens;
  luaL_checkstack(L, 8, "lint");
  for (size_t i = 0; i < t->count && u->count < UNKNOWN_MAX; i++) {
    ar_str name = t->items[i].text;
    if (!is_name(t, i) || is_no_variable(t, i) || is_word_of(L, name) || declared_within(t, 0, t->count, name))
      continue;
    u->found[u->count++] = i;
  }
  return 0;
}

/* What the sandbox says when this name is read on this line: it has hints, and knows what is near. */
static bool tell_unknown(script *s, const token *name, ar_err *err) {
  size_t before = (size_t)name->line - 1 + strlen("return ");
  char *text = ar_alloc(before + name->text.len + 1);
  ar_err told = { AR_OK, "" };
  if (!text) return ar_nomem(err, "reading a rule file");
  memset(text, '\n', (size_t)name->line - 1);
  memcpy(text + name->line - 1, "return ", strlen("return "));
  memcpy(text + before, name->text.ptr, name->text.len);
  bool read = ar_sandbox_load(s->sandbox, (ar_str){ text, before + name->text.len }, s->name, &told) &&
              ar_sandbox_call(s->sandbox, 0, 0, &told);
  ar_free(text);
  if (!read) loader_problem(s->loader, "%s", told.msg);
  return true;
}

static bool check_names(script *s, const tokens *t, ar_err *err) {
  unknown u = { .tokens = t, .count = 0 };
  lua_State *L = ar_sandbox_state(s->sandbox);
  lua_pushcfunction(L, arl_find_unknown); /* neither allocates */
  lua_pushlightuserdata(L, &u);
  if (!ar_sandbox_call(s->sandbox, 1, 0, err)) return false;
  for (size_t i = 0; i < u.count; i++)
    if (!tell_unknown(s, &t->items[u.found[i]], err)) return false;
  return true;
}

/* ---- fields of the act ---- */

static const struct part {
  const char *field;
  const view_type *type;
} parts[] = { { "principal", &view_principal }, { "profile", &view_profile }, { "peers", &view_peers },
              { "coverage", &view_coverage },   { "risk", &view_risk },       { "intel", &view_intel } };

#define FIELDS_MAX 64

static void check_field(const script *s, const tokens *t, size_t i, const view_type *type) {
  const char *names[FIELDS_MAX];
  size_t count = 0;
  ar_str given = t->items[i].text;
  for (const view_field *f = type->fields; f->name && count < FIELDS_MAX; f++) {
    if (ar_str_eq(ar_str_of(f->name), given)) return;
    names[count++] = f->name;
  }
  const char *near = ar_nearest(given, names, count);
  loader_problem(s->loader, "%s:%d: %s has no '%.*s'%s%s%s", s->name, t->items[i].line, type->name,
                 (int)(given.len > 100 ? 100 : given.len), given.ptr, near ? ", did you mean '" : "", near ? near : "",
                 near ? "'?" : "");
}

/* `act` stands at i, a dot or a colon behind it. */
static void check_act(const script *s, const tokens *t, size_t i) {
  if (!is_name(t, i + 2)) return;
  check_field(s, t, i + 2, &view_act);
  for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
    if (is(t, i + 2, parts[k].field) && is(t, i + 3, ".") && is_name(t, i + 4)) check_field(s, t, i + 4, parts[k].type);
}

/* The token behind the `end` of the function whose keyword stands at `from`. */
static size_t end_of_function(const tokens *t, size_t from) {
  size_t depth = 0;
  for (size_t i = from; i < t->count; i++) {
    if (is(t, i, "function") || is(t, i, "if") || is(t, i, "do") || is(t, i, "repeat")) depth++;
    if ((is(t, i, "end") || is(t, i, "until")) && --depth == 0) return i + 1;
  }
  return t->count;
}

/* Every `detect = function(act, …) … end` of the file, unless its act is declared anew inside. */
static void check_acts(const script *s, const tokens *t) {
  for (size_t i = 0; i + 4 < t->count; i++) {
    if (!is(t, i, "detect") || !is(t, i + 1, "=") || !is(t, i + 2, "function") || !is(t, i + 3, "(")) continue;
    size_t end = end_of_function(t, i + 2);
    ar_str act = t->items[i + 4].text;
    if (!is_name(t, i + 4) || declared_within(t, i + 5, end, act)) continue;
    for (size_t k = i + 5; k + 2 < end; k++)
      if (ar_str_eq(t->items[k].text, act) && !is(t, k - 1, ".") && (is(t, k + 1, ".") || is(t, k + 1, ":")))
        check_act(s, t, k);
  }
}

/* ---- a file ---- */

/* Looking for declarations takes the square of this; no rule of people's is a tenth as long. */
#define TOKENS_MAX 8000

bool lint_script(script *s, ar_err *err) {
  tokens t = { .line = 1, .at = s->text, .end = s->text + s->len };
  bool good = true;
  while (good && t.at < t.end && t.count <= TOKENS_MAX) good = take(&t);
  if (!good) ar_nomem(err, "reading a rule file");
  if (good && t.count <= TOKENS_MAX) {
    check_acts(s, &t);
    good = check_names(s, &t, err);
  }
  ar_free(t.items);
  return good;
}
