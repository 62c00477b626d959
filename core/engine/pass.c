/* pass.c — the input once through.
 *
 * The evaluator thread reads batches, hands them to the parser threads and takes them back in input order. While it
 * waits it parses too, so that N parser threads and the evaluator keep N + 1 cores busy. Everything that depends on
 * order happens here, on one thread.
 */
#include "engine/private.h"

#include <pthread.h>
#include <string.h>

typedef enum slot_state { SLOT_FREE, SLOT_READY, SLOT_BUSY, SLOT_DONE } slot_state;

typedef struct slot {
  parsed work;
  slot_state state;
} slot;

typedef struct pool {
  ar_engine *engine;
  slot *slots;
  size_t slot_count;
  uint64_t next_read, next_parse, next_take; /* batch numbers; slot = number % slot_count */
  pthread_mutex_t lock;
  pthread_cond_t ready, done;
  pthread_t *threads;
  size_t thread_count;
  bool stop;
  parser own;
} pool;

/* Under the lock: the oldest batch that waits for a parser. */
static slot *claim(pool *p) {
  slot *s = p->next_parse < p->next_read ? &p->slots[p->next_parse % p->slot_count] : NULL;
  if (!s) return NULL;
  s->state = SLOT_BUSY;
  p->next_parse++;
  return s;
}

static void finish(pool *p, slot *s) {
  pthread_mutex_lock(&p->lock);
  s->state = SLOT_DONE;
  pthread_cond_signal(&p->done);
  pthread_mutex_unlock(&p->lock);
}

typedef struct worker_start {
  pool *pool;
  parser parser;
} worker_start;

static void *work(void *arg) {
  worker_start *self = arg;
  pool *p = self->pool;
  for (;;) {
    pthread_mutex_lock(&p->lock);
    slot *s = NULL;
    while (!p->stop && !(s = claim(p))) pthread_cond_wait(&p->ready, &p->lock);
    pthread_mutex_unlock(&p->lock);
    if (!s) break;
    parse_batch(&self->parser, &s->work);
    finish(p, s);
  }
  parser_clear(&self->parser);
  ar_free(self);
  return NULL;
}

static bool start_worker(pool *p, ar_err *err) {
  worker_start *start = ar_alloc(sizeof *start);
  if (!start) return ar_nomem(err, "starting a parser thread");
  start->pool = p;
  if (parser_init(&start->parser, p->engine, err)) {
    if (pthread_create(&p->threads[p->thread_count], NULL, work, start) == 0) {
      p->thread_count++;
      return true;
    }
    ar_fail(err, AR_EIO, "cannot start a parser thread; try --threads 1");
  }
  parser_clear(&start->parser);
  ar_free(start);
  return false;
}

static bool pool_start(pool *p, ar_engine *engine, ar_err *err) {
  unsigned threads = engine->options.threads > 1 ? engine->options.threads - 1 : 0; /* besides this one */
  memset(p, 0, sizeof *p);
  p->engine = engine;
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->ready, NULL);
  pthread_cond_init(&p->done, NULL);
  p->slot_count = threads ? 2 * (size_t)threads + 2 : 1;
  p->slots = ar_alloc(p->slot_count * sizeof *p->slots);
  p->threads = ar_alloc((threads + 1) * sizeof *p->threads);
  if (!p->slots || !p->threads) return ar_nomem(err, "starting the parsers");
  for (size_t i = 0; i < p->slot_count; i++)
    if (!(p->slots[i].work.batch = ar_batch_new(engine->reader, err))) return false;
  if (!parser_init(&p->own, engine, err)) return false;
  while (p->thread_count < threads)
    if (!start_worker(p, err)) return false;
  return true;
}

static void pool_stop(pool *p) {
  pthread_mutex_lock(&p->lock);
  p->stop = true;
  p->next_parse = p->next_read; /* nothing left to claim */
  pthread_cond_broadcast(&p->ready);
  pthread_mutex_unlock(&p->lock);
  for (size_t i = 0; i < p->thread_count; i++) pthread_join(p->threads[i], NULL);
  for (size_t i = 0; p->slots && i < p->slot_count; i++) parsed_clear(&p->slots[i].work);
  parser_clear(&p->own);
  pthread_cond_destroy(&p->done);
  pthread_cond_destroy(&p->ready);
  pthread_mutex_destroy(&p->lock);
  ar_free(p->slots);
  ar_free(p->threads);
}

