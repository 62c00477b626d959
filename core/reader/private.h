/* private.h — what the files of the reader share: inputs, byte sources, the structural scanner, the framer.
 *
 * Data flow: source (bytes: disk, gzip, zstd, UTF-16) -> buffer of a batch -> framer (records, rejects).
 * A framer step either commits as a whole or asks for more bytes and changes nothing, so that the outcome does not
 * depend on how the bytes arrive, and a step that failed for want of memory can be repeated.
 */
#ifndef ARMRUN_READER_PRIVATE_H
#define ARMRUN_READER_PRIVATE_H

#include "reader/reader.h"

#include <stdatomic.h>

#define AR_HEAD_BYTES ((size_t)64 << 10) /* how far into an object the keys of an envelope are looked for */
#define AR_NESTING 8                     /* arrays and envelopes inside each other; deeper ones are not unwrapped */
#define AR_NO_INDENT SIZE_MAX            /* what failed was not the first on its line */

/* ---- inputs ---- */

typedef struct ar_input {
  char *path;
  uint64_t size;            /* when listed; 0 unless regular */
  uint64_t device, inode;   /* when opened */
  bool regular, listed_bad; /* listed_bad: unreadable since it was listed, never opened */
  ar_file_info info;
  char problem[160]; /* info.problem points here */
} ar_input;

typedef struct ar_inputs {
  ar_input *items;
  size_t count, room;
  uint64_t passed_over;
} ar_inputs;

