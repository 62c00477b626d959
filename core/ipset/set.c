/* set.c — a set and the loading of files into it: all of a file or nothing. */
#include "ipset/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)1 << 30) /* bytes of a feed */
#define FEEDS_MAX 65535

ar_ipset *ar_ipset_new(void) {
  return ar_alloc(sizeof(ar_ipset));
}

static void close_mmdbs(ar_ipset *set, size_t keep) {
  while (set->mmdb_count > keep) MMDB_close(&set->mmdb[--set->mmdb_count]);
}

static void drop_feeds(ar_ipset *set, size_t keep) {
  while (set->feed_count > keep) ar_free(set->feeds[--set->feed_count]);
}

void ar_ipset_free(ar_ipset *set) {
  if (!set) return;
  close_mmdbs(set, 0);
  drop_feeds(set, 0);
  ar_ip_drop_tables(set);
  ar_free(set->v4);
  ar_free(set->v6);
  ar_free(set->bounded);
  ar_free(set->feeds);
  ar_free(set->mmdb);
  ar_free(set);
}

/* ---- all or nothing ---------------------------------------------------------------------------------------------- */

typedef struct savepoint {
  size_t v4, v6, bounded, feeds, mmdb;
} savepoint;

static savepoint save(const ar_ipset *set) {
  return (savepoint){ set->v4_count, set->v6_count, set->bounded_count, set->feed_count, set->mmdb_count };
}

static void roll_back(ar_ipset *set, savepoint to) {
  set->v4_count = to.v4;
  set->v6_count = to.v6;
  set->bounded_count = to.bounded;
  drop_feeds(set, to.feeds);
  close_mmdbs(set, to.mmdb);
}

static bool add_feed(ar_ipset *set, const char *name, ar_err *err) {
  if (set->built) return ar_fail(err, AR_EUSAGE, "%s: the IP sets are built already", name);
  if (set->feed_count == FEEDS_MAX) return ar_fail(err, AR_EUSAGE, "%s: more than %d IP lists", name, FEEDS_MAX);
  char **feeds = ar_grow(set->feeds, &set->feed_room, set->feed_count + 1, sizeof *feeds);
  if (!feeds) return ar_nomem(err, "loading an IP list");
  set->feeds = feeds;
  char *copy = ar_copy(ar_str_of(name));
  if (!copy) return ar_nomem(err, "loading an IP list");
  set->feeds[set->feed_count++] = copy;
  return true;
}

static ip_load begin(ar_ipset *set, unsigned tag, ar_ipset_report *report) {
  *report = (ar_ipset_report){ .format = "plain", .newest = INT64_MIN };
  ip_load load = { .set = set, .report = report, .tag = tag, .feed = (uint16_t)(set->feed_count - 1) };
  ar_ipload_forever(&load);
  return load;
}

/* Which tags can come out: those of what was taken, not of what was only announced. */
static unsigned tags_since(const ar_ipset *set, savepoint from) {
  unsigned tags = 0;
  for (size_t i = from.v4; i < set->v4_count; i++) tags |= (unsigned)set->v4[i] & 0xFF;
  for (size_t i = from.v6; i < set->v6_count; i++) tags |= set->v6[i].tags;
  for (size_t i = from.bounded; i < set->bounded_count; i++) tags |= set->bounded[i].net.tags;
  return tags;
}

static bool complete(const ip_load *load, const char *name, ar_err *err) {
  const ar_ipset_report *r = load->report;
  if (load->nomem) return ar_nomem(err, "loading an IP list");
  if (!r->bad || r->read || r->skipped || r->dropped_private || r->refused_wide) return true;
  return ar_fail(err, AR_EINPUT,
                 "%s:%llu: '%s' is no address; expected addresses, networks or ranges one a line, CSV, Tor "
                 "exit-addresses, STIX 2.1, MISP, Azure service tags or an mmdb (read as %s, %llu bad)",
                 name, (unsigned long long)r->bad_line[0], r->first_bad, r->format, (unsigned long long)r->bad);
}

static bool keep(ar_ipset *set, savepoint before, bool ok) {
  if (ok)
    set->tags |= tags_since(set, before);
  else
    roll_back(set, before);
  return ok;
}

/* "[" may also begin an IPv6 address in a plain list. */
static bool looks_json(ar_str text) {
  ar_str inner = ar_str_trim((ar_str){ text.ptr + 1, text.len - 1 });
  if (text.ptr[0] == '{') return true;
  return text.ptr[0] == '[' && inner.len && (inner.ptr[0] == '"' || inner.ptr[0] == '{' || inner.ptr[0] == ']');
}

