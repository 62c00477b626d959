/* tool.c — armrun simulate and evaluate: tools written in Lua, ours and trusted, so they run outside the sandbox. */
#include <errno.h>
#include <limits.h>
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>
#include <sys/stat.h>

#include "program/private.h"

/* ---- what plain Lua lacks ---- */

/* Makes a folder and those above it; true, or nil and why. */
static int make_folder(lua_State *L) {
  char path[PATH_MAX];
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  luaL_argcheck(L, len > 0 && len < sizeof path, 1, "a path");
  memcpy(path, text, len + 1);
  for (size_t i = 1; i <= len; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    path[i] = '\0';
    if (mkdir(path, 0777) != 0 && errno != EEXIST) return luaL_fileresult(L, 0, path);
    if (i < len) path[i] = '/';
  }
  lua_pushboolean(L, true);
  return 1;
}

static int open_tool(lua_State *L) {
  static const luaL_Reg functions[] = { { "make_folder", make_folder }, { NULL, NULL } };
  luaL_newlib(L, functions);
  return 1;
}

/* ---- the state ---- */

static void open_libraries(lua_State *L, const places *p) {
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua", p->share, p->share);
  lua_setfield(L, -2, "path");
  lua_pushfstring(L, "%s/?.so", p->lib);
  lua_setfield(L, -2, "cpath");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, open_tool);
  lua_setfield(L, -2, "armrun.tool");
  lua_pop(L, 2);
}

static void push_words(lua_State *L, int argc, char **argv) {
  lua_createtable(L, argc - 1, 0);
  for (int i = 1; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
}

typedef struct job {
  const places *places;
  const char *module;
  int argc;
  char **argv;
  int code;
} job;

/* Under lua_pcall, so that also memory that runs out while the libraries open is told. */
static int do_job(lua_State *L) {
  job *j = lua_touserdata(L, 1);
  open_libraries(L, j->places);
  lua_getglobal(L, "require");
  lua_pushstring(L, j->module);
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "main");
  push_words(L, j->argc, j->argv);
  lua_call(L, 1, 1);
  j->code = (int)luaL_optinteger(L, -1, EXIT_DONE);
  return 0;
}

static int run_tool(const char *module, int argc, char **argv) {
  places p;
  if (!find_places(&p)) usage_error("the files that came with armrun are not where it was installed");
  job j = { &p, module, argc, argv, EXIT_OUTPUT };
  lua_State *L = luaL_newstate();
  if (!L) return complain("out of memory"), EXIT_OUTPUT;
  lua_pushcfunction(L, do_job);
  lua_pushlightuserdata(L, &j);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    const char *why = lua_tostring(L, -1);
    complain("%s", why ? why : "the tool failed without a word");
    j.code = EXIT_OUTPUT;
  }
  lua_close(L);
  return j.code;
}

int command_simulate(int argc, char **argv) {
  return run_tool("armrun.simulate", argc, argv);
}
int command_evaluate(int argc, char **argv) {
  return run_tool("armrun.evaluate", argc, argv);
}
