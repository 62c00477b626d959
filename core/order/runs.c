/* runs.c — sorted runs of events in one temporary file, merged through a heap of their heads. */
#include "order/private.h"

#define MAX_RUNS 256
#define WRITE_EVENTS 256
#define MAX_READ_EVENTS 4096

typedef struct run {
  uint64_t offset, end; /* bytes of the file not yet read */
  ar_event *buffer;
  size_t at, filled;
} run;

struct ar_runs {
  ar_spill *file;
  uint64_t end; /* of the file */
  size_t buffer_bytes;
  run runs[MAX_RUNS];
  size_t count;
  bool begun;
  ar_event *out, *in; /* write buffer; the memory of all read buffers */
  size_t out_count, per_run;
  unsigned heap[MAX_RUNS]; /* runs by their heads, the smallest first */
  size_t heap_count;
};

ar_runs *ar_runs_new(size_t buffer_bytes, ar_err *err) {
  ar_runs *runs = ar_alloc(sizeof *runs);
  if (!runs) {
    ar_nomem(err, "spilling events");
    return NULL;
  }
  runs->buffer_bytes = buffer_bytes;
  if ((runs->file = ar_spill_new("events", err))) return runs;
  ar_free(runs);
  return NULL;
}

void ar_runs_free(ar_runs *runs) {
  if (!runs) return;
  ar_spill_free(runs->file);
  ar_free(runs->out);
  ar_free(runs->in);
  ar_free(runs);
}

/* ---- writing ---- */

bool ar_runs_full(const ar_runs *runs) {
  return runs->count == MAX_RUNS;
}

uint64_t ar_runs_written(const ar_runs *runs) {
  return runs->end;
}

bool ar_runs_begin(ar_runs *runs, ar_err *err) {
  if (!runs->out && !(runs->out = ar_alloc(WRITE_EVENTS * sizeof *runs->out))) return ar_nomem(err, "spilling events");
  runs->runs[runs->count] = (run){ .offset = runs->end };
  runs->out_count = 0;
  runs->begun = true;
  return true;
}

static bool flush(ar_runs *runs, ar_err *err) {
  size_t bytes = runs->out_count * sizeof *runs->out;
  if (!ar_spill_write(runs->file, runs->end, runs->out, bytes, err)) return false;
  runs->end += bytes;
  runs->out_count = 0;
  return true;
}

bool ar_runs_append(ar_runs *runs, const ar_event *event, ar_err *err) {
  if (runs->out_count == WRITE_EVENTS && !flush(runs, err)) return false;
  runs->out[runs->out_count++] = *event;
  return true;
}

bool ar_runs_end(ar_runs *runs, ar_err *err) {
  if (!flush(runs, err)) return false;
  runs->runs[runs->count++].end = runs->end;
  runs->begun = false;
  return true;
}

void ar_runs_undo(ar_runs *runs) {
  if (runs->begun) runs->end = runs->runs[runs->count].offset;
  runs->begun = false;
}

/* ---- merging ---- */

static const ar_event *head_of(const ar_runs *runs, unsigned number) {
  const run *r = &runs->runs[number];
  return &r->buffer[r->at];
}

/* Reads the next events of a run; leaves it as it is on failure. */
static bool refill(ar_runs *runs, run *r, ar_err *err) {
  uint64_t bytes = runs->per_run * sizeof(ar_event);
  if (bytes > r->end - r->offset) bytes = r->end - r->offset;
  if (!ar_spill_read(runs->file, r->offset, r->buffer, (size_t)bytes, err)) return false;
  r->offset += bytes;
  r->at = 0;
  r->filled = (size_t)(bytes / sizeof(ar_event));
  return true;
}

static void sift_down(ar_runs *runs, size_t at) {
  unsigned moving = runs->heap[at];
  size_t child;
  while ((child = 2 * at + 1) < runs->heap_count) {
    const unsigned *heap = runs->heap;
    if (child + 1 < runs->heap_count && ar_event_before(head_of(runs, heap[child + 1]), head_of(runs, heap[child])))
      child++;
    if (!ar_event_before(head_of(runs, heap[child]), head_of(runs, moving))) break;
    runs->heap[at] = heap[child];
    at = child;
  }
  runs->heap[at] = moving;
}

static bool make_buffers(ar_runs *runs, ar_err *err) {
  size_t each = runs->buffer_bytes / sizeof(ar_event) / (runs->count ? runs->count : 1);
  runs->per_run = each < 1 ? 1 : each > MAX_READ_EVENTS ? MAX_READ_EVENTS : each;
  ar_free(runs->in);
  runs->in = ar_alloc(runs->count * runs->per_run * sizeof *runs->in);
  return runs->in || ar_nomem(err, "merging spilled events");
}

bool ar_runs_merge(ar_runs *runs, ar_err *err) {
  if (!make_buffers(runs, err)) return false;
  runs->heap_count = 0;
  for (unsigned i = 0; i < runs->count; i++) {
    run *r = &runs->runs[i];
    r->buffer = runs->in + i * runs->per_run;
    if (!refill(runs, r, err)) return false;
    if (r->filled) runs->heap[runs->heap_count++] = i;
  }
  for (size_t at = runs->heap_count; at-- > 0;) sift_down(runs, at);
  return true;
}

const ar_event *ar_runs_head(const ar_runs *runs) {
  return runs->heap_count ? head_of(runs, runs->heap[0]) : NULL;
}

bool ar_runs_next(ar_runs *runs, ar_err *err) {
  run *r = &runs->runs[runs->heap[0]];
  if (r->at + 1 < r->filled) {
    r->at++;
  } else if (r->offset == r->end) {
    runs->heap[0] = runs->heap[--runs->heap_count];
  } else if (!refill(runs, r, err)) {
    return false;
  }
  if (runs->heap_count) sift_down(runs, 0);
  return true;
}
