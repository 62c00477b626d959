/* t_sandbox.c — core.T.sandbox: what specs reach of sandbox. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_sandbox(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
