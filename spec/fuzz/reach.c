/* reach.c — bytes as calls: reach.lua calls what a rule can reach as they say, in a run over two acts. A rule beside it
 * must raise its alert whatever happens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binding/binding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MARK "@BYTES@"
#define BYTES_MAX 256
#define RECORD(minute, name, letter, number)                                                                           \
  "{\"time\":\"2024-05-02T10:0" minute ":00Z\",\"resourceId\":\"/subscriptions/11111111-1111-1111-1111-111111111111/"  \
  "resourceGroups/rg/providers/a/b/" name "\",\"operationName\":\"A/B/" letter "\",\"category\":\"Administrative\","   \
  "\"resultType\":\"Success\",\"correlationId\":\"c0000000-0000-0000-0000-00000000000" number "\","                    \
  "\"callerIpAddress\":\"198.51.100.7\",\"identity\":{\"claims\":{"                                                    \
  "\"http://schemas.microsoft.com/identity/claims/objectidentifier\":\"a0000000-0000-0000-0000-000000000001\"}},"      \
  "\"properties\":{\"a\":[1,{\"b\":null}],\"requestbody\":\"{\\\"a\\\":[[]]}\"}}\n"

static const char acts[] = RECORD("1", "x", "C", "1") RECORD("2", "y", "D", "2");
static const char neighbour[] = "rule \"NEIGHBOUR\" { title = \"t\", severity = \"low\", on = operation \"a/b/c\",\n"
                                "  detect = function() return alert { reason(\"seen\", \"seen\") } end }";

static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  char *text = ar_alloc(1 << 20);
  if (!file || !text) abort();
  *len = fread(text, 1, (1 << 20) - 1, file);
  fclose(file);
  return text;
}

/* The rule with the bytes in place of the mark; the caller frees it. */
static char *rule_of(const uint8_t *data, size_t size) {
  static char *form;
  static size_t len;
  if (!form) form = read_file(ARMRUN_REACH, &len);
  char *mark = strstr(form, MARK), *text = ar_alloc(len + 4 * size + 1), *to = text;
  if (!mark || !text) abort();
  memcpy(to, form, (size_t)(mark - form));
  to += mark - form;
  for (size_t i = 0; i < size; i++) to += sprintf(to, "\\%03u", data[i]);
  strcpy(to, mark + strlen(MARK));
  return text;
}

static void check(const ar_engine *engine) {
  size_t count;
  ar_rule *const *rules = ar_engine_rules(engine, &count);
  for (size_t i = 0; i < count; i++) {
    bool beside = strcmp(rules[i]->id, "NEIGHBOUR") == 0;
    if (beside && (rules[i]->told.alerts != 1 || rules[i]->told.faults != 0)) abort();
    if (!beside && rules[i]->told.faults > 0 && !strstr(rules[i]->told.fault, ".lua:")) abort();
  }
}

static void run(ar_engine *engine, ar_loader *loader, const char *text) {
  ar_err err;
  if (!ar_loader_rules_text(loader, "rules/x.lua", ar_str_of(text), &err) ||
      !ar_loader_rules_text(loader, "rules/y.lua", AR_STR(neighbour), &err) || !ar_loader_finish(loader, &err) ||
      !ar_engine_seal(engine, &err)) {
    fprintf(stderr, "%s\n", err.msg);
    abort();
  }
  ar_reader *reader = ar_reader_new_memory(AR_STR(acts), "log", NULL, &err);
  if (!reader || !ar_engine_run(engine, reader, &err)) abort();
  check(engine);
  ar_alert *alert;
  size_t count;
  if (!ar_engine_settle(engine, &count, &err)) abort();
  while (ar_engine_next(engine, &alert, &err) && alert) {
    char *line = ar_alert_json(alert, &err);
    if (!line) abort();
    ar_free(line);
  }
  ar_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ar_err err;
  ar_engine_options options = {
    .now = AR_INSTANT_NONE, .seed = 1, .profile_cap = 64, .state_cap = 64, .memory_bytes = 1 << 20
  };
  ar_engine *engine = ar_engine_new(&options, &err);
  ar_loader *loader = engine ? ar_loader_new(engine, NULL, &err) : NULL;
  char *text = rule_of(data, size < BYTES_MAX ? size : BYTES_MAX);
  if (!loader) abort();
  run(engine, loader, text);
  ar_free(text);
  ar_engine_free(engine);
  ar_loader_free(loader);
  return 0;
}
