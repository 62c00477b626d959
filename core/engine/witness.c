/* witness.c — an act as it is remembered: copies of what an alert about it will say. */
#include "engine/private.h"

#include <string.h>

static char *copy(ar_str s, bool *good) {
  if (!s.len || !*good) return NULL;
  char *made = ar_copy(s);
  *good = made != NULL;
  return made;
}

static char *copy_lower(ar_str s, bool *good) {
  char *made = copy(s, good);
  if (made) ar_str_lower(s, made);
  return made;
}

static char *copy_ip(ar_ip ip, bool *good) {
  char text[48];
  return ar_ip_none(ip) ? NULL : copy(ar_ip_text(ip, text), good);
}

static ar_str no_slash(ar_str s) {
  while (s.len > 1 && s.ptr[s.len - 1] == '/') s.len--;
  return s;
}

/* One record as evidence. Its own facts, not the act's: an analyst looks for this record. */
static bool fill_record(ar_case *c, uint32_t event, ar_evidence_record *out) {
  ar_err err;
  bool good = true;
  const ar_event *packed = &c->act->events[event];
  const ar_fields *fields = ar_case_fields(c, event, &err);
  out->time = packed->time;
  out->source = (ar_source)packed->source;
  out->status = (ar_status)packed->status;
  out->origin = packed->origin;
  out->operation = copy(ar_case_text(c, AR_FIELD_OPERATION), &good);
  out->ip = copy_ip(packed->ip, &good);
  out->file = copy(ar_str_of(ar_reader_file(c->engine->reader, packed->origin.file).name), &good);
  if (!fields) return good;
  out->resource = copy_lower(no_slash(fields->resource), &good);
  out->correlation = copy_lower(fields->correlation, &good);
  out->event_id = copy_lower(fields->event_id, &good);
  return good;
}

static bool fill_texts(ar_case *c, ar_witness *w) {
  bool good = true;
  ar_str app = ar_case_text(c, AR_FIELD_APP);
  for (int f = 0; f < AR_FIELD_COUNT; f++) {
    w->ids[f] = ar_case_id(c, (ar_field)f);
    w->texts[f] = copy(ar_case_text(c, (ar_field)f), &good);
  }
  w->object_id = copy(case_object_text(c), &good);
  ar_str name = CASE_SLICE(c, name);
  w->principal_name = copy(name.len ? name : CASE_SLICE(c, caller), &good);
  w->app_name = copy(ar_str_of(app.len ? ar_app_name(app) : NULL), &good);
  w->resource_name = copy(ar_resource_name(no_slash(CASE_SLICE(c, resource))), &good);
  return good;
}

static bool fill_records(ar_case *c, ar_witness *w) {
  w->records = ar_alloc(AR_ACT_EVENTS * sizeof *w->records);
  if (!w->records) return false;
  while (w->record_count < c->act->event_count) {
    uint32_t next = w->record_count++;
    if (!fill_record(c, next, &w->records[next])) return false;
  }
  w->more = c->act->more;
  return true;
}

ar_witness *witness_of(ar_case *c, ar_err *err) {
  const ar_act *act = c->act;
  ar_ip_hit hit = ar_case_ip(c);
  ar_witness *w = ar_witness_new();
  if (w) {
    w->order = act->events[0].order;
    w->act = act->key;
    w->time = act->time;
    w->started = act->started;
    w->ended = act->ended;
    w->status = act->status;
    w->source = act->source;
    w->kind = (ar_kind)act->kind;
    w->mfa = (ar_tri)act->mfa;
    w->delegated = (ar_tri)act->delegated;
    w->ip_tags = hit.tags;
    w->asn = hit.asn;
    memcpy(w->country, hit.country, sizeof w->country);
    if (fill_texts(c, w) && fill_records(c, w)) return w;
  }
  ar_witness_drop(w);
  ar_nomem(err, "remembering an act");
  return NULL;
}

bool witness_join(ar_witness *w, ar_case *c, ar_err *err) {
  if (w->record_count >= AR_ACT_EVENTS || c->act->more) {
    w->more++;
    return true;
  }
  w->ended = c->act->ended;
  uint32_t next = w->record_count++;
  return fill_record(c, c->act->event_count - 1, &w->records[next]) ? true
                                                                    : ar_nomem(err, "joining a record to its act");
}
