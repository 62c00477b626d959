/* t_event.c — core.T.event: what specs reach of event. Test builds only. */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include <stdio.h>
#include <string.h>

#include "event/event.h"

#define BENCH "armrun.T.event"

typedef struct bench {
  ar_canon *canon;
  ar_json_doc *doc;
  ar_names *names;
  uint64_t seed;
} bench;

static int bench_gc(lua_State *L) {
  bench *b = luaL_checkudata(L, 1, BENCH);
  ar_canon_free(b->canon);
  ar_json_doc_free(b->doc);
  ar_names_free(b->names);
  memset(b, 0, sizeof *b);
  return 0;
}

static int raise_err(lua_State *L, const ar_err *err) {
  return luaL_error(L, "%s", err->msg);
}

/* The reader of this seed: made once, kept in the registry. */
static bench *bench_of(lua_State *L, lua_Integer seed) {
  char key[48];
  ar_err err = { .code = AR_ENOMEM, .msg = "out of memory" };
  snprintf(key, sizeof key, BENCH ".%lld", (long long)seed);
  if (lua_getfield(L, LUA_REGISTRYINDEX, key) == LUA_TUSERDATA) return lua_touserdata(L, -1);
  bench *b = lua_newuserdatauv(L, sizeof *b, 0);
  memset(b, 0, sizeof *b);
  if (luaL_newmetatable(L, BENCH)) {
    lua_pushcfunction(L, bench_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  b->seed = (uint64_t)seed;
  b->canon = ar_canon_new(&err);
  b->doc = ar_json_doc_new((size_t)256 << 20, 512);
  b->names = ar_names_new(1000, b->seed);
  if (!b->canon || !b->doc || !b->names) raise_err(L, &err);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, key);
  return b;
}

/* ---- fields ---- */

static void set_text(lua_State *L, const char *name, ar_str text) {
  if (!text.ptr) return;
  lua_pushlstring(L, text.ptr, text.len);
  lua_setfield(L, -2, name);
}

static void set_word(lua_State *L, const char *name, const char *word) {
  lua_pushstring(L, word);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static void set_time(lua_State *L, const char *name, ar_instant at) {
  char out[40];
  if (at != AR_INSTANT_NONE) set_text(L, name, ar_instant_text(at, out));
}

static void set_ip(lua_State *L, const char *name, ar_ip ip) {
  char out[48];
  if (!ar_ip_none(ip)) set_text(L, name, ar_ip_text(ip, out));
}

/* A body: text as it is, of an object how many members it has. */
static void set_json(lua_State *L, const char *name, ar_json value) {
  ar_str text;
  if (ar_json_string(value, &text))
    set_text(L, name, text);
  else if (value.tape)
    set_integer(L, name, (lua_Integer)ar_json_count(value));
}

static void set_flags(lua_State *L, unsigned flags) {
  static const struct {
    unsigned bit;
    const char *name;
  } names[] = { { AR_EVENT_DUPLICATE_KEY, "duplicate_key" },
                { AR_EVENT_NUMBER_AS_TEXT, "number_as_text" },
                { AR_EVENT_NO_TIME_ZONE, "no_time_zone" },
                { AR_EVENT_BAD_IP, "bad_ip" },
                { AR_EVENT_POLICY, "policy" },
                { AR_EVENT_OBJECT_GUID, "object_guid" } };
  lua_newtable(L);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!(flags & names[i].bit)) continue;
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, names[i].name);
  }
  lua_setfield(L, -2, "flags");
}

static const char *const tri_words[] = { "unknown", "no", "yes" };

