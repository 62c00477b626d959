/* test.c — armrun test: busted, with the paths to the real core. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/private.h"

static const char help[] = "Usage: armrun test [SPEC...] [-- BUSTED OPTION...]\n"
                           "Runs specs of rules with busted, against the same core as this program.\n\n"
                           "SPEC is a file or a folder; without one, spec/ (or what .busted says).\n"
                           "Options behind -- go to busted, such as: armrun test -- --filter=fires\n\n"
                           "Exit code: 0 when every spec passes.\n";

/* Puts our places before those that Lua would look in. */
static void prepend(const char *variable, const char *general, const char *ours) {
  char all[8 * PATH_MAX];
  const char *old = getenv(variable) ? getenv(variable) : getenv(general);
  snprintf(all, sizeof all, "%s;%s", ours, old && *old ? old : ";");
  setenv(variable, all, 1);
}

/* By the environment: busted hands options with a ; in them to a shell. */
static void set_paths(void) {
  places p;
  char cpath[3 * PATH_MAX], path[6 * PATH_MAX];
  find_places(&p);
  snprintf(cpath, sizeof cpath, "%s/?.so", p.lib);
  snprintf(path, sizeof path, "%s/lua/?.lua;%s/lua/?/init.lua;spec/?.lua", p.share, p.share);
  prepend("LUA_CPATH_5_4", "LUA_CPATH", cpath);
  prepend("LUA_PATH_5_4", "LUA_PATH", path);
}

/* ---- busted ---- */

static bool find_busted(char out[PATH_MAX]) {
  const char *path = getenv("PATH");
  while (path && *path) {
    int len = (int)strcspn(path, ":");
    snprintf(out, PATH_MAX, "%.*s/busted", len, path);
    if (access(out, X_OK) == 0) return true;
    path += len + (path[len] == ':');
  }
  return false;
}

/* Is it a Lua script, and no wrapper in shell? */
static bool is_lua(const char *path) {
  char line[128] = "";
  FILE *file = fopen(path, "r");
  if (!file) return false;
  bool lua = fgets(line, sizeof line, file) && strstr(line, "lua");
  fclose(file);
  return lua;
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

static void check_word(const char *word) {
  if (word[0] == '-') usage_error("test: '%s' is no option of armrun test; options of busted go behind --", word);
  check_spec(word);
}

/* Adds the caller's words without the "--" between them. */
static size_t add_words(char **words, size_t at, int argc, char **argv) {
  static char spec[] = "spec";
  bool behind = false;
  for (int i = 1; i < argc; i++) {
    bool mark = !behind && strcmp(argv[i], "--") == 0;
    behind = behind || mark;
    if (mark) continue;
    if (!behind) check_word(argv[i]);
    words[at++] = argv[i];
  }
  if (names_a_spec(argc, argv) || access(".busted", R_OK) == 0) return at;
  check_spec(spec);
  words[at++] = spec;
  return at;
}

/* busted run by Lua 5.4 at once; or, when a wrapper hides it, told to start Lua 5.4 itself. */
static int start(char *busted, int argc, char **argv) {
  static char lua[] = "lua5.4", use_lua[] = "--lua=lua5.4", this_lua[] = "--ignore-lua", pattern[] = "--pattern=_spec";
  char **words = ar_alloc((size_t)(argc + 8) * sizeof *words);
  size_t at = 0;
  if (!words) return complain("out of memory"), EXIT_OUTPUT;
  bool direct = is_lua(busted);
  if (direct) words[at++] = lua;
  words[at++] = busted;
  words[at++] = direct ? this_lua : use_lua;
  words[at++] = pattern;
  add_words(words, at, argc, argv);
  execvp(words[0], words);
  complain("%s cannot be started: %s; on Debian and Ubuntu: sudo apt install lua5.4 lua-busted", words[0],
           strerror(errno));
  ar_free(words);
  return EXIT_USAGE;
}

int command_test(int argc, char **argv) {
  char busted[PATH_MAX];
  if (asks_for_help(argc, argv)) return fputs(help, stdout), EXIT_DONE;
  if (!find_busted(busted)) {
    complain("busted is not installed; on Debian and Ubuntu: sudo apt install lua-busted");
    return EXIT_USAGE;
  }
  set_paths();
  return start(busted, argc, argv);
}
