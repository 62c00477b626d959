/* private.h — the canonicaliser from within: a record's known members as numbered slots.
 *
 * One pass over each object of interest turns its keys into slots (keys.c); everything else asks for slots, never
 * for keys. A slot is what a member means, not where it stands: `operationName`, `operation_name` and the column
 * `OperationName` share one, and so do `identity.claim.oid` and the column `identity_claim_oid_g`.
 */
#ifndef ARMRUN_EVENT_PRIVATE_H
#define ARMRUN_EVENT_PRIVATE_H

#include <string.h>

#include "event/event.h"

/* The objects whose members we read. */
typedef enum object {
  O_TOP,
  O_CLAIMS,
  O_AUTHORIZATION,
  O_EVIDENCE,
  O_HTTP,
  O_IDENTITY,
  O_PROPERTIES,
  O_SIGNIN_STATUS,
  O_CALLER_INFO,
  O_INITIATED,
  O_INITIATED_USER,
  O_INITIATED_APP,
  O_AZURE, /* of ECS documents */
  O_AZURE_RESOURCE,
  O_ECS_EVENT,
  O_ECS_SOURCE,
  O_ECS_USER,
  O_ECS_LOG,
  O_COUNT
} object;

typedef enum slot {
  S_NONE,
  /* times */
  T_EVENT_TIMESTAMP,
  T_EVENT_TIMESTAMP_SNAKE,
  T_TIME,
  T_TIME_GENERATED,
  T_AT_TIMESTAMP,
  T_EVENT_TIME,
  T_TIMESTAMP,
  T_SUBMISSION,
  /* wrappings and marks of a shape */
  T_RECORDS,
  T_VALUE,
  T_TABLES,
  T_ERROR,
  T_CODE,
  T_MESSAGE,
  T_SCHEMA_ID,
  T_EVENT_TYPE,
  T_DATA,
  T_AZURE,
  T_ECS_EVENT,
  T_ECS_SOURCE,
  T_ECS_USER,
  T_ECS_LOG,
  T_TYPE,
  T_ACTION_TYPE,
  T_DATA_SOURCE,
  T_RAW,
  T_REPORT_ID,
  /* what happened */
  T_ID,
  T_EVENT_DATA_ID,
  T_CORRELATION,
  T_OPERATION_ID,
  T_OPERATION,
  T_OPERATION_VALUE,
  T_STATUS,
  T_STATUS_VALUE,
  T_STATUS_OLD,
  T_SUBSTATUS,
  T_SUBSTATUS_VALUE,
  T_RESULT_TYPE,
  T_RESULT_SIGNATURE,
  T_RESULT_DESCRIPTION,
  T_CATEGORY,
  T_CATEGORY_VALUE,
  T_EVENT_SOURCE,
  T_EVENT_NAME,
  T_LEVEL,
  T_DESCRIPTION,
  /* to what */
  T_RESOURCE_ID,
  T_RESOURCE_URI,
  T_ROW_RESOURCE_ID,
  T_RESOURCE_TYPE,
  T_RESOURCE_GROUP,
  T_SUBSCRIPTION,
  T_TENANT,
  T_DIRECTORY_TENANT,
  T_HIERARCHY,
  /* by whom, from where */
  T_CALLER,
  T_CALLER_IP,
  T_USER_AGENT,
  T_CLAIMS,
  T_CLAIMS_D,
  T_AUTHORIZATION,
  T_AUTHORIZATION_D,
  T_HTTP,
  T_HTTP_D,
  T_IDENTITY,
  T_PROPERTIES,
  T_PROPERTIES_D,
  C_OBJECT_ID,
  C_OID,
  C_TENANT,
  C_TID,
  C_UPN,
  C_UPN_SHORT,
  C_UNIQUE_NAME,
  C_NAME,
  C_EMAIL,
  C_SPN,
  C_APP_ID,
  C_AZP,
  C_APP_AUTH,
  C_ID_TYPE,
  C_PROVIDER,
  C_SCOPE,
  C_SCP,
  C_METHODS,
  C_AMR,
  C_IP,
  A_ACTION,
  A_SCOPE,
  A_ROLE,
  A_EVIDENCE,
  E_ROLE,
  E_PRINCIPAL_ID,
  E_PRINCIPAL_TYPE,
  H_IP,
  H_REQUEST_ID,
  H_METHOD,
  I_CLAIMS,
  I_CLAIM,
  I_AUTHORIZATION,
  /* properties */
  P_STATUS_CODE,
  P_REQUEST,
  P_RESPONSE,
  P_ENTITY,
  P_RESOURCE,
  P_MESSAGE,
  P_HIERARCHY,
  P_CATEGORY,
  P_EVENT_ID,
  P_CALLER,
  P_CALLER_INFO,
  P_HTTP_STATUS,
  P_CLIENT_INFO,
  P_USER_AGENT,
  P_METHOD,
  P_ID,
  P_CORRELATION,
  P_CREATED,
  P_USER_ID,
  P_USER_NAME,
  P_USER_DISPLAY,
  P_APP_ID,
  P_APP_NAME,
  P_SP_ID,
  P_SP_NAME,
  P_IP,
  P_STATUS,
  P_REQUIREMENT,
  P_HOME_TENANT,
  P_RESOURCE_TENANT,
  P_ACTIVITY,
  P_ACTIVITY_TIME,
  P_RESULT,
  P_RESULT_REASON,
  P_INITIATED,
  P_DETAILS,
  X_ERROR_CODE,
  Y_OBJECT_ID,
  Y_NAME,
  N_USER,
  N_APP,
  N_USER_ID,
  N_USER_UPN,
  N_USER_DISPLAY,
  N_USER_IP,
  N_APP_ID,
  N_APP_NAME,
  N_APP_SP,
  /* ECS */
  Z_LOGS,
  Z_SIGNIN,
  Z_AUDIT,
  Z_PLATFORM,
  Z_RESOURCE,
  Z_ACTION,
  Z_OUTCOME,
  Z_USER_EMAIL,
  Z_USER_NAME,
  S_COUNT
} slot;
_Static_assert(S_COUNT <= 256, "slots are numbered in a byte");

