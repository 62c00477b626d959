/* instant.h — points in event time and spans between them.
 *
 * Layer 1; includes base.h. Pure functions, no clock but ar_instant_now.
 * Unit: 100 ns since 1970-01-01T00:00:00Z (Azure's own resolution), as int64_t: 29,000 years both ways.
 */
#ifndef ARMRUN_INSTANT_H
#define ARMRUN_INSTANT_H

#include "base/base.h"

typedef int64_t ar_instant; /* 100 ns */
typedef int64_t ar_span;    /* 100 ns */

#define AR_INSTANT_NONE INT64_MIN
#define AR_SECOND ((ar_span)10000000)
#define AR_MINUTE (60 * AR_SECOND)
#define AR_HOUR (60 * AR_MINUTE)
#define AR_DAY (24 * AR_HOUR)

/* Reads every form seen in Azure logs: ISO 8601 with any number of fraction digits, `T` or a space, `Z`, an offset or
 * none (UTC), seconds or none, a date alone (midnight); spaces after colons and around; US
 * `1/9/2007 9:41:00 AM +01:00`, month first. Digits past 100 ns are cut; a leap second (:60) is the last 100 ns before
 * it. Years 0001 to 9999. False, with *out as it was, when it is none of these or names no real day (2023-02-30). */
bool ar_instant_parse(ar_str text, ar_instant *out);
/* The same; *zoned tells whether the text named its zone. */
bool ar_instant_read(ar_str text, ar_instant *out, bool *zoned);

/* RFC 3339 in UTC with `Z`, as many fraction digits as needed (none to seven). Writes at most 40 bytes with NUL;
 * nothing for AR_INSTANT_NONE. */
ar_str ar_instant_text(ar_instant at, char out[40]);

/* "250ms" "90s" "10m" "24h" "45d", also "1h30m", larger units first; a plain number is seconds. False when it is not a
 * positive span, or one that does not fit. */
bool ar_span_parse(ar_str text, ar_span *out);
/* For people: "12 ms", "0.4 s", "41 s", "3 min 20 s", "2 h", "45 days"; cut, not rounded. */
ar_str ar_span_text(ar_span span, char out[40]);

int64_t ar_instant_day(ar_instant at); /* whole UTC days since 1970, floored */
int ar_instant_hour(ar_instant at);    /* 0–23 UTC */
ar_instant ar_instant_now(void);       /* the machine's clock */

#endif