bool ar_inputs_list(ar_inputs *inputs, const char *path, ar_err *err);
ar_input *ar_inputs_add(ar_inputs *inputs, ar_str path); /* NULL when memory is out */
void ar_inputs_free(ar_inputs *inputs);
void ar_input_problem(ar_input *input, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- bytes of one input ---- */

typedef struct ar_source ar_source;
ar_source *ar_source_new(size_t read_bytes, size_t max_record);
void ar_source_free(ar_source *source);
/* Starts with another input; the source closes fd at its end. fd < 0: the bytes of `memory`. */
void ar_source_open(ar_source *source, int fd, ar_str memory, ar_input *input);
void ar_source_close(ar_source *source);
/* Brings up to `room` (≥ 1) decoded bytes: their number, 0 at the end (maybe with input->problem), -1: memory is out.
 */
ptrdiff_t ar_source_read(ar_source *source, char *out, size_t room);
bool ar_source_plain(const ar_source *source);     /* decoded bytes lie in the file as they are */
uint64_t ar_source_taken(const ar_source *source); /* bytes taken from disk, of all inputs */
void ar_source_forget_taken(ar_source *source);
/* Bytes behind the last member of a compressed file, 0 when none or all NUL. */
uint64_t ar_source_garbage(const ar_source *source, unsigned char sha256[32]);

/* ---- the structural scanner ---- */

typedef struct ar_scan {
  size_t at;          /* bytes done, whole blocks of 64 from the start */
  uint64_t depth;     /* brackets open */
  uint64_t in_string; /* 0 or all ones */
  uint64_t escape;    /* 1: the next byte is escaped */
  uint64_t newline;   /* 1: the byte before was a newline */
  unsigned last;      /* last significant byte of what was consumed, plus 1 */
} ar_scan;

typedef enum ar_scanned {
  AR_SCAN_MORE,   /* neither end nor break so far */
  AR_SCAN_END,    /* *where: one past the closing bracket */
  AR_SCAN_STRING, /* a newline inside a string; *where: one past it */
  AR_SCAN_RESTART /* another value starts at column 0 where none can be; *where: its first byte */
} ar_scanned;

/* Goes on with the value at text[0..len); 64 bytes behind it are readable. */
ar_scanned ar_scan_value(ar_scan *scan, const char *text, size_t len, size_t *where);
/* Forgets the whole blocks done, for a caller that lets go of them: returns how many bytes. */
size_t ar_scan_consume(ar_scan *scan, const char *text);
/* Index of the first newline, or of a '}' that an opening bracket or white space follows on the line; len: none. */
size_t ar_scan_line(const char *text, size_t len);
/* One past the quote that closes the string at text[0] == '"'; 0 when it is not within len. */
size_t ar_scan_string(const char *text, size_t len);

/* ---- the framer ---- */

typedef struct ar_reason {
  ar_reject_kind kind;
  const char *text;
} ar_reason;

typedef enum ar_step { AR_STEP_GO, AR_STEP_MORE, AR_STEP_FULL, AR_STEP_NOMEM } ar_step;

typedef enum ar_level { AR_LEVEL_ENVELOPE, AR_LEVEL_ELEMENTS, AR_LEVEL_TABLES, AR_LEVEL_TABLE, AR_LEVEL_ROWS } ar_level;

typedef enum ar_skip { AR_SKIP_NONE, AR_SKIP_VALUE, AR_SKIP_LINE, AR_SKIP_RESYNC } ar_skip;

typedef struct ar_columns {
  char *text; /* `"name":` of each, one behind the other */
  size_t text_len, text_room;
  size_t *ends; /* of each within text */
  size_t count, ends_room;
} ar_columns;

/* The batch's own memory. */
typedef struct ar_pages {
  char *buffer; /* room + AR_READER_PADDING bytes */
  size_t room;
  size_t records_room, rejects_room;
  ar_arena *made; /* texts that do not lie in the input: rows, reasons */
  size_t made_bytes;
} ar_pages;

typedef struct ar_framer {
  const char *buf;
  size_t pos, end;
  uint64_t base; /* offset of buf[0] in the stream; wraps when buf starts with another file's bytes */
  bool eof, seekable, joined;
  uint64_t line_start;  /* offset of the first byte of the line that pos is on */
  bool line_clean;      /* only white space between line_start and pos */
  uint64_t lines_until; /* up to here values may not span lines: a multi-line value turned out to be none */
  const ar_reason *lines_reason;
  uint64_t scan_start; /* offset of the value that `scan` belongs to; UINT64_MAX: none */
  ar_scan scan;
  ar_level levels[AR_NESTING];
  int depth;
  ar_skip skip;
  bool skip_quiet, skip_counted; /* quiet: no reject if it ends well; counted: hashed, its bytes may go */
  size_t skip_indent;
  uint64_t skip_from; /* where the next newline is looked for */
  ar_reject pending;
  uint64_t pending_start;
  ar_columns columns;
  size_t max_record, batch_bytes;
  size_t head_bytes; /* AR_HEAD_BYTES, or max_record if that is less */
  ar_input *file;
  uint32_t file_index;
  ar_batch *batch;
} ar_framer;

void ar_frame_start(ar_framer *f, ar_input *file, uint32_t index, uint64_t base);
/* Frames what lies in the buffer: MORE when bytes are wanted (with eof: the file is done). */
ar_step ar_frame(ar_framer *f);

/* Used between the framer's files. */
ar_step ar_frame_record(ar_framer *f, size_t from, size_t len, size_t next);
ar_step ar_frame_reject(ar_framer *f, size_t from, size_t len, size_t next, const ar_reason *reason);
ar_step ar_frame_push_record(ar_framer *f, const char *text, size_t len, size_t from, bool seekable);
ar_step ar_frame_skip(ar_framer *f, ar_skip how, size_t from, const ar_reason *reason);
ar_step ar_frame_push_reject(ar_framer *f, const ar_reject *reject, uint64_t offset, uint64_t len);
ar_scanned ar_frame_scan(ar_framer *f, size_t from, size_t *where);
void ar_frame_moved(ar_framer *f, size_t to);
bool ar_frame_blank(ar_framer *f);
ar_step ar_frame_enter(ar_framer *f, ar_level level, size_t next);
ar_step ar_frame_skip_step(ar_framer *f);
extern const ar_reason ar_reason_large, ar_reason_truncated, ar_reason_wrapping;

/* Whether the object at buf[from] is an envelope. */
typedef enum ar_verdict_wrap { AR_WRAP_NO, AR_WRAP_YES, AR_WRAP_MORE } ar_wrap;
ar_wrap ar_wrap_hint(const ar_framer *f, size_t from);
ar_wrap ar_wrap_walk(const ar_framer *f, size_t from, size_t limit, size_t *key);
ar_step ar_wrap_step(ar_framer *f);

bool ar_columns_read(ar_columns *columns, const char *text, size_t len);
ar_step ar_row_frame(ar_framer *f, size_t from, size_t len);
void ar_columns_free(ar_columns *columns);

#endif
