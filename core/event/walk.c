/* walk.c — the one pass over a record: members become slots. Keys we do not know cost one probe of the index. */
#include "event/private.h"

typedef uint64_t words2 __attribute__((vector_size(16)));

static inline words2 load128(const char *at) {
  words2 words;
  memcpy(&words, at, sizeof words);
  return words;
}

/* Ones in the first `len` bytes, 1 to 16. */
static inline words2 first_bytes(size_t len) {
  static const char ones[32] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
  return load128(ones + 16 - len);
}

/* Sixteen bytes at a time, the last ones overlapping. Both may be read 16 bytes far, whatever their length: keys lie in
 * padded texts. */
static inline bool same_bytes(const char *key, const char *text, size_t len) {
  words2 differ;
  if (len <= 16) {
    differ = (load128(key) ^ load128(text)) & first_bytes(len);
  } else {
    differ = load128(key + len - 16) ^ load128(text + len - 16);
    for (size_t i = 0; i + 16 < len; i += 16) differ |= load128(key + i) ^ load128(text + i);
  }
  return (differ[0] | differ[1]) == 0;
}

/* The number of a key, 0 when nobody reads it. The print tells nearly all strangers apart before any comparing. */
static unsigned find_key(const ar_canon *c, object kind, const char *key, size_t len) {
  if (len - 1 >= KEY_LONGEST) return 0;
  uint64_t print = ar_key_print(key, len);
  for (size_t at = ar_key_hash(print, len, kind); c->index.at[at]; at = (at + 1) % KEY_SLOTS) {
    const known_key *known = &c->index.keys[c->index.at[at]];
    if (known->print == print && known->len == len && known->object == kind && SAME(key, known->text, len))
      return c->index.at[at];
  }
  return 0;
}

/* user_principal_name: once more without the underscores. */
static unsigned find_snake(const ar_canon *c, object kind, const char *key, size_t len) {
  char plain[KEY_LONGEST];
  size_t used = 0;
  if (len > sizeof plain) return 0;
  for (size_t i = 0; i < len; i++)
    if (key[i] != '_') plain[used++] = key[i];
  return used == len ? 0 : find_key(c, kind, plain, used);
}

/* A slot that is known already: a double of this object, or of a place that came before. */
static bool may_replace(ar_canon *c, unsigned s, unsigned doc, size_t start) {
  bool twice = c->doc[s] == doc && c->at[s] > start;
  if (twice) c->flags |= AR_EVENT_DUPLICATE_KEY;
  return twice || !c->fill;
}

static unsigned search(const ar_canon *c, object kind, const char *key, size_t len) {
  unsigned number = find_key(c, kind, key, len);
  return number == 0 && c->loose ? find_snake(c, kind, key, len) : number;
}

/* The slot of a key that did not come as number `at` of its run last time: it will. What came from there on is
 * forgotten. */
static __attribute__((noinline)) unsigned learn(const ar_canon *c, key_run *run, size_t at, object kind, ar_json name) {
  ar_str key = ar_json_slice(name);
  unsigned s = c->index.keys[search(c, kind, key.ptr, key.len)].slot;
  if (at > run->count || at == RUN_KEYS) return s;
  size_t used = at ? run->keys[at - 1].text + (uint32_t)run->keys[at - 1].word : 0;
  run->count = (uint32_t)at;
  if (key.len > RUN_TEXT - used) return s;
  memcpy(run->text + used, key.ptr, key.len);
  run->keys[at] = (struct run_key){ name.tape[name.at], (uint16_t)used, (uint8_t)s };
  run->count++;
  return s;
}

/* Objects of one kind differ mostly in their number of members and in how they begin. */
static inline key_run *run_of(ar_canon *c, object kind, ar_json whole) {
  uint64_t count = whole.tape[whole.at] >> 32, first = whole.tape[whole.at + 1];
  return &c->runs[c->loose][kind][(count + first) % RUN_WAYS];
}

static inline bool as_before(const key_run *run, size_t number, uint64_t word, ar_str key) {
  if (number >= run->count || run->keys[number].word != word) return false;
  return same_bytes(key.ptr, run->text + run->keys[number].text, key.len);
}

/* Records of one log have their keys in one order: what stood in a place last time is compared first, and only when
 * that fails is the key searched for. */
void ar_walk(ar_canon *c, object kind, ar_json whole, unsigned doc) {
  if (ar_json_type_of(whole) != AR_JSON_OBJECT) return;
  ar_json value = { whole.tape, whole.at + 1 };
  key_run *run = run_of(c, kind, whole);
  size_t number = 0;
  for (size_t end = ar_json_behind(whole) - 1; value.at < end; number++) {
    bool same = as_before(run, number, value.tape[value.at], ar_json_slice(value));
    unsigned s = same ? run->keys[number].slot : learn(c, run, number, kind, value);
    uint32_t at = (uint32_t)(value.at += 2);
    value.at = ar_json_kind(value) == '"' ? value.at + 2 : ar_json_behind(value);
    if (s == S_NONE || (c->at[s] && !may_replace(c, s, doc, whole.at))) continue;
    c->at[s] = at;
    c->doc[s] = (uint8_t)doc;
  }
}

void ar_walk_start(ar_canon *c, ar_json record) {
  memset(c->at, 0, sizeof c->at);
  c->docs[0] = record;
  c->inner_used = 0;
  c->fill = c->loose = c->out_of_memory = false;
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
  if (ar_json_flags(c->inner[c->inner_used]) & AR_JSON_NUMBER_AS_TEXT) c->flags |= AR_EVENT_NUMBER_AS_TEXT;
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
  s = ar_str_trim(s);
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

/* {"value": "x", "localizedValue": …} as it stands in every REST record; absent when it is anything else. */
static inline ar_str plain_value(ar_json whole) {
  ar_json key = { whole.tape, whole.at + 1 }, value = { whole.tape, whole.at + 3 },
          other = { whole.tape, whole.at + 5 };
  bool pair = (whole.tape[whole.at] >> 32 & 0xFFFFFF) == 2 && ar_json_kind(value) == '"';
  ar_str name = ar_json_slice(key);
  if (!pair || name.len != 5 || memcmp(name.ptr, "value", 5) != 0) return (ar_str){ NULL, 0 };
  ar_str text = ar_json_slice(value);
  bool clean = text.len && (unsigned char)text.ptr[0] > ' ' && (unsigned char)text.ptr[text.len - 1] > ' ';
  return clean && ar_json_slice(other).len != sizeof "value" - 1 ? text : (ar_str){ NULL, 0 };
}

ar_str ar_slot_rare(ar_canon *c, ar_json value) {
  ar_str text;
  switch (ar_json_kind(value)) {
  case '"':
    return trimmed(ar_json_slice(value));
  case '{':
    text = plain_value(value);
    return text.len ? text : named_string(value, AR_STR("value"));
  case 'l':
    return number_text(c, value);
  default:
    return (ar_str){ NULL, 0 };
  }
}
