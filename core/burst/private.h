/* private.h — what burst's own files share. */
#ifndef ARMRUN_BURST_PRIVATE_H
#define ARMRUN_BURST_PRIVATE_H

#include "burst/burst.h"

/* ---- text.c: a text that grows ---- */

typedef struct text {
  char *ptr; /* NUL-terminated once anything was added */
  size_t len, room;
  bool broken; /* memory was out; what is added afterwards is dropped */
} text;
void text_add(text *t, ar_str piece);
void text_add_number(text *t, int64_t number);
/* "5:abcde", "-" when absent: no two rows of pieces read alike. */
void text_add_piece(text *t, const char *piece);

/* ---- fill.c: what the rule and the acts say of an alert ---- */

/* The burst key of an act, as text. False when memory is out. */
bool burst_key(const ar_rule *rule, const ar_witness *witness, text *out);
/* Fills in what the rule left out of its first finding. */
bool alert_complete(ar_alert *alert, const ar_rule *rule, ar_witness *witness, ar_str key, ar_err *err);
/* Joins a later finding to the burst's alert; `finding` is used up but not freed. */
bool alert_join(ar_alert *alert, ar_alert *finding, const ar_rule *rule, ar_witness *witness, ar_err *err);
/* One sentence with the facts. */
bool alert_summarise(ar_alert *alert, ar_err *err);

/* ---- ties.c: who yields to whom ---- */

typedef struct ties ties;
ties *ties_new(ar_rule *const *rules, size_t count, ar_err *err);
void ties_free(ties *t);
const char *const *ties_notes(const ties *t, size_t *count);
#define UNTIED SIZE_MAX
/* A small number for a rule that has a tie, else UNTIED. */
size_t ties_number(const ties *t, const ar_rule *rule);
bool ties_yields(const ties *t, size_t a, size_t b); /* a yields to b, maybe through others */

/* ---- spool.c: alerts that do not fit into memory ---- */

typedef struct spool spool;
typedef struct spool_place {
  uint64_t at;
  size_t len;
} spool_place;
spool *spool_new(ar_err *err); /* AR_EIO names the folder */
void spool_free(spool *s);
bool spool_put(spool *s, ar_alert *alert, spool_place *place, ar_err *err); /* a copy */
ar_alert *spool_get(spool *s, spool_place place, ar_err *err);              /* the caller's */

/* ---- settle.c ---- */

typedef struct burst {
  ar_rule *rule;
  ar_alert *alert; /* NULL: it lies in the spool */
  spool_place place;
  ar_id key;
  uint64_t hash;          /* of rule and key; seeded */
  ar_instant first, last; /* act times of its findings */
  ar_instant time;        /* the alert's, and its id: the order they come out in */
  ar_id id;
  size_t weight;   /* bytes that the alert takes, about */
  bool summarised; /* the summary is ours, made anew when the alert comes out */
  bool absorbed;
  size_t group; /* while settling */
} burst;

/* What an owner is told: the id of a rule whose burst it speaks for. */
typedef struct sibling {
  size_t burst;
  const char *rule;
} sibling;

typedef struct siblings {
  sibling *items; /* by burst */
  size_t count, room;
} siblings;

/* Marks the absorbed bursts and lists the owners' siblings. */
bool settle_siblings(burst *bursts, size_t count, const ties *t, spool *s, uint64_t seed, siblings *out, ar_err *err);

#endif
