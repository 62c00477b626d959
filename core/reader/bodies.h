/* bodies.h — record texts kept until a rule or an alert needs them again.
 *
 * Layer 1 (reader's second face); includes base.h and reader.h.
 *
 * A text that lies in a seekable file costs nothing: it is read again. Others are kept in memory up to
 * `memory_bytes`, then in an unlinked temporary file in $TMPDIR (or /tmp).
 * Threads: ar_bodies_keep may be called by several threads at a time, ar_bodies_get too, each with its own buffer.
 */
#ifndef ARMRUN_BODIES_H
#define ARMRUN_BODIES_H

#include "reader/reader.h"

typedef struct ar_bodies ar_bodies;

/* Where a body is: origin when `kept` is UINT64_MAX, else a place in the store. */
typedef struct ar_body {
  uint64_t kept;
} ar_body;
#define AR_BODY_IN_FILE UINT64_MAX

ar_bodies *ar_bodies_new(const ar_reader *reader, size_t memory_bytes, ar_err *err);
void ar_bodies_free(ar_bodies *bodies);
bool ar_bodies_keep(ar_bodies *bodies, const ar_record *record, ar_body *out, ar_err *err);
/* Brings the text into `buffer`, which is grown as needed (see ar_grow) and is padded by AR_READER_PADDING. */
bool ar_bodies_get(ar_bodies *bodies, ar_body body, const ar_origin *origin, char **buffer, size_t *room, ar_err *err);
void ar_bodies_reset(ar_bodies *bodies);
uint64_t ar_bodies_disk_bytes(const ar_bodies *bodies);

#endif
