/* rules.c — any bytes as a rule file: it loads and is sealed, or its problems are told; the state is none the worse. */
#include <stdlib.h>
#include <string.h>

#include "binding/binding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every verdict against a file has a reason that people can read. */
static void check_problems(const ar_loader *loader, const ar_err *err) {
  size_t count;
  const ar_problem *problems = ar_loader_problems(loader, &count);
  if (err->code != AR_ENOMEM && count == 0) abort();
  for (size_t i = 0; i < count; i++)
    if (strlen(problems[i].text) < 3) abort();
}

static void load(ar_engine *engine, ar_loader *loader, ar_str text) {
  ar_err err = { AR_OK, "" };
  if (!ar_loader_rules_text(loader, "rules/x.lua", text, &err)) {
    check_problems(loader, &err);
    return;
  }
  if (ar_loader_finish(loader, &err)) ar_engine_seal(engine, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ar_err err;
  ar_engine_options options = { .now = 1, .seed = 1, .profile_cap = 64, .state_cap = 64, .memory_bytes = 1 << 20 };
  ar_engine *engine = ar_engine_new(&options, &err);
  ar_loader *loader = engine ? ar_loader_new(engine, NULL, &err) : NULL;
  if (!loader) abort();
  load(engine, loader, (ar_str){ (const char *)data, size });
  ar_engine_free(engine);
  ar_loader_free(loader);
  return 0;
}
