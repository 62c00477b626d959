/* words.h — the Lua files of lua/ as they were when the program was built. Written by core/module/embed.cmake. */
#ifndef ARMRUN_WORDS_H
#define ARMRUN_WORDS_H

#include <stddef.h>

struct ar_word {
  const char *name; /* "armrun.head" */
  const char *file; /* "armrun/head.lua", for messages */
  const char *text; /* NUL-terminated */
  size_t len;
};
extern const struct ar_word ar_words[]; /* ended by a NULL name */

#endif
