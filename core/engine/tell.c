/* tell.c — what the engine saw: counters, kinds of skips and rejects, what each rule lacks. */
#include "engine/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void kinds_free(kinds *k) {
  for (size_t i = 0; i < k->count; i++) {
    ar_free(k->items[i].what);
    ar_free(k->items[i].example);
  }
  memset(k, 0, sizeof *k);
}

void tell_reset(ar_engine *engine) {
  kinds_free(&engine->skipped);
  kinds_free(&engine->rejected);
  odd_reset(engine);
  memset(&engine->told, 0, sizeof engine->told);
  if (engine->files) memset(engine->files, 0, engine->file_room * sizeof *engine->files);
}

void tell_free(ar_engine *engine) {
  tell_reset(engine);
  ar_free(engine->files);
}

ar_file_told *tell_file(ar_engine *engine, uint32_t file) {
  size_t before = engine->file_room;
  ar_file_told *grown = ar_grow(engine->files, &engine->file_room, (size_t)file + 1, sizeof *grown);
  if (!grown) return NULL;
  if (engine->file_room > before) memset(grown + before, 0, (engine->file_room - before) * sizeof *grown);
  engine->files = grown;
  return &grown[file];
}

static ar_told_kind *find_kind(kinds *k, ar_str what) {
  for (size_t i = 0; i < k->count; i++)
    if (ar_str_eq(ar_str_of(k->items[i].what), what)) return &k->items[i];
  return NULL;
}

/* Kinds come from the log, so there may be as many as an attacker likes: past the limit they are one. */
static void count_kind(kinds *k, const char *why, const ar_origin *origin) {
  ar_str what = ar_reason_head(why);
  ar_told_kind *kind = find_kind(k, what);
  if (!kind && k->count >= AR_KINDS_MAX) what = AR_STR("other reasons");
  if (!kind) kind = find_kind(k, what);
  if (!kind) {
    kind = &k->items[k->count];
    kind->what = ar_copy(what);
    kind->example = ar_copy(ar_str_of(why));
    if (!kind->what || !kind->example) {
      ar_free(kind->what);
      ar_free(kind->example);
      *kind = (ar_told_kind){ 0 };
      return;
    }
    kind->file = origin->file;
    kind->record = origin->record;
    k->count++;
  }
  kind->count++;
}

void tell_reject(ar_engine *engine, const ar_reject *reject) {
  ar_file_told *file = tell_file(engine, reject->origin.file);
  if (file) file->rejected++;
  engine->told.rejected++;
  count_kind(&engine->rejected, reject->reason, &reject->origin);
  odd_reject(engine, reject);
  if (!engine->options.reject || engine->told.rejected <= engine->rejects_shown) return;
  engine->rejects_shown = engine->told.rejected;
  engine->options.reject(engine->options.owner, reject, ar_reader_file(engine->reader, reject->origin.file).name);
}

void tell_outcome(ar_engine *engine, const outcome *o) {
  ar_file_told *file = tell_file(engine, o->origin.file);
  if (o->kind == OUTCOME_UNWRAPPED) {
    if (file) file->records += (uint64_t)o->extra; /* the reader's own count is added at the end */
    return;
  }
  if (o->kind == OUTCOME_SKIPPED) {
    if (file) file->skipped++;
    engine->told.skipped++;
    count_kind(&engine->skipped, o->why, &o->origin);
    return;
  }
  ar_reject reject = { .origin = o->origin, .kind = o->reject, .reason = o->why };
  memcpy(reject.sha256, o->sha256, sizeof reject.sha256);
  tell_reject(engine, &reject);
}

void tell_duplicate(void *owner, const ar_event *event) {
  ar_engine *engine = owner;
  ar_file_told *file = tell_file(engine, event->origin.file);
  if (file) file->duplicates++, file->events--;
  engine->told.duplicates++;
  engine->told.events--;
  engine->told.by_source[event->source]--;
  if (event->flags & AR_EVENT_FUTURE) engine->told.future--;
}

/* ---- the whole ---- */

static int by_count(const void *a, const void *b) {
  const ar_told_kind *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return strcmp(x->what, y->what);
}

