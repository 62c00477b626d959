/* t_reader.c — core.T.reader: what specs reach of reader. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
int arl_t_reader(lua_State *L) {
  lua_newtable(L);
  return 1;
}
#endif
