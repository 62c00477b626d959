/* t_boxes.h — objects of the core as Lua userdata, for the test libraries of alert, rule and burst.
 *
 * Layer 8; test builds only. A box owns one object and frees it when Lua collects the box, so an error raised half-way
 * leaks nothing. Its first user value keeps alive what the object borrows.
 */
#ifndef ARMRUN_T_BOXES_H
#define ARMRUN_T_BOXES_H

#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "rule/rule.h"

typedef struct arl_box {
  void *object; /* NULL once it is given away */
  void (*give_back)(void *object);
} arl_box;

/* Pushes an empty box of a type whose methods are `methods` (NULL: none). */
arl_box *arl_box_new(lua_State *L, const char *type, const luaL_Reg *methods, void (*give_back)(void *));
/* The object of a box argument; raises when it is none, or empty. */
void *arl_box_object(lua_State *L, int arg, const char *type);

/* Fields of the table at `at`. Copies are the caller's; nil gives NULL, 0 or the default. */
char *arl_field_copy(lua_State *L, int at, const char *key);
int64_t arl_field_integer(lua_State *L, int at, const char *key, int64_t otherwise);
bool arl_field_bool(lua_State *L, int at, const char *key);
ar_tri arl_field_tri(lua_State *L, int at, const char *key);
/* Seconds, with a fraction if wanted, as 100 ns. */
int64_t arl_field_seconds(lua_State *L, int at, const char *key, int64_t otherwise);
/* The place of a word among `words`; raises when it is none of them. */
unsigned arl_field_word(lua_State *L, int at, const char *key, const char *const *words, size_t count,
                        unsigned otherwise);
/* A list of words as a mask of their places. */
unsigned arl_field_mask(lua_State *L, int at, const char *key, const char *const *words, size_t count);
void arl_field_strings(lua_State *L, int at, const char *key, ar_strings *out);

/* Returns nil, the message, and the code. */
int arl_failed(lua_State *L, const ar_err *err);

#define ARL_ALERT "armrun.t.alert"
#define ARL_WITNESS "armrun.t.witness"
#define ARL_RULE "armrun.t.rule"
#endif

#endif
