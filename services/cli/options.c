/* Options by table, of every command and of one. A wrong word is never passed over: it is named, with the nearest
 * right one. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "help.h"
#include "timespec.h"

#define OPTIONS_MAX 32 /* of one command */

static const struct cli_option globals[] = {
	{ "--json", 0, CLI_FLAG, NULL, N_("print JSON"), offsetof(struct cli, json) },
	{ "--root", 0, CLI_TEXT, N_("DIR"), N_("work below DIR instead of /: files in DIR/etc/hjgate"),
	        offsetof(struct cli, root) },
	{ "--help", 'h', CLI_FLAG, NULL, N_("explain, with examples"), offsetof(struct cli, help) },
	{ "--version", 0, CLI_FLAG, NULL, N_("print the version"), offsetof(struct cli, version) },
	{ 0 },
};

const struct cli_option *cli_global_options(void)
{
	return globals;
}

const struct cli_option *cli_option_find(const struct cli_option *table, const char *word, const char **ret_value)
{
	size_t n = strcspn(word, "=");

	for (; table && table->name; table++) {
		bool letter = table->letter && word[0] == '-' && word[1] == table->letter && !word[2];

		if (!letter && (strlen(table->name) != n || strncmp(table->name, word, n)))
			continue;
		*ret_value = word[n] ? word + n + 1 : NULL;
		return table;
	}
	return NULL;
}

static int set_count(const struct cli *cli, const struct cli_option *o, const char *value, int64_t *to)
{
	uint64_t count;

	if (hj_uint_parse(value, strlen(value), CLI_COUNT_MAX, &count) < 0 || count == 0)
		return cli_usage(cli, _("%s takes a number from 1 to %d, not \"%s\""), o->name, CLI_COUNT_MAX, value);
	*to = (int64_t)count;
	return 0;
}

/* Numbers of records begin at the next hundred million when a backup was restored. */
static int set_number(const struct cli *cli, const struct cli_option *o, const char *value, int64_t *to)
{
	uint64_t number;

	if (hj_uint_parse(value, strlen(value), INT64_MAX, &number) < 0 || number == 0)
		return cli_usage(cli, _("%s takes a number from 1 on, not \"%s\""), o->name, value);
	*to = (int64_t)number;
	return 0;
}

static int set_time(const struct cli *cli, const struct cli_option *o, const char *value, int64_t *to)
{
	if (cli_time_parse(value, cli_wall_ms(), to) < 0)
		return cli_usage(cli,
		        _("%s takes a Beijing time like \"2026-11-23 08:00\", 20261123080000 or 2h (ago), not "
		          "\"%s\""),
		        o->name, value);
	return 0;
}

static int add_word(const struct cli *cli, const struct cli_option *o, const char *value, struct cli_list *to)
{
	if (to->count == CLI_LIST_MAX)
		return cli_usage(cli, _("%s may be given %d times at most"), o->name, CLI_LIST_MAX);
	to->words[to->count++] = value;
	return 0;
}

/* `next` is the word behind. 0; 1: it was taken as the value; HJ_EXIT_USAGE is 2. */
static int set(const struct cli *cli, const struct cli_option *o, const char *value, const char *next, void *to)
{
	bool takes_next = o->type != CLI_FLAG && !value;
	int r = 0;

	to = (char *)to + o->offset;
	if (o->type == CLI_FLAG && value)
		return cli_usage(cli, _("%s takes no value"), o->name);
	if (takes_next && !next)
		return cli_usage(cli, _("%s needs a value: %s %s"), o->name, o->name, _(o->argument));
	value = value ? value : next;
	if (o->type == CLI_FLAG)
		*(bool *)to = true;
	else if (o->type == CLI_TEXT)
		*(const char **)to = value;
	else if (o->type == CLI_COUNT)
		r = set_count(cli, o, value, to);
	else if (o->type == CLI_NUMBER)
		r = set_number(cli, o, value, to);
	else if (o->type == CLI_LIST)
		r = add_word(cli, o, value, to);
	else
		r = set_time(cli, o, value, to);
	return r ? r : takes_next;
}

static int unknown_option(const struct cli *cli, const struct cli_option *table, const char *word)
{
	const char *names[OPTIONS_MAX + hj_array_size(globals) + 1];
	size_t n = 0;

	for (; table && table->name && n < OPTIONS_MAX; table++)
		names[n++] = table->name;
	for (const struct cli_option *o = globals; o->name; o++)
		names[n++] = o->name;
	names[n] = NULL;
	return cli_unknown(cli, N_("option"), word, names);
}

static int unknown_command(const struct cli *cli, const char *word)
{
	const char *names[OPTIONS_MAX + 1];
	const struct cli_command *c;
	size_t n = 0;

	while (n < OPTIONS_MAX && (c = cli_command_at(n)))
		names[n++] = c->name;
	names[n] = NULL;
	return cli_unknown(cli, N_("command"), word, names);
}

/* A word that is no option of every command: the command itself, or one of its words. `hjgate help records` is
 * `hjgate records --help`. */
static int take_word(struct cli *cli, const char *word)
{
	if (cli->command)
		return 0;
	if (word[0] == '-')
		return unknown_option(cli, NULL, word);
	if (!strcmp(word, "help")) {
		cli->help = true;
		return 0;
	}
	cli->command = cli_command_find(word);
	return cli->command ? 0 : unknown_command(cli, word);
}

int cli_globals(struct cli *cli, int *argc, char **argv)
{
	const struct cli_option *o;
	const char *value;
	int n = 0, i = 1, r = 0;

	for (; i < *argc && r != HJ_EXIT_USAGE && strcmp(argv[i], "--"); i++) {
		o = cli_option_find(globals, argv[i], &value);
		if (o) {
			r = set(cli, o, value, i + 1 < *argc ? argv[i + 1] : NULL, cli);
			i += r == 1;
			continue;
		}
		r = take_word(cli, argv[i]);
		if (cli->command)
			argv[n++] = argv[i];
		o = cli->command ? cli_option_find(cli->command->options, argv[i], &value) : NULL;
		if (o && o->type != CLI_FLAG && !value && i + 1 < *argc)
			argv[n++] = argv[++i];
	}
	for (; i < *argc; i++)
		argv[n++] = argv[i];
	*argc = n;
	return r == HJ_EXIT_USAGE ? r : 0;
}

int cli_options(const struct cli *cli, const struct cli_option *table, void *to, int *argc, char **argv)
{
	const char *value;
	int n = 1, i = 1, r;

	for (; i < *argc && strcmp(argv[i], "--"); i++) {
		const struct cli_option *o;

		if (argv[i][0] != '-' || !argv[i][1]) {
			argv[n++] = argv[i];
			continue;
		}
		o = cli_option_find(table, argv[i], &value);
		if (!o)
			return unknown_option(cli, table, argv[i]);
		r = set(cli, o, value, i + 1 < *argc ? argv[i + 1] : NULL, to);
		if (r == HJ_EXIT_USAGE)
			return r;
		i += r;
	}
	for (i++; i < *argc; i++)
		argv[n++] = argv[i];
	*argc = n;
	return 0;
}
