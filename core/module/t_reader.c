/* t_reader.c — core.T.reader: what specs reach of reader. Test builds only.
 *
 *   read{ text=… | paths={…}, batch=, read=, max_record=, rewind=1, reread=1, before_reread=function, only_open=1,
 *         fail_at= }
 *     -> { records = { { text, behind, file, number, offset, seekable, again } … },
 *          rejects = { { file, record, offset, len, reason, sha256 } … }, files = { … }, passed_over, can_rewind,
 *          failed = message, batches, done, total }
 *   gzip(text), zstd(text)    compressed
 *   speed(path) -> records, rejects, bytes
 *   keep{ …, memory= } -> texts brought back, { kept = n, disk = bytes }
 */
#include "module/module.h"

#ifdef ARMRUN_TESTING
#include "reader/bodies.h"
#include "reader/reader.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define SESSION "armrun.test.reader"

/* Freed by Lua, so that an error in between leaks nothing. */
typedef struct session {
  ar_reader *reader;
  ar_batch *batches[2];
  ar_bodies *bodies;
  char *buffer;
  size_t room;
} session;

static void session_clear(session *s) {
  ar_bodies_free(s->bodies);
  ar_batch_free(s->batches[0]);
  ar_batch_free(s->batches[1]);
  ar_reader_free(s->reader);
  ar_free(s->buffer);
  memset(s, 0, sizeof *s);
}

static int session_gc(lua_State *L) {
  session_clear(luaL_checkudata(L, 1, SESSION));
  return 0;
}

