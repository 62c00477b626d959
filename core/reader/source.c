/* source.c — the bytes of one input, decoded: from disk or memory, out of gzip or zstd, from UTF-16 to UTF-8. */
#include "reader/private.h"

#include <errno.h>
#include <sha2.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define RAW_BYTES ((size_t)128 << 10)
#define WIDE_BYTES 8192
#define WINDOW_LOG 27 /* zstd: 128 MiB at most for its history */

typedef enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_ZSTD } packing;
typedef enum width { WIDTH_UNKNOWN, WIDTH_UTF8, WIDTH_UTF16_LE, WIDTH_UTF16_BE } width;

struct ar_source {
  int fd;
  ar_str memory;
  ar_input *input;
  size_t read_bytes, max_record;
  uint64_t here; /* raw bytes of this input so far */
  _Atomic uint64_t taken;
  bool raw_ended, in_member, ended;
  packing packing;
  width width;
  size_t raw_at, raw_end, wide_at, wide_end;
  unsigned spill_at, spill_end; /* of one character */
  uint32_t high;                /* the first half of a surrogate pair */
  bool z_ready;
  z_stream z;
  ZSTD_DStream *zstd;
  uint64_t garbage;
  bool garbage_shows; /* not all NUL */
  SHA2_CTX garbage_hash;
  unsigned char spill[4];
  unsigned char wide[WIDE_BYTES];
  unsigned char raw[RAW_BYTES];
};

ar_source *ar_source_new(size_t read_bytes, size_t max_record) {
  ar_source *s = ar_alloc(sizeof *s);
  if (!s) return NULL;
  s->fd = -1;
  s->read_bytes = read_bytes;
  s->max_record = max_record;
  return s;
}

void ar_source_free(ar_source *s) {
  if (!s) return;
  ar_source_close(s);
  if (s->z_ready) inflateEnd(&s->z);
  ZSTD_freeDStream(s->zstd);
  ar_free(s);
}

void ar_source_open(ar_source *s, int fd, ar_str memory, ar_input *input) {
  s->fd = fd;
  s->memory = memory;
  s->input = input;
  s->here = s->garbage = 0;
  s->raw_ended = s->in_member = s->ended = s->garbage_shows = false;
  s->packing = PACKING_UNKNOWN;
  s->width = WIDTH_UNKNOWN;
  s->raw_at = s->raw_end = s->wide_at = s->wide_end = 0;
  s->spill_at = s->spill_end = 0;
  s->high = 0;
}

void ar_source_close(ar_source *s) {
  if (s->fd > STDIN_FILENO) close(s->fd);
  s->fd = -1;
}

bool ar_source_plain(const ar_source *s) {
  return s->packing == PACKING_NONE && s->width == WIDTH_UTF8;
}

uint64_t ar_source_taken(const ar_source *s) {
  return atomic_load_explicit(&s->taken, memory_order_relaxed);
}

void ar_source_forget_taken(ar_source *s) {
  atomic_store_explicit(&s->taken, 0, memory_order_relaxed);
}

/* ---- raw bytes ---- */

static size_t memory_read(ar_source *s, void *out, size_t room) {
  size_t left = s->memory.len - (size_t)s->here, count = left < room ? left : room;
  if (count) memcpy(out, s->memory.ptr + s->here, count);
  return count;
}

static void raw_over(ar_source *s, ssize_t got) {
  s->raw_ended = true;
  if (got < 0)
    ar_input_problem(s->input, "cannot read on after %llu bytes: %s", (unsigned long long)s->here, strerror(errno));
  else if (s->fd >= 0 && s->input->regular && s->here < s->input->size)
    ar_input_problem(s->input, "became shorter while it was read: %llu of %llu bytes", (unsigned long long)s->here,
                     (unsigned long long)s->input->size);
}

