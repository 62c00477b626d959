/* scan.c — where a JSON value ends, 64 bytes at a time; and where a line ends.
 *
 * A block becomes one 64-bit mask per kind of byte. Quotes that are not escaped, xor-ed from the left, give the mask
 * of what lies inside strings; a block with fewer closing brackets outside strings than brackets open cannot hold
 * the end and costs two counts of bits.
 */
#include "reader/private.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define WITH_AVX2 1
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef struct masks {
  uint64_t quote, backslash, open, close, newline;
} masks;

#define INLINE static inline __attribute__((always_inline))

#ifdef __SSE2__
INLINE uint64_t bits16(__m128i equal, int at) {
  return (uint64_t)(unsigned)_mm_movemask_epi8(equal) << at;
}

INLINE masks classify(const char *p) {
  masks m = { 0, 0, 0, 0, 0 };
  for (int i = 0; i < 64; i += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
    __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20)); /* [ and { become one, as do ] and } */
    m.quote |= bits16(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), i);
    m.backslash |= bits16(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')), i);
    m.open |= bits16(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')), i);
    m.close |= bits16(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')), i);
    m.newline |= bits16(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')), i);
  }
  return m;
}
#else
INLINE masks classify(const char *p) {
  masks m = { 0, 0, 0, 0, 0 };
  for (int i = 0; i < 64; i++) {
    uint64_t bit = (uint64_t)1 << i;
    if (p[i] == '"') m.quote |= bit;
    if (p[i] == '\\') m.backslash |= bit;
    if ((p[i] | 0x20) == '{') m.open |= bit;
    if ((p[i] | 0x20) == '}') m.close |= bit;
    if (p[i] == '\n') m.newline |= bit;
  }
  return m;
}
#endif

INLINE uint64_t prefix_xor(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

INLINE unsigned count_bits(uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555u;
  bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return (unsigned)(bits * 0x0101010101010101u >> 56);
}

/* Bytes behind an odd number of backslashes. Adding the first bit of a run to the run leaves one bit right behind it;
 * whether that place is even or odd, compared with where the run began, tells the parity of its length. */
INLINE uint64_t escaped_bytes(uint64_t backslash, uint64_t *carry) {
  const uint64_t even = 0x5555555555555555u;
  uint64_t first = *carry;
  *carry = 0;
  if (backslash == 0) return first;
  backslash &= ~first; /* an escaped backslash escapes nothing */
  uint64_t start = backslash & ~(backslash << 1);
  uint64_t behind_even = (backslash + (start & even)) & ~backslash;
  uint64_t behind_odd = (backslash + (start & ~even)) & ~backslash;
  unsigned tail = backslash == UINT64_MAX ? 64 : (unsigned)__builtin_clzll(~backslash);
  *carry = tail & 1; /* the run that reaches the end of the block */
  return (behind_even & ~even) | (behind_odd & even) | first;
}

/* The last byte before text[at] that is no white space, plus 1; 0 when there is none. */
static unsigned significant_before(const ar_scan *scan, const char *text, size_t at) {
  while (at > 0) {
    unsigned char c = (unsigned char)text[--at];
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return c + 1u;
  }
  return scan->last;
}

/* Inside a value, `{` or `[` may only follow one of these. */
static bool may_open_after(const ar_scan *scan, const char *text, size_t at) {
  unsigned last = significant_before(scan, text, at);
  return last == 0 || last == ',' + 1 || last == ':' + 1 || last == '[' + 1;
}

typedef struct block {
  uint64_t open, close;   /* outside strings */
  uint64_t broken_string; /* newlines inside strings */
  uint64_t at_column_0;   /* opening brackets right behind a newline */
} block;

/* What one block hands to the next, apart from ar_scan so that it stays in registers. */
typedef struct carries {
  uint64_t in_string, escape, newline, depth;
} carries;

INLINE carries load_carries(const ar_scan *scan) {
  return (carries){ scan->in_string, scan->escape, scan->newline, scan->depth };
}

INLINE void store_carries(ar_scan *scan, const carries *c, size_t at) {
  scan->in_string = c->in_string;
  scan->escape = c->escape;
  scan->newline = c->newline;
  scan->depth = c->depth;
  scan->at = at;
}

INLINE block read_block(carries *c, masks m, uint64_t string) {
  block b;
  b.open = m.open & ~string;
  b.close = m.close & ~string;
  b.broken_string = m.newline & string;
  b.at_column_0 = b.open & (m.newline << 1 | c->newline);
  c->in_string = (uint64_t)((int64_t)string >> 63);
  c->newline = m.newline >> 63;
  return b;
}

/* The end cannot lie in this block, and nothing is wrong in it. */
INLINE bool passes(carries *c, block b, unsigned opens, unsigned closes) {
  if (closes >= c->depth || (b.broken_string | b.at_column_0)) return false;
  c->depth += opens;
  c->depth -= closes;
  return true;
}

/* Goes through the brackets of one block. Returns the bit of the one that closes the value, else 64. */
static unsigned find_close(ar_scan *scan, block b) {
  for (uint64_t rest = b.open | b.close; rest; rest &= rest - 1) {
    uint64_t bit = rest & -rest;
    if (b.open & bit)
      scan->depth++;
    else if (scan->depth > 0 && --scan->depth == 0)
      return (unsigned)__builtin_ctzll(bit);
  }
  return 64;
}

/* A newline in a string, or a value that starts where none can: the first of them before bit `limit`. */
static ar_scanned find_break(const ar_scan *scan, const char *text, size_t at, block b, unsigned limit, size_t *where) {
  uint64_t both = b.broken_string | b.at_column_0;
  if (limit < 64) both &= ((uint64_t)1 << limit) - 1;
  for (; both; both &= both - 1) {
    size_t place = at + (unsigned)__builtin_ctzll(both);
    bool string = b.broken_string & both & -both;
    if (!string && may_open_after(scan, text, place)) continue;
    *where = place + string;
    return string ? AR_SCAN_STRING : AR_SCAN_RESTART;
  }
  return AR_SCAN_MORE;
}

static ar_scanned slow_block(ar_scan *scan, const char *text, size_t at, block b, size_t *where) {
  unsigned close = find_close(scan, b);
  ar_scanned broken = find_break(scan, text, at, b, close, where);
  if (broken != AR_SCAN_MORE) return broken;
  if (close == 64) return AR_SCAN_MORE;
  *where = at + close + 1;
  return AR_SCAN_END;
}

/* The last, partial block: bytes from `valid` on are not part of the text. Nothing is committed. */
static ar_scanned last_block(const ar_scan *scan, const char *text, size_t len, size_t *where) {
  size_t at = scan->at;
  ar_scan trial = *scan;
  carries c = load_carries(scan);
  if (at == len) return AR_SCAN_MORE;
  uint64_t valid = ((uint64_t)1 << (len - at)) - 1;
  masks m = classify(text + at);
  m.quote &= valid, m.backslash &= valid, m.open &= valid, m.close &= valid, m.newline &= valid;
  uint64_t string = prefix_xor(m.quote & ~escaped_bytes(m.backslash, &c.escape)) ^ c.in_string;
  return slow_block(&trial, text, at, read_block(&c, m, string), where);
}

static ar_scanned scan_blocks(ar_scan *scan, const char *text, size_t len, size_t *where) {
  carries c = load_carries(scan);
  size_t at = scan->at;
  for (; len - at >= 64; at += 64) {
    masks m = classify(text + at);
    uint64_t string = prefix_xor(m.quote & ~escaped_bytes(m.backslash, &c.escape)) ^ c.in_string;
    block b = read_block(&c, m, string);
    if (passes(&c, b, count_bits(b.open), count_bits(b.close))) continue;
    scan->depth = c.depth;
    ar_scanned seen = slow_block(scan, text, at, b, where);
    if (seen != AR_SCAN_MORE) return seen;
    c.depth = scan->depth;
  }
  store_carries(scan, &c, at);
  return last_block(scan, text, len, where);
}

/* Behind a closing brace, these may mean that the line goes on with another value. */
static bool joins(char c) {
  return (c | 0x20) == '{' || c == ' ' || c == '\t';
}

#ifdef WITH_AVX2
#define AVX2 __attribute__((target("avx2,popcnt,pclmul")))

AVX2 static inline uint64_t bits32(__m256i low, __m256i high) {
  return (uint64_t)(unsigned)_mm256_movemask_epi8(high) << 32 | (unsigned)_mm256_movemask_epi8(low);
}

typedef struct half { /* of a block */
  __m256i quote, open, close, backslash, newline;
} half;

#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

AVX2_INLINE half look_avx2(const char *p) {
  __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)p);
  __m256i folded = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
  return (half){ .quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')),
                 .open = _mm256_cmpeq_epi8(folded, _mm256_set1_epi8('{')),
                 .close = _mm256_cmpeq_epi8(folded, _mm256_set1_epi8('}')),
                 .backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\')),
                 .newline = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')) };
}

AVX2_INLINE __m256i but_quotes(half h) {
  return _mm256_or_si256(_mm256_or_si256(h.open, h.close), _mm256_or_si256(h.backslash, h.newline));
}

AVX2_INLINE bool only_quotes(half low, half high) {
  __m256i any = _mm256_or_si256(but_quotes(low), but_quotes(high));
  return _mm256_testz_si256(any, any);
}

AVX2_INLINE masks masks_avx2(half low, half high) {
  return (masks){ .quote = bits32(low.quote, high.quote),
                  .backslash = bits32(low.backslash, high.backslash),
                  .open = bits32(low.open, high.open),
                  .close = bits32(low.close, high.close),
                  .newline = bits32(low.newline, high.newline) };
}

/* A block of nothing but text and quotes: only whether their number is odd matters. */
AVX2_INLINE void pass_quotes(carries *c, uint64_t quote) {
  quote &= ~c->escape;
  c->in_string ^= 0 - ((uint64_t)_mm_popcnt_u64(quote) & 1);
  c->escape = c->newline = 0;
}

/* A carry-less product with all ones is the xor of all bits to the right. */
AVX2 static inline uint64_t prefix_xor_avx2(uint64_t bits) {
  __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)bits), _mm_set1_epi8(-1), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

AVX2 static ar_scanned scan_blocks_avx2(ar_scan *scan, const char *text, size_t len, size_t *where) {
  carries c = load_carries(scan);
  size_t at = scan->at;
  for (; len - at >= 64; at += 64) {
    half low = look_avx2(text + at), high = look_avx2(text + at + 32);
    if (only_quotes(low, high)) {
      pass_quotes(&c, bits32(low.quote, high.quote));
      continue;
    }
    masks m = masks_avx2(low, high);
    uint64_t string = prefix_xor_avx2(m.quote & ~escaped_bytes(m.backslash, &c.escape)) ^ c.in_string;
    block b = read_block(&c, m, string);
    if (passes(&c, b, (unsigned)_mm_popcnt_u64(b.open), (unsigned)_mm_popcnt_u64(b.close))) continue;
    scan->depth = c.depth;
    ar_scanned seen = slow_block(scan, text, at, b, where);
    if (seen != AR_SCAN_MORE) return seen;
    c.depth = scan->depth;
  }
  store_carries(scan, &c, at);
  return last_block(scan, text, len, where);
}

AVX2 static size_t scan_line_avx2(const char *text, size_t len) {
  const __m256i newline = _mm256_set1_epi8('\n'), brace = _mm256_set1_epi8('}');
  size_t i = 0;
  for (; i + 64 < len; i += 64) {
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(text + i));
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(text + i + 32));
    a = _mm256_or_si256(_mm256_cmpeq_epi8(a, newline), _mm256_cmpeq_epi8(a, brace));
    b = _mm256_or_si256(_mm256_cmpeq_epi8(b, newline), _mm256_cmpeq_epi8(b, brace));
    __m256i any = _mm256_or_si256(a, b);
    if (_mm256_testz_si256(any, any)) continue;
    for (uint64_t bits = bits32(a, b); bits; bits &= bits - 1) {
      size_t at = i + (unsigned)__builtin_ctzll(bits);
      if (text[at] == '\n' || joins(text[at + 1])) return at;
    }
  }
  return i;
}
#endif

