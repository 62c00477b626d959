/* t_engine.c — core.T.engine: what specs reach of engine. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_engine(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
