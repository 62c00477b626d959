/* base.h — what every other module stands on: errors, slices, identities, memory.
 *
 * Layer 0; includes nothing of ours. The only module that calls malloc.
 *
 * Errors  a function that can fail returns bool (or a pointer) and takes `ar_err *err` last; success
 *         leaves *err untouched, failure fills it. An ar_err lives on the caller's stack: nothing to free.
 * Memory  ar_alloc and friends return NULL when memory is out (or when a test made this call fail).
 *         Two lifetimes only: an arena that is reset (a record, a call), and objects with a _new/_free pair.
 * State   there is no global mutable state, save the allocation fault hook of test builds.
 */
#ifndef ARMRUN_BASE_H
#define ARMRUN_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- errors ------------------------------------------------------------------------------- */

typedef enum ar_code {
  AR_OK,
  AR_ENOMEM,  /* memory is out */
  AR_EIO,     /* a file or stream cannot be read or written */
  AR_EINPUT,  /* bytes of a log that are not what they should be, e.g. `{"a":` */
  AR_ERULE,   /* a rule file, a spec or a tuning file is wrong, e.g. `severty = "low"` */
  AR_EBUDGET, /* a rule used up its instructions or its bytes */
  AR_EUSAGE   /* the caller asked for something that does not exist */
} ar_code;

typedef struct ar_err {
  ar_code code;
  char msg[480]; /* what, where, what was expected; no trailing newline; cut at a character boundary */
} ar_err;

