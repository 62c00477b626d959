/* new.c — armrun new ID: a rule and its spec to start from. */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "program/private.h"

typedef struct names {
  const char *id;
  char stem[256]; /* "microburst/az_storage_keys_rest" */
  char rule[PATH_MAX], spec[PATH_MAX];
} names;

static void check_id(const char *id) {
  const char *p = id;
  if (strlen(id) > 120) usage_error("new: the id is longer than 120 characters");
  while (isalnum((unsigned char)*p) || *p == '_' || *p == '.') p++;
  if (*p || !isalpha((unsigned char)*id) || strstr(id, "..") || p[-1] == '.')
    usage_error("new: '%s' is no id; expected letters, digits, _ and ., such as ARM_Suspicious.NewThing", id);
}

static const char *without_prefix(const char *id) {
  const char *underscore = strchr(id, '_');
  return underscore && underscore - id <= 3 && underscore[1] ? underscore + 1 : id;
}

/* Is p behind a leading "AZ", which names of tools write together with the next word? */
static bool behind_az(const char *start, const char *p) {
  if (p - start < 2 || p[-2] != 'A' || toupper((unsigned char)p[-1]) != 'Z') return false;
  return p - start == 2 || p[-3] == '.' || p[-3] == '_';
}

/* Does a new word start at p? "AZStorageKeys": at S of Storage, at K. */
static bool starts_word(const char *start, const char *p) {
  if (p == start || !isupper((unsigned char)*p) || p[-1] == '_' || p[-1] == '.') return false;
  return !isupper((unsigned char)p[-1]) || islower((unsigned char)p[1]) || behind_az(start, p);
}

/* All but the last part become folders, in one word; the last one becomes words. */
static void make_stem(const char *id, char *out, size_t room) {
  const char *start = without_prefix(id), *last = strrchr(start, '.');
  size_t at = 0;
  for (const char *p = start; *p && at + 3 < room; p++) {
    if ((!last || p > last) && starts_word(start, p)) out[at++] = '_';
    out[at++] = *p == '.' ? '/' : (char)tolower((unsigned char)*p);
  }
  out[at] = '\0';
}

/* Makes the folders that lead to a file. */
static bool make_folders(const char *path) {
  char part[PATH_MAX];
  for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
    snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
    if (*part && mkdir(part, 0777) != 0 && errno != EEXIST) return false;
  }
  return true;
}

/* A template with its marks replaced. */
static void fill(FILE *out, ar_str text, const names *n) {
  static const char *const marks[] = { "@ID@", "@FILE@" };
  const char *const values[] = { n->id, n->rule };
  for (size_t at = 0; at < text.len; at++) {
    size_t mark = 0;
    while (mark < 2 && !ar_str_starts((ar_str){ text.ptr + at, text.len - at }, ar_str_of(marks[mark]))) mark++;
    if (mark == 2) {
      fputc(text.ptr[at], out);
      continue;
    }
    fputs(values[mark], out);
    at += strlen(marks[mark]) - 1;
  }
}

static bool write_file(const char *path, const char *template, const names *n) {
  FILE *out = make_folders(path) ? fopen(path, "wx") : NULL;
  if (!out) {
    complain("%s: %s", path, errno == EEXIST ? "is there already, and stays as it is" : strerror(errno));
    return false;
  }
  fill(out, embedded(ar_str_of(template)), n);
  if (fclose(out) == 0) return true;
  complain("%s: could not be written: %s", path, strerror(errno));
  return false;
}

/* Looks before it writes anything, so that there is never half of a pair. */
static bool is_free(const char *path) {
  struct stat info;
  if (lstat(path, &info) != 0) return true;
  complain("%s: is there already, and stays as it is", path);
  return false;
}

typedef struct wish {
  const char *id, *rules, *specs;
} wish;

static error_t parse(int key, char *arg, struct argp_state *state) {
  wish *w = state->input;
  switch (key) {
  case ARGP_KEY_ARG:
    if (w->id) usage_error("new takes one id; '%s' is one too many", arg);
    w->id = arg;
    return 0;
  case ARGP_KEY_END:
    if (!w->id) usage_error("new what? for example: armrun new ARM_Suspicious.NewThing");
    return 0;
  case 'r':
    w->rules = arg;
    return 0;
  case 's':
    w->specs = arg;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static void plan(names *n, const wish *w) {
  n->id = w->id;
  make_stem(w->id, n->stem, sizeof n->stem);
  snprintf(n->rule, sizeof n->rule, "%s/%s.lua", w->rules, n->stem);
  snprintf(n->spec, sizeof n->spec, "%s/%s_spec.lua", w->specs, n->stem);
}

int command_new(int argc, char **argv) {
  static const struct argp_option known[] = { { "rules", 'r', "FOLDER", 0, "Where the rule goes (default: rules).", 0 },
                                              { "specs", 's', "FOLDER", 0, "Where its spec goes (default: spec/rules).",
                                                0 },
                                              { NULL, 0, NULL, 0, NULL, 0 } };
  static const struct argp argp = {
    known,
    parse,
    "ID",
    "Writes a rule and its spec to start from.\v"
    "ARM_MicroBurst.AZStorageKeysREST becomes rules/microburst/az_storage_keys_rest.lua "
    "and spec/rules/microburst/az_storage_keys_rest_spec.lua. Both are green: change one, "
    "run armrun test, change the other. Nothing is overwritten.",
    NULL,
    NULL,
    NULL
  };
  wish w = { NULL, "rules", "spec/rules" };
  names n;
  options_run(&argp, argc, argv, &w);
  check_id(w.id);
  plan(&n, &w);
  bool free_both = is_free(n.rule);
  if (!is_free(n.spec) || !free_both) return EXIT_USAGE;
  if (!write_file(n.rule, "armrun.templates.rule", &n)) return EXIT_OUTPUT;
  if (!write_file(n.spec, "armrun.templates.spec", &n)) return EXIT_OUTPUT;
  printf("%s\n%s\nrun it: armrun test %s\n", n.rule, n.spec, n.spec);
  return EXIT_DONE;
}