static size_t raw_read(ar_source *s, void *out, size_t room) {
  ssize_t got;
  if (s->raw_ended) return 0;
  if (s->read_bytes && room > s->read_bytes) room = s->read_bytes;
  if (s->fd < 0) {
    got = (ssize_t)memory_read(s, out, room);
  } else {
    do got = read(s->fd, out, room);
    while (got < 0 && errno == EINTR);
  }
  if (got <= 0) return raw_over(s, got), 0;
  s->here += (uint64_t)got;
  atomic_fetch_add_explicit(&s->taken, (uint64_t)got, memory_order_relaxed);
  return (size_t)got;
}

/* Has at least `count` bytes in `raw`, unless the input ends before. */
static size_t raw_need(ar_source *s, size_t count) {
  if (s->raw_end - s->raw_at < count && s->raw_at) {
    memmove(s->raw, s->raw + s->raw_at, s->raw_end - s->raw_at);
    s->raw_end -= s->raw_at;
    s->raw_at = 0;
  }
  while (s->raw_end - s->raw_at < count) {
    size_t got = raw_read(s, s->raw + s->raw_end, RAW_BYTES - s->raw_end);
    if (!got) break;
    s->raw_end += got;
  }
  return s->raw_end - s->raw_at;
}

static bool is_gzip(const unsigned char *p, size_t len) {
  return len >= 2 && p[0] == 0x1F && p[1] == 0x8B;
}

/* A frame, or one that is to be skipped. */
static bool is_zstd(const unsigned char *p, size_t len) {
  return len >= 4 && ((p[0] == 0x28 && p[1] == 0xB5 && p[2] == 0x2F && p[3] == 0xFD) ||
                      ((p[0] & 0xF0) == 0x50 && p[1] == 0x2A && p[2] == 0x4D && p[3] == 0x18));
}

/* ---- compressed bytes ---- */

static void pass_garbage(ar_source *s) {
  SHA256Init(&s->garbage_hash);
  while (raw_need(s, 1)) {
    size_t len = s->raw_end - s->raw_at;
    uint64_t hashed = s->garbage < s->max_record ? s->max_record - s->garbage : 0;
    for (size_t i = 0; i < len && !s->garbage_shows; i++) s->garbage_shows = s->raw[s->raw_at + i] != 0;
    SHA256Update(&s->garbage_hash, s->raw + s->raw_at, len < hashed ? len : (size_t)hashed);
    s->garbage += len;
    s->raw_at = s->raw_end;
  }
  s->ended = true;
}

uint64_t ar_source_garbage(const ar_source *s, unsigned char sha256[32]) {
  SHA2_CTX hash = s->garbage_hash;
  if (!s->garbage || !s->garbage_shows) return 0;
  SHA256Final(sha256, &hash);
  return s->garbage;
}

/* A NULL `how`: it ends too early. */
static void damaged(ar_source *s, const char *what, const char *how) {
  s->ended = true;
  if (s->input->info.problem) return; /* a read error explains it better */
  if (!how)
    ar_input_problem(s->input, "truncated: the file ends inside its %s data", what);
  else
    ar_input_problem(s->input, "damaged %s data before byte %llu of the file: %s", what,
                     (unsigned long long)(s->here - (s->raw_end - s->raw_at)), how);
}

/* At a border between members: false when nothing, or nothing of the kind, follows. */
static bool next_member(ar_source *s, bool (*is_kind)(const unsigned char *, size_t), size_t magic) {
  size_t len = raw_need(s, magic);
  if (len && is_kind(s->raw + s->raw_at, len)) return s->in_member = true;
  if (len)
    pass_garbage(s);
  else
    s->ended = true;
  return false;
}

static bool gzip_start(ar_source *s) {
  int code = s->z_ready ? inflateReset(&s->z) : inflateInit2(&s->z, 16 + MAX_WBITS);
  s->z_ready = s->z_ready || code == Z_OK;
  return code == Z_OK;
}

