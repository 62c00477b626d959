/* forms.c — for each way a record is written: where each field may stand, best place first. Adding a field or a form
 * is adding rows. */
#include "event/private.h"

#define PLACES 6

typedef struct row {
  uint16_t field;             /* offset of an ar_str in ar_fields */
  uint8_t places[PLACES + 1]; /* slots; S_NONE ends */
} row;

#define ROW(field, ...)                                                                                                \
  {                                                                                                                    \
    offsetof(ar_fields, field), {                                                                                      \
      __VA_ARGS__                                                                                                      \
    }                                                                                                                  \
  }
#define END                                                                                                            \
  {                                                                                                                    \
    0, {                                                                                                               \
      S_NONE                                                                                                           \
    }                                                                                                                  \
  }

/* The same wherever they stand. */
static const row common[] = {
  ROW(correlation, T_CORRELATION, P_CORRELATION),
  ROW(operation_id, T_OPERATION_ID),
  ROW(client_request_id, H_REQUEST_ID),
  ROW(method, H_METHOD, P_METHOD),
  ROW(user_agent, P_CLIENT_INFO, P_USER_AGENT),
  ROW(subscription, T_SUBSCRIPTION),
  ROW(resource_group, T_RESOURCE_GROUP),
  ROW(resource_type, T_RESOURCE_TYPE),
  ROW(level, T_LEVEL),
  ROW(role, A_ROLE, E_ROLE),
  ROW(scope, A_SCOPE),
  ROW(action, A_ACTION),
  ROW(app_auth, C_APP_AUTH),
  END,
};

static const row rest[] = {
  ROW(operation, T_OPERATION, A_ACTION),
  ROW(status_text, T_STATUS, T_RESULT_TYPE),
  ROW(sub_status, T_SUBSTATUS, P_STATUS_CODE),
  ROW(category, T_CATEGORY, T_EVENT_SOURCE, P_CATEGORY),
  ROW(event_id, T_EVENT_DATA_ID),
  ROW(description, T_DESCRIPTION),
  ROW(resource, T_RESOURCE_ID, T_RESOURCE_URI),
  ROW(tenant, T_TENANT),
  ROW(caller, T_CALLER, C_UPN, C_UPN_SHORT, C_NAME, C_EMAIL, C_SPN),
  ROW(object_id, C_OBJECT_ID, C_OID, Y_OBJECT_ID),
  ROW(app_id, C_APP_ID, C_AZP),
  ROW(ip_text, H_IP, T_CALLER_IP),
  END,
};

static const row eventhub[] = {
  ROW(operation, T_OPERATION, A_ACTION, P_MESSAGE),
  ROW(status_text, T_RESULT_TYPE, T_STATUS),
  ROW(sub_status, T_RESULT_SIGNATURE, P_STATUS_CODE),
  ROW(category, P_CATEGORY, T_CATEGORY),
  ROW(event_id, P_EVENT_ID),
  ROW(description, T_RESULT_DESCRIPTION),
  ROW(resource, T_RESOURCE_ID, P_ENTITY),
  ROW(tenant, T_TENANT),
  ROW(caller, T_CALLER, C_UPN, C_UPN_SHORT, C_NAME, C_EMAIL, C_SPN),
  ROW(object_id, C_OBJECT_ID, C_OID, Y_OBJECT_ID),
  ROW(app_id, C_APP_ID, C_AZP),
  ROW(ip_text, T_CALLER_IP, H_IP),
  END,
};

static const row loganalytics[] = {
  ROW(operation, T_OPERATION_VALUE, A_ACTION, T_OPERATION),
  ROW(status_text, T_STATUS_VALUE, T_STATUS_OLD, T_RESULT_TYPE),
  ROW(sub_status, T_SUBSTATUS_VALUE, P_STATUS_CODE),
  ROW(category, T_CATEGORY_VALUE, T_CATEGORY, P_CATEGORY),
  ROW(event_id, T_EVENT_DATA_ID),
  ROW(resource, T_RESOURCE_ID, P_ENTITY, T_ROW_RESOURCE_ID, P_RESOURCE),
  ROW(caller, T_CALLER, P_CALLER, C_UPN, C_NAME, C_EMAIL, C_SPN),
  ROW(object_id, C_OBJECT_ID, C_OID, Y_OBJECT_ID),
  ROW(app_id, C_APP_ID, C_AZP),
  ROW(ip_text, T_CALLER_IP, H_IP),
  END,
};

static const row ecs[] = {
  ROW(operation, T_OPERATION, A_ACTION, Z_ACTION),
  ROW(status_text, T_RESULT_TYPE, Z_OUTCOME),
  ROW(sub_status, T_RESULT_SIGNATURE, P_STATUS_CODE),
  ROW(category, P_CATEGORY, T_CATEGORY),
  ROW(event_id, P_EVENT_ID),
  ROW(resource, T_RESOURCE_ID, P_ENTITY),
  ROW(tenant, T_TENANT),
  ROW(caller, C_UPN, C_UPN_SHORT, C_NAME, C_EMAIL, Z_USER_EMAIL, Z_USER_NAME),
  ROW(object_id, C_OBJECT_ID, C_OID),
  ROW(app_id, C_APP_ID, C_AZP),
  ROW(ip_text, T_CALLER_IP),
  END,
};

