/* engine.c — set-up, run, and the fresh start in sorted mode. */
#include "engine/private.h"

#include <string.h>

#define OPERATIONS_MAX 65535
#define ALERTS_MAX ((size_t)16 << 20)
#define MEMORY_DEFAULT ((size_t)512 << 20)
#define CALLERS_MAX 262144

static void defaults(ar_engine_options *o) {
  if (!o->memory_bytes) o->memory_bytes = MEMORY_DEFAULT;
  if (!o->fold) o->fold = 60 * AR_MINUTE;
  if (!o->lateness) o->lateness = 20 * AR_MINUTE;
  if (o->now == AR_INSTANT_NONE || o->now == 0) o->now = ar_instant_now();
  if (o->learn_until == 0) o->learn_until = AR_INSTANT_NONE;
  if (!o->seed) o->seed = ar_seed_new();
}

static bool make_parts(ar_engine *e, ar_err *err) {
  ar_profile_options profile = { .cap = e->options.profile_cap, .seed = e->options.seed };
  ar_state_plan callers = {
    .kind = AR_STATE_TOMBSTONE, .within = AR_CALLER_MEMORY, .cap = CALLERS_MAX, .seed = e->options.seed
  };
  e->ips = ar_ipset_new();
  e->catalogue = ar_catalogue_new();
  e->names = ar_names_new(OPERATIONS_MAX, e->options.seed);
  if (!e->ips || !e->catalogue || !e->names) return ar_nomem(err, "making the engine");
  return (e->profiles = ar_profiles_new(&profile, err)) && (e->callers = ar_state_new(&callers, err)) &&
         (e->bursts = ar_bursts_new(e->options.seed, err)) && case_init(&e->acase, e, err) &&
         case_init(&e->recalled, e, err);
}

ar_engine *ar_engine_new(const ar_engine_options *options, ar_err *err) {
  ar_engine *e = ar_alloc(sizeof *e);
  if (!e) {
    ar_nomem(err, "making the engine");
    return NULL;
  }
  e->options = *options;
  e->next_due = INT64_MAX;
  defaults(&e->options);
  if (make_parts(e, err)) return e;
  ar_engine_free(e);
  return NULL;
}

static void drop_acts(ar_engine *e) {
  engine_unpin_all(e);
  ar_order_free(e->order);
  e->order = NULL;
}

static void free_tables(ar_rule *rule) {
  for (size_t s = 0; rule->tables && s < rule->state_count; s++) ar_state_free(rule->tables[s]);
  ar_free(rule->tables);
  rule->tables = NULL;
}

void ar_engine_free(ar_engine *e) {
  if (!e) return;
  drop_acts(e);
  if (e->acase.arena) case_clear(&e->acase);
  if (e->recalled.arena) case_clear(&e->recalled);
  ar_bursts_free(e->bursts);
  ar_index_free(e->index);
  for (size_t i = 0; i < e->rule_count; i++) {
    free_tables(e->rules[i]);
    ar_rule_free(e->rules[i]);
  }
  ar_state_free(e->callers);
  ar_state_free(e->requests);
  ar_state_free(e->beginners);
  ar_profiles_free(e->profiles);
  ar_bodies_free(e->bodies);
  ar_catalogue_free(e->catalogue);
  ar_names_free(e->names);
  ar_ipset_free(e->ips);
  tell_free(e);
  findings_free(e);
  ar_free(e->selected);
  ar_free(e->waiting);
  ar_free(e->pinned);
  ar_free(e->unpinned);
  ar_free(e->rules);
  ar_free(e->rule_set);
  ar_free(e);
}

ar_ipset *ar_engine_intel(ar_engine *e) {
  return e->ips;
}

ar_catalogue *ar_engine_catalogue(ar_engine *e) {
  return e->catalogue;
}

const ar_names *ar_engine_names(const ar_engine *e) {
  return e->names;
}

uint64_t ar_engine_seed(const ar_engine *e) {
  return e->options.seed;
}

ar_rule *const *ar_engine_rules(const ar_engine *e, size_t *count) {
  *count = e->rule_count;
  return e->rules;
}

static const ar_rule *find_rule(const ar_engine *e, const char *id) {
  for (size_t i = 0; i < e->rule_count; i++)
    if (strcmp(e->rules[i]->id, id) == 0) return e->rules[i];
  return NULL;
}

bool ar_engine_add_rule(ar_engine *e, ar_rule *rule, ar_err *err) {
  const ar_rule *there = find_rule(e, rule->id);
  if (there) {
    ar_fail(err, AR_ERULE, "%s:%d: rule '%s' exists already, at %s:%d", rule->file, rule->line, rule->id, there->file,
            there->line);
    ar_rule_free(rule);
    return false;
  }
  ar_rule **grown = ar_grow(e->rules, &e->rule_room, e->rule_count + 1, sizeof *grown);
  if (!grown) {
    ar_rule_free(rule);
    return ar_nomem(err, "adding a rule");
  }
  e->rules = grown;
  rule->number = e->rule_count;
  e->rules[e->rule_count++] = rule;
  return true;
}

