/* What the files of `hjgate key` share: both ledgers have keys of their own under one KEK, so each command is for
 * both. */
#pragma once

#include "ask.h"

struct key_words {
	const char *passphrase_file; /* NULL: the terminal */
};

struct key_ledger {
	const char *file, *program, *interface;
};
#define KEY_LEDGERS 2
extern const struct key_ledger key_ledgers[KEY_LEDGERS];

/* "Key" of ledger i, on its socket for that right. 0, or the exit status, said already. */
int key_ask(const struct cli *cli, size_t i, const char *right, const char *method, json_t *params, json_t **ret);
int key_ask_quiet(
        const struct cli *cli, size_t i, const char *right, const char *method, json_t *params, json_t **ret);

int cli_key_recovery(struct cli *cli, const struct key_words *words, int argc, char **argv);
