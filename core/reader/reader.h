/* reader.h — records out of bytes: files, folders, standard input, compressed or not, in any wrapping.
 *
 * Layer 1; includes base.h. Knows how records are framed; what they mean is event.h's business.
 *
 * Inputs   each path is a file, a folder (recursed, in byte order of names; hidden files and names not ending in
 *          .json .jsonl .ndjson .log .txt .gz .zst (or without a dot) are passed over and counted), or "-".
 * Content  gzip (also many members) and zstd (also many frames), told by their first bytes; then UTF-8 with or
 *          without BOM, or UTF-16 LE/BE with BOM (turned into UTF-8).
 * Framing  NDJSON; values joined by newlines or by nothing; pretty-printed values; an array; {"value":[…]},
 *          {"records":[…]}; {"tables":[{"columns":[…],"rows":[[…]]}]} (each row becomes one object, its keys the
 *          column names). Any of these may follow each other in one file.
 * Memory   a batch holds at most ~`batch_bytes` of whole records, or one larger record; a record larger than
 *          `max_record` is never held: it is skipped and reported. So a file of any size runs in bounded memory.
 * Lost     nothing silently: what cannot be framed becomes an ar_reject with file, record number, offset, reason.
 *          In NDJSON a bad line costs that line. In an array or joined values a bad element costs itself when its
 *          end is unambiguous, else the rest of that file is one reject with its bytes counted.
 * Order    batches come in the order of the input; the same whatever the batch or read size.
 * Threads  one thread calls ar_reader_next; a batch may be used by another thread until it is given back.
 */
#ifndef ARMRUN_READER_H
#define ARMRUN_READER_H

#include "base/base.h"

#define AR_READER_PADDING 64 /* readable bytes behind every record's text */

/* Where a record lay, as people name it. */
typedef struct ar_origin {
  uint32_t file;   /* index for ar_reader_file_name */
  uint32_t len;    /* bytes of its text */
  uint64_t record; /* 1 for the first of its file */
  uint64_t offset; /* first byte, in the decoded stream of its file */
} ar_origin;

typedef struct ar_record {
  const char *text; /* in the batch's buffer, AR_READER_PADDING readable bytes behind it */
  ar_origin origin;
  bool seekable; /* ar_reader_reread can bring it back: plain file, text as it lies there */
} ar_record;

/* What a reject comes down to, whatever its reason says in words. */
typedef enum ar_reject_kind {
  AR_REJECT_NOT_A_RECORD,
  AR_REJECT_NOT_JSON,
  AR_REJECT_TOO_DEEP,
  AR_REJECT_TOO_LARGE,
  AR_REJECT_TRUNCATED,
  AR_REJECT_KINDS
} ar_reject_kind;
extern const char *const ar_reject_words[AR_REJECT_KINDS]; /* "not_a_record", … */

typedef struct ar_reject {
  ar_origin origin; /* len: bytes passed over */
  ar_reject_kind kind;
  const char *reason;       /* static or in the batch's own memory: "truncated: the file ends inside a record" */
  unsigned char sha256[32]; /* of the bytes passed over (of the first max_record of them) */
} ar_reject;

/* A reason without what is particular to one record: up to its first ": ". */
ar_str ar_reason_head(const char *reason);

typedef struct ar_batch {
  ar_record *records;
  size_t count;
  ar_reject *rejects;
  size_t reject_count;
  void *own; /* the reader's */
} ar_batch;

typedef struct ar_reader_options {
  size_t batch_bytes; /* 0: 128 KiB */
  size_t max_record;  /* 0: 1 MiB */
  size_t read_bytes;  /* 0: as large as the batch; small values are for specs */
} ar_reader_options;

/* What is known of one input file so far; the numbers of its records that the reader itself can tell. */
typedef struct ar_file_info {
  const char *name; /* as people name it: the path, or "stdin" */
  uint64_t bytes;   /* decoded bytes passed so far */
  uint64_t records; /* records given out plus rejects */
  uint64_t rejects;
  bool compressed, seekable, unreadable;
  const char *problem; /* what is wrong with it, also when it was read in part: "cannot open: Permission denied",
                          "truncated: the file ends inside its gzip data", "empty"; NULL when fine */
} ar_file_info;

typedef struct ar_reader ar_reader;

/* Lists the inputs (opens none but folders). A path that does not exist, or a folder without a single log, is an
 * unreadable file in the list, not a failure; fails for want of memory only. Paths are copied. */
ar_reader *ar_reader_new(const char *const *paths, size_t count, const ar_reader_options *options, ar_err *err);
void ar_reader_free(ar_reader *reader);

/* A reader over bytes that the caller holds, for specs and embedding: one "file" called `name`. The bytes are not
 * copied and must outlive the reader; the name is copied. */
ar_reader *ar_reader_new_memory(ar_str bytes, const char *name, const ar_reader_options *options, ar_err *err);

/* Batches are made once and reused. A batch must not outlive its reader. */
ar_batch *ar_batch_new(ar_reader *reader, ar_err *err);
void ar_batch_free(ar_batch *batch);

typedef enum ar_read { AR_READ_MORE, AR_READ_END, AR_READ_FAILED } ar_read;
/* Fills `batch` with the next records and rejects (maybe only one kind). END: nothing left, batch empty.
 * FAILED: memory is out, *err filled; unreadable files do not fail, they are told by ar_reader_file. */
ar_read ar_reader_next(ar_reader *reader, ar_batch *batch, ar_err *err);

/* Starts over with the first input (sorted mode). False, with AR_EUSAGE, when an input cannot be read twice. */
bool ar_reader_rewind(ar_reader *reader, ar_err *err);
bool ar_reader_can_rewind(const ar_reader *reader); /* no "-" and no pipe among the inputs */

/* Reads a seekable record's text again into `buffer` (room for origin.len + AR_READER_PADDING). Safe from any
 * thread. AR_EIO when the file has changed or gone. */
bool ar_reader_reread(const ar_reader *reader, const ar_origin *origin, char *buffer, ar_err *err);

size_t ar_reader_file_count(const ar_reader *reader);
ar_file_info ar_reader_file(const ar_reader *reader, size_t index);
/* Bytes of input taken from disk so far, and how many there are in all (0: unknown), for a progress bar. */
void ar_reader_progress(const ar_reader *reader, uint64_t *done, uint64_t *total);
/* Names passed over in folders. */
uint64_t ar_reader_passed_over(const ar_reader *reader);

#endif
