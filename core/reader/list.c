/* list.c — which files there are to read: paths as given, folders recursed in byte order of names. */
#include "reader/private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOKED_FOR ".json .jsonl .ndjson .log .txt .gz .zst, or without a dot"

/* Folders seen below one path, so that links which lead back or meet again are followed once. */
typedef struct visited {
  uint64_t *keys; /* pairs of device and inode */
  size_t room, count;
} visited;

typedef struct names {
  char **items;
  size_t count, room;
} names;

void ar_input_problem(ar_input *input, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(input->problem, sizeof input->problem, format, args);
  va_end(args);
  input->info.problem = input->problem;
}

ar_input *ar_inputs_add(ar_inputs *inputs, ar_str path) {
  ar_input *grown = ar_grow(inputs->items, &inputs->room, inputs->count + 1, sizeof *grown);
  if (!grown) return NULL;
  inputs->items = grown;
  /* The array may have moved: messages lie inside it. */
  for (size_t i = 0; i < inputs->count; i++)
    if (grown[i].info.problem) grown[i].info.problem = grown[i].problem;
  ar_input *input = &grown[inputs->count];
  memset(input, 0, sizeof *input);
  input->path = ar_copy(path);
  if (!input->path) return NULL;
  input->info.name = input->path;
  inputs->count++;
  return input;
}

void ar_inputs_free(ar_inputs *inputs) {
  for (size_t i = 0; i < inputs->count; i++) ar_free(inputs->items[i].path);
  ar_free(inputs->items);
}

static bool add_bad(ar_inputs *inputs, const char *path, const char *what, const char *why) {
  ar_input *input = ar_inputs_add(inputs, ar_str_of(path));
  if (!input) return false;
  input->listed_bad = input->info.unreadable = true;
  ar_input_problem(input, "%s%s", what, why);
  return true;
}

static bool add_file(ar_inputs *inputs, const char *path, const struct stat *st) {
  ar_input *input = ar_inputs_add(inputs, ar_str_of(path));
  if (!input) return false;
  input->regular = S_ISREG(st->st_mode);
  if (input->regular) input->size = (uint64_t)st->st_size;
  return true;
}

static bool is_log_name(const char *name) {
  static const char *const endings[] = { ".json", ".jsonl", ".ndjson", ".log", ".txt", ".gz", ".zst" };
  const char *dot = strrchr(name, '.');
  if (!dot) return true;
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
    if (ar_str_eq_nocase(ar_str_of(dot), ar_str_of(endings[i]))) return true;
  return false;
}

/* ---- folders ---- */

