/* loader.c — rule and tuning files into an engine: every problem is told, and nothing is added when there is one. */
#include "binding/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS_MAX 200

/* ---- problems and notes ---- */

static void remember(ar_loader *loader, ar_problem **list, size_t *count, size_t *room, const char *text) {
  if (*count >= PROBLEMS_MAX) return;
  for (size_t i = 0; i < *count; i++)
    if (strcmp((*list)[i].text, text) == 0) return;
  ar_problem *grown = ar_grow(*list, room, *count + 1, sizeof **list);
  char *copy = grown ? ar_copy(ar_str_of(text)) : NULL;
  if (grown) *list = grown;
  if (copy)
    (*list)[(*count)++].text = copy;
  else
    loader->no_memory = true;
}

void loader_problem(ar_loader *loader, const char *format, ...) {
  char text[900];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  remember(loader, &loader->problems, &loader->problem_count, &loader->problem_room, text);
}

void loader_note(ar_loader *loader, const char *format, ...) {
  char text[900];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  remember(loader, &loader->notes, &loader->note_count, &loader->note_room, text);
}

const ar_problem *ar_loader_problems(const ar_loader *loader, size_t *count) {
  *count = loader->problem_count;
  return loader->problems;
}

const ar_problem *ar_loader_notes(const ar_loader *loader, size_t *count) {
  *count = loader->note_count;
  return loader->notes;
}

/* What the caller hears when problems are there. */
static bool verdict(const ar_loader *loader, size_t before, ar_err *err) {
  if (loader->no_memory) return ar_nomem(err, "loading rules");
  if (loader->problem_count == before) return true;
  return ar_fail(err, AR_ERULE, "%s", loader->problems[before].text);
}

/* ---- one file ---- */

static void script_free(script *s) {
  if (!s) return;
  while (s->rules) {
    bound *next = s->rules->next;
    bound_free(s->rules);
    s->rules = next;
  }
  call_end(s);
  ar_sandbox_free(s->sandbox);
  ar_free(s->name);
  ar_free(s->path);
  ar_free(s->text);
  ar_free(s);
}

static script *script_new(ar_loader *loader, script_kind kind, const char *name, const char *path, ar_str text,
                          ar_err *err) {
  script *s = ar_alloc(sizeof *s);
  if (s) {
    s->loader = loader;
    s->kind = kind;
    s->name = ar_copy(ar_str_of(name));
    s->path = path ? ar_copy(ar_str_of(path)) : NULL;
    s->text = ar_copy(text);
    s->len = text.len;
    if (s->name && s->text && (s->path || !path)) {
      s->sandbox = ar_sandbox_new(&loader->options.sandbox, err);
      if (s->sandbox) return s;
      script_free(s);
      return NULL;
    }
  }
  script_free(s);
  ar_nomem(err, "loading a rule file");
  return NULL;
}

static bool script_open(script *s, ar_err *err) {
  lua_State *L = ar_sandbox_state(s->sandbox);
  ar_sandbox_set_owner(s->sandbox, s);
  lua_pushcfunction(L, arl_open);
  lua_pushlightuserdata(L, s);
  return ar_sandbox_call(s->sandbox, 1, 0, err);
}

script *loader_script(ar_loader *loader, script_kind kind, const char *name, const char *path, ar_str text,
                      ar_err *err) {
  script **grown = ar_grow(loader->scripts, &loader->script_room, loader->script_count + 1, sizeof *grown);
  if (!grown) {
    ar_nomem(err, "loading a rule file");
    return NULL;
  }
  loader->scripts = grown;
  script *s = script_new(loader, kind, name, path, text, err);
  if (!s) return NULL;
  loader->scripts[loader->script_count++] = s;
  return script_open(s, err) ? s : NULL;
}

bool loader_run(script *s, ar_err *err) {
  ar_str text = { s->text, s->len };
  return ar_sandbox_load(s->sandbox, text, s->name, err) && ar_sandbox_call(s->sandbox, 0, 0, err);
}

void loader_digest(ar_loader *loader, const char *kind, const char *name, ar_str text) {
  char full[4200];
  digest *grown = ar_grow(loader->digests, &loader->digest_room, loader->digest_count + 1, sizeof *grown);
  int len = snprintf(full, sizeof full, "%s %s", kind, name);
  if (grown) loader->digests = grown;
  char *copy = grown && len > 0 ? ar_copy(ar_str_of(full)) : NULL;
  if (!copy) {
    loader->no_memory = true;
    return;
  }
  digest *d = &loader->digests[loader->digest_count++];
  d->name = copy;
  ar_sha256(text, d->sha256);
}

