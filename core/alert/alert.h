/* alert.h — the record that comes out: who, what, when, why, and the records that show it.
 *
 * Layer 2; includes base, instant, event (enums), reader (origin). cJSON writes it.
 *
 * Memory  an alert owns everything in it; ar_alert_free gives all back. Witnesses are shared by reference count.
 */
#ifndef ARMRUN_ALERT_H
#define ARMRUN_ALERT_H

#include "base/base.h"
#include "event/event.h"
#include "instant/instant.h"

typedef enum ar_severity { AR_INFORMATIONAL, AR_LOW, AR_MEDIUM, AR_HIGH, AR_SEVERITIES } ar_severity;
extern const char *const ar_severity_words[AR_SEVERITIES];
typedef enum ar_confidence {
  AR_CONFIDENCE_LOW,
  AR_CONFIDENCE_MEDIUM,
  AR_CONFIDENCE_HIGH,
  AR_CONFIDENCES
} ar_confidence;
extern const char *const ar_confidence_words[AR_CONFIDENCES];

/* One record as evidence: everything an analyst needs to find it again, in canonical spelling. */
typedef struct ar_evidence_record {
  ar_instant time;
  ar_source source;
  ar_status status;
  const char *operation, *resource, *ip, *correlation, *event_id; /* NULL when unknown; the witness's */
  ar_origin origin;
  const char *file;
} ar_evidence_record;

/* An act as it is remembered: made once, when the act first enters a state or an alert, and shared by all that keep
 * it. It is all that an alert about this act needs. What tells acts apart (started, order, operation, resource,
 * correlation and the first record's event id) never changes once it is evidence; records may be added.
 * Its texts, ids and records, and what is known of its ip, are there only after ar_witness_complete: they cost the
 * reading of the act's records, and few remembered acts ever come to an alert. */
typedef struct ar_witness {
  uint32_t references;
  bool (*complete)(struct ar_witness *witness, ar_err *err); /* NULL: it is complete */
  void *rough;                                               /* what complete works from; freed with the witness */
  bool open;                                                 /* further records of the act may join it */
  uint64_t order;                                            /* fixed: for orders across runs */
  ar_id act;                                                 /* fold key */
  ar_instant time, started, ended;
  ar_status status;
  ar_source source;
  ar_kind kind;
  ar_tri mfa, delegated;
  ar_id ids[AR_FIELD_COUNT];         /* seeded; none when absent */
  ar_arena *arena;                   /* all its texts and records lie here: one life, few allocations */
  const char *texts[AR_FIELD_COUNT]; /* canonical (lower case); NULL when absent */
  const char *object_id, *principal_name, *app_name;
  const char *resource_name; /* last segment, as written */
  unsigned ip_tags;
  uint32_t asn;
  char country[3];
  ar_evidence_record *records; /* by time; up to 4 */
  uint32_t record_count, more;
} ar_witness;
ar_witness *ar_witness_new(void);
/* False only when memory is out. Evidence and the act that decides are completed by those who take them; any other
 * reader of texts, ids or records does it itself. */
bool ar_witness_complete(ar_witness *witness, ar_err *err);
/* Copies a text into the witness. NULL for an empty text, and when memory is out: then *good becomes false. */
char *ar_witness_text(ar_witness *witness, ar_str text, bool *good);
ar_witness *ar_witness_hold(ar_witness *witness); /* returns it */
void ar_witness_drop(ar_witness *witness);        /* NULL is fine; the last one frees the texts and records too */
/* (started, operation, resource), then what else tells acts apart: 0 only for the same act. The same in every run.
 * Both are complete. */
int ar_witness_cmp(const ar_witness *a, const ar_witness *b);

typedef enum ar_value_type { AR_VALUE_TEXT, AR_VALUE_INTEGER, AR_VALUE_NUMBER, AR_VALUE_BOOL } ar_value_type;
typedef struct ar_value {
  char *name;
  ar_value_type type;
  char *text;
  int64_t integer;
  double number;
} ar_value;

typedef struct ar_reason {
  char *code, *text;
  ar_value *values; /* by name */
  size_t value_count;
  bool has_bits;
  double bits;
} ar_reason;

typedef struct ar_alert_ip {
  char *address;
  unsigned tags; /* AR_IP_* */
  uint32_t asn;
  char country[3];
} ar_alert_ip;

typedef struct ar_strings {
  char **items;
  size_t count;
} ar_strings;

