/* t_instant.c — core.T.instant: what specs reach of instant. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_instant(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