/* How a record is to be read: each form has one table of places (forms.c). */
typedef enum form {
  F_REST, /* also SDK, alert webhook, Event Grid */
  F_EVENTHUB,
  F_LOGANALYTICS,
  F_ECS,
  F_CLOUDAUDIT,
  F_KEYVAULT,
  F_SIGNIN,
  F_AUDIT,
  F_COUNT
} form;

typedef struct key_row {
  const char *text;
  uint8_t object, slot;
} key_row;
extern const key_row ar_key_rows[];
extern const size_t ar_key_count;

#define KEY_BITS 12 /* sparse: of the keys that nobody knows nineteen of twenty find an empty place */
#define KEY_SLOTS (1 << KEY_BITS)
#define KEY_MOST 511
#define KEY_LONGEST 80

/* A key as it is looked up: its first and last bytes, folded, tell nearly all keys apart before any comparing. */
typedef struct known_key {
  uint32_t len;
  uint8_t object, slot;
  uint64_t print;
  const char *text;
} known_key;

typedef struct key_index {
  uint16_t at[KEY_SLOTS];       /* number in `keys`; 0 = empty */
  known_key keys[KEY_MOST + 1]; /* 0 equals no key */
} key_index;
void ar_keys_build(key_index *index);

#define RUN_KEYS 40
#define RUN_TEXT 1200
#define RUN_WAYS 4

/* The keys of an object in the order they had last time, known or not, with the slots they fill. */
typedef struct key_run {
  struct run_key {
    uint64_t word; /* as it stands on the tape */
    uint16_t text; /* where in `text` */
    uint8_t slot;
  } keys[RUN_KEYS];
  uint32_t count;
  char text[RUN_TEXT + 16];
} key_run;

