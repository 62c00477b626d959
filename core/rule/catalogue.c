/* catalogue.c — high-risk operations, kept sorted by name so that an entry's place is its number. */
#include "rule/private.h"

#include <string.h>

typedef struct entry {
  char *operation;
  unsigned tactics, first;
  bool everyday;
} entry;

struct ar_catalogue {
  entry *entries;
  size_t count, room;
};

ar_catalogue *ar_catalogue_new(void) {
  return ar_alloc(sizeof(ar_catalogue));
}

void ar_catalogue_free(ar_catalogue *catalogue) {
  if (!catalogue) return;
  for (size_t i = 0; i < catalogue->count; i++) ar_free(catalogue->entries[i].operation);
  ar_free(catalogue->entries);
  ar_free(catalogue);
}

size_t catalogue_count(const ar_catalogue *catalogue) {
  return catalogue->count;
}

ar_str catalogue_operation(const ar_catalogue *catalogue, size_t i) {
  return ar_str_of(catalogue->entries[i].operation);
}

/* The first place whose operation is not before the given one. */
static size_t place_of(const ar_catalogue *catalogue, ar_str operation) {
  size_t low = 0, high = catalogue->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ar_str_cmp(catalogue_operation(catalogue, middle), operation) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool stands_at(const ar_catalogue *catalogue, size_t at, ar_str operation) {
  return at < catalogue->count && ar_str_eq(catalogue_operation(catalogue, at), operation);
}

/* Takes `lower` over. */
static bool insert(ar_catalogue *catalogue, char *lower, unsigned tactics, bool everyday, ar_err *err) {
  size_t at = place_of(catalogue, ar_str_of(lower));
  if (stands_at(catalogue, at, ar_str_of(lower))) {
    ar_fail(err, AR_ERULE, "the catalogue has operation \"%s\" already", lower);
    ar_free(lower);
    return false;
  }
  entry *grown = ar_grow(catalogue->entries, &catalogue->room, catalogue->count + 1, sizeof *grown);
  if (!grown) {
    ar_free(lower);
    return ar_nomem(err, "adding to the catalogue of operations");
  }
  catalogue->entries = grown;
  memmove(grown + at + 1, grown + at, (catalogue->count - at) * sizeof *grown);
  grown[at] = (entry){ lower, tactics, tactics & (~tactics + 1), everyday };
  catalogue->count++;
  return true;
}

bool ar_catalogue_add(ar_catalogue *catalogue, ar_str operation, unsigned tactics, bool everyday, ar_err *err) {
  char *lower = ar_copy(operation);
  if (!lower) return ar_nomem(err, "adding to the catalogue of operations");
  ar_str_lower(operation, lower);
  return insert(catalogue, lower, tactics, everyday, err);
}

bool ar_catalogue_prefer(ar_catalogue *catalogue, ar_str operation, unsigned first, ar_err *err) {
  char *lower = ar_copy(operation);
  if (!lower) return ar_nomem(err, "adding to the catalogue of operations");
  ar_str_lower(operation, lower);
  size_t at = place_of(catalogue, ar_str_of(lower));
  bool known = stands_at(catalogue, at, ar_str_of(lower));
  ar_free(lower);
  if (!known || !(catalogue->entries[at].tactics & first))
    return ar_fail(err, AR_EUSAGE, "operation \"%.*s\" is not in the catalogue with this tactic", (int)operation.len,
                   operation.ptr ? operation.ptr : "");
  catalogue->entries[at].first = first;
  return true;
}

ar_risk ar_catalogue_find(const ar_catalogue *catalogue, ar_str operation) {
  size_t at = place_of(catalogue, operation);
  if (!stands_at(catalogue, at, operation)) return (ar_risk){ 0 };
  const entry *e = &catalogue->entries[at];
  return (ar_risk){ (uint32_t)at + 1, e->tactics, e->first, e->everyday };
}
