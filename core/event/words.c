/* words.c — the words of the enums, as rules and alerts spell them. */
#include "event/event.h"

const char *const ar_source_words[AR_SOURCE_COUNT] = { "none", "activity", "directory", "keyvault",
                                                       "read", "audit",    "signin" };
const char *const ar_status_words[AR_STATUS_COUNT] = { "none",      "started", "accepted",
                                                       "succeeded", "failed",  "unfinished" };
const char *const ar_kind_words[AR_KIND_COUNT] = { "unknown", "user", "service_principal", "platform" };
const char *const ar_shape_words[AR_SHAPE_COUNT] = { "none",         "rest",  "sdk",       "eventhub",
                                                     "loganalytics", "ecs",   "eventgrid", "webhook",
                                                     "resourcelog",  "graph", "cloudaudit" };
const char *const ar_field_words[AR_FIELD_COUNT] = { "principal", "tenant",  "subscription", "group",
                                                     "resource",  "parent",  "name",         "operation",
                                                     "ip",        "network", "app",          "correlation" };
