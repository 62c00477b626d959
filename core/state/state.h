/* state.h — what rules remember between acts: eight kinds of table, all bounded, all in event time.
 *
 * Layer 3; includes base, instant. Knows identities, instants and opaque witnesses: nothing of acts, rules or Lua.
 *
 * Time     a call's `at` never goes back within one table (acts come in event order); one that does counts as the
 *          latest time seen.
 * Key      the key none is nobody: nothing is remembered for it, nothing found; that is no failure.
 * Bounds   `cap` keys a table, `cap_hits` hits a key, and 16 hits a key on average (but room for 16,384 at least). When
 *          full the oldest key (least recently touched) leaves and is counted; keys that carry score leave last, as
 *          long as they are at most half of the table: with two hits or more, with a sequence past its first step, a
 *          member seen on a second day, amounts before the last 24 hours, or marked by ar_state_hold. Eviction is the
 *          same in every run and for every seed. Touched is a key by what is remembered; not by looking.
 * Expiry   by event time, on touch and when a key comes new: an expired entry is as good as absent.
 * Witness  an opaque, reference-counted pointer (the engine's evidence); the table holds one reference per hit and
 *          gives it back through `release` when the hit goes. Every call that takes one takes it over, also when it
 *          fails. NULL is fine.
 * Failure  AR_ENOMEM, or AR_EUSAGE for a table of another kind; then nothing is remembered.
 * Reset    ar_state_clear empties a table and its counters; a restart in sorted mode does that.
 */
#ifndef ARMRUN_STATE_H
#define ARMRUN_STATE_H

#include "base/base.h"
#include "instant/instant.h"

typedef enum ar_state_kind {
  AR_STATE_COUNT,      /* acts per key within a window */
  AR_STATE_DISTINCT,   /* distinct members per key within a window */
  AR_STATE_TALLY,      /* the same with how often each member came, and the pace */
  AR_STATE_SEQUENCE,   /* ordered steps per key with a maximum span, negative steps, a final quiet time */
  AR_STATE_LIFETIME,   /* opened, then closed, per key: how long it lived */
  AR_STATE_FIRST_SEEN, /* since when, how often and on how many days a member was seen for a key; forgets */
  AR_STATE_TOMBSTONE,  /* what was deleted, when and by whom, until it is cleared or forgotten */
  AR_STATE_TOTAL,      /* amounts added up per key: of the window, of the last 24 hours, of the biggest day */
  AR_STATE_KINDS
} ar_state_kind;
extern const char *const ar_state_words[AR_STATE_KINDS];

#define AR_STEPS_MAX 8
#define AR_STATE_KEYS_MAX 16777216u
#define AR_STATE_HITS_MAX 4096u
#define AR_TOTAL_DAYS_MAX 400

typedef struct ar_sequence_plan {
  unsigned steps;                   /* positive steps, in order */
  uint32_t forbidden[AR_STEPS_MAX]; /* [i]: bit set of negative marks that end a sequence whose last step done is i
                                       (from 0), that is while it waits for step i+1 */
  uint32_t forbidden_after;         /* … and while waiting out `quiet` after the last step */
  ar_span quiet;                    /* 0: complete at its last step; else due this long after it */
} ar_sequence_plan;

typedef struct ar_state_plan {
  ar_state_kind kind;
  ar_span within;    /* window, maximum span, or how long it is remembered; longer than 0 */
  uint32_t cap;      /* keys; 0: 65,536 */
  uint32_t cap_hits; /* hits a key; 0: 256 */
  ar_sequence_plan sequence;
  uint64_t seed;
  void (*release)(void *owner, void *witness); /* may be NULL */
  void *owner;
} ar_state_plan;

typedef struct ar_hit {
  ar_instant at;
  ar_id member;
  void *witness;
} ar_hit;

typedef struct ar_state_counts {
  uint64_t keys, hits; /* now */
  uint64_t adds;
  uint64_t expired;                 /* keys that were forgotten in time */
  uint64_t evicted;                 /* keys that left early, for want of room … */
  uint64_t held_evicted;            /* … and those of them that were held */
  uint64_t hits_evicted;            /* hits or members that left early while their key stayed */
  uint64_t probes;                  /* slots looked at, for all calls together … */
  uint32_t longest;                 /* … and at most for one key */
  size_t bytes;                     /* without the witnesses */
  uint32_t cap;                     /* of keys */
  ar_instant full_first, full_last; /* when keys were evicted; of no meaning when none were */
} ar_state_counts;

typedef struct ar_state ar_state;
ar_state *ar_state_new(const ar_state_plan *plan, ar_err *err); /* AR_EUSAGE says what of the plan is wrong */
void ar_state_free(ar_state *state);                            /* NULL is fine */
void ar_state_clear(ar_state *state);
ar_state_counts ar_state_tell(const ar_state *state);
/* Asks for the memory of a key that will be looked up soon: call with step 0, and 1 when that has had time to come. */
void ar_state_warm(const ar_state *state, ar_id key, unsigned step);
bool ar_state_hold(ar_state *state, ar_id key, bool on); /* marks a key as carrying score */

/* ---- count, distinct, tally: hits within (at - within, at] ----
 * count     total, first, last, span.
 * distinct  keeps the latest hit of each member: total = distinct, and first, last, span are of those hits. A hit
 *           without member is not remembered.
 * tally     everything; a hit without member counts in total and pace only. */

