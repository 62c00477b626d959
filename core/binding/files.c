/* files.c — rule files on disk: reading, listing, the lib/ of a rule. */
#include "binding/private.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX_BYTES ((size_t)4 << 20)
#define DEPTH_MAX 32

bool file_is_folder(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static char *read_all(FILE *f, size_t *len) {
  char *text = NULL;
  size_t room = 0;
  *len = 0;
  for (;;) {
    char *grown = ar_grow(text, &room, *len + 65536, 1);
    if (!grown) break;
    text = grown;
    size_t got = fread(text + *len, 1, 65535, f);
    *len += got;
    text[*len] = '\0';
    if (got == 0) return text;
    if (*len > FILE_MAX_BYTES) break;
  }
  ar_free(text);
  return NULL;
}

char *file_read(const char *path, size_t *len, ar_err *err) {
  FILE *f = fopen(path, "rb");
  if (!f) {
    ar_fail(err, AR_EIO, "%s: cannot open: %s", path, strerror(errno));
    return NULL;
  }
  char *text = file_is_folder(path) ? NULL : read_all(f, len);
  bool broken = ferror(f) != 0;
  fclose(f);
  if (text && !broken) return text;
  ar_free(text);
  ar_fail(err, AR_EIO, "%s: cannot be read as a Lua file of at most 4 MiB", path);
  return NULL;
}

static bool ends_with(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a > b && strcmp(text + a - b, end) == 0;
}

static bool walk(const char *folder, int depth, ar_strings *out, ar_err *err);

static bool visit(const char *folder, const char *name, int depth, ar_strings *out, ar_err *err) {
  char path[4096];
  int len = snprintf(path, sizeof path, "%s%s%s", folder, ends_with(folder, "/") ? "" : "/", name);
  if (len < 0 || (size_t)len >= sizeof path) return ar_fail(err, AR_EIO, "%s: a path below it is too long", folder);
  if (file_is_folder(path)) {
    if (depth == 0 && strcmp(name, "lib") == 0) return true;
    return walk(path, depth + 1, out, err);
  }
  return !ends_with(name, ".lua") || ar_strings_add(out, ar_str_of(path), err);
}

static bool walk(const char *folder, int depth, ar_strings *out, ar_err *err) {
  if (depth > DEPTH_MAX) return ar_fail(err, AR_EIO, "%s: folders are nested too deep", folder);
  DIR *dir = opendir(folder);
  if (!dir) return ar_fail(err, AR_EIO, "%s: cannot open: %s", folder, strerror(errno));
  bool good = true;
  for (struct dirent *e; good && (e = readdir(dir));)
    if (e->d_name[0] != '.') good = visit(folder, e->d_name, depth, out, err);
  closedir(dir);
  return good;
}

bool files_below(const char *folder, ar_strings *out, ar_err *err) {
  return walk(folder, 0, out, err); /* ar_strings_add keeps byte order */
}

/* "lib.names" -> "lib/names.lua"; only letters, digits, '_' and single dots, so that it cannot climb out. */
static bool module_file(const char *name, char out[128]) {
  size_t n = 0;
  if (strncmp(name, "lib.", 4) != 0 || strlen(name) > 100) return false;
  for (const char *p = name; *p; p++) {
    bool word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_';
    if (!word && (*p != '.' || p[1] == '.' || p[1] == '\0')) return false;
    out[n++] = *p == '.' ? '/' : *p;
  }
  memcpy(out + n, ".lua", 5);
  return true;
}

/* Cuts the last segment off; false at the top. */
static bool climb(char *path) {
  char *slash = strrchr(path, '/');
  if (!slash) {
    if (strcmp(path, ".") == 0) return false;
    memcpy(path, ".", 2);
    return true;
  }
  *slash = '\0';
  return slash != path;
}

char *file_module(const char *path, const char *name, char found[512], size_t *len) {
  char folder[4096], file[128];
  ar_err err;
  if (!path || !module_file(name, file) || strlen(path) >= sizeof folder) return NULL;
  memcpy(folder, path, strlen(path) + 1);
  for (int up = 0; up < 8 && climb(folder); up++) {
    int n = snprintf(found, 512, "%s/%s", folder, file);
    struct stat st;
    if (n > 0 && n < 512 && stat(found, &st) == 0 && S_ISREG(st.st_mode)) return file_read(found, len, &err);
  }
  return NULL;
}
