/* event.h — a record in canonical form.
 *
 * Layer 2; includes base, instant, json, ipset, reader (origin).
 *
 * One table-driven canonicaliser reads every delivery shape (research: event-schema §2) into ar_fields: slices of
 * the record, enums, times. ar_event is its packed form: no pointer in it, so it can be sorted, spilled and kept.
 * Strings come back by canonicalising the record's text again.
 *
 * Names    operation: lower case. Status, source, kind: enums with one word each (…_words). Resource: lower case for
 *          identity; the record's own spelling stays in fields.resource (see resource_name for the raw last segment).
 * Shapes   what one shape lacks is absent, never invented; identities come out equal for equal content, whatever
 *          the shape (GUIDs with or without hyphens, upper or lower case). Texts come trimmed; empty is absent.
 * Status   from the status word; without one from the HTTP status, or `started` for BeginRequest. EndRequest alone says
 *          that the request ended and not how: status `none`, phase 3. A vault's record goes by its HTTP status only.
 * Source   directory: elevateAccess, and what lies outside of every subscription and management group.
 * CloudAuditEvents: read for reads, activity for the rest. Audit and sign-in have no resource; a sign-in is timed when
 * it was made, not when it was delivered, and its operation is "Sign-in activity" in every shape. Skipped  categories
 * of the activity log in which nobody acts are called "activity log: Alert" …; other logs by category or table. An
 * unknown category with an authorization in it counts as activity.
 */
#ifndef ARMRUN_EVENT_H
#define ARMRUN_EVENT_H

#include "base/base.h"
#include "instant/instant.h"
#include "ipset/ipset.h"
#include "json/json.h"
#include "reader/reader.h"

typedef enum ar_source {
  AR_SOURCE_NONE,
  AR_SOURCE_ACTIVITY,  /* Azure activity log of a subscription: writes, deletes, actions */
  AR_SOURCE_DIRECTORY, /* Directory activity: tenant-level ARM acts such as elevateAccess */
  AR_SOURCE_KEYVAULT,  /* Key Vault AuditEvent */
  AR_SOURCE_READ,      /* ARM reads as in CloudAuditEvents */
  AR_SOURCE_AUDIT,     /* Entra audit log */
  AR_SOURCE_SIGNIN,    /* Entra sign-ins, of every kind */
  AR_SOURCE_COUNT
} ar_source;
extern const char *const ar_source_words[AR_SOURCE_COUNT]; /* "none", "activity", … */

typedef enum ar_status {
  AR_STATUS_NONE,
  AR_STATUS_STARTED,
  AR_STATUS_ACCEPTED,
  AR_STATUS_SUCCEEDED,
  AR_STATUS_FAILED,
  AR_STATUS_UNFINISHED, /* of acts only */
  AR_STATUS_COUNT
} ar_status;
extern const char *const ar_status_words[AR_STATUS_COUNT];

typedef enum ar_kind {
  AR_KIND_UNKNOWN, /* names nobody */
  AR_KIND_USER,
  AR_KIND_SERVICE_PRINCIPAL,
  AR_KIND_PLATFORM, /* first-party Microsoft apps, policy and backup identities */
  AR_KIND_COUNT
} ar_kind;
extern const char *const ar_kind_words[AR_KIND_COUNT];

typedef enum ar_tri { AR_UNKNOWN, AR_NO, AR_YES } ar_tri; /* the unknown is not a no */

typedef enum ar_shape {
  AR_SHAPE_NONE,
  AR_SHAPE_REST,
  AR_SHAPE_SDK,
  AR_SHAPE_EVENTHUB,
  AR_SHAPE_LOGANALYTICS,
  AR_SHAPE_ECS,
  AR_SHAPE_EVENTGRID,
  AR_SHAPE_WEBHOOK,
  AR_SHAPE_RESOURCELOG, /* same envelope as EVENTHUB: Key Vault, sign-in, audit */
  AR_SHAPE_GRAPH,       /* Entra audit and sign-in as Microsoft Graph gives them */
  AR_SHAPE_CLOUDAUDIT,
  AR_SHAPE_COUNT
} ar_shape;
extern const char *const ar_shape_words[AR_SHAPE_COUNT];

/* Flags of one record. */
enum {
  AR_EVENT_DUPLICATE_KEY = 1,  /* a key we read stood twice; the last one won */
  AR_EVENT_NUMBER_AS_TEXT = 2, /* set here for JSON in texts; for the record itself see ar_json_flags */
  AR_EVENT_NO_TIME_ZONE = 4,
  AR_EVENT_FUTURE = 8,       /* later than now + 5 min; set by the engine */
  AR_EVENT_BAD_IP = 16,      /* an ip field that is no address */
  AR_EVENT_OBJECT_GUID = 64, /* object_id is a GUID as it is, not a hash */
  AR_EVENT_ANCIENT = 128,    /* earlier than any Azure; set by the engine */
  AR_EVENT_POLICY = 32       /* side effect of Azure Policy (category Policy, policies/…/action) */
};
/* What an analyst must know of a record that was read. */
#define AR_EVENT_ODD (AR_EVENT_DUPLICATE_KEY | AR_EVENT_NUMBER_AS_TEXT | AR_EVENT_FUTURE | AR_EVENT_ANCIENT)

