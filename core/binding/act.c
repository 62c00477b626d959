/* act.c — the act as detect sees it, and its principal. */
#include "binding/private.h"

#include <string.h>

static ar_case *case_of(const view *v) {
  return v->script->acase;
}

static const ar_act *act_of(const view *v) {
  return ar_case_act(case_of(v));
}

/* ---- facts of the act ---- */

static void push_time(lua_State *L, view *v) {
  push_instant(L, act_of(v)->time);
}
static void push_started(lua_State *L, view *v) {
  push_instant(L, act_of(v)->started);
}
static void push_ended(lua_State *L, view *v) {
  push_instant(L, act_of(v)->ended);
}
static void push_status(lua_State *L, view *v) {
  push_text(L, ar_status_words[act_of(v)->status]);
}
static void push_source(lua_State *L, view *v) {
  push_text(L, ar_source_words[act_of(v)->source]);
}
static void push_future(lua_State *L, view *v) {
  lua_pushboolean(L, act_of(v)->future);
}
static void push_records(lua_State *L, view *v) {
  lua_pushinteger(L, (lua_Integer)act_of(v)->event_count + act_of(v)->more);
}

/* ---- canonical texts ---- */

#define TEXT_OF(name, field)                                                                                           \
  static void push_##name(lua_State *L, view *v) {                                                                     \
    push_str(L, ar_case_text(case_of(v), field));                                                                      \
  }
TEXT_OF(operation, AR_FIELD_OPERATION)
TEXT_OF(resource, AR_FIELD_RESOURCE)
TEXT_OF(name, AR_FIELD_NAME)
TEXT_OF(parent, AR_FIELD_PARENT)
TEXT_OF(group, AR_FIELD_GROUP)
TEXT_OF(subscription, AR_FIELD_SUBSCRIPTION)
TEXT_OF(tenant, AR_FIELD_TENANT)
TEXT_OF(ip, AR_FIELD_IP)
TEXT_OF(network, AR_FIELD_NETWORK)
TEXT_OF(correlation, AR_FIELD_CORRELATION)
TEXT_OF(key, AR_FIELD_PRINCIPAL)
TEXT_OF(app, AR_FIELD_APP)

static void push_part_of(lua_State *L, view *v) {
  push_str(L, ar_case_part_of(case_of(v)));
}

/* ---- texts that only the records have: the first that knows ---- */

static ar_str first_text(ar_case *acase, size_t offset) {
  ar_err err;
  for (uint32_t i = 0; i < ar_case_act(acase)->event_count; i++) {
    const ar_fields *fields = ar_case_fields(acase, i, &err);
    if (!fields) continue;
    const ar_str *text = (const ar_str *)(const void *)((const char *)fields + offset);
    if (text->len) return *text;
  }
  return (ar_str){ NULL, 0 };
}

#define RECORD_TEXT(name, field)                                                                                       \
  static void push_##name(lua_State *L, view *v) {                                                                     \
    push_str(L, first_text(case_of(v), offsetof(ar_fields, field)));                                                   \
  }
RECORD_TEXT(event_id, event_id)
RECORD_TEXT(method, method)
RECORD_TEXT(user_agent, user_agent)
RECORD_TEXT(level, level)
RECORD_TEXT(category, category)
RECORD_TEXT(scope, scope)
RECORD_TEXT(home_tenant, home_tenant)

static void push_token_network(lua_State *L, view *v) {
  char text[48];
  ar_err err;
  for (uint32_t i = 0; i < ar_case_act(case_of(v))->event_count; i++) {
    const ar_fields *fields = ar_case_fields(case_of(v), i, &err);
    if (!fields || ar_ip_none(fields->token_ip)) continue;
    push_str(L, ar_ip_text(ar_ip_network(fields->token_ip), text));
    return;
  }
  lua_pushnil(L);
}

static bool is_upper(ar_str s) {
  for (size_t i = 0; i < s.len; i++)
    if (s.ptr[i] >= 'a' && s.ptr[i] <= 'z') return false;
  return true;
}

/* As somebody wrote it. Some exports write ids in capitals: a record that does not is the better witness. */
static ar_str written_name(ar_case *acase) {
  ar_str best = { NULL, 0 };
  ar_err err;
  for (uint32_t i = 0; i < ar_case_act(acase)->event_count; i++) {
    const ar_fields *fields = ar_case_fields(acase, i, &err);
    if (!fields || !fields->resource.len) continue;
    if (!best.len || !is_upper(fields->resource)) best = ar_resource_name(fields->resource);
    if (!is_upper(fields->resource)) break;
  }
  return best;
}

static void push_resource_name(lua_State *L, view *v) {
  push_str(L, written_name(case_of(v)));
}

/* ---- inside the records ---- */

static ar_str check_path(lua_State *L) {
  size_t len;
  const char *path = luaL_checklstring(L, 2, &len);
  luaL_argcheck(L, len <= 512, 2, "a path of at most 512 bytes");
  ar_sandbox_charge(L, 16 + len / 64);
  return (ar_str){ path, len };
}

