/* escape.c — bytes of a log as text that a terminal shows as it is, and as JSON strings. */
#include <string.h>

#include "program/private.h"

typedef struct range {
  uint32_t first, last;
} range;

/* Control, direction and invisible characters, in order. */
static const range hidden[] = {
  { 0x00, 0x1F },     { 0x7F, 0x9F },       { 0xAD, 0xAD },       { 0x34F, 0x34F },     { 0x61C, 0x61C },
  { 0x115F, 0x1160 }, { 0x17B4, 0x17B5 },   { 0x180B, 0x180F },   { 0x200B, 0x200F },   { 0x2028, 0x202E },
  { 0x2060, 0x206F }, { 0x3164, 0x3164 },   { 0xFEFF, 0xFEFF },   { 0xFFA0, 0xFFA0 },   { 0xFFF0, 0xFFFB },
  { 0xFFFE, 0xFFFF }, { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
};

static bool is_hidden(uint32_t point) {
  for (size_t i = 0; i < sizeof hidden / sizeof *hidden && hidden[i].first <= point; i++)
    if (point <= hidden[i].last) return true;
  return false;
}

/* Bytes of the character at s, its code point in *point; 0 when the bytes are no character. */
static size_t decode(const unsigned char *s, size_t len, uint32_t *point) {
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  size_t wanted = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF8 ? 4 : 0;
  if (wanted == 0 || wanted > len) return 0;
  *point = wanted == 1 ? s[0] : s[0] & (0x7Fu >> wanted);
  for (size_t i = 1; i < wanted; i++) {
    if ((s[i] & 0xC0) != 0x80) return 0;
    *point = *point << 6 | (s[i] & 0x3F);
  }
  bool surrogate = *point >= 0xD800 && *point <= 0xDFFF;
  return *point < least[wanted] || *point > 0x10FFFF || surrogate ? 0 : wanted;
}

void put_escaped(FILE *out, ar_str text) {
  for (size_t at = 0; at < text.len;) {
    uint32_t point;
    size_t len = decode((const unsigned char *)text.ptr + at, text.len - at, &point);
    if (len == 0 || (len == 1 && is_hidden(point)))
      fprintf(out, "\\x%02X", (unsigned char)text.ptr[at]);
    else if (is_hidden(point))
      fprintf(out, "\\u{%04X}", point);
    else
      fwrite(text.ptr + at, 1, len, out);
    at += len ? len : 1;
  }
}

void put_text(FILE *out, const char *text) {
  if (text) put_escaped(out, ar_str_of(text));
}

static void put_json_point(FILE *out, uint32_t point) {
  if (point >= 0x10000) {
    fprintf(out, "\\u%04x", 0xD7C0 + (point >> 10));
    point = 0xDC00 + (point & 0x3FF);
  }
  fprintf(out, "\\u%04x", point);
}

void put_json(FILE *out, ar_str text) {
  fputc('"', out);
  for (size_t at = 0; at < text.len;) {
    uint32_t point = 0xFFFD;
    size_t len = decode((const unsigned char *)text.ptr + at, text.len - at, &point);
    if (len == 0)
      put_json_point(out, 0xFFFD);
    else if (is_hidden(point) || point == '"' || point == '\\')
      put_json_point(out, point);
    else
      fwrite(text.ptr + at, 1, len, out);
    at += len ? len : 1;
  }
  fputc('"', out);
}

const char *count_text(uint64_t count, char out[32]) {
  char digits[24];
  size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count), at = 0;
  for (size_t i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0) out[at++] = ',';
    out[at++] = digits[i];
  }
  out[at] = '\0';
  return out;
}

const char *bytes_text(uint64_t bytes, char out[32]) {
  static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB" };
  double number = (double)bytes;
  size_t unit = 0;
  while (number >= 999.5 && unit < 4) number /= 1000, unit++;
  snprintf(out, 32, unit == 0 || number >= 99.5 ? "%.0f %s" : "%.1f %s", number, units[unit]);
  return out;
}

void complain(const char *message, ...) {
  char text[1024];
  va_list args;
  va_start(args, message);
  vsnprintf(text, sizeof text, message, args);
  va_end(args);
  fputs("armrun: ", stderr);
  put_text(stderr, text);
  fputc('\n', stderr);
}
