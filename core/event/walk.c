/* walk.c — the one pass over a record: members become slots. Keys we do not know cost one probe of the index. */
#include "event/private.h"

/* Equal in full; the print has already told nearly all strangers apart. Words of eight first, case second. */
static bool same_key(const char *key, const char *text, size_t len) {
  if (len < 8) return ar_str_eq_nocase((ar_str){ key, len }, (ar_str){ text, len });
  uint64_t differ = load64(key + len - 8) ^ load64(text + len - 8);
  for (size_t i = 0; i + 8 <= len; i += 8) differ |= load64(key + i) ^ load64(text + i);
  return differ == 0 || ar_str_eq_nocase((ar_str){ key, len }, (ar_str){ text, len });
}

static unsigned find_key(const ar_canon *c, object kind, const char *key, size_t len) {
  if (len - 1 >= KEY_LONGEST) return S_NONE;
  uint64_t print = ar_key_print(key, len);
  for (size_t at = ar_key_hash(print, len, kind); c->index.at[at]; at = (at + 1) % KEY_SLOTS) {
    const known_key *known = &c->index.keys[c->index.at[at] - 1];
    if (known->print == print && known->len == len && known->object == kind && same_key(key, known->text, len))
      return known->slot;
  }
  return S_NONE;
}

/* user_principal_name: once more without the underscores. */
static unsigned find_snake(const ar_canon *c, object kind, const char *key, size_t len) {
  char plain[KEY_LONGEST];
  size_t used = 0;
  if (len > sizeof plain) return S_NONE;
  for (size_t i = 0; i < len; i++)
    if (key[i] != '_') plain[used++] = key[i];
  return used == len ? S_NONE : find_key(c, kind, plain, used);
}

/* `start`: where the object that is being walked begins, so that only its own keys count as doubles. */
static void put(ar_canon *c, unsigned s, unsigned doc, size_t at, size_t start) {
  bool seen = slot_seen(c, s);
  if (seen && c->doc[s] == doc && c->at[s] > start)
    c->flags |= AR_EVENT_DUPLICATE_KEY;
  else if (seen && c->fill)
    return;
  c->seen[s / 64] |= (uint64_t)1 << (s % 64);
  c->at[s] = (uint32_t)at;
  c->doc[s] = (uint8_t)doc;
}

void ar_walk(ar_canon *c, object kind, ar_json whole, unsigned doc) {
  ar_str key;
  ar_json value;
  ar_json_iter it = ar_json_each(whole);
  if (!it.object) return;
  while (ar_json_next(&it, &key, &value)) {
    unsigned s = find_key(c, kind, key.ptr, key.len);
    if (s == S_NONE && c->loose) s = find_snake(c, kind, key.ptr, key.len);
    if (s != S_NONE) put(c, s, doc, value.at, whole.at);
  }
}

void ar_walk_start(ar_canon *c, ar_json record, bool loose) {
  memset(c->seen, 0, sizeof c->seen);
  c->docs[0] = record;
  c->inner_used = 0;
  c->fill = c->out_of_memory = false;
  c->loose = loose;
  c->flags = 0;
  c->scratch_used = 0;
  ar_walk(c, O_TOP, record, 0);
}

static bool looks_like_object(ar_str text) {
  text = ar_str_trim(text);
  return text.len > 1 && text.ptr[0] == '{';
}

/* Text that holds an object is parsed, and the slot points there from now on. */
static void open_text(ar_canon *c, unsigned s, ar_str text) {
  ar_err err = { .code = AR_OK };
  ar_json root;
  if (!looks_like_object(text) || c->inner_used == INNER_DOCS) return;
  if (!ar_json_parse_copy(c->inner[c->inner_used], text, &root, &err)) {
    c->out_of_memory |= err.code == AR_ENOMEM;
    return;
  }
  if (ar_json_flags(c->inner[c->inner_used])) c->flags |= AR_EVENT_NUMBER_AS_TEXT;
  c->docs[++c->inner_used] = root;
  c->doc[s] = (uint8_t)c->inner_used;
  c->at[s] = (uint32_t)root.at;
}

