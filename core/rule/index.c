/* index.c — from an operation's number to the few selectors that may take it.
 *
 * What an operation comes to (its plan) is worked out once, when it is first met, by whichever thread meets it;
 * afterwards it is one atomic load. Operations that no selector names share one empty plan, so that a log full of
 * invented operations costs nothing here. Selectors that name no operation stand in two lists for all operations:
 * those that ask for ip tags are passed over at once for an act without tags. */
#include "rule/private.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* One selector of one rule. */
typedef struct pick {
  uint32_t rule;
  const ar_selector *selector;
} pick;

/* Selectors by rule number, and what they want as masks, for the question of the parser threads. */
typedef struct list {
  pick *picks;
  size_t count, room;
  unsigned sources; /* of those that need no ip tags; a bit per source */
  unsigned tags, tag_sources;
  bool novelty;
} list;

typedef struct plan {
  list list;
  unsigned sources, tags; /* of this list and the two for all operations: the first glance of the parser threads */
  ar_risk risk;
  struct plan *next; /* all of them, for the end */
} plan;

/* A pattern of a selector that names operations; exact ones sorted by text, so that one is found by halving. */
typedef struct named {
  pattern pattern;
  pick pick;
} named;

#define CHUNK 1024u
#define CHUNKS 16384u /* 16 M operations; further ones are worked out each time */

typedef struct chunk {
  _Atomic(plan *) plans[CHUNK];
} chunk;

struct ar_index {
  ar_rule *const *rules;
  size_t rule_count;
  const ar_catalogue *catalogue;
  ar_names *names;
  named *exact, *wild;
  size_t exact_count, exact_room, wild_count, wild_room;
  list by_risk;       /* no operation, but tactics */
  list plain, tagged; /* neither; without and with ip tags */
  plan nothing;
  plan *plans;
  pthread_mutex_t lock;
  _Atomic(chunk *) chunks[CHUNKS];
};

#define ALL_SOURCES ((1u << AR_SOURCE_COUNT) - 1)

/* ---- lists ---- */

static bool list_add(list *l, pick p) {
  const ar_selector *s = p.selector;
  pick *grown = ar_grow(l->picks, &l->room, l->count + 1, sizeof *grown);
  if (!grown) return false;
  unsigned sources = s->sources ? s->sources : ALL_SOURCES;
  l->picks = grown;
  grown[l->count++] = p;
  l->novelty |= s->novelty != 0;
  if (s->ip_tags == 0) {
    l->sources |= sources;
  } else {
    l->tags |= s->ip_tags;
    l->tag_sources |= sources;
  }
  return true;
}

static bool list_wants(const list *l, unsigned ip_tags, ar_source source) {
  return (l->sources >> source & 1) || ((l->tags & ip_tags) && (l->tag_sources >> source & 1));
}

static int cmp_picks(const void *left, const void *right) {
  const pick *a = left, *b = right;
  if (a->rule != b->rule) return a->rule < b->rule ? -1 : 1;
  return (a->selector > b->selector) - (a->selector < b->selector); /* of one array */
}

static int cmp_named(const void *left, const void *right) {
  const named *a = left, *b = right;
  int order = ar_str_cmp(a->pattern.head, b->pattern.head);
  return order ? order : cmp_picks(&a->pick, &b->pick);
}

/* What a plan comes to together with the lists for all operations. */
static void sum_up(const ar_index *index, plan *p) {
  p->sources = p->list.sources | index->plain.sources | index->tagged.sources;
  p->tags = p->list.tags | index->plain.tags | index->tagged.tags;
}

/* ---- building ---- */

static bool add_named(ar_index *index, pattern p, pick who) {
  named **items = p.wild ? &index->wild : &index->exact;
  size_t *count = p.wild ? &index->wild_count : &index->exact_count;
  size_t *room = p.wild ? &index->wild_room : &index->exact_room;
  named *grown = ar_grow(*items, room, *count + 1, sizeof *grown);
  if (!grown) return false;
  *items = grown;
  grown[(*count)++] = (named){ p, who };
  if (!p.wild) ar_names_add(index->names, p.head); /* while there is room: a full table refuses it, and counts */
  return true;
}

static bool add_operation(ar_index *index, const char *text, pick who, ar_err *err) {
  const ar_rule *rule = index->rules[who.rule];
  pattern p;
  if (!pattern_of(ar_str_of(text), &p))
    return ar_fail(err, AR_ERULE, "%s:%d: operation \"%s\" has more than one '*'; one is the most",
                   rule->file ? rule->file : "?", rule->line, text);
  return add_named(index, p, who) || ar_nomem(err, "building the index of rules");
}

static bool add_selector(ar_index *index, pick who, ar_err *err) {
  const ar_selector *s = who.selector;
  list *all = s->tactics ? &index->by_risk : s->ip_tags ? &index->tagged : &index->plain;
  if (s->operation_count == 0) return list_add(all, who) || ar_nomem(err, "building the index of rules");
  for (size_t i = 0; i < s->operation_count; i++)
    if (!add_operation(index, s->operations[i], who, err)) return false;
  return true;
}

