/* losses.c — records that could not be read: one line for each kind on stderr, every one in --rejects. */
#include <string.h>

#include "program/private.h"

static loss *find(losses *l, const char *reason) {
  ar_str wanted = ar_reason_head(reason);
  for (size_t i = 0; i < l->count; i++)
    if (ar_str_eq(ar_reason_head(l->kinds[i].reason), wanted)) return &l->kinds[i];
  return NULL;
}

static void count(losses *l, const ar_reject *reject, const char *file) {
  loss *kind = find(l, reject->reason);
  if (kind) {
    kind->count++;
    return;
  }
  loss fresh = { ar_copy(ar_str_of(reject->reason)), ar_copy(ar_str_of(file)), reject->origin.record, 1 };
  if (l->count < LOSS_KINDS && fresh.reason && fresh.file) {
    l->kinds[l->count++] = fresh;
    return;
  }
  ar_free(fresh.reason);
  ar_free(fresh.file);
  l->others++;
}

static void write_reject(FILE *out, const ar_reject *reject, const char *file) {
  fputs("{\"file\":", out);
  put_json(out, ar_str_of(file));
  fprintf(out, ",\"record\":%llu,\"offset\":%llu,\"len\":%u,\"reason\":", (unsigned long long)reject->origin.record,
          (unsigned long long)reject->origin.offset, reject->origin.len);
  put_json(out, ar_str_of(reject->reason));
  fputs(",\"sha256\":\"", out);
  for (size_t i = 0; i < sizeof reject->sha256; i++) fprintf(out, "%02x", reject->sha256[i]);
  fputs("\"}\n", out);
}

void losses_add(losses *l, const ar_reject *reject, const char *file) {
  count(l, reject, file);
  if (l->file.file && sink_ok(&l->file)) write_reject(l->file.file, reject, file);
}

void losses_tell(const losses *l) {
  char number[32];
  for (size_t i = 0; i < l->count; i++) {
    const loss *kind = &l->kinds[i];
    unsigned long long record = kind->record;
    if (kind->count == 1)
      complain("%s:%llu: %s", kind->file, record, kind->reason);
    else
      complain("%s:%llu: %s (the first of %s)", kind->file, record, kind->reason, count_text(kind->count, number));
  }
  if (l->others > 0) complain("%s more rejected, of other kinds", count_text(l->others, number));
}

void losses_free(losses *l) {
  for (size_t i = 0; i < l->count; i++) {
    ar_free(l->kinds[i].reason);
    ar_free(l->kinds[i].file);
  }
  l->count = 0;
}