static const row cloudaudit[] = {
  ROW(operation, T_OPERATION, A_ACTION),
  ROW(status_text, T_STATUS, T_RESULT_TYPE),
  ROW(sub_status, T_SUBSTATUS, P_STATUS_CODE),
  ROW(category, T_CATEGORY),
  ROW(event_id, T_EVENT_DATA_ID),
  ROW(resource, T_RESOURCE_ID, P_ENTITY),
  ROW(tenant, T_TENANT),
  ROW(caller, T_CALLER, C_UPN, C_UPN_SHORT, C_NAME, C_EMAIL, C_SPN),
  ROW(object_id, C_OBJECT_ID, C_OID),
  ROW(app_id, C_APP_ID, C_AZP),
  ROW(ip_text, P_IP, H_IP, T_CALLER_IP),
  END,
};

static const row keyvault[] = {
  ROW(operation, T_OPERATION),
  ROW(status_text, T_RESULT_TYPE, P_HTTP_STATUS),
  ROW(sub_status, T_RESULT_SIGNATURE, P_HTTP_STATUS),
  ROW(category, T_CATEGORY),
  ROW(description, T_RESULT_DESCRIPTION),
  ROW(resource, T_RESOURCE_ID, T_ROW_RESOURCE_ID, P_ID),
  ROW(tenant, T_TENANT),
  ROW(caller, C_UPN, C_UPN_SHORT, C_UNIQUE_NAME, C_NAME),
  ROW(object_id, C_OBJECT_ID, C_OID),
  ROW(app_id, C_APP_ID, C_AZP),
  ROW(ip_text, T_CALLER_IP),
  END,
};

static const row signin[] = {
  ROW(operation, T_OPERATION),
  ROW(status_text, T_RESULT_TYPE),
  ROW(sub_status, T_RESULT_SIGNATURE),
  ROW(category, T_CATEGORY, T_TYPE),
  ROW(event_id, P_ID, T_ID),
  ROW(description, T_RESULT_DESCRIPTION),
  ROW(tenant, T_TENANT, T_DIRECTORY_TENANT, P_RESOURCE_TENANT),
  ROW(home_tenant, P_HOME_TENANT),
  ROW(caller, P_USER_NAME, P_SP_NAME),
  ROW(object_id, P_USER_ID, P_SP_ID),
  ROW(app_id, P_APP_ID),
  ROW(ip_text, P_IP, T_CALLER_IP),
  END,
};

static const row audit[] = {
  ROW(operation, P_ACTIVITY, T_OPERATION),
  ROW(status_text, P_RESULT, T_RESULT_TYPE, T_STATUS),
  ROW(sub_status, T_RESULT_SIGNATURE),
  ROW(category, T_CATEGORY),
  ROW(event_id, P_ID, T_ID),
  ROW(description, P_RESULT_REASON, T_RESULT_DESCRIPTION),
  ROW(tenant, T_TENANT, T_DIRECTORY_TENANT),
  ROW(caller, N_USER_UPN, N_APP_NAME, N_USER_DISPLAY),
  ROW(object_id, N_USER_ID, N_APP_SP),
  ROW(app_id, N_APP_ID),
  ROW(ip_text, N_USER_IP, T_CALLER_IP),
  END,
};

static const struct form_table {
  const row *rows;
  uint8_t times[PLACES]; /* when it happened */
} tables[F_COUNT] = {
  [F_REST] = { rest, { T_EVENT_TIMESTAMP, T_EVENT_TIMESTAMP_SNAKE, T_EVENT_TIME, T_TIME } },
  [F_EVENTHUB] = { eventhub, { T_TIME, T_EVENT_TIME } },
  [F_LOGANALYTICS] = { loganalytics, { T_TIME_GENERATED } },
  [F_ECS] = { ecs, { T_AT_TIMESTAMP, T_TIME } },
  [F_CLOUDAUDIT] = { cloudaudit, { T_TIMESTAMP } },
  [F_KEYVAULT] = { keyvault, { T_TIME, T_TIME_GENERATED, T_AT_TIMESTAMP } },
  /* the envelope's time may be that of delivery */
  [F_SIGNIN] = { signin, { P_CREATED, T_TIME, T_TIME_GENERATED, T_AT_TIMESTAMP, T_EVENT_TIME, T_EVENT_TIMESTAMP } },
  [F_AUDIT] = { audit, { P_ACTIVITY_TIME, T_TIME, T_TIME_GENERATED, T_AT_TIMESTAMP, P_CREATED, T_EVENT_TIMESTAMP } },
};

static void read_rows(ar_canon *c, const row *r, ar_fields *out) {
  for (; r->places[0] != S_NONE; r++) {
    ar_str text = { NULL, 0 };
    for (const uint8_t *place = r->places; *place != S_NONE && !text.len; place++)
      if (slot_seen(c, *place)) text = ar_slot_text(c, *place);
    *(ar_str *)(void *)((char *)out + r->field) = text;
  }
}

void ar_form_read(ar_canon *c, form f, ar_fields *out) {
  read_rows(c, common, out);
  read_rows(c, tables[f].rows, out);
}

bool ar_form_time(ar_canon *c, form f, ar_fields *out, ar_str *text) {
  bool zoned = true;
  for (size_t i = 0; i < PLACES && tables[f].times[i] != S_NONE; i++) {
    ar_str found = ar_slot_text(c, tables[f].times[i]);
    if (found.len && !text->len) *text = found;
    if (!found.len || !ar_instant_read(found, &out->time, &zoned)) continue;
    if (!zoned) out->flags |= AR_EVENT_NO_TIME_ZONE;
    return true;
  }
  return false;
}