static size_t slot_of(const visited *seen, uint64_t device, uint64_t inode) {
  uint64_t h = (inode ^ device * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
  size_t mask = seen->room - 1, slot = (size_t)(h ^ h >> 32) & mask;
  while (seen->keys[2 * slot + 1] && (seen->keys[2 * slot] != device || seen->keys[2 * slot + 1] != inode))
    slot = (slot + 1) & mask;
  return slot;
}

static bool visited_double(visited *seen) {
  visited bigger = { .room = seen->room ? seen->room * 2 : 64, .count = seen->count };
  bigger.keys = ar_alloc(bigger.room * 2 * sizeof *bigger.keys);
  if (!bigger.keys) return false;
  for (size_t i = 0; i < seen->room; i++) {
    const uint64_t *old = &seen->keys[2 * i];
    if (old[1]) memcpy(&bigger.keys[2 * slot_of(&bigger, old[0], old[1])], old, 2 * sizeof *old);
  }
  ar_free(seen->keys);
  *seen = bigger;
  return true;
}

/* 1: new, 0: seen before, -1: memory is out. */
static int visit(visited *seen, const struct stat *st) {
  uint64_t device = st->st_dev, inode = st->st_ino;
  if (seen->count * 2 >= seen->room && !visited_double(seen)) return -1;
  size_t slot = slot_of(seen, device, inode);
  if (seen->keys[2 * slot + 1]) return 0;
  seen->keys[2 * slot] = device;
  seen->keys[2 * slot + 1] = inode;
  seen->count++;
  return 1;
}

static int by_bytes(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_free(names *list) {
  for (size_t i = 0; i < list->count; i++) ar_free(list->items[i]);
  ar_free(list->items);
}

static bool names_add(names *list, const char *name) {
  char **grown = ar_grow(list->items, &list->room, list->count + 1, sizeof *grown);
  if (!grown) return false;
  list->items = grown;
  grown[list->count] = ar_copy(ar_str_of(name));
  return grown[list->count] && ++list->count;
}

/* Names in a folder, sorted; hidden ones are counted and left out. */
static bool read_names(DIR *dir, names *list, uint64_t *passed_over) {
  for (struct dirent *entry; (entry = readdir(dir));) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    if (name[0] == '.')
      ++*passed_over;
    else if (!names_add(list, name))
      return false;
  }
  if (list->count) qsort(list->items, list->count, sizeof *list->items, by_bytes);
  return true;
}

static char *join(const char *folder, const char *name) {
  size_t a = strlen(folder), b = strlen(name);
  bool slash = a > 0 && folder[a - 1] != '/';
  char *path = ar_alloc(a + slash + b + 1);
  if (!path) return NULL;
  memcpy(path, folder, a);
  if (slash) path[a] = '/';
  memcpy(path + a + slash, name, b);
  return path;
}

static bool list_folder(ar_inputs *inputs, visited *seen, const char *path, const struct stat *st);

static bool list_entry(ar_inputs *inputs, visited *seen, const char *path, const char *name) {
  struct stat st;
  if (stat(path, &st) != 0) {
    if (is_log_name(name)) return add_bad(inputs, path, "cannot open: ", strerror(errno));
  } else if (S_ISDIR(st.st_mode)) {
    return list_folder(inputs, seen, path, &st);
  } else if (S_ISREG(st.st_mode) && is_log_name(name)) {
    return add_file(inputs, path, &st);
  }
  inputs->passed_over++;
  return true;
}

static bool list_names(ar_inputs *inputs, visited *seen, const char *folder, const names *list) {
  for (size_t i = 0; i < list->count; i++) {
    char *path = join(folder, list->items[i]);
    bool done = path && list_entry(inputs, seen, path, list->items[i]);
    ar_free(path);
    if (!done) return false;
  }
  return true;
}

/* Names are read and the folder is closed before anything below it is looked at: no descriptor per level. */
static bool list_folder(ar_inputs *inputs, visited *seen, const char *path, const struct stat *st) {
  int fresh = visit(seen, st);
  if (fresh <= 0) return fresh == 0;
  DIR *dir = opendir(path);
  if (!dir) return add_bad(inputs, path, "cannot open the folder: ", strerror(errno));
  names list = { NULL, 0, 0 };
  bool read = read_names(dir, &list, &inputs->passed_over);
  closedir(dir);
  bool done = read && list_names(inputs, seen, path, &list);
  names_free(&list);
  return done;
}

static bool list_top_folder(ar_inputs *inputs, const char *path, const struct stat *st) {
  visited seen = { NULL, 0, 0 };
  size_t before = inputs->count;
  bool done = list_folder(inputs, &seen, path, st);
  ar_free(seen.keys);
  if (!done || inputs->count > before) return done;
  return add_bad(inputs, path, "no log in this folder: looked for names ending in ", LOOKED_FOR);
}

static bool list_path(ar_inputs *inputs, const char *path) {
  struct stat st;
  if (strcmp(path, "-") == 0) {
    ar_input *input = ar_inputs_add(inputs, ar_str_of(path));
    if (input) input->info.name = "stdin";
    return input != NULL;
  }
  if (stat(path, &st) != 0) return add_bad(inputs, path, "cannot open: ", strerror(errno));
  return S_ISDIR(st.st_mode) ? list_top_folder(inputs, path, &st) : add_file(inputs, path, &st);
}

bool ar_inputs_list(ar_inputs *inputs, const char *path, ar_err *err) {
  return list_path(inputs, path) || ar_nomem(err, "listing the input files");
}
