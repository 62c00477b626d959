/* ties.c — who yields to whom: the graph of yields_to, checked for circles, and its closure as a bit matrix.
 *
 * Only rules with a tie are numbered here, so thousands of rules without one cost nothing. */
#include "burst/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
  const ar_rule *rule;
  size_t number; /* its row; UNTIED without a tie */
} node;

struct ties {
  node *by_id;      /* all rules, by id */
  node *by_address; /* the same, by pointer */
  size_t rule_count;
  const ar_rule **tied; /* by number */
  size_t count, words;  /* words of 64 bits in a row */
  uint64_t *direct, *reach;
  char **notes;
  size_t note_count, note_room;
};

static int cmp_ids(const void *left, const void *right) {
  return strcmp(((const node *)left)->rule->id, ((const node *)right)->rule->id);
}

static int cmp_addresses(const void *left, const void *right) {
  uintptr_t a = (uintptr_t)((const node *)left)->rule, b = (uintptr_t)((const node *)right)->rule;
  return (a > b) - (a < b);
}

static node *find_id(const ties *t, char *id) {
  ar_rule probe = { .id = id };
  node wanted = { &probe, 0 };
  return t->rule_count ? bsearch(&wanted, t->by_id, t->rule_count, sizeof wanted, cmp_ids) : NULL;
}

size_t ties_number(const ties *t, const ar_rule *rule) {
  node wanted = { rule, 0 };
  const node *n = NULL;
  if (t && t->rule_count) n = bsearch(&wanted, t->by_address, t->rule_count, sizeof wanted, cmp_addresses);
  return n ? n->number : UNTIED;
}

static bool bit_of(const uint64_t *matrix, const ties *t, size_t row, size_t column) {
  return matrix[row * t->words + column / 64] >> (column % 64) & 1;
}

static void set_bit(uint64_t *matrix, const ties *t, size_t row, size_t column) {
  matrix[row * t->words + column / 64] |= (uint64_t)1 << (column % 64);
}

bool ties_yields(const ties *t, size_t a, size_t b) {
  return bit_of(t->reach, t, a, b);
}

const char *const *ties_notes(const ties *t, size_t *count) {
  *count = t->note_count;
  return (const char *const *)t->notes;
}

void ties_free(ties *t) {
  if (!t) return;
  for (size_t i = 0; i < t->note_count; i++) ar_free(t->notes[i]);
  ar_free(t->notes);
  ar_free(t->by_id);
  ar_free(t->by_address);
  ar_free(t->tied);
  ar_free(t->direct);
  ar_free(t->reach);
  ar_free(t);
}

/* ---- notes ---- */

static const char *nearest_id(const ties *t, const char *id) {
  const char **words = ar_alloc(t->rule_count * sizeof *words);
  if (!words) return NULL; /* the note is told without a guess */
  for (size_t i = 0; i < t->rule_count; i++) words[i] = t->by_id[i].rule->id;
  const char *near = ar_nearest(ar_str_of(id), words, t->rule_count);
  ar_free(words);
  return near;
}

static bool note_unknown(ties *t, const ar_rule *rule, const char *id) {
  char note[480];
  const char *near = nearest_id(t, id);
  snprintf(note, sizeof note, "%s:%d: yields_to names \"%s\", which is not among the rules loaded%s%s%s",
           rule->file ? rule->file : "?", rule->line, id, near ? "; did you mean \"" : "", near ? near : "",
           near ? "\"?" : "");
  char **grown = ar_grow(t->notes, &t->note_room, t->note_count + 1, sizeof *grown);
  if (!grown) return false;
  t->notes = grown;
  grown[t->note_count] = ar_copy(ar_str_of(note));
  return grown[t->note_count] && ++t->note_count;
}

/* ---- the graph ---- */

static bool list_rules(ties *t, ar_rule *const *rules, size_t count) {
  t->by_id = ar_alloc(count * sizeof *t->by_id);
  t->by_address = ar_alloc(count * sizeof *t->by_address);
  t->tied = ar_alloc(count * sizeof *t->tied);
  if (!t->by_id || !t->by_address || !t->tied) return false;
  for (size_t i = 0; i < count; i++) t->by_id[i] = (node){ rules[i], UNTIED };
  t->rule_count = count;
  if (count) qsort(t->by_id, count, sizeof *t->by_id, cmp_ids);
  return true;
}

static void give_number(ties *t, node *n) {
  if (n->number != UNTIED) return;
  n->number = t->count;
  t->tied[t->count++] = n->rule;
}

