/* rule.h — a rule's head as plain data, and the index from operations to the rules that want them.
 *
 * Layer 4; includes base, instant, event, alert (words), state (plans). No Lua: the rule's code is two function
 * pointers that are plugged in from above.
 */
#ifndef ARMRUN_RULE_H
#define ARMRUN_RULE_H

#include "alert/alert.h"
#include "base/base.h"
#include "event/event.h"
#include "instant/instant.h"
#include "state/state.h"

typedef enum ar_tactic { /* MITRE ATT&CK (cloud), in the order of a kill chain; a set is a bit mask */
                         AR_TACTIC_INITIAL_ACCESS,
                         AR_TACTIC_EXECUTION,
                         AR_TACTIC_PERSISTENCE,
                         AR_TACTIC_PRIVILEGE_ESCALATION,
                         AR_TACTIC_DEFENSE_EVASION,
                         AR_TACTIC_CREDENTIAL_ACCESS,
                         AR_TACTIC_DISCOVERY,
                         AR_TACTIC_LATERAL_MOVEMENT,
                         AR_TACTIC_COLLECTION,
                         AR_TACTIC_EXFILTRATION,
                         AR_TACTIC_IMPACT,
                         AR_TACTIC_COUNT
} ar_tactic;
extern const char *const ar_tactic_words[AR_TACTIC_COUNT]; /* "InitialAccess", … */

/* Novelty that a selector may demand (bits), and that there are habits it breaks (AR_SETTLED); all from the principal's
 * profile before the act. */
enum {
  AR_NEW_OPERATION = 1,
  AR_NEW_NETWORK = 2,
  AR_NEW_APP = 4,
  AR_NEW_SUBSCRIPTION = 8,
  AR_DORMANT = 16,
  AR_SETTLED = 32,
  AR_UNUSED_APP = 64
};

#define AR_SELECTOR_APPS 4
#define AR_ANY_STATUS ((1u << AR_STATUS_COUNT) - 1)

/* One alternative of `on`. What is set must all be met. A mask of 0 means "any"; of statuses it means succeeded, or
 * any for a rule with at_started. Of a mask any one bit is enough, but of novelty all: what may be either is another
 * alternative. */
typedef struct ar_selector {
  char **operations; /* lower case; exact, or a prefix ending in '*', or one '*' inside; none: every operation */
  size_t operation_count;
  unsigned statuses, sources, kinds, ip_tags, tactics, novelty; /* masks of 1 << enum; ip_tags of AR_IP_* */
  ar_id apps[AR_SELECTOR_APPS]; /* client applications, by id; none: any, also unknown ones */
  size_t app_count;
  ar_span dormant; /* with AR_DORMANT: gap since the principal's last act is at least this (facts.gap alone decides) */
  ar_span unused_app; /* with AR_UNUSED_APP: the principal did not use the act's app for at least this, or never did */
  bool everyday;      /* with tactics: take everyday (hot) operations of the catalogue too */
  bool first;         /* with tactics: only the first tactic of an operation counts */
} ar_selector;

#define AR_KEY_FIELDS 4
typedef struct ar_key_plan {
  ar_field fields[AR_KEY_FIELDS];
  size_t count;
} ar_key_plan;

/* What a table without members holds: its keys themselves. Not "none", which is never remembered. */
#define AR_ONLY_MEMBER ((ar_id){ 0, 1 })

typedef struct ar_state_decl {
  char *name;
  ar_state_plan plan;
  ar_key_plan by;
  ar_field of; /* the member; AR_FIELD_COUNT when none */
  /* Selectors of the rule's `on`, whose acts the engine adds by itself; of count, distinct, tally and first seen. */
  size_t feed_from, feed_count;
  struct { /* sequence: what each step and each mark selects */
    char *name;
    ar_selector selector;
    unsigned mark; /* negative: bit number; positive: step number */
    bool negative;
  } * steps;
  size_t step_count;
} ar_state_decl;

typedef struct ar_rule ar_rule;
struct ar_case; /* engine.h: the act under evaluation */

/* Runs the rule's detect. *out: a new alert with what the rule said (reasons, severity …), or NULL for silence.
 * False: the rule failed (AR_EBUDGET, AR_ERULE): counted, named, the run goes on. */
typedef bool (*ar_detect_fn)(ar_rule *rule, struct ar_case *acase, ar_alert **out, ar_err *err);
/* Runs the rule's `due` for a sequence whose quiet time ended. */
typedef bool (*ar_due_fn)(ar_rule *rule, size_t state, const ar_match *match, ar_alert **out, ar_err *err);

#define AR_GATES_MAX 4
/* `detect` is called only when a table (count, distinct, tally) has come to all of these for the act's key. */
typedef struct ar_gate {
  size_t state;
  uint32_t total, distinct, most; /* 0: any */
} ar_gate;

