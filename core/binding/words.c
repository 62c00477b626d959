/* words.c — what lua/armrun/head.lua stands on: vocabularies, spans, did-you-mean, problems with file and line. */
#include "binding/private.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

int word_of(const char *word, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcasecmp(word, words[i]) == 0) return (int)i;
  return -1;
}

/* ---- where ---- */

static bool is_ours(const lua_Debug *ar) {
  return strcmp(ar->what, "C") == 0 || strncmp(ar->source, "=armrun/", 8) == 0;
}

void words_where(lua_State *L, char where[300], int *line) {
  lua_Debug ar;
  where[0] = '\0';
  *line = 0;
  for (int level = 0; lua_getstack(L, level, &ar) && lua_getinfo(L, "Sl", &ar); level++) {
    if (is_ours(&ar)) continue;
    size_t len = strlen(ar.source);
    const char *name = *ar.source == '@' || *ar.source == '=' ? ar.source + 1 : script_of(L)->name;
    if (len > 299) name = ar.short_src;
    memcpy(where, name, strlen(name) + 1);
    *line = ar.currentline;
    return;
  }
}

static bool is_word(char c) {
  return c == '_' || isalnum((unsigned char)c);
}

/* Does this line hold `key =`? */
static bool line_sets(const char *line, size_t len, const char *key) {
  size_t n = strlen(key);
  for (size_t i = 0; i + n <= len; i++) {
    if (memcmp(line + i, key, n) != 0 || (i > 0 && is_word(line[i - 1]))) continue;
    size_t j = i + n;
    while (j < len && (line[j] == ' ' || line[j] == '\t')) j++;
    if (j < len && line[j] == '=' && (j + 1 == len || line[j + 1] != '=')) return true;
    if (j + 1 < len && line[j] == '"' && line[j + 1] == ']') return true;
  }
  return false;
}

static bool begins_statement(const char *line) {
  return strncmp(line, "rule ", 5) == 0 || strncmp(line, "tune ", 5) == 0 || strncmp(line, "ignore ", 7) == 0;
}

/* The line of `key = …` in the statement that begins at `from`; `from` when it cannot be found. */
int words_line(const script *s, int from, const char *key) {
  const char *at = s->text, *end = s->text + s->len;
  for (int line = 1; at < end; line++) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) stop = end;
    if (line > from && begins_statement(at)) break;
    if (line >= from && line_sets(at, (size_t)(stop - at), key)) return line;
    at = stop + 1;
  }
  return from;
}

/* problem(text [, key [, line]]) */
static int arl_problem(lua_State *L) {
  script *s = script_of(L);
  char where[300];
  int line;
  const char *text = luaL_checkstring(L, 1), *key = luaL_optstring(L, 2, NULL);
  words_where(L, where, &line);
  line = (int)luaL_optinteger(L, 3, line);
  if (key) line = words_line(s, line, key);
  loader_problem(s->loader, "%s:%d: %s", where[0] ? where : s->name, line, text);
  return 0;
}

/* problem_at("tune.lua:3", text) */
static int arl_problem_at(lua_State *L) {
  loader_problem(script_of(L)->loader, "%s: %s", luaL_checkstring(L, 1), luaL_checkstring(L, 2));
  return 0;
}

/* line(): of the statement in the rule file that runs now */
static int arl_line(lua_State *L) {
  char where[300];
  int line;
  words_where(L, where, &line);
  lua_pushinteger(L, line);
  return 1;
}

/* ---- small helpers ---- */

/* nearest(word, { known, … }) */
static int arl_nearest(lua_State *L) {
  const char *words[128];
  size_t count = 0, len;
  const char *given = luaL_checklstring(L, 1, &len);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checkstack(L, 130, "nearest");
  while (count < 128 && lua_rawgeti(L, 2, (lua_Integer)count + 1) == LUA_TSTRING) words[count++] = lua_tostring(L, -1);
  const char *near = len <= 128 ? ar_nearest((ar_str){ given, len }, words, count) : NULL;
  if (near)
    lua_pushstring(L, near);
  else
    lua_pushnil(L);
  return 1;
}

/* span("5m") in seconds; nil when it is none, or a plain number */
static int arl_span(lua_State *L) {
  size_t len;
  ar_span span;
  const char *text = luaL_checklstring(L, 1, &len);
  if (len == 0 || len > 32 || !isdigit((unsigned char)text[0]) || !isalpha((unsigned char)text[len - 1]) ||
      !ar_span_parse((ar_str){ text, len }, &span))
    return 0;
  lua_pushnumber(L, (lua_Number)span / (lua_Number)AR_SECOND);
  return 1;
}

/* The rules' own setmetatable is not for tables of ours: this one serves head.lua alone. */
static int arl_setmetatable(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

static void set_words(lua_State *L, const char *name, const char *const *words, size_t count) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, words[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

static void push_vocabulary(lua_State *L) {
  lua_createtable(L, 0, 8);
  set_words(L, "severity", ar_severity_words, AR_SEVERITIES);
  set_words(L, "confidence", ar_confidence_words, AR_CONFIDENCES);
  set_words(L, "source", ar_source_words + 1, AR_SOURCE_COUNT - 1);
  set_words(L, "kind", ar_kind_words, AR_KIND_COUNT);
  set_words(L, "status", ar_status_words + 1, AR_STATUS_COUNT - 1);
  set_words(L, "tag", ar_ip_tag_words, AR_IP_TAG_COUNT);
  set_words(L, "tactic", ar_tactic_words, AR_TACTIC_COUNT);
  set_words(L, "field", ar_field_words, AR_FIELD_COUNT);
}

static const luaL_Reg core_functions[] = { { "problem", arl_problem }, { "problem_at", arl_problem_at },
                                           { "line", arl_line },       { "nearest", arl_nearest },
                                           { "span", arl_span },       { "setmetatable", arl_setmetatable },
                                           { "tuned", arl_tuned },     { "register", arl_register },
                                           { "tune", arl_tune },       { "ignore", arl_ignore },
                                           { "part", arl_part },       { NULL, NULL } };

void words_core(lua_State *L) {
  lua_createtable(L, 0, 14);
  for (const luaL_Reg *f = core_functions; f->name; f++) {
    lua_pushcfunction(L, f->func);
    lua_setfield(L, -2, f->name);
  }
  push_vocabulary(L);
  lua_setfield(L, -2, "words");
  lua_pushboolean(L, script_of(L)->kind == SCRIPT_TUNING);
  lua_setfield(L, -2, "tuning");
}
