/* witness.c — acts as they are remembered, shared by reference count. */
#include "alert/alert.h"

#include <string.h>

#define BLOCK_BYTES 1536 /* holds the texts of an act of two records, mostly */

ar_witness *ar_witness_new(void) {
  ar_arena *arena = ar_arena_new(BLOCK_BYTES);
  ar_witness *witness = arena ? ar_alloc(sizeof *witness) : NULL;
  if (!witness) {
    ar_arena_free(arena);
    return NULL;
  }
  witness->references = 1;
  witness->arena = arena;
  return witness;
}

bool ar_witness_complete(ar_witness *witness, ar_err *err) {
  if (!witness->complete) return true;
  if (!witness->complete(witness, err)) return false;
  ar_free(witness->rough);
  witness->rough = NULL;
  witness->complete = NULL;
  return true;
}

char *ar_witness_text(ar_witness *witness, ar_str text, bool *good) {
  if (!text.len || !*good) return NULL;
  char *copy = ar_arena_alloc(witness->arena, text.len + 1);
  *good = copy != NULL;
  if (!copy) return NULL;
  memcpy(copy, text.ptr, text.len);
  copy[text.len] = '\0';
  return copy;
}

ar_witness *ar_witness_hold(ar_witness *witness) {
  witness->references++;
  return witness;
}

void ar_witness_drop(ar_witness *witness) {
  if (!witness || --witness->references > 0) return;
  ar_arena_free(witness->arena);
  ar_free(witness->rough);
  ar_free(witness);
}

static int cmp_texts(const char *a, const char *b) {
  if (!a || !b) return (a != NULL) - (b != NULL);
  return strcmp(a, b);
}

static int cmp_numbers(int64_t a, int64_t b) {
  return a < b ? -1 : a > b;
}

static const char *first_event_id(const ar_witness *witness) {
  return witness->record_count ? witness->records[0].event_id : NULL;
}

static int cmp_field(const ar_witness *a, const ar_witness *b, ar_field field) {
  return cmp_texts(a->texts[field], b->texts[field]);
}

int ar_witness_cmp(const ar_witness *a, const ar_witness *b) {
  int order = a == b ? 0 : cmp_numbers(a->started, b->started);
  if (a == b || order) return order;
  if ((order = cmp_field(a, b, AR_FIELD_OPERATION))) return order;
  if ((order = cmp_field(a, b, AR_FIELD_RESOURCE))) return order;
  if ((order = (a->order > b->order) - (a->order < b->order))) return order;
  if ((order = cmp_numbers(a->source, b->source))) return order;
  if ((order = cmp_field(a, b, AR_FIELD_CORRELATION))) return order;
  return cmp_texts(first_event_id(a), first_event_id(b));
}
