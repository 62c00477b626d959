/* private.h — what the files of binding share: a rule file with its Lua state, and views.
 *
 * Five invariants at the border to Lua:
 *  1. Only ar_sandbox_call enters Lua; everything that may raise runs below it, set-up too.
 *  2. A function that may leave by longjmp says AR_JUMPS, or is a lua_CFunction (arl_…).
 *  3. Nothing of ar_alloc is held across a call that may raise, unless a script owns it.
 *  4. Messages are pushed first, C things released, raised last.
 *  5. A view is good for one call of detect or due; later it raises.
 */
#ifndef ARMRUN_BINDING_PRIVATE_H
#define ARMRUN_BINDING_PRIVATE_H

#include <lauxlib.h>
#include <lua.h>

#include "binding/binding.h"

#define LOOKED_MAX 16
#define HELD_MAX 512
#define REASONS_MAX 32
#define VALUES_MAX 32
#define TEXT_MAX 4096
#define JSON_VALUES_MAX 20000
#define JSON_DEPTH_MAX 32

typedef struct script script;

/* One rule of a file, with what Lua holds for it. rule->self. */
typedef struct bound {
  struct bound *next;
  script *script;
  ar_rule *rule;                   /* the engine's once it took it */
  int detect, due, params, states; /* references into the registry of its state */
  unsigned severities;             /* mask of what the head allows; several: the alert must say which */
  struct tuned *tuned;             /* NULL: as shipped */
  bool taken;                      /* the engine owns the rule */
  struct fired {                   /* findings of a rule with `except`: which act, was it excepted */
    ar_id act;
    bool excepted;
  } * fired;
  size_t fired_count, fired_room;
  bool fired_sorted;
} bound;

typedef enum script_kind { SCRIPT_RULES, SCRIPT_TUNING, SCRIPT_WORDS } script_kind;

typedef struct looked {
  size_t state;
  ar_id key;
} looked;

/* A rule or tuning file and its lua_State. */
struct script {
  ar_loader *loader;
  script_kind kind;
  char *name; /* as messages show it */
  char *path; /* NULL: came as text */
  char *text;
  size_t len;
  ar_sandbox *sandbox;
  bound *rules;
  /* The call under way: */
  uint64_t generation;
  bool running;
  ar_case *acase;          /* NULL in due */
  ar_instant due_at;       /* in due: when the quiet time ended */
  const ar_witness *asked; /* the remembered act that a look was given instead of the act */
  bound *current;
  ar_alert *draft;
  uint64_t draft_of; /* number of the alert{} that made the draft */
  looked looked[LOOKED_MAX];
  size_t looked_count;
  ar_witness *held[HELD_MAX];
  size_t held_count;
  uint32_t table_calls; /* moves with each call on a table: a tally's hits are good until then */
};

typedef struct tuned_value {
  char *name, *text; /* text when it is one */
  ar_value_type type;
  double number;
  int64_t integer;
  int line;
} tuned_value;

/* tune "ID" { … } */
typedef struct tuned {
  char *id;
  script *script;
  int line;
  tuned_value *values;
  size_t value_count, value_room;
  int except; /* LUA_NOREF: none */
  ar_severity severity;
  bool has_severity, used;
} tuned;

/* ignore { … } */
typedef struct ignored {
  char *principal, *rules, *subscription, *ip, *because;
  ar_instant expires; /* AR_INSTANT_NONE: never */
  const char *file;
  int line;
} ignored;

typedef struct own_word { /* one of our own modules, compiled once */
  ar_str name;
  char *code;
  size_t len, room;
} own_word;

typedef struct digest {
  char *name;
  unsigned char sha256[32];
} digest;

/* What runs now, for whoever watches from another thread. */
typedef struct pulse {
  _Atomic(const char *) rule;
  _Atomic uint64_t call;
} pulse;

struct ar_loader {
  pulse pulse;
  ar_engine *engine;
  ar_loader_options options;
  uint64_t seed;
  script **scripts;
  size_t script_count, script_room;
  tuned **tuned;
  size_t tuned_count, tuned_room;
  ignored *ignored;
  size_t ignored_count, ignored_room;
  own_word words[16];
  size_t word_count;
  digest *digests;
  size_t digest_count, digest_room;
  ar_problem *problems, *notes;
  size_t problem_count, problem_room, note_count, note_room;
  bool no_memory, finished;
  uint64_t ignored_alerts;
};

/* ---- loader.c ---- */
/* Remembers "where: text". Never raises. */
void loader_problem(ar_loader *loader, const char *format, ...) __attribute__((format(printf, 2, 3)));
void loader_note(ar_loader *loader, const char *format, ...) __attribute__((format(printf, 2, 3)));
script *loader_script(ar_loader *loader, script_kind kind, const char *name, const char *path, ar_str text,
                      ar_err *err);
bool loader_run(script *s, ar_err *err);
/* Names nobody declares and fields an act does not have become problems; false when memory is out. */
bool lint_script(script *s, ar_err *err);
void loader_digest(ar_loader *loader, const char *kind, const char *name, ar_str text);
bound *loader_find(const ar_loader *loader, const char *id);

/* ---- files.c ---- */
char *file_read(const char *path, size_t *len, ar_err *err);
/* Paths of the .lua files below `folder`, in byte order, without its lib/. */
bool files_below(const char *folder, ar_strings *out, ar_err *err);
bool file_is_folder(const char *path);
/* The text of module "lib.name" for a rule at `path`: lib/name.lua in its folder or one above. NULL: none. */
char *file_module(const char *path, const char *name, char found[512], size_t *len);

