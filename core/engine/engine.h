/* engine.h — the pipeline: records in, alerts out.
 *
 * Layer 5; includes everything below it. No Lua.
 *
 *   reader -> json -> event            on N parser threads, in batches, handed over in input order
 *   -> order -> rules, states, bursts  on one thread, in event time
 *
 * The same alerts whatever the order of records, chunking, threads, seed or memory (design: semantics).
 */
#ifndef ARMRUN_ENGINE_H
#define ARMRUN_ENGINE_H

#include "alert/alert.h"
#include "base/base.h"
#include "event/event.h"
#include "ipset/ipset.h"
#include "order/order.h"
#include "reader/reader.h"
#include "rule/rule.h"
#include "state/profile.h"

typedef struct ar_engine_options {
  unsigned threads;       /* in all; the evaluator's own parses too, so 0 and 1 are one thread */
  size_t memory_bytes;    /* 0: 512 MiB, for pending and sorted events; alerts get at most 16 MiB */
  ar_span fold, lateness; /* 0: 60 min, 20 min */
  ar_instant now;         /* AR_INSTANT_NONE: the machine's clock at ar_engine_new */
  ar_instant learn_until; /* alerts of acts before it are not raised; AR_INSTANT_NONE: all are */
  uint64_t seed;          /* 0: from entropy */
  uint32_t state_cap;     /* 0: as declared; else a ceiling for the keys of every table (specs) */
  uint32_t profile_cap;   /* 0: default */
  bool measure;           /* time per rule (--stats) */
  bool always_sorted;     /* specs: skip the optimistic pass */
  /* Called now and then from the evaluator: 0 ≤ done ≤ total (total 0: unknown). May be NULL. */
  void (*progress)(void *owner, uint64_t done, uint64_t total, uint64_t records, bool again);
  /* Each reject once, in input order, also when the input is read twice. May be NULL. */
  void (*reject)(void *owner, const ar_reject *reject, const char *file);
  void *owner;
} ar_engine_options;

typedef struct ar_engine ar_engine;

ar_engine *ar_engine_new(const ar_engine_options *options, ar_err *err);
void ar_engine_free(ar_engine *engine);

/* Set-up, in any order, all before ar_engine_seal. */
ar_ipset *ar_engine_intel(ar_engine *engine);
ar_catalogue *ar_engine_catalogue(ar_engine *engine);
/* Takes the rule over, also when it fails (AR_ERULE: its id exists; names both places). */
bool ar_engine_add_rule(ar_engine *engine, ar_rule *rule, ar_err *err);
/* Hash of rules and tuning, for rule_set. */
void ar_engine_set_rule_set(ar_engine *engine, const char *hash);
/* Builds index, tables, ties. */
bool ar_engine_seal(ar_engine *engine, ar_err *err);

/* What is no error but worth knowing: yields_to a rule that is not loaded. */
const char *const *ar_engine_notes(const ar_engine *engine, size_t *count);

/* Reads everything and evaluates it. May be called once per engine. */
bool ar_engine_run(ar_engine *engine, ar_reader *reader, ar_err *err);
/* After the run: how many alerts there are, and one after the other, by (time, id); NULL after the last. An alert stays
 * the engine's, until the next call. */
bool ar_engine_settle(ar_engine *engine, size_t *count, ar_err *err);
bool ar_engine_next(ar_engine *engine, ar_alert **alert, ar_err *err);

/* What the engine has to say of its own run, once it is over. Each finding has one of these ids as its rule and comes
 * at most once a run. Findings change no alert and count as none. The array and the findings stay the engine's, until
 * the next call. */
enum {
  AR_FINDING_PRESSURE, /* tables of state were full */
  AR_FINDING_UNREAD,   /* records could not be read */
  AR_FINDING_ODD,      /* records are not as Azure writes them */
  AR_FINDINGS
};
extern const char *const ar_finding_rules[AR_FINDINGS];
bool ar_engine_findings(ar_engine *engine, ar_alert ***findings, size_t *count, ar_err *err);

/* What identities of texts are seeded with. */
uint64_t ar_engine_seed(const ar_engine *engine);
ar_rule *const *ar_engine_rules(const ar_engine *engine, size_t *count);
const ar_names *ar_engine_names(const ar_engine *engine);