/* A record's facts as slices of its document. Valid until the document parses again. */
typedef struct ar_fields {
  ar_shape shape;
  ar_source source;
  ar_status status;
  ar_kind kind;
  ar_tri mfa, delegated;
  unsigned flags;
  ar_instant time, arrival; /* arrival: AR_INSTANT_NONE when the shape has none */
  ar_str operation;         /* as written; lower-case it to compare */
  ar_str status_text, sub_status;
  ar_str resource, resource_group, resource_type; /* full id as written, preferring the true-case copy */
  ar_str subscription, tenant, home_tenant;       /* GUID texts; home_tenant: of the caller */
  ar_str caller;                                  /* UPN, GUID or service name, trimmed */
  ar_str object_id, app_id, name;                 /* name: for people, UPN or app display name */
  ar_str app_auth;                                /* appidacr: "0" public, "1" secret, "2" certificate */
  ar_str ip_text, token_ip_text;                  /* token_ip: the address at token issue (claims ipaddr) */
  ar_ip ip, token_ip;
  /* event_id: the log's own; Event Grid's id names a delivery and is not it */
  ar_str correlation, event_id, operation_id, client_request_id, method, user_agent;
  ar_str level, category, role, scope, action, description;
  ar_json record, properties, claims, authorization, request_body, response_body; /* bodies may be strings of JSON */
  struct ar_memo *memo; /* the canon's: what ar_event_pack made of texts before; NULL is fine */
} ar_fields;

/* The packed event. ≤ 256 bytes, plain data. */
typedef struct ar_event {
  ar_instant time;
  uint64_t order; /* fixed hash of (source, correlation, operation, resource): breaks ties, same in every run */
  ar_id act;      /* (correlation, operation, resource), lower case: the fold key */
  ar_id object_id, app_id, caller; /* caller: none when it only repeats one of the others */
  ar_id subscription, tenant, resource;
  ar_id event_id; /* none when the shape has none */
  ar_ip ip;
  ar_origin origin;
  uint64_t body;      /* ar_body.kept; meaningful when `candidate` */
  uint64_t content;   /* picks among duplicates, same in every run: the larger knows more. Top byte: how many facts the
                         record has; below: fixed hash of time, identities, status, shape, resource, bodies */
  uint32_t operation; /* number in the engine's ar_names; 0 = other */
  uint32_t operation_hash; /* fixed, for orders */
  uint8_t source, status, kind, shape;
  uint8_t mfa, delegated, flags, ip_tags;
  uint8_t candidate;     /* some rule may want its act: its body is kept */
  uint8_t phase;         /* 1 started, 2 accepted, 3 succeeded or failed */
  uint8_t opens;         /* other acts may belong to it (a deployment): set by the engine, which then hears its start */
  uint8_t names_request; /* a candidate whose record names another request that it is a part of: set by the engine */
  uint32_t element;      /* 0: the origin's text is this record; n: it is element n of the wrapping that text is */
} ar_event;
_Static_assert(sizeof(ar_event) <= 256, "an event is at most 256 bytes");

typedef enum ar_verdict {
  AR_VERDICT_EVENT,
  AR_VERDICT_SKIPPED,  /* a log we know but do not use; `why` names it: "StorageRead" */
  AR_VERDICT_REJECTED, /* `why` says what is wrong: "no operation name" */
  AR_VERDICT_ENVELOPE  /* not a record but a wrapping; out->record is the array of records */
} ar_verdict;

/* One canonicaliser per thread: holds scratch for strings it has to build (JSON inside strings is parsed on demand). */
typedef struct ar_canon ar_canon;
ar_canon *ar_canon_new(ar_err *err);
void ar_canon_free(ar_canon *canon);

/* Reads one record. fields point into the document and into the canon's scratch, until the next call.
 * `why` (room for 160 bytes) is filled for SKIPPED and REJECTED. */
ar_verdict ar_canon_fields(ar_canon *canon, ar_json record, ar_fields *out, char why[160]);

/* Packs. `names` numbers operations (NULL, or a name over 256 bytes: 0); `ips` may be NULL. Leaves origin, body,
 * candidate, element to the caller. */
void ar_event_pack(const ar_fields *fields, ar_names *names, const ar_ipset *ips, uint64_t seed, ar_event *out);

/* JSON held in a string (requestbody, Claims, CallerInfo …): parsed with the canon's second parser; a value that is
 * not a string comes back as it is. Missing when the text is not JSON. Valid until the next call of this function. */
ar_json ar_canon_inner(ar_canon *canon, ar_json value);

/* ---- what a table or a burst can be keyed by ---- */

typedef enum ar_field {
  AR_FIELD_PRINCIPAL, /* object id, else app id, else caller */
  AR_FIELD_TENANT,
  AR_FIELD_SUBSCRIPTION,
  AR_FIELD_GROUP,    /* resource group */
  AR_FIELD_RESOURCE, /* whole id, lower case */
  AR_FIELD_PARENT,   /* the top-level resource that holds it, e.g. the automation account of a runbook */
  AR_FIELD_NAME,     /* last segment of the resource, lower case */
  AR_FIELD_OPERATION,
  AR_FIELD_IP,
  AR_FIELD_NETWORK, /* /24 or /48 */
  AR_FIELD_APP,
  AR_FIELD_CORRELATION,
  AR_FIELD_COUNT
} ar_field;
extern const char *const ar_field_words[AR_FIELD_COUNT]; /* "principal", "tenant", … as rules spell them */

/* ---- parts of a resource id ---- */

/* "/subscriptions/S/resourceGroups/G/providers/P/t1/n1/t2/n2": the raw last segment, n2. */
ar_str ar_resource_name(ar_str resource);
/* The resource n1 that holds it, e.g. the automation account of a runbook; itself when it is top level. */
ar_str ar_resource_parent(ar_str resource);
ar_str ar_resource_subscription(ar_str resource); /* S, absent when none */
ar_str ar_resource_group(ar_str resource);

/* First-party app by id: its usual name ("Azure PowerShell"), or NULL. */
const char *ar_app_name(ar_str app_id);
bool ar_app_is_platform(ar_str app_id);

#endif
