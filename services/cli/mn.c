/* `hjgate mn`: an MN part by part, and one made of its parts, so that a wrong digit is found at a desk and not by a
 * platform that never knows the gateway. It needs no program, and but for the MNs of the uplinks no configuration. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "hjgate/conf.h"
#include "writer.h"

#define MNS_MAX 256 /* at once */

struct building {
	const char *division, *installer, *maintainer, *enterprise, *logger;
	const char *header, *maker, *class, *serial;
};

#define AT(member) offsetof(struct building, member)
const struct cli_option cli_mn_options[] = {
	{ "--division", 0, CLI_TEXT, N_("CODE"), N_("of 20 digits: the division code of the county, 6 digits"),
	        AT(division) },
	{ "--installer", 0, CLI_TEXT, N_("NUMBER"), N_("the installer's number, 2 digits"), AT(installer) },
	{ "--maintainer", 0, CLI_TEXT, N_("NUMBER"), N_("the maintainer's number, 2 digits"), AT(maintainer) },
	{ "--enterprise", 0, CLI_TEXT, N_("NUMBER"), N_("the enterprise's number, 5 digits"), AT(enterprise) },
	{ "--logger", 0, CLI_TEXT, N_("NUMBER"), N_("the logger's number within the enterprise, 3 digits"),
	        AT(logger) },
	{ "--header", 0, CLI_TEXT, N_("HEX"), N_("of 24 digits: the header of the EPC-96, 2 hexadecimal digits"),
	        AT(header) },
	{ "--maker", 0, CLI_TEXT, N_("HEX"), N_("the maker, 7 hexadecimal digits"), AT(maker) },
	{ "--class", 0, CLI_TEXT, N_("HEX"), N_("the class of the device, 6 hexadecimal digits"), AT(class) },
	{ "--serial", 0, CLI_TEXT, N_("HEX"), N_("its serial number, 9 hexadecimal digits"), AT(serial) },
	{ 0 },
};

static const struct writer_column mn_columns[] = {
	{ "mn", N_("MN"), false },
	{ "form", N_("FORM"), false },
	{ "verdict", N_("VERDICT"), false },
	{ "why", N_("WHY"), false },
};
static const struct writer_column part_columns[] = {
	{ "mn", N_("MN"), false },
	{ "key", NULL, false },
	{ "part", N_("PART"), false },
	{ "wanted", N_("CHARACTERS"), true },
	{ "about", N_("MEANING"), false },
	{ "wrong", NULL, false },
	{ "why", N_("REMARK"), false },
};

/* ---- check ---- */

enum verdict { RIGHT, DOUBTFUL, TWICE, WRONG };
static const struct {
	const char *word, *text;
	enum writer_style style;
} verdicts[] = {
	[RIGHT] = { "right", N_("right"), STYLE_GOOD },
	[DOUBTFUL] = { "doubtful", N_("doubtful"), STYLE_WARN },
	[TWICE] = { "twice", N_("twice"), STYLE_BAD },
	[WRONG] = { "wrong", N_("wrong"), STYLE_BAD },
};

static enum verdict judge(const struct hj_mn_explained *e, char *const *mns, size_t i)
{
	if (!e->right)
		return WRONG;
	for (size_t k = 0; k < i; k++)
		if (!strcmp(mns[k], mns[i]))
			return TWICE;
	return e->doubtful ? DOUBTFUL : RIGHT;
}

/* Why it is none, or what of it is doubtful. */
static const char *reason(const struct hj_mn_explained *e, enum verdict v)
{
	if (v == TWICE)
		return N_("an MN belongs to one gateway at one platform");
	if (e->why)
		return e->why;
	for (size_t i = 0; i < e->count; i++)
		if (e->parts[i].why)
			return e->parts[i].why;
	return NULL;
}

static enum verdict mn_row(struct writer *w, char *const *mns, size_t i)
{
	struct hj_mn_explained e;
	enum verdict v;
	const char *why;

	hj_mn_explain(mns[i], &e);
	v = judge(&e, mns, i);
	why = reason(&e, v);
	writer_cell_text(w, mns[i]);
	writer_cell_text(w, e.right || !e.why ? _(e.rule->name) : NULL); /* else it has the length of none */
	writer_cell(w, verdicts[v].style, json_string(verdicts[v].word), _(verdicts[v].text));
	writer_cell_text(w, why ? _(why) : NULL);
	return v;
}

