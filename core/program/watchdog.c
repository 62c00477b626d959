/* watchdog.c — the second line behind a rule's budget: ends the process, naming the rule, when one call has gone on for
 * ten seconds. The budget ends rules; this is for a library that loops. It never changes an alert. */
#include <pthread.h>
#include <unistd.h>

#include "program/private.h"

#define PATIENCE 10 /* looks, one a second: time in which nothing of the process runs does not count */

struct watchdog {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t ended;
  const ar_loader *loader;
  bool over;
};

static void bite(const char *rule) {
  complain("%s has been in one call for %d seconds, and its budget did not end it; the run is given up", rule,
           PATIENCE);
  _exit(EXIT_OUTPUT);
}

/* Waits a second; false when the run is over. */
static bool another_second(watchdog *w) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec++;
  while (!w->over)
    if (pthread_cond_timedwait(&w->ended, &w->lock, &until) != 0) break;
  return !w->over;
}

static void *watch(void *arg) {
  watchdog *w = arg;
  uint64_t last = 0, call;
  int looks = 0;
  pthread_mutex_lock(&w->lock);
  while (another_second(w)) {
    const char *rule = ar_loader_running(w->loader, &call);
    looks = rule && call == last ? looks + 1 : 0;
    last = call;
    if (looks == PATIENCE) bite(rule);
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

watchdog *watchdog_start(const ar_loader *loader) {
  watchdog *w = ar_alloc(sizeof *w);
  if (!w) return NULL;
  w->loader = loader;
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->ended, NULL);
  if (pthread_create(&w->thread, NULL, watch, w) == 0) return w;
  ar_free(w);
  return NULL;
}

void watchdog_stop(watchdog *w) {
  if (!w) return;
  pthread_mutex_lock(&w->lock);
  w->over = true;
  pthread_cond_signal(&w->ended);
  pthread_mutex_unlock(&w->lock);
  pthread_join(w->thread, NULL);
  pthread_cond_destroy(&w->ended);
  pthread_mutex_destroy(&w->lock);
  ar_free(w);
}
