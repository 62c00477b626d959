/* head.c — a head, as lua/armrun/head.lua checked and normalised it, into an ar_rule.
 *
 * The shape is ours, so what does not fit raises a plain error; people's mistakes were told by head.lua. The rule is
 * hung into its script at once: a jump loses nothing. */
#include "binding/private.h"

#include <math.h>
#include <string.h>

static void self_gone(void *self) {
  ((bound *)self)->rule = NULL;
}

void bound_free(bound *b) {
  if (b->rule && !b->taken) {
    b->rule->self = NULL;
    b->rule->free_self = NULL;
    ar_rule_free(b->rule);
  }
  ar_free(b->fired);
  ar_free(b);
}

AR_JUMPS static void *must(lua_State *L, void *memory) {
  if (!memory) luaL_error(L, "out of memory while loading a rule");
  return memory;
}

/* ---- reading fields of the table on top ---- */

static char *text_field(lua_State *L, const char *name) {
  char *copy = NULL;
  if (lua_getfield(L, -1, name) == LUA_TSTRING) {
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    copy = must(L, ar_copy((ar_str){ text, len }));
  }
  lua_pop(L, 1);
  return copy;
}

static bool bool_field(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

static lua_Number number_field(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  lua_Number value = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return value;
}

static ar_span span_field(lua_State *L, const char *name) {
  lua_Number seconds = number_field(L, name);
  return seconds > 0 && seconds < 1e11 ? (ar_span)llround(seconds * (lua_Number)AR_SECOND) : 0;
}

static uint32_t count_field(lua_State *L, const char *name) {
  lua_Number value = number_field(L, name);
  return value > 0 && value < 4e9 ? (uint32_t)value : 0;
}

/* Calls take(L, index, owner) with each string of the list in field `name` on top of the stack. */
static void each_text(lua_State *L, const char *name, void (*take)(lua_State *, const char *, void *), void *owner) {
  if (lua_getfield(L, -1, name) == LUA_TTABLE)
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
      take(L, lua_tostring(L, -1), owner);
      lua_pop(L, 1);
    }
  else
    lua_pushnil(L);
  lua_pop(L, 2);
}

typedef struct mask_of {
  const char *const *words;
  size_t count;
  unsigned mask;
} mask_of;

static void take_bit(lua_State *L, const char *word, void *owner) {
  mask_of *m = owner;
  int bit = word_of(word, m->words, m->count);
  if (bit < 0) luaL_error(L, "'%s' is not among the words of this list", word);
  m->mask |= 1u << bit;
}

static unsigned mask_field(lua_State *L, const char *name, const char *const *words, size_t count) {
  mask_of m = { words, count, 0 };
  each_text(L, name, take_bit, &m);
  return m.mask;
}

static void take_string(lua_State *L, const char *word, void *owner) {
  ar_err err;
  if (!ar_strings_add(owner, ar_str_of(word), &err)) raise_err(L, &err);
}

static void take_field(lua_State *L, const char *word, void *owner) {
  ar_key_plan *plan = owner;
  int field = word_of(word, ar_field_words, AR_FIELD_COUNT);
  if (field < 0 || plan->count == AR_KEY_FIELDS) luaL_error(L, "a key has at most %d fields", AR_KEY_FIELDS);
  plan->fields[plan->count++] = (ar_field)field;
}

/* ---- selectors: the table on top ---- */

static void take_operation(lua_State *L, const char *word, void *owner) {
  ar_selector *s = owner;
  char **grown = must(L, ar_resize(s->operations, (s->operation_count + 1) * sizeof *grown));
  s->operations = grown;
  grown[s->operation_count] = must(L, ar_copy(ar_str_of(word)));
  s->operation_count++;
}

static void take_app(lua_State *L, const char *word, void *owner) {
  ar_selector *s = owner;
  if (s->app_count == AR_SELECTOR_APPS || !ar_id_guid(ar_str_of(word), &s->apps[s->app_count]))
    luaL_error(L, "app: at most %d GUIDs", AR_SELECTOR_APPS);
  s->app_count++;
}

static const char *const novelty_words[] = { "operation", "network", "app", "subscription" };

static void read_selector(lua_State *L, ar_selector *s) {
  each_text(L, "operations", take_operation, s);
  s->statuses = mask_field(L, "statuses", ar_status_words, AR_STATUS_COUNT);
  s->sources = mask_field(L, "sources", ar_source_words, AR_SOURCE_COUNT);
  s->kinds = mask_field(L, "kinds", ar_kind_words, AR_KIND_COUNT);
  s->ip_tags = mask_field(L, "ip", ar_ip_tag_words, AR_IP_TAG_COUNT);
  s->tactics = mask_field(L, "tactics", ar_tactic_words, AR_TACTIC_COUNT);
  s->novelty = mask_field(L, "novelty", novelty_words, 4);
  each_text(L, "apps", take_app, s);
  s->dormant = span_field(L, "dormant");
  if (s->dormant) s->novelty |= AR_DORMANT;
  s->unused_app = span_field(L, "unused_app");
  if (s->unused_app) s->novelty |= AR_UNUSED_APP;
  if (bool_field(L, "settled")) s->novelty |= AR_SETTLED;
  s->everyday = bool_field(L, "everyday");
  s->first = bool_field(L, "first");
}

