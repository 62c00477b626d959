/* t_alert.c — core.T.alert: what specs reach of alert. Test builds only. */
#include "module/t_boxes.h"

#ifdef ARMRUN_TESTING

/* ---- witnesses ---- */

static void drop_witness(void *witness) {
  ar_witness_drop(witness);
}

/* A text field of the table at `at`, copied into the witness. */
static const char *read_text(lua_State *L, int at, const char *name, ar_witness *w) {
  bool good = true;
  char *given = arl_field_copy(L, at, name);
  const char *copy = ar_witness_text(w, ar_str_of(given), &good);
  ar_free(given);
  return copy;
}

static void read_texts(lua_State *L, int at, ar_witness *w) {
  if (lua_getfield(L, at, "texts") == LUA_TTABLE) {
    int texts = lua_gettop(L);
    for (unsigned f = 0; f < AR_FIELD_COUNT; f++) w->texts[f] = read_text(L, texts, ar_field_words[f], w);
  }
  lua_pop(L, 1);
}

static void read_record(lua_State *L, int at, ar_witness *w, ar_evidence_record *r) {
  *r = (ar_evidence_record){ 0 };
  r->time = arl_field_seconds(L, at, "time", AR_INSTANT_NONE);
  r->source = arl_field_word(L, at, "source", ar_source_words, AR_SOURCE_COUNT, AR_SOURCE_NONE);
  r->status = arl_field_word(L, at, "status", ar_status_words, AR_STATUS_COUNT, AR_STATUS_NONE);
  r->operation = read_text(L, at, "operation", w);
  r->resource = read_text(L, at, "resource", w);
  r->ip = read_text(L, at, "ip", w);
  r->correlation = read_text(L, at, "correlation", w);
  r->event_id = read_text(L, at, "event_id", w);
  r->file = read_text(L, at, "file", w);
  r->origin.record = (uint64_t)arl_field_integer(L, at, "record", 0);
  r->origin.offset = (uint64_t)arl_field_integer(L, at, "offset", 0);
}