/* Loads and runs one file; what is wrong with it becomes a problem. */
static bool take_text(ar_loader *loader, script_kind kind, const char *name, const char *path, ar_str text,
                      ar_err *err) {
  ar_err own;
  script *s = loader_script(loader, kind, name, path, text, &own);
  if (s && loader_run(s, &own) && (kind != SCRIPT_RULES || lint_script(s, &own))) {
    if (kind == SCRIPT_RULES && !s->rules && loader->problem_count == 0)
      loader_note(loader, "%s: no rule in this file", name);
    return true;
  }
  if (own.code == AR_ENOMEM) {
    *err = own;
    return false;
  }
  bool inside = strncmp(own.msg, "armrun/", 7) == 0; /* in a word of ours, that the file kept busy */
  loader_problem(loader, "%s%s%s", inside ? name : "", inside ? ": " : "", own.msg);
  return true;
}

/* The part of `path` below `folder`, so that a rule set has the same hash wherever it lies. */
static const char *short_name(const char *path, const char *folder) {
  size_t len = folder ? strlen(folder) : 0;
  if (folder && strncmp(path, folder, len) == 0) {
    while (path[len] == '/') len++;
    return path + len;
  }
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool take_file(ar_loader *loader, script_kind kind, const char *path, const char *folder, ar_err *err) {
  ar_err own;
  size_t len;
  char *text = file_read(path, &len, &own);
  if (!text) {
    if (own.code == AR_ENOMEM) return ar_nomem(err, "reading a rule file");
    loader_problem(loader, "%s", own.msg);
    return true;
  }
  loader_digest(loader, kind == SCRIPT_RULES ? "rule" : "tune", short_name(path, folder), (ar_str){ text, len });
  bool good = take_text(loader, kind, path, path, (ar_str){ text, len }, err);
  ar_free(text);
  return good;
}

/* ---- the public calls ---- */

static bool take_named(ar_loader *loader, script_kind kind, const char *name, ar_str text, ar_err *err) {
  size_t before = loader->problem_count;
  loader_digest(loader, kind == SCRIPT_RULES ? "rule" : "tune", name, text);
  return take_text(loader, kind, name, NULL, text, err) && verdict(loader, before, err);
}

/* A rule takes its tuning as it is loaded. */
static bool no_rules_yet(const ar_loader *loader, ar_err *err) {
  for (size_t i = 0; i < loader->script_count; i++)
    if (loader->scripts[i]->kind == SCRIPT_RULES) return ar_fail(err, AR_EUSAGE, "tuning comes before the rules");
  return true;
}

bool ar_loader_tune(ar_loader *loader, const char *path, ar_err *err) {
  size_t before = loader->problem_count;
  if (!no_rules_yet(loader, err)) return false;
  return take_file(loader, SCRIPT_TUNING, path, NULL, err) && verdict(loader, before, err);
}

bool ar_loader_tune_text(ar_loader *loader, const char *name, ar_str text, ar_err *err) {
  return no_rules_yet(loader, err) && take_named(loader, SCRIPT_TUNING, name, text, err);
}

bool ar_loader_rules_text(ar_loader *loader, const char *name, ar_str text, ar_err *err) {
  return take_named(loader, SCRIPT_RULES, name, text, err);
}

static bool take_folder(ar_loader *loader, const char *folder, ar_err *err) {
  ar_strings paths = { NULL, 0 };
  bool good = files_below(folder, &paths, err);
  for (size_t i = 0; good && i < paths.count; i++) good = take_file(loader, SCRIPT_RULES, paths.items[i], folder, err);
  if (good && paths.count == 0) loader_problem(loader, "%s: no .lua file in this folder", folder);
  ar_strings_free(&paths);
  return good;
}

bool ar_loader_rules(ar_loader *loader, const char *path, ar_err *err) {
  size_t before = loader->problem_count;
  bool good = file_is_folder(path) ? take_folder(loader, path, err) : take_file(loader, SCRIPT_RULES, path, NULL, err);
  return good && verdict(loader, before, err);
}

bound *loader_find(const ar_loader *loader, const char *id) {
  for (size_t i = 0; i < loader->script_count; i++)
    for (bound *b = loader->scripts[i]->rules; b; b = b->next)
      if (b->rule->id && strcmp(b->rule->id, id) == 0) return b;
  return NULL;
}

static void free_problems(ar_problem *list, size_t count) {
  for (size_t i = 0; i < count; i++) ar_free(list[i].text);
  ar_free(list);
}

void ar_loader_free(ar_loader *loader) {
  if (!loader) return;
  for (size_t i = 0; i < loader->script_count; i++) script_free(loader->scripts[i]);
  tune_free(loader);
  for (size_t i = 0; i < loader->word_count; i++) ar_free(loader->words[i].code);
  for (size_t i = 0; i < loader->digest_count; i++) ar_free(loader->digests[i].name);
  free_problems(loader->problems, loader->problem_count);
  free_problems(loader->notes, loader->note_count);
  ar_free(loader->scripts);
  ar_free(loader->digests);
  ar_free(loader);
}