struct ar_rule {
  char *id, *title, *file;
  int line;
  ar_severity severity;
  ar_confidence confidence;
  ar_strings tactics, techniques, yields_to;
  bool preview;
  unsigned needs[4]; /* source masks; each must be met by any one of its bits */
  size_t need_count;
  unsigned needs_tags;  /* ip tags of which at least one must be loaded */
  unsigned better_with; /* source mask */
  ar_selector *on;
  size_t on_count;
  bool feeds; /* `on` is more than what leads to detect: its first call_count selectors are that */
  size_t call_count;
  ar_gate gates[AR_GATES_MAX]; /* any of them must be open; with `feeds` only */
  size_t gate_count;
  bool at_started;        /* called once, at the act's first record */
  bool nobody;            /* takes acts that name no principal; default: not when any key has the principal */
  uint32_t learning_days; /* coverage it needs; 0: fires from the first event */
  ar_state_decl *states;
  size_t state_count;
  ar_key_plan burst_by;
  ar_span burst_quiet, burst_max; /* 0: no burst declared: principal, 30 min, 24 h */
  ar_detect_fn detect;
  ar_due_fn due; /* NULL when the rule has none */
  void *self;    /* the binding's */
  void (*free_self)(void *self);

  /* The engine's: */
  size_t number;
  ar_state **tables; /* one per state; freed by the engine, not by ar_rule_free */
  struct {
    uint64_t calls, alerts, faults, ignored;
    uint64_t nanoseconds; /* only with --stats */
    bool quarantined;
    char fault[240]; /* the first one */
  } told;
};

ar_rule *ar_rule_new(void);
void ar_rule_free(ar_rule *rule); /* with all its texts and lists, and `self` by free_self; NULL is fine */
void ar_selector_clear(ar_selector *selector);

/* ---- the catalogue of high-risk operations ---- */

typedef struct ar_catalogue ar_catalogue;
ar_catalogue *ar_catalogue_new(void);
void ar_catalogue_free(ar_catalogue *catalogue);
/* `everyday`: counts only through a body predicate. False when memory is out or the operation stands there already. */
bool ar_catalogue_add(ar_catalogue *catalogue, ar_str operation, unsigned tactics, bool everyday, ar_err *err);
/* Says which of its tactics comes first (one bit of them); without, it is the earliest in kill-chain order. False
 * (AR_EUSAGE) when the operation is not there or has not that tactic. */
bool ar_catalogue_prefer(ar_catalogue *catalogue, ar_str operation, unsigned first, ar_err *err);
typedef struct ar_risk {
  uint32_t number; /* 1-based, by name: the same in every run; 0: not in the catalogue */
  unsigned tactics;
  unsigned first; /* mask of its first tactic alone: the one an alert id uses */
  bool everyday;
} ar_risk;
ar_risk ar_catalogue_find(const ar_catalogue *catalogue, ar_str operation); /* lower case */

/* ---- the index ---- */

typedef struct ar_index ar_index;
/* Borrowed rules (in order of number), catalogue and names must outlive it and not change. Registers every exact
 * operation and the catalogue's with `names`. AR_ERULE when a pattern has more than one '*'. */
ar_index *ar_index_new(ar_rule *const *rules, size_t count, const ar_catalogue *catalogue, ar_names *names,
                       ar_err *err);
void ar_index_free(ar_index *index);

/* May any rule want an act of this operation with these ip tags? Asked by parser threads for each record; safe from
 * several threads, no lock for an operation met before. */
bool ar_index_candidate(ar_index *index, uint32_t operation, unsigned ip_tags, ar_source source);
/* Does any rule that may take this operation ask for novelty? If not, select needs no novelty and no gap. */
bool ar_index_needs_profile(ar_index *index, uint32_t operation);

/* What the engine knows of an act when it selects. */
typedef struct ar_select_facts {
  uint32_t operation;
  ar_str unnumbered; /* the operation's canonical text when it has no number: too long, or one of too many */
  ar_status status;
  ar_source source;
  ar_kind kind;
  ar_id app;
  unsigned ip_tags, novelty;
  ar_span gap;
  ar_span app_gap; /* whole days since the principal last used this app; INT64_MAX: never; 0: there is no app */
} ar_select_facts;
/* The rules whose `on` takes the act, by number, into out (room for the rules' count); returns how many. `started`
 * picks the rules with at_started, or those without. Right also when memory is out, only slower. Operation 0 is told
 * by facts.unnumbered; without that too, it is taken by selectors that name none. */
size_t ar_index_select(ar_index *index, const ar_select_facts *facts, bool started, ar_rule **out);
ar_risk ar_index_risk(ar_index *index, uint32_t operation);
/* Does this one selector take it? (sequence steps) */
bool ar_selector_takes(const ar_index *index, const ar_selector *selector, const ar_select_facts *facts);

#endif
