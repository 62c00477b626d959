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
/* 64 readable bytes lie behind text. *tape and *strings live until the next parse. *what: simdjson's words for an
 * error. */
ar_simd_result ar_simd_parse(ar_simd *simd, const char *text, size_t len, const uint64_t **tape,
                             const uint8_t **strings, const char **what);

#ifdef __cplusplus
}
#else

#include "base/base.h"

/* Where and why a text is not JSON. */
typedef struct ar_json_fault {
  char what[120]; /* "" when the text is JSON */
  size_t at;
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
