/* `hjgate live`: the newest values, once or on and on. On a terminal -f is one table that is drawn again with each
 * answer; into a file or a pipe it is a line a sample. Nothing is asked twice: the store tells what is new. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "newest.h"
#include "tables.h"
#include "timespec.h"
#include "writer.h"

struct live {
	bool follow, screen;
	const struct cli *cli;
	struct cli_newest newest;
	struct writer *lines; /* for -f without a screen */
};

const struct cli_option cli_live_options[] = {
	{ "--follow", 'f', CLI_FLAG, NULL, N_("go on until Ctrl-C"), offsetof(struct live, follow) },
	{ 0 },
};

static const struct writer_column columns[] = {
	{ "time", N_("TIME"), false },
	{ "point", N_("POINT"), false },
	{ "factor", N_("FACTOR"), false },
	{ "value", N_("VALUE"), true },
	{ "unit", N_("UNIT"), false },
	{ "flag", N_("FLAG"), false },
	{ "age_ms", N_("AGE"), true },
};

static void row(const struct live *l, struct writer *w, const struct cli_value *v, int64_t now_ms)
{
	const struct hj_point *p = hj_dictionary_find(&l->newest.points, v->point);

	if (!p)
		return;
	writer_cell_time(w, v->time_ms);
	writer_cell_text(w, p->name);
	writer_cell_text(w, p->factor);
	writer_cell_number(w, v->value, -1);
	writer_cell_text(w, p->unit);
	cli_flag_cell(w, v->flag);
	cli_age_cell(w, v->time_ms, now_ms);
}

static void show_all(const struct live *l, struct writer *w)
{
	int64_t now_ms = cli_wall_ms();

	if (l->newest.count == 0)
		writer_say(w, STYLE_WARN, "%s", _("no values yet"));
	writer_table(w, "values", columns, hj_array_size(columns));
	for (size_t i = 0; i < l->newest.count; i++)
		row(l, w, &l->newest.values[i], now_ms);
	writer_table_end(w);
}

/* One write a picture, so that it does not flicker: home, the lines each cleared to their end, the rest of the screen
 * cleared. */
static void draw(const struct live *l)
{
	char *picture = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&picture, &size);
	struct writer *w;

	if (!f || writer_new(f, WRITER_TEXT, writer_colour(stdout), &w) < 0)
		return;
	show_all(l, w);
	writer_free(w);
	fclose(f);
	fputs("\033[H", stdout);
	for (char *line = picture; line && *line; line++) {
		if (*line == '\n')
			fputs("\033[K", stdout);
		fputc(*line, stdout);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
	free(picture);
}

static void lines(struct live *l, json_t *answer)
{
	int64_t now_ms = cli_wall_ms();
	struct cli_value v;
	json_t *sample;
	size_t i;

	json_array_foreach(json_object_get(answer, "samples"), i, sample) if (cli_sample_read(sample, &v))
	        row(l, l->lines, &v, now_ms);
	writer_flush(l->lines);
}

static int take(json_t *answer, bool continues, void *userdata)
{
	struct live *l = userdata;
	struct writer *w;
	bool whole = cli_newest_take(&l->newest, answer);

	if (!l->follow && !whole)
		return 0;
	if (!l->follow) {
		w = writer_stdout(l->cli->json ? WRITER_JSON : WRITER_TEXT);
		show_all(l, w);
		writer_free(w);
		return 1;
	}
	if (l->screen)
		draw(l);
	else
		lines(l, answer);
	return ferror(stdout) ? 1 : 0;
}

static int follow(struct cli *cli, struct live *l)
{
	int r;

	l->screen = isatty(STDOUT_FILENO) && !cli->json;
	if (l->screen)
		fputs("\033[2J", stdout);
	l->lines = writer_stdout(cli->json ? WRITER_JSON_LINES : WRITER_TEXT);
	writer_table(l->lines, "values", columns, hj_array_size(columns));
	r = cli_stream(cli, "stored.look", "hjgate.Store.Watch", NULL, -1, take, l);
	writer_free(l->lines);
	return r;
}

int cli_live(struct cli *cli, int argc, char **argv)
{
	struct live *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return HJ_EXIT_TEMPORARY;
	l->cli = cli;
	r = cli_options(cli, cli_live_options, l, &argc, argv);
	if (r == 0 && argc > 1)
		r = cli_usage(cli, _("\"%s\" is too much"), argv[1]);
	if (r == 0)
		r = l->follow ? follow(cli, l)
		              : cli_stream(cli, "stored.look", "hjgate.Store.Watch", NULL, CLI_ANSWER_MS, take, l);
	cli_newest_done(&l->newest);
	free(l);
	return r;
}
