/* settle.c — which bursts are one, and which of them speaks.
 *
 * Every (act, burst) pair of tied rules is listed and sorted by act, so that bursts which share an act lie side by
 * side; there, tied rules are joined (union-find). Near-linear in the number of pairs. What comes out depends on no
 * order: joining is symmetric, and within a group the ties alone decide. An act is told by an identity, since alerts in
 * the spool are taken up one at a time. */
#include "burst/private.h"

#include <stdlib.h>

typedef struct share {
  ar_id act;
  size_t rule, burst; /* rule: its number among the tied */
} share;

typedef struct share_list {
  share *items;
  size_t count, room;
} share_list;

/* The same for the acts that ar_witness_cmp takes for one. */
static ar_id act_of(const ar_witness *w, uint64_t seed) {
  const char *event = w->record_count ? w->records[0].event_id : NULL;
  ar_id id = { (uint64_t)w->started, w->order };
  id = ar_id_mix(id, (ar_id){ (uint64_t)w->source, 1 });
  id = ar_id_mix(id, ar_id_of(ar_str_of(w->texts[AR_FIELD_OPERATION]), seed));
  id = ar_id_mix(id, ar_id_of(ar_str_of(w->texts[AR_FIELD_RESOURCE]), seed));
  id = ar_id_mix(id, ar_id_of(ar_str_of(w->texts[AR_FIELD_CORRELATION]), seed));
  return ar_id_mix(id, ar_id_of(ar_str_of(event), seed));
}

static int cmp_ids(ar_id a, ar_id b) {
  if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
  return (a.lo > b.lo) - (a.lo < b.lo);
}

static int cmp_shares(const void *left, const void *right) {
  const share *a = left, *b = right;
  int order = cmp_ids(a->act, b->act);
  if (order) return order;
  if (a->rule != b->rule) return a->rule < b->rule ? -1 : 1;
  return (a->burst > b->burst) - (a->burst < b->burst);
}

static size_t group_of(burst *bursts, size_t b) {
  while (bursts[b].group != b) {
    bursts[b].group = bursts[bursts[b].group].group; /* halves the way for the next one */
    b = bursts[b].group;
  }
  return b;
}

static void unite(burst *bursts, size_t a, size_t b) {
  size_t x = group_of(bursts, a), y = group_of(bursts, b);
  if (x < y)
    bursts[y].group = x;
  else
    bursts[x].group = y;
}

/* ---- who shares an act ---- */

static bool add_shares(share_list *all, const ar_alert *alert, size_t rule, size_t at, uint64_t seed) {
  share *grown = ar_grow(all->items, &all->room, all->count + alert->evidence_count, sizeof *grown);
  if (!grown) return false;
  all->items = grown;
  for (size_t i = 0; i < alert->evidence_count; i++)
    grown[all->count++] = (share){ act_of(alert->evidence[i], seed), rule, at };
  return true;
}

static bool share_burst(share_list *all, const burst *b, size_t rule, size_t at, spool *s, uint64_t seed, ar_err *err) {
  ar_alert *taken = b->alert ? NULL : spool_get(s, b->place, err);
  if (!b->alert && !taken) return false;
  bool added = add_shares(all, taken ? taken : b->alert, rule, at, seed) || ar_nomem(err, "settling alerts");
  ar_alert_free(taken);
  return added;
}

static size_t run_of_rule(const share *shares, size_t from, size_t to) {
  size_t end = from + 1;
  while (end < to && shares[end].rule == shares[from].rule) end++;
  return end;
}

static void unite_run(burst *bursts, const share *shares, size_t from, size_t to) {
  for (size_t i = from + 1; i < to; i++) unite(bursts, shares[from].burst, shares[i].burst);
}

/* shares[from..to) are of one act, by rule. Two bursts of one rule become one group only through a tied third. */
static void unite_act(burst *bursts, const ties *t, const share *shares, size_t from, size_t to) {
  for (size_t a = from, a_end; a < to; a = a_end) {
    a_end = run_of_rule(shares, a, to);
    for (size_t b = a_end, b_end; b < to; b = b_end) {
      b_end = run_of_rule(shares, b, to);
      if (!ties_yields(t, shares[a].rule, shares[b].rule) && !ties_yields(t, shares[b].rule, shares[a].rule)) continue;
      unite(bursts, shares[a].burst, shares[b].burst);
      unite_run(bursts, shares, a, a_end);
      unite_run(bursts, shares, b, b_end);
    }
  }
}

