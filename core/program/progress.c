/* progress.c — the bar on a terminal: at most ten updates a second, gone when the run ends. */
#include <string.h>
#include <unistd.h>

#include "program/private.h"

static double between(const struct timespec *a, const struct timespec *b) {
  return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

void progress_start(progress *p, bool wanted) {
  *p = (progress){ .on = wanted && isatty(STDERR_FILENO) };
  clock_gettime(CLOCK_MONOTONIC, &p->start);
}

/* "3 min 20 s left", or nothing while it is a guess. */
static void left_text(double passed, uint64_t done, uint64_t total, char out[64]) {
  char span[40];
  out[0] = '\0';
  if (passed < 2 || done == 0 || done >= total) return;
  double left = passed * (double)(total - done) / (double)done;
  snprintf(out, 64, ", %s left", ar_span_text((ar_span)(left + 1) * AR_SECOND, span).ptr);
}

static void draw_bar(uint64_t done, uint64_t total) {
  enum { WIDTH = 24 };
  unsigned filled = (unsigned)((double)done / (double)total * WIDTH);
  fputc('[', stderr);
  for (unsigned i = 0; i < WIDTH; i++) fputc(i < filled ? '#' : '.', stderr);
  fprintf(stderr, "] %3.0f%%  ", 100.0 * (double)done / (double)total);
}

void progress_draw(progress *p, uint64_t done, uint64_t total, uint64_t records, bool again) {
  struct timespec now;
  char bytes[32], number[32], left[64];
  if (!p->on) return;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (p->drawn && between(&p->last, &now) < 0.1) return;
  p->last = now;
  p->drawn = true;
  double passed = between(&p->start, &now);
  fputs("\r\033[K", stderr);
  if (total > 0) draw_bar(done < total ? done : total, total);
  left_text(passed, done, total, left);
  fprintf(stderr, "%s, %s records/s%s%s", bytes_text(done, bytes),
          count_text((uint64_t)((double)records / (passed > 0.01 ? passed : 0.01)), number), left,
          again ? " (sorting)" : "");
  fflush(stderr);
}

void progress_clear(progress *p) {
  if (p->drawn) fputs("\r\033[K", stderr);
  p->drawn = false;
}
