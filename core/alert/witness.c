/* witness.c — acts as they are remembered, shared by reference count. */
#include "alert/alert.h"

#include <string.h>

ar_witness *ar_witness_new(void) {
  ar_witness *witness = ar_alloc(sizeof *witness);
  if (witness) witness->references = 1;
  return witness;
}

ar_witness *ar_witness_hold(ar_witness *witness) {
  witness->references++;
  return witness;
}

static void free_record(ar_evidence_record *record) {
  ar_free(record->operation);
  ar_free(record->resource);
  ar_free(record->ip);
  ar_free(record->correlation);
  ar_free(record->event_id);
  ar_free(record->file);
}

void ar_witness_drop(ar_witness *witness) {
  if (!witness || --witness->references > 0) return;
  for (size_t i = 0; i < AR_FIELD_COUNT; i++) ar_free(witness->texts[i]);
  for (uint32_t i = 0; i < witness->record_count; i++) free_record(&witness->records[i]);
  ar_free(witness->records);
  ar_free(witness->object_id);
  ar_free(witness->principal_name);
  ar_free(witness->app_name);
  ar_free(witness->resource_name);
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