static ptrdiff_t gzip_read(ar_source *s, char *out, size_t room) {
  size_t made = 0;
  while (made == 0 && !s->ended) {
    if (!s->in_member && !next_member(s, is_gzip, 2)) break;
    size_t len = raw_need(s, 1);
    s->z.next_in = s->raw + s->raw_at;
    s->z.avail_in = (uInt)(s->raw_end - s->raw_at);
    s->z.next_out = (Bytef *)out;
    s->z.avail_out = (uInt)(room > 1u << 30 ? 1u << 30 : room);
    uInt offered = s->z.avail_out;
    int code = inflate(&s->z, Z_NO_FLUSH);
    s->raw_at = s->raw_end - s->z.avail_in;
    made = offered - s->z.avail_out;
    if (code == Z_MEM_ERROR) return -1;
    if (code == Z_STREAM_END) {
      s->in_member = false;
      inflateReset(&s->z);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      damaged(s, "gzip", s->z.msg ? s->z.msg : "unknown error");
    } else if (len == 0 && made == 0) {
      damaged(s, "gzip", NULL);
    }
  }
  return (ptrdiff_t)made;
}

static bool zstd_start(ar_source *s) {
  if (!s->zstd) s->zstd = ZSTD_createDStream();
  if (!s->zstd) return false;
  ZSTD_DCtx_reset(s->zstd, ZSTD_reset_session_only);
  return !ZSTD_isError(ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG));
}

static ptrdiff_t zstd_read(ar_source *s, char *out, size_t room) {
  ZSTD_outBuffer to = { out, room, 0 };
  while (to.pos == 0 && !s->ended) {
    if (!s->in_member && !next_member(s, is_zstd, 4)) break;
    size_t len = raw_need(s, 1);
    ZSTD_inBuffer from = { s->raw + s->raw_at, len, 0 };
    size_t code = ZSTD_decompressStream(s->zstd, &to, &from);
    s->raw_at += from.pos;
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation) return -1;
    if (ZSTD_isError(code))
      damaged(s, "zstd", ZSTD_getErrorName(code));
    else if (code == 0)
      s->in_member = false;
    else if (len == 0 && to.pos == 0)
      damaged(s, "zstd", NULL);
  }
  return (ptrdiff_t)to.pos;
}

static bool sniff_packing(ar_source *s) {
  size_t len = raw_need(s, 4);
  s->packing = PACKING_NONE;
  if (is_gzip(s->raw + s->raw_at, len)) s->packing = PACKING_GZIP;
  if (is_zstd(s->raw + s->raw_at, len)) s->packing = PACKING_ZSTD;
  s->input->info.compressed = s->packing != PACKING_NONE;
  return s->packing == PACKING_NONE || (s->packing == PACKING_GZIP ? gzip_start(s) : zstd_start(s));
}

static ptrdiff_t plain_read(ar_source *s, char *out, size_t room) {
  size_t held = s->raw_end - s->raw_at;
  if (!held) return (ptrdiff_t)raw_read(s, out, room);
  if (held > room) held = room;
  memcpy(out, s->raw + s->raw_at, held);
  s->raw_at += held;
  return (ptrdiff_t)held;
}

static ptrdiff_t unpacked_read(ar_source *s, char *out, size_t room) {
  if (s->packing == PACKING_UNKNOWN && !sniff_packing(s)) {
    s->packing = PACKING_UNKNOWN;
    return -1;
  }
  if (s->packing == PACKING_NONE) return plain_read(s, out, room);
  return s->packing == PACKING_GZIP ? gzip_read(s, out, room) : zstd_read(s, out, room);
}

/* ---- UTF-16 ---- */

