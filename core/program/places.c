/* places.c — where the rules, the words and the module lie: in a build tree, or beside the program as installed. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "program/private.h"

/* The folder this program lies in, without links. */
static bool own_folder(char out[PATH_MAX]) {
  ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
  if (len <= 0) return false;
  out[len] = '\0';
  char *slash = strrchr(out, '/');
  if (slash) *slash = '\0';
  return slash != NULL;
}

static bool join(char *out, size_t room, const char *folder, const char *part, const char *last) {
  int len = snprintf(out, room, "%s/%s%s", folder, part, last);
  return len > 0 && (size_t)len < room;
}

static bool is_there(const char *folder, const char *part) {
  char path[PLACE_MAX];
  return join(path, sizeof path, folder, part, "") && access(path, R_OK) == 0;
}

static bool set_places(places *p, const char *prefix) {
  return join(p->share, sizeof p->share, prefix, ARMRUN_DATADIR, "/armrun") &&
         join(p->lib, sizeof p->lib, prefix, ARMRUN_LIBDIR, "/armrun") && is_there(p->share, "rules");
}

/* The prefix can be another one than what was configured: --prefix, DESTDIR, a package unpacked anywhere. */
bool find_places(places *p) {
  char own[PATH_MAX];
  bool known = own_folder(own);
  if (known && is_there(own, "lib/armrun/core.so")) { /* a build tree */
    snprintf(p->share, sizeof p->share, "%s", ARMRUN_SOURCE);
    return join(p->lib, sizeof p->lib, own, "lib", "") && is_there(p->share, "rules");
  }
  char *slash = known ? strrchr(own, '/') : NULL;
  if (slash) *slash = '\0';
  return (slash && set_places(p, own)) || set_places(p, ARMRUN_PREFIX);
}
