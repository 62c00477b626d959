/* private.h — between the C of this module and the one file that knows simdjson, and between its C files. */
#ifndef ARMRUN_JSON_PRIVATE_H
#define ARMRUN_JSON_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ar_simd ar_simd; /* a simdjson parser */

typedef enum ar_simd_result { AR_SIMD_OK, AR_SIMD_NOMEM, AR_SIMD_NUMBER, AR_SIMD_BAD } ar_simd_result;

ar_simd *ar_simd_new(size_t max_depth); /* NULL when memory is out */
void ar_simd_free(ar_simd *simd);
/* simdjson's first half. 64 readable bytes lie behind text. OK: the text is UTF-8, its strings close and hold no raw
 * control characters; *places has the places of all brackets, colons, commas and first bytes of scalars outside
 * strings, *count of them, then `len` once. *what: simdjson's words for an error. */
ar_simd_result ar_simd_places(ar_simd *simd, const char *text, size_t len, const uint32_t **places, size_t *count,
                              const char **what);
/* Its second half, of the text whose places were found last: simdjson's own tape. *tape and *strings live until the
 * next one. */
ar_simd_result ar_simd_tape(ar_simd *simd, size_t len, const uint64_t **tape, const uint8_t **strings,
                            const char **what);
/* Writes the string that ends at the first quote not escaped, and up to 32 bytes more. Its end in `out`; NULL when an
 * escape is none. */
char *ar_simd_unescape(const ar_simd *simd, const char *text, char *out);

#ifdef __cplusplus
}
#else

#include "base/base.h"

/* An object or array that is not closed yet. */
typedef struct ar_tape_open {
  uint32_t at, count; /* where it stands on the tape; members so far */
} ar_tape_open;

/* What the tape of one text is made with and of. */
typedef struct ar_tape {
  uint64_t *words; /* room for AR_TAPE_WORDS(len) */
  char *strings;   /* what had to be unescaped: room for len + AR_JSON_PADDING */
  ar_tape_open *open;
  size_t max_depth;
} ar_tape;

/* The most words a text can need: a scalar and what sets it apart take two bytes. */
#define AR_TAPE_WORDS(len) ((len) + 8)

/* Fills the tape from the text and its places. False when the text is not JSON, or holds what is left to simdjson:
 * numbers that are not short integers, a lone scalar or an empty object as the whole. */
bool ar_tape_build(ar_tape *tape, const ar_simd *simd, ar_str text, const uint32_t *places, size_t count);
/* The same from simdjson's own tape. */
void ar_tape_convert(ar_tape *tape, const uint64_t *from, const uint8_t *strings);

/* Where and why a text is not JSON. */
typedef struct ar_json_fault {
  char what[120]; /* "" when the text is JSON */
  size_t at;
  bool deep; /* it may be JSON, but is nested too deep */
} ar_json_fault;

/* Finds the first fault of a text by the grammar, one byte after the other: slow, exact, and only asked once simdjson
 * has said no. True when there is none. */
bool ar_json_check(ar_str text, size_t max_depth, ar_json_fault *fault);

/* The end of the number that starts at `at`, or 0 when it is not well-formed. */
size_t ar_json_number_end(ar_str text, size_t at);
/* Whether a well-formed number is outside int64, uint64 and double. */
bool ar_json_number_wide(ar_str number);

#endif
#endif
