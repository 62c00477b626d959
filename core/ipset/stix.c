/* stix.c — the addresses of a STIX pattern. Read are comparisons with = , IN and ISSUBSET on addresses, joined by OR;
 * what narrows an address down (AND with something else, FOLLOWEDBY, NOT, a time span) is not "this address", and such
 * a pattern is counted as one that cannot be used rather than taken for more than it says. */
#include "ipset/private.h"

#include <string.h>

typedef enum token_kind { END, WORD, TEXT, SIGN, WRONG } token_kind;

typedef struct token {
  token_kind kind;
  ar_str text; /* of TEXT: what stands between the quotes, escapes as they are */
} token;

static bool word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_:.*", c));
}

static token cut(ar_str *rest, token_kind kind, size_t from, size_t len, size_t all) {
  token t = { kind, { rest->ptr + from, len } };
  rest->ptr += all;
  rest->len -= all;
  return t;
}

static size_t quoted_len(ar_str text) {
  size_t at = 1;
  while (at < text.len && text.ptr[at] != '\'') at += text.ptr[at] == '\\' ? 2 : 1;
  return at < text.len ? at + 1 : 0;
}

/* A word; of a path also what stands in quotes or brackets: file:hashes.'SHA-256', process:arguments[0]. */
static size_t word_len(ar_str text) {
  size_t len = 0;
  bool path = false;
  while (len < text.len) {
    ar_str rest = { text.ptr + len, text.len - len };
    const char *close = path && rest.ptr[0] == '[' ? memchr(rest.ptr, ']', rest.len) : NULL;
    size_t step = path && rest.ptr[0] == '\'' ? quoted_len(rest) : close ? (size_t)(close - rest.ptr) + 1 : 0;
    if (!step) step = word_byte(rest.ptr[0]);
    if (!step) break;
    path = path || rest.ptr[0] == ':';
    len += step;
  }
  return len;
}

static token next(ar_str *rest) {
  *rest = ar_str_trim(*rest);
  if (rest->len == 0) return (token){ END, { NULL, 0 } };
  if (rest->ptr[0] == '\'') {
    size_t len = quoted_len(*rest);
    return len ? cut(rest, TEXT, 1, len - 2, len) : (token){ WRONG, { NULL, 0 } };
  }
  size_t len = word_len(*rest);
  if (len) return cut(rest, WORD, 0, len, len);
  size_t sign = rest->len > 1 && rest->ptr[1] == '=' ? 2 : 1; /* != >= <= */
  return cut(rest, SIGN, 0, sign, sign);
}

static bool is(token t, const char *text) {
  return t.kind != TEXT && ar_str_eq_nocase(t.text, ar_str_of(text));
}

/* What a comparison is about. */
typedef enum subject { ADDRESS, ADDRESS_TYPE, OTHER } subject;

static bool ends_with(ar_str text, const char *tail) {
  size_t len = strlen(tail);
  return text.len >= len && memcmp(text.ptr + text.len - len, tail, len) == 0;
}

static subject subject_of(ar_str path) {
  if (ar_str_eq(path, AR_STR("ipv4-addr:value")) || ar_str_eq(path, AR_STR("ipv6-addr:value"))) return ADDRESS;
  if (!ar_str_starts(path, AR_STR("network-traffic:"))) return OTHER;
  if (ends_with(path, "_ref.value")) return ADDRESS;
  return ends_with(path, "_ref.type") ? ADDRESS_TYPE : OTHER;
}

/* A pattern being read: once to judge it (load NULL), once to take its addresses. */
typedef struct reader {
  ar_str rest;
  ip_load *load;
  uint64_t number;
  size_t addresses, others;
  bool anded, broken;
} reader;

static void found(reader *r, token value) {
  r->broken = r->broken || value.kind != TEXT;
  r->addresses++;
  if (r->load && value.kind == TEXT) ar_ipload_take(r->load, value.text, r->number);
}

/* ('a', 'b') */
static void read_list(reader *r) {
  token t = next(&r->rest);
  r->broken = r->broken || !is(t, "(");
  while (!r->broken) {
    found(r, next(&r->rest));
    t = next(&r->rest);
    if (is(t, ")")) return;
    r->broken = r->broken || !is(t, ",");
  }
}

static void skip_value(reader *r) {
  token t = next(&r->rest);
  if (is(t, "("))
    while (t.kind != END && t.kind != WRONG && !is(t, ")")) t = next(&r->rest);
  r->broken = r->broken || t.kind == END || t.kind == WRONG;
}

static void read_comparison(reader *r, ar_str path) {
  token operator= next(&r->rest);
  subject about = subject_of(path);
  if (about == ADDRESS && (is(operator, "=") || is(operator, "ISSUBSET")))
    found(r, next(&r->rest));
  else if (about == ADDRESS && is(operator, "IN"))
    read_list(r);
  else if (about == ADDRESS)
    r->broken = true;
  else {
    r->others += about == OTHER;
    skip_value(r);
  }
}

static void read_pattern(reader *r) {
  for (token t = next(&r->rest); t.kind != END && !r->broken; t = next(&r->rest)) {
    if (is(t, "[") || is(t, "]") || is(t, "(") || is(t, ")") || is(t, "OR")) continue;
    if (is(t, "AND"))
      r->anded = true;
    else if (t.kind == WORD && memchr(t.text.ptr, ':', t.text.len))
      read_comparison(r, t.text);
    else
      r->broken = true;
  }
}

bool ar_ipload_pattern(ip_load *load, ar_str pattern, uint64_t number) {
  reader look = { .rest = pattern };
  read_pattern(&look);
  bool narrowed = look.anded && (look.others || look.addresses > 1);
  if (pattern.len && !look.addresses && !look.broken) {
    load->report->skipped++; /* domains, files, … */
    return true;
  }
  if (look.broken || narrowed || !pattern.len) {
    ar_ipload_bad(load, pattern, number);
    return false;
  }
  reader take = { .rest = pattern, .load = load, .number = number };
  read_pattern(&take);
  return true;
}