static size_t list_length(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  size_t count = lua_istable(L, -1) ? (size_t)lua_rawlen(L, -1) : 0;
  lua_pop(L, 1);
  return count;
}

static void read_on(lua_State *L, ar_rule *rule) {
  size_t count = list_length(L, "on");
  if (count == 0) return;
  rule->on = must(L, ar_alloc(count * sizeof *rule->on));
  lua_getfield(L, -1, "on");
  while (rule->on_count < count) {
    lua_rawgeti(L, -1, (lua_Integer)rule->on_count + 1);
    read_selector(L, &rule->on[rule->on_count++]);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* ---- states ---- */

static void read_step(lua_State *L, ar_state_decl *decl) {
  size_t i = decl->step_count++;
  decl->steps[i].name = text_field(L, "name");
  decl->steps[i].negative = bool_field(L, "negative");
  decl->steps[i].mark = (unsigned)number_field(L, "mark");
  lua_getfield(L, -1, "selector");
  read_selector(L, &decl->steps[i].selector);
  lua_pop(L, 1);
}

/* Which marks end the sequence while it waits for the step after step i; the last one: during the quiet time. */
static void read_forbidden(lua_State *L, ar_sequence_plan *plan) {
  lua_getfield(L, -1, "forbidden");
  for (unsigned i = 0; i < plan->steps; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    uint32_t marks = (uint32_t)lua_tointeger(L, -1);
    if (i + 1 == plan->steps)
      plan->forbidden_after = marks;
    else
      plan->forbidden[i] = marks;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void read_sequence(lua_State *L, ar_state_decl *decl) {
  size_t count = list_length(L, "steps");
  decl->plan.sequence.steps = (unsigned)number_field(L, "positive");
  decl->plan.sequence.quiet = span_field(L, "quiet");
  read_forbidden(L, &decl->plan.sequence);
  decl->steps = must(L, ar_alloc(count * sizeof *decl->steps));
  lua_getfield(L, -1, "steps");
  while (decl->step_count < count) {
    lua_rawgeti(L, -1, (lua_Integer)decl->step_count + 1);
    read_step(L, decl);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void read_state(lua_State *L, ar_state_decl *decl) {
  decl->name = text_field(L, "name");
  lua_getfield(L, -1, "kind");
  int kind = word_of(luaL_checkstring(L, -1), ar_state_words, AR_STATE_KINDS);
  lua_pop(L, 1);
  if (kind < 0) luaL_error(L, "an unknown kind of state");
  decl->plan.kind = (ar_state_kind)kind;
  decl->plan.within = span_field(L, "within");
  decl->plan.cap = count_field(L, "cap");
  decl->plan.cap_hits = count_field(L, "cap_hits");
  each_text(L, "by", take_field, &decl->by);
  ar_key_plan of = { .count = 0 };
  each_text(L, "of", take_field, &of);
  decl->of = of.count ? of.fields[0] : AR_FIELD_COUNT;
  decl->feed_from = count_field(L, "feed_from");
  decl->feed_count = count_field(L, "feed_count");
  if (decl->plan.kind == AR_STATE_SEQUENCE) read_sequence(L, decl);
}

static void read_states(lua_State *L, ar_rule *rule) {
  size_t count = list_length(L, "states");
  if (count == 0) return;
  rule->states = must(L, ar_alloc(count * sizeof *rule->states));
  lua_getfield(L, -1, "states");
  while (rule->state_count < count) {
    lua_rawgeti(L, -1, (lua_Integer)rule->state_count + 1);
    read_state(L, &rule->states[rule->state_count++]);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* ---- the rest of the head ---- */

static void read_gate(lua_State *L, ar_gate *gate) {
  gate->state = count_field(L, "state");
  gate->total = count_field(L, "total");
  gate->distinct = count_field(L, "distinct");
  gate->most = count_field(L, "most");
}

static void read_gates(lua_State *L, ar_rule *rule) {
  size_t count = list_length(L, "gates");
  rule->feeds = bool_field(L, "feeds");
  rule->call_count = count_field(L, "call_count");
  lua_getfield(L, -1, "gates");
  while (rule->gate_count < count && rule->gate_count < AR_GATES_MAX) {
    lua_rawgeti(L, -1, (lua_Integer)rule->gate_count + 1);
    read_gate(L, &rule->gates[rule->gate_count++]);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void read_needs(lua_State *L, ar_rule *rule) {
  lua_getfield(L, -1, "needs");
  size_t count = (size_t)lua_rawlen(L, -1);
  for (size_t i = 0; i < count && i < sizeof rule->needs / sizeof *rule->needs; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    rule->needs[rule->need_count++] = mask_field(L, "any", ar_source_words, AR_SOURCE_COUNT);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  rule->needs_tags = mask_field(L, "needs_tags", ar_ip_tag_words, AR_IP_TAG_COUNT);
  rule->better_with = mask_field(L, "better_with", ar_source_words, AR_SOURCE_COUNT);
}

static void read_burst(lua_State *L, ar_rule *rule) {
  if (lua_getfield(L, -1, "burst") == LUA_TTABLE) {
    each_text(L, "by", take_field, &rule->burst_by);
    rule->burst_quiet = span_field(L, "quiet");
    rule->burst_max = span_field(L, "max");
  }
  lua_pop(L, 1);
}

static bool has_principal(const ar_key_plan *plan) {
  for (size_t i = 0; i < plan->count; i++)
    if (plan->fields[i] == AR_FIELD_PRINCIPAL) return true;
  return false;
}

/* Keyed by the principal anywhere, also by a burst that was left to the default: then an act of nobody is not its. */
static bool takes_nobody(const ar_rule *rule) {
  if (rule->burst_by.count == 0 || has_principal(&rule->burst_by)) return false;
  for (size_t i = 0; i < rule->state_count; i++)
    if (has_principal(&rule->states[i].by)) return false;
  return true;
}

static void read_severity(lua_State *L, bound *b) {
  unsigned mask = mask_field(L, "severity", ar_severity_words, AR_SEVERITIES);
  int top = AR_SEVERITIES - 1;
  while (top > 0 && !(mask >> top & 1)) top--;
  b->severities = mask;
  b->rule->severity = (ar_severity)top;
  b->tuned = tune_find(b->script->loader, b->rule->id);
  if (!b->tuned) return;
  b->tuned->used = true;
  if (b->tuned->has_severity) b->rule->severity = b->tuned->severity;
}

static void read_words(lua_State *L, ar_rule *rule) {
  rule->title = text_field(L, "title");
  rule->confidence = (ar_confidence)number_field(L, "confidence");
  each_text(L, "tactics", take_string, &rule->tactics);
  each_text(L, "techniques", take_string, &rule->techniques);
  each_text(L, "yields_to", take_string, &rule->yields_to);
  rule->preview = bool_field(L, "preview");
  rule->at_started = bool_field(L, "at_started");
  rule->learning_days = count_field(L, "learning_days");
}

static int keep_field(lua_State *L, const char *name) {
  lua_getfield(L, -1, name);
  return luaL_ref(L, LUA_REGISTRYINDEX); /* LUA_REFNIL for nil */
}

static void read_code(lua_State *L, bound *b) {
  b->detect = keep_field(L, "detect");
  b->due = keep_field(L, "due");
  lua_getfield(L, -1, "params");
  push_params(L, lua_gettop(L));
  b->params = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pop(L, 1);
  push_tables(L, b);
  b->states = luaL_ref(L, LUA_REGISTRYINDEX);
  b->rule->detect = call_detect;
  b->rule->due = b->due == LUA_REFNIL ? NULL : call_due;
}

static bound *new_bound(lua_State *L, script *s) {
  bound *b = must(L, ar_alloc(sizeof *b)), **end = &s->rules;
  while (*end) end = &(*end)->next;
  *end = b;
  b->script = s;
  b->rule = must(L, ar_rule_new());
  b->rule->self = b;
  b->rule->free_self = self_gone;
  b->rule->file = must(L, ar_copy(ar_str_of(s->name)));
  return b;
}

int arl_register(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  script *s = script_of(L);
  lua_getfield(L, 1, "id");
  bound *twin = loader_find(s->loader, luaL_checkstring(L, 2));
  lua_settop(L, 1);
  int line = (int)number_field(L, "line");
  if (twin) {
    lua_getfield(L, 1, "id");
    loader_problem(s->loader, "%s:%d: rule '%s' stands twice, first in %s:%d", s->name, line, lua_tostring(L, 2),
                   twin->rule->file, twin->rule->line);
    return 0;
  }
  bound *b = new_bound(L, s);
  b->rule->id = text_field(L, "id");
  b->rule->line = line;
  read_words(L, b->rule);
  read_severity(L, b);
  read_needs(L, b->rule);
  read_on(L, b->rule);
  read_states(L, b->rule);
  read_gates(L, b->rule);
  read_burst(L, b->rule);
  b->rule->nobody = lua_getfield(L, 1, "nobody") == LUA_TNIL ? takes_nobody(b->rule) : lua_toboolean(L, -1);
  lua_settop(L, 1);
  read_code(L, b);
  return 0;
}