static bool add_rules(ar_index *index, ar_err *err) {
  for (size_t r = 0; r < index->rule_count; r++)
    for (size_t s = 0; s < index->rules[r]->on_count; s++)
      if (!add_selector(index, (pick){ (uint32_t)r, &index->rules[r]->on[s] }, err)) return false;
  if (index->exact_count) qsort(index->exact, index->exact_count, sizeof *index->exact, cmp_named);
  return true;
}

static void name_catalogue(ar_index *index) {
  for (size_t i = 0; i < catalogue_count(index->catalogue); i++)
    ar_names_add(index->names, catalogue_operation(index->catalogue, i));
}

ar_index *ar_index_new(ar_rule *const *rules, size_t count, const ar_catalogue *catalogue, ar_names *names,
                       ar_err *err) {
  ar_index *index = ar_alloc(sizeof *index);
  if (!index) {
    ar_nomem(err, "building the index of rules");
    return NULL;
  }
  index->rules = rules;
  index->rule_count = count;
  index->catalogue = catalogue;
  index->names = names;
  pthread_mutex_init(&index->lock, NULL);
  if (add_rules(index, err)) {
    sum_up(index, &index->nothing);
    if (catalogue) name_catalogue(index);
    return index;
  }
  ar_index_free(index);
  return NULL;
}

static void free_plan(plan *p) {
  ar_free(p->list.picks);
  ar_free(p);
}

void ar_index_free(ar_index *index) {
  if (!index) return;
  for (plan *p = index->plans, *next; p; p = next) {
    next = p->next;
    free_plan(p);
  }
  for (size_t i = 0; i < CHUNKS; i++) ar_free(atomic_load_explicit(&index->chunks[i], memory_order_relaxed));
  ar_free(index->exact);
  ar_free(index->wild);
  ar_free(index->by_risk.picks);
  ar_free(index->plain.picks);
  ar_free(index->tagged.picks);
  pthread_mutex_destroy(&index->lock);
  ar_free(index);
}

/* ---- an operation's plan ---- */

static ar_risk risk_of(const ar_index *index, ar_str operation) {
  return index->catalogue && operation.len ? ar_catalogue_find(index->catalogue, operation) : (ar_risk){ 0 };
}