/* Fills *err and returns false, so that `return ar_fail(err, …);` reads as one thought. */
bool ar_fail(ar_err *err, ar_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* "out of memory while …" */
bool ar_nomem(ar_err *err, const char *doing);

/* ---- slices ------------------------------------------------------------------------------- */

/* A slice never owns. {NULL, 0} is "absent"; {"", 0} is "empty". Bytes, not characters; may hold NUL. */
typedef struct ar_str {
  const char *ptr;
  size_t len;
} ar_str;

#define AR_STR(literal) ((ar_str){ (literal), sizeof(literal) - 1 })

ar_str ar_str_of(const char *text); /* NULL gives the absent slice */
bool ar_str_eq(ar_str a, ar_str b);
bool ar_str_eq_nocase(ar_str a, ar_str b); /* ASCII letters only */
int ar_str_cmp(ar_str a, ar_str b);        /* bytes, then length: a total order */
ar_str ar_str_trim(ar_str s);              /* without ASCII white space at both ends */
bool ar_str_starts(ar_str s, ar_str prefix);
bool ar_str_starts_nocase(ar_str s, ar_str prefix);

/* Writes s in ASCII lower case to out (room for s.len bytes, no NUL) and returns that slice. */
ar_str ar_str_lower(ar_str s, char *out);

/* The member of `words` (count of them) nearest to `given` by edit distance, or NULL when none is near:
 * the did-you-mean of every message. */
const char *ar_nearest(ar_str given, const char *const *words, size_t count);

/* ---- identities --------------------------------------------------------------------------- */

/* A 128-bit identity: a GUID as it is, or a seeded hash of text. Equal text, equal identity, within one
 * seed. {0, 0} means "none". Never order by it: it depends on the seed. */
typedef struct ar_id {
  uint64_t hi, lo;
} ar_id;

/* Inline: on the hot path a call costs more than the comparison. */
static inline bool ar_id_eq(ar_id a, ar_id b) {
  return a.hi == b.hi && a.lo == b.lo;
}

static inline bool ar_id_none(ar_id id) {
  return (id.hi | id.lo) == 0;
}

ar_id ar_id_of(ar_str text, uint64_t seed);              /* absent or empty text gives none */
ar_id ar_id_mix(ar_id a, ar_id b);                       /* of a pair; order matters; both none gives none */
size_t ar_id_slot(ar_id id, uint64_t seed, size_t mask); /* a table slot that an outsider cannot predict */

/* Reads "xxxxxxxx-xxxx-…" (36) or 32 hex digits, any case, as an identity. False when it is neither. */
bool ar_id_guid(ar_str text, ar_id *out);
/* The identity of a name: the GUID if it is one (the all-zero GUID is none), else the hash of its lower-case form. */
ar_id ar_id_name(ar_str text, uint64_t seed);
/* Writes 36 characters, lower case, and a NUL. */
void ar_id_guid_text(ar_id id, char out[37]);

/* The same in every run, whatever the seed: for orders and for what is written down. */
uint64_t ar_hash_fixed(ar_str text);
uint64_t ar_hash_seeded(ar_str text, uint64_t seed);
/* A seed from the system's entropy. */
uint64_t ar_seed_new(void);

/* Writes the 32 bytes of SHA-256 of `text`. */
void ar_sha256(ar_str text, unsigned char out[32]);

/* ---- memory ------------------------------------------------------------------------------- */

void *ar_alloc(size_t bytes);                                           /* zeroed */
void *ar_resize(void *ptr, size_t bytes);                               /* as realloc; the old block stays on failure */
void *ar_grow(void *ptr, size_t *room, size_t need, size_t item_bytes); /* room doubles until ≥ need */
void ar_free(void *ptr);                                                /* NULL is fine */
char *ar_copy(ar_str s);                                                /* NUL-terminated; NULL when memory is out */

#ifdef ARMRUN_TESTING
/* Makes the n-th allocation from now fail, once (n = 0: never). Returns how many were made since the last
 * call. Process-wide; test builds only. */
size_t ar_alloc_fail_at(size_t n);
size_t ar_alloc_live(void); /* blocks not yet freed */
#endif

/* A bump allocator: many small things, one death. Blocks are kept by a reset, so a warm arena does not
 * allocate; what it holds stays within a small multiple of its fullest moment. */
typedef struct ar_arena ar_arena;
ar_arena *ar_arena_new(size_t block_bytes);
void ar_arena_free(ar_arena *arena);
void ar_arena_reset(ar_arena *arena);
void *ar_arena_alloc(ar_arena *arena, size_t bytes); /* 16-byte aligned, not zeroed; NULL when out */
ar_str ar_arena_copy(ar_arena *arena, ar_str s);     /* with a NUL behind; absent when out */
ar_str ar_arena_lower(ar_arena *arena, ar_str s);
size_t ar_arena_bytes(const ar_arena *arena); /* held from the system */

/* ---- spill -------------------------------------------------------------------------------- */

/* A file for what does not fit into memory: in $TMPDIR (else /tmp), unlinked at once, gone with the process. Whoever
 * writes says at which byte, so that several threads may write and read, each its own stretch. AR_EIO names the folder
 * and `what` lies there ("events"; borrowed for good). */
typedef struct ar_spill ar_spill;
ar_spill *ar_spill_new(const char *what, ar_err *err);
void ar_spill_free(ar_spill *spill); /* NULL is fine */
bool ar_spill_write(const ar_spill *spill, uint64_t at, const void *bytes, size_t count, ar_err *err);
bool ar_spill_read(const ar_spill *spill, uint64_t at, void *bytes, size_t count, ar_err *err);
void ar_spill_empty(const ar_spill *spill); /* gives the room back */

/* ---- interned names ----------------------------------------------------------------------- */

/* Longer names are "other": they come from logs, and `cap` alone would not bound the bytes. */
#define AR_NAME_MAX 1024

/* Names to small numbers, for good: 1, 2, 3 … in the order of first sight; 0 is "other" once `cap` is full
 * (counted). Safe to use from several threads; a look-up of a known name takes no lock. The numbers depend on
 * the order of arrival: never order by them. */
typedef struct ar_names ar_names;
ar_names *ar_names_new(uint32_t cap, uint64_t seed);
void ar_names_free(ar_names *names);
uint32_t ar_names_add(ar_names *names, ar_str name);          /* 0 when full, too long, or memory is out */
uint32_t ar_names_find(const ar_names *names, ar_str name);   /* 0 when unknown */
ar_str ar_names_text(const ar_names *names, uint32_t number); /* lives as long as `names`; absent for 0 */
uint32_t ar_names_count(const ar_names *names);
uint64_t ar_names_refused(const ar_names *names);

#endif
