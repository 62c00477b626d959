/* resource.c — the parts of a resource id: /subscriptions/S/resourceGroups/G/providers/P/t1/n1/t2/n2. */
#include "event/private.h"

/* The text between `from` and the next slash. */
static ar_str segment(ar_str id, size_t from) {
  if (from >= id.len) return (ar_str){ NULL, 0 };
  const char *slash = memchr(id.ptr + from, '/', id.len - from);
  size_t end = slash ? (size_t)(slash - id.ptr) : id.len;
  return end > from ? (ar_str){ id.ptr + from, end - from } : (ar_str){ NULL, 0 };
}

static ar_str without_slash(ar_str id) {
  while (id.len > 0 && id.ptr[id.len - 1] == '/') id.len--;
  return id;
}

ar_str ar_resource_name(ar_str resource) {
  resource = without_slash(resource);
  const char *slash = resource.len ? memrchr(resource.ptr, '/', resource.len) : NULL;
  size_t from = slash ? (size_t)(slash - resource.ptr) + 1 : 0;
  return resource.len ? segment(resource, from) : (ar_str){ NULL, 0 };
}

ar_str ar_resource_subscription(ar_str resource) {
  ar_str prefix = AR_STR("/subscriptions/");
  return STARTS(resource, "/subscriptions/") ? segment(resource, prefix.len) : (ar_str){ NULL, 0 };
}

/* The byte behind /subscriptions/S, 0 when the id does not start so. */
static size_t behind_subscription(ar_str resource) {
  ar_str subscription = ar_resource_subscription(resource);
  return subscription.len ? sizeof "/subscriptions/" - 1 + subscription.len : 0;
}

ar_str ar_resource_group(ar_str resource) {
  size_t at = behind_subscription(resource);
  if (at == 0) return (ar_str){ NULL, 0 };
  ar_str rest = { resource.ptr + at, resource.len - at }, mark = AR_STR("/resourceGroups/");
  return STARTS(rest, "/resourceGroups/") ? segment(resource, at + mark.len) : (ar_str){ NULL, 0 };
}

/* Where the last "/providers/" begins: an extension (a role assignment on a vault) has two. */
static size_t last_provider(ar_str id) {
  ar_str mark = AR_STR("/providers/");
  for (size_t at = id.len; at-- > 0;) {
    const char *slash = memrchr(id.ptr, '/', at + 1);
    if (!slash) break;
    at = (size_t)(slash - id.ptr);
    if (ar_str_starts_nocase((ar_str){ id.ptr + at, id.len - at }, mark)) return at;
  }
  return id.len;
}

ar_str ar_resource_parent(ar_str resource) {
  ar_str id = without_slash(resource);
  size_t at = last_provider(id);
  if (at == id.len) return id;
  at += sizeof "/providers/" - 1;
  for (int part = 0; part < 3; part++) { /* P, t1, n1 */
    ar_str s = segment(id, at);
    if (!s.len) return id;
    at += s.len + (part < 2);
  }
  return (ar_str){ id.ptr, at };
}
