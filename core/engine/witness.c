/* witness.c — an act as it is remembered: its packed events, and once an alert or a rule asks for them, copies of what
 * the alert will say. */
#include "engine/private.h"

#include <string.h>

/* A witness being filled, and whether memory held out so far. */
typedef struct filling {
  ar_witness *witness;
  bool good;
} filling;

static char *copy(filling *f, ar_str s) {
  return ar_witness_text(f->witness, s, &f->good);
}

static char *copy_lower(filling *f, ar_str s) {
  char *made = copy(f, s);
  if (made) ar_str_lower(s, made);
  return made;
}

static ar_str no_slash(ar_str s) {
  while (s.len > 1 && s.ptr[s.len - 1] == '/') s.len--;
  return s;
}

/* The same text once. */
static const char *copy_once(filling *f, const char *have, ar_str s) {
  return have && ar_str_eq(ar_str_of(have), s) ? have : copy(f, s);
}

static const char *copy_ip(filling *f, ar_ip ip) {
  char text[48];
  return ar_ip_none(ip) ? NULL : copy_once(f, f->witness->texts[AR_FIELD_IP], ar_ip_text(ip, text));
}

/* One record as evidence, the last that the witness counts. Its own facts, not the act's: an analyst looks for this
 * record. The records of an act agree in operation, resource and correlation, and mostly in what else there is. */
static void fill_record(ar_case *c, filling *f, uint32_t event, ar_evidence_record *out) {
  ar_err err;
  const ar_event *packed = &c->act->events[event];
  const ar_fields *fields = ar_case_fields(c, event, &err);
  *out = (ar_evidence_record){ .time = packed->time,
                               .source = (ar_source)packed->source,
                               .status = (ar_status)packed->status,
                               .origin = packed->origin };
  out->operation = f->witness->texts[AR_FIELD_OPERATION];
  out->resource = f->witness->texts[AR_FIELD_RESOURCE];
  out->correlation = f->witness->texts[AR_FIELD_CORRELATION];
  out->ip = copy_ip(f, packed->ip);
  out->file = copy_once(f, f->witness->record_count > 1 ? out[-1].file : NULL,
                        ar_str_of(ar_reader_file(c->engine->reader, packed->origin.file).name));
  if (fields) out->event_id = copy_lower(f, fields->event_id);
}

static void fill_texts(ar_case *c, filling *f) {
  ar_witness *w = f->witness;
  ar_str app = ar_case_text(c, AR_FIELD_APP), name = CASE_SLICE(c, name);
  for (int i = 0; i < AR_FIELD_COUNT; i++) {
    w->ids[i] = ar_case_id(c, (ar_field)i);
    w->texts[i] = copy(f, ar_case_text(c, (ar_field)i));
  }
  w->object_id = copy(f, case_object_text(c));
  w->principal_name = copy(f, name.len ? name : CASE_SLICE(c, caller));
  w->app_name = copy(f, ar_str_of(app.len ? ar_app_name(app) : NULL));
  w->resource_name = copy(f, ar_resource_name(no_slash(CASE_SLICE(c, resource))));
}

static void fill_records(ar_case *c, filling *f) {
  ar_witness *w = f->witness;
  w->records = ar_arena_alloc(w->arena, AR_ACT_EVENTS * sizeof *w->records);
  if (!w->records) f->good = false;
  for (uint32_t i = 0; f->good && i < c->act->event_count; i++) fill_record(c, f, i, &w->records[w->record_count++]);
}

static void fill_ip(ar_case *c, ar_witness *w) {
  ar_ip_hit hit = ar_case_ip(c);
  w->ip_tags = hit.tags;
  w->asn = hit.asn;
  memcpy(w->country, hit.country, sizeof w->country);
}

/* ---- before it is complete ---- */

/* What there is of an act without reading its records. */
typedef struct rough {
  ar_engine *engine;
  ar_id principal, object_id; /* as resolved then */
  ar_act act;                 /* without room for events that it does not have */
} rough;

static size_t rough_bytes(uint32_t event_count) {
  return offsetof(rough, act) + offsetof(ar_act, events) + event_count * sizeof(ar_event);
}

static rough *rough_of(const ar_case *c) {
  rough *r = ar_alloc(rough_bytes(c->act->event_count));
  if (!r) return NULL;
  r->engine = c->engine;
  r->principal = c->principal;
  r->object_id = c->object_id;
  memcpy(&r->act, c->act, offsetof(ar_act, events) + c->act->event_count * sizeof(ar_event));
  return r;
}

/* The case that has the act's texts: the one under evaluation may have read them already. */
static ar_case *case_with(ar_witness *w) {
  rough *r = w->rough;
  ar_engine *engine = r->engine;
  if (engine->acase.witness == w) return &engine->acase;
  case_recall(&engine->recalled, &r->act, r->principal, r->object_id);
  return &engine->recalled;
}

static bool complete(ar_witness *w, ar_err *err) {
  ar_case *c = case_with(w);
  filling f = { w, true };
  w->record_count = 0;
  fill_ip(c, w);
  fill_texts(c, &f);
  fill_records(c, &f);
  return (f.good && !c->engine->starved) || ar_nomem(err, "remembering an act");
}

ar_witness *witness_of(ar_case *c, ar_err *err) {
  const ar_act *act = c->act;
  ar_witness *w = ar_witness_new();
  if (w && (w->rough = rough_of(c))) {
    w->complete = complete;
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
    w->more = act->more;
    w->open = act->status == AR_STATUS_UNFINISHED;
    return w;
  }
  ar_witness_drop(w);
  ar_nomem(err, "remembering an act");
  return NULL;
}

/* ---- one more record ---- */

static uint32_t records_of(const ar_witness *w) {
  return w->complete ? ((const rough *)w->rough)->act.event_count : w->record_count;
}

static bool join_rough(ar_witness *w, const ar_event *event) {
  uint32_t count = records_of(w);
  rough *grown = ar_resize(w->rough, rough_bytes(count + 1));
  if (!grown) return false;
  w->rough = grown;
  grown->act.events[count] = *event;
  grown->act.event_count = count + 1;
  return true;
}

static bool join_complete(ar_witness *w, ar_case *c) {
  filling f = { w, true };
  fill_record(c, &f, c->act->event_count - 1, &w->records[w->record_count++]);
  return f.good;
}

bool witness_join(ar_witness *w, ar_case *c, ar_err *err) {
  if (records_of(w) >= AR_ACT_EVENTS || c->act->more) {
    w->more++;
    return true;
  }
  w->ended = c->act->ended;
  bool good = w->complete ? join_rough(w, &c->act->events[c->act->event_count - 1]) : join_complete(w, c);
  return good || ar_nomem(err, "joining a record to its act");
}