static bool number_rules(ties *t) {
  for (size_t i = 0; i < t->rule_count; i++) {
    const ar_rule *rule = t->by_id[i].rule;
    for (size_t y = 0; y < rule->yields_to.count; y++) {
      node *to = find_id(t, rule->yields_to.items[y]);
      if (!to && !note_unknown(t, rule, rule->yields_to.items[y])) return false;
      if (!to) continue;
      give_number(t, &t->by_id[i]);
      give_number(t, to);
    }
  }
  if (t->rule_count) memcpy(t->by_address, t->by_id, t->rule_count * sizeof *t->by_id);
  if (t->rule_count) qsort(t->by_address, t->rule_count, sizeof *t->by_address, cmp_addresses);
  return true;
}

static bool draw(ties *t) {
  t->words = (t->count + 63) / 64;
  t->direct = ar_alloc(t->count * t->words * sizeof *t->direct);
  t->reach = ar_alloc(t->count * t->words * sizeof *t->reach);
  if (!t->direct || !t->reach) return false;
  for (size_t i = 0; i < t->count; i++)
    for (size_t y = 0; y < t->tied[i]->yields_to.count; y++) {
      const node *to = find_id(t, t->tied[i]->yields_to.items[y]);
      if (to) set_bit(t->direct, t, i, to->number);
    }
  return true;
}

/* ---- circles and closure ---- */

enum { FRESH, OPEN, DONE };

/* The way from a start to the rule under visit; depth first without recursion, since rules may chain by thousands. */
typedef struct visit {
  size_t *path, *next; /* next: the column to look at, per step */
  unsigned char *mark;
  size_t depth;
} visit;

static size_t smallest_id(const ties *t, const size_t *circle, size_t len) {
  size_t best = 0;
  for (size_t i = 1; i < len; i++)
    if (strcmp(t->tied[circle[i]]->id, t->tied[circle[best]]->id) < 0) best = i;
  return best;
}

/* Told from the smallest id on, so that the message does not depend on the order of files. */
static bool fail_circle(const ties *t, const size_t *circle, size_t len, ar_err *err) {
  char told[400] = "";
  size_t from = smallest_id(t, circle, len), used = 0;
  const ar_rule *first = t->tied[circle[from]];
  for (size_t i = 0; i < len && used < 300; i++) {
    int wrote = snprintf(told + used, sizeof told - used, "%.64s -> ", t->tied[circle[(from + i) % len]]->id);
    used += (size_t)wrote;
    if (used >= 300 && i + 1 < len) snprintf(told + used, sizeof told - used, "... -> ");
  }
  return ar_fail(err, AR_ERULE, "%.120s:%d: yields_to runs in a circle: %s%.64s", first->file ? first->file : "?",
                 first->line, told, first->id);
}

static void push(visit *v, size_t number) {
  v->mark[number] = OPEN;
  v->path[v->depth] = number;
  v->next[v->depth++] = 0;
}

/* Everything that `number` reaches is known: hand it up to the rule that asked. */
static void pop(const ties *t, visit *v) {
  size_t number = v->path[--v->depth];
  v->mark[number] = DONE;
  for (size_t w = 0; w < t->words; w++) t->reach[number * t->words + w] |= t->direct[number * t->words + w];
  for (size_t to = 0; to < t->count; to++)
    if (bit_of(t->direct, t, number, to))
      for (size_t w = 0; w < t->words; w++) t->reach[number * t->words + w] |= t->reach[to * t->words + w];
}

static bool close_circle(const ties *t, const visit *v, size_t to, ar_err *err) {
  size_t start = v->depth - 1;
  while (v->path[start] != to) start--;
  return fail_circle(t, v->path + start, v->depth - start, err);
}

static bool visit_from(const ties *t, visit *v, size_t start, ar_err *err) {
  push(v, start);
  while (v->depth) {
    size_t number = v->path[v->depth - 1], to = v->next[v->depth - 1]++;
    if (to == t->count)
      pop(t, v);
    else if (!bit_of(t->direct, t, number, to))
      continue;
    else if (v->mark[to] == OPEN)
      return close_circle(t, v, to, err);
    else if (v->mark[to] == FRESH)
      push(v, to);
  }
  return true;
}

static bool close_reach(const ties *t, ar_err *err) {
  visit v = { ar_alloc(t->count * sizeof *v.path), ar_alloc(t->count * sizeof *v.next), ar_alloc(t->count), 0 };
  bool done = (v.path && v.next && v.mark) || ar_nomem(err, "tying rules");
  for (size_t i = 0; done && i < t->count; i++)
    if (v.mark[i] == FRESH) done = visit_from(t, &v, i, err);
  ar_free(v.path);
  ar_free(v.next);
  ar_free(v.mark);
  return done;
}

ties *ties_new(ar_rule *const *rules, size_t count, ar_err *err) {
  ties *t = ar_alloc(sizeof *t);
  bool drawn = t && list_rules(t, rules, count) && number_rules(t) && draw(t);
  if (!drawn) ar_nomem(err, "tying rules");
  if (drawn && close_reach(t, err)) return t;
  ties_free(t);
  return NULL;
}
