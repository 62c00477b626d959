/* text.c — feeds of lines: plain addresses, networks and ranges; ipset save files; Tor's exit-addresses. */
#include "ipset/private.h"

#include <string.h>

bool ar_ip_line(ar_str *text, ar_str *line) {
  if (text->len == 0) return false;
  const char *end = memchr(text->ptr, '\n', text->len);
  size_t len = end ? (size_t)(end - text->ptr) : text->len;
  *line = (ar_str){ text->ptr, len };
  text->ptr += len + (end != NULL);
  text->len -= len + (end != NULL);
  if (line->len && line->ptr[line->len - 1] == '\r') line->len--;
  return true;
}

/* Without a comment: # and ; anywhere, // at the start or behind a space. */
static ar_str without_comment(ar_str line) {
  for (size_t i = 0; i < line.len; i++) {
    bool slashes = line.ptr[i] == '/' && i + 1 < line.len && line.ptr[i + 1] == '/';
    bool spaced = i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t';
    if (line.ptr[i] == '#' || line.ptr[i] == ';' || (slashes && spaced)) line.len = i;
  }
  return ar_str_trim(line);
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static ar_str take_word(ar_str *line) {
  size_t len = 0;
  *line = ar_str_trim(*line);
  while (len < line->len && !is_blank(line->ptr[len])) len++;
  ar_str word = { line->ptr, len };
  line->ptr += len;
  line->len -= len;
  *line = ar_str_trim(*line);
  return word;
}

static bool is_address(ar_str text) {
  u128 first, last;
  return ar_ip_span(text, &first, &last);
}

/* The entry of a line: its first word, or "a - b" when that is a range. What follows is somebody's note. */
static ar_str entry_of(ar_str line) {
  ar_str rest = line, first = take_word(&rest), second = take_word(&rest);
  bool joined = second.len && (second.ptr[0] == '-' || first.ptr[first.len - 1] == '-');
  if (!joined) return first;
  if (second.len == 1) second = take_word(&rest);
  ar_str range = { line.ptr, (size_t)(second.ptr + second.len - line.ptr) };
  return is_address(range) ? range : first;
}

/* A line of `ipset save`: "add NAME 1.2.3.4 …" carries an entry, "create …" and "COMMIT" do not. */
static bool unwrap_ipset(ar_str *line) {
  ar_str rest = *line, word = take_word(&rest);
  if (ar_str_eq(word, AR_STR("create")) || ar_str_eq(word, AR_STR("COMMIT"))) return false;
  if (!ar_str_eq(word, AR_STR("add"))) return true;
  take_word(&rest);
  *line = rest;
  return true;
}

static void load_plain(ip_load *load, ar_str text) {
  ar_str line;
  load->report->format = "plain";
  for (uint64_t number = 1; ar_ip_line(&text, &line) && !load->nomem; number++) {
    line = without_comment(line);
    if (line.len == 0 || !unwrap_ipset(&line)) continue;
    ar_ipload_take(load, entry_of(line), number);
  }
}

/* ---- Tor ------------------------------------------------------------------------------------------------------ */

static bool is_tor(ar_str text) {
  ar_str line;
  for (int i = 0; i < 50 && ar_ip_line(&text, &line); i++)
    if (ar_str_starts(line, AR_STR("ExitNode ")) || ar_str_starts(line, AR_STR("ExitAddress "))) return true;
  return false;
}

/* "ExitAddress 185.220.101.1 2026-01-10 08:12:33": the address, when it was seen, and when the relay had described
 * itself (published, or AR_INSTANT_NONE). */
static void take_exit(ip_load *load, ar_str rest, ar_instant published, uint64_t number) {
  ar_instant seen;
  ar_str address = take_word(&rest);
  if (!ar_instant_parse(rest, &seen)) {
    ar_ipload_bad(load, rest, number);
    return;
  }
  ar_instant early = published != AR_INSTANT_NONE && published < seen ? published : seen;
  load->from = early - AR_DAY;
  load->until = seen + AR_DAY;
  ar_ipload_dated(load, seen);
  ar_ipload_take(load, address, number);
}

static void load_tor(ip_load *load, ar_str text) {
  ar_str line;
  ar_instant published = AR_INSTANT_NONE;
  load->report->format = "tor exit-addresses";
  for (uint64_t number = 1; ar_ip_line(&text, &line) && !load->nomem; number++) {
    ar_str rest = line, word = take_word(&rest);
    if (ar_str_eq(word, AR_STR("ExitAddress")))
      take_exit(load, rest, published, number);
    else if (ar_str_eq(word, AR_STR("ExitNode")))
      published = AR_INSTANT_NONE;
    else if (ar_str_eq(word, AR_STR("Published"))) {
      if (!ar_instant_parse(rest, &published)) ar_ipload_bad(load, line, number);
    } else if (word.len && !ar_str_eq(word, AR_STR("LastStatus")) && word.ptr[0] != '#')
      ar_ipload_bad(load, line, number);
  }
}

/* ---- which of them --------------------------------------------------------------------------------------------- */

static size_t count_byte(ar_str line, char wanted) {
  size_t count = 0;
  for (size_t i = 0; i < line.len; i++) count += line.ptr[i] == wanted;
  return count;
}

/* The delimiter of a CSV, or 0 for a plain list: whose first line of content is an entry with perhaps a note. */
static char delimiter_of(ar_str text) {
  static const char delimiters[] = { ',', ';', '\t', '|' };
  char best = 0;
  size_t most = 0;
  ar_str line = { NULL, 0 };
  while (ar_ip_line(&text, &line)) {
    ar_str trimmed = ar_str_trim(line);
    if (trimmed.len && trimmed.ptr[0] != '#' && !ar_str_starts(trimmed, AR_STR("//")) && trimmed.ptr[0] != ';') break;
  }
  bool plain = is_address(entry_of(without_comment(line)));
  if (plain) line = without_comment(line);
  for (size_t i = 0; i < sizeof delimiters; i++) {
    size_t count = count_byte(line, delimiters[i]);
    if (count <= most || (plain && delimiters[i] != ',')) continue;
    most = count;
    best = delimiters[i];
  }
  return best ? best : line.len && line.ptr[0] == '"' ? ',' : 0;
}

/* A list under a single heading ("network"): CSV of one column. */
static bool is_heading(ar_str text) {
  ar_str line;
  if (!ar_ip_line(&text, &line) || line.len == 0 || line.len > 32) return false;
  for (size_t i = 0; i < line.len; i++) {
    char c = line.ptr[i];
    if (!((c | 32) >= 'a' && (c | 32) <= 'z') && c != '_' && c != ' ') return false;
  }
  return ar_ip_line(&text, &line) && is_address(line);
}

void ar_ipload_text(ip_load *load, ar_str text) {
  if (is_tor(text)) {
    load_tor(load, text);
    return;
  }
  char delimiter = delimiter_of(text);
  if (!delimiter && is_heading(text)) delimiter = ',';
  if (delimiter)
    ar_ipload_csv(load, text, delimiter);
  else
    load_plain(load, text);
}
