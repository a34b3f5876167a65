/* The table of commands: one row each, in the order in which --help shows them. */
#include <string.h>

#include "cli.h"

/* clang-format off */
#define LINES(...)    (const struct cli_help_line[]){ __VA_ARGS__, { 0 } }
#define EXAMPLES(...) (const char *const[]){ __VA_ARGS__, NULL }
/* clang-format on */

static const struct cli_command commands[] = {
	{
	        .name = "status",
	        .fn = cli_status,
	        .options = cli_status_options,
	        .lines =
	                LINES({ CLI_LOOK, "status", N_("is all well: programs, buses, records, platforms, events") }),
	        .examples = EXAMPLES("hjgate status", "hjgate status --meters", "hjgate status --json"),
	},
	{
	        .name = "points",
	        .fn = cli_points,
	        .options = cli_points_options,
	        .lines = LINES({ CLI_LOOK, "points",
	                N_("the point-to-data sheet: equipment, factor, register, newest value") }),
	        .examples = EXAMPLES("hjgate points", "hjgate points --csv >points.csv"),
	},
	{
	        .name = "live",
	        .fn = cli_live,
	        .options = cli_live_options,
	        .lines = LINES({ CLI_LOOK, "live [-f]", N_("newest values; -f goes on") }),
	        .examples = EXAMPLES("hjgate live", "hjgate live -f", "hjgate live -f --json"),
	},
	{
	        .name = "records",
	        .fn = cli_records,
	        .options = cli_records_options,
	        .lines = LINES({ CLI_LOOK, "records", N_("what is kept: minute, hour and day records") }),
	        .examples = EXAMPLES("hjgate records --last 3", "hjgate records --kind hour --from today"),
	},
	{
	        .name = "events",
	        .fn = cli_events,
	        .options = cli_events_options,
	        .lines = LINES(
	                { CLI_LOOK, "events [-f]", N_("failures with begin and end, alarms, who changed what") },
	                { CLI_CHANGE, "events ack ID --cause TEXT", N_("note what caused an event") }),
	        .examples = EXAMPLES(
	                "hjgate events --open", "hjgate events -f", "hjgate events ack 17 --cause \"power cut\""),
	},
	{
	        .name = "uplink",
	        .fn = cli_uplink,
	        .options = cli_uplink_options,
	        .lines = LINES(
	                { CLI_LOOK, "uplink [NAME]", N_("platforms: connected, acknowledged, waiting, time to go") },
	                { CLI_LOOK, "uplink NAME frames", N_("the newest frames, passwords masked") },
	                { CLI_LOOK, "uplink NAME preview", N_("the frames that would be sent now") },
	                { CLI_CHANGE, "uplink NAME pause", N_("stop sending: the records wait") },
	                { CLI_CHANGE, "uplink NAME resume", N_("go on sending") },
	                { CLI_CHANGE, "uplink NAME resend", N_("send records of a span again") }),
	        .examples = EXAMPLES("hjgate uplink", "hjgate uplink county", "hjgate uplink county frames --last 5",
	                "hjgate uplink county resend --from \"2026-11-23 08:00\" --to \"2026-11-23 12:00\""),
	},
	{
	        .name = "meter",
	        .fn = cli_meter,
	        .options = cli_meter_options,
	        .lines = LINES({ CLI_LOOK, "meter BUS", N_("one bus: each meter, asked and answered") },
	                { CLI_LOOK, "meter BUS frames", N_("the newest requests and answers, as bytes") },
	                { CLI_TOOLS, "meter BUS probe UNIT TABLE ADDRESS COUNT", N_("ask a unit once, now") }),
	        .examples = EXAMPLES("hjgate meter north", "hjgate meter north probe 3 holding 0 4"),
	},
	{
	        .name = "check",
	        .fn = cli_check,
	        .lines = LINES({ CLI_CHECK, "check [DIR]", N_("the configuration: every error, where it is, what to do") }),
	        .examples = EXAMPLES("hjgate check", "hjgate check --root ./site"),
	},
	{
	        .name = "frame",
	        .fn = cli_frame,
	        .options = cli_frame_options,
	        .lines = LINES({ CLI_TOOLS, "frame decode", N_("HJ 212 frames from standard input, explained") },
	                { CLI_TOOLS, "frame encode", N_("a data segment into a frame") }),
	        .examples = EXAMPLES("hjgate frame decode <capture.txt", "hjgate frame encode --crc modbus <segments.txt"),
	},
	{
	        .name = "run",
	        .fn = cli_run,
	        .options = cli_run_options,
	        .lines = LINES({ CLI_TOOLS, "run", N_("run every program here, in the foreground") }),
	        .examples = EXAMPLES("hjgate run", "hjgate run --root ./site"),
	},
};

const struct cli_command *cli_command_at(size_t i)
{
	return i < hj_array_size(commands) ? &commands[i] : NULL;
}

const struct cli_command *cli_command_find(const char *name)
{
	for (size_t i = 0; i < hj_array_size(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}