/* ---- open.c ---- */
script *script_of(lua_State *L);
AR_JUMPS int arl_open(lua_State *L); /* (script): the words, as globals */
int arl_part(lua_State *L);
ar_str own_text(ar_loader *loader, ar_str name);
ar_str own_module(void *owner, ar_str name); /* of the texts built in */

/* ---- words.c: what lua/armrun/head.lua stands on ---- */
AR_JUMPS void words_core(lua_State *L);                                /* [0, +1] */
int word_of(const char *word, const char *const *words, size_t count); /* -1: not among them; any case */
/* File and line of the innermost function that is not ours. */
void words_where(lua_State *L, char where[300], int *line);
/* The line of `key = …` in the statement that begins at line `from`; `from` when it cannot be found. */
int words_line(const script *s, int from, const char *key);

/* ---- head.c ---- */
AR_JUMPS int arl_register(lua_State *L); /* (head as head.lua normalised it) */
void bound_free(bound *b);

/* ---- tune.c ---- */
AR_JUMPS int arl_tune(lua_State *L);
AR_JUMPS int arl_ignore(lua_State *L);
AR_JUMPS int arl_tuned(lua_State *L); /* (id): list of { name, value, where } */
tuned *tune_find(const ar_loader *loader, const char *id);
void tune_free(ar_loader *loader);
/* Does the site except this finding? Of an act, or of the last witness of a sequence. */
bool tune_excepts(bound *b, ar_case *acase, ar_witness *witness, bool *yes, ar_err *err);
bool tune_check(ar_loader *loader);
bool tune_glob(const char *pattern, const char *text);

/* ---- call.c: detect and due ---- */
bool call_detect(ar_rule *rule, ar_case *acase, ar_alert **out, ar_err *err);
bool call_due(ar_rule *rule, size_t state, const ar_match *match, ar_alert **out, ar_err *err);
void call_begin(script *s, bound *b, ar_case *acase);
void call_end(script *s);
/* Keeps a witness alive until the call ends. */
AR_JUMPS void call_hold(lua_State *L, script *s, ar_witness *witness);
/* The same for witnesses that a completed match owns. */
AR_JUMPS void call_adopt(lua_State *L, script *s, ar_match *match);
AR_JUMPS void raise_err(lua_State *L, const ar_err *err);

/* ---- draft.c ---- */
AR_JUMPS int arl_alert(lua_State *L);
AR_JUMPS int arl_reason(lua_State *L);

/* ---- view.c: fields by name, for one call ---- */
typedef struct view_type view_type;

typedef struct view {
  const view_type *type;
  script *script;
  uint64_t generation;
} view;

typedef struct view_field {
  const char *name;
  void (*push)(lua_State *L, view *v); /* [0, +1]; NULL: a method */
  lua_CFunction method;
} view_field;

struct view_type {
  const char *name, *meta; /* "act", "armrun.act" */
  const view_field *fields;
};

extern const view_type view_act, view_principal, view_profile, view_known, view_peers, view_coverage, view_risk,
    view_intel, view_witness, view_witness_principal, view_tally, view_seen, view_life, view_tomb, view_total,
    view_match;
extern const view_type *const view_types[]; /* ended by NULL */

AR_JUMPS void *view_push(lua_State *L, const view_type *type, size_t bytes);
AR_JUMPS void *view_check(lua_State *L, int arg, const view_type *type); /* raises unless alive */
bool view_is(lua_State *L, int arg, const view_type *type);
AR_JUMPS int unknown_name(lua_State *L, const char *what, const char *given, const char *const *names, size_t count);

ar_str cut_text(ar_str s);             /* at most TEXT_MAX bytes, at a character's end */
void push_str(lua_State *L, ar_str s); /* nil when absent or empty */
void push_text(lua_State *L, const char *s);
void push_instant(lua_State *L, ar_instant at); /* seconds since 1970; nil for none */
void push_span(lua_State *L, ar_span span);
void push_tri(lua_State *L, ar_tri tri);
/* Scalars as they are, objects and lists as tables. [0, +1], or [0, +2] with true when it was too much to give whole.
 */
AR_JUMPS int push_json(lua_State *L, ar_json value);
AR_JUMPS void push_tags(lua_State *L, unsigned tags);

/* ---- act.c, facts.c, witness.c, match.c ---- */
AR_JUMPS void push_act(lua_State *L, script *s);
void push_act_principal(lua_State *L, view *v);
void push_act_profile(lua_State *L, view *v);
void push_act_peers(lua_State *L, view *v);
void push_act_coverage(lua_State *L, view *v);
void push_act_risk(lua_State *L, view *v);
void push_act_intel(lua_State *L, view *v);
AR_JUMPS void push_witness(lua_State *L, script *s, ar_witness *witness); /* nil for NULL */
ar_witness *witness_of_view(lua_State *L, int arg);
AR_JUMPS ar_witness *complete_witness(lua_State *L, ar_witness *witness); /* with its texts and ids; returns it */

/* ---- tables.c: state.<name> ---- */
const luaL_Reg *table_methods(ar_state_kind kind);
AR_JUMPS void tables_open(lua_State *L);
AR_JUMPS void push_tables(lua_State *L, bound *b);  /* the `state` argument */
AR_JUMPS void push_params(lua_State *L, int table); /* the `params` argument, over a table of values */
AR_JUMPS void push_match(lua_State *L, script *s, const ar_rule *rule, size_t state, const ar_match *match);

#endif
