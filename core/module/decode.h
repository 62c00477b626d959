/* decode.h — JSON as Lua values, by way of cJSON. For JSON that is not a log: alerts, labels, reports. */
#ifndef ARMRUN_MODULE_DECODE_H
#define ARMRUN_MODULE_DECODE_H

#include <cjson/cJSON.h>
#include <lua.h>

/* [0, +1]: a box whose tree (NULL now) the garbage collector frees when building its value is interrupted. */
cJSON **arl_new_tree(lua_State *L);
/* [0, +1]: the value; empties the box. null is nil; numbers are integers where they are whole. */
void arl_push_tree(lua_State *L, cJSON **tree);

/* decode(text) -> value, or nil, message */
int arl_decode(lua_State *L);

#endif