#define TEXT(name)                                                                                                     \
  { #name, offsetof(ar_fields, name) }
static const struct text_field {
  const char *name;
  size_t at;
} text_fields[] = {
  TEXT(operation),    TEXT(status_text), TEXT(sub_status),    TEXT(resource), TEXT(resource_group),
  TEXT(subscription), TEXT(tenant),      TEXT(home_tenant),   TEXT(caller),   TEXT(object_id),
  TEXT(app_id),       TEXT(name),        TEXT(app_auth),      TEXT(ip_text),  TEXT(token_ip_text),
  TEXT(correlation),  TEXT(event_id),    TEXT(operation_id),  TEXT(method),   TEXT(client_request_id),
  TEXT(user_agent),   TEXT(level),       TEXT(category),      TEXT(role),     TEXT(scope),
  TEXT(action),       TEXT(description), TEXT(resource_type),
};

static void push_fields(lua_State *L, const ar_fields *f) {
  lua_newtable(L);
  for (size_t i = 0; i < sizeof text_fields / sizeof text_fields[0]; i++)
    set_text(L, text_fields[i].name, *(const ar_str *)(const void *)((const char *)f + text_fields[i].at));
  set_word(L, "shape", ar_shape_words[f->shape]);
  set_word(L, "source", ar_source_words[f->source]);
  set_word(L, "status", ar_status_words[f->status]);
  set_word(L, "kind", ar_kind_words[f->kind]);
  set_word(L, "mfa", tri_words[f->mfa]);
  set_word(L, "delegated", tri_words[f->delegated]);
  set_time(L, "time", f->time);
  set_time(L, "arrival", f->arrival);
  set_ip(L, "ip", f->ip);
  set_ip(L, "token_ip", f->token_ip);
  set_json(L, "properties", f->properties);
  set_json(L, "claims", f->claims);
  set_json(L, "authorization", f->authorization);
  set_json(L, "request_body", f->request_body);
  set_json(L, "response_body", f->response_body);
  set_flags(L, f->flags);
}

/* ---- the packed event ---- */

static void set_id(lua_State *L, const char *name, ar_id id) {
  char text[37];
  if (ar_id_none(id)) return;
  ar_id_guid_text(id, text);
  set_word(L, name, text);
}

static void set_hash(lua_State *L, const char *name, uint64_t hash) {
  char text[20];
  snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
  set_word(L, name, text);
}

static void push_packed(lua_State *L, const ar_event *e, const ar_names *names) {
  lua_newtable(L);
  set_id(L, "act", e->act);
  set_id(L, "object_id", e->object_id);
  set_id(L, "app_id", e->app_id);
  set_id(L, "caller", e->caller);
  set_id(L, "subscription", e->subscription);
  set_id(L, "tenant", e->tenant);
  set_id(L, "resource", e->resource);
  set_id(L, "event_id", e->event_id);
  set_hash(L, "order", e->order);
  set_hash(L, "content", e->content);
  set_text(L, "operation", ar_names_text(names, e->operation));
  set_integer(L, "operation_hash", e->operation_hash);
  set_integer(L, "phase", e->phase);
  set_word(L, "source", ar_source_words[e->source]);
  set_word(L, "status", ar_status_words[e->status]);
  set_word(L, "kind", ar_kind_words[e->kind]);
  set_time(L, "time", e->time);
  set_ip(L, "ip", e->ip);
  set_flags(L, e->flags);
}

/* read(text [, seed]) -> "event", fields, packed | "skipped", why | "rejected", why | "envelope", count */
static int t_read(lua_State *L) {
  static const char *const words[] = { "event", "skipped", "rejected", "envelope" };
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  bench *b = bench_of(L, luaL_optinteger(L, 2, 7));
  ar_err err;
  ar_json record;
  ar_fields fields;
  ar_event packed;
  char why[160] = "";
  if (!ar_json_parse_copy(b->doc, (ar_str){ text, len }, &record, &err)) return raise_err(L, &err);
  ar_verdict verdict = ar_canon_fields(b->canon, record, &fields, why);
  lua_pushstring(L, words[verdict]);
  if (verdict == AR_VERDICT_ENVELOPE) return lua_pushinteger(L, (lua_Integer)ar_json_count(fields.record)), 2;
  if (verdict != AR_VERDICT_EVENT) return lua_pushstring(L, why), 2;
  ar_event_pack(&fields, b->names, NULL, b->seed, &packed);
  push_fields(L, &fields);
  push_packed(L, &packed, b->names);
  return 3;
}

/* inner(text, path) -> the text at path inside the JSON that the record's request body holds, or nil */
static int t_inner(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  ar_str path = ar_str_of(luaL_checkstring(L, 2)), found;
  bench *b = bench_of(L, 7);
  ar_err err;
  ar_json record;
  ar_fields fields;
  char why[160] = "";
  if (!ar_json_parse_copy(b->doc, (ar_str){ text, len }, &record, &err)) return raise_err(L, &err);
  if (ar_canon_fields(b->canon, record, &fields, why) != AR_VERDICT_EVENT) return 0;
  ar_json body = ar_canon_inner(b->canon, fields.request_body);
  if (!ar_json_string(ar_json_path(body, path), &found)) return 0;
  lua_pushlstring(L, found.ptr, found.len);
  return 1;
}

/* ---- resource ids and apps ---- */

static int push_slice(lua_State *L, ar_str s) {
  if (s.ptr)
    lua_pushlstring(L, s.ptr, s.len);
  else
    lua_pushnil(L);
  return 1;
}

static ar_str check_slice(lua_State *L, int at) {
  ar_str s;
  s.ptr = luaL_checklstring(L, at, &s.len);
  return s;
}

static int t_name(lua_State *L) {
  return push_slice(L, ar_resource_name(check_slice(L, 1)));
}

static int t_parent(lua_State *L) {
  return push_slice(L, ar_resource_parent(check_slice(L, 1)));
}

static int t_subscription(lua_State *L) {
  return push_slice(L, ar_resource_subscription(check_slice(L, 1)));
}

static int t_group(lua_State *L) {
  return push_slice(L, ar_resource_group(check_slice(L, 1)));
}

/* app(id) -> its name or nil, whether it is the platform's */
static int t_app(lua_State *L) {
  ar_str id = check_slice(L, 1);
  lua_pushstring(L, ar_app_name(id));
  lua_pushboolean(L, ar_app_is_platform(id));
  return 2;
}

/* id(text [, seed]) -> the identity that ar_id_name gives, as specs compare packed ids with it */
static int t_id(lua_State *L) {
  char text[37];
  ar_id_guid_text(ar_id_name(check_slice(L, 1), (uint64_t)luaL_optinteger(L, 2, 7)), text);
  return lua_pushstring(L, text), 1;
}

int arl_t_event(lua_State *L) {
  static const luaL_Reg functions[] = { { "read", t_read },   { "inner", t_inner },
                                        { "name", t_name },   { "parent", t_parent },
                                        { "group", t_group }, { "subscription", t_subscription },
                                        { "app", t_app },     { "id", t_id },
                                        { NULL, NULL } };
  luaL_newlib(L, functions);
  return 1;
}
#endif
