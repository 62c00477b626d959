/* main.c — the armrun program: which command it is. */
#include <argp.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "program/private.h"

const char *argp_program_version = "armrun " ARMRUN_VERSION;

static const struct command {
  const char *name;
  int (*run)(int argc, char **argv);
} commands[] = {
  { "run", command_run },   { "check", command_check },       { "new", command_new },
  { "test", command_test }, { "simulate", command_simulate }, { "evaluate", command_evaluate },
};

static const struct command *find(const char *word) {
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(commands[i].name, word) == 0) return &commands[i];
  return NULL;
}

int main(int argc, char **argv) {
  static char name[32];
  signal(SIGPIPE, SIG_IGN); /* a reader that hangs up is seen as EPIPE */
  argp_err_exit_status = EXIT_USAGE;
  const struct command *command = argc > 1 ? find(argv[1]) : NULL;
  if (!command) return command_run(argc, argv);
  snprintf(name, sizeof name, "armrun %s", command->name);
  argv[1] = name; /* what --help of the command calls itself */
  return command->run(argc - 1, argv + 1);
}
