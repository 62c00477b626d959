/* values.c — values of options: sizes, spans, dates, words. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "program/private.h"

static int suffix_shift(const char *suffix) {
  static const struct {
    const char *text;
    int shift;
  } suffixes[] = {
    { "", 0 },     { "B", 0 },  { "K", 10 },  { "KB", 10 },  { "KiB", 10 }, { "M", 20 },  { "MB", 20 },
    { "MiB", 20 }, { "G", 30 }, { "GB", 30 }, { "GiB", 30 }, { "T", 40 },   { "TB", 40 }, { "TiB", 40 }
  };
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
    if (strcasecmp(suffixes[i].text, suffix) == 0) return suffixes[i].shift;
  return -1;
}

size_t value_size(const char *option, const char *text) {
  char *end;
  errno = 0;
  unsigned long long number = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
  int shift = number > 0 && errno == 0 ? suffix_shift(end) : -1;
  if (shift < 0 || number > SIZE_MAX >> shift)
    usage_error("%s: '%s' is no size; expected a number with K, M or G, such as 512M", option, text);
  return (size_t)number << shift;
}

ar_span value_span(const char *option, const char *text) {
  ar_span span;
  if (!ar_span_parse(ar_str_of(text), &span))
    usage_error("%s: '%s' is no duration; expected one such as 90s, 20m, 24h or 45d", option, text);
  return span;
}

/* A day alone is its first moment, in UTC. */
static bool instant_of(const char *text, ar_instant *out) {
  char whole[40];
  if (ar_instant_parse(ar_str_of(text), out)) return true;
  if (strlen(text) != 10) return false;
  snprintf(whole, sizeof whole, "%sT00:00:00Z", text);
  return ar_instant_parse(ar_str_of(whole), out);
}

ar_instant value_instant(const char *option, const char *text) {
  ar_instant at;
  if (!instant_of(text, &at))
    usage_error("%s: '%s' is no time; expected a day or a time in UTC, such as 2024-05-31 or 2024-05-31T12:00:00Z",
                option, text);
  return at;
}

/* Ends the program: names the words there are, and the nearest. */
static void no_such_word(const char *option, const char *text, const char *const *words, size_t count)
    __attribute__((noreturn));
static void no_such_word(const char *option, const char *text, const char *const *words, size_t count) {
  char all[160] = "";
  for (size_t i = 0; i < count; i++) {
    size_t used = strlen(all);
    snprintf(all + used, sizeof all - used, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]);
  }
  const char *nearest = ar_nearest(ar_str_of(text), words, count);
  if (nearest) usage_error("%s: '%s' is unknown, did you mean '%s'? (%s)", option, text, nearest, all);
  usage_error("%s: '%s' is unknown; expected %s", option, text, all);
}

ar_severity value_severity(const char *option, const char *text) {
  for (int i = 0; i < AR_SEVERITIES; i++)
    if (strcasecmp(text, ar_severity_words[i]) == 0) return (ar_severity)i;
  no_such_word(option, text, ar_severity_words, AR_SEVERITIES);
}

unsigned value_count(const char *option, const char *text, unsigned max) {
  char *end = NULL;
  errno = 0;
  unsigned long number = isdigit((unsigned char)*text) ? strtoul(text, &end, 10) : 0;
  if (!end || *end || errno || number < 1 || number > max)
    usage_error("%s: '%s' is no number from 1 to %u", option, text, max);
  return (unsigned)number;
}

format value_format(const char *option, const char *text) {
  static const char *const words[] = { "text", "json" };
  if (strcmp(text, "text") == 0) return FORMAT_TEXT;
  if (strcmp(text, "json") == 0) return FORMAT_JSON;
  no_such_word(option, text, words, 2);
}

unsigned value_intel(const char *text, const char **file) {
  const char *equals = strchr(text, '=');
  char word[32];
  unsigned tag;
  if (!equals || equals == text || !equals[1])
    usage_error("--intel: '%s' is not TAG=FILE; expected for example tor=exit-addresses.txt", text);
  snprintf(word, sizeof word, "%.*s", (int)(equals - text), text);
  if (!ar_ip_tag_of(ar_str_of(word), &tag)) no_such_word("--intel", word, ar_ip_tag_words, AR_IP_TAG_COUNT);
  *file = equals + 1;
  return tag;
}
