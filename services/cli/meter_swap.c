/* `hjgate meter BUS swap METER.POINT`: another meter hangs there, or soon will. The readings are those of the
 * displays; a total is what the transformers' ratio makes of them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "hjgate/conf.h"
#include "hjgate/decimal.h"
#include "instances.h"
#include "json_text.h"
#include "meter.h"

#define TAKEN_LEN (3 * HJ_NUMBER_LEN + 48)

/* The meters of the bus, for a word that is none of them; the bus may be down while its meter is swapped. */
static bool is_on_bus(struct cli *cli, const char *socket, const char *point, const char *ret_words[METER_WORDS + 1],
        json_t **ret_answer)
{
	size_t n = strcspn(point, "."), count = 0, i;
	json_t *meter;

	if (cli_ask_quiet(cli->root, socket, "hjgate.Meter.Status", NULL, CLI_ANSWER_MS, ret_answer, NULL) < 0)
		return true;
	json_array_foreach(json_object_get(*ret_answer, "meters"), i, meter)
	{
		const char *name = cli_string(meter, "name");

		if (name && strlen(name) == n && !strncmp(name, point, n))
			return true;
		if (name && count < METER_WORDS)
			ret_words[count++] = name;
	}
	return false;
}

/* By what the point's values are more than the display's: its ct, pt or both. */
static int find_ratio(struct cli *cli, const char *bus, const char *point, double *ret)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct hj_conf_bus c = { 0 };
	int r;

	if (hj_conf_load_bus(cli->root, bus, &c, &errors) < 0)
		return cli_conf_forbidden(cli->root)
		               ? cli_conf_refused(cli)
		               : cli_refused(cli,
		                         _("the file of bus %s has errors, so the ratio of %s is not known: hjgate check "
		                           "shows them"),
		                         bus, point);
	r = -ENOENT;
	for (size_t i = 0; i < c.meter_count && r; i++)
		for (size_t k = 0; k < c.meters[i].point_count && r; k++)
			if (!strcmp(c.meters[i].points[k].point.name, point)) {
				*ret = c.meters[i].points[k].ratio;
				r = 0;
			}
	hj_conf_bus_done(&c);
	return r ? cli_refused(cli, _("the file of bus %s has no point %s"), bus, point) : 0;
}

static int read_display(const struct cli *cli, const char *option, const char *text, double *ret)
{
	if (hj_number_parse(text, strlen(text), ret) < 0)
		return cli_usage(cli, _("%s takes a number as the display shows it, such as 48213.7, not \"%s\""),
		        option, text);
	return 0;
}

/* "48213.7", and what became of it where that is another: "48213.7 (times 40 is 1928548)" */
static const char *taken(const char *text, double ratio, char to[TAKEN_LEN])
{
	char factor[HJ_NUMBER_LEN], product[HJ_NUMBER_LEN];
	double value = NAN;

	snprintf(to, TAKEN_LEN, "%s", text);
	if (ratio != 1 && hj_number_parse(text, strlen(text), &value) == 0 &&
	        hj_number_format(ratio, -1, factor) >= 0 &&
	        hj_number_format(hj_decimal_product(value, ratio), -1, product) >= 0)
		snprintf(to, TAKEN_LEN, _("%s (times %s is %s)"), text, factor, product);
	return to;
}

static int add_readings(struct cli *cli, const struct meter_words *m, const char *point, json_t *q, double *ret_ratio)
{
	const struct {
		const char *key, *option, *text;
	} readings[] = { { "old", "--old", m->old }, { "new", "--new", m->new } };
	double value;
	int r = 0;

	for (size_t i = 0; i < hj_array_size(readings) && !r; i++)
		r = readings[i].text ? read_display(cli, readings[i].option, readings[i].text, &value) : 0;
	if (!r && (m->old || m->new))
		r = find_ratio(cli, m->bus, point, ret_ratio);
	for (size_t i = 0; i < hj_array_size(readings) && !r; i++) {
		if (!readings[i].text)
			continue;
		r = read_display(cli, readings[i].option, readings[i].text, &value);
		json_object_set_new(q, readings[i].key, json_real(hj_decimal_product(value, *ret_ratio)));
	}
	return r;
}