static session *session_push(lua_State *L) {
  session *s = lua_newuserdatauv(L, sizeof *s, 1);
  memset(s, 0, sizeof *s);
  if (luaL_newmetatable(L, SESSION)) {
    lua_pushcfunction(L, session_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  return s;
}

static lua_Integer option(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  lua_Integer value = luaL_optinteger(L, -1, 0);
  lua_pop(L, 1);
  return value;
}

static ar_reader *open_paths(lua_State *L, const ar_reader_options *options, ar_err *err) {
  const char *paths[64];
  size_t count = (size_t)luaL_len(L, -1);
  luaL_argcheck(L, count <= 64, 1, "64 paths at most");
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    paths[i] = luaL_checkstring(L, -1); /* the table keeps it */
    lua_pop(L, 1);
  }
  return ar_reader_new(paths, count, options, err);
}

/* Opens what the table at index 1 asks for; the text stays alive as the session's user value. */
static bool session_open(lua_State *L, session *s, int at, ar_err *err) {
  ar_reader_options options = { .batch_bytes = (size_t)option(L, 1, "batch"),
                                .max_record = (size_t)option(L, 1, "max_record"),
                                .read_bytes = (size_t)option(L, 1, "read") };
  size_t fail_at = (size_t)option(L, 1, "fail_at"); /* counts this reader's allocations */
  if (lua_getfield(L, 1, "text") == LUA_TSTRING) {
    ar_str text;
    text.ptr = lua_tolstring(L, -1, &text.len);
    ar_alloc_fail_at(fail_at);
    s->reader = ar_reader_new_memory(text, "memory", &options, err);
    lua_setiuservalue(L, at, 1);
  } else {
    lua_pop(L, 1);
    lua_getfield(L, 1, "paths");
    luaL_checktype(L, -1, LUA_TTABLE);
    ar_alloc_fail_at(fail_at);
    s->reader = open_paths(L, &options, err);
    lua_pop(L, 1);
  }
  for (int i = 0; i < 2 && s->reader; i++)
    if (!(s->batches[i] = ar_batch_new(s->reader, err))) return false;
  return s->reader != NULL;
}

static void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void set_bool(lua_State *L, const char *name, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

/* stack: … record -- … record (with its text read again) */
static void set_again(lua_State *L, session *s, const ar_record *record) {
  ar_err err = { .msg = "out of memory" };
  char *grown = ar_grow(s->buffer, &s->room, record->origin.len + AR_READER_PADDING, 1);
  if (grown) s->buffer = grown;
  if (grown && ar_reader_reread(s->reader, &record->origin, s->buffer, &err))
    lua_pushlstring(L, s->buffer, record->origin.len);
  else
    lua_pushstring(L, err.msg);
  lua_setfield(L, -2, "again");
}

/* stack: … list -- … list (with record) */
static void add_record(lua_State *L, session *s, const ar_record *record, bool reread) {
  lua_newtable(L);
  lua_pushlstring(L, record->text, record->origin.len);
  lua_setfield(L, -2, "text");
  set_integer(L, "file", record->origin.file);
  set_integer(L, "number", record->origin.record);
  set_integer(L, "offset", record->origin.offset);
  set_bool(L, "seekable", record->seekable);
  lua_pushlstring(L, record->text + record->origin.len, AR_READER_PADDING); /* a sanitizer minds if it cannot be read */
  lua_setfield(L, -2, "behind");
  if (reread && record->seekable) set_again(L, s, record);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void add_reject(lua_State *L, const ar_reject *reject) {
  char hex[65];
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < 64; i++) hex[i] = digits[reject->sha256[i / 2] >> (i % 2 ? 0 : 4) & 15];
  lua_newtable(L);
  set_integer(L, "file", reject->origin.file);
  set_integer(L, "record", reject->origin.record);
  set_integer(L, "offset", reject->origin.offset);
  set_integer(L, "len", reject->origin.len);
  lua_pushstring(L, reject->reason);
  lua_setfield(L, -2, "reason");
  lua_pushlstring(L, hex, 64);
  lua_setfield(L, -2, "sha256");
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/* stack: … records rejects -- the same, longer */
static void add_batch(lua_State *L, session *s, const ar_batch *batch, bool reread) {
  if (batch->count && lua_getfield(L, 1, "before_reread") == LUA_TFUNCTION) {
    lua_call(L, 0, 0);
    reread = true;
  } else if (batch->count) {
    lua_pop(L, 1);
  }
  for (size_t i = 0; i < batch->reject_count; i++) add_reject(L, &batch->rejects[i]);
  lua_pushvalue(L, -2);
  for (size_t i = 0; i < batch->count; i++) add_record(L, s, &batch->records[i], reread);
  lua_pop(L, 1);
}

static void push_files(lua_State *L, const ar_reader *reader) {
  lua_newtable(L);
  for (size_t i = 0; i < ar_reader_file_count(reader); i++) {
    ar_file_info info = ar_reader_file(reader, i);
    lua_newtable(L);
    lua_pushstring(L, info.name);
    lua_setfield(L, -2, "name");
    set_integer(L, "bytes", info.bytes);
    set_integer(L, "records", info.records);
    set_integer(L, "rejects", info.rejects);
    set_bool(L, "compressed", info.compressed);
    set_bool(L, "seekable", info.seekable);
    set_bool(L, "unreadable", info.unreadable);
    lua_pushstring(L, info.problem);
    lua_setfield(L, -2, "problem");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* Reads on until the end, or until memory is out; two batches in turn, as the program does. */
static int read_all(lua_State *L, session *s, bool reread, ar_err *err) {
  ar_read seen;
  int turns = 0;
  do {
    ar_batch *batch = s->batches[turns % 2];
    seen = ar_reader_next(s->reader, batch, err);
    if (seen != AR_READ_FAILED) add_batch(L, s, batch, reread);
    turns += seen == AR_READ_MORE;
  } while (seen == AR_READ_MORE);
  if (seen == AR_READ_FAILED) return -1;
  return turns;
}

/* stack: … result -- … result (with what is known of the reader) */
static void set_known(lua_State *L, const session *s) {
  uint64_t done, total;
  push_files(L, s->reader);
  lua_setfield(L, -2, "files");
  ar_reader_progress(s->reader, &done, &total);
  set_integer(L, "done", done);
  set_integer(L, "total", total);
  set_integer(L, "passed_over", ar_reader_passed_over(s->reader));
  set_bool(L, "can_rewind", ar_reader_can_rewind(s->reader));
}

/* stack: … result -- … result (with records, rejects) */
static void set_read(lua_State *L, session *s, bool reread, ar_err *err) {
  lua_newtable(L);
  lua_newtable(L);
  int turns = read_all(L, s, reread, err);
  if (turns < 0) turns = read_all(L, s, reread, err); /* a failed call may be repeated */
  lua_setfield(L, -3, "rejects");
  lua_setfield(L, -2, "records");
  lua_pushinteger(L, turns);
  lua_setfield(L, -2, "batches");
}

static int read_(lua_State *L) {
  ar_err err = { .code = AR_OK };
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  session *s = session_push(L);
  bool reread = option(L, 1, "reread") != 0;
  lua_newtable(L);
  if (session_open(L, s, 2, &err)) {
    if (!option(L, 1, "only_open")) set_read(L, s, reread, &err);
    if (option(L, 1, "rewind") && ar_reader_rewind(s->reader, &err)) set_read(L, s, reread, &err);
    set_known(L, s);
  }
  ar_alloc_fail_at(0);
  if (err.code) {
    lua_pushstring(L, err.msg);
    lua_setfield(L, -2, "failed");
  }
  session_clear(s);
  return 1;
}

static int gzip(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  z_stream z = { .next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)len };
  luaL_Buffer b;
  size_t room = compressBound((uLong)len) + 64;
  char *out = luaL_buffinitsize(L, &b, room);
  deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  z.next_out = (Bytef *)out;
  z.avail_out = (uInt)room;
  deflate(&z, Z_FINISH);
  deflateEnd(&z);
  luaL_pushresultsize(&b, z.total_out);
  return 1;
}

static int zstd(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  luaL_Buffer b;
  size_t room = ZSTD_compressBound(len);
  char *out = luaL_buffinitsize(L, &b, room);
  size_t made = ZSTD_compress(out, room, text, len, 3);
  if (ZSTD_isError(made)) return luaL_error(L, "%s", ZSTD_getErrorName(made));
  luaL_pushresultsize(&b, made);
  return 1;
}

/* Frames one file and looks at nothing of it. */
static int speed(lua_State *L) {
  ar_err err;
  const char *path = luaL_checkstring(L, 1);
  lua_settop(L, 1);
  session *s = session_push(L);
  s->reader = ar_reader_new(&path, 1, NULL, &err);
  if (!s->reader || !(s->batches[0] = ar_batch_new(s->reader, &err))) return luaL_error(L, "%s", err.msg);
  uint64_t records = 0;
  while (ar_reader_next(s->reader, s->batches[0], &err) == AR_READ_MORE) records += s->batches[0]->count;
  ar_file_info info = ar_reader_file(s->reader, 0);
  lua_pushinteger(L, (lua_Integer)records);
  lua_pushinteger(L, (lua_Integer)info.rejects);
  lua_pushinteger(L, (lua_Integer)info.bytes);
  return 3;
}

typedef struct place {
  ar_body body;
  ar_origin origin;
} place;

/* stack: … -- … string of places */
static void keep_all(lua_State *L, session *s, ar_err *err) {
  ar_read seen;
  luaL_Buffer places;
  luaL_buffinit(L, &places);
  while ((seen = ar_reader_next(s->reader, s->batches[0], err)) == AR_READ_MORE)
    for (size_t i = 0; i < s->batches[0]->count; i++) {
      const ar_record *record = &s->batches[0]->records[i];
      place at = { .origin = record->origin };
      if (!ar_bodies_keep(s->bodies, record, &at.body, err)) luaL_error(L, "%s", err->msg);
      luaL_addlstring(&places, (const char *)&at, sizeof at);
    }
  if (seen == AR_READ_FAILED) luaL_error(L, "%s", err->msg);
  luaL_pushresult(&places);
}

/* stack: … string of places -- … string of places, texts */
static void get_all(lua_State *L, session *s, ar_err *err) {
  size_t len;
  const char *all = lua_tolstring(L, -1, &len);
  lua_newtable(L);
  for (size_t i = 0; i < len / sizeof(place); i++) {
    place at;
    memcpy(&at, all + i * sizeof at, sizeof at);
    if (!ar_bodies_get(s->bodies, at.body, &at.origin, &s->buffer, &s->room, err)) luaL_error(L, "%s", err->msg);
    lua_pushlstring(L, s->buffer, at.origin.len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* Keeps every record's text, then brings all back: texts, bytes on disk, bytes on disk after a reset. */
static int keep(lua_State *L) {
  ar_err err = { .code = AR_OK };
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  session *s = session_push(L);
  if (!session_open(L, s, 2, &err)) return luaL_error(L, "%s", err.msg);
  s->bodies = ar_bodies_new(s->reader, (size_t)option(L, 1, "memory"), &err);
  if (!s->bodies) return luaL_error(L, "%s", err.msg);
  if (option(L, 1, "again")) {
    keep_all(L, s, &err);
    ar_bodies_reset(s->bodies);
    if (!ar_reader_rewind(s->reader, &err)) return luaL_error(L, "%s", err.msg);
  }
  keep_all(L, s, &err);
  get_all(L, s, &err);
  lua_pushinteger(L, (lua_Integer)ar_bodies_disk_bytes(s->bodies));
  ar_bodies_reset(s->bodies);
  lua_pushinteger(L, (lua_Integer)ar_bodies_disk_bytes(s->bodies));
  session_clear(s);
  ar_alloc_fail_at(0);
  return 3;
}

/* Blocks of memory not given back. */
static int live(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)ar_alloc_live());
  return 1;
}

int arl_t_reader(lua_State *L) {
  static const luaL_Reg functions[] = { { "read", read_ }, { "keep", keep },   { "gzip", gzip }, { "zstd", zstd },
                                        { "live", live },  { "speed", speed }, { NULL, NULL } };
  luaL_newlib(L, functions);
  return 1;
}
#endif
