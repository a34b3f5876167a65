/* `hjgate meter BUS swap METER.POINT`: another meter hangs there, or soon will. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "meter.h"

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

static int add_reading(struct cli *cli, json_t *q, const char *key, const char *option, const char *text)
{
	double value;

	if (!text)
		return 0;
	if (hj_number_parse(text, strlen(text), &value) < 0)
		return cli_usage(cli, _("%s takes a number as the display shows it, such as 48213.7, not \"%s\""),
		        option, text);
	json_object_set_new(q, key, json_real(value));
	return 0;
}

static void number_text(json_t *answer, const char *key, char to[HJ_NUMBER_LEN])
{
	double value = cli_number(json_object_get(answer, key));

	if (!isfinite(value) || hj_number_format(value, -1, to) < 0)
		snprintf(to, HJ_NUMBER_LEN, "?");
}

static void say(const struct cli *cli, const char *point, json_t *answer)
{
	char old[HJ_NUMBER_LEN], new[HJ_NUMBER_LEN];

	if (cli->json) {
		json_dumpf(answer, stdout, 0);
		printf("\n");
		return;
	}
	number_text(answer, "old", old);
	number_text(answer, "new", new);
	printf(_("%s: the old meter ended at %s, the new one began at %s; its total goes on.\n"), point, old, new);
	if (json_is_true(json_object_get(answer, "awaited")))
		printf("%s\n",
		        _("The new meter has not been read yet: what is still read of the old one is counted too."));
}

/* Which of the two readings is not what was read. */
static int read_otherwise(const struct cli *cli, const struct meter_words *m, const char *point, json_t *reply)
{
	json_t *p = json_object_get(reply, "parameters");
	char old[HJ_NUMBER_LEN], new[HJ_NUMBER_LEN];
	double given;

	number_text(p, "old", old);
	number_text(p, "new", new);
	if (m->old && hj_number_parse(m->old, strlen(m->old), &given) == 0 &&
	        given < cli_number(json_object_get(p, "old")))
		return cli_refused(cli,
		        _("%s: the old meter was read up to %s, which is more than --old %s: look at its display "
		          "again, "
		          "or leave --old out"),
		        point, old, m->old);
	return cli_refused(cli,
	        _("%s: the new meter was read at %s already, which is less than --new %s: look at its display again, "
	          "or leave --new out"),
	        point, new, m->new ?: "-");
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
	int r;

	if (argc != 1 || !strchr(argv[0], '.'))
		return cli_usage(cli, "%s", _("swap needs the name of a total: METER.POINT"));
	if (cli_utf8(cli, argv[0]))
		return HJ_EXIT_USAGE;
	snprintf(socket, sizeof(socket), "meterd@%s.look", m->bus);
	if (!is_on_bus(cli, socket, argv[0], words, &status))
		return cli_unknown(cli, N_("meter"), argv[0], words);
	q = json_pack("{s:s}", "point", argv[0]);
	r = add_reading(cli, q, "old", "--old", m->old);
	r = r ? r : add_reading(cli, q, "new", "--new", m->new);
	if (r)
		return r;
	r = cli_ask_quiet(cli->root, "stored.change", "hjgate.Store.Swap", hj_steal(q), CLI_ANSWER_MS, &answer, NULL);
	if (r == -EREMOTEIO && is_otherwise(answer))
		return read_otherwise(cli, m, argv[0], answer);
	if (r < 0)
		return cli_ask_failed(cli, "stored.change", r, answer);
	say(cli, argv[0], answer);
	return HJ_EXIT_OK;
}
