/* t_burst.c — core.T.burst: what specs reach of burst. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_burst(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
