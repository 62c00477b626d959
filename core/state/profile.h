/* profile.h — the engine's own memory of every principal and of what it works in. Rules read it, nobody but the
 * engine writes it.
 *
 * Layer 3 (state's second face); includes base, instant.
 *
 * Learned once per act, after all rules saw the state before it (ar_profile_learn), in event order: an act older than
 * the newest one learned counts as of its time. Day resolution (UTC); what was last seen more than `forget_days` (90)
 * days ago is unknown again, as if never seen; the hour histogram is halved every 30 active days.
 * Bounds   principals: cap, oldest leave first, counted; per principal 64 operations (service principal: 192),
 *          24 networks, 8 apps, 32 subscriptions, 32 pairs of app and subscription; oldest leave first. Only
 *          operations of the high-risk catalogue are kept one by one. Tenants and subscriptions: cap_scopes; counts of
 *          peers: 16 for each of cap_scopes; those without an act for longest leave first. Everything is counted.
 * Same     nothing is estimated: every number is the same in every run and for every seed.
 */
#ifndef ARMRUN_PROFILE_H
#define ARMRUN_PROFILE_H

#include "base/base.h"
#include "instant/instant.h"

typedef struct ar_profiles ar_profiles;

typedef struct ar_profile_options {
  uint32_t cap;         /* principals; 0: 1,048,576 */
  uint32_t cap_scopes;  /* tenants and subscriptions; 0: 65,536 */
  uint32_t forget_days; /* 0: 90; at most 254 */
  uint64_t seed;
} ar_profile_options;

/* One act, as far as habits go. */
typedef struct ar_habit {
  ar_id principal, subscription, tenant, app;
  uint64_t network;   /* ar_ip_network folded to 64 bits; 0: unknown */
  uint32_t operation; /* catalogue number of the operation (stable in every run), up to 65,535; 0: an everyday one */
  uint8_t kind;       /* ar_kind */
  bool failed;        /* teaches nothing but the hour, and that only of a principal already known; and coverage */
  bool alerted;       /* it raised an alert: its operation is known only after it was seen on a second day */
  ar_instant at;
} ar_habit;

/* What was known of one thing before this act. */
typedef struct ar_known {
  /* Seen within forget_days: an operation that alerted on two days, anything but operations on a day before today: what
   * a session begins with is as new as what it does next. */
  bool known;
  uint32_t last_day_ago; /* days since last seen; UINT32_MAX when never, or not within forget_days */
  uint32_t days;         /* distinct days seen, since it was new; at most 127 */
} ar_known;

/* What was known of the principal before this act. With found = false: nothing; spans and counts are zero, times
 * AR_INSTANT_NONE, and hour_share -1. */
typedef struct ar_profile {
  bool found, forgotten;  /* forgotten: it may have been evicted, so that there was more to know */
  ar_instant first, last; /* first: to the second */
  uint32_t active_days, acts;
  bool settled;            /* first seen 14 days ago or longer, and on at least 5 days: it has habits to break */
  uint32_t settled_days;   /* active days since it settled */
  ar_span gap, gap_before; /* from its last act to this one; the gap before that one, in whole seconds */
  ar_known operation, network, app, subscription;
  ar_known app_in_subscription;
  /* How often something was new to it; once it has settled, since then: what one starts with tells nothing. */
  uint32_t operations_new, networks_new, apps_new, subscriptions_new;
  uint32_t operations_new_days;   /* days before today on which an operation was new, counted like these */
  uint32_t operations_new_lately; /* of the catalogue, each within an hour of the one before, the last of this act */
  double hour_share; /* of its acts, those in this hour of day and its two neighbours; -1 when too few (< 20) */
} ar_profile;

/* Of the scope the act lies in. */
typedef struct ar_coverage {
  uint32_t tenant_days, subscription_days; /* distinct UTC days with at least one act, before this one */
} ar_coverage;

/* Of all principals of a kind in a tenant that have settled, in sum and since then: their active days, days on which an
 * operation was new, how often a network, an app, a subscription was. */
typedef struct ar_usual {
  uint32_t settled_days, operations_new_days, networks_new, apps_new, subscriptions_new;
} ar_usual;

/* How many principals of this kind were seen in this subscription, and how many of them did this operation there.
 * One that was idle, or did not do it, for longer than forget_days counts no more, from its next active day on or, when
 * it has none, forget_days after its last. Zero for an everyday operation. */
typedef struct ar_peers {
  uint32_t principals, doing;
  ar_usual usual;    /* zero for other kinds than users and service principals */
  bool tenant_first; /* nobody in the tenant did it before; a subscription lies in one tenant */
} ar_peers;

ar_profiles *ar_profiles_new(const ar_profile_options *options, ar_err *err);
void ar_profiles_free(ar_profiles *profiles); /* NULL is fine */
void ar_profiles_clear(ar_profiles *profiles);

ar_profile ar_profile_look(const ar_profiles *profiles, const ar_habit *habit);
ar_coverage ar_coverage_look(const ar_profiles *profiles, const ar_habit *habit);
ar_peers ar_peers_look(const ar_profiles *profiles, const ar_habit *habit);
/* Asks for the memory that learning about a principal will touch, so that it is there by then: steps 0, 1 and 2, each
 * when the one before has had time to come. Changes nothing. */
void ar_profile_warm(const ar_profiles *profiles, ar_id principal, unsigned step);
/* Remembers. Never fails: when memory is out the act is not learned, and counted. */
void ar_profile_learn(ar_profiles *profiles, const ar_habit *habit);
/* Counts the day for the coverage only: acts that teach nothing else. */
void ar_coverage_learn(ar_profiles *profiles, const ar_habit *habit);

/* How often something left early in one table, since when and until when. */
typedef struct ar_pressure {
  uint32_t cap;
  uint64_t evicted;
  ar_instant first, last; /* of no meaning when nothing was evicted */
} ar_pressure;
typedef enum ar_pressed {
  AR_PRESSED_PRINCIPALS,
  AR_PRESSED_SCOPES,
  AR_PRESSED_PEERS,
  AR_PRESSED_HABITS, /* on the day they were seen: more in one day than there is room for */
  AR_PRESSED_COUNT
} ar_pressed;

typedef struct ar_profile_counts {
  uint64_t settled_evicted; /* of the evicted: those that had habits to break */
  uint64_t principals, evicted, scopes, scopes_evicted, unlearned;
  uint64_t habits_evicted; /* operations, networks … that left early while their principal stayed */
  uint64_t peers, peers_evicted;
  uint32_t most_tenant_days; /* the best-covered tenant, today counted too: for "9 of 59 days" */
  size_t bytes;
  ar_pressure pressure[AR_PRESSED_COUNT]; /* the cap of habits is the longest list's */
} ar_profile_counts;
ar_profile_counts ar_profiles_tell(const ar_profiles *profiles);

/* What one principal takes in memory. The rest of counts.bytes (hash slots, peers, scopes, room of chunks) is shared.
 * Zero for a stranger. */
typedef struct ar_profile_size {
  size_t own;    /* its node and its block, with the room in it */
  size_t packed; /* what there is to know, without links and room */
} ar_profile_size;
ar_profile_size ar_profile_measure(const ar_profiles *profiles, ar_id principal);

#endif
