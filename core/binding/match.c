/* match.c — a sequence that was completed, as a rule sees it. */
#include "binding/private.h"

#include <string.h>

typedef struct match_view {
  view v;
  const ar_rule *rule;
  size_t state;
  ar_match match;
} match_view;

static const ar_state_decl *decl_of(const match_view *m) {
  return &m->rule->states[m->state];
}

/* Name of positive step number n. */
static const char *step_name(const ar_state_decl *decl, unsigned n) {
  for (size_t i = 0; i < decl->step_count; i++)
    if (!decl->steps[i].negative && decl->steps[i].mark == n) return decl->steps[i].name;
  return NULL;
}

void push_match(lua_State *L, script *s, const ar_rule *rule, size_t state, const ar_match *match) {
  for (unsigned i = 0; i < match->done && i < AR_STEPS_MAX; i++) call_hold(L, s, match->steps[i].witness);
  match_view *m = view_push(L, &view_match, sizeof *m);
  m->rule = rule;
  m->state = state;
  m->match = *match;
}

/* steps: by name and by number. Few, and a match is rare: a table will do. */
static void push_steps(lua_State *L, view *v) {
  const match_view *m = (match_view *)v;
  lua_newtable(L);
  for (unsigned i = 0; i < m->match.done && i < AR_STEPS_MAX; i++) {
    const char *name = step_name(decl_of(m), i);
    push_witness(L, v->script, m->match.steps[i].witness);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    if (name)
      lua_setfield(L, -2, name);
    else
      lua_pop(L, 1);
  }
}

static void push_first(lua_State *L, view *v) {
  push_instant(L, ((match_view *)v)->match.steps[0].at);
}

static const ar_hit *last_step(const view *v) {
  const ar_match *match = &((const match_view *)v)->match;
  return &match->steps[match->done ? match->done - 1 : 0];
}

static void push_last(lua_State *L, view *v) {
  push_instant(L, last_step(v)->at);
}

static void push_match_span(lua_State *L, view *v) {
  push_span(L, last_step(v)->at - ((match_view *)v)->match.steps[0].at);
}

static void push_missed(lua_State *L, view *v) {
  lua_pushboolean(L, ((match_view *)v)->match.maybe_missed);
}

const view_type view_match = { "match", "armrun.match",
                               (const view_field[]){
                                   { "steps", push_steps, NULL },
                                   { "first", push_first, NULL },
                                   { "last", push_last, NULL },
                                   { "span", push_match_span, NULL },
                                   { "maybe_missed", push_missed, NULL },
                                   { NULL, NULL, NULL },
                               } };
