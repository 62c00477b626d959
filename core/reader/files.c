/* files.c — records read again by offset, through a small cache of descriptors. */
#include "reader/files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT 16

typedef struct kept {
  uint32_t file;
  int fd; /* -1: free */
  uint64_t used;
} kept;

struct ar_files {
  pthread_mutex_t lock;
  uint64_t clock;
  kept slots[KEPT];
};

ar_files *ar_files_new(void) {
  ar_files *files = ar_alloc(sizeof *files);
  if (!files) return NULL;
  pthread_mutex_init(&files->lock, NULL);
  for (size_t i = 0; i < KEPT; i++) files->slots[i].fd = -1;
  return files;
}

void ar_files_free(ar_files *files) {
  if (!files) return;
  for (size_t i = 0; i < KEPT; i++)
    if (files->slots[i].fd >= 0) close(files->slots[i].fd);
  pthread_mutex_destroy(&files->lock);
  ar_free(files);
}

static bool changed(const ar_input *input, const ar_origin *origin, ar_err *err) {
  return ar_fail(err, AR_EIO, "%s: changed since it was read; record %llu at byte %llu cannot be read again",
                 input->path, (unsigned long long)origin->record, (unsigned long long)origin->offset);
}

static int open_again(const ar_input *input, const ar_origin *origin, ar_err *err) {
  struct stat st;
  int fd = open(input->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    ar_fail(err, AR_EIO, "%s: cannot open it again: %s", input->path, strerror(errno));
    return -1;
  }
  if (fstat(fd, &st) == 0 && st.st_dev == input->device && st.st_ino == input->inode) return fd;
  close(fd);
  changed(input, origin, err);
  return -1;
}

/* The slot of this file, or the one used least recently. */
static kept *slot_for(ar_files *files, uint32_t file) {
  kept *oldest = &files->slots[0];
  for (size_t i = 0; i < KEPT; i++) {
    kept *slot = &files->slots[i];
    if (slot->fd >= 0 && slot->file == file) return slot;
    if (slot->used < oldest->used) oldest = slot;
  }
  if (oldest->fd >= 0) close(oldest->fd);
  oldest->fd = -1;
  return oldest;
}

static bool read_whole(int fd, const ar_origin *origin, char *buffer) {
  for (size_t done = 0; done < origin->len;) {
    ssize_t got = pread(fd, buffer + done, origin->len - done, (off_t)(origin->offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += (size_t)got;
  }
  return true;
}

/* A record starts and ends with a brace: what lies there now may be something else. */
static bool looks_right(const ar_origin *origin, const char *text) {
  return origin->len >= 2 && text[0] == '{' && text[origin->len - 1] == '}';
}

/* The lock is held while reading, so that the descriptor is not closed by another thread meanwhile. */
bool ar_files_read(ar_files *files, const ar_input *input, const ar_origin *origin, char *buffer, ar_err *err) {
  pthread_mutex_lock(&files->lock);
  kept *slot = slot_for(files, origin->file);
  if (slot->fd < 0) slot->fd = open_again(input, origin, err);
  bool opened = slot->fd >= 0, done = opened && read_whole(slot->fd, origin, buffer);
  slot->file = origin->file;
  slot->used = ++files->clock;
  pthread_mutex_unlock(&files->lock);
  return opened && ((done && looks_right(origin, buffer)) || changed(input, origin, err));
}