static void number_text(json_t *answer, const char *key, char to[HJ_NUMBER_LEN])
{
	double value = cli_number(json_object_get(answer, key));

	if (!isfinite(value) || hj_number_format(value, -1, to) < 0)
		snprintf(to, HJ_NUMBER_LEN, "?");
}

static void say_readings(const struct meter_words *m, const char *point, double ratio)
{
	char factor[HJ_NUMBER_LEN], old[TAKEN_LEN], new[TAKEN_LEN];

	if (ratio == 1 || (!m->old && !m->new) || hj_number_format(ratio, -1, factor) < 0)
		return;
	printf(_("%s has a ratio of %s: the displays showed %s and %s.\n"), point, factor,
	        m->old ? taken(m->old, ratio, old) : "-", m->new ? taken(m->new, ratio, new) : "-");
}

static void say(const struct cli *cli, const struct meter_words *m, const char *point, double ratio, json_t *answer)
{
	char old[HJ_NUMBER_LEN], new[HJ_NUMBER_LEN];

	if (cli->json) {
		json_object_set_new(answer, "ratio", json_real(ratio));
		cli_json_line(stdout, answer);
		return;
	}
	say_readings(m, point, ratio);
	number_text(answer, "old", old);
	number_text(answer, "new", new);
	printf(_("%s: the old meter ended at %s, the new one began at %s; its total goes on.\n"), point, old, new);
	if (json_is_true(json_object_get(answer, "awaited")))
		printf("%s\n",
		        _("The new meter has not been read yet: what is still read of the old one is counted too."));
}

/* Which of the two readings is not what was read. */
static int read_otherwise(
        const struct cli *cli, const struct meter_words *m, const char *point, double ratio, json_t *reply)
{
	json_t *p = json_object_get(reply, "parameters");
	char old[HJ_NUMBER_LEN], new[HJ_NUMBER_LEN], text[TAKEN_LEN];
	double given;

	number_text(p, "old", old);
	number_text(p, "new", new);
	if (m->old && hj_number_parse(m->old, strlen(m->old), &given) == 0 &&
	        hj_decimal_product(given, ratio) < cli_number(json_object_get(p, "old")))
		return cli_refused(cli,
		        _("%s: the old meter was read up to %s, which is more than --old %s: look at its display "
		          "again, "
		          "or leave --old out"),
		        point, old, taken(m->old, ratio, text));
	return cli_refused(cli,
	        _("%s: the new meter was read at %s already, which is less than --new %s: look at its display again, "
	          "or leave --new out"),
	        point, new, m->new ? taken(m->new, ratio, text) : "-");
}

static bool is_otherwise(json_t *reply)
{
	const char *error = cli_string(reply, "error");

	return error && !strcmp(error, "hjgate.Store.ReadOtherwise");
}

int cli_meter_swap(struct cli *cli, const struct meter_words *m, int argc, char **argv)
{
	_cleanup_json_ json_t *status = NULL, *answer = NULL, *q = NULL;
	const char *words[METER_WORDS + 1] = { 0 };
	char socket[METER_SOCKET];
	double ratio = 1;
	int r;

	if (argc != 1 || !strchr(argv[0], '.'))
		return cli_usage(cli, "%s", _("swap needs the name of a total: METER.POINT"));
	if (cli_utf8(cli, argv[0]))
		return HJ_EXIT_USAGE;
	snprintf(socket, sizeof(socket), "meterd@%s.look", m->bus);
	if (!is_on_bus(cli, socket, argv[0], words, &status))
		return cli_unknown(cli, N_("meter"), argv[0], words);
	q = json_pack("{s:s}", "point", argv[0]);
	r = add_readings(cli, m, argv[0], q, &ratio);
	if (r)
		return r;
	r = cli_ask_quiet(cli->root, "stored.change", "hjgate.Store.Swap", hj_steal(q), CLI_ANSWER_MS, &answer, NULL);
	if (r == -EREMOTEIO && is_otherwise(answer))
		return read_otherwise(cli, m, argv[0], ratio, answer);
	if (r < 0)
		return cli_ask_failed(cli, "stored.change", r, answer);
	say(cli, m, argv[0], ratio, answer);
	return HJ_EXIT_OK;
}
