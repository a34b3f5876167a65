/* The command `hjgate`: what its parts share. A command is one row of commands.c: name, texts for --help, its table
 * of options, and a function that gets the words behind the command (argv[0] is the command itself) and returns the
 * exit status. --json, --root, --help and
 * --version are taken away before, wherever they stood. What goes wrong is said once, by these functions, with what
 * to do next. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/cleanup.h"
#include "hjgate/service.h"
#include "hjgate/text.h"

struct cli_command;

struct cli {
	const char *root; /* "" = the system itself */
	bool json, help, version;
	const struct cli_command *command; /* NULL: no command was named */
};

typedef int (*cli_fn)(struct cli *cli, int argc, char **argv);

/* ---- options by table: cli_options() writes into the command's own struct ---- */
enum cli_option_type {
	CLI_FLAG,   /* bool */
	CLI_TEXT,   /* const char * */
	CLI_COUNT,  /* int64_t, 1..CLI_COUNT_MAX */
	CLI_NUMBER, /* int64_t, 1 and above: the number of a record, of which there may be any many */
	CLI_TIME,   /* int64_t, ms UTC: see cli_time_parse() */
	CLI_LIST,   /* struct cli_list: the option may be given again */
};
#define CLI_LIST_MAX 8
struct cli_list {
	const char *words[CLI_LIST_MAX];
	size_t count;
};

#define CLI_COUNT_MAX 1000000

struct cli_option {
	const char *name; /* "--last"; the table ends with NULL */
	char letter;      /* 'f' for -f; 0 = none */
	enum cli_option_type type;
	const char *argument; /* N_("N"): for the help; NULL for a flag */
	const char *about;    /* N_() */
	size_t offset;        /* of the field */
};

/* Finds the command and takes the options that every command has out of argv: what is left is argv[0], the command,
 * and its words. 0, or HJ_EXIT_USAGE: said already. */
int cli_globals(struct cli *cli, int *argc, char **argv);

/* Takes the options out of argv and leaves the other words, argv[0] first. "--" ends the options. 0, or
 * HJ_EXIT_USAGE: said already. */
int cli_options(const struct cli *cli, const struct cli_option *table, void *to, int *argc, char **argv);

/* ---- the table of commands ---- */
enum cli_group { CLI_LOOK, CLI_CHANGE, CLI_CHECK, CLI_TOOLS, CLI_GROUPS };

struct cli_help_line { /* one line of `hjgate --help` */
	enum cli_group group;
	const char *usage; /* "uplink NAME pause"; the table ends with NULL */
	const char *about; /* N_() */
};

struct cli_command {
	const char *name;
	cli_fn fn;                         /* NULL: this build has it not */
	const struct cli_help_line *lines; /* in `hjgate --help`; all of them in its own --help */
	const struct cli_option *options;  /* NULL: it has none */
	const char *details;               /* N_(), paragraphs; NULL = none */
	const char *const *examples;       /* shell lines, ended by NULL */
};

const struct cli_command *cli_command_at(size_t i); /* NULL after the last */
const struct cli_command *cli_command_find(const char *name);

void cli_help(void);
void cli_help_command(const struct cli_command *command);

/* "/" is no root of its own: "" then. */
const char *cli_root(const char *word);
/* Is there such a root, and is it one? 0, or HJ_EXIT_USAGE: said already. */
int cli_root_known(const struct cli *cli);

/* The word of `words` (ended by NULL) that `word` most likely meant, or NULL. */
const char *cli_nearest(const char *word, const char *const *words);

/* ---- saying what is wrong: each prints to standard error and returns the exit status ---- */
int cli_usage(const struct cli *cli, const char *format, ...)
        _printf_(2, 3); /* and names the --help; HJ_EXIT_USAGE */
int cli_refused(const struct cli *cli, const char *format, ...) _printf_(2, 3); /* HJ_EXIT_REFUSED */
/* A text that a daemon is to keep: 0, or HJ_EXIT_USAGE where it is no UTF-8, which is all that they speak. */
int cli_utf8(const struct cli *cli, const char *text);
/* A span that was asked for, to_ms 0: without an end. 0, or HJ_EXIT_USAGE where it has no time in it. */
int cli_span_check(const struct cli *cli, int64_t from_ms, int64_t to_ms);
/* An unknown word where one of `words` is wanted; `what` is N_("command"), N_("option") ... */
int cli_unknown(const struct cli *cli, const char *what, const char *word, const char *const *words);

/* ---- the commands ---- */
extern const struct cli_option cli_status_options[], cli_points_options[], cli_live_options[], cli_records_options[],
        cli_events_options[], cli_uplink_options[], cli_frames_options[], cli_run_options[], cli_frame_options[],
        cli_bus_options[], cli_meter_options[], cli_export_options[], cli_restore_options[], cli_stick_options[],
        cli_verify_options[], cli_store_options[], cli_gaps_options[], cli_trace_options[], cli_key_options[],
        cli_proof_options[], cli_bundle_options[], cli_check_options[], cli_factors_options[], cli_mn_options[],
        cli_maintain_options[], cli_judge_options[], cli_apply_options[];
int cli_status(struct cli *cli, int argc, char **argv);
int cli_points(struct cli *cli, int argc, char **argv);
int cli_live(struct cli *cli, int argc, char **argv);
int cli_records(struct cli *cli, int argc, char **argv);
int cli_events(struct cli *cli, int argc, char **argv);
int cli_maintain(struct cli *cli, int argc, char **argv);
int cli_clock(struct cli *cli, int argc, char **argv);
int cli_alert(struct cli *cli, int argc, char **argv);
int cli_judge(struct cli *cli, int argc, char **argv);
int cli_uplink(struct cli *cli, int argc, char **argv);
int cli_meter(struct cli *cli, int argc, char **argv);
int cli_frames(struct cli *cli, int argc, char **argv);
int cli_run(struct cli *cli, int argc, char **argv);
int cli_apply(struct cli *cli, int argc, char **argv);
int cli_check(struct cli *cli, int argc, char **argv);
int cli_models(struct cli *cli, int argc, char **argv);
int cli_factors(struct cli *cli, int argc, char **argv);
int cli_mn(struct cli *cli, int argc, char **argv);
int cli_frame(struct cli *cli, int argc, char **argv);
int cli_bus(struct cli *cli, int argc, char **argv);
int cli_backup(struct cli *cli, int argc, char **argv);
int cli_restore(struct cli *cli, int argc, char **argv);
int cli_key(struct cli *cli, int argc, char **argv);
int cli_stick(struct cli *cli, int argc, char **argv);
int cli_export(struct cli *cli, int argc, char **argv);
int cli_verify(struct cli *cli, int argc, char **argv);
int cli_store(struct cli *cli, int argc, char **argv);
int cli_gaps(struct cli *cli, int argc, char **argv);
int cli_trace(struct cli *cli, int argc, char **argv);
int cli_proof(struct cli *cli, int argc, char **argv);
int cli_bundle(struct cli *cli, int argc, char **argv);
