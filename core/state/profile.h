/* profile.h — the engine's own memory of every principal and of what it works in. Rules read it, nobody but the
 * engine writes it.
 *
 * Layer 3 (state's second face); includes base, instant.
 *
 * Learned once per act, after all rules saw the state before it (ar_profile_learn). Day resolution; what was not
 * seen for `forget_days` (90) is unknown again; the hour histogram is halved every 30 active days.
 * Bounds   principals: cap, oldest leave first, counted; per principal 64 operations (service principal: 192),
 *          24 networks, 8 apps, 32 subscriptions; oldest leave first. Only operations of the high-risk catalogue are
 *          kept one by one.
 */
#ifndef ARMRUN_PROFILE_H
#define ARMRUN_PROFILE_H

#include "base/base.h"
#include "instant/instant.h"

typedef struct ar_profiles ar_profiles;

typedef struct ar_profile_options {
  uint32_t cap;          /* principals; 0: 1,048,576 */
  uint32_t cap_scopes;   /* tenants and subscriptions; 0: 65,536 */
  uint32_t forget_days;  /* 0: 90 */
  uint64_t seed;
} ar_profile_options;

/* One act, as far as habits go. */
typedef struct ar_habit {
  ar_id principal, subscription, tenant, app;
  uint64_t network;      /* ar_ip_network folded to 64 bits; 0: unknown */
  uint32_t operation;    /* catalogue number of the operation (stable in every run); 0: an everyday one */
  uint8_t kind;          /* ar_kind */
  bool failed;           /* teaches nothing but the hour */
  bool alerted;          /* it raised an alert: its operation is known only after it was seen on a second day */
  ar_instant at;
} ar_habit;

/* What was known of one thing before this act. */
typedef struct ar_known {
  bool known;            /* seen within forget_days */
  uint32_t last_day_ago; /* days since last seen; UINT32_MAX when never */
  uint32_t days;         /* distinct days seen */
} ar_known;

/* What was known of the principal before this act. All zero with found = false: never seen. */
typedef struct ar_profile {
  bool found, forgotten;       /* forgotten: it may have been evicted */
  ar_instant first, last;
  uint32_t active_days, acts;
  ar_span gap, gap_before;     /* from its last act to this one; the gap before that one */
  ar_known operation, network, app, subscription;
  ar_known app_in_subscription;
  uint32_t operations_new, networks_new, apps_new, subscriptions_new; /* how often something was new to it */
  double hour_share;           /* of its acts within an hour of this hour of day; -1 when too few (< 20) */
} ar_profile;

/* Of the scope the act lies in. */
typedef struct ar_coverage {
  uint32_t tenant_days, subscription_days; /* distinct UTC days with at least one act, before this one */
} ar_coverage;

/* How many principals of this kind in this subscription were seen, and how many of them did this operation in
 * forget_days (both estimates from a small sketch, exact below 16). */
typedef struct ar_peers {
  uint32_t principals, doing;
  bool tenant_first;           /* nobody in the tenant did it before */
} ar_peers;

ar_profiles *ar_profiles_new(const ar_profile_options *options, ar_err *err);
void ar_profiles_free(ar_profiles *profiles);
void ar_profiles_clear(ar_profiles *profiles);

ar_profile ar_profile_look(const ar_profiles *profiles, const ar_habit *habit);
ar_coverage ar_coverage_look(const ar_profiles *profiles, const ar_habit *habit);
ar_peers ar_peers_look(const ar_profiles *profiles, const ar_habit *habit);
/* Remembers. Never fails: when memory is out the act is not learned, and counted. */
void ar_profile_learn(ar_profiles *profiles, const ar_habit *habit);
/* Counts the day for the coverage only: acts that teach nothing else. */
void ar_coverage_learn(ar_profiles *profiles, const ar_habit *habit);

typedef struct ar_profile_counts {
  uint64_t principals, evicted, scopes, scopes_evicted, unlearned;
  uint32_t most_tenant_days;   /* the best-covered tenant, for "9 of 59 days" */
  size_t bytes;
} ar_profile_counts;
ar_profile_counts ar_profiles_tell(const ar_profiles *profiles);

#endif
