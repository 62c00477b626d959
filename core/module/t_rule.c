/* t_rule.c — core.T.rule: what specs reach of rule. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_rule(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