static void add_states(ar_state_counts *sum, const ar_rule *rule) {
  for (size_t s = 0; rule->tables && s < rule->state_count; s++) {
    ar_state_counts one = ar_state_tell(rule->tables[s]);
    sum->keys += one.keys;
    sum->hits += one.hits;
    sum->adds += one.adds;
    sum->expired += one.expired;
    sum->evicted += one.evicted;
    sum->hits_evicted += one.hits_evicted;
    sum->held_evicted += one.held_evicted;
    sum->probes += one.probes;
    sum->bytes += one.bytes;
  }
}

static void add_files(ar_engine *engine) {
  ar_told *told = &engine->told;
  told->records = told->bytes = 0;
  told->file_count = engine->reader ? ar_reader_file_count(engine->reader) : 0;
  for (size_t i = 0; i < told->file_count; i++) {
    ar_file_info info = ar_reader_file(engine->reader, i);
    ar_file_told *file = tell_file(engine, (uint32_t)i);
    told->bytes += info.bytes;
    if (!file) continue;
    if (!file->name) file->records += info.records; /* once, however often it is asked */
    file->name = info.name;
    file->problem = info.problem;
    told->records += file->records;
  }
  told->files = engine->files;
}

const ar_told *ar_engine_tell(ar_engine *engine) {
  ar_told *told = &engine->told;
  add_files(engine);
  qsort(engine->skipped.items, engine->skipped.count, sizeof *engine->skipped.items, by_count);
  qsort(engine->rejected.items, engine->rejected.count, sizeof *engine->rejected.items, by_count);
  told->skipped_kinds = engine->skipped.items;
  told->skipped_kind_count = engine->skipped.count;
  told->rejected_kinds = engine->rejected.items;
  told->rejected_kind_count = engine->rejected.count;
  told->profiles = ar_profiles_tell(engine->profiles);
  memset(&told->states, 0, sizeof told->states);
  for (size_t r = 0; r < engine->rule_count; r++) add_states(&told->states, engine->rules[r]);
  if (engine->order) {
    ar_order_counts order = ar_order_tell(engine->order);
    told->oldest = order.oldest;
    told->newest = order.newest;
    told->spilled_bytes = order.spilled_bytes;
  }
  return told;
}

/* ---- what a rule lacks ---- */

static void say(char lacks[160], const char *word, const char *joint) {
  size_t len = strlen(lacks);
  snprintf(lacks + len, 160 - len, "%s%s", len ? joint : "", word);
}

static bool seen_any(const ar_engine *engine, unsigned sources) {
  for (unsigned s = 0; s < AR_SOURCE_COUNT; s++)
    if ((sources >> s & 1) && engine->told.by_source[s]) return true;
  return false;
}

static void say_need(char lacks[160], unsigned sources) {
  const char *joint = ", ";
  for (unsigned s = 0; s < AR_SOURCE_COUNT; s++) {
    if (!(sources >> s & 1)) continue;
    say(lacks, ar_source_words[s], joint);
    joint = " or ";
  }
}

static void say_tags(char lacks[160], unsigned tags) {
  const char *joint = ", ";
  for (unsigned t = 0; t < AR_IP_TAG_COUNT; t++) {
    char word[40];
    if (!(tags >> t & 1)) continue;
    snprintf(word, sizeof word, "%s%s", strcmp(joint, ", ") == 0 ? "--intel " : "", ar_ip_tag_words[t]);
    say(lacks, word, joint);
    joint = " or ";
  }
}

bool ar_engine_rule_can_fire(const ar_engine *engine, const ar_rule *rule, char lacks[160]) {
  lacks[0] = '\0';
  for (size_t i = 0; i < rule->need_count; i++)
    if (!seen_any(engine, rule->needs[i])) say_need(lacks, rule->needs[i]);
  if (rule->needs_tags && !(ar_ipset_loaded_tags(engine->ips) & rule->needs_tags)) say_tags(lacks, rule->needs_tags);
  return lacks[0] == '\0';
}

bool ar_engine_rule_learning(const ar_engine *engine, const ar_rule *rule, uint32_t *has, uint32_t *wants) {
  *has = ar_profiles_tell(engine->profiles).most_tenant_days;
  *wants = rule->learning_days;
  return *has < *wants;
}
