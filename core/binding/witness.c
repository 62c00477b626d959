/* witness.c — acts that are remembered, as rules see them: a step of a sequence, who created, who deleted. */
#include "binding/private.h"

#include <string.h>

typedef struct witness_view {
  view v;
  ar_witness *w; /* held by the call */
} witness_view;

static const ar_witness *of(const view *v) {
  return ((const witness_view *)v)->w;
}

ar_witness *complete_witness(lua_State *L, ar_witness *witness) {
  ar_err err;
  if (!ar_witness_complete(witness, &err)) raise_err(L, &err);
  return witness;
}

static const ar_witness *whole(lua_State *L, view *v) {
  return complete_witness(L, ((witness_view *)v)->w);
}

void push_witness(lua_State *L, script *s, ar_witness *witness) {
  if (!witness) {
    lua_pushnil(L);
    return;
  }
  call_hold(L, s, witness);
  witness_view *made = view_push(L, &view_witness, sizeof *made);
  made->w = witness;
}

ar_witness *witness_of_view(lua_State *L, int arg) {
  return ((witness_view *)view_check(L, arg, &view_witness))->w;
}

static void push_time(lua_State *L, view *v) {
  push_instant(L, of(v)->time);
}
static void push_started(lua_State *L, view *v) {
  push_instant(L, of(v)->started);
}
static void push_ended(lua_State *L, view *v) {
  push_instant(L, of(v)->ended);
}
static void push_status(lua_State *L, view *v) {
  push_text(L, ar_status_words[of(v)->status]);
}
static void push_source(lua_State *L, view *v) {
  push_text(L, ar_source_words[of(v)->source]);
}
static void push_resource_name(lua_State *L, view *v) {
  push_text(L, whole(L, v)->resource_name);
}

#define TEXT_OF(name, field)                                                                                           \
  static void push_##name(lua_State *L, view *v) {                                                                     \
    push_text(L, whole(L, v)->texts[field]);                                                                           \
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

static void push_principal(lua_State *L, view *v) {
  ar_witness *w = ((witness_view *)v)->w;
  witness_view *made = view_push(L, &view_witness_principal, sizeof *made);
  made->w = w;
}

const view_type view_witness = { "a remembered act", "armrun.witness",
                                 (const view_field[]){
                                     { "time", push_time, NULL },
                                     { "started", push_started, NULL },
                                     { "ended", push_ended, NULL },
                                     { "status", push_status, NULL },
                                     { "source", push_source, NULL },
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
                                     { "correlation_id", push_correlation, NULL },
                                     { "principal", push_principal, NULL },
                                     { NULL, NULL, NULL },
                                 } };

static void push_id(lua_State *L, view *v) {
  push_text(L, whole(L, v)->object_id);
}
static void push_principal_name(lua_State *L, view *v) {
  push_text(L, whole(L, v)->principal_name);
}
static void push_kind(lua_State *L, view *v) {
  push_text(L, ar_kind_words[of(v)->kind]);
}
static void push_app_name(lua_State *L, view *v) {
  push_text(L, whole(L, v)->app_name);
}
static void push_mfa(lua_State *L, view *v) {
  push_tri(L, of(v)->mfa);
}
static void push_delegated(lua_State *L, view *v) {
  push_tri(L, of(v)->delegated);
}

const view_type view_witness_principal = { "a remembered principal", "armrun.witness.principal",
                                           (const view_field[]){
                                               { "id", push_id, NULL },
                                               { "key", push_key, NULL },
                                               { "name", push_principal_name, NULL },
                                               { "kind", push_kind, NULL },
                                               { "app_id", push_app, NULL },
                                               { "app_name", push_app_name, NULL },
                                               { "mfa", push_mfa, NULL },
                                               { "delegated", push_delegated, NULL },
                                               { NULL, NULL, NULL },
                                           } };
