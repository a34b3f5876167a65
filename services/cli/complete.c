/* `hjgate --complete WORD... LAST`: what can stand in LAST's place, a line each, for the shell
 * (share/bash-completion/hjgate). It is read off the tables that --help is printed from, so that what is offered is
 * what there is. Names come from the configuration's files; where those cannot be read or are wrong nothing is
 * offered, and nothing is said. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "complete.h"
#include "help.h"
#include "hjgate/conf.h"
#include "hjgate/record.h"
#include "instances.h"

#define WORDS_MOST 16 /* plain ones, behind the command */
#define USAGE_MOST 128

struct complete {
	const char *root, *last;
	const struct cli_command *command;
	const struct cli_option *open; /* its value is what is wanted */
	const char *words[WORDS_MOST];
	size_t count;
	bool lost; /* there is no such command */
};

static void offer(const struct complete *c, const char *before, const char *word)
{
	char text[HJ_CONF_TEXT_MAX + 1];

	snprintf(text, sizeof(text), "%s%s", before, word);
	if (!strncmp(text, c->last, strlen(c->last)))
		puts(text);
}

/* ---- names ---- */

enum { BUSES = 1, UPLINKS = 2, METERS = 4, POINTS = 8, EQUIPMENT = 16, KINDS = 32 };

/* What a word of the table of commands stands for. */
static const struct {
	const char *command, *word; /* command NULL: of any */
	unsigned names;
} meanings[] = {
	{ "uplink", "NAME", UPLINKS },
	{ NULL, "uplink/NAME", UPLINKS },
	{ NULL, "UPLINK", UPLINKS },
	{ NULL, "BUS", BUSES },
	{ NULL, "TARGET", BUSES },
	{ NULL, "METER.POINT", POINTS },
	{ NULL, "EQUIPMENT", EQUIPMENT },
	{ NULL, "WHAT", METERS | POINTS | EQUIPMENT },
	{ NULL, "--uplink", UPLINKS },
	{ NULL, "--point", POINTS },
	{ NULL, "--kind", KINDS },
};

static void offer_instances(const struct complete *c, const char *before, const char *folder, const char *daemon)
{
	struct cli_instances found;

	cli_instances(c->root, folder, daemon, &found);
	for (size_t i = 0; i < found.count; i++)
		offer(c, before, found.names[i]);
	cli_instances_done(&found);
}

static void offer_meter(const struct complete *c, const struct hj_conf_meter *m, unsigned names)
{
	if (names & METERS)
		offer(c, "", m->name);
	for (size_t i = 0; names & POINTS && i < m->point_count; i++)
		offer(c, "", m->points[i].point.name);
}

static void offer_configured(const struct complete *c, unsigned names)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf conf = { 0 };

	hj_conf_load_all(c->root, &conf, &errors); /* good parts are there although others are bad */
	for (size_t i = 0; i < conf.bus_count; i++)
		for (size_t k = 0; k < conf.buses[i].meter_count; k++)
			offer_meter(c, &conf.buses[i].meters[k], names);
	for (size_t i = 0; names & EQUIPMENT && i < conf.site.plan.equipment_count; i++)
		offer(c, "", conf.site.plan.equipment[i].name);
	hj_conf_errors_done(&errors);
	hj_conf_done(&conf);
}

static void offer_names(const struct complete *c, const char *word)
{
	const char *slash = strchr(word, '/');
	char before[USAGE_MOST];
	unsigned names = 0;

	for (size_t i = 0; i < hj_array_size(meanings) && !names; i++)
		if (!strcmp(meanings[i].word, word) &&
		        (!meanings[i].command || !strcmp(meanings[i].command, c->command->name)))
			names = meanings[i].names;
	snprintf(before, sizeof(before), "%.*s", slash ? (int)(slash - word) + 1 : 0, word);
	if (names & BUSES)
		offer_instances(c, before, "buses.d", "meterd");
	if (names & UPLINKS)
		offer_instances(c, before, "uplinks.d", "uplinkd");
	if (names & (METERS | POINTS | EQUIPMENT))
		offer_configured(c, names);
	for (int k = HJ_KIND_MINUTE; names & KINDS && k <= HJ_KIND_LOG; k++)
		offer(c, before, hj_kind_name((enum hj_kind)k));
}

/* ---- the words of a line of --help: "frames BUS saved [NAME]" ---- */

/* The next plain word without its brackets; options, and what they take, are passed over. */
static char *next_word(char **at)
{
	bool taken = false;
	char *word;

	while ((word = strsep(at, " []"))) {
		bool value = taken && isupper((unsigned char)*word);

		if (!*word)
			continue;
		taken = *word == '-';
		if (!taken && !value)
			return word;
	}
	return NULL;
}

static bool is_name(const char *word)
{
	return word[strcspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")];
}

/* Is this one of "set|use", or does a name stand there? */
static bool means(char *alternatives, const char *word)
{
	char *one;

	while ((one = strsep(&alternatives, "|")))
		if (is_name(one) || !strcmp(one, word))
			return true;
	return false;
}

static void offer_next(const struct complete *c, const char *usage)
{
	char text[USAGE_MOST], *at = text, *one, *word;

	snprintf(text, sizeof(text), "%s", usage);
	next_word(&at); /* the command */
	for (size_t i = 0; i < c->count; i++) {
		word = next_word(&at);
		if (!word || !means(word, c->words[i]))
			return;
	}
	word = next_word(&at);
	while (word && (one = strsep(&word, "|"))) {
		if (is_name(one))
			offer_names(c, one);
		else
			offer(c, "", one);
	}
}

/* ---- what is there already ---- */

static void take_option(struct complete *c, const char *word, const char *next)
{
	const char *value;
	const struct cli_option *o = cli_option_find(cli_global_options(), word, &value);

	if (!o && c->command)
		o = cli_option_find(c->command->options, word, &value);
	if (!o || o->type == CLI_FLAG || value)
		return;
	c->open = o;
	if (next && !strcmp(o->name, "--root"))
		c->root = next;
}

static void take(struct complete *c, const char *word, const char *next)
{
	if (c->open)
		c->open = NULL; /* it is its value */
	else if (word[0] == '-')
		take_option(c, word, next);
	else if (c->command && c->count < WORDS_MOST)
		c->words[c->count++] = word;
	else if (strcmp(word, "help")) {
		c->command = cli_command_find(word);
		c->lost = !c->command;
	}
}

static void offer_options(const struct complete *c, const struct cli_option *table)
{
	for (; table && table->name; table++)
		offer(c, "", table->name);
}

int cli_complete(int argc, char **argv)
{
	struct complete c = { .root = "", .last = argc ? argv[argc - 1] : "" };
	const struct cli_command *each;

	for (int i = 0; i + 1 < argc && !c.lost; i++)
		take(&c, argv[i], i + 2 < argc ? argv[i + 1] : NULL);
	if (c.lost)
		return HJ_EXIT_OK;
	if (c.open) {
		offer_names(&c, c.open->name);
	} else if (c.last[0] == '-') {
		offer_options(&c, c.command ? c.command->options : NULL);
		offer_options(&c, cli_global_options());
	} else if (c.command) {
		for (const struct cli_help_line *l = c.command->lines; l->usage; l++)
			offer_next(&c, l->usage);
	} else {
		for (size_t i = 0; (each = cli_command_at(i)); i++)
			offer(&c, "", each->name);
	}
	return HJ_EXIT_OK;
}
