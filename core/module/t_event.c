/* t_event.c — core.T.event: what specs reach of event. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_event(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
