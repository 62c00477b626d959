/* t_order.c — core.T.order: what specs reach of order. Test builds only.
 *
 * Identities are texts of at most 16 bytes, masked by the seed, so that another seed gives other identities, as in
 * real runs, and they can be told back.
 */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "order/order.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define ORDER_TYPE "armrun.T.order"

static const char *const sources[] = { "none", "activity", "directory", "keyvault", "read", "audit", "signin", NULL };
static const char *const statuses[] = { "none", "started", "accepted", "succeeded", "failed", "unfinished", NULL };
static const char *const steps[] = { "act", "started", "joined", "dropped" };

typedef struct lost {
  uint32_t file;
  uint64_t record, body;
} lost;

typedef struct held {
  ar_order *order;
  ar_act *act; /* of the last step */
  uint64_t seed;
  lost *lost;
  size_t lost_count, lost_room;
} held;

static held *check_held(lua_State *L) {
  return luaL_checkudata(L, 1, ORDER_TYPE);
}

/* ---- values ---- */

static uint64_t mask_of(uint64_t seed) {
  return seed * 0x9E3779B97F4A7C15u;
}

static ar_id id_of(uint64_t seed, const char *text) {
  ar_id id = { 0, 0 };
  size_t len = strlen(text);
  if (!len) return id;
  memcpy(&id, text, len < sizeof id ? len : sizeof id);
  return (ar_id){ id.hi ^ mask_of(seed), id.lo ^ mask_of(seed) };
}

/* Writes the text of an id, "" for none. */
static const char *id_text(const held *h, ar_id id, char text[sizeof(ar_id) + 1]) {
  memset(text, 0, sizeof id + 1);
  if (ar_id_none(id)) return text;
  id = (ar_id){ id.hi ^ mask_of(h->seed), id.lo ^ mask_of(h->seed) };
  memcpy(text, &id, sizeof id);
  return text;
}