/* The first exact pattern that is not before the operation. */
static size_t exact_place(const ar_index *index, ar_str operation) {
  size_t low = 0, high = index->exact_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ar_str_cmp(index->exact[middle].pattern.head, operation) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool collect_if(plan *p, const pick *who) {
  return !selector_takes_risk(who->selector, p->risk) || list_add(&p->list, *who);
}

static bool collect(const ar_index *index, ar_str operation, plan *p) {
  size_t at = exact_place(index, operation);
  for (; at < index->exact_count && ar_str_eq(index->exact[at].pattern.head, operation); at++)
    if (!collect_if(p, &index->exact[at].pick)) return false;
  for (size_t i = 0; i < index->wild_count; i++)
    if (pattern_takes(&index->wild[i].pattern, operation) && !collect_if(p, &index->wild[i].pick)) return false;
  for (size_t i = 0; p->risk.number && i < index->by_risk.count; i++)
    if (!collect_if(p, &index->by_risk.picks[i])) return false;
  return true;
}

/* Patterns of one selector may overlap; it is asked once. */
static void sort_picks(list *l) {
  size_t kept = 0;
  if (l->count) qsort(l->picks, l->count, sizeof *l->picks, cmp_picks);
  for (size_t i = 0; i < l->count; i++)
    if (kept == 0 || cmp_picks(&l->picks[kept - 1], &l->picks[i]) != 0) l->picks[kept++] = l->picks[i];
  l->count = kept;
}

/* NULL when memory is out. */
static plan *plan_new(ar_index *index, ar_str operation) {
  plan *p = ar_alloc(sizeof *p);
  if (!p) return NULL;
  p->risk = risk_of(index, operation);
  if (!collect(index, operation, p)) {
    free_plan(p);
    return NULL;
  }
  if (p->list.count || p->risk.number) {
    sort_picks(&p->list);
    sum_up(index, p);
    return p;
  }
  free_plan(p);
  return &index->nothing;
}

static chunk *chunk_of(ar_index *index, uint32_t operation) {
  _Atomic(chunk *) *at = &index->chunks[operation / CHUNK];
  chunk *c = atomic_load_explicit(at, memory_order_relaxed);
  if (c) return c;
  c = ar_alloc(sizeof *c);
  if (c) atomic_store_explicit(at, c, memory_order_release);
  return c;
}

/* Under the lock. NULL when memory is out. */
static plan *make_plan(ar_index *index, uint32_t operation) {
  chunk *c = chunk_of(index, operation);
  if (!c) return NULL;
  _Atomic(plan *) *at = &c->plans[operation % CHUNK];
  plan *p = atomic_load_explicit(at, memory_order_relaxed);
  if (p) return p;
  p = plan_new(index, ar_names_text(index->names, operation));
  if (!p) return NULL;
  if (p != &index->nothing) p->next = index->plans, index->plans = p;
  atomic_store_explicit(at, p, memory_order_release);
  return p;
}

static const plan *known_plan(const ar_index *index, uint32_t operation) {
  const chunk *c = atomic_load_explicit(&index->chunks[operation / CHUNK], memory_order_acquire);
  return c ? atomic_load_explicit(&c->plans[operation % CHUNK], memory_order_acquire) : NULL;
}

/* NULL when memory is out, or the number is past what is kept. */
static const plan *plan_of(ar_index *index, uint32_t operation) {
  if (operation == 0) return &index->nothing;
  if (operation >= CHUNK * CHUNKS) return NULL;
  const plan *p = known_plan(index, operation);
  if (p) return p;
  pthread_mutex_lock(&index->lock);
  p = make_plan(index, operation);
  pthread_mutex_unlock(&index->lock);
  return p;
}

/* ---- questions ---- */

bool ar_index_candidate(ar_index *index, uint32_t operation, unsigned ip_tags, ar_source source) {
  const plan *p = plan_of(index, operation);
  if (!p || (p->sources >> source & 1)) return true;
  if (!(p->tags & ip_tags)) return false;
  return list_wants(&p->list, ip_tags, source) || list_wants(&index->plain, ip_tags, source) ||
         list_wants(&index->tagged, ip_tags, source);
}

bool ar_index_needs_profile(ar_index *index, uint32_t operation) {
  const plan *p = plan_of(index, operation);
  return !p || p->list.novelty || index->plain.novelty || index->tagged.novelty;
}

ar_risk ar_index_risk(ar_index *index, uint32_t operation) {
  const plan *p = plan_of(index, operation);
  return p ? p->risk : risk_of(index, ar_names_text(index->names, operation));
}

static bool operations_take(const ar_selector *selector, ar_str operation) {
  pattern p;
  for (size_t i = 0; i < selector->operation_count; i++)
    if (pattern_of(ar_str_of(selector->operations[i]), &p) && pattern_takes(&p, operation)) return true;
  return selector->operation_count == 0;
}

static ar_str text_of(const ar_index *index, const ar_select_facts *facts) {
  return facts->operation ? ar_names_text(index->names, facts->operation) : facts->unnumbered;
}

/* From the texts, without a plan. */
static bool takes_anew(const ar_index *index, const ar_selector *selector, bool at_started,
                       const ar_select_facts *facts) {
  if (!selector_takes_facts(selector, at_started, facts)) return false;
  ar_str operation = text_of(index, facts);
  return operations_take(selector, operation) &&
         (selector->tactics == 0 || selector_takes_risk(selector, risk_of(index, operation)));
}

bool ar_selector_takes(const ar_index *index, const ar_selector *selector, const ar_select_facts *facts) {
  return takes_anew(index, selector, false, facts);
}

/* ---- selecting ---- */

/* Three sorted lists read as one. */
typedef struct walk {
  const pick *at[3], *end[3];
} walk;

static walk walk_of(const ar_index *index, const plan *p, unsigned ip_tags) {
  const list *lists[3] = { &p->list, &index->plain, &index->tagged };
  walk w = { { NULL }, { NULL } };
  for (size_t i = 0; i < (ip_tags ? 3 : 2); i++) {
    w.at[i] = lists[i]->picks;
    w.end[i] = lists[i]->count ? lists[i]->picks + lists[i]->count : lists[i]->picks;
  }
  return w;
}

static const pick *walk_next(walk *w) {
  size_t best = 3;
  for (size_t i = 0; i < 3; i++)
    if (w->at[i] != w->end[i] && (best == 3 || w->at[i]->rule < w->at[best]->rule)) best = i;
  return best == 3 ? NULL : w->at[best]++;
}

static size_t select_planned(const ar_index *index, const plan *p, const ar_select_facts *facts, bool started,
                             ar_rule **out) {
  if (!(p->sources >> facts->source & 1) && !(p->tags & facts->ip_tags)) return 0; /* the ordinary act */
  walk w = walk_of(index, p, facts->ip_tags);
  size_t count = 0;
  for (const pick *next; (next = walk_next(&w));) {
    ar_rule *rule = index->rules[next->rule];
    if (rule->at_started != started || (count && out[count - 1] == rule)) continue;
    if (selector_takes_facts(next->selector, started, facts)) out[count++] = rule;
  }
  return count;
}

static bool rule_takes(const ar_index *index, const ar_rule *rule, const ar_select_facts *facts) {
  for (size_t i = 0; i < rule->on_count; i++)
    if (takes_anew(index, &rule->on[i], rule->at_started, facts)) return true;
  return false;
}

static size_t select_anew(const ar_index *index, const ar_select_facts *facts, bool started, ar_rule **out) {
  size_t count = 0;
  for (size_t r = 0; r < index->rule_count; r++)
    if (index->rules[r]->at_started == started && rule_takes(index, index->rules[r], facts))
      out[count++] = index->rules[r];
  return count;
}

size_t ar_index_select(ar_index *index, const ar_select_facts *facts, bool started, ar_rule **out) {
  const plan *p = facts->operation || !facts->unnumbered.len ? plan_of(index, facts->operation) : NULL;
  return p ? select_planned(index, p, facts, started, out) : select_anew(index, facts, started, out);
}
