/* private.h — what alert's own files share: text made fit for output. */
#ifndef ARMRUN_ALERT_PRIVATE_H
#define ARMRUN_ALERT_PRIVATE_H

#include "base/base.h"

/* Is it well-formed UTF-8 (no surrogates, no overlong forms)? */
bool utf8_valid(ar_str text);
/* A copy, NUL-terminated, with U+FFFD for each ill-formed run. The caller frees it; NULL when memory is out. */
char *utf8_repair(ar_str text);
/* A copy of valid JSON text in which every character that a terminal, an editor or a reader's eye would not show as
 * it is has become a \u escape. The caller frees it; NULL when memory is out. */
char *json_escape_hidden(ar_str json);

#endif
