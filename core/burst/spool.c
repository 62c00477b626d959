/* spool.c — alerts put away in a temporary file, each at its place. What was taken up again leaves a gap:
 * joining an alert that lies there is rare, and the file goes with the run. */
#include "burst/private.h"

struct spool {
  ar_spill *file;
  uint64_t end;
  char *bytes; /* of the alert that is being written or read */
  size_t room;
};

spool *spool_new(ar_err *err) {
  spool *s = ar_alloc(sizeof *s);
  if (!s) {
    ar_nomem(err, "putting alerts away");
    return NULL;
  }
  if ((s->file = ar_spill_new("alerts", err))) return s;
  ar_free(s);
  return NULL;
}

void spool_free(spool *s) {
  if (!s) return;
  ar_spill_free(s->file);
  ar_free(s->bytes);
  ar_free(s);
}

bool spool_put(spool *s, ar_alert *alert, spool_place *place, ar_err *err) {
  size_t len;
  if (!ar_alert_pack(alert, &s->bytes, &s->room, &len, err)) return false;
  if (!ar_spill_write(s->file, s->end, s->bytes, len, err)) return false;
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
  bool read = ar_spill_read(s->file, place.at, s->bytes, place.len, err);
  return read ? ar_alert_unpack(s->bytes, place.len, err) : NULL;
}