static void part_rows(struct writer *w, const char *mn)
{
	struct hj_mn_explained e;

	hj_mn_explain(mn, &e);
	for (size_t i = 0; i < e.count; i++) {
		const struct hj_mn_said *s = &e.parts[i];

		writer_cell_text(w, mn);
		writer_cell_text(w, s->part->key);
		writer_cell(w,
		        s->wrong ? STYLE_BAD
		        : s->why ? STYLE_WARN
		                 : STYLE_PLAIN,
		        writer_text(s->text), s->text[0] ? s->text : "-");
		writer_cell_int(w, s->part->length);
		writer_cell_text(w, _(s->part->about));
		writer_cell(w, STYLE_PLAIN, json_boolean(s->wrong), NULL);
		writer_cell_text(w, s->why ? _(s->why) : NULL);
	}
}

static int check_all(const struct cli *cli, char *const *mns, size_t n)
{
	_cleanup_(writer_freep) struct writer *w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	enum verdict worst = RIGHT;

	writer_table(w, "mns", mn_columns, hj_array_size(mn_columns));
	for (size_t i = 0; i < n; i++)
		worst = hj_max(worst, mn_row(w, mns, i));
	writer_table_end(w);
	writer_table(w, "parts", part_columns, hj_array_size(part_columns));
	for (size_t i = 0; i < n; i++)
		part_rows(w, mns[i]);
	writer_table_end(w);
	return worst >= TWICE ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
}

/* Those of the uplinks, each once: two uplinks of one MN at two platforms are usual. */
static int check_configured(const struct cli *cli)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	char *mns[HJ_CONF_UPLINKS_MAX];
	struct hj_conf c = { 0 };
	size_t n = 0, k;
	int r;

	if (hj_conf_load_all(cli->root, &c, &errors) == -ENOMEM)
		return HJ_EXIT_TEMPORARY;
	for (size_t i = 0; i < c.uplink_count; i++) {
		for (k = 0; k < n && strcmp(mns[k], c.uplinks[i].mn); k++)
			;
		if (k == n)
			mns[n++] = c.uplinks[i].mn;
	}
	r = n ? check_all(cli, mns, n)
	      : cli_refused(cli, _("no uplink is configured, and no MN was given: hjgate mn check MN..."));
	hj_conf_done(&c);
	return r;
}

/* ---- build ---- */

static const char *option_of(const struct building *b, const char *key)
{
	for (const struct cli_option *o = cli_mn_options; o->name; o++)
		if (!strcmp(o->name + 2, key))
			return *(const char *const *)((const char *)b + o->offset);
	return NULL;
}

/* How many of the rule's parts are given. */
static size_t take_values(const struct building *b, const struct hj_mn_rule *rule, const char **values)
{
	size_t n = 0;

	for (size_t i = 0; i < rule->count; i++) {
		values[i] = option_of(b, rule->parts[i].key);
		n += values[i] != NULL;
	}
	return n;
}

static int build(const struct cli *cli, const struct building *b)
{
	const char *digits[HJ_MN_PARTS_MAX], *hex[HJ_MN_PARTS_MAX], *why;
	const struct hj_mn_rule *wenzhou = hj_mn_rule(HJ_MN_WENZHOU), *epc = hj_mn_rule(HJ_MN_2017), *rule;
	size_t of_digits = take_values(b, wenzhou, digits), of_hex = take_values(b, epc, hex), part;
	char mn[HJ_MN_MAX + 1], *mns[] = { mn };

	if (!of_digits == !of_hex)
		return cli_usage(
		        cli, of_hex ? _("--division to --logger make an MN of 20 digits, --header to --serial "
		                        "one of 24: not both")
		                    : _("say what it is made of: --division, --installer, --maintainer, "
		                        "--enterprise and --logger, or --header, --maker, --class and "
		                        "--serial"));
	rule = of_hex ? epc : wenzhou;
	if (hj_mn_build(rule, of_hex ? hex : digits, mn, &part, &why) < 0)
		return cli_refused(cli, _("--%s: %s; wanted are %u characters: %s"), rule->parts[part].key, _(why),
		        rule->parts[part].length, _(rule->parts[part].about));
	return check_all(cli, mns, 1);
}

int cli_mn(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "check", "build", NULL };
	struct building b = { NULL };
	int r = cli_options(cli, cli_mn_options, &b, &argc, argv);

	if (r)
		return r;
	if (argc < 2)
		return check_configured(cli);
	if (!strcmp(argv[1], "build"))
		return argc > 2 ? cli_usage(cli, _("\"%s\" is too much"), argv[2]) : build(cli, &b);
	if (strcmp(argv[1], "check") != 0)
		return cli_unknown(cli, N_("word"), argv[1], words);
	if (argc - 2 > MNS_MAX)
		return cli_usage(cli, _("at most %d at once"), MNS_MAX);
	return argc > 2 ? check_all(cli, argv + 2, (size_t)argc - 2) : check_configured(cli);
}