static void unite_all(burst *bursts, const ties *t, const share *shares, size_t count) {
  for (size_t from = 0, to; from < count; from = to) {
    to = from + 1;
    while (to < count && ar_id_eq(shares[from].act, shares[to].act)) to++;
    unite_act(bursts, t, shares, from, to);
  }
}

/* ---- who speaks ---- */

typedef struct member {
  size_t group, rule, burst;
} member;

static int cmp_members(const void *left, const void *right) {
  const member *a = left, *b = right;
  if (a->group != b->group) return a->group < b->group ? -1 : 1;
  if (a->rule != b->rule) return a->rule < b->rule ? -1 : 1;
  return (a->burst > b->burst) - (a->burst < b->burst);
}

static size_t list_members(burst *bursts, size_t count, const ties *t, member *out) {
  size_t used = 0;
  for (size_t b = 0; b < count; b++) {
    size_t rule = ties_number(t, bursts[b].rule);
    if (rule != UNTIED) out[used++] = (member){ group_of(bursts, b), rule, b };
  }
  if (used) qsort(out, used, sizeof *out, cmp_members);
  return used;
}

static size_t run_of_member(const member *members, size_t from, size_t to) {
  size_t end = from + 1;
  while (end < to && members[end].rule == members[from].rule) end++;
  return end;
}

static bool add_sibling(siblings *out, const member *owners, const member *end, const ar_rule *absorbed, ar_err *err) {
  for (; owners < end; owners++) {
    sibling *grown = ar_grow(out->items, &out->room, out->count + 1, sizeof *grown);
    if (!grown) return ar_nomem(err, "settling alerts");
    out->items = grown;
    grown[out->count++] = (sibling){ owners->burst, absorbed->id };
  }
  return true;
}

/* members[from..to) are one group, by rule: each rule's bursts are looked at together. */
static bool settle_group(burst *bursts, const ties *t, const member *members, size_t from, size_t to, siblings *out,
                         ar_err *err) {
  for (size_t a = from, a_end; a < to; a = a_end) {
    a_end = run_of_member(members, a, to);
    for (size_t b = from, b_end; b < to; b = b_end) {
      b_end = run_of_member(members, b, to);
      if (!ties_yields(t, members[a].rule, members[b].rule)) continue;
      for (size_t i = a; i < a_end; i++) bursts[members[i].burst].absorbed = true;
      if (!add_sibling(out, members + b, members + b_end, bursts[members[a].burst].rule, err)) return false;
    }
  }
  return true;
}

static bool settle_groups(burst *bursts, const ties *t, const member *members, size_t count, siblings *out,
                          ar_err *err) {
  for (size_t from = 0, to; from < count; from = to) {
    to = from + 1;
    while (to < count && members[to].group == members[from].group) to++;
    if (!settle_group(bursts, t, members, from, to, out, err)) return false;
  }
  return true;
}

static int cmp_siblings(const void *left, const void *right) {
  const sibling *a = left, *b = right;
  return (a->burst > b->burst) - (a->burst < b->burst);
}

static bool speak(burst *bursts, size_t count, const ties *t, siblings *out, ar_err *err) {
  member *members = ar_alloc(count * sizeof *members);
  bool done = members || ar_nomem(err, "settling alerts");
  done = done && settle_groups(bursts, t, members, list_members(bursts, count, t, members), out, err);
  if (done && out->count) qsort(out->items, out->count, sizeof *out->items, cmp_siblings);
  ar_free(members);
  return done;
}

bool settle_siblings(burst *bursts, size_t count, const ties *t, spool *s, uint64_t seed, siblings *out, ar_err *err) {
  share_list all = { NULL, 0, 0 };
  bool done = true;
  out->count = 0;
  for (size_t b = 0; done && b < count; b++) {
    size_t rule = t ? ties_number(t, bursts[b].rule) : UNTIED;
    bursts[b].group = b;
    bursts[b].absorbed = false;
    if (rule != UNTIED) done = share_burst(&all, &bursts[b], rule, b, s, seed, err);
  }
  if (done && all.count) {
    qsort(all.items, all.count, sizeof *all.items, cmp_shares);
    unite_all(bursts, t, all.items, all.count);
    done = speak(bursts, count, t, out, err);
  }
  ar_free(all.items);
  return done;
}
