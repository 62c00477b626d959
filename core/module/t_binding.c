/* t_binding.c — core.T.binding: what specs reach of binding. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_binding(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
