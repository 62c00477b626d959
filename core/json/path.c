/* path.c — paths into a value: a.b, rows[2].name, claims["key.with.dots"]. */
#include "json/json.h"

static const ar_json missing = { NULL, 0 };

static ar_json element(ar_json array, size_t index) {
  ar_json value;
  ar_json_iter it = ar_json_each(array);
  if (it.object) return missing;
  while (ar_json_next(&it, NULL, &value))
    if (index-- == 0) return value;
  return missing;
}

/* Each step takes what it has read off the front of *path. */
static void advance(ar_str *path, size_t bytes) {
  path->ptr += bytes;
  path->len -= bytes;
}

static ar_json step_index(ar_json value, ar_str *path) {
  size_t at = 1, index = 0;
  for (; at < path->len && path->ptr[at] >= '0' && path->ptr[at] <= '9'; at++)
    if (index < UINT32_MAX) index = index * 10 + (size_t)(path->ptr[at] - '0');
  if (at == 1 || at == path->len || path->ptr[at] != ']') return missing;
  advance(path, at + 1);
  return element(value, index);
}

#define KEY_MAX 512 /* a longer quoted key cannot be reached */

static ar_json step_quoted(ar_json value, ar_str *path) {
  char key[KEY_MAX];
  size_t used = 0, at = 2;
  for (; at < path->len && path->ptr[at] != '"'; at++) {
    if (path->ptr[at] == '\\') at++;
    if (at >= path->len || used == sizeof key) return missing;
    key[used++] = path->ptr[at];
  }
  if (path->len - at < 2 || at > path->len || path->ptr[at + 1] != ']') return missing;
  advance(path, at + 2);
  return ar_json_get(value, (ar_str){ key, used });
}

static ar_json step_name(ar_json value, ar_str *path) {
  size_t end = 0;
  while (end < path->len && path->ptr[end] != '.' && path->ptr[end] != '[') end++;
  ar_str name = { path->ptr, end };
  advance(path, end);
  return end ? ar_json_get(value, name) : missing;
}

ar_json ar_json_path(ar_json value, ar_str path) {
  bool first = true;
  for (; path.len && value.tape; first = false) {
    if (path.ptr[0] == '[') {
      bool quoted = path.len > 1 && path.ptr[1] == '"';
      value = quoted ? step_quoted(value, &path) : step_index(value, &path);
      continue;
    }
    if (!first && path.ptr[0] != '.') return missing; /* a[0]b */
    if (!first) advance(&path, 1);
    value = step_name(value, &path);
  }
  return value;
}
