/* t_order.c — core.T.order: what specs reach of order. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_order(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