static bool load_bytes(ip_load *load, const char *name, ar_str text, ar_err *err) {
  if (ar_str_starts(text, AR_STR("\xEF\xBB\xBF"))) text = (ar_str){ text.ptr + 3, text.len - 3 };
  ar_str trimmed = ar_str_trim(text);
  if (trimmed.len == 0) return ar_fail(err, AR_EINPUT, "%s: is empty, expected a list of addresses", name);
  if (!looks_json(trimmed))
    ar_ipload_text(load, text);
  else if (!ar_ipload_json(load, text))
    return load->nomem ? ar_nomem(err, "loading an IP list")
                       : ar_fail(err, AR_EINPUT,
                                 "%s: starts like JSON, but is no STIX bundle, MISP event or warninglist, Azure "
                                 "service tags, array or lines of objects",
                                 name);
  return complete(load, name, err);
}

bool ar_ipset_load_text(ar_ipset *set, unsigned tag, const char *name, ar_str text, ar_ipset_report *report,
                        ar_err *err) {
  savepoint before = save(set);
  if (ar_ip_is_mmdb(text)) return ar_fail(err, AR_EUSAGE, "%s: an mmdb is read from disk", name);
  if (!add_feed(set, name, err)) return keep(set, before, false);
  ip_load load = begin(set, tag, report);
  return keep(set, before, load_bytes(&load, name, text, err));
}

/* ---- files --------------------------------------------------------------------------------------------------------
 */

static bool cannot(ar_err *err, const char *path) {
  return ar_fail(err, AR_EIO, "%s: cannot be read: %s", path, strerror(errno));
}

static bool read_stream(FILE *file, const char *path, char **out, size_t *len, ar_err *err) {
  size_t room = 0;
  for (*len = 0; !feof(file);) {
    char *grown = ar_grow(*out, &room, *len + 65536, 1);
    if (!grown) return ar_nomem(err, "reading an IP list");
    *out = grown;
    *len += fread(*out + *len, 1, 65536, file);
    if (ferror(file)) return cannot(err, path);
    if (*len > FILE_MAX) return ar_fail(err, AR_EINPUT, "%s: longer than 1 GiB, no IP list is", path);
  }
  return true;
}

/* *out is the caller's to free, also on failure. */
static bool read_file(const char *path, char **out, size_t *len, ar_err *err) {
  struct stat about;
  *out = NULL;
  FILE *file = fopen(path, "rb");
  if (!file) return cannot(err, path);
  bool folder = fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode);
  bool ok =
      folder ? ar_fail(err, AR_EIO, "%s: is a folder, expected a file", path) : read_stream(file, path, out, len, err);
  fclose(file);
  return ok;
}

static bool load_mmdb(ar_ipset *set, unsigned tag, const char *path, ar_ipset_report *report, ar_err *err) {
  savepoint before = save(set);
  if (!add_feed(set, path, err)) return keep(set, before, false);
  ip_load load = begin(set, tag, report);
  return keep(set, before, ar_ipload_mmdb(&load, path, err) && complete(&load, path, err));
}

bool ar_ipset_load(ar_ipset *set, unsigned tag, const char *path, ar_ipset_report *report, ar_err *err) {
  char *bytes;
  size_t len = 0;
  bool ok = read_file(path, &bytes, &len, err);
  if (ok && ar_ip_is_mmdb((ar_str){ bytes, len }))
    ok = load_mmdb(set, tag, path, report, err);
  else if (ok)
    ok = ar_ipset_load_text(set, tag, path, (ar_str){ bytes, len }, report, err);
  ar_free(bytes);
  return ok;
}

/* ---- questions ------------------------------------------------------------------------------------------------------
 */

unsigned ar_ipset_loaded_tags(const ar_ipset *set) {
  return set->tags;
}

const char *ar_ipset_feed(const ar_ipset *set, uint16_t feed) {
  return feed < set->feed_count ? set->feeds[feed] : NULL;
}

size_t ar_ipset_ranges(const ar_ipset *set) {
  size_t count = set->bounded_count;
  for (size_t i = 0; i < set->table4.count; i++) count += (uint32_t)set->table4.items[i] != 0;
  for (size_t i = 0; i < set->table6.count; i++) count += set->table6.what[i] != 0;
  return count;
}
