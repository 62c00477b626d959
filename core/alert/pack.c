/* pack.c — an alert as bytes, and back. One walk over its parts does both, so that neither can forget what the other
 * knows: a carrier either writes down what it is shown or fills it in. */
#include "alert/alert.h"

#include <string.h>

#define NO_TEXT UINT32_MAX

typedef struct carrier {
  bool reading;
  char *bytes;
  size_t len, room, at; /* reading: at; writing: len */
  bool good;
} carrier;

static void append(carrier *c, const void *value, size_t size) {
  char *grown = ar_grow(c->bytes, &c->room, c->len + size, 1);
  c->good = grown != NULL;
  if (!grown) return;
  c->bytes = grown;
  if (size) memcpy(grown + c->len, value, size);
  c->len += size;
}

static void carry(carrier *c, void *value, size_t size) {
  if (!c->good) return;
  if (!c->reading) {
    append(c, value, size);
    return;
  }
  c->good = size <= c->len - c->at;
  if (c->good && size) memcpy(value, c->bytes + c->at, size);
  if (c->good) c->at += size;
}

#define CARRY(c, member) carry((c), &(member), sizeof(member))

/* How many items there are; reading, their zeroed room, which is a power of two as alert.c grows it. */
static size_t carry_count(carrier *c, size_t *count, void **items, size_t bytes) {
  uint32_t n = (uint32_t)*count;
  size_t room = 1;
  CARRY(c, n);
  if (!c->reading || !c->good || n == 0) return c->good ? n : 0;
  while (room < n) room *= 2;
  *items = ar_alloc(room * bytes);
  c->good = *items != NULL;
  if (c->good) *count = n;
  return c->good ? n : 0;
}

#define CARRY_COUNT(c, items, count) carry_count((c), &(count), (void **)&(items), sizeof *(items))

/* The length of a text; false when there is none. */
static bool carry_length(carrier *c, const char *text, uint32_t *len) {
  *len = text ? (uint32_t)strlen(text) : NO_TEXT;
  carry(c, len, sizeof *len);
  if (c->reading && c->good && *len != NO_TEXT) c->good = *len <= c->len - c->at;
  return c->good && *len != NO_TEXT;
}

static void carry_text(carrier *c, char **text) {
  uint32_t len;
  if (!carry_length(c, *text, &len)) return;
  if (c->reading) {
    *text = ar_alloc((size_t)len + 1);
    c->good = *text != NULL;
  }
  carry(c, *text, len);
}

static void carry_strings(carrier *c, ar_strings *strings) {
  size_t count = CARRY_COUNT(c, strings->items, strings->count);
  for (size_t i = 0; i < count; i++) carry_text(c, &strings->items[i]);
}

/* ---- acts ---- */

static void carry_kept(carrier *c, ar_witness *w, const char **text) {
  uint32_t len;
  if (!carry_length(c, *text, &len)) return;
  if (!c->reading) {
    append(c, *text, len);
    return;
  }
  char *kept = ar_arena_alloc(w->arena, (size_t)len + 1);
  c->good = kept != NULL;
  carry(c, kept, len);
  if (c->good) kept[len] = '\0';
  if (c->good) *text = kept;
}

/* A text that mostly is the same, not just equal, as another of the act's. */
static void carry_like(carrier *c, ar_witness *w, const char **text, const char *like) {
  bool same = like && *text == like;
  CARRY(c, same);
  if (!same) carry_kept(c, w, text);
  if (c->reading && same) *text = like;
}

static void carry_record(carrier *c, ar_witness *w, ar_evidence_record *r) {
  CARRY(c, r->time);
  CARRY(c, r->source);
  CARRY(c, r->status);
  CARRY(c, r->origin);
  carry_like(c, w, &r->operation, w->texts[AR_FIELD_OPERATION]);
  carry_like(c, w, &r->resource, w->texts[AR_FIELD_RESOURCE]);
  carry_like(c, w, &r->ip, w->texts[AR_FIELD_IP]);
  carry_like(c, w, &r->correlation, w->texts[AR_FIELD_CORRELATION]);
  carry_kept(c, w, &r->event_id);
  carry_like(c, w, &r->file, r > w->records ? w->records->file : NULL);
}

static void carry_records(carrier *c, ar_witness *w) {
  uint32_t count = w->record_count;
  CARRY(c, count);
  if (c->reading && c->good && count) {
    w->records = ar_arena_alloc(w->arena, count * sizeof *w->records);
    c->good = w->records != NULL;
    if (c->good) memset(w->records, 0, count * sizeof *w->records);
  }
  if (c->good) w->record_count = count;
  for (uint32_t i = 0; c->good && i < count; i++) carry_record(c, w, &w->records[i]);
}

