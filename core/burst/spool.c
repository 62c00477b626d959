/* spool.c — alerts put away in an unlinked temporary file, each at its place. What was taken up again leaves a gap:
 * joining an alert that lies there is rare, and the file goes with the run. */
#include "burst/private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct spool {
  int file;
  char folder[PATH_MAX];
  uint64_t end;
  char *bytes; /* of the alert that is being written or read */
  size_t room;
};

static bool fails(const spool *s, const char *doing, ar_err *err) {
  return ar_fail(err, AR_EIO,
                 "cannot %s a temporary file in %s: %s; expected a folder with room for the alerts that do not fit "
                 "into memory, named by TMPDIR",
                 doing, s->folder, strerror(errno));
}

static bool open_file(spool *s, ar_err *err) {
  char path[PATH_MAX + 32];
  const char *folder = getenv("TMPDIR");
  snprintf(s->folder, sizeof s->folder, "%s", folder && *folder ? folder : "/tmp");
  snprintf(path, sizeof path, "%s/armrun-XXXXXX", s->folder);
  s->file = mkostemp(path, O_CLOEXEC);
  if (s->file < 0) return fails(s, "create", err);
  unlink(path);
  return true;
}

spool *spool_new(ar_err *err) {
  spool *s = ar_alloc(sizeof *s);
  if (!s) {
    ar_nomem(err, "putting alerts away");
    return NULL;
  }
  if (open_file(s, err)) return s;
  ar_free(s);
  return NULL;
}

void spool_free(spool *s) {
  if (!s) return;
  close(s->file);
  ar_free(s->bytes);
  ar_free(s);
}

static bool write_all(spool *s, size_t count, ar_err *err) {
  for (size_t done = 0; done < count;) {
    ssize_t wrote = pwrite(s->file, s->bytes + done, count - done, (off_t)(s->end + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote == 0) errno = ENOSPC;
    if (wrote <= 0) return fails(s, "write to", err);
    done += (size_t)wrote;
  }
  return true;
}

static bool read_all(spool *s, size_t count, uint64_t from, ar_err *err) {
  for (size_t done = 0; done < count;) {
    ssize_t got = pread(s->file, s->bytes + done, count - done, (off_t)(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO; /* shorter than what was written */
    if (got <= 0) return fails(s, "read back", err);
    done += (size_t)got;
  }
  return true;
}

bool spool_put(spool *s, ar_alert *alert, spool_place *place, ar_err *err) {
  size_t len;
  if (!ar_alert_pack(alert, &s->bytes, &s->room, &len, err) || !write_all(s, len, err)) return false;
  *place = (spool_place){ s->end, len };
  s->end += len;
  return true;
}

ar_alert *spool_get(spool *s, spool_place place, ar_err *err) {
  char *grown = ar_grow(s->bytes, &s->room, place.len, 1);
  if (!grown) {
    ar_nomem(err, "taking an alert up again");
    return NULL;
  }
  s->bytes = grown;
  return read_all(s, place.len, place.at, err) ? ar_alert_unpack(s->bytes, place.len, err) : NULL;
}
