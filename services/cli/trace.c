/* `hjgate trace`: the acceptance test holds a value of a platform against the meter's display; this page has every
 * step in between. */
#include <stdio.h>
#include <stdlib.h>

#include "timespec.h"
#include "trace.h"

const struct cli_option cli_trace_options[] = {
	{ "--uplink", 'u', CLI_TEXT, N_("NAME"), N_("only this uplink"), offsetof(struct trace, uplink) },
	{ 0 },
};

static int prepare(struct cli *cli, struct trace *t, int argc, char **argv)
{
	int status = cli_options(cli, cli_trace_options, t, &argc, argv);

	if (status)
		return status;
	t->cli = cli;
	t->at_ms = INT64_MIN;
	if (argc < 2)
		return cli_usage(cli, "%s", _("which point? METER.POINT, as hjgate points shows them"));
	if (argc > 3)
		return cli_usage(cli, _("\"%s\" is too much"), argv[3]);
	t->name = argv[1];
	if (argc == 3 && cli_time_parse(argv[2], cli_wall_ms(), &t->at_ms) < 0)
		return cli_usage(cli, _("\"%s\" is no time: 2026-11-23 08:05, today, 15m"), argv[2]);
	return 0;
}

static int run(struct cli *cli, struct trace *t, int argc, char **argv)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	int status = prepare(cli, t, argc, argv);

	status = status ? status : trace_find_point(t);
	status = status ? status : trace_find_record(t);
	if (status)
		return status;
	trace_find_readings(t);
	status = trace_find_uplinks(t);
	if (status)
		return status;
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	trace_show(t, w);
	return 0;
}

static void done(struct trace *t)
{
	for (size_t i = 0; i < TRACE_READINGS; i++) {
		free(t->readings[i].sent);
		free(t->readings[i].received);
	}
	for (size_t i = 0; i < t->uplink_count; i++)
		upload_done(&t->uploads[i]);
	hj_record_done(&t->record);
	hj_dictionary_done(&t->points);
	hj_conf_done(&t->conf);
}

int cli_trace(struct cli *cli, int argc, char **argv)
{
	struct trace *t = calloc(1, sizeof(*t));
	int status = t ? run(cli, t, argc, argv) : HJ_EXIT_TEMPORARY;

	if (t)
		done(t);
	free(t);
	return status;
}
