/* t_alert.c — core.T.alert: what specs reach of alert. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_alert(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
