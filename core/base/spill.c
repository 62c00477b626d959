/* spill.c — an unlinked temporary file for what does not fit into memory. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ar_spill {
  int file;
  const char *what;
  char folder[PATH_MAX];
};

static bool fails(const ar_spill *s, const char *doing, ar_err *err) {
  return ar_fail(err, AR_EIO,
                 "cannot %s a temporary file in %s: %s; expected a folder with room for the %s that do not fit "
                 "into memory, named by TMPDIR",
                 doing, s->folder, strerror(errno), s->what);
}

static bool open_file(ar_spill *s, ar_err *err) {
  char path[PATH_MAX + 32];
  const char *folder = getenv("TMPDIR");
  snprintf(s->folder, sizeof s->folder, "%s", folder && *folder ? folder : "/tmp");
  snprintf(path, sizeof path, "%s/armrun-XXXXXX", s->folder);
  s->file = mkostemp(path, O_CLOEXEC);
  if (s->file < 0) return fails(s, "create", err);
  unlink(path);
  return true;
}

ar_spill *ar_spill_new(const char *what, ar_err *err) {
  ar_spill *s = ar_alloc(sizeof *s);
  if (!s) {
    ar_nomem(err, "making a temporary file");
    return NULL;
  }
  s->what = what;
  if (open_file(s, err)) return s;
  ar_free(s);
  return NULL;
}

void ar_spill_free(ar_spill *s) {
  if (!s) return;
  close(s->file);
  ar_free(s);
}

bool ar_spill_write(const ar_spill *s, uint64_t at, const void *bytes, size_t count, ar_err *err) {
  const char *from = bytes;
  for (size_t done = 0; done < count;) {
    ssize_t wrote = pwrite(s->file, from + done, count - done, (off_t)(at + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote == 0) errno = ENOSPC;
    if (wrote <= 0) return fails(s, "write to", err);
    done += (size_t)wrote;
  }
  return true;
}

bool ar_spill_read(const ar_spill *s, uint64_t at, void *bytes, size_t count, ar_err *err) {
  char *to = bytes;
  for (size_t done = 0; done < count;) {
    ssize_t got = pread(s->file, to + done, count - done, (off_t)(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO; /* shorter than what was written */
    if (got <= 0) return fails(s, "read back", err);
    done += (size_t)got;
  }
  return true;
}

void ar_spill_empty(const ar_spill *s) {
  if (ftruncate(s->file, 0) != 0) return; /* the room is used again all the same */
}
