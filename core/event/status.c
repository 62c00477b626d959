/* status.c — what became of it, from whichever of a record's words tell. */
#include "event/private.h"

typedef struct status_word {
  const char *word;
  uint8_t len, status;
} status_word;
#define WORD(text, status)                                                                                             \
  { text, sizeof text - 1, AR_STATUS_##status }

static const status_word status_words[] = {
  WORD("Started", STARTED),     WORD("Succeeded", SUCCEEDED), WORD("Success", SUCCEEDED),   WORD("Start", STARTED),
  WORD("Accepted", ACCEPTED),   WORD("Failed", FAILED),       WORD("Failure", FAILED),      WORD("Accept", ACCEPTED),
  WORD("Completed", SUCCEEDED), WORD("Canceled", FAILED),     WORD("Cancelled", FAILED),    WORD("Timeout", FAILED),
  WORD("Begin", STARTED),       WORD("Error", FAILED),        WORD("InProgress", ACCEPTED),
};

static const status_word http_words[] = {
  WORD("OK", SUCCEEDED),
  WORD("Created", SUCCEEDED),
  WORD("Accepted", ACCEPTED),
  WORD("NoContent", SUCCEEDED),
  WORD("BadRequest", FAILED),
  WORD("Unauthorized", FAILED),
  WORD("Forbidden", FAILED),
  WORD("NotFound", FAILED),
  WORD("MethodNotAllowed", FAILED),
  WORD("Conflict", FAILED),
  WORD("Gone", FAILED),
  WORD("PreconditionFailed", FAILED),
  WORD("TooManyRequests", FAILED),
  WORD("InternalServerError", FAILED),
  WORD("BadGateway", FAILED),
  WORD("GatewayTimeout", FAILED),
  WORD("ServiceUnavailable", FAILED),
  WORD("PaymentRequired", FAILED),
};

static ar_status find_word(const status_word *words, size_t count, ar_str text) {
  for (size_t i = 0; i < count; i++)
    if (words[i].len == text.len && same_text(text, (ar_str){ words[i].word, text.len }))
      return (ar_status)words[i].status;
  return AR_STATUS_NONE;
}

/* "Succeeded." and "Failed.NotFound" say what their first part says. */
ar_status ar_status_of(ar_str word) {
  const char *dot = word.len ? memchr(word.ptr, '.', word.len) : NULL;
  if (dot) word.len = (size_t)(dot - word.ptr);
  return find_word(status_words, sizeof status_words / sizeof status_words[0], word);
}

/* "409", also "409 Conflict". */
static int leading_number(ar_str text) {
  int number = 0;
  size_t i = 0;
  for (; i < text.len && i < 4 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
    number = number * 10 + (text.ptr[i] - '0');
  return i == 3 && (text.len == 3 || text.ptr[3] == ' ') ? number : 0;
}

/* "Bad Request" and "BadRequest" alike; of "Failed.NotFound" the second part. */
static ar_str http_word(ar_str code, char out[32]) {
  const char *dot = code.len ? memchr(code.ptr, '.', code.len) : NULL;
  size_t used = 0, i = dot && dot + 1 < code.ptr + code.len ? (size_t)(dot - code.ptr) + 1 : 0;
  for (; i < code.len && used < 32; i++)
    if (code.ptr[i] != ' ') out[used++] = code.ptr[i];
  return (ar_str){ out, used };
}

ar_status ar_status_of_http(ar_str code) {
  char plain[32];
  int number = leading_number(code);
  if (number == 202) return AR_STATUS_ACCEPTED;
  if (number)
    return number >= 400 ? AR_STATUS_FAILED : number >= 200 && number < 300 ? AR_STATUS_SUCCEEDED : AR_STATUS_NONE;
  return find_word(http_words, sizeof http_words / sizeof http_words[0], http_word(code, plain));
}

/* A record without a status word: its HTTP status may tell, and eventName that it only began. EndRequest alone says
 * that the request ended and not how: the status stays none. */
static ar_status without_word(ar_canon *c, const ar_fields *f) {
  ar_status status = ar_status_of(f->sub_status);
  if (status == AR_STATUS_NONE) status = ar_status_of_http(f->sub_status);
  if (status == AR_STATUS_NONE) status = ar_status_of_http(ar_slot_text(c, P_STATUS_CODE));
  if (status != AR_STATUS_NONE) return status;
  ar_str name = ar_slot_text(c, T_EVENT_NAME);
  return IS(name, "BeginRequest") ? AR_STATUS_STARTED : AR_STATUS_NONE;
}

/* A vault says "Success" to what it denies: only the HTTP status tells. */
static ar_status of_vault(ar_canon *c, const ar_fields *f) {
  ar_status status = ar_status_of_http(ar_slot_text(c, P_HTTP_STATUS));
  if (status == AR_STATUS_NONE) status = ar_status_of_http(f->sub_status);
  if (status == AR_STATUS_NONE) status = ar_status_of(f->status_text);
  return status == AR_STATUS_ACCEPTED ? AR_STATUS_SUCCEEDED : status; /* 202: nothing follows in this log */
}

/* Sign-ins carry an error number, "0" when there was none. */
static ar_status of_signin(ar_canon *c, ar_fields *f) {
  ar_walk_slot(c, T_STATUS, O_SIGNIN_STATUS);
  if (!f->status_text.len) f->status_text = ar_slot_text(c, X_ERROR_CODE);
  if (ar_str_eq(f->status_text, AR_STR("0"))) return AR_STATUS_SUCCEEDED;
  bool number = f->status_text.len > 0 && f->status_text.ptr[0] >= '1' && f->status_text.ptr[0] <= '9';
  return number ? AR_STATUS_FAILED : ar_status_of(f->status_text);
}

void ar_status_read(ar_canon *c, form f, ar_fields *out) {
  if (f == F_KEYVAULT)
    out->status = of_vault(c, out);
  else if (f == F_SIGNIN)
    out->status = of_signin(c, out);
  else
    out->status = ar_status_of(out->status_text);
  if (out->status == AR_STATUS_NONE && f != F_SIGNIN && f != F_KEYVAULT) out->status = without_word(c, out);
}