static void read_records(lua_State *L, int at, ar_witness *w) {
  if (lua_getfield(L, at, "records") == LUA_TTABLE) {
    lua_Unsigned count = lua_rawlen(L, -1);
    w->records = ar_arena_alloc(w->arena, count * sizeof *w->records);
    for (lua_Unsigned i = 0; w->records && i < count; i++) {
      lua_geti(L, -1, (lua_Integer)i + 1);
      read_record(L, lua_gettop(L), w, &w->records[i]);
      w->record_count++;
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

static void read_witness(lua_State *L, int at, ar_witness *w) {
  w->order = (uint64_t)arl_field_integer(L, at, "order", 0);
  w->time = arl_field_seconds(L, at, "time", 0);
  w->started = arl_field_seconds(L, at, "started", w->time);
  w->ended = arl_field_seconds(L, at, "ended", w->time);
  w->source = arl_field_word(L, at, "source", ar_source_words, AR_SOURCE_COUNT, AR_SOURCE_ACTIVITY);
  w->status = arl_field_word(L, at, "status", ar_status_words, AR_STATUS_COUNT, AR_STATUS_SUCCEEDED);
  w->kind = arl_field_word(L, at, "kind", ar_kind_words, AR_KIND_COUNT, AR_KIND_UNKNOWN);
  w->mfa = arl_field_tri(L, at, "mfa");
  w->delegated = arl_field_tri(L, at, "delegated");
  w->object_id = read_text(L, at, "object_id", w);
  w->principal_name = read_text(L, at, "principal_name", w);
  w->app_name = read_text(L, at, "app_name", w);
  w->ip_tags = arl_field_mask(L, at, "ip_tags", ar_ip_tag_words, AR_IP_TAG_COUNT);
  w->asn = (uint32_t)arl_field_integer(L, at, "asn", 0);
  w->more = (uint32_t)arl_field_integer(L, at, "more", 0);
  char *country = arl_field_copy(L, at, "country");
  for (size_t i = 0; country && country[i] && i < 2; i++) w->country[i] = country[i];
  ar_free(country);
  read_texts(L, at, w);
  read_records(L, at, w);
}

/* witness { order, time, …, texts = { principal = … }, records = { … } } */
static int new_witness(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  arl_box *box = arl_box_new(L, ARL_WITNESS, NULL, drop_witness);
  ar_witness *w = box->object = ar_witness_new();
  if (!w) return luaL_error(L, "out of memory");
  read_witness(L, 1, w);
  return 1;
}

static int compare_witnesses(lua_State *L) {
  lua_pushinteger(L, ar_witness_cmp(arl_box_object(L, 1, ARL_WITNESS), arl_box_object(L, 2, ARL_WITNESS)));
  return 1;
}

static int count_references(lua_State *L) {
  const ar_witness *w = arl_box_object(L, 1, ARL_WITNESS);
  lua_pushinteger(L, w->references);
  return 1;
}

/* ---- alerts ---- */

static void free_alert(void *alert) {
  ar_alert_free(alert);
}

/* stack: … value */
static void read_value(lua_State *L, ar_value *value) {
  switch (lua_type(L, -1)) {
  case LUA_TSTRING:
    value->type = AR_VALUE_TEXT;
    value->text = ar_copy(ar_str_of(lua_tostring(L, -1)));
    break;
  case LUA_TBOOLEAN:
    value->type = AR_VALUE_BOOL;
    value->integer = lua_toboolean(L, -1);
    break;
  default:
    value->type = lua_isinteger(L, -1) ? AR_VALUE_INTEGER : AR_VALUE_NUMBER;
    value->integer = lua_tointeger(L, -1);
    value->number = lua_tonumber(L, -1);
  }
}

/* values = { { "accounts", 5 }, … } */
static void read_values(lua_State *L, int at, ar_reason *reason) {
  if (lua_getfield(L, at, "values") == LUA_TTABLE) {
    lua_Unsigned count = lua_rawlen(L, -1);
    reason->values = ar_alloc(count * sizeof *reason->values);
    for (lua_Unsigned i = 0; i < count; i++) {
      lua_geti(L, -1, (lua_Integer)i + 1);
      lua_geti(L, -1, 1);
      reason->values[i].name = ar_copy(ar_str_of(lua_tostring(L, -1)));
      lua_geti(L, -2, 2);
      read_value(L, &reason->values[i]);
      reason->value_count = i + 1;
      lua_pop(L, 3);
    }
  }
  lua_pop(L, 1);
}

static void read_reasons(lua_State *L, int at, ar_alert *a) {
  lua_getfield(L, at, "reasons");
  for (lua_Integer i = 1; lua_istable(L, -1) && lua_geti(L, -1, i) != LUA_TNIL; i++) {
    int top = lua_gettop(L);
    ar_err err;
    ar_reason reason = { .code = arl_field_copy(L, top, "code"), .text = arl_field_copy(L, top, "text") };
    read_values(L, top, &reason);
    lua_getfield(L, top, "bits");
    reason.has_bits = !lua_isnil(L, -1);
    reason.bits = lua_tonumber(L, -1);
    ar_alert_add_reason(a, &reason, &err);
    lua_settop(L, top - 1);
  }
}

static void read_evidence(lua_State *L, int at, ar_alert *a) {
  ar_err err;
  lua_getfield(L, at, "evidence");
  for (lua_Integer i = 1; lua_istable(L, -1) && lua_geti(L, -1, i) != LUA_TNIL; i++) {
    if (!ar_alert_add_evidence(a, arl_box_object(L, -1, ARL_WITNESS), &err)) luaL_error(L, "%s", err.msg);
    lua_pop(L, 1);
  }
}

static void read_ips(lua_State *L, int at, ar_alert *a) {
  ar_err err;
  lua_getfield(L, at, "ips");
  for (lua_Integer i = 1; lua_istable(L, -1) && lua_geti(L, -1, i) != LUA_TNIL; i++) {
    int top = lua_gettop(L);
    unsigned tags = arl_field_mask(L, top, "tags", ar_ip_tag_words, AR_IP_TAG_COUNT);
    uint32_t asn = (uint32_t)arl_field_integer(L, top, "asn", 0);
    lua_getfield(L, top, "country");
    lua_getfield(L, top, "address");
    if (!ar_alert_add_ip(a, lua_tostring(L, -1), tags, asn, lua_tostring(L, -2), &err)) luaL_error(L, "%s", err.msg);
    lua_settop(L, top - 1);
  }
}

static void read_principal(lua_State *L, int at, ar_alert *a) {
  if (lua_getfield(L, at, "principal") != LUA_TTABLE) return;
  int who = lua_gettop(L);
  a->principal.id = arl_field_copy(L, who, "id");
  a->principal.key = arl_field_copy(L, who, "key");
  a->principal.name = arl_field_copy(L, who, "name");
  a->principal.app_id = arl_field_copy(L, who, "app_id");
  a->principal.app_name = arl_field_copy(L, who, "app_name");
  a->principal.kind = arl_field_word(L, who, "kind", ar_kind_words, AR_KIND_COUNT, AR_KIND_UNKNOWN);
  a->principal.mfa = arl_field_tri(L, who, "mfa");
  a->principal.delegated = arl_field_tri(L, who, "delegated");
}

static void read_score(lua_State *L, int at, ar_alert *a) {
  lua_getfield(L, at, "score");
  lua_getfield(L, at, "threshold");
  a->has_score = !lua_isnil(L, -2);
  a->score = lua_tonumber(L, -2);
  a->threshold = lua_tonumber(L, -1);
}

/* The table stays the box's user value, so borrowed strings live on. */
static void read_borrowed(lua_State *L, int at, ar_alert *a) {
  lua_getfield(L, at, "rule");
  a->rule = lua_tostring(L, -1);
  lua_getfield(L, at, "rule_set");
  a->rule_set = lua_tostring(L, -1);
  lua_getfield(L, at, "id");
  const char *id = lua_tostring(L, -1);
  for (size_t i = 0; id && id[i] && i < 32; i++) a->id[i] = id[i];
}

static void read_alert(lua_State *L, int at, ar_alert *a) {
  read_borrowed(L, at, a);
  a->title = arl_field_copy(L, at, "title");
  a->summary = arl_field_copy(L, at, "summary");
  a->severity = arl_field_word(L, at, "severity", ar_severity_words, AR_SEVERITIES, AR_SEVERITIES);
  a->confidence = arl_field_word(L, at, "confidence", ar_confidence_words, AR_CONFIDENCES, AR_CONFIDENCES);
  arl_field_strings(L, at, "tactics", &a->tactics);
  arl_field_strings(L, at, "techniques", &a->techniques);
  arl_field_strings(L, at, "missing_sources", &a->missing_sources);
  arl_field_strings(L, at, "subscriptions", &a->subscriptions);
  arl_field_strings(L, at, "resources", &a->resources);
  arl_field_strings(L, at, "siblings", &a->siblings);
  a->preview = arl_field_bool(L, at, "preview");
  a->time = arl_field_seconds(L, at, "time", AR_INSTANT_NONE);
  a->start = arl_field_seconds(L, at, "start", AR_INSTANT_NONE);
  a->end = arl_field_seconds(L, at, "finish", AR_INSTANT_NONE);
  a->tenant = arl_field_copy(L, at, "tenant");
  a->subscription = arl_field_copy(L, at, "subscription");
  a->resource = arl_field_copy(L, at, "resource");
  a->evidence_left_out = (uint64_t)arl_field_integer(L, at, "left_out", 0);
  read_principal(L, at, a);
  read_score(L, at, a);
  read_reasons(L, at, a);
  read_evidence(L, at, a);
  read_ips(L, at, a);
}

static int alert_json(lua_State *L) {
  ar_err err = { 0 };
  const ar_alert *a = arl_box_object(L, 1, ARL_ALERT);
  char *line = ar_alert_json(a, &err);
  if (!line) return arl_failed(L, &err);
  arl_box *box = arl_box_new(L, "armrun.t.text", NULL, ar_free);
  box->object = line;
  lua_pushstring(L, line);
  return 1;
}

static int add_evidence(lua_State *L) {
  ar_err err = { 0 };
  ar_alert *a = arl_box_object(L, 1, ARL_ALERT);
  if (!ar_alert_add_evidence(a, arl_box_object(L, 2, ARL_WITNESS), &err)) return arl_failed(L, &err);
  lua_pushinteger(L, (lua_Integer)a->evidence_count);
  return 1;
}

static int add_ip(lua_State *L) {
  ar_err err = { 0 };
  ar_alert *a = arl_box_object(L, 1, ARL_ALERT);
  if (!ar_alert_add_ip(a, luaL_checkstring(L, 2), 0, 0, "", &err)) return arl_failed(L, &err);
  lua_pushinteger(L, (lua_Integer)a->ip_count);
  return 1;
}

static int add_resource(lua_State *L) {
  ar_err err = { 0 };
  ar_alert *a = arl_box_object(L, 1, ARL_ALERT);
  if (!ar_strings_add(&a->resources, ar_str_of(luaL_checkstring(L, 2)), &err)) return arl_failed(L, &err);
  lua_pushinteger(L, (lua_Integer)a->resources.count);
  return 1;
}

/* Without values: what may fail here is the alert's own list. */
static int add_reason(lua_State *L) {
  ar_err err = { 0 };
  ar_alert *a = arl_box_object(L, 1, ARL_ALERT);
  ar_reason reason = { .code = ar_copy(ar_str_of(luaL_checkstring(L, 2))),
                       .text = ar_copy(ar_str_of(luaL_checkstring(L, 3))) };
  if (!reason.code || !reason.text) {
    ar_reason_clear(&reason);
    ar_nomem(&err, "building a reason");
    return arl_failed(L, &err);
  }
  if (!ar_alert_add_reason(a, &reason, &err)) return arl_failed(L, &err);
  lua_pushinteger(L, (lua_Integer)a->reason_count);
  return 1;
}

static const luaL_Reg alert_methods[] = {
  { "json", alert_json },           { "add_evidence", add_evidence }, { "add_ip", add_ip },
  { "add_resource", add_resource }, { "add_reason", add_reason },     { NULL, NULL },
};

/* alert { rule = …, title = …, reasons = { { code, text, values } }, … }; `finish` is its end. */
static int new_alert(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  arl_box *box = arl_box_new(L, ARL_ALERT, alert_methods, free_alert);
  int at = lua_gettop(L);
  ar_alert *a = box->object = ar_alert_new();
  if (!a) return luaL_error(L, "out of memory");
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, at, 1);
  read_alert(L, 1, a);
  lua_settop(L, at);
  return 1;
}

static int compare_alerts(lua_State *L) {
  lua_pushinteger(L, ar_alert_cmp(arl_box_object(L, 1, ARL_ALERT), arl_box_object(L, 2, ARL_ALERT)));
  return 1;
}

/* ---- memory ---- */

static int fail_at(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_fail_at((size_t)luaL_optinteger(L, 1, 0)));
  return 1;
}

static int live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_live());
  return 1;
}

int arl_t_alert(lua_State *L) {
  static const luaL_Reg functions[] = {
    { "witness", new_witness },
    { "compare_witnesses", compare_witnesses },
    { "references", count_references },
    { "alert", new_alert },
    { "compare", compare_alerts },
    { "fail_at", fail_at },
    { "live", live },
    { NULL, NULL },
  };
  luaL_newlib(L, functions);
  return 1;
}
#endif
