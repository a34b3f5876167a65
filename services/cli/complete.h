/* Completion of words, for the shell. */
#pragma once

#include "cli.h"

/* argv: the words behind "--complete", the unfinished last one too. Always HJ_EXIT_OK. */
int cli_complete(int argc, char **argv);
