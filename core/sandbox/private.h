/* private.h — what the files of the sandbox share. */
#ifndef ARMRUN_SANDBOX_PRIVATE_H
#define ARMRUN_SANDBOX_PRIVATE_H

#include <lauxlib.h>
#include <lua.h>

#include "sandbox/sandbox.h"

#define STEP 1000        /* instructions between two looks at the budget */
#define LONG_BYTES 4096  /* blocks up to this are walked within the price of one instruction */
#define STACK_BYTES 8192 /* the same of Lua's stack, of which a call may copy as much as there is */
#define LONG_STRINGS 256 /* longer ones that may live at a time */
#define FEW_VALUES 1000  /* results that one function of ours may push */

/* Why memory was refused last. */
typedef enum refusal { REFUSED_NOTHING, REFUSED_INSTRUCTIONS, REFUSED_BYTES, REFUSED_STRINGS, REFUSED_MEMORY } refusal;

/* A place in a rule file; line 0: unknown. `cut` is the file as Lua itself puts it into messages. */
typedef struct place {
  char file[256], cut[LUA_IDSIZE];
  int line;
} place;

typedef struct long_string {
  void *block;
  size_t bytes;
} long_string;

struct ar_sandbox {
  lua_State *L;
  void *owner;
  uint64_t limit; /* instructions */
  size_t call_bytes, total_bytes;

  int depth;         /* calls under way */
  bool starved;      /* a library was refused memory: as if Lua had been */
  bool sticky;       /* the budget is spent: nothing may go on */
  uint64_t spent;    /* instructions of this or the last call */
  size_t alloc_rest; /* bytes allocated and not yet charged: less than one unit */
  unsigned step;     /* instructions until the hook is called next */
  bool swept;        /* garbage was collected in this call, so that long strings are alive */
  uint64_t seed, random;

  size_t used, entry, peak, ceiling; /* bytes */
  refusal refused;
  place where;       /* where the call failed, or was when last looked at */
  char verdict[200]; /* why it was stopped, when it was not by instructions of its own */

  unsigned births;     /* blocks that came new, up to 2: the second is the stack's first */
  const void *newest;  /* the last of them */
  size_t newest_bytes; /* of it */
  const void *stack;   /* Lua's stack: vararg calls copy as much as it holds */
  size_t stack_bytes;
  long_string longs[LONG_STRINGS];
  size_t long_count;
};

/* memory.c */
void *sandbox_allocate(void *ud, void *ptr, size_t osize, size_t nsize);
bool sandbox_may_grow(ar_sandbox *sandbox, size_t more);

/* budget.c */
/* What one instruction may cost, in units: 1, more when something long lives that it might walk. */
uint64_t sandbox_price(const ar_sandbox *sandbox);
void sandbox_note_place(ar_sandbox *sandbox);
void sandbox_hook(lua_State *L, lua_Debug *ar);
void sandbox_arm(ar_sandbox *sandbox);
/* Ends the call with AR_EBUDGET and these words. */
AR_JUMPS void sandbox_give_up(lua_State *L, const char *verdict);
/* Ends the call for want of memory, as told by `refused`. */
AR_JUMPS void sandbox_starve(lua_State *L);
/* Charges steps of which each may walk something long. */
AR_JUMPS void sandbox_charge_steps(lua_State *L, size_t steps);

/* environment.c: builds the allow-list. A lua_CFunction. */
int sandbox_open(lua_State *L);
/* Raises when the value is not a table that rules may change. */
AR_JUMPS void sandbox_check_table(lua_State *L, int arg);

/* In a function made by sandbox_wrap: calls the original with the arguments there are. */
AR_JUMPS int sandbox_original(lua_State *L);
/* Wraps originals[name] (the table below the one on top) for the table on top. */
AR_JUMPS void sandbox_wrap(lua_State *L, const char *name, lua_CFunction function);

/* Each adds its functions to the table on top, taking the originals it wraps from the table below it. */
AR_JUMPS void sandbox_add_basics(lua_State *L);        /* basics.c: pairs, tostring */
AR_JUMPS void sandbox_add_numbers(lua_State *L);       /* basics.c: random */
AR_JUMPS void sandbox_add_strings(lua_State *L);       /* strings.c */
AR_JUMPS void sandbox_add_utf8(lua_State *L);          /* strings.c */
AR_JUMPS int sandbox_many(lua_State *L);               /* strings.c: wraps what walks over its arguments */
AR_JUMPS int sandbox_tonumber(lua_State *L);           /* strings.c: a function to wrap tonumber with */
AR_JUMPS void sandbox_charge_arithmetic(lua_State *L); /* strings.c: of the strings' metatable on top. [0, 0] */
AR_JUMPS void sandbox_add_tables(lua_State *L);        /* tables.c */
AR_JUMPS void sandbox_add_text(lua_State *L);          /* text.c: contains, prefix, suffix, glob */
/* Is there, where a text is matched, what a log may hold instead: nothing, true, false, a table? */
bool sandbox_no_text(lua_State *L, int arg);
AR_JUMPS void sandbox_add_regex(lua_State *L); /* regex.c */

#endif
