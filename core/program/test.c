/* test.c — armrun test: busted, with the paths to the real core. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/private.h"

#ifndef ARMRUN_LUA_CPATH
#define ARMRUN_LUA_CPATH ARMRUN_SHARE "/../../lib/armrun/?.so"
#endif

static const char help[] = "Usage: armrun test [SPEC...] [-- BUSTED OPTION...]\n"
                           "Runs specs of rules with busted, against the same core as this program.\n\n"
                           "SPEC is a file or a folder; without one, spec/ (or what .busted says).\n"
                           "Options behind -- go to busted, such as: armrun test -- --filter=fires\n\n"
                           "Exit code: 0 when every spec passes.\n";

typedef struct paths {
  char cpath[PATH_MAX + 32], lpath[3 * PATH_MAX];
} paths;

/* The folder this program lies in, when it is a build tree. */
static bool build_folder(char out[PATH_MAX]) {
  char module[PATH_MAX + 32];
  ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
  if (len <= 0) return false;
  out[len] = '\0';
  *strrchr(out, '/') = '\0';
  snprintf(module, sizeof module, "%s/lib/armrun/core.so", out);
  return access(module, R_OK) == 0;
}

static void find_paths(paths *p) {
  char folder[PATH_MAX];
  bool built = build_folder(folder);
  const char *lua = built ? ARMRUN_SOURCE "/lua" : ARMRUN_SHARE "/lua";
  if (built)
    snprintf(p->cpath, sizeof p->cpath, "--cpath=%s/lib/?.so", folder);
  else
    snprintf(p->cpath, sizeof p->cpath, "--cpath=%s", ARMRUN_LUA_CPATH);
  snprintf(p->lpath, sizeof p->lpath, "--lpath=%s/?.lua;%s/?/init.lua;spec/?.lua", lua, lua);
}

static bool names_a_spec(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (argv[i][0] != '-') return true;
  return false;
}

static bool asks_for_help(int argc, char **argv) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-?") == 0) return true;
  return false;
}

static void check_spec(const char *path) {
  if (access(path, R_OK) != 0) usage_error("%s: %s; expected a spec file or a folder of specs", path, strerror(errno));
}

/* Our words, then the caller's without the "--" between them. */
static char **make_words(paths *p, int argc, char **argv) {
  static char lua[] = "--lua=lua5.4", pattern[] = "--pattern=_spec", spec[] = "spec", name[] = "busted";
  char **words = ar_alloc((size_t)(argc + 8) * sizeof *words);
  size_t at = 0;
  bool behind = false;
  if (!words) return NULL;
  char *const ours[] = { name, lua, p->cpath, p->lpath, pattern };
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) words[at++] = ours[i];
  for (int i = 1; i < argc; i++) {
    bool mark = !behind && strcmp(argv[i], "--") == 0;
    if (!mark && !behind && argv[i][0] == '-')
      usage_error("test: '%s' is no option of armrun test; options of busted go behind --", argv[i]);
    if (!mark && !behind) check_spec(argv[i]);
    if (!mark) words[at++] = argv[i];
    behind = behind || mark;
  }
  if (!names_a_spec(argc, argv) && access(".busted", R_OK) != 0) {
    check_spec(spec);
    words[at++] = spec;
  }
  return words;
}

int command_test(int argc, char **argv) {
  paths p;
  if (asks_for_help(argc, argv)) return fputs(help, stdout), EXIT_DONE;
  find_paths(&p);
  char **words = make_words(&p, argc, argv);
  if (!words) return complain("out of memory"), EXIT_OUTPUT;
  execvp("busted", words);
  if (errno == ENOENT)
    complain("busted is not installed; on Debian and Ubuntu: sudo apt install lua-busted");
  else
    complain("busted cannot be started: %s", strerror(errno));
  ar_free(words);
  return EXIT_USAGE;
}
