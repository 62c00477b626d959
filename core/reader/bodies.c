/* bodies.c — texts kept in chunks of memory, then in a temporary file.
 *
 * A place in memory is chunk << 32 | offset; a place in the file has the top bit set. Chunks never move, so a text can
 * be copied out without the lock; only the table of chunks is read under it.
 */
#include "reader/bodies.h"

#include <pthread.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1 << 20)
#define IN_SPILL ((uint64_t)1 << 63)

typedef struct chunk {
  char *bytes;
  size_t room;
} chunk;

struct ar_bodies {
  const ar_reader *reader;
  pthread_mutex_t lock;
  size_t memory_bytes, held;
  chunk *chunks;
  size_t count, room;
  size_t current, used; /* the chunk being filled, and how far */
  ar_spill *file;       /* NULL: everything fits so far */
  uint64_t disk;
};

ar_bodies *ar_bodies_new(const ar_reader *reader, size_t memory_bytes, ar_err *err) {
  ar_bodies *bodies = ar_alloc(sizeof *bodies);
  if (!bodies) {
    ar_nomem(err, "making room for record texts");
    return NULL;
  }
  bodies->reader = reader;
  bodies->memory_bytes = memory_bytes;
  pthread_mutex_init(&bodies->lock, NULL);
  return bodies;
}

void ar_bodies_free(ar_bodies *bodies) {
  if (!bodies) return;
  for (size_t i = 0; i < bodies->count; i++) ar_free(bodies->chunks[i].bytes);
  ar_free(bodies->chunks);
  ar_spill_free(bodies->file);
  pthread_mutex_destroy(&bodies->lock);
  ar_free(bodies);
}

/* ---- memory ---- */

static bool add_chunk(ar_bodies *b, size_t least) {
  size_t left = b->memory_bytes - b->held, room = CHUNK_BYTES < left ? CHUNK_BYTES : left;
  if (room < least) room = least;
  chunk *grown = ar_grow(b->chunks, &b->room, b->count + 1, sizeof *grown);
  if (!grown) return false;
  b->chunks = grown;
  char *bytes = ar_alloc(room);
  if (!bytes) return false;
  grown[b->count++] = (chunk){ bytes, room };
  b->held += room;
  return true;
}

/* Finds room for len bytes in memory: 1, 0 when memory_bytes are used up, -1 when memory is out. */
static int reserve(ar_bodies *b, size_t len, uint64_t *place) {
  while (b->current < b->count && b->chunks[b->current].room - b->used < len) {
    b->current++;
    b->used = 0;
  }
  if (b->current == b->count) {
    if (b->held > b->memory_bytes || b->memory_bytes - b->held < len) return 0;
    if (!add_chunk(b, len)) return -1;
  }
  *place = (uint64_t)b->current << 32 | b->used;
  b->used += len;
  return 1;
}

static bool reserve_spill(ar_bodies *b, size_t len, uint64_t *place, ar_err *err) {
  if (!b->file && !(b->file = ar_spill_new("record texts", err))) return false;
  *place = IN_SPILL | b->disk;
  b->disk += len;
  return true;
}

bool ar_bodies_keep(ar_bodies *b, const ar_record *record, ar_body *out, ar_err *err) {
  size_t len = record->origin.len;
  uint64_t place = 0;
  out->kept = AR_BODY_IN_FILE;
  if (record->seekable) return true;
  pthread_mutex_lock(&b->lock);
  int held = reserve(b, len, &place);
  char *bytes = held > 0 ? b->chunks[place >> 32].bytes + (uint32_t)place : NULL;
  bool placed = held > 0 || (held == 0 && reserve_spill(b, len, &place, err));
  pthread_mutex_unlock(&b->lock);
  if (held < 0) return ar_nomem(err, "keeping a record's text");
  if (!placed) return false;
  if (bytes && len) memcpy(bytes, record->text, len);
  if (!bytes && !ar_spill_write(b->file, place & ~IN_SPILL, record->text, len, err)) return false;
  out->kept = place;
  return true;
}

/* ---- bringing back ---- */

bool ar_bodies_get(ar_bodies *b, ar_body body, const ar_origin *origin, char **buffer, size_t *room, ar_err *err) {
  size_t len = origin->len;
  char *grown = ar_grow(*buffer, room, len + AR_READER_PADDING, 1);
  if (!grown) return ar_nomem(err, "bringing back a record's text");
  *buffer = grown;
  if (body.kept == AR_BODY_IN_FILE) return ar_reader_reread(b->reader, origin, grown, err);
  memset(grown + len, 0, AR_READER_PADDING);
  if (body.kept & IN_SPILL) return ar_spill_read(b->file, body.kept & ~IN_SPILL, grown, len, err);
  pthread_mutex_lock(&b->lock);
  const char *bytes = b->chunks[body.kept >> 32].bytes;
  pthread_mutex_unlock(&b->lock);
  memcpy(grown, bytes + (uint32_t)body.kept, len);
  return true;
}

void ar_bodies_reset(ar_bodies *b) {
  b->current = b->used = 0;
  b->disk = 0;
  if (b->file) ar_spill_empty(b->file);
}

uint64_t ar_bodies_disk_bytes(const ar_bodies *bodies) {
  return bodies->disk;
}
