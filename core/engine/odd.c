/* odd.c — findings about records: those that could not be read, and those that were read but are not as they should be.
 * An unreadable record must be no hiding place, and a flood of them must not be a flood of findings: there is one
 * reason for each kind and file. */
#include "engine/private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct odd_kind {
  unsigned flag; /* AR_EVENT_* */
  const char *code, *what;
} odd_kinds[] = {
  { AR_EVENT_DUPLICATE_KEY, "duplicate_key", "a key that stands twice, in whatever case; the last one counts" },
  { AR_EVENT_NUMBER_AS_TEXT, "number_as_text", "a number that 64 bits do not hold; it is read as text" },
  { AR_EVENT_FUTURE, "future", "a time in the future; evaluated last, teaches nothing" },
  { AR_EVENT_ANCIENT, "ancient", "a time before there was Azure; teaches nothing" },
};

static oddity *find(oddities *o, const char *code, ar_str what, uint32_t file) {
  for (size_t i = 0; i < o->count; i++) {
    oddity *one = &o->items[i];
    if (one->file == file && strcmp(one->code, code) == 0 && ar_str_eq(ar_str_of(one->what), what)) return one;
  }
  return NULL;
}

/* Kinds and files come from outside, so there may be as many as an attacker likes: past the limit they are counted. */
static void count(oddities *o, const char *code, ar_str what, const ar_origin *origin) {
  oddity *one = find(o, code, what, origin->file);
  if (!one && o->count == AR_ODDITIES_MAX) {
    o->more++;
    return;
  }
  if (!one) {
    one = &o->items[o->count++];
    *one = (oddity){ .code = code, .file = origin->file, .record = origin->record, .offset = origin->offset };
    snprintf(one->what, sizeof one->what, "%.*s", (int)what.len, what.ptr);
  }
  one->count++;
}

void odd_reject(ar_engine *engine, const ar_reject *reject) {
  ar_str what = ar_reason_head(reject->reason);
  if (what.len >= AR_ODD_TEXT) what.len = AR_ODD_TEXT - 1;
  count(&engine->unread, ar_reject_words[reject->kind], what, &reject->origin);
  engine->unread.records++;
}

void odd_event(ar_engine *engine, const ar_event *event) {
  bool any = false;
  for (size_t i = 0; i < sizeof odd_kinds / sizeof *odd_kinds; i++) {
    if (!(event->flags & odd_kinds[i].flag)) continue;
    count(&engine->odd, odd_kinds[i].code, ar_str_of(odd_kinds[i].what), &event->origin);
    any = true;
  }
  engine->odd.records += any;
}

void odd_reset(ar_engine *engine) {
  engine->unread = engine->odd = (oddities){ .count = 0 };
}

/* ---- saying so ---- */

static bool say_one(const ar_engine *e, ar_alert *finding, const oddity *o, ar_err *err) {
  char text[400];
  const char *file = ar_reader_file(e->reader, o->file).name;
  if (!file) file = "a file";
  snprintf(text, sizeof text, "%.200s: %" PRIu64 " %s, the first is record %" PRIu64 ": %s", file, o->count,
           o->count == 1 ? "record" : "records", o->record, o->what);
  return ar_finding_say(finding, o->code, text, err) && ar_finding_integer(finding, "count", o->count, err) &&
         ar_finding_text(finding, "file", file, err) && ar_finding_integer(finding, "first_offset", o->offset, err) &&
         ar_finding_integer(finding, "first_record", o->record, err) && ar_finding_text(finding, "what", o->what, err);
}

/* Records that cannot be read have no time: theirs is that of the log they lie in. */
static ar_alert *new_finding(ar_engine *e, const char *rule, const char *title, ar_err *err) {
  const ar_told *told = ar_engine_tell(e);
  bool dated = told->events > 0 && told->oldest != AR_INSTANT_NONE;
  return ar_finding_new(rule, AR_LOW, title, dated ? told->oldest : e->options.now,
                        dated ? told->newest : e->options.now, err);
}

static bool fill(ar_engine *e, ar_alert *finding, const oddities *o, const char *sentence, ar_err *err) {
  char text[300];
  bool one = o->records == 1;
  snprintf(text, sizeof text, "%" PRIu64 " %s %s %s", o->records, one ? "record" : "records", one ? "was" : "were",
           sentence);
  finding->summary = ar_copy(ar_str_of(text));
  if (!finding->summary) return ar_nomem(err, "making a finding");
  for (size_t i = 0; i < o->count; i++)
    if (!say_one(e, finding, &o->items[i], err)) return false;
  if (o->more == 0) return true;
  snprintf(text, sizeof text, "%" PRIu64 " more, of further kinds or in further files", o->more);
  return ar_finding_say(finding, "more", text, err) && ar_finding_integer(finding, "count", o->more, err);
}

bool find_unread(ar_engine *e, ar_alert **finding, ar_err *err) {
  if (e->unread.records == 0) return true;
  *finding = new_finding(e, ar_finding_rules[AR_FINDING_UNREAD],
                         "Records could not be read, and what they tell was not seen", err);
  return *finding && fill(e, *finding, &e->unread, "rejected as unreadable; --rejects FILE names each", err);
}

bool find_odd(ar_engine *e, ar_alert **finding, ar_err *err) {
  if (e->odd.records == 0) return true;
  *finding = new_finding(e, ar_finding_rules[AR_FINDING_ODD],
                         "Records are not as Azure writes them: somebody may have made them", err);
  return *finding && fill(e, *finding, &e->odd, "read and kept, but not as Azure writes them", err);
}
