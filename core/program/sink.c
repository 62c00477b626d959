/* sink.c — where alerts go, and what to do when it cannot be written. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "program/private.h"

bool sink_open(sink *s, const char *path) {
  *s = (sink){ .file = stdout, .name = path ? path : "standard output" };
  if (!path) return true;
  s->file = fopen(path, "w");
  if (s->file) return true;
  complain("%s: cannot be written: %s", path, strerror(errno));
  return false;
}

static void note(sink *s) {
  if (errno == EPIPE)
    s->hung_up = true;
  else if (!s->failed) {
    s->failed = true;
    s->error = errno;
  }
}

void sink_check(sink *s) {
  if (sink_ok(s) && (fflush(s->file) != 0 || ferror(s->file))) note(s);
}

bool sink_ok(const sink *s) {
  return !s->hung_up && !s->failed;
}

/* fsync is not for pipes; a full disk shows at close at the latest. */
bool sink_close(sink *s) {
  if (!s->file) return true;
  sink_check(s);
  errno = 0;
  bool closed = s->file == stdout ? close(STDOUT_FILENO) == 0 : fclose(s->file) == 0;
  if (!closed && sink_ok(s)) note(s);
  s->file = NULL;
  if (s->failed) complain("%s: could not be written: %s", s->name, strerror(s->error));
  return !s->failed;
}
