/* `hjgate bus`: the tools for whoever stands before the meters. Which tool is meant, and the options of all. */
#include <string.h>

#include "bus.h"

#define OPTION(member) offsetof(struct bus_options, member)

const struct cli_option cli_bus_options[] = {
	{ "--type", 0, CLI_TEXT, N_("TYPE"), N_("of a device that no file names: rtu (as without), dlt645 ..."),
	        OPTION(type) },
	{ "--baud", 0, CLI_TEXT, N_("N"), N_("its speed (9600 as without); with scan also: all"), OPTION(baud) },
	{ "--parity", 0, CLI_TEXT, N_("WORD"), N_("none (as without), even, odd; with scan also: all"),
	        OPTION(parity) },
	{ "--data-bits", 0, CLI_COUNT, N_("N"), N_("7 or 8"), OPTION(data_bits) },
	{ "--stop-bits", 0, CLI_COUNT, N_("N"), N_("1 or 2"), OPTION(stop_bits) },
	{ "--rs485", 0, CLI_TEXT, N_("WORD"),
	        N_("who turns the transceiver: auto (as without), kernel, rts, rts-inverted, off"), OPTION(rs485) },
	{ "--gap", 0, CLI_COUNT, N_("MS"), N_("how long the line is quiet before each request"), OPTION(gap) },
	{ "--timeout", 0, CLI_COUNT, N_("MS"), N_("how long an answer may take to begin"), OPTION(timeout) },
	{ "--units", 0, CLI_TEXT, N_("LIST"), N_("with scan and doctor: these unit ids, 1-20,30"), OPTION(units) },
	{ "--value", 0, CLI_LIST, N_("VALUE"), N_("with find: what the display shows; may be given again"),
	        OPTION(values) },
	{ "--near", 0, CLI_TEXT, N_("SPAN"), N_("with find: the addresses to read, 0-200 as without"), OPTION(near) },
	{ "--address", 0, CLI_TEXT, N_("N"), N_("with find: where the manual says it is; one off is tried too"),
	        OPTION(address) },
	{ "--table", 0, CLI_TEXT, N_("TABLE"), N_("with find and scan: holding or input only"), OPTION(table) },
	{ "--ct", 0, CLI_TEXT, N_("RATIO"), N_("with find: the current transformers' ratio"), OPTION(ct) },
	{ "--pt", 0, CLI_TEXT, N_("RATIO"), N_("with find: the voltage transformers' ratio"), OPTION(pt) },
	{ "--rounds", 0, CLI_COUNT, N_("N"), N_("with doctor: how often each is asked, 20 as without"),
	        OPTION(rounds) },
	{ "--seconds", 0, CLI_COUNT, N_("N"), N_("with sniff: how long, 10 as without"), OPTION(seconds) },
	{ "--follow", 'f', CLI_FLAG, NULL, N_("with sniff: go on until Ctrl-C"), OPTION(follow) },
	{ "--function", 0, CLI_COUNT, N_("N"), N_("with write: 5, 6, 15 or 16 instead of the one that fits"),
	        OPTION(function) },
	{ "--yes", 0, CLI_FLAG, NULL, N_("with write: really"), OPTION(yes) },
	{ "--verbose", 'v', CLI_FLAG, NULL, N_("show what the program that is started for this says"),
	        OPTION(verbose) },
	{ 0 },
};

static const struct {
	const char *word;
	bus_tool_fn fn;
} tools[] = {
	{ "ports", bus_ports },
	{ "scan", bus_scan },
	{ "probe", bus_probe },
	{ "find", bus_find },
	{ "sniff", bus_sniff },
	{ "doctor", bus_doctor },
	{ "write", bus_write },
	{ "plan", bus_plan },
};

int cli_bus(struct cli *cli, int argc, char **argv)
{
	const char *words[hj_array_size(tools) + 1] = { 0 };
	struct bus_options o = { 0 };
	int r = cli_options(cli, cli_bus_options, &o, &argc, argv);

	if (r)
		return r;
	for (size_t i = 0; i < hj_array_size(tools); i++) {
		words[i] = tools[i].word;
		if (argc > 1 && !strcmp(argv[1], words[i]))
			return tools[i].fn(cli, &o, argc - 2, argv + 2);
	}
	if (argc < 2)
		return cli_usage(cli, "%s", _("which tool? ports, scan, probe, find, sniff, doctor, plan or write"));
	return cli_unknown(cli, N_("tool"), argv[1], words);
}
