/* pack.c — from slices to the packed event: numbers, identities, and the hashes that order events alike in every run.
 *
 * Identities are seeded, so that an outsider cannot aim at a table; what orders events must not be. So each text is
 * hashed both ways, in its canonical spelling: a GUID by its value, anything else in lower case. */
#include "event/private.h"

#define NAME_BYTES 2048     /* longer names are hashed piece by piece */
#define OPERATION_BYTES 256 /* longer ones get no number: a log must not fill the memory with names */

typedef struct named {
  ar_id id;
  uint64_t fixed;
  bool guid;
} named;

/* Of text already in its canonical spelling. */
static named named_text(ar_str text, uint64_t seed) {
  return (named){ ar_id_of(text, seed), ar_hash_fixed(text), false };
}

static uint64_t hash_words(const uint64_t *words, size_t count) {
  return ar_hash_fixed((ar_str){ (const char *)words, count * sizeof *words });
}

static named long_name(ar_str text, uint64_t seed) {
  char lower[NAME_BYTES];
  uint64_t words[2] = { 0, 0 };
  for (size_t at = 0, len; at < text.len; at += len) {
    len = text.len - at < NAME_BYTES ? text.len - at : NAME_BYTES;
    words[1] = ar_hash_fixed(ar_lower((ar_str){ text.ptr + at, len }, lower));
    words[0] = hash_words(words, 2);
  }
  return (named){ ar_id_name(text, seed), words[0], false };
}

static named name(ar_str text, uint64_t seed) {
  ar_id id;
  char lower[NAME_BYTES];
  if (!text.len) return (named){ { 0, 0 }, 0, false };
  if (ar_guid(text, &id)) return (named){ id, id.hi * 0x9E3779B97F4A7C15u ^ id.lo, true };
  return text.len <= NAME_BYTES ? named_text(ar_lower(text, lower), seed) : long_name(text, seed);
}

static named resource_name(ar_str resource, uint64_t seed) {
  while (resource.len > 1 && resource.ptr[resource.len - 1] == '/') resource.len--;
  return name(resource, seed);
}

static named operation_name(ar_str operation, uint64_t seed, ar_names *names, uint32_t *number) {
  char lower[OPERATION_BYTES];
  if (operation.len > OPERATION_BYTES) return name(operation, seed);
  operation = ar_lower(operation, lower);
  *number = names ? ar_names_add(names, operation) : 0;
  return named_text(operation, seed);
}

/* How many facts a record knows. */
static uint64_t richness(const ar_fields *f) {
  const ar_str *texts = &f->operation;
  size_t count = (offsetof(ar_fields, ip) - offsetof(ar_fields, operation)) / sizeof *texts;
  uint64_t known = 0;
  for (size_t i = 0; i < count; i++) known += (uint64_t)(texts[i].len != 0);
  texts = &f->correlation;
  count = (offsetof(ar_fields, record) - offsetof(ar_fields, correlation)) / sizeof *texts;
  for (size_t i = 0; i < count; i++) known += (uint64_t)(texts[i].len != 0);
  known +=
      (uint64_t)((f->request_body.tape != NULL) + (f->response_body.tape != NULL) + (f->arrival != AR_INSTANT_NONE));
  return known;
}
_Static_assert(offsetof(ar_fields, operation) % sizeof(void *) == 0 &&
                   (offsetof(ar_fields, ip) - offsetof(ar_fields, operation)) % sizeof(ar_str) == 0 &&
                   (offsetof(ar_fields, record) - offsetof(ar_fields, correlation)) % sizeof(ar_str) == 0,
               "the texts of ar_fields lie in two unbroken runs");

static uint64_t body_hash(ar_json body) {
  ar_str text;
  return ar_json_string(body, &text) ? ar_hash_fixed(text) : ar_json_count(body);
}

static uint64_t content(const ar_fields *f, const ar_event *e, const named *who, size_t count) {
  uint64_t words[20] = { (uint64_t)e->time, e->order, e->ip.hi, e->ip.lo };
  size_t used = 4;
  words[used++] = (uint64_t)e->status | (uint64_t)e->kind << 8 | (uint64_t)e->mfa << 16 | (uint64_t)e->delegated << 24 |
                  (uint64_t)e->shape << 32;
  words[used++] = body_hash(f->request_body);
  words[used++] = body_hash(f->response_body);
  words[used++] = ar_hash_fixed(f->resource);
  for (size_t i = 0; i < count; i++) words[used++] = who[i].fixed;
  return richness(f) << 56 | hash_words(words, used) >> 8;
}

static uint8_t phase_of(const ar_fields *f) {
  bool folds = f->source == AR_SOURCE_ACTIVITY || f->source == AR_SOURCE_DIRECTORY;
  if (!folds) return 3;
  return f->status == AR_STATUS_STARTED ? 1 : f->status == AR_STATUS_ACCEPTED ? 2 : 3;
}

static void pack_plain(const ar_fields *f, ar_event *out) {
  memset(out, 0, sizeof *out);
  out->time = f->time;
  out->ip = f->ip;
  out->source = (uint8_t)f->source;
  out->status = (uint8_t)f->status;
  out->kind = (uint8_t)f->kind;
  out->shape = (uint8_t)f->shape;
  out->mfa = (uint8_t)f->mfa;
  out->delegated = (uint8_t)f->delegated;
  out->flags = (uint8_t)f->flags;
  out->phase = phase_of(f);
}

void ar_event_pack(const ar_fields *f, ar_names *names, const ar_ipset *ips, uint64_t seed, ar_event *out) {
  enum { OBJECT, APP, CALLER, SUBSCRIPTION, TENANT, EVENT, WHO_COUNT };
  const ar_str texts[WHO_COUNT] = { f->object_id, f->app_id, f->caller, f->subscription, f->tenant, f->event_id };
  named who[WHO_COUNT];
  pack_plain(f, out);
  for (size_t i = 0; i < WHO_COUNT; i++) who[i] = name(texts[i], seed);
  named resource = resource_name(f->resource, seed), correlation = name(f->correlation, seed);
  named operation = operation_name(f->operation, seed, names, &out->operation);
  out->object_id = who[OBJECT].id;
  if (who[OBJECT].guid) out->flags |= AR_EVENT_OBJECT_GUID;
  out->app_id = who[APP].id;
  /* REST names an application by its object id as caller, other shapes not at all. */
  bool known = ar_id_eq(who[CALLER].id, who[OBJECT].id) || ar_id_eq(who[CALLER].id, who[APP].id);
  if (known) who[CALLER] = (named){ { 0, 0 }, 0, false };
  out->caller = who[CALLER].id;
  out->subscription = who[SUBSCRIPTION].id;
  out->tenant = who[TENANT].id;
  out->event_id = who[EVENT].id;
  out->resource = resource.id;
  out->act = ar_id_mix(ar_id_mix(correlation.id, operation.id), resource.id);
  out->operation_hash = (uint32_t)operation.fixed;
  const uint64_t order[] = { out->source, correlation.fixed, operation.fixed, resource.fixed };
  out->order = hash_words(order, sizeof order / sizeof *order);
  out->content = content(f, out, who, WHO_COUNT);
  if (ips && !ar_ip_none(f->ip)) out->ip_tags = (uint8_t)ar_ipset_tags(ips, f->ip, f->time);
}