static void set_id(lua_State *L, const held *h, const char *name, ar_id id) {
  char text[sizeof id + 1];
  if (ar_id_none(id)) return;
  lua_pushstring(L, id_text(h, id, text));
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void set_word(lua_State *L, const char *name, const char *word) {
  lua_pushstring(L, word);
  lua_setfield(L, -2, name);
}

static lua_Integer integer_at(lua_State *L, int table, const char *name, lua_Integer otherwise) {
  lua_getfield(L, table, name);
  lua_Integer value = luaL_optinteger(L, -1, otherwise);
  lua_pop(L, 1);
  return value;
}

static bool bool_at(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

/* The table keeps the text alive after the pop. */
static const char *text_at(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  const char *text = luaL_optstring(L, -1, "");
  lua_pop(L, 1);
  return text;
}

static int word_at(lua_State *L, int table, const char *name, const char *otherwise, const char *const *words) {
  lua_getfield(L, table, name);
  int index = luaL_checkoption(L, -1, otherwise, words);
  lua_pop(L, 1);
  return index;
}

/* ---- events in ---- */

static void read_facts(lua_State *L, uint64_t seed, ar_event *event) {
  event->object_id = id_of(seed, text_at(L, 1, "object"));
  event->app_id = id_of(seed, text_at(L, 1, "app"));
  event->caller = id_of(seed, text_at(L, 1, "caller"));
  event->subscription = id_of(seed, text_at(L, 1, "subscription"));
  event->tenant = id_of(seed, text_at(L, 1, "tenant"));
  event->resource = id_of(seed, text_at(L, 1, "resource"));
  event->ip.lo = (uint64_t)integer_at(L, 1, "ip", 0);
  event->ip_tags = (uint8_t)integer_at(L, 1, "tags", 0);
  event->kind = (uint8_t)integer_at(L, 1, "kind", 0);
  event->mfa = (uint8_t)integer_at(L, 1, "mfa", 0);
  event->delegated = (uint8_t)integer_at(L, 1, "delegated", 0);
}

static void read_event(lua_State *L, uint64_t seed, ar_event *event) {
  const char *act = text_at(L, 1, "act");
  memset(event, 0, sizeof *event);
  event->time = integer_at(L, 1, "time", 0);
  event->source = (uint8_t)word_at(L, 1, "source", "activity", sources);
  event->act = id_of(seed, act);
  event->order = (uint64_t)integer_at(L, 1, "order", (lua_Integer)ar_hash_fixed(ar_str_of(act)));
  event->content = (uint64_t)integer_at(L, 1, "content", 0);
  event->phase = (uint8_t)integer_at(L, 1, "phase", 3);
  event->status = (uint8_t)word_at(L, 1, "status", statuses[event->phase & 3], statuses);
  event->event_id = id_of(seed, text_at(L, 1, "id"));
  event->origin.file = (uint32_t)integer_at(L, 1, "file", 0);
  event->origin.record = (uint64_t)integer_at(L, 1, "record", 0);
  event->body = (uint64_t)integer_at(L, 1, "body", 0);
  event->candidate = bool_at(L, 1, "candidate");
  event->operation = (uint32_t)integer_at(L, 1, "op", 0);
  if (bool_at(L, 1, "future")) event->flags |= AR_EVENT_FUTURE;
  if (bool_at(L, 1, "policy")) event->flags |= AR_EVENT_POLICY;
  read_facts(L, seed, event);
}

static int push_failure(lua_State *L, const ar_err *err) {
  lua_pushnil(L);
  lua_pushstring(L, err->msg);
  lua_pushinteger(L, err->code);
  return 3;
}

/* T.order.pack(event, seed) -> the event's bytes, for an order of that seed */
static int arl_pack(lua_State *L) {
  ar_event event;
  luaL_checktype(L, 1, LUA_TTABLE);
  read_event(L, (uint64_t)luaL_checkinteger(L, 2), &event);
  lua_pushlstring(L, (const char *)&event, sizeof event);
  return 1;
}

/* order:push(packed) -> "taken" | "restart" | nil, message, code */
static int arl_push(lua_State *L) {
  held *h = check_held(L);
  ar_event event;
  ar_err err = { AR_OK, "" };
  size_t len = 0;
  const char *packed = luaL_checklstring(L, 2, &len);
  luaL_argcheck(L, len == sizeof event, 2, "a packed event expected");
  memcpy(&event, packed, sizeof event);
  ar_pushed pushed = ar_order_push(h->order, &event, &err);
  if (pushed == AR_ORDER_FAILED) return push_failure(L, &err);
  lua_pushstring(L, pushed == AR_ORDER_TAKEN ? "taken" : "restart");
  return 1;
}

static int arl_finish(lua_State *L) {
  held *h = check_held(L);
  ar_err err = { AR_OK, "" };
  if (!ar_order_finish(h->order, &err)) return push_failure(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---- acts out ---- */

static void push_event(lua_State *L, const held *h, const ar_event *event) {
  lua_createtable(L, 0, 8);
  set_integer(L, "time", (uint64_t)event->time);
  set_integer(L, "phase", event->phase);
  set_integer(L, "file", event->origin.file);
  set_integer(L, "record", event->origin.record);
  set_integer(L, "body", event->body);
  set_integer(L, "content", event->content);
  set_id(L, h, "id", event->event_id);
  set_id(L, h, "object", event->object_id);
}

static void push_events(lua_State *L, const held *h, const ar_act *act) {
  lua_createtable(L, AR_ACT_EVENTS, 0);
  for (uint32_t i = 0; i < act->event_count; i++) {
    push_event(L, h, &act->events[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "events");
}

static void set_facts(lua_State *L, const held *h, const ar_act *act) {
  set_id(L, h, "object", act->object_id);
  set_id(L, h, "app", act->app_id);
  set_id(L, h, "caller", act->caller);
  set_id(L, h, "subscription", act->subscription);
  set_id(L, h, "tenant", act->tenant);
  set_id(L, h, "resource", act->resource);
  set_integer(L, "ip", act->ip.lo);
  set_integer(L, "tags", act->ip_tags);
  set_integer(L, "kind", act->kind);
  set_integer(L, "mfa", act->mfa);
  set_integer(L, "delegated", act->delegated);
  set_integer(L, "flags", act->flags);
  set_integer(L, "candidate", act->candidate);
  set_integer(L, "op", act->operation);
}

static void push_act(lua_State *L, const held *h, const ar_act *act) {
  lua_createtable(L, 0, 32);
  set_id(L, h, "key", act->key);
  set_integer(L, "time", (uint64_t)act->time);
  set_integer(L, "started", (uint64_t)act->started);
  set_integer(L, "ended", (uint64_t)act->ended);
  set_integer(L, "number", act->number);
  set_integer(L, "more", act->more);
  set_word(L, "status", statuses[act->status]);
  set_word(L, "source", sources[act->source]);
  lua_pushboolean(L, act->future);
  lua_setfield(L, -2, "future");
  set_facts(L, h, act);
  push_events(L, h, act);
}

/* order:act() -> the act of the last step as a table */
static int arl_act(lua_State *L) {
  held *h = check_held(L);
  if (!h->act) return luaL_error(L, "no act");
  push_act(L, h, h->act);
  return 1;
}

/* order:line() -> what the last step's act is, in one line: key time status records, and more with a true argument */
static int arl_line(lua_State *L) {
  held *h = check_held(L);
  const ar_act *act = h->act;
  char text[3][sizeof(ar_id) + 1];
  luaL_Buffer line;
  if (!act) return luaL_error(L, "no act");
  bool all = lua_toboolean(L, 2);
  luaL_buffinit(L, &line);
  lua_pushfstring(L, "%s %I %s", id_text(h, act->key, text[0]), (LUAI_UACINT)act->time, statuses[act->status]);
  luaL_addvalue(&line);
  for (uint32_t i = 0; i < act->event_count; i++) {
    lua_pushfstring(L, i ? ",%I" : " %I", (LUAI_UACINT)act->events[i].origin.record);
    luaL_addvalue(&line);
  }
  if (all) {
    lua_pushfstring(L, " #%I %I %I %s %s %s", (LUAI_UACINT)act->number, (LUAI_UACINT)act->started,
                    (LUAI_UACINT)act->ended, id_text(h, act->caller, text[0]), id_text(h, act->object_id, text[1]),
                    id_text(h, act->events[0].event_id, text[2]));
    luaL_addvalue(&line);
  }
  luaL_pushresult(&line);
  return 1;
}

/* order:next() -> step | nil at nothing | nil, message, code */
static int arl_next(lua_State *L) {
  held *h = check_held(L);
  ar_err err = { AR_OK, "" };
  h->act = NULL;
  ar_step step = ar_order_next(h->order, &h->act, &err);
  if (step == AR_STEP_FAILED) return push_failure(L, &err);
  if (step == AR_STEP_NONE) return 0;
  lua_pushstring(L, steps[step]);
  return 1;
}

/* order:pin(by) adds to the pins of the act of the last step */
static int arl_pin(lua_State *L) {
  held *h = check_held(L);
  lua_Integer by = luaL_optinteger(L, 2, 1);
  if (!h->act) return luaL_error(L, "no act to pin");
  h->act->pins = (uint32_t)((lua_Integer)h->act->pins + by);
  return 0;
}

static void set_instant(lua_State *L, const char *name, ar_instant at) {
  if (at != AR_INSTANT_NONE) set_integer(L, name, (uint64_t)at);
}

static int arl_counts(lua_State *L) {
  ar_order_counts counts = ar_order_tell(check_held(L)->order);
  lua_newtable(L);
  set_integer(L, "events", counts.events);
  set_integer(L, "duplicates", counts.duplicates);
  set_integer(L, "acts", counts.acts);
  set_integer(L, "unfinished", counts.unfinished);
  set_integer(L, "spilled_bytes", counts.spilled_bytes);
  set_integer(L, "join_evicted", counts.join_evicted);
  set_integer(L, "open_evicted", counts.open_evicted);
  set_instant(L, "oldest", counts.oldest);
  set_instant(L, "newest", counts.newest);
  return 1;
}

static int arl_watermark(lua_State *L) {
  ar_instant at = ar_order_watermark(check_held(L)->order);
  if (at == AR_INSTANT_NONE)
    lua_pushnil(L);
  else
    lua_pushinteger(L, at);
  return 1;
}

/* order:duplicates() -> list of { file, record, body } in the order in which they were dropped */
static int arl_duplicates(lua_State *L) {
  const held *h = check_held(L);
  lua_newtable(L);
  for (size_t i = 0; i < h->lost_count; i++) {
    lua_createtable(L, 0, 3);
    set_integer(L, "file", h->lost[i].file);
    set_integer(L, "record", h->lost[i].record);
    set_integer(L, "body", h->lost[i].body);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* ---- making one ---- */

static void keep_lost(void *owner, const ar_event *event) {
  held *h = owner;
  lost *kept = ar_grow(h->lost, &h->lost_room, h->lost_count + 1, sizeof *kept);
  if (!kept) return;
  h->lost = kept;
  kept[h->lost_count++] = (lost){ event->origin.file, event->origin.record, event->body };
}

static int arl_gc(lua_State *L) {
  held *h = check_held(L);
  ar_order_free(h->order);
  ar_free(h->lost);
  memset(h, 0, sizeof *h);
  return 0;
}

static const luaL_Reg methods[] = { { "push", arl_push },
                                    { "finish", arl_finish },
                                    { "next", arl_next },
                                    { "pin", arl_pin },
                                    { "counts", arl_counts },
                                    { "watermark", arl_watermark },
                                    { "act", arl_act },
                                    { "line", arl_line },
                                    { "duplicates", arl_duplicates },
                                    { "free", arl_gc },
                                    { NULL, NULL } };

/* T.order.new { lateness, fold, memory, seed, sorted, started, linger_cap, open_cap } -> order | nil, message, code */
static int arl_new(lua_State *L) {
  ar_err err = { AR_OK, "" };
  luaL_checktype(L, 1, LUA_TTABLE);
  ar_order_options options = {
    .lateness = integer_at(L, 1, "lateness", 20 * AR_MINUTE),
    .fold = integer_at(L, 1, "fold", AR_HOUR),
    .memory_bytes = (size_t)integer_at(L, 1, "memory", 512 << 20),
    .seed = (uint64_t)integer_at(L, 1, "seed", 1),
    .sorted = bool_at(L, 1, "sorted"),
    .started = bool_at(L, 1, "started"),
    .linger_cap = (size_t)integer_at(L, 1, "linger_cap", 0),
    .open_cap = (size_t)integer_at(L, 1, "open_cap", 0),
    .duplicate = keep_lost,
  };
  held *h = lua_newuserdatauv(L, sizeof *h, 0);
  memset(h, 0, sizeof *h);
  luaL_setmetatable(L, ORDER_TYPE);
  options.owner = h;
  h->seed = options.seed;
  h->order = ar_order_new(&options, &err);
  return h->order ? 1 : push_failure(L, &err);
}

/* ---- the world around it ---- */

/* T.order.tmpdir(path or nil): sets TMPDIR, returns what it was */
static int arl_tmpdir(lua_State *L) {
  const char *path = luaL_optstring(L, 1, NULL);
  lua_pushstring(L, getenv("TMPDIR"));
  if (path)
    setenv("TMPDIR", path, 1);
  else
    unsetenv("TMPDIR");
  return 1;
}

/* T.order.file_limit(bytes or nil): the largest file this process may write */
static int arl_file_limit(lua_State *L) {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = lua_isnoneornil(L, 1) ? limit.rlim_max : (rlim_t)luaL_checkinteger(L, 1);
  lua_pushboolean(L, setrlimit(RLIMIT_FSIZE, &limit) == 0);
  return 1;
}

/* T.order.fail_at(n): the n-th allocation from now fails; returns how many were made since the last call */
static int arl_fail_at(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_fail_at((size_t)luaL_checkinteger(L, 1)));
  return 1;
}

static int arl_live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_live());
  return 1;
}

static const luaL_Reg functions[] = { { "new", arl_new },
                                      { "pack", arl_pack },
                                      { "tmpdir", arl_tmpdir },
                                      { "file_limit", arl_file_limit },
                                      { "fail_at", arl_fail_at },
                                      { "live", arl_live },
                                      { NULL, NULL } };

int arl_t_order(lua_State *L) {
  luaL_newmetatable(L, ORDER_TYPE);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, arl_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
#endif