/* Has at least `count` bytes in `wide`, unless the input ends before. -1: memory is out. */
static ptrdiff_t wide_need(ar_source *s, size_t count) {
  if (s->wide_end - s->wide_at < count && s->wide_at) {
    memmove(s->wide, s->wide + s->wide_at, s->wide_end - s->wide_at);
    s->wide_end -= s->wide_at;
    s->wide_at = 0;
  }
  while (s->wide_end - s->wide_at < count) {
    ptrdiff_t got = unpacked_read(s, (char *)s->wide + s->wide_end, WIDE_BYTES - s->wide_end);
    if (got < 0) return -1;
    if (got == 0) break;
    s->wide_end += (size_t)got;
  }
  return (ptrdiff_t)(s->wide_end - s->wide_at);
}

static bool sniff_width(ar_source *s) {
  ptrdiff_t len = wide_need(s, 2);
  if (len < 0) return false;
  s->width = WIDTH_UTF8;
  if (len < 2) return true;
  unsigned mark = (unsigned)s->wide[s->wide_at] << 8 | s->wide[s->wide_at + 1];
  if (mark == 0xFFFE) s->width = WIDTH_UTF16_LE;
  if (mark == 0xFEFF) s->width = WIDTH_UTF16_BE;
  if (s->width != WIDTH_UTF8) s->wide_at += 2;
  return true;
}

static void spill(ar_source *s, uint32_t c) {
  unsigned char *out = s->spill;
  unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
  for (unsigned i = n; i-- > 1; c >>= 6) out[i] = (unsigned char)(0x80 | (c & 0x3F));
  out[0] = (unsigned char)(lead[n] | c);
  s->spill_at = 0;
  s->spill_end = n;
}

/* One 16-bit unit more. A half of a pair without the other becomes U+FFFD. */
static void take_unit(ar_source *s, uint32_t unit) {
  bool low = unit >= 0xDC00 && unit < 0xE000, high = unit >= 0xD800 && unit < 0xDC00;
  if (s->high && low) {
    spill(s, 0x10000 + ((s->high - 0xD800) << 10) + (unit - 0xDC00));
    s->high = 0;
  } else if (s->high) { /* the unit is looked at again */
    spill(s, 0xFFFD);
    s->high = 0;
    s->wide_at -= 2;
  } else if (high) {
    s->high = unit;
  } else {
    spill(s, low ? 0xFFFD : unit);
  }
}

/* False at the end, or (with *failed) when memory is out. */
static bool next_character(ar_source *s, bool *failed) {
  ptrdiff_t len = wide_need(s, 2);
  *failed = len < 0;
  if (len < 0) return false;
  if (len < 2) {
    bool half = len == 1 || s->high;
    if (half) ar_input_problem(s->input, "truncated: the file ends inside a UTF-16 character");
    if (half) spill(s, 0xFFFD);
    s->wide_at = s->wide_end;
    s->high = 0;
    return half;
  }
  const unsigned char *p = s->wide + s->wide_at;
  s->wide_at += 2;
  take_unit(s, s->width == WIDTH_UTF16_LE ? (uint32_t)p[1] << 8 | p[0] : (uint32_t)p[0] << 8 | p[1]);
  return true;
}

static ptrdiff_t wide_read(ar_source *s, char *out, size_t room) {
  size_t made = 0;
  bool failed = false;
  while (made < room) {
    if (s->spill_at < s->spill_end)
      out[made++] = (char)s->spill[s->spill_at++];
    else if (!next_character(s, &failed))
      break;
  }
  return failed && !made ? -1 : (ptrdiff_t)made;
}

ptrdiff_t ar_source_read(ar_source *s, char *out, size_t room) {
  if (s->width == WIDTH_UNKNOWN && !sniff_width(s)) return -1;
  if (s->width != WIDTH_UTF8) return wide_read(s, out, room);
  size_t held = s->wide_end - s->wide_at;
  if (!held) return unpacked_read(s, out, room);
  if (held > room) held = room;
  memcpy(out, s->wide + s->wide_at, held);
  s->wide_at += held;
  return (ptrdiff_t)held;
}
