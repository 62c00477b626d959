/* private.h — what the files of engine/ share.
 *
 *   pass.c      the input once through: batches, parser threads, hand-over in order
 *   parse.c     one batch: records into packed events (any thread)
 *   evaluate.c  one act: principal, selection, rules, learning (evaluator thread)
 *   feed.c      tables filled without a call of the rule
 *   due.c       sequences whose quiet time ended
 *   case.c      the act under evaluation, its texts read again on demand
 *   request.c   acts that other acts belong to: a deployment and what it deploys
 *   witness.c   an act as it is remembered
 *   tell.c      counters, kinds, what each rule lacks
 *   odd.c       records that could not be read or are not as they should be
 *   finding.c   what of that an analyst must know of, as findings
 *   engine.c    set-up, run, restart
 */
#ifndef ARMRUN_ENGINE_PRIVATE_H
#define ARMRUN_ENGINE_PRIVATE_H

#include "burst/burst.h"
#include "engine/engine.h"
#include "reader/bodies.h"

#define AR_RECORD_MAX ((size_t)1 << 20) /* bytes of one record */
#define AR_RECORD_DEPTH 64
#define AR_FAULTS_MAX 3 /* then a rule is quarantined */
#define AR_FUTURE_SLACK (5 * AR_MINUTE)
#define AR_KINDS_MAX 64 /* kinds of skips and of rejects told apart; further ones are "other" */
/* A caller is remembered this long after it was written last, and written again when that was long ago: whoever acted
 * within 180 days is known, at one write a month. */
#define AR_CALLER_MEMORY (210 * AR_DAY)
#define AR_CALLER_REFRESH (30 * AR_DAY)
#define AR_OPENERS 4

/* One event of the act under evaluation, its text read again. */
typedef struct loaded {
  ar_json_doc *doc;
  ar_canon *canon;
  char *text;
  size_t room;
  bool tried, good;
  ar_fields fields;
} loaded;

struct ar_case {
  ar_engine *engine;
  ar_act *act;
  loaded events[AR_ACT_EVENTS];
  ar_arena *arena;
  ar_id principal, object_id; /* as resolved: learned from the caller if need be */
  ar_str texts[AR_FIELD_COUNT];
  ar_id ids[AR_FIELD_COUNT];
  bool has_text[AR_FIELD_COUNT], has_id[AR_FIELD_COUNT];
  bool has_profile, has_coverage, has_peers, has_hit;
  ar_profile profile;
  ar_coverage coverage;
  ar_peers peers;
  ar_ip_hit hit;
  ar_habit habit;
  ar_witness *witness; /* one reference is the case's */
};

typedef enum outcome_kind { OUTCOME_SKIPPED, OUTCOME_REJECTED, OUTCOME_UNWRAPPED } outcome_kind;

/* What became of a record that is no event. */
typedef struct outcome {
  outcome_kind kind;
  ar_reject_kind reject; /* of a rejected one */
  int64_t extra;         /* of a wrapping: its elements, less the one record that the reader counted */
  ar_origin origin;
  char why[168];
  unsigned char sha256[32];
} outcome;

/* A batch with what its records came to. */
typedef struct parsed {
  ar_batch *batch;
  ar_event *events;
  size_t event_count, event_room;
  outcome *outcomes;
  size_t outcome_count, outcome_room;
  uint64_t flagged, by_shape[AR_SHAPE_COUNT];
  bool failed;
  ar_err err;
} parsed;

/* What a parser thread needs of its own. */
typedef struct parser {
  ar_engine *engine;
  ar_json_doc *doc;
  ar_canon *canon;
} parser;

#define SOON 8

/* Who acts soon: their memory is asked for in three steps, each some acts behind the one before. */
typedef struct soon {
  ar_id principal[SOON], caller[SOON];
  size_t count;
} soon;

typedef struct kinds {
  ar_told_kind items[AR_KINDS_MAX + 1];
  size_t count;
} kinds;

/* One kind of record in one file that an analyst must know of. */
#define AR_ODDITIES_MAX 32
#define AR_ODD_TEXT 80
typedef struct oddity {
  const char *code;
  char what[AR_ODD_TEXT];
  uint32_t file;
  uint64_t record, offset, count; /* the first, and how many */
} oddity;
typedef struct oddities {
  oddity items[AR_ODDITIES_MAX];
  size_t count;
  uint64_t records, more; /* more: of kinds and files past the limit */
} oddities;

