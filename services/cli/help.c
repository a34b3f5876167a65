/* --help, of the whole and of one command, made from the table of commands: what it is, what there is, and examples
 * to start with. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "help.h"
#include "width.h"

#define USAGE_COLUMN 34 /* cells: where the explanations begin */

static const char *const group_titles[CLI_GROUPS] = {
	[CLI_LOOK] = N_("Look"),
	[CLI_CHANGE] = N_("Change"),
	[CLI_CHECK] = N_("Check"),
	[CLI_TOOLS] = N_("Tools"),
};

static void print_line(const char *left, const char *right)
{
	int pad = USAGE_COLUMN - 2 - (int)cli_width(left);

	if (pad < 2)
		printf("  %s\n%*s%s\n", left, USAGE_COLUMN, "", right);
	else
		printf("  %s%*s%s\n", left, pad, "", right);
}

static void print_option(const struct cli_option *o)
{
	char left[128];

	snprintf(left, sizeof(left), "%s%c%s%s%s%s", o->letter ? "-" : "", o->letter ? o->letter : ' ',
	        o->letter ? ", " : "", o->name, o->argument ? " " : "", o->argument ? _(o->argument) : "");
	print_line(left[0] == ' ' ? left + 1 : left, _(o->about));
}

static void print_options(const struct cli_option *o)
{
	for (; o && o->name; o++)
		print_option(o);
}

static void print_group(enum cli_group group)
{
	const struct cli_command *c;

	printf("\n%s\n", _(group_titles[group]));
	for (size_t i = 0; (c = cli_command_at(i)); i++)
		for (const struct cli_help_line *l = c->lines; l->usage; l++)
			if (l->group == group)
				print_line(l->usage, _(l->about));
}

void cli_help(void)
{
	puts(_("hjgate reads the meters of a site, keeps what they say, and reports it to the authorities' platforms "
	       "by HJ 212.\n"
	       "This command shows what it does, changes what it may, and checks its configuration."));
	printf("\n%s\n", _("Usage: hjgate COMMAND [WORDS] [OPTIONS]        hjgate COMMAND --help explains one"));
	for (int g = 0; g < CLI_GROUPS; g++)
		print_group(g);
	printf("\n%s\n", _("Options of every command, before or behind it"));
	print_options(cli_global_options());
	printf("\n%s\n", _("To start with"));
	print_line("hjgate status", _("is all well, and what is not"));
	print_line("hjgate points", _("every point with its newest value"));
	print_line("hjgate records --last 3", _("the newest three windows"));
	printf("\n%s\n", _("Exit status: 0 done, 1 refused or found bad, 2 wrong usage, 3 went back to what was "
	                   "before (apply), 111 try again later (a program is not running)."));
}

void cli_help_command(const struct cli_command *c)
{
	printf("%s\n", _("Usage"));
	for (const struct cli_help_line *l = c->lines; l->usage; l++) {
		char left[128];

		snprintf(left, sizeof(left), "hjgate %s", l->usage);
		print_line(left, _(l->about));
	}
	if (c->details)
		printf("\n%s\n", _(c->details));
	if (c->options && c->options->name)
		printf("\n%s\n", _("Options"));
	print_options(c->options);
	printf("\n%s\n", _("Options of every command"));
	print_options(cli_global_options());
	if (c->examples)
		printf("\n%s\n", _("Examples"));
	for (const char *const *e = c->examples; e && *e; e++)
		printf("  %s\n", *e);
}
