/* faults.c — preloaded by spec/house/faults_spec.lua: makes one call of malloc, or of read, fail in the program that is
 * under test. ARMRUN_FAULT is "malloc 17" (the 17th fails), "malloc 17+" (all from the 17th on), "read 3", "pwrite 3"
 * or "pread 3". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);

static atomic_long mallocs, reads, writes, rereads;
static long fail_malloc, fail_read, fail_write, fail_reread;
static bool for_ever;

__attribute__((constructor)) static void start(void) {
  const char *fault = getenv("ARMRUN_FAULT");
  if (!fault) return;
  sscanf(fault, "malloc %ld", &fail_malloc);
  sscanf(fault, "read %ld", &fail_read);
  sscanf(fault, "pwrite %ld", &fail_write);
  sscanf(fault, "pread %ld", &fail_reread);
  for_ever = strchr(fault, '+') != NULL;
  atomic_store(&mallocs, 0);
}

static bool fails(void) {
  long now = atomic_fetch_add(&mallocs, 1) + 1;
  return fail_malloc && (now == fail_malloc || (for_ever && now > fail_malloc));
}

void *malloc(size_t bytes) {
  return fails() ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
  return fails() ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes) {
  return fails() ? NULL : __libc_realloc(block, bytes);
}

ssize_t read(int fd, void *into, size_t bytes) {
  static ssize_t (*real)(int, void *, size_t);
  if (!real) real = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
  if (fd <= 2 || atomic_fetch_add(&reads, 1) + 1 != fail_read) return real(fd, into, bytes);
  errno = EIO;
  return -1;
}

/* Temporary files. */
ssize_t pwrite(int fd, const void *from, size_t bytes, off_t at) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (!real) real = (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite");
  if (atomic_fetch_add(&writes, 1) + 1 != fail_write) return real(fd, from, bytes, at);
  errno = ENOSPC;
  return -1;
}

ssize_t pread(int fd, void *into, size_t bytes, off_t at) {
  static ssize_t (*real)(int, void *, size_t, off_t);
  if (!real) real = (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
  if (atomic_fetch_add(&rereads, 1) + 1 != fail_reread) return real(fd, into, bytes, at);
  errno = EIO;
  return -1;
}

/* A library that loops for ever, or that does not do its work: the regex of a rule, with ARMRUN_FAULT=hang, nomatch. */
int pcre2_match_8(const void *code, const char *text, size_t len, size_t start, unsigned options, void *data,
                  void *context) {
  static int (*real)(const void *, const char *, size_t, size_t, unsigned, void *, void *);
  const char *fault = getenv("ARMRUN_FAULT");
  while (fault && strcmp(fault, "hang") == 0) pause();
  if (fault && strcmp(fault, "nomatch") == 0) return -1;
  if (!real)
    real = (int (*)(const void *, const char *, size_t, size_t, unsigned, void *, void *))dlsym(RTLD_NEXT,
                                                                                                "pcre2_match_8");
  return real(code, text, len, start, options, data, context);
}

/* How many allocations there were, for who asks for it. */
__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("ARMRUN_FAULT_COUNT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "%ld %ld\n", atomic_load(&mallocs), atomic_load(&reads));
  fclose(file);
}