typedef struct ar_tally {
  uint32_t total, distinct;
  uint32_t most, least; /* hits of the member with most, with fewest */
  ar_instant first, last;
  ar_span span, median_gap, longest_gap; /* between consecutive hits; 0 with fewer than two. The median of an even
                                            number of gaps is the mean of the middle two. */
  const ar_hit *hits;                    /* by time; until the next call on this table */
  const uint32_t *counts;                /* tally: hits of each member, by its first hit; until the next call */
  bool cut;                              /* hits that would still count were evicted: numbers are lower bounds */
} ar_tally;

bool ar_state_add(ar_state *state, ar_id key, ar_id member, ar_instant at, void *witness, ar_tally *out, ar_err *err);
ar_tally ar_state_look(ar_state *state, ar_id key, ar_instant at);
/* How many members have exactly n hits; at least n. Of a tally just returned. */
uint32_t ar_tally_exactly(const ar_tally *tally, uint32_t n);
uint32_t ar_tally_at_least(const ar_tally *tally, uint32_t n);

/* ---- sequence ----
 * Per key there is at most one sequence for each number of steps done. Step 0 starts one (and takes the place of one
 * that has done step 0 only: the later start can do all the earlier could, and longer). Step i moves the one that has
 * done i steps on; when none has, it is nothing. The whole span, first to last step, is at most `within`. Steps at
 * the same instant follow each other in the order of calls. Steps touch the key, marks do not.
 * The last step completes the sequence, or starts its quiet time; a further completion while one waits is dropped and
 * does not renew the wait. A mark at the very end of the quiet time still counts: before an act, ask only for
 * what is due earlier. */

typedef struct ar_match {
  bool complete; /* all steps, and nothing forbidden until now (and quiet waited out, if any) */
  ar_id key;
  unsigned done;              /* steps reached, by the sequence of the key that got furthest */
  ar_hit steps[AR_STEPS_MAX]; /* without member */
  ar_instant due;             /* when quiet ends; AR_INSTANT_NONE when not waiting */
  bool maybe_missed;          /* a sequence of this key may have been evicted that could still have come to its end */
} ar_match;

/* An act that is step number `step` (0-based) of `key`. When *out is complete, the sequence has left the table and
 * the caller owns the witnesses of out->steps; else they are borrowed until the next call on this table. */
bool ar_sequence_step(ar_state *state, ar_id key, unsigned step, ar_instant at, void *witness, ar_match *out,
                      ar_err *err);
/* An act that carries negative mark `mark` (0–31) for `key`. */
void ar_sequence_mark(ar_state *state, ar_id key, unsigned mark, ar_instant at);
/* The earliest match whose quiet time ends at or before `now` (ties: which began to wait first), removed from the
 * table; false when none. The caller owns the witnesses of out->steps. Does not move the table's clock. */
bool ar_sequence_due(ar_state *state, ar_instant now, ar_match *out);
ar_instant ar_sequence_next_due(const ar_state *state); /* AR_INSTANT_NONE when none waits */

/* ---- lifetime ---- */

typedef struct ar_life {
  bool found; /* it was opened within `within`, and not closed since */
  ar_instant opened, closed;
  ar_span age;
  ar_id member;  /* what open was given, e.g. who created it */
  void *witness; /* of the opening; borrowed until the next call */
} ar_life;
/* Opening what is open keeps the first opening. */
bool ar_life_open(ar_state *state, ar_id key, ar_id member, ar_instant at, void *witness, ar_err *err);
ar_life ar_life_look(ar_state *state, ar_id key, ar_instant at);
ar_life ar_life_close(ar_state *state, ar_id key, ar_instant at); /* forgets it */

/* ---- first seen ----
 * cap_hits members a key; the one not seen for longest leaves first. A member not seen for longer than `within` is
 * forgotten: it starts anew. */

typedef struct ar_seen {
  bool known;             /* seen within `within` before this call; the rest is about a known member only */
  ar_instant first, last; /* AR_INSTANT_NONE when not known */
  uint32_t times, days;   /* distinct UTC days */
} ar_seen;
ar_seen ar_seen_look(ar_state *state, ar_id key, ar_id member, ar_instant at);
/* What was known before, then remembers. */
bool ar_seen_add(ar_state *state, ar_id key, ar_id member, ar_instant at, ar_seen *before, ar_err *err);

/* ---- tombstone ---- */

typedef struct ar_tomb {
  bool found;
  ar_instant at;
  ar_id member;  /* e.g. the deleter */
  void *witness; /* borrowed until the next call */
} ar_tomb;
/* A later one takes the place of an earlier. */
bool ar_tomb_put(ar_state *state, ar_id key, ar_id member, ar_instant at, void *witness, ar_err *err);
ar_tomb ar_tomb_look(ar_state *state, ar_id key, ar_instant at);
bool ar_tomb_clear(ar_state *state, ar_id key); /* false when there was none */

/* ---- total ----
 * No hits, no witnesses: a number for each UTC day that `within` (at most AR_TOTAL_DAYS_MAX days, rounded up to whole
 * ones) reaches back to, and one for each of the last 24 hours. A sum that would not fit stays at UINT64_MAX. */

typedef struct ar_total {
  uint64_t sum;         /* of the window */
  uint64_t last_day;    /* of the last 24 hours, by the clock's hours: the one under way and the 23 before it */
  uint64_t most_before; /* of the UTC day with most, of what was before those 24 hours */
  uint32_t days_before; /* how many days had any before them */
} ar_total;
/* The total with this amount. */
bool ar_total_add(ar_state *state, ar_id key, uint64_t amount, ar_instant at, ar_total *out, ar_err *err);
ar_total ar_total_look(ar_state *state, ar_id key, ar_instant at);

#endif
