// json.cpp — the one file that knows simdjson: a reused DOM parser that hands out its tape.
#include "json/private.h"

#include <algorithm>
#include <new>
#include <simdjson.h>

using simdjson::error_code;

struct ar_simd {
  simdjson::dom::parser parser;
  size_t max_depth;
};

// Grows by doubling, so that texts of creeping length do not allocate for each one.
static error_code make_room(ar_simd *simd, size_t len) {
  size_t room = simd->parser.capacity();
  if (len <= room && len <= simd->parser.doc.capacity()) return simdjson::SUCCESS;
  room = std::max({ len, 2 * room, size_t(16384) });
  error_code error = simd->parser.doc.allocate(room);
  return error ? error : simd->parser.allocate(room, simd->max_depth);
}

ar_simd *ar_simd_new(size_t max_depth) {
  ar_simd *simd = new (std::nothrow) ar_simd;
  if (simd) simd->max_depth = max_depth;
  return simd;
}

void ar_simd_free(ar_simd *simd) {
  delete simd;
}

ar_simd_result ar_simd_parse(ar_simd *simd, const char *text, size_t len, const uint64_t **tape,
                             const uint8_t **strings, const char **what) {
  error_code error = make_room(simd, len);
  if (!error) error = simd->parser.parse(text, len, false).error(); // false: text is padded, parse it in place
  *what = error ? simdjson::error_message(error) : "";
  *tape = simd->parser.doc.tape.get();
  *strings = simd->parser.doc.string_buf.get();
  switch (error) {
  case simdjson::SUCCESS:
    return AR_SIMD_OK;
  case simdjson::MEMALLOC:
    return AR_SIMD_NOMEM;
  case simdjson::NUMBER_ERROR:
    return AR_SIMD_NUMBER;
  default:
    return AR_SIMD_BAD;
  }
}
