/* t_ipset.c — core.T.ipset: what specs reach of ipset. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_ipset(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
