/* ignore.c — which alerts a site does not want to see. Asked after siblings are settled. */
#include "binding/private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool same(const char *a, const char *b) {
  return a && b && strcasecmp(a, b) == 0;
}

static bool principal_is(const ar_alert *alert, const char *given) {
  return same(alert->principal.id, given) || same(alert->principal.key, given) || same(alert->principal.name, given) ||
         same(alert->principal.app_id, given);
}

/* "203.0.113.5" or "203.0.113.0/24" */
static bool in_network(const char *address, const char *given) {
  char base[64];
  const char *slash = strchr(given, '/');
  size_t len = slash ? (size_t)(slash - given) : strlen(given);
  ar_ip ip, net;
  if (len >= sizeof base) return false;
  memcpy(base, given, len);
  base[len] = '\0';
  if (!ar_ip_parse(ar_str_of(base), &net) || !ar_ip_parse(ar_str_of(address), &ip)) return false;
  long bits = slash ? strtol(slash + 1, NULL, 10) : 128;
  if (slash && !strchr(base, ':')) bits += 96; /* IPv4 lies in ::ffff:0:0/96 */
  if (bits < 0 || bits > 128) return false;
  uint64_t hi = bits >= 64 ? UINT64_MAX : bits == 0 ? 0 : UINT64_MAX << (64 - bits);
  uint64_t lo = bits <= 64 ? 0 : bits == 128 ? UINT64_MAX : UINT64_MAX << (128 - bits);
  return ((ip.hi ^ net.hi) & hi) == 0 && ((ip.lo ^ net.lo) & lo) == 0;
}

static bool only_from(const ar_alert *alert, const char *given) {
  for (size_t i = 0; i < alert->ip_count; i++)
    if (!in_network(alert->ips[i].address, given)) return false;
  return alert->ip_count > 0;
}

static bool only_in(const ar_alert *alert, const char *subscription) {
  for (size_t i = 0; i < alert->subscriptions.count; i++)
    if (!same(alert->subscriptions.items[i], subscription)) return false;
  return alert->subscriptions.count > 0;
}

/* Everything the entry names must fit. Time is the alert's own, so that a replay hides the same alerts. */
static bool fits(const ignored *i, const ar_alert *alert) {
  if (i->expires != AR_INSTANT_NONE && alert->time > i->expires) return false;
  if (i->rules && !tune_glob(i->rules, alert->rule)) return false;
  if (i->principal && !principal_is(alert, i->principal)) return false;
  if (i->subscription && !only_in(alert, i->subscription)) return false;
  return !i->ip || only_from(alert, i->ip);
}

/* ---- except ---- */

static int by_act(const void *a, const void *b) {
  return memcmp(&((const struct fired *)a)->act, &((const struct fired *)b)->act, sizeof(ar_id));
}

static const struct fired *find_fired(bound *b, ar_id act) {
  struct fired wanted = { act, false };
  if (!b->fired_sorted && b->fired_count) qsort(b->fired, b->fired_count, sizeof *b->fired, by_act);
  b->fired_sorted = true;
  return b->fired_count ? bsearch(&wanted, b->fired, b->fired_count, sizeof wanted, by_act) : NULL;
}

/* All findings that went into the alert were excepted. */
static bool excepted(bound *b, const ar_alert *alert) {
  bool any = false;
  for (size_t i = 0; b && b->fired_count && i < alert->evidence_count; i++) {
    const struct fired *f = find_fired(b, alert->evidence[i]->act);
    if (f && !f->excepted) return false;
    any = any || f != NULL;
  }
  return any;
}

bool ar_loader_ignores(ar_loader *loader, const ar_alert *alert, const char **because) {
  bool yes = excepted(loader_find(loader, alert->rule), alert);
  *because = yes ? "excepted by the site's tuning" : NULL;
  for (size_t i = 0; !yes && i < loader->ignored_count; i++) {
    yes = fits(&loader->ignored[i], alert);
    if (yes) *because = loader->ignored[i].because;
  }
  loader->ignored_alerts += yes;
  return yes;
}

uint64_t ar_loader_ignored(const ar_loader *loader) {
  return loader->ignored_alerts;
}
