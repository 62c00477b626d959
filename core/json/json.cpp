// json.cpp — the one file that knows simdjson: its two halves, one by one, in a reused parser.
#include "json/private.h"

#include <algorithm>
#include <new>
#include <simdjson.h>

using simdjson::error_code;

struct ar_simd {
  simdjson::dom::parser parser;
  size_t max_depth;
};

// By doubling, so that texts of creeping length do not allocate for each one.
static size_t wider(size_t room, size_t len) {
  return std::max({ len, 2 * room, size_t(16384) });
}

static error_code make_room(ar_simd *simd, size_t len) {
  size_t room = simd->parser.capacity();
  if (room > 0 && len <= room) return simdjson::SUCCESS;
  return simd->parser.allocate(wider(room, len), simd->max_depth);
}

static error_code make_tape_room(ar_simd *simd, size_t len) {
  size_t room = simd->parser.doc.capacity();
  if (room > 0 && len <= room) return simdjson::SUCCESS;
  return simd->parser.doc.allocate(wider(room, len));
}

static ar_simd_result result_of(error_code error, const char **what) {
  *what = error ? simdjson::error_message(error) : "";
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

ar_simd *ar_simd_new(size_t max_depth) {
  ar_simd *simd = new (std::nothrow) ar_simd;
  if (simd) simd->max_depth = max_depth;
  return simd;
}

void ar_simd_free(ar_simd *simd) {
  delete simd;
}

ar_simd_result ar_simd_places(ar_simd *simd, const char *text, size_t len, const uint32_t **places, size_t *count,
                              const char **what) {
  error_code error = make_room(simd, len);
  if (error) return result_of(error, what);
  auto &half = *simd->parser.implementation;
  error = half.stage1(reinterpret_cast<const uint8_t *>(text), len, simdjson::stage1_mode::regular);
  *places = half.structural_indexes.get();
  *count = half.n_structural_indexes;
  return result_of(error, what);
}

ar_simd_result ar_simd_tape(ar_simd *simd, size_t len, const uint64_t **tape, const uint8_t **strings,
                            const char **what) {
  error_code error = make_tape_room(simd, len);
  if (!error) error = simd->parser.implementation->stage2(simd->parser.doc);
  *tape = simd->parser.doc.tape.get();
  *strings = simd->parser.doc.string_buf.get();
  return result_of(error, what);
}

char *ar_simd_unescape(const ar_simd *simd, const char *text, char *out) {
  return reinterpret_cast<char *>(simd->parser.implementation->parse_string(reinterpret_cast<const uint8_t *>(text),
                                                                            reinterpret_cast<uint8_t *>(out)));
}
