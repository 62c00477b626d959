/* t_base.c — core.T.base: what specs reach of base. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_base(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