void ar_walk_slot(ar_canon *c, unsigned s, object kind) {
  ar_str text;
  ar_json value = slot_json(c, s);
  if (!value.tape) return;
  if (ar_json_string(value, &text)) open_text(c, s, text);
  ar_walk(c, kind, slot_json(c, s), c->doc[s]);
}

/* Parents before their children. */
static const struct part {
  uint8_t slot, object;
} parts[] = {
  { T_IDENTITY, O_IDENTITY },
  { T_CLAIMS_D, O_CLAIMS },
  { T_CLAIMS, O_CLAIMS },
  { I_CLAIM, O_CLAIMS },
  { I_CLAIMS, O_CLAIMS },
  { T_AUTHORIZATION_D, O_AUTHORIZATION },
  { T_AUTHORIZATION, O_AUTHORIZATION },
  { I_AUTHORIZATION, O_AUTHORIZATION },
  { A_EVIDENCE, O_EVIDENCE },
  { T_HTTP_D, O_HTTP },
  { T_HTTP, O_HTTP },
  { T_PROPERTIES_D, O_PROPERTIES },
  { T_PROPERTIES, O_PROPERTIES },
  { P_CALLER_INFO, O_CALLER_INFO },
  { P_STATUS, O_SIGNIN_STATUS },
  { P_INITIATED, O_INITIATED },
  { N_USER, O_INITIATED_USER },
  { N_APP, O_INITIATED_APP },
};

void ar_walk_parts(ar_canon *c) {
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (slot_seen(c, parts[i].slot)) ar_walk_slot(c, parts[i].slot, parts[i].object);
}

/* ---- what a slot holds ---- */

bool ar_slot_object(const ar_canon *c, unsigned s) {
  return ar_json_type_of(slot_json(c, s)) == AR_JSON_OBJECT;
}

static ar_str trimmed(ar_str s) {
  bool clean = s.len > 0 && (unsigned char)s.ptr[0] > ' ' && (unsigned char)s.ptr[s.len - 1] > ' ';
  if (!clean) s = ar_str_trim(s);
  return s.len ? s : (ar_str){ NULL, 0 };
}

static ar_str number_text(ar_canon *c, ar_json value) {
  int64_t number;
  if (!ar_json_int(value, &number) || c->scratch_used + 24 > sizeof c->scratch) return (ar_str){ NULL, 0 };
  char *out = c->scratch + c->scratch_used, *end = out + 24, *at = end;
  uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
  do *--at = (char)('0' + left % 10);
  while (left /= 10);
  if (number < 0) *--at = '-';
  c->scratch_used += 24;
  return (ar_str){ at, (size_t)(end - at) };
}

/* The string under a key of {"value": …, "localizedValue": …}; both spellings of the second. */
static ar_str named_string(ar_json whole, ar_str name) {
  ar_str key, text = { NULL, 0 };
  ar_json value;
  ar_json_iter it = ar_json_each(whole);
  while (ar_json_next(&it, &key, &value))
    if (ar_str_eq_nocase(key, name)) ar_json_string(value, &text);
  return trimmed(text);
}

ar_str ar_json_localized(ar_json value) {
  ar_str text = named_string(value, AR_STR("localizedValue"));
  return text.len ? text : named_string(value, AR_STR("localized_value"));
}

ar_str ar_slot_text(ar_canon *c, unsigned s) {
  ar_json value = slot_json(c, s);
  if (!value.tape) return (ar_str){ NULL, 0 };
  switch (ar_json_kind(value)) {
  case '"':
    return trimmed(ar_json_slice(value));
  case '{':
    return named_string(value, AR_STR("value"));
  case 'l':
    return number_text(c, value);
  default:
    return (ar_str){ NULL, 0 };
  }
}
