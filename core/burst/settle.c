/* settle.c — which bursts are one, and which of them speaks.
 *
 * Every (act, burst) pair of tied rules is listed and sorted by act, so that bursts which share an act lie side by
 * side; there, tied rules are joined (union-find). Near-linear in the number of pairs. What comes out depends on no
 * order: joining is symmetric, and within a group the ties alone decide. */
#include "burst/private.h"

#include <stdlib.h>

typedef struct share {
  const ar_witness *act;
  size_t rule, burst; /* rule: its number among the tied */
} share;

static int cmp_shares(const void *left, const void *right) {
  const share *a = left, *b = right;
  int order = ar_witness_cmp(a->act, b->act);
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

static size_t count_shares(const burst *bursts, size_t count, const ties *t) {
  size_t shares = 0;
  for (size_t b = 0; b < count; b++)
    if (ties_number(t, bursts[b].rule) != UNTIED) shares += bursts[b].alert->evidence_count;
  return shares;
}

static size_t list_shares(const burst *bursts, size_t count, const ties *t, share *out) {
  size_t used = 0;
  for (size_t b = 0; b < count; b++) {
    size_t rule = ties_number(t, bursts[b].rule);
    const ar_alert *alert = bursts[b].alert;
    for (size_t i = 0; rule != UNTIED && i < alert->evidence_count; i++)
      out[used++] = (share){ alert->evidence[i], rule, b };
  }
  return used;
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
    while (to < count && ar_witness_cmp(shares[from].act, shares[to].act) == 0) to++;
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

static bool add_sibling(burst *bursts, const member *owners, const member *end, const ar_rule *absorbed, ar_err *err) {
  for (; owners < end; owners++)
    if (!ar_strings_add(&bursts[owners->burst].alert->siblings, ar_str_of(absorbed->id), err)) return false;
  return true;
}

/* members[from..to) are one group, by rule: each rule's bursts are looked at together. */
static bool settle_group(burst *bursts, const ties *t, const member *members, size_t from, size_t to, ar_err *err) {
  for (size_t a = from, a_end; a < to; a = a_end) {
    a_end = run_of_member(members, a, to);
    for (size_t b = from, b_end; b < to; b = b_end) {
      b_end = run_of_member(members, b, to);
      if (!ties_yields(t, members[a].rule, members[b].rule)) continue;
      for (size_t i = a; i < a_end; i++) bursts[members[i].burst].absorbed = true;
      if (!add_sibling(bursts, members + b, members + b_end, bursts[members[a].burst].rule, err)) return false;
    }
  }
  return true;
}

static bool settle_groups(burst *bursts, const ties *t, const member *members, size_t count, ar_err *err) {
  for (size_t from = 0, to; from < count; from = to) {
    to = from + 1;
    while (to < count && members[to].group == members[from].group) to++;
    if (!settle_group(bursts, t, members, from, to, err)) return false;
  }
  return true;
}

static void reset(burst *bursts, size_t count) {
  for (size_t b = 0; b < count; b++) {
    bursts[b].group = b;
    bursts[b].absorbed = false;
    ar_strings_free(&bursts[b].alert->siblings);
  }
}

bool settle_siblings(burst *bursts, size_t count, const ties *t, ar_err *err) {
  reset(bursts, count);
  if (!t) return true;
  size_t all = count_shares(bursts, count, t);
  share *shares = ar_alloc(all * sizeof *shares);
  member *members = ar_alloc(count * sizeof *members);
  bool done = (shares && members) || ar_nomem(err, "settling alerts");
  if (done) {
    list_shares(bursts, count, t, shares);
    if (all) qsort(shares, all, sizeof *shares, cmp_shares);
    unite_all(bursts, t, shares, all);
    done = settle_groups(bursts, t, members, list_members(bursts, count, t, members), err);
  }
  ar_free(shares);
  ar_free(members);
  return done;
}
