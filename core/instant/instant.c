/* instant.c — reading and writing points in time. No libc time functions: they know locales and time zones. */
#include "instant/instant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define EPOCH_DAYS 719162 /* days from 0001-01-01 to 1970-01-01 */

typedef struct civil {
  unsigned year, month, day, hour, minute, second;
  unsigned ticks;     /* 100 ns */
  int offset_minutes; /* east of UTC */
  bool zoned;
} civil;

static bool is_leap(unsigned year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static const unsigned short days_before[13] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

static unsigned month_days(unsigned year, unsigned month) {
  return (unsigned)(days_before[month] - days_before[month - 1]) + (month == 2 && is_leap(year));
}

static bool is_real(const civil *c) {
  return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
         c->day <= month_days(c->year, c->month) && c->hour < 24 && c->minute < 60 && c->second <= 60;
}

static bool to_instant(civil *c, ar_instant *out) {
  if (!is_real(c)) return false;
  if (c->second == 60) { /* a leap second: the last moment before it, so that it stays in its minute */
    c->second = 59;
    c->ticks = AR_SECOND - 1;
  }
  int64_t y = c->year - 1;
  int64_t days = 365 * y + y / 4 - y / 100 + y / 400 - EPOCH_DAYS;
  days += days_before[c->month - 1] + (c->month > 2 && is_leap(c->year)) + (int64_t)c->day - 1;
  int64_t minutes = days * 1440 + (int64_t)c->hour * 60 + c->minute - c->offset_minutes;
  *out = (minutes * 60 + c->second) * AR_SECOND + c->ticks;
  return minutes >= -(int64_t)EPOCH_DAYS * 1440 &&
         minutes < (int64_t)(3652059 - EPOCH_DAYS) * 1440; /* year 1 to 9999 */
}

/* ---- a cursor over the text: each reader takes what it wants, or leaves the cursor and says no -------------- */

typedef struct cursor {
  const char *at, *end;
} cursor;

static bool take(cursor *c, char wanted) {
  if (c->at == c->end || *c->at != wanted) return false;
  c->at++;
  return true;
}

static void take_spaces(cursor *c) {
  while (c->at < c->end && *c->at == ' ') c->at++;
}

static unsigned digit_at(const cursor *c) {
  return c->at < c->end ? (unsigned)(*c->at - '0') : 10; /* ≥ 10 is no digit */
}

static bool take_number(cursor *c, unsigned least, unsigned most, unsigned *out) {
  unsigned value = 0, count = 0;
  for (; count < most && digit_at(c) < 10; count++, c->at++) value = value * 10 + digit_at(c);
  *out = value;
  return count >= least;
}

/* ".1234567": seven digits count, the rest is cut. */
static bool take_fraction(cursor *c, unsigned *ticks) {
  unsigned weight = AR_SECOND / 10;
  *ticks = 0;
  if (!take(c, '.')) return true;
  if (digit_at(c) > 9) return false;
  for (; digit_at(c) < 10; c->at++, weight /= 10) *ticks += digit_at(c) * weight;
  return true;
}

/* "9:41:00.123" with spaces allowed after the colons; the seconds may be missing. */
static bool take_clock(cursor *c, civil *out) {
  if (!take_number(c, 1, 2, &out->hour) || !take(c, ':')) return false;
  take_spaces(c);
  if (!take_number(c, 2, 2, &out->minute)) return false;
  if (!take(c, ':')) return true;
  take_spaces(c);
  return take_number(c, 2, 2, &out->second) && take_fraction(c, &out->ticks);
}

/* "AM" or "PM": 12 AM is midnight. */
static bool take_half(cursor *c, civil *out) {
  take_spaces(c);
  if (c->end - c->at < 2 || (c->at[1] | 32) != 'm') return true;
  bool pm = (c->at[0] | 32) == 'p';
  if (!pm && (c->at[0] | 32) != 'a') return true;
  c->at += 2;
  if (out->hour < 1 || out->hour > 12) return false;
  out->hour = out->hour % 12 + (pm ? 12 : 0);
  return true;
}

/* "Z", "+01:00", "+0100", "+01", "UTC" or nothing. */
static bool take_zone(cursor *c, civil *out) {
  unsigned hours, minutes = 0;
  take_spaces(c);
  out->zoned = c->at < c->end;
  if (!out->zoned || take(c, 'Z') || take(c, 'z')) return true;
  if (ar_str_eq_nocase((ar_str){ c->at, (size_t)(c->end - c->at) }, AR_STR("utc"))) {
    c->at += 3;
    return true;
  }
  bool west = take(c, '-');
  if (!west && !take(c, '+')) return false;
  if (!take_number(c, 2, 2, &hours)) return false;
  bool colon = take(c, ':');
  if ((colon || c->at < c->end) && !take_number(c, 2, 2, &minutes)) return false;
  out->offset_minutes = (int)(hours * 60 + minutes) * (west ? -1 : 1);
  return hours < 24 && minutes < 60;
}

static bool take_iso(cursor *c, civil *out) {
  if (!take_number(c, 4, 4, &out->year) || !take(c, '-') || !take_number(c, 2, 2, &out->month) || !take(c, '-') ||
      !take_number(c, 2, 2, &out->day))
    return false;
  if (c->at == c->end) return true;
  if (!take(c, 'T') && !take(c, 't') && !take(c, ' ')) return false;
  return take_clock(c, out) && take_zone(c, out);
}

static bool take_us(cursor *c, civil *out) {
  if (!take_number(c, 1, 2, &out->month) || !take(c, '/') || !take_number(c, 1, 2, &out->day) || !take(c, '/') ||
      !take_number(c, 4, 4, &out->year) || !take(c, ' '))
    return false;
  take_spaces(c);
  return take_clock(c, out) && take_half(c, out) && take_zone(c, out);
}

static bool parse_any(ar_str text, ar_instant *out, bool *zoned) {
  text = ar_str_trim(text);
  if (text.len == 0) return false; /* its pointer may be NULL, to which nothing may be added */
  cursor start = { text.ptr, text.ptr + text.len };
  bool us = text.len > 2 && (text.ptr[1] == '/' || text.ptr[2] == '/');
  civil when = { 0 };
  if (!(us ? take_us(&start, &when) : take_iso(&start, &when)) || start.at != start.end) return false;
  ar_instant made;
  if (!to_instant(&when, &made)) return false;
  *out = made;
  *zoned = when.zoned;
  return true;
}

/* ---- the fast path: "2026-01-10T09:00:07.1234567Z", what nearly every record has ---------------------------- */

static unsigned two(const char *at, unsigned *bad) {
  unsigned tens = (unsigned)at[0] - '0', ones = (unsigned)at[1] - '0';
  *bad |= (tens > 9) | (ones > 9);
  return tens * 10 + ones;
}

/* One decision at the end of the nineteen fixed bytes instead of one per byte. */
static bool fixed_part(const char *t, civil *out) {
  unsigned bad = (t[4] != '-') | (t[7] != '-') | (t[10] != 'T') | (t[13] != ':') | (t[16] != ':');
  out->year = two(t, &bad) * 100 + two(t + 2, &bad);
  out->month = two(t + 5, &bad);
  out->day = two(t + 8, &bad);
  out->hour = two(t + 11, &bad);
  out->minute = two(t + 14, &bad);
  out->second = two(t + 17, &bad);
  return !bad;
}

static bool parse_fast(ar_str text, ar_instant *out) {
  civil when = { 0 };
  if (text.len < 20 || text.ptr[text.len - 1] != 'Z' || !fixed_part(text.ptr, &when)) return false;
  cursor rest = { text.ptr + 19, text.ptr + text.len - 1 };
  ar_instant made;
  if (!take_fraction(&rest, &when.ticks) || rest.at != rest.end || !to_instant(&when, &made)) return false;
  *out = made;
  return true;
}

/* Eight bytes less those of `form`, where '0' stands for any digit. *bad gets top bits where a byte does not fit: added
 * to `most`, a byte that is too large reaches it. */
#define DIGIT "\x76" /* 9 and less stay below 0x80 */
#define MARK "\x7F"
#define TWO DIGIT DIGIT
static inline uint64_t eight(const char *text, const char form[8], const char most[8], uint64_t *bad) {
  uint64_t word, zero, add;
  memcpy(&word, text, sizeof word);
  memcpy(&zero, form, sizeof zero);
  memcpy(&add, most, sizeof add);
  word ^= zero;
  *bad |= word | (word + add);
  return word;
}

static inline unsigned pair(const unsigned char *digits) {
  return digits[0] * 10u + digits[1];
}

/* The same with seven digits behind the point, as Azure writes it: all bytes are looked at as words of eight. */
static bool parse_whole(ar_str text, ar_instant *out) {
  unsigned char d[28];
  uint64_t bad = 0;
  const uint64_t words[] = { eight(text.ptr, "0000-00-", TWO TWO MARK TWO MARK, &bad),
                             eight(text.ptr + 8, "00T00:00", TWO MARK TWO MARK TWO, &bad),
                             eight(text.ptr + 16, ":00.0000", MARK TWO MARK TWO TWO, &bad),
                             eight(text.ptr + 20, "0000000Z", TWO TWO TWO DIGIT MARK, &bad) };
  if (bad & 0x8080808080808080u) return false;
  memcpy(d, words, 20);
  memcpy(d + 20, &words[3], 8);
  civil when = { .year = pair(d) * 100 + pair(d + 2),
                 .month = pair(d + 5),
                 .day = pair(d + 8),
                 .hour = pair(d + 11),
                 .minute = pair(d + 14),
                 .second = pair(d + 17),
                 .ticks = pair(d + 20) * 100000 + pair(d + 22) * 1000 + pair(d + 24) * 10 + d[26],
                 .zoned = true };
  ar_instant made;
  if (!to_instant(&when, &made)) return false;
  *out = made;
  return true;
}

bool ar_instant_read(ar_str text, ar_instant *out, bool *zoned) {
  *zoned = true;
  if (text.len == 28 && parse_whole(text, out)) return true;
  return parse_fast(text, out) || parse_any(text, out, zoned);
}

bool ar_instant_parse(ar_str text, ar_instant *out) {
  bool zoned;
  return ar_instant_read(text, out, &zoned);
}

/* ---- parts and text ------------------------------------------------------------------------------------------ */

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

int64_t ar_instant_day(ar_instant at) {
  return floor_div(at, AR_DAY);
}

int ar_instant_hour(ar_instant at) {
  return (int)(floor_div(at, AR_HOUR) - 24 * floor_div(at, AR_DAY));
}

ar_instant ar_instant_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (ar_instant)now.tv_sec * AR_SECOND + now.tv_nsec / 100;
}