static inline uint32_t load32(const char *at) {
  uint32_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

static inline uint64_t load64(const char *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return word;
}

/* Four bytes from each end with bit 5 set, which makes letters of either case alike; len > 0. */
static inline uint64_t ar_key_print(const char *key, size_t len) {
  uint64_t fold = 0x2020202020202020u;
  if (len >= 4) return ((uint64_t)load32(key) << 32 | load32(key + len - 4)) | fold;
  unsigned char first = (unsigned char)key[0], middle = (unsigned char)key[len / 2], last = (unsigned char)key[len - 1];
  return ((uint64_t)first << 16 | (uint64_t)middle << 8 | last) | fold;
}

static inline size_t ar_key_hash(uint64_t print, size_t len, unsigned kind) {
  return (size_t)((print ^ (uint64_t)len << 40 ^ (uint64_t)kind << 20) * 0x9E3779B97F4A7C15u >> (64 - KEY_BITS));
}

/* What a text came to: its seeded identity, and a hash that is the same in every run. */
typedef struct named {
  ar_id id;
  uint64_t fixed;
  uint32_t number; /* of operations */
  bool guid;
} named;

#define MEMO_TEXT 220 /* longer texts are not remembered */
#define MEMO_TEXTS 64

typedef struct memo_text {
  named name;
  uint32_t len; /* 0: nothing yet */
  char text[MEMO_TEXT];
} memo_text;

/* Names of the records before: many records in a row are of one act, one person, one subscription. */
typedef struct ar_memo {
  uint64_t seed;
  const ar_names *names;
  memo_text texts[MEMO_TEXTS];
} ar_memo;

#define INNER_DOCS 6 /* JSON in strings: Claims, Authorization, HTTPRequest, Properties, CallerInfo, one more */
#define SCRATCH_BYTES 256

struct ar_canon {
  ar_json docs[1 + INNER_DOCS];          /* 0 is the record; of the others only the tape counts */
  ar_json_doc *inner[INNER_DOCS], *lent; /* lent: ar_canon_inner's */
  unsigned inner_used;
  bool fill;  /* slots already known stay as they are */
  bool loose; /* keys may be in snake_case */
  bool out_of_memory;
  unsigned flags;
  size_t scratch_used;
  char scratch[SCRATCH_BYTES]; /* numbers as text */
  uint32_t at[S_COUNT];        /* 0 = the record has no such member: that is where every document's root mark stands */
  uint8_t doc[S_COUNT];
  key_index index;
  key_run runs[2][O_COUNT][RUN_WAYS]; /* strict, loose */
  ar_memo memo;
};

static inline bool slot_seen(const ar_canon *c, unsigned s) {
  return c->at[s] != 0;
}

static inline ar_json slot_json(const ar_canon *c, unsigned s) {
  if (!slot_seen(c, s)) return (ar_json){ NULL, 0 };
  const ar_json *doc = &c->docs[c->doc[s]];
  return (ar_json){ doc->tape, c->at[s] };
}

bool ar_same(const char *a, const char *b, size_t len); /* but for the case of ASCII letters */

/* The exact match, which is what logs mostly have, without a call. */
#define SAME(a, b, len) (memcmp(a, b, len) == 0 || ar_same(a, b, len))
#define IS(s, literal) ((s).len == sizeof(literal) - 1 && SAME((s).ptr, literal, sizeof(literal) - 1))
/* The last letter first: ids and operations begin alike. */
#define STARTS(s, literal)                                                                                             \
  ((s).len >= sizeof(literal) - 1 && (((s).ptr[sizeof(literal) - 2] ^ (literal)[sizeof(literal) - 2]) & ~0x20) == 0 && \
   SAME((s).ptr, literal, sizeof(literal) - 1))

static inline bool same_text(ar_str a, ar_str b) {
  return a.len == b.len && (a.len == 0 || SAME(a.ptr, b.ptr, a.len));
}

/* walk.c */
void ar_walk_start(ar_canon *c, ar_json record);
/* Fills the slots of an object's known members. */
void ar_walk(ar_canon *c, object kind, ar_json whole, unsigned doc);
/* Walks what `s` holds as an object of this kind; text is parsed first. Remembers the object in the slot. */
void ar_walk_slot(ar_canon *c, unsigned s, object kind);
/* Claims, authorization, properties … of a record whose top level is known. */
void ar_walk_parts(ar_canon *c);
ar_str ar_slot_rare(ar_canon *c, ar_json value);
/* A slot's text, trimmed: a string, the string in its {"value": …}, or a number as text; absent when empty. */
static inline ar_str ar_slot_text(ar_canon *c, unsigned s) {
  ar_json value = slot_json(c, s);
  if (!value.tape) return (ar_str){ NULL, 0 };
  if (ar_json_kind(value) == '"') {
    ar_str text = ar_json_slice(value);
    if (text.len && (unsigned char)text.ptr[0] > ' ' && (unsigned char)text.ptr[text.len - 1] > ' ') return text;
  }
  return ar_slot_rare(c, value);
}
ar_str ar_json_localized(ar_json value); /* {"localizedValue": …} */
bool ar_slot_object(const ar_canon *c, unsigned s);

/* forms.c */
void ar_form_read(ar_canon *c, form f, ar_fields *out);
/* The first place of the form's times that holds one. False, with `text`, when none is a time. */
bool ar_form_time(ar_canon *c, form f, ar_fields *out, ar_str *text);

/* status.c */
ar_status ar_status_of(ar_str word);      /* Started, Success, "Succeeded." …; NONE when it is no status word */
ar_status ar_status_of_http(ar_str code); /* "Created", "404", "Bad Request" …; NONE when it is no HTTP status */
void ar_status_read(ar_canon *c, form f, ar_fields *out);

/* source.c */
/* Which log, and how to read it; fills shape and source. SKIPPED and REJECTED with `why`. */
ar_verdict ar_source_of(ar_canon *c, ar_fields *out, form *f, char why[160]);
void ar_source_refine(ar_fields *out); /* activity or directory; Azure Policy */

/* apps.c */
typedef struct known_app {
  ar_id id;
  const char *name;
  bool platform; /* acts by itself; the others are clients in the hands of people */
} known_app;
const known_app *ar_app_find(ar_str app_id); /* NULL when it is none of Microsoft's */

/* principal.c */
void ar_principal_read(ar_canon *c, form f, ar_fields *out);
bool ar_name_is_platform(ar_str name);

/* text.c */
/* Printable ASCII of `s`, the rest escaped, at most `most` bytes of it, "…" when cut. Returns out. */
const char *ar_escape(ar_str s, size_t most, char *out, size_t room);
bool ar_guid(ar_str text, ar_id *out);      /* as ar_id_guid, sixteen digits at a time */
ar_str ar_lower(ar_str s, char *out);       /* as ar_str_lower, eight bytes at a time */
bool ar_text_has(ar_str text, ar_str word); /* word stands in text between non-letters, ignoring case */

#endif