ar_scanned ar_scan_value(ar_scan *scan, const char *text, size_t len, size_t *where) {
#ifdef WITH_AVX2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul"))
    return scan_blocks_avx2(scan, text, len, where);
#endif
  return scan_blocks(scan, text, len, where);
}

size_t ar_scan_consume(ar_scan *scan, const char *text) {
  size_t done = scan->at;
  scan->last = significant_before(scan, text, done);
  scan->at = 0;
  return done;
}

size_t ar_scan_line(const char *text, size_t len) {
  size_t i = 0;
#ifdef WITH_AVX2
  if (__builtin_cpu_supports("avx2")) i = scan_line_avx2(text, len);
#endif
  for (; i < len; i++) {
    if (text[i] == '\n') return i;
    if (text[i] == '}' && i + 1 < len && joins(text[i + 1])) return i;
  }
  return len;
}

size_t ar_scan_string(const char *text, size_t len) {
  for (size_t at = 1; at < len;) {
    const char *quote = memchr(text + at, '"', len - at);
    if (!quote) return 0;
    size_t end = (size_t)(quote - text), slashes = 0;
    while (text[end - 1 - slashes] == '\\') slashes++;
    if (slashes % 2 == 0) return end + 1;
    at = end + 1;
  }
  return 0;
}