/* Year, month and day of a day number. Counts 400-year cycles from 0001-01-01, then centuries, fours, years; the last
 * day of a cycle belongs to its last year, hence the minimum. */
static void day_to_civil(int64_t day, int64_t *year, unsigned *month, unsigned *mday) {
  int64_t cycle = floor_div(day + EPOCH_DAYS, 146097), rest = day + EPOCH_DAYS - cycle * 146097;
  int64_t century = rest / 36524 < 3 ? rest / 36524 : 3;
  rest -= century * 36524;
  int64_t four = rest / 1461;
  rest -= four * 1461;
  int64_t one = rest / 365 < 3 ? rest / 365 : 3;
  rest -= one * 365;
  *year = cycle * 400 + century * 100 + four * 4 + one + 1;
  bool leap = one == 3 && (four < 24 || century == 3);
  unsigned m = 12;
  while (rest < days_before[m - 1] + (leap && m > 2)) m--;
  *month = m;
  *mday = (unsigned)(rest - days_before[m - 1] - (leap && m > 2)) + 1;
}

ar_str ar_instant_text(ar_instant at, char out[40]) {
  int64_t year, day = ar_instant_day(at), rest = at % AR_DAY + (at % AR_DAY < 0 ? AR_DAY : 0);
  unsigned month, mday;
  out[0] = '\0';
  if (at == AR_INSTANT_NONE) return (ar_str){ out, 0 };
  day_to_civil(day, &year, &month, &mday);
  int len = snprintf(out, 40, "%04lld-%02u-%02uT%02u:%02u:%02u.%07u", (long long)year, month, mday,
                     (unsigned)(rest / AR_HOUR), (unsigned)(rest / AR_MINUTE % 60), (unsigned)(rest / AR_SECOND % 60),
                     (unsigned)(rest % AR_SECOND));
  while (out[len - 1] == '0') len--;
  if (out[len - 1] == '.') len--;
  out[len++] = 'Z';
  out[len] = '\0';
  return (ar_str){ out, (size_t)len };
}
