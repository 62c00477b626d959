/* csv.c — feeds in CSV (RFC 4180): finds the column that holds addresses. */
#include "ipset/private.h"

#include <string.h>

#define CELL_MAX 512  /* bytes of a cell that are kept: an address is shorter */
#define COLUMN_MAX 64 /* columns that are looked at */
#define SAMPLE_ROWS 100

/* A reader over rows; the cells of the current row are copies without quotes, cut at CELL_MAX. */
typedef struct csv {
  ar_str rest;
  char delimiter;
  uint64_t line, row_line; /* row_line: where the current row starts */
  size_t cells;
  ar_str cell[COLUMN_MAX];
  char text[COLUMN_MAX][CELL_MAX];
} csv;

static char next_byte(csv *c) {
  char byte = *c->rest.ptr++;
  c->rest.len--;
  c->line += byte == '\n';
  return byte;
}

/* What stands between quotes; a doubled quote is one. */
static void quoted(csv *c, char *out, size_t *used) {
  while (c->rest.len) {
    char byte = next_byte(c);
    if (byte == '"' && (c->rest.len == 0 || *c->rest.ptr != '"')) return;
    if (byte == '"') next_byte(c);
    if (*used < CELL_MAX) out[(*used)++] = byte;
  }
}

/* Reads one cell; true when another one follows in this row. */
static bool take_cell(csv *c, char *out, ar_str *cell) {
  size_t used = 0;
  bool more = false;
  while (c->rest.len && *c->rest.ptr == ' ') next_byte(c);
  if (c->rest.len && *c->rest.ptr == '"') {
    next_byte(c);
    quoted(c, out, &used);
  }
  while (c->rest.len) {
    char byte = next_byte(c);
    more = byte == c->delimiter;
    if (more || byte == '\n') break;
    if (used < CELL_MAX) out[used++] = byte;
  }
  *cell = ar_str_trim((ar_str){ out, used });
  return more;
}

static bool at_comment(const csv *c) {
  return c->rest.ptr[0] == '#' || ar_str_starts(c->rest, AR_STR("//"));
}

/* The next row that is neither empty nor a comment. */
static bool next_row(csv *c) {
  ar_str line;
  char spare[CELL_MAX];
  ar_str unused;
  while (c->rest.len && (at_comment(c) || *c->rest.ptr == '\n' || *c->rest.ptr == '\r')) {
    ar_ip_line(&c->rest, &line);
    c->line++;
  }
  if (c->rest.len == 0) return false;
  c->row_line = c->line;
  c->cells = 0;
  for (bool more = true; more;) {
    bool kept = c->cells < COLUMN_MAX;
    more = take_cell(c, kept ? c->text[c->cells] : spare, kept ? &c->cell[c->cells] : &unused);
    c->cells += kept;
  }
  return true;
}

/* ---- which column ---------------------------------------------------------------------------------------------- */

/* Headings of a column of addresses, letters and digits only, the surest first. */
static const char *const headings[] = {
  "ip",       "ipaddress",  "ipaddr",         "ipv4",       "ipv6",   "dstip",    "srcip",  "destip",  "sourceip",
  "clientip", "attackerip", "network",        "cidr",       "subnet", "netblock", "prefix", "iprange", "range",
  "address",  "indicator",  "indicatorvalue", "observable", "ioc",    "iocvalue", "value",  "host"
};

static ar_str letters_only(ar_str text, char out[CELL_MAX]) {
  size_t used = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z')) out[used++] = c;
  }
  return ar_str_lower((ar_str){ out, used }, out);
}

/* The place of a heading in the list above, or its length. */
static size_t rank_of(ar_str heading) {
  char buffer[CELL_MAX];
  size_t rank = 0, count = sizeof headings / sizeof *headings;
  ar_str word = letters_only(heading, buffer);
  while (rank < count && !ar_str_eq(word, ar_str_of(headings[rank]))) rank++;
  return rank;
}

static bool is_address(ar_str text) {
  u128 first, last;
  return ar_ip_span(text, &first, &last);
}

static size_t first_address(const csv *c) {
  size_t column = 0;
  while (column < c->cells && !is_address(c->cell[column])) column++;
  return column;
}

static bool is_kind_heading(ar_str cell) {
  char buffer[CELL_MAX];
  ar_str word = letters_only(cell, buffer);
  return ar_str_eq(word, AR_STR("type")) || ar_str_eq(word, AR_STR("indicatortype")) ||
         ar_str_eq(word, AR_STR("ioctype")) || ar_str_eq(word, AR_STR("observabletype"));
}

typedef struct layout {
  size_t address, kind; /* columns; COLUMN_MAX when there is none */
  bool header;
} layout;

/* Reads the heading; the surest word wins. */
static layout read_header(const csv *c) {
  layout l = { COLUMN_MAX, COLUMN_MAX, first_address(c) == c->cells };
  size_t best = sizeof headings / sizeof *headings;
  for (size_t i = 0; l.header && i < c->cells; i++) {
    size_t rank = rank_of(c->cell[i]);
    if (is_kind_heading(c->cell[i])) l.kind = i;
    if (rank >= best) continue;
    best = rank;
    l.address = i;
  }
  return l;
}

/* Without a telling heading: the first column with an address in the first rows. */
static layout find_layout(const csv *start, csv *c) {
  *c = *start;
  layout l = { COLUMN_MAX, COLUMN_MAX, false };
  if (!next_row(c)) return l;
  l = read_header(c);
  for (int row = 0; l.address == COLUMN_MAX && row < SAMPLE_ROWS; row++) {
    size_t column = first_address(c);
    if (column < c->cells) l.address = column;
    if (!next_row(c)) break;
  }
  return l;
}

/* A row of another kind by its own word (url, domain, hash) is no mistake. */
static bool other_kind(const csv *c, size_t column) {
  if (column >= c->cells || c->cell[column].len == 0) return false;
  char buffer[CELL_MAX];
  ar_str kind = letters_only(c->cell[column], buffer);
  for (size_t i = 0; i + 2 <= kind.len; i++)
    if (kind.ptr[i] == 'i' && kind.ptr[i + 1] == 'p') return false;
  return !memmem(kind.ptr, kind.len, "cidr", 4) && !memmem(kind.ptr, kind.len, "net", 3);
}

static void take_row(ip_load *load, const csv *c, layout l) {
  if (other_kind(c, l.kind))
    load->report->skipped++;
  else if (l.address < c->cells)
    ar_ipload_take(load, c->cell[l.address], c->row_line);
  else
    ar_ipload_bad(load, c->cell[0], c->row_line);
}

void ar_ipload_csv(ip_load *load, ar_str text, char delimiter) {
  load->report->format = "csv";
  csv *c = ar_alloc(2 * sizeof *c);
  if (!c) {
    load->nomem = true;
    return;
  }
  c[1].rest = text;
  c[1].delimiter = delimiter;
  c[1].line = 1;
  layout l = find_layout(&c[1], &c[0]);
  c[0] = c[1];
  if (l.header) next_row(c);
  while (next_row(c) && !load->nomem) take_row(load, c, l);
  ar_free(c);
}
