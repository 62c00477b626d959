/* t_json.c — core.T.json: what specs reach of json. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_json(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
