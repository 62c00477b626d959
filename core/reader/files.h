/* files.h — a few descriptors kept open, to read records again. Private to the reader.
 *
 * Threads: safe from any. The descriptors are a cache: the file behind one is told by the device and inode that it
 * had when it was read first.
 */
#ifndef ARMRUN_READER_FILES_H
#define ARMRUN_READER_FILES_H

#include "reader/private.h"

typedef struct ar_files ar_files;
ar_files *ar_files_new(void); /* NULL when memory is out */
void ar_files_free(ar_files *files);
bool ar_files_read(ar_files *files, const ar_input *input, const ar_origin *origin, char *buffer, ar_err *err);

#endif