static void carry_facts(carrier *c, ar_witness *w) {
  CARRY(c, w->order);
  CARRY(c, w->act);
  CARRY(c, w->time);
  CARRY(c, w->started);
  CARRY(c, w->ended);
  CARRY(c, w->status);
  CARRY(c, w->source);
  CARRY(c, w->kind);
  CARRY(c, w->mfa);
  CARRY(c, w->delegated);
  CARRY(c, w->ids);
  CARRY(c, w->ip_tags);
  CARRY(c, w->asn);
  CARRY(c, w->country);
  CARRY(c, w->more);
}

static void carry_witness(carrier *c, ar_witness **slot) {
  if (c->reading) *slot = ar_witness_new();
  ar_witness *w = *slot;
  c->good = c->good && w;
  if (!c->good) return;
  carry_facts(c, w);
  for (int i = 0; i < AR_FIELD_COUNT; i++) carry_kept(c, w, &w->texts[i]);
  carry_kept(c, w, &w->object_id);
  carry_kept(c, w, &w->principal_name);
  carry_kept(c, w, &w->app_name);
  carry_kept(c, w, &w->resource_name);
  carry_records(c, w);
}

/* ---- the alert ---- */

static void carry_value(carrier *c, ar_value *v) {
  carry_text(c, &v->name);
  CARRY(c, v->type);
  carry_text(c, &v->text);
  CARRY(c, v->integer);
  CARRY(c, v->number);
}

static void carry_reason(carrier *c, ar_reason *r) {
  carry_text(c, &r->code);
  carry_text(c, &r->text);
  CARRY(c, r->has_bits);
  CARRY(c, r->bits);
  size_t count = CARRY_COUNT(c, r->values, r->value_count);
  for (size_t i = 0; i < count; i++) carry_value(c, &r->values[i]);
}

static void carry_ip(carrier *c, ar_alert_ip *ip) {
  carry_text(c, &ip->address);
  CARRY(c, ip->tags);
  CARRY(c, ip->asn);
  CARRY(c, ip->country);
}

static void carry_principal(carrier *c, ar_alert *a) {
  carry_text(c, &a->principal.id);
  carry_text(c, &a->principal.key);
  carry_text(c, &a->principal.name);
  carry_text(c, &a->principal.app_id);
  carry_text(c, &a->principal.app_name);
  CARRY(c, a->principal.kind);
  CARRY(c, a->principal.mfa);
  CARRY(c, a->principal.delegated);
}

static void carry_head(carrier *c, ar_alert *a) {
  CARRY(c, a->rule);
  CARRY(c, a->id);
  carry_text(c, &a->title);
  carry_text(c, &a->summary);
  CARRY(c, a->severity);
  CARRY(c, a->confidence);
  CARRY(c, a->preview);
  CARRY(c, a->finding);
  CARRY(c, a->time);
  CARRY(c, a->start);
  CARRY(c, a->end);
  carry_text(c, &a->tenant);
  carry_text(c, &a->subscription);
  carry_text(c, &a->resource);
  CARRY(c, a->has_score);
  CARRY(c, a->score);
  CARRY(c, a->threshold);
  CARRY(c, a->evidence_left_out);
  CARRY(c, a->rule_set);
}

static void carry_lists(carrier *c, ar_alert *a) {
  carry_strings(c, &a->tactics);
  carry_strings(c, &a->techniques);
  carry_strings(c, &a->missing_sources);
  carry_strings(c, &a->subscriptions);
  carry_strings(c, &a->resources);
  carry_strings(c, &a->siblings);
}

static void carry_alert(carrier *c, ar_alert *a) {
  carry_head(c, a);
  carry_principal(c, a);
  carry_lists(c, a);
  size_t ips = CARRY_COUNT(c, a->ips, a->ip_count);
  for (size_t i = 0; i < ips; i++) carry_ip(c, &a->ips[i]);
  size_t reasons = CARRY_COUNT(c, a->reasons, a->reason_count);
  for (size_t i = 0; i < reasons; i++) carry_reason(c, &a->reasons[i]);
  size_t acts = CARRY_COUNT(c, a->evidence, a->evidence_count);
  for (size_t i = 0; i < acts; i++) carry_witness(c, &a->evidence[i]);
}

bool ar_alert_pack(ar_alert *alert, char **bytes, size_t *room, size_t *len, ar_err *err) {
  carrier c = { .bytes = *bytes, .room = *room, .good = true };
  carry_alert(&c, alert);
  *bytes = c.bytes;
  *room = c.room;
  *len = c.len;
  return c.good || ar_nomem(err, "putting an alert away");
}

ar_alert *ar_alert_unpack(char *bytes, size_t len, ar_err *err) {
  carrier c = { .reading = true, .bytes = bytes, .len = len };
  ar_alert *alert = ar_alert_new();
  c.good = alert != NULL;
  if (alert) carry_alert(&c, alert);
  if (c.good) return alert;
  ar_alert_free(alert);
  ar_nomem(err, "taking an alert up again");
  return NULL;
}