typedef struct ar_alert {
  const char *rule; /* the rule's; outlives the alert */
  char id[33];      /* 32 hex digits */
  char *title, *summary;
  ar_severity severity;
  ar_confidence confidence;
  ar_strings tactics, techniques, missing_sources;
  bool preview;
  bool finding; /* the engine's word about its own run: `"kind":"finding"` */
  ar_instant time, start, end;
  struct {
    char *id, *key, *name, *app_id, *app_name; /* id: object id; key: what state is keyed by */
    ar_kind kind;
    ar_tri mfa, delegated;
  } principal; /* key NULL: no principal */
  ar_alert_ip *ips;
  size_t ip_count;
  char *tenant, *subscription, *resource; /* of the act that decided first */
  ar_strings subscriptions, resources;    /* sorted */
  bool has_score;
  double score, threshold;
  ar_reason *reasons; /* in the order the rule gave them */
  size_t reason_count;
  ar_witness **evidence; /* by ar_witness_cmp */
  size_t evidence_count;
  uint64_t evidence_left_out; /* records of further acts that were not kept; counted in evidence_total */
  ar_strings siblings;        /* ids of rules whose bursts this one speaks for as well */
  const char *rule_set;       /* the engine's */
} ar_alert;

/* Empty: severity, confidence and the times are unset (AR_SEVERITIES, AR_CONFIDENCES, AR_INSTANT_NONE), so that
 * whoever completes it sees what the rule left out. NULL when memory is out. */
ar_alert *ar_alert_new(void);
void ar_alert_free(ar_alert *alert); /* NULL is fine */
/* Adds a copy unless it is there; keeps the list sorted. */
bool ar_strings_add(ar_strings *strings, ar_str text, ar_err *err);
void ar_strings_free(ar_strings *strings);
/* Adds a reason, or replaces the one with its code; its values are put in order of name, of equal names the last one
 * counts. Takes over what *reason owns, also when it fails, and empties it. */
bool ar_alert_add_reason(ar_alert *alert, ar_reason *reason, ar_err *err);
void ar_reason_clear(ar_reason *reason); /* frees what it owns, not itself */
/* Adds a reference to a witness unless its act is there; completes it. */
bool ar_alert_add_evidence(ar_alert *alert, ar_witness *witness, ar_err *err);
/* Adds a copy, or joins tags, and asn and country if they were unknown, to the address that is there. Sorted. */
bool ar_alert_add_ip(ar_alert *alert, const char *address, unsigned tags, uint32_t asn, const char *country,
                     ar_err *err);

/* ---- findings: what the engine has to say of its own run, in the shape of an alert ----
 * rule: an id that begins with "armrun."; outlives the finding. Its own id comes from the rule and `first` alone. */
ar_alert *ar_finding_new(const char *rule, ar_severity severity, const char *title, ar_instant first, ar_instant last,
                         ar_err *err);
/* Adds a reason, which takes a name and a value each time it is given one; false when memory is out. */
bool ar_finding_say(ar_alert *finding, const char *code, const char *text, ar_err *err);
bool ar_finding_text(ar_alert *finding, const char *name, const char *text, ar_err *err);
bool ar_finding_integer(ar_alert *finding, const char *name, uint64_t number, ar_err *err);

#define AR_EVIDENCE_SHOWN 20   /* records */
#define AR_RESOURCES_SHOWN 100 /* more: resources_total tells how many */
/* One line of JSON as in the contract, keys in a fixed order; no newline. NULL with *err when memory is out. The
 * caller frees it with ar_free. Control, C1, bidi and zero-width characters come out as \u escapes; invalid UTF-8 as
 * U+FFFD. Integers are exact; a number that is none (NaN, infinite) is left out. */
char *ar_alert_json(const ar_alert *alert, ar_err *err);
/* An alert as bytes, for a file that this process reads back: what an alert borrows stays a pointer. Its acts are no
 * longer shared then. *bytes grows as needed (ar_free), *room is its size, *len what was written. */
bool ar_alert_pack(ar_alert *alert, char **bytes, size_t *room, size_t *len, ar_err *err);
ar_alert *ar_alert_unpack(char *bytes, size_t len, ar_err *err); /* NULL when memory is out */
/* (time, id): the order alerts are printed in. */
int ar_alert_cmp(const ar_alert *a, const ar_alert *b);

#endif
