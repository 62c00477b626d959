/* pack.c — from slices to the packed event: numbers, identities, and the hashes that order events alike in every run.
 *
 * Identities are seeded, so that an outsider cannot aim at a table; what orders events must not be. So each text is
 * hashed both ways, in its canonical spelling: a GUID by its value, anything else in lower case. */
#include "event/private.h"

#define NAME_BYTES 2048     /* longer names are hashed piece by piece */
#define OPERATION_BYTES 256 /* longer ones get no number: a log must not fill the memory with names */

/* Of text already in its canonical spelling. */
static named named_text(ar_str text, uint64_t seed) {
  return (named){ .id = ar_id_of(text, seed), .fixed = ar_hash_fixed(text) };
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
  return (named){ .id = ar_id_name(text, seed), .fixed = words[0] };
}

static named name(ar_str text, uint64_t seed) {
  ar_id id;
  char lower[NAME_BYTES];
  if (!text.len) return (named){ .fixed = 0 };
  if (ar_guid(text, &id)) return (named){ .id = id, .fixed = id.hi * 0x9E3779B97F4A7C15u ^ id.lo, .guid = true };
  return text.len <= NAME_BYTES ? named_text(ar_lower(text, lower), seed) : long_name(text, seed);
}

static named operation_name(ar_str operation, uint64_t seed, ar_names *names) {
  char lower[OPERATION_BYTES];
  if (operation.len > OPERATION_BYTES) return name(operation, seed);
  operation = ar_lower(operation, lower);
  named made = named_text(operation, seed);
  made.number = names ? ar_names_add(names, operation) : 0;
  return made;
}

/* ---- names of the records before ---- */

typedef enum role { OBJECT, APP, CALLER, SUBSCRIPTION, TENANT, EVENT, CORRELATION, RESOURCE, OPERATION, ROLES } role;

/* Where a role's texts are remembered, and how many at once: of what has few values in a log, several. */
static const struct share {
  uint8_t from, bits;
} shares[ROLES] = { [OBJECT] = { 0, 0 },   [CALLER] = { 1, 0 }, [TENANT] = { 2, 0 },        [CORRELATION] = { 3, 0 },
                    [RESOURCE] = { 4, 0 }, [APP] = { 8, 3 },    [SUBSCRIPTION] = { 16, 4 }, [OPERATION] = { 32, 5 } };

/* By the last bytes, which differ where the first ones are alike. */
static memo_text *place_of(ar_memo *memo, role r, ar_str text) {
  uint64_t tail = text.len >= 8 ? load64(text.ptr + text.len - 8) : (unsigned char)text.ptr[0];
  size_t way = shares[r].bits ? (tail * 0x9E3779B97F4A7C15u + text.len) >> (64 - shares[r].bits) : 0;
  return &memo->texts[shares[r].from + way];
}

/* Seed and names are the same from one call to the next, but in specs. */
static void check_owner(ar_memo *memo, uint64_t seed, const ar_names *names) {
  if (memo->seed == seed && memo->names == names) return;
  memset(memo, 0, sizeof *memo);
  memo->seed = seed;
  memo->names = names;
}

static named make_name(role r, ar_str text, uint64_t seed, ar_names *names) {
  return r == OPERATION ? operation_name(text, seed, names) : name(text, seed);
}

static named name_of(ar_memo *memo, role r, ar_str text, uint64_t seed, ar_names *names) {
  if (!memo || text.len - 1 >= MEMO_TEXT || r == EVENT) return make_name(r, text, seed, names);
  memo_text *known = place_of(memo, r, text);
  if (known->len == text.len && memcmp(known->text, text.ptr, text.len) == 0) return known->name;
  named made = make_name(r, text, seed, names);
  if (r == OPERATION && !made.number) return made; /* there may be room for it later, and refusals are counted */
  known->len = (uint32_t)text.len;
  known->name = made;
  memcpy(known->text, text.ptr, text.len);
  return made;
}

static ar_str without_slash(ar_str resource) {
  while (resource.len > 1 && resource.ptr[resource.len - 1] == '/') resource.len--;
  return resource;
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

/* `who`: the roles up to EVENT. */
static uint64_t content(const ar_fields *f, const ar_event *e, const named *who) {
  uint64_t words[20] = { (uint64_t)e->time, e->order, e->ip.hi, e->ip.lo };
  size_t used = 4;
  words[used++] = (uint64_t)e->status | (uint64_t)e->kind << 8 | (uint64_t)e->mfa << 16 | (uint64_t)e->delegated << 24 |
                  (uint64_t)e->shape << 32;
  words[used++] = body_hash(f->request_body);
  words[used++] = body_hash(f->response_body);
  words[used++] = ar_hash_fixed(f->resource);
  for (size_t i = 0; i <= EVENT; i++) words[used++] = who[i].fixed;
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
  const ar_str texts[ROLES] = { f->object_id, f->app_id,   f->caller,      f->subscription,
                                f->tenant,    f->event_id, f->correlation, without_slash(f->resource),
                                f->operation };
  named who[ROLES];
  pack_plain(f, out);
  if (f->memo) check_owner(f->memo, seed, names);
  for (role r = OBJECT; r < ROLES; r++) who[r] = name_of(f->memo, r, texts[r], seed, names);
  out->object_id = who[OBJECT].id;
  if (who[OBJECT].guid) out->flags |= AR_EVENT_OBJECT_GUID;
  out->app_id = who[APP].id;
  /* REST names an application by its object id as caller, other shapes not at all. */
  bool known = ar_id_eq(who[CALLER].id, who[OBJECT].id) || ar_id_eq(who[CALLER].id, who[APP].id);
  if (known) who[CALLER] = (named){ .fixed = 0 };
  out->caller = who[CALLER].id;
  out->subscription = who[SUBSCRIPTION].id;
  out->tenant = who[TENANT].id;
  out->event_id = who[EVENT].id;
  out->resource = who[RESOURCE].id;
  out->operation = who[OPERATION].number;
  out->act = ar_id_mix(ar_id_mix(who[CORRELATION].id, who[OPERATION].id), out->resource);
  out->operation_hash = (uint32_t)who[OPERATION].fixed;
  const uint64_t order[] = { out->source, who[CORRELATION].fixed, who[OPERATION].fixed, who[RESOURCE].fixed };
  out->order = hash_words(order, sizeof order / sizeof *order);
  out->content = content(f, out, who);
  if (ips && !ar_ip_none(f->ip)) out->ip_tags = (uint8_t)ar_ipset_tags(ips, f->ip, f->time);
}