/* ---- what it saw ---- */

typedef struct ar_file_told {
  const char *name, *problem;
  uint64_t records, events, duplicates, skipped, rejected;
} ar_file_told;

/* One kind of skip or reject, with the first example of it. */
typedef struct ar_told_kind {
  char *what;    /* the kind: a reason up to its colon */
  char *example; /* the whole first reason */
  uint32_t file;
  uint64_t record, count;
} ar_told_kind;

typedef struct ar_told {
  uint64_t records, events, duplicates, skipped, rejected; /* records = the sum of the others, always */
  uint64_t by_source[AR_SOURCE_COUNT], by_shape[AR_SHAPE_COUNT];
  uint64_t acts, acts_nobody, acts_unfinished, future, flagged;
  uint64_t bytes, candidates, calls;
  ar_instant oldest, newest;
  uint64_t lost;      /* records that could not be read again when a rule wanted their text */
  char lost_why[240]; /* the first of them; "" when none */
  bool sorted;        /* had to start over in sorted mode */
  uint64_t spilled_bytes;
  const ar_told_kind *skipped_kinds, *rejected_kinds; /* by count, then name */
  size_t skipped_kind_count, rejected_kind_count;
  const ar_file_told *files;
  size_t file_count;
  ar_profile_counts profiles;
  ar_state_counts states; /* summed over all rules' tables */
} ar_told;
const ar_told *ar_engine_tell(ar_engine *engine);

/* Can this rule fire on what was read? Fills `lacks` with what is missing ("keyvault", "audit or directory",
 * "intel tagged malicious") and returns false when not. Learning: days it has and needs. */
bool ar_engine_rule_can_fire(const ar_engine *engine, const ar_rule *rule, char lacks[160]);
bool ar_engine_rule_learning(const ar_engine *engine, const ar_rule *rule, uint32_t *has, uint32_t *wants);

/* ---- the act under evaluation, as rules see it through the binding ---- */

typedef struct ar_case ar_case;

const ar_act *ar_case_act(const ar_case *acase);
/* The fields of its i-th event; NULL when the text cannot be had again (then *err). Parsed on first use. */
const ar_fields *ar_case_fields(ar_case *acase, uint32_t i, ar_err *err);
/* Canonical text of a key field; absent when unknown. In the case's arena: until the next act. */
ar_str ar_case_text(ar_case *acase, ar_field field);
ar_id ar_case_id(ar_case *acase, ar_field field);
/* The first event, in order of time, that has a value at `path` in its record (falling through JSON inside strings);
 * "properties.requestbody.properties.x" and the short form for bodies: body paths try the request body of each event.
 */
ar_json ar_case_body(ar_case *acase, ar_str path); /* inside the request body */
ar_json ar_case_response(ar_case *acase, ar_str path);
ar_json ar_case_record(ar_case *acase, ar_str path); /* inside the record as delivered */
/* The operation of the request that this act belongs to, lower case; absent when it was asked for itself. What a
 * principal deploys from a template, and what goes with a resource group, has the correlation id of the deployment or
 * the deletion; some records name the outer request themselves. In the case's arena. */
ar_str ar_case_part_of(ar_case *acase);
const ar_profile *ar_case_profile(ar_case *acase);
ar_coverage ar_case_coverage(ar_case *acase);
ar_peers ar_case_peers(ar_case *acase);
ar_risk ar_case_risk(ar_case *acase);
ar_ip_hit ar_case_ip(ar_case *acase);
const char *ar_case_feed(ar_case *acase); /* who says the ip's tags; NULL when nobody */
/* The witness of this act: borrowed; hold it to keep it. NULL with *err when memory is out. */
ar_witness *ar_case_witness(ar_case *acase, ar_err *err);
ar_arena *ar_case_arena(ar_case *acase); /* reset before each act */
/* The key of a state or burst for this act. */
ar_id ar_case_key(ar_case *acase, const ar_key_plan *plan);
ar_id ar_witness_key(const ar_witness *witness, const ar_key_plan *plan); /* the same, for a complete witness */
/* The rule's table and, for sequences, feeding it: which step or mark the act is. */
bool ar_case_sequence(ar_case *acase, ar_rule *rule, size_t state, ar_match *out, ar_err *err);

#endif