static int look_up(lua_State *L, ar_json (*look)(ar_case *, ar_str)) {
  view *v = view_check(L, 1, &view_act);
  return push_json(L, look(case_of(v), check_path(L)));
}

static int arl_body(lua_State *L) {
  return look_up(L, ar_case_body);
}
static int arl_response(lua_State *L) {
  return look_up(L, ar_case_response);
}
static int arl_record(lua_State *L) {
  return look_up(L, ar_case_record);
}

static int arl_has(lua_State *L) {
  ar_case *acase = case_of(view_check(L, 1, &view_act));
  ar_str path = check_path(L);
  lua_pushboolean(L, ar_json_type_of(ar_case_body(acase, path)) != AR_JSON_MISSING ||
                         ar_json_type_of(ar_case_response(acase, path)) != AR_JSON_MISSING ||
                         ar_json_type_of(ar_case_record(acase, path)) != AR_JSON_MISSING);
  return 1;
}

const view_type view_act = { "act", "armrun.act",
                             (const view_field[]){
                                 { "time", push_time, NULL },
                                 { "started", push_started, NULL },
                                 { "ended", push_ended, NULL },
                                 { "status", push_status, NULL },
                                 { "source", push_source, NULL },
                                 { "future", push_future, NULL },
                                 { "records", push_records, NULL },
                                 { "operation", push_operation, NULL },
                                 { "resource", push_resource, NULL },
                                 { "resource_name", push_resource_name, NULL },
                                 { "name", push_name, NULL },
                                 { "parent", push_parent, NULL },
                                 { "group", push_group, NULL },
                                 { "subscription", push_subscription, NULL },
                                 { "tenant", push_tenant, NULL },
                                 { "ip", push_ip, NULL },
                                 { "network", push_network, NULL },
                                 { "token_network", push_token_network, NULL },
                                 { "correlation_id", push_correlation, NULL },
                                 { "part_of", push_part_of, NULL },
                                 { "event_id", push_event_id, NULL },
                                 { "method", push_method, NULL },
                                 { "user_agent", push_user_agent, NULL },
                                 { "level", push_level, NULL },
                                 { "category", push_category, NULL },
                                 { "scope", push_scope, NULL },
                                 { "principal", push_act_principal, NULL },
                                 { "profile", push_act_profile, NULL },
                                 { "peers", push_act_peers, NULL },
                                 { "coverage", push_act_coverage, NULL },
                                 { "risk", push_act_risk, NULL },
                                 { "intel", push_act_intel, NULL },
                                 { "body", NULL, arl_body },
                                 { "response", NULL, arl_response },
                                 { "record", NULL, arl_record },
                                 { "has", NULL, arl_has },
                                 { NULL, NULL, NULL },
                             } };

void push_act(lua_State *L, script *s) {
  (void)s;
  view_push(L, &view_act, sizeof(view));
}

/* ---- the principal ---- */

void push_act_principal(lua_State *L, view *v) {
  (void)v;
  view_push(L, &view_principal, sizeof(view));
}

/* GUIDs in one spelling; other ids in lower case. */
static void push_id(lua_State *L, ar_str text) {
  ar_id id;
  char guid[37];
  luaL_Buffer buffer;
  if (ar_id_guid(text, &id)) {
    ar_id_guid_text(id, guid);
    lua_pushstring(L, guid);
  } else if (!text.len) {
    lua_pushnil(L);
  } else {
    ar_str_lower(text, luaL_buffinitsize(L, &buffer, text.len));
    luaL_pushresultsize(&buffer, text.len);
  }
}

static void push_object_id(lua_State *L, view *v) {
  push_id(L, first_text(case_of(v), offsetof(ar_fields, object_id)));
}

static void push_principal_name(lua_State *L, view *v) {
  ar_str name = first_text(case_of(v), offsetof(ar_fields, name));
  push_str(L, name.len ? name : first_text(case_of(v), offsetof(ar_fields, caller)));
}

static void push_kind(lua_State *L, view *v) {
  push_text(L, ar_kind_words[act_of(v)->kind]);
}

static void push_app_name(lua_State *L, view *v) {
  ar_str app = ar_case_text(case_of(v), AR_FIELD_APP);
  push_text(L, app.len ? ar_app_name(app) : NULL);
}

static void push_mfa(lua_State *L, view *v) {
  push_tri(L, (ar_tri)act_of(v)->mfa);
}
static void push_delegated(lua_State *L, view *v) {
  push_tri(L, (ar_tri)act_of(v)->delegated);
}

const view_type view_principal = { "act.principal", "armrun.principal",
                                   (const view_field[]){
                                       { "id", push_object_id, NULL },
                                       { "key", push_key, NULL },
                                       { "name", push_principal_name, NULL },
                                       { "kind", push_kind, NULL },
                                       { "app_id", push_app, NULL },
                                       { "app_name", push_app_name, NULL },
                                       { "mfa", push_mfa, NULL },
                                       { "delegated", push_delegated, NULL },
                                       { "home_tenant", push_home_tenant, NULL },
                                       { NULL, NULL, NULL },
                                   } };
