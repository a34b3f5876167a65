/* Holding records against their seals and chains: what `hjgate verify` and `hjgate store check` share. */
#pragma once

#include <limits.h>

#include "cli.h"
#include "hjgate/ipc_verify.h"
#include "writer.h"

#define VERIFY_HEADS 4096 /* of this box and given */

struct verify {
	struct cli *cli;
	int64_t from, to;               /* ms; 0 = all */
	struct cli_list given;          /* heads that were kept elsewhere */
	const char *file;               /* NULL: what this box keeps */
	char path[PATH_MAX];            /* of the file that is opened */
	bool is_backup;                 /* a folder with a manifest */
	bool unlike_manifest, unproven; /* it is not what that says; whether that is the site's cannot be told */
	char *heads[VERIFY_HEADS];      /* those of events.db, then those given */
	size_t own, count;              /* of events.db; in all */
	json_t *findings, *verdict;
	bool of_events;        /* this one is of events.db, and not of the records */
	struct verify *events; /* of a verification of the records: that one; NULL: not looked at */
};
void verify_done(struct verify *v);

int verify_gather_heads(struct verify *v); /* verify_heads.c: the exit status */
/* By the program that has it, or by opening the file where it does not run. 0, or the exit status, said already. */
int verify_run(struct verify *v);
int verify_find_and_look(struct verify *v); /* the same, with the heads that are there */
int verify_events(
        const struct verify *records, struct verify **ret); /* verify_events.c; frees: verify_done(), free() */
/* For words that name `hjgate store repair`: " FILE", or "" where it is the file that this takes by itself. */
#define VERIFY_WORD (PATH_MAX + 2)
const char *verify_file_word(const struct cli *cli, const char *path, char to[VERIFY_WORD]);
void verify_add_head(struct verify *v, const char *head);
int verify_show(struct verify *v); /* verify_show.c: the exit status that the verdict means */
void verify_show_findings(struct writer *w, const struct verify *v);
bool verify_is_good(const struct verify *v);

/* Says so, and is true, where nothing was found since nothing could be looked into: all keys are elsewhere. */
bool verify_say_unproved(struct writer *w, const struct verify *v);
