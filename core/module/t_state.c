/* t_state.c — core.T.state: what specs reach of state. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_state(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