void ar_engine_set_rule_set(ar_engine *e, const char *hash) {
  ar_free(e->rule_set);
  e->rule_set = ar_copy(ar_str_of(hash));
}

/* ---- seal ---- */

static void drop_witness(void *owner, void *witness) {
  (void)owner;
  ar_witness_drop(witness);
}

static bool make_tables(ar_engine *e, ar_rule *rule, ar_err *err) {
  rule->tables = ar_alloc((rule->state_count + 1) * sizeof *rule->tables);
  if (!rule->tables) return ar_nomem(err, "making the tables of a rule");
  for (size_t s = 0; s < rule->state_count; s++) {
    ar_state_plan plan = rule->states[s].plan;
    plan.seed = e->options.seed;
    plan.release = drop_witness;
    plan.cap = cap_of(e, plan.cap);
    if (!(rule->tables[s] = ar_state_new(&plan, err))) return false;
  }
  return true;
}

bool ar_engine_seal(ar_engine *e, ar_err *err) {
  for (size_t i = 0; i < e->rule_count; i++) {
    if (!make_tables(e, e->rules[i], err)) return false;
    e->any_started |= e->rules[i]->at_started;
  }
  e->selected = ar_alloc((e->rule_count + 1) * sizeof *e->selected);
  if (!e->selected) return ar_nomem(err, "sealing the engine");
  if (!engine_list_waiting(e, err)) return false;
  if (!ar_bursts_tie(e->bursts, e->rules, e->rule_count, err) || !ar_ipset_build(e->ips, err)) return false;
  e->index = ar_index_new(e->rules, e->rule_count, e->catalogue, e->names, err);
  e->sealed = e->index != NULL && requests_init(e, err);
  return e->sealed;
}

const char *const *ar_engine_notes(const ar_engine *e, size_t *count) {
  return ar_bursts_notes(e->bursts, count);
}

/* ---- run ---- */

static bool make_order(ar_engine *e, bool sorted, ar_err *err) {
  ar_order_options options = { .lateness = e->options.lateness,
                               .fold = e->options.fold,
                               .memory_bytes = e->options.memory_bytes,
                               .seed = e->options.seed,
                               .sorted = sorted,
                               .started = e->any_started,
                               .duplicate = tell_duplicate,
                               .soon = engine_soon,
                               .owner = e };
  e->order = ar_order_new(&options, err);
  return e->order != NULL;
}

static void reset_rule(ar_rule *rule) {
  for (size_t s = 0; s < rule->state_count; s++) ar_state_clear(rule->tables[s]);
  memset(&rule->told, 0, sizeof rule->told);
}

/* Everything learned in the optimistic pass is void. */
static bool start_over(ar_engine *e, ar_err *err) {
  drop_acts(e);
  for (size_t i = 0; i < e->rule_count; i++) reset_rule(e->rules[i]);
  ar_bursts_clear(e->bursts);
  ar_profiles_clear(e->profiles);
  ar_state_clear(e->callers);
  ar_state_clear(e->requests);
  ar_state_clear(e->beginners);
  ar_bodies_reset(e->bodies);
  tell_reset(e);
  e->next_due = INT64_MAX;
  return ar_reader_rewind(e->reader, err) && make_order(e, true, err);
}

bool ar_engine_run(ar_engine *e, ar_reader *reader, ar_err *err) {
  bool again = false;
  /* What cannot be read twice is sorted at once. */
  bool sorted = e->options.always_sorted || !ar_reader_can_rewind(reader);
  if (!e->sealed || e->reader) return ar_fail(err, AR_EUSAGE, "an engine runs once, after ar_engine_seal");
  e->reader = reader;
  ar_bursts_bound(e->bursts, e->options.memory_bytes / 4 < ALERTS_MAX ? e->options.memory_bytes / 4 : ALERTS_MAX);
  if (!(e->bodies = ar_bodies_new(reader, e->options.memory_bytes / 4, err))) return false;
  if (!make_order(e, sorted, err) || !engine_pass(e, sorted, &again, err)) return false;
  if (again && (!start_over(e, err) || !engine_pass(e, true, &(bool){ false }, err))) return false;
  e->told.sorted = sorted || again;
  return engine_due(e, INT64_MAX, err);
}

/* What would have made it surer, and was not in the input. */
static bool add_missing(const ar_engine *e, ar_alert *alert, ar_err *err) {
  const ar_rule *rule = find_rule(e, alert->rule);
  for (unsigned s = 0; rule && s < AR_SOURCE_COUNT; s++) {
    if (!(rule->better_with >> s & 1) || e->told.by_source[s]) continue;
    if (!ar_strings_add(&alert->missing_sources, ar_str_of(ar_source_words[s]), err)) return false;
  }
  return true;
}

bool ar_engine_settle(ar_engine *e, size_t *count, ar_err *err) {
  return ar_bursts_settle(e->bursts, count, err);
}

bool ar_engine_next(ar_engine *e, ar_alert **alert, ar_err *err) {
  if (!ar_bursts_next(e->bursts, alert, err)) return false;
  if (*alert) (*alert)->rule_set = e->rule_set;
  return !*alert || add_missing(e, *alert, err);
}
