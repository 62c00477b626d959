/* identity.c — 128-bit identities and hashes. XXH3 for speed and spread, SHA-256 for what is published. */
#include "base/base.h"

#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

ar_id ar_id_of(ar_str text, uint64_t seed) {
  if (text.len == 0) return (ar_id){ 0, 0 };
  XXH128_hash_t h = XXH3_128bits_withSeed(text.ptr, text.len, seed);
  return (ar_id){ h.high64, h.low64 | 1 }; /* never none */
}

ar_id ar_id_mix(ar_id a, ar_id b) {
  uint64_t words[4] = { a.hi, a.lo, b.hi, b.lo };
  if (ar_id_none(a) && ar_id_none(b)) return (ar_id){ 0, 0 };
  XXH128_hash_t h = XXH3_128bits(words, sizeof words);
  return (ar_id){ h.high64, h.low64 | 1 };
}

/* Both halves of the full product: every bit of a and b reaches every bit of the result. With plain multiplication the
 * top bits of an id would never reach a small mask, whatever the seed, and ids are the sender's to choose. */
static uint64_t fold_product(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

size_t ar_id_slot(ar_id id, uint64_t seed, size_t mask) {
  uint64_t h = fold_product(id.hi ^ seed ^ 0x9E3779B97F4A7C15u, id.lo ^ (seed << 32 | seed >> 32));
  return (size_t)fold_product(h ^ seed, 0xD6E8FEB86659FD93u) & mask;
}

static int hex_digit(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ar_id_guid(ar_str text, ar_id *out) {
  uint64_t half[2] = { 0, 0 };
  size_t digits = 0;
  if (text.len != 36 && text.len != 32) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.len == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (text.ptr[i] != '-') return false;
      continue;
    }
    int digit = hex_digit((unsigned char)text.ptr[i]);
    if (digit < 0) return false;
    half[digits / 16] = half[digits / 16] << 4 | (unsigned)digit;
    digits++;
  }
  *out = (ar_id){ half[0], half[1] };
  return true;
}

/* Long names, lower-cased piece by piece: the same identity as in one go. */
static ar_id id_of_long(ar_str text, uint64_t seed) {
  char piece[1024];
  XXH3_state_t state;
  XXH3_128bits_reset_withSeed(&state, seed);
  for (size_t at = 0, len; at < text.len; at += len) {
    len = text.len - at < sizeof piece ? text.len - at : sizeof piece;
    ar_str_lower((ar_str){ text.ptr + at, len }, piece);
    XXH3_128bits_update(&state, piece, len);
  }
  XXH128_hash_t h = XXH3_128bits_digest(&state);
  return (ar_id){ h.high64, h.low64 | 1 };
}

ar_id ar_id_name(ar_str text, uint64_t seed) {
  ar_id id;
  char lower[512];
  if (ar_id_guid(text, &id)) return id;
  if (text.len > sizeof lower) return id_of_long(text, seed);
  return ar_id_of(ar_str_lower(text, lower), seed);
}

void ar_id_guid_text(ar_id id, char out[37]) {
  snprintf(out, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(id.hi >> 32), (unsigned)(id.hi >> 16) & 0xFFFF,
           (unsigned)id.hi & 0xFFFF, (unsigned)(id.lo >> 48), (unsigned long long)(id.lo & 0xFFFFFFFFFFFFu));
}

uint64_t ar_hash_fixed(ar_str text) {
  return XXH3_64bits(text.ptr, text.len);
}

uint64_t ar_hash_seeded(ar_str text, uint64_t seed) {
  return XXH3_64bits_withSeed(text.ptr, text.len, seed);
}

uint64_t ar_seed_new(void) {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
    seed = (uint64_t)time(NULL) * 0x9E3779B97F4A7C15u ^ (uint64_t)(uintptr_t)&seed;
  return seed | 1;
}

void ar_sha256(ar_str text, unsigned char out[32]) {
  SHA2_CTX ctx;
  SHA256Init(&ctx);
  if (text.len) SHA256Update(&ctx, (const uint8_t *)text.ptr, text.len);
  SHA256Final(out, &ctx);
}