/* Reads batches into free slots. *end when the input is done. */
static bool read_ahead(pool *p, bool *end, ar_err *err) {
  while (!*end && p->next_read - p->next_take < p->slot_count) {
    slot *s = &p->slots[p->next_read % p->slot_count];
    switch (ar_reader_next(p->engine->reader, s->work.batch, err)) {
    case AR_READ_FAILED:
      return false;
    case AR_READ_END:
      *end = true;
      break;
    case AR_READ_MORE:
      pthread_mutex_lock(&p->lock);
      s->state = SLOT_READY;
      p->next_read++;
      pthread_cond_signal(&p->ready);
      pthread_mutex_unlock(&p->lock);
      break;
    }
  }
  return true;
}

/* Waits until the next batch in order is parsed, parsing whatever is unclaimed meanwhile. */
static parsed *await(pool *p) {
  slot *wanted = &p->slots[p->next_take % p->slot_count];
  pthread_mutex_lock(&p->lock);
  while (wanted->state != SLOT_DONE) {
    slot *mine = claim(p);
    if (mine) {
      pthread_mutex_unlock(&p->lock);
      parse_batch(&p->own, &mine->work);
      pthread_mutex_lock(&p->lock);
      mine->state = SLOT_DONE;
    } else {
      pthread_cond_wait(&p->done, &p->lock);
    }
  }
  pthread_mutex_unlock(&p->lock);
  return &wanted->work;
}

/* ---- what a batch came to, in input order ---- */

static void count_event(ar_engine *engine, const ar_event *event) {
  ar_file_told *file = tell_file(engine, event->origin.file);
  if (file) file->events++;
  engine->told.events++;
  engine->told.by_source[event->source]++;
  if (event->flags & AR_EVENT_FUTURE) engine->told.future++;
  if (event->candidate) engine->told.candidates++;
  if (event->flags & AR_EVENT_ODD) odd_event(engine, event);
}

static void count_batch(ar_engine *engine, const parsed *work) {
  for (size_t i = 0; i < work->batch->reject_count; i++) tell_reject(engine, &work->batch->rejects[i]);
  for (size_t i = 0; i < work->outcome_count; i++) tell_outcome(engine, &work->outcomes[i]);
  for (size_t i = 0; i < AR_SHAPE_COUNT; i++) engine->told.by_shape[i] += work->by_shape[i];
  engine->told.flagged += work->flagged;
}

/* Pushes a batch's events. *again: an event came too late for the optimistic order. */
static bool push_events(ar_engine *engine, const parsed *work, bool *again, ar_err *err) {
  for (size_t i = 0; i < work->event_count; i++) {
    count_event(engine, &work->events[i]);
    switch (ar_order_push(engine->order, &work->events[i], err)) {
    case AR_ORDER_FAILED:
      return false;
    case AR_ORDER_RESTART:
      *again = true;
      return true;
    case AR_ORDER_TAKEN:
      break;
    }
  }
  return true;
}

static bool take_batch(ar_engine *engine, const parsed *work, bool sorted, bool *again, ar_err *err) {
  if (work->failed) {
    *err = work->err;
    return false;
  }
  count_batch(engine, work);
  if (!push_events(engine, work, again, err)) return false;
  return *again || sorted || engine_drain(engine, err);
}

static void show_progress(ar_engine *engine, bool again) {
  uint64_t done, total;
  if (!engine->options.progress) return;
  ar_reader_progress(engine->reader, &done, &total);
  engine->options.progress(engine->options.owner, done, total, engine->told.events, again);
}

static bool run_pool(pool *p, bool sorted, bool *again, ar_err *err) {
  bool end = false;
  while (!*again) {
    if (!read_ahead(p, &end, err)) return false;
    if (p->next_take == p->next_read) break;
    parsed *work = await(p);
    if (!take_batch(p->engine, work, sorted, again, err)) return false;
    p->slots[p->next_take % p->slot_count].state = SLOT_FREE;
    p->next_take++;
    show_progress(p->engine, sorted);
  }
  return true;
}

bool engine_pass(ar_engine *engine, bool sorted, bool *again, ar_err *err) {
  pool p;
  bool good = pool_start(&p, engine, err) && run_pool(&p, sorted, again, err);
  pool_stop(&p);
  if (!good || *again) return good;
  return ar_order_finish(engine->order, err) && engine_drain(engine, err);
}