struct ar_engine {
  ar_engine_options options;
  ar_ipset *ips;
  ar_catalogue *catalogue;
  ar_names *names;
  ar_rule **rules;
  size_t rule_count, rule_room;
  ar_index *index;
  ar_profiles *profiles;
  ar_state *callers;            /* tombstones: caller -> object id */
  ar_state *requests;           /* tombstones: principal and correlation -> what began them */
  ar_state *beginners;          /* tombstones: principals that began one of late */
  uint32_t openers[AR_OPENERS]; /* operations that begin requests, by number */
  ar_bursts *bursts;
  ar_order *order;
  ar_bodies *bodies;
  ar_reader *reader;
  ar_case acase, recalled; /* recalled: a remembered act, while its witness is completed */
  soon soon;
  ar_rule **selected; /* room for every rule */
  ar_rule **waiting;  /* those with a sequence that waits, as they were loaded */
  size_t waiting_count;
  ar_witness **pinned; /* of acts that may get more records; act->pins is the place + 1 */
  size_t pinned_count, pinned_room;
  uint32_t *unpinned; /* places that are free again */
  size_t unpinned_count, unpinned_room;
  ar_instant next_due; /* of any sequence; AR_INSTANT_NONE when none */
  char *rule_set;
  bool sealed, any_started;
  /* what it saw */
  ar_told told;
  kinds skipped, rejected;
  oddities unread, odd;   /* records that were rejected, and events that carry flags */
  bool starved;           /* memory was out where an act's text was wanted */
  uint64_t rejects_shown; /* by either pass: the second finds the same ones in the same order */
  ar_file_told *files;
  size_t file_room;
  ar_alert *findings[AR_FINDINGS];
  size_t finding_count;
};

/* A table's cap, 0 for its kind's own, under the ceiling that specs set. */
static inline uint32_t cap_of(const ar_engine *engine, uint32_t cap) {
  uint32_t ceiling = engine->options.state_cap;
  return ceiling && (cap == 0 || cap > ceiling) ? ceiling : cap;
}

/* The first that is not none: object id, else application, else caller. */
static inline ar_id first_id(ar_id a, ar_id b, ar_id c) {
  if (!ar_id_none(a)) return a;
  return ar_id_none(b) ? c : b;
}

/* parse.c */
bool parser_init(parser *p, ar_engine *engine, ar_err *err);
void parser_clear(parser *p);
void parse_batch(parser *p, parsed *out);
void parsed_clear(parsed *p);

/* pass.c: reads everything once. *again: the order of the input needs the sorted mode. */
bool engine_pass(ar_engine *engine, bool sorted, bool *again, ar_err *err);
bool engine_drain(ar_engine *engine, ar_err *err);

/* evaluate.c */
bool engine_evaluate(ar_engine *engine, ar_act *act, bool started, ar_err *err);
/* Counts a fault of a rule; out of memory is the engine's own and comes back as false. */
bool engine_fault(ar_engine *engine, ar_rule *rule, const ar_err *fault, ar_err *err);
bool engine_muted(const ar_engine *engine, ar_instant at);
void engine_unpin_all(ar_engine *engine);

/* Told of events to come: asks for the memory that their acts will need. */
void engine_soon(void *engine, const ar_event *event);

/* due.c */
bool engine_due(ar_engine *engine, ar_instant until, ar_err *err);
void engine_next_due(ar_engine *engine);
bool engine_list_waiting(ar_engine *engine, ar_err *err); /* once, when the rules are known */

/* case.c */
bool case_init(ar_case *c, ar_engine *engine, ar_err *err);
void case_clear(ar_case *c);
bool case_begin(ar_case *c, ar_act *act, ar_err *err);
void case_end(ar_case *c);
/* For the texts of an act that was evaluated before; habits and what is learned from it are not to be asked. */
void case_recall(ar_case *c, ar_act *act, ar_id principal, ar_id object_id);
ar_select_facts case_facts(ar_case *c); /* what selectors ask of the act; in evaluate.c */
ar_str case_object_text(ar_case *c);    /* of the object id; absent when there is none */
/* The first event that has this slice of its fields. */
ar_str case_slice(ar_case *c, size_t offset_in_fields);
#define CASE_SLICE(c, member) case_slice((c), offsetof(ar_fields, member))

/* feed.c: of rules with `feeds`. First the tables, then: is the act one for detect, and is a gate open? */
bool feed_tables(ar_case *c, ar_rule *rule, const ar_select_facts *facts, ar_err *err);
bool feed_calls(ar_case *c, const ar_rule *rule, const ar_select_facts *facts);

/* request.c */
bool requests_init(ar_engine *engine, ar_err *err);
bool request_opens(const ar_engine *engine, uint32_t operation); /* safe from several threads after the seal */
bool request_begin(ar_case *c, ar_err *err);                     /* remembers it, if the act is one */

/* witness.c */
ar_witness *witness_of(ar_case *c, ar_err *err);
/* The act got one more event, its last. */
bool witness_join(ar_witness *witness, ar_case *c, ar_err *err);

/* tell.c */
void tell_reset(ar_engine *engine);
ar_file_told *tell_file(ar_engine *engine, uint32_t file);
void tell_outcome(ar_engine *engine, const outcome *o);
void tell_reject(ar_engine *engine, const ar_reject *reject);
void tell_duplicate(void *engine, const ar_event *event);
void tell_free(ar_engine *engine);

/* odd.c */
void odd_reject(ar_engine *engine, const ar_reject *reject);
void odd_event(ar_engine *engine, const ar_event *event);
void odd_reset(ar_engine *engine);
bool find_unread(ar_engine *engine, ar_alert **finding, ar_err *err); /* *finding stays NULL when there is nothing */
bool find_odd(ar_engine *engine, ar_alert **finding, ar_err *err);

/* finding.c */
void findings_free(ar_engine *engine);

#endif
