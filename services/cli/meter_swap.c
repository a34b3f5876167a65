/* `hjgate meter BUS swap METER.POINT`: another meter hangs there, or soon will. */
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

int cli_meter_swap(struct cli *cli, const struct meter_words *m, int argc, char **argv)
{
	_cleanup_json_ json_t *status = NULL, *answer = NULL, *q = NULL;
	const char *words[METER_WORDS + 1] = { 0 };
	char socket[METER_SOCKET];
	int r;

	if (argc != 1 || !strchr(argv[0], '.'))
		return cli_usage(cli, "%s", _("swap needs the name of a total: METER.POINT"));
	snprintf(socket, sizeof(socket), "meterd@%s.look", m->bus);
	if (!is_on_bus(cli, socket, argv[0], words, &status))
		return cli_unknown(cli, N_("meter"), argv[0], words);
	q = json_pack("{s:s}", "point", argv[0]);
	r = add_reading(cli, q, "old", "--old", m->old);
	r = r ? r : add_reading(cli, q, "new", "--new", m->new);
	r = r ? r : cli_ask(cli, "stored.change", "hjgate.Store.Swap", hj_steal(q), &answer);
	if (r == 0)
		say(cli, argv[0], answer);
	return r;
}
