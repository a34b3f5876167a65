/* The table of commands: one row each, in the order in which --help shows them. */
/* long because: each command is one row, and all of them are one page of help */
#include <string.h>

#include "cli.h"

/* clang-format off */
#define LINES(...)    (const struct cli_help_line[]){ __VA_ARGS__, { 0 } }
#define EXAMPLES(...) (const char *const[]){ __VA_ARGS__, NULL }
/* clang-format on */

static const struct cli_command commands[] = {
	{
	        .name = "status",
	        .details = N_("The first line is the verdict. Below it stands what needs attention, with what "
	                      "happens next or what to do;\n"
	                      "then programs and their memory (other users' processes show theirs to root only), "
	                      "buses, records, platforms,\n"
	                      "and the events that have not ended. \"collected\" is the share of requests that "
	                      "meters answered."),
	        .fn = cli_status,
	        .options = cli_status_options,
	        .lines =
	                LINES({ CLI_LOOK, "status", N_("is all well: programs, buses, records, platforms, events") }),
	        .examples = EXAMPLES("hjgate status", "hjgate status --meters", "hjgate status --json"),
	},
	{
	        .name = "points",
	        .details = N_("Which register of which meter becomes which factor, and what it says now. The "
	                      "configuration gives the sheet,\n"
	                      "the running programs give the values; without them it is printed all the same."),
	        .fn = cli_points,
	        .options = cli_points_options,
	        .lines = LINES({ CLI_LOOK, "points",
	                N_("the point-to-data sheet: equipment, factor, register, newest value") }),
	        .examples = EXAMPLES("hjgate points", "hjgate points --csv >points.csv"),
	},
	{
	        .name = "live",
	        .details = N_("Values as they are read, before they are in a record. Flag N is normal; B: the meter "
	                      "did not answer."),
	        .fn = cli_live,
	        .options = cli_live_options,
	        .lines = LINES({ CLI_LOOK, "live [-f]", N_("newest values; -f goes on") }),
	        .examples = EXAMPLES("hjgate live", "hjgate live -f", "hjgate live -f --json"),
	},
	{
	        .name = "records",
	        .details = N_("A row a point and window: flag, Cou (growth of a total), Min, Avg, Max, and how many "
	                      "of the expected samples were got.\n"
	                      "TIME is Beijing time: \"2026-11-23 08:00\", 20261123080000, today, yesterday, or "
	                      "before now: 90s 15m 2h 3d 1w."),
	        .fn = cli_records,
	        .options = cli_records_options,
	        .lines = LINES({ CLI_LOOK, "records", N_("what is kept: minute, hour and day records") }),
	        .examples = EXAMPLES("hjgate records --last 3", "hjgate records --kind hour --from today"),
	},
	{
	        .name = "export",
	        .details =
	                N_("csv is for spreadsheets, jsonl for programs, hj212 are the frames that an uplink would "
	                   "send, its password in them.\n"
	                   "A file gets its name when all of it is on the disk. Each export is an event; onto "
	                   "what can be carried away it needs the\n"
	                   "group hjgate-admin. TIME is Beijing time: \"2026-11-23 08:00\", today, or before "
	                   "now: 2h 3d."),
	        .fn = cli_export,
	        .options = cli_export_options,
	        .lines = LINES({ CLI_LOOK, "export", N_("records to take away: CSV, JSON lines, HJ 212 frames") }),
	        .examples = EXAMPLES("hjgate export --from 7d --out week.csv",
	                "hjgate export --kind hour --from 2026-11-01 --to 2026-12-01 --out november.csv",
	                "hjgate export --kind all --format jsonl >all.jsonl",
	                "hjgate export --from 1d --format hj212 --uplink county --out county.txt"),
	},
	{
	        .name = "gaps",
	        .details =
	                N_("A gap of a meter is a stretch of windows without values; a gap of an uplink is a stretch "
	                   "of records that its platform\n"
	                   "has not acknowledged. Each has its cause, as far as the events tell, and whether it can "
	                   "still be filled.\n"
	                   "TIME is Beijing time: \"2026-11-23 08:00\", today, or before now: 2h 3d."),
	        .fn = cli_gaps,
	        .options = cli_gaps_options,
	        .lines = LINES({ CLI_LOOK, "gaps", N_("what is missing, why, and whether it can still be filled") },
	                { CLI_LOOK, "gaps --hours",
	                        N_("expected, read, stored, sent and acknowledged, hour by hour") }),
	        .examples = EXAMPLES(
	                "hjgate gaps", "hjgate gaps --uplink county --from 30d", "hjgate gaps --hours --from today"),
	},
	{
	        .name = "trace",
	        .details = N_("One page: what the meter was asked and answered, the value, the record, and of each "
	                      "platform the frame, when it\n"
	                      "was sent and when its 9014 came, with the time between the steps. Without TIME the "
	                      "newest record.\n"
	                      "TIME is Beijing time: \"2026-11-23 08:00\", today, or before now: 2h 3d."),
	        .fn = cli_trace,
	        .options = cli_trace_options,
	        .lines = LINES({ CLI_LOOK, "trace METER.POINT [TIME]",
	                N_("one value on its way: bytes, record, frames, acknowledgements") }),
	        .examples = EXAMPLES("hjgate trace oven.current", "hjgate trace oven.current \"2026-11-23 08:05\""),
	},
	{
	        .name = "proof",
	        .details = N_("That a platform was told a record, on a page to be filed: the record, its seal, its "
	                      "chain and the head that stands on it,\n"
	                      "the receipt with QN, times and delays, and every frame, as it went or made again from "
	                      "the record, with remarks on what is\n"
	                      "not known or has changed since. TIME is Beijing time within the window: \"2026-11-23 "
	                      "08:00\", or before now: 2h."),
	        .fn = cli_proof,
	        .options = cli_proof_options,
	        .lines = LINES({ CLI_LOOK, "proof UPLINK TIME",
	                N_("what a platform was told of a record, and that it acknowledged it") }),
	        .examples = EXAMPLES("hjgate proof county \"2026-11-23 08:05\"",
	                "hjgate proof county 2026-11-23 --kind day", "hjgate proof county --seq 48213 --json"),
	},
	{
	        .name = "events",
	        .details = N_("An event that lasts has a begin and, once it is over, an end. TIME is Beijing time: "
	                      "\"2026-11-23 08:00\", today,\n"
	                      "or before now: 2h 3d. To note a cause needs the group hjgate-admin."),
	        .fn = cli_events,
	        .options = cli_events_options,
	        .lines = LINES(
	                { CLI_LOOK, "events [-f]", N_("failures with begin and end, alarms, who changed what") },
	                { CLI_LOOK, "events show ID", N_("one of them, with its values and what to do") },
	                { CLI_CHANGE, "events ack ID --cause TEXT", N_("note what caused an event") }),
	        .examples = EXAMPLES("hjgate events --open", "hjgate events --class fault --from yesterday",
	                "hjgate events show 17", "hjgate events ack 17 --cause \"power cut\""),
	},
	{
	        .name = "maintain",
	        .details =
	                N_("Its values have flag M meanwhile, at every platform and in what is kept, and nobody is "
	                   "alerted of it. It is an event with\n"
	                   "begin and end, outlives a restart, and ends by itself. To begin and to end needs the "
	                   "group hjgate-admin."),
	        .fn = cli_maintain,
	        .options = cli_maintain_options,
	        .lines = LINES({ CLI_LOOK, "maintain", N_("what is being worked on") },
	                { CLI_CHANGE, "maintain WHAT --for LENGTH --why TEXT",
	                        N_("a meter, point or equipment is being worked on: flag M, no alerts") },
	                { CLI_CHANGE, "maintain WHAT end", N_("the work is done") }),
	        .examples = EXAMPLES("hjgate maintain oven --for 2h --why \"new current transformers\"",
	                "hjgate maintain oven end"),
	},
	{
	        .name = "alert",
	        .details =
	                N_("Robots and webhooks tell people of events, as alerts.conf says; without a channel there "
	                   "nobody is told anything. What a\n"
	                   "channel could not be told waits on the disk. To test needs the group hjgate-admin."),
	        .fn = cli_alert,
	        .lines = LINES({ CLI_LOOK, "alert", N_("who is told of events: channels, what waits, what fails") },
	                { CLI_CHANGE, "alert test [CHANNEL]", N_("tell a channel, or all, that this is a test") }),
	        .examples = EXAMPLES("hjgate alert", "hjgate alert test operators"),
	},
	{
	        .name = "clock",
	        .details =
	                N_("Windows get their labels by the clock. While nobody says that it is right, what is read "
	                   "waits and is reported with\n"
	                   "its true times once the time is known. To accept the clock needs the group "
	                   "hjgate-admin."),
	        .fn = cli_clock,
	        .lines = LINES({ CLI_LOOK, "clock", N_("the time, who says that it is right, steps, what waits") },
	                { CLI_CHANGE, "clock accept", N_("the clock is right: records from later times are void") }),
	        .examples = EXAMPLES("hjgate clock", "hjgate clock accept"),
	},
	{
	        .name = "uplink",
	        .details = N_(
	                "A record waits until the platform has acknowledged it. To test, pause, resume, resend and "
	                "reset needs the group hjgate-admin.\n"
	                "TIME is Beijing time: \"2026-11-23 08:00\", today, or before now: 2h 3d."),
	        .fn = cli_uplink,
	        .options = cli_uplink_options,
	        .lines = LINES(
	                { CLI_LOOK, "uplink [NAME]", N_("platforms: connected, acknowledged, waiting, time to go") },
	                { CLI_LOOK, "uplink NAME frames", N_("the newest frames, passwords masked") },
	                { CLI_LOOK, "uplink NAME preview",
	                        N_("the frames that would be sent now, also before it runs") },
	                { CLI_CHANGE, "uplink NAME test",
	                        N_("send real-time data once, and explain what comes back") },
	                { CLI_CHANGE, "uplink NAME pause", N_("stop sending: the records wait") },
	                { CLI_CHANGE, "uplink NAME resume", N_("go on sending") },
	                { CLI_CHANGE, "uplink NAME resend", N_("send records of a span again") },
	                { CLI_CHANGE, "uplink NAME reset",
	                        N_("forget what the platform has set: the file holds again") }),
	        .examples = EXAMPLES("hjgate uplink", "hjgate uplink county", "hjgate uplink county frames --last 5",
	                "hjgate uplink county preview --change --frames | hjgate frame decode",
	                "hjgate uplink county resend --from \"2026-11-23 08:00\" --to \"2026-11-23 12:00\""),
	},
	{
	        .name = "judge",
	        .details = N_(
	                "HOURS TODAY and KWH: how long it ran today and what it took meanwhile. TOLD is what the "
	                "platforms "
	                "know: 0 off, 1 runs, 3 is\n"
	                "maintained, 4 alarm. replay judges what is recorded by equipment.conf, or by FILE before it "
	                "takes its place, and shows\n"
	                "what would be concluded otherwise than it was. Records keep the least, the average and the "
	                "greatest value of a window:\n"
	                "what was shorter is not shown."),
	        .fn = cli_judge,
	        .options = cli_judge_options,
	        .lines = LINES({ CLI_LOOK, "judge", N_("what equipment does: states, hours, alarms") },
	                { CLI_LOOK, "judge explain EQUIPMENT", N_("why that is thought, in words") },
	                { CLI_CHECK, "judge replay --from TIME [--with FILE]",
	                        N_("what thresholds would have concluded") }),
	        .examples = EXAMPLES("hjgate judge", "hjgate judge explain fan",
	                "hjgate judge replay --from 7d --with /tmp/equipment.conf"),
	},
	{
	        .name = "meter",
	        .details =
	                N_("TABLE is coil, discrete, holding or input; ADDRESS counts from 0, as in the protocol: "
	                   "register 40001 of a manual\n"
	                   "is usually holding 0. To probe and to swap need the group hjgate-admin.\n"
	                   "swap: another meter hangs there, or soon will, and the total METER.POINT goes on. "
	                   "The readings are those of\n"
	                   "the displays, in the unit of the point; the point's ratio (ct, pt) is put to them. One "
	                   "that nobody knows is left out."),
	        .fn = cli_meter,
	        .options = cli_meter_options,
	        .lines = LINES({ CLI_LOOK, "meter BUS", N_("one bus: each meter, asked and answered") },
	                { CLI_TOOLS, "meter BUS probe UNIT TABLE ADDRESS COUNT", N_("ask a unit once, now") },
	                { CLI_CHANGE, "meter BUS swap METER.POINT",
	                        N_("another meter hangs there: its total goes on") }),
	        .examples = EXAMPLES("hjgate meter north", "hjgate meter north probe 3 holding 0 4",
	                "hjgate meter north swap oven.energy --old 48213.7 --new 0.3"),
	},
	{
	        .name = "verify",
	        .details = N_(
	                "Each record's seal, the chain of each kind, settings, cursors and keys, and the heads that "
	                "the events keep. FILE is a\n"
	                "records.db or the folder of a backup; without it the running program checks its own beside "
	                "its work, and where it\n"
	                "does not run the file is opened here. A head that a platform was sent (--head) shows even "
	                "what somebody with all\n"
	                "keys has rewritten. The status is 0 only where nothing was found."),
	        .fn = cli_verify,
	        .options = cli_verify_options,
	        .lines = LINES(
	                { CLI_CHECK, "verify [FILE]", N_("are the records what was written: seals, chains, heads") }),
	        .examples = EXAMPLES("hjgate verify", "hjgate verify --from 7d",
	                "hjgate verify --head 43210:5f0c... /media/usb/hjgate-MN-20261126080000"),
	},
	{
	        .name = "store",
	        .details = N_(
	                "FILE is /var/lib/hjgate/records.db where it is not named. dump and repair need the program "
	                "stopped. repair sets a damaged\n"
	                "file aside, where it stays as it is, begins a new one and puts back every record whose seal "
	                "verifies; the program does\n"
	                "the same by itself at its start."),
	        .fn = cli_store,
	        .options = cli_store_options,
	        .lines = LINES({ CLI_CHECK, "store check [FILE]", N_("does every record read and verify") },
	                { CLI_TOOLS, "store dump [FILE]", N_("the records as JSON lines, without the program") },
	                { CLI_TOOLS, "store repair [FILE]", N_("put back what a damaged file still has") }),
	        .examples = EXAMPLES("hjgate store check", "hjgate store dump --kind hour --from 2d",
	                "systemctl stop hjgate-stored; hjgate store repair; systemctl start hjgate-stored"),
	},
	{
	        .name = "key",
	        .details = N_("What is kept is sealed by data keys; a KEK wraps those. It lies in "
	                      "/run/hjgate/key/kek where it "
	                      "is brought from outside,\n"
	                      "else in /var/lib/hjgate/kek. Where it is missing, collecting goes on under a fresh "
	                      "one, and what "
	                      "is locked stays until\n"
	                      "it comes, or until the recovery passphrase is used. All but status needs the group "
	                      "hjgate-admin."),
	        .fn = cli_key,
	        .options = cli_key_options,
	        .lines = LINES(
	                { CLI_LOOK, "key", N_("the keys that seal what is kept: which, since when, whether open") },
	                { CLI_CHANGE, "key rotate", N_("new data keys for what is kept from now on") },
	                { CLI_CHANGE, "key recovery set|use",
	                        N_("a passphrase that opens what is kept when the KEK is lost") }),
	        .examples = EXAMPLES("hjgate key", "hjgate key rotate", "hjgate key recovery set",
	                "hjgate key recovery use --passphrase-file /run/passphrase"),
	},
	{
	        .name = "bus",
	        .details =
	                N_("TARGET is a bus of the configuration, a device such as /dev/ttyUSB0, or HOST:PORT. The "
	                   "program that has the port is\n"
	                   "asked, between its own requests; where none runs one is started for this command. "
	                   "All but ports and plan needs the group hjgate-admin.\n"
	                   "TABLE is coil, discrete, holding or input; ADDRESS counts from 0, as in the protocol."),
	        .fn = cli_bus,
	        .options = cli_bus_options,
	        .lines = LINES({ CLI_TOOLS, "bus ports", N_("the serial ports of this box, and whose they are") },
	                { CLI_TOOLS, "bus scan TARGET", N_("who answers on a line, at which format") },
	                { CLI_TOOLS, "bus probe TARGET UNIT TABLE ADDRESS [COUNT]",
	                        N_("registers now, in every type and order") },
	                { CLI_TOOLS, "bus probe TARGET STATION data IDENTIFIER",
	                        N_("what a DL/T 645 or CJ/T 188 meter says now") },
	                { CLI_TOOLS, "bus find TARGET UNIT --value VALUE",
	                        N_("which registers say what the display shows") },
	                { CLI_TOOLS, "bus sniff TARGET [-f]",
	                        N_("what others say on a line, without a word of ours") },
	                { CLI_TOOLS, "bus doctor TARGET", N_("what is wrong with a line, on one page") },
	                { CLI_TOOLS, "bus write TARGET UNIT TABLE ADDRESS VALUE... --yes",
	                        N_("write coils or holding registers") },
	                { CLI_TOOLS, "bus plan BUS", N_("what a bus will be asked, and what that costs") }),
	        .examples = EXAMPLES("hjgate bus scan /dev/ttyUSB0 --baud all", "hjgate bus scan north --units 1-20",
	                "hjgate bus scan /dev/ttyUSB0 --type dlt645", "hjgate bus probe north 3 holding 0 4",
	                "hjgate bus find north 3 --value 231.4 --value 48213.7 --near 0-200",
	                "hjgate bus doctor north --rounds 100", "hjgate bus sniff /dev/ttyUSB0 --seconds 60",
	                "hjgate bus write /dev/ttyUSB0 1 holding 2 17 --yes"),
	},
	{
	        .name = "models",
	        .details = N_("The register maps that a meter may name in buses.d: model = \"...\"; and its points "
	                      "need not be written.\n"
	                      "Verified: two public sources agree on every point. Models of one's own go to "
	                      "/etc/hjgate/models."),
	        .fn = cli_models,
	        .lines = LINES({ CLI_CHECK, "models [NAME]",
	                N_("the kinds of meter that are known, or one with its points") }),
	        .examples = EXAMPLES("hjgate models", "hjgate models eastron-sdm630"),
	},
	{
	        .name = "factors",
	        .details = N_(
	                "CODE is looked up whole, a WORD in codes, Chinese and English names and units. The table is "
	                "factors.conf, the standard's, and\n"
	                "factors.d, the site's own. USED BY: the points that are sent under such a code."),
	        .fn = cli_factors,
	        .options = cli_factors_options,
	        .lines = LINES({ CLI_CHECK, "factors [CODE|WORD]",
	                N_("what the codes of factors mean, and who uses them") }),
	        .examples = EXAMPLES("hjgate factors e30201", "hjgate factors 风机", "hjgate factors kWh",
	                "hjgate factors --used"),
	},
	{
	        .name = "mn",
	        .details = N_(
	                "An MN of 20 digits (Wenzhou): 66, division code, installer, maintainer, enterprise, logger. "
	                "One of 24 hexadecimal digits\n"
	                "(HJ 212-2017, EPC-96): header, maker, class, serial number. Numbers may be given "
	                "without their zeros. Without MN those of\n"
	                "the uplinks are checked. Exit status 1: one is wrong or stands twice."),
	        .fn = cli_mn,
	        .options = cli_mn_options,
	        .lines = LINES(
	                { CLI_CHECK, "mn check [MN...]", N_("what an MN is made of, and what is wrong with it") },
	                { CLI_TOOLS, "mn build", N_("an MN of its parts") }),
	        .examples = EXAMPLES("hjgate mn check 66330302010200001001",
	                "hjgate mn build --division 330302 --installer 01 --maintainer 02 --enterprise 00001 "
	                "--logger "
	                "001",
	                "hjgate mn build --header 01 --maker 0000A89 --class 00016F --serial 000169DC0"),
	},
	{
	        .name = "frames",
	        .details = N_(
	                "Each bus keeps its newest 128 KiB of requests and answers by itself, and on the disk those "
	                "around the first error of\n"
	                "each kind of each meter. A capture is decoded by tshark -d rtacser.data,mbrtu. An uplink "
	                "keeps "
	                "its newest 32 KiB, and what\n"
	                "became of each: acknowledged after how long, sent again how often, refused why. Passwords "
	                "are "
	                "masked."),
	        .fn = cli_frames,
	        .options = cli_frames_options,
	        .lines = LINES({ CLI_LOOK, "frames BUS [-f]", N_("what went over a bus: bytes and their meaning") },
	                { CLI_LOOK, "frames uplink/NAME [-f]", N_("what a platform was told, and what it answered") },
	                { CLI_LOOK, "frames BUS saved [NAME]",
	                        N_("the frames around the first errors, from the disk") }),
	        .examples = EXAMPLES("hjgate frames north -f", "hjgate frames north --last 1000 --pcap >north.pcap",
	                "hjgate frames north saved", "hjgate frames uplink/county -f",
	                "hjgate frames uplink/county --change --raw - | hjgate frame decode"),
	},
	{
	        .name = "bundle",
	        .details = N_(
	                "Status, checks, events, gaps, configuration, logs of the journal, the frames of all buses "
	                "and "
	                "uplinks and facts of the\n"
	                "system, each made by itself: what does not come says why in index.txt. Passwords and keys "
	                "are stars; 4 MB at most before\n"
	                "it is packed. Standard tools read it."),
	        .fn = cli_bundle,
	        .options = cli_bundle_options,
	        .lines = LINES({ CLI_TOOLS, "bundle [-o FILE]",
	                N_("what a maintainer far away needs to see, in one file") }),
	        .examples = EXAMPLES("hjgate bundle", "hjgate bundle -o /media/usb/bundle.tar.gz",
	                "hjgate bundle --root ./site --log ./site/run.log"),
	},
	{
	        .name = "backup",
	        .details = N_("DIR is a folder that is there; the backup is a new one in it, named after the site "
	                      "and the time, with the records,\n"
	                      "the events and a manifest. The records stay sealed: whoever finds it can read nothing "
	                      "without the key.\n"
	                      "Needs the group hjgate-admin. To check a backup needs no running program."),
	        .fn = cli_backup,
	        .lines = LINES({ CLI_CHANGE, "backup DIR", N_("a copy of records and events, sealed as they are") },
	                { CLI_CHECK, "backup verify DIR", N_("whether a backup is whole and unchanged") }),
	        .examples = EXAMPLES("hjgate backup /media/usb",
	                "hjgate backup verify /media/usb/hjgate-010000A8900016F000169DC0-20261126080000"),
	},
	{
	        .name = "restore",
	        .details = N_("The backup is proved, made ready and put in the place of what is here, which is set "
	                      "aside. Its records stay as they are; new\n"
	                      "ones belong to the next generation. Each uplink sends what its platform had not "
	                      "acknowledged, and nothing else. Needs root, and\n"
	                      "the programs ended. Without the key that sealed it the records are kept locked."),
	        .fn = cli_restore,
	        .options = cli_restore_options,
	        .lines = LINES({ CLI_CHANGE, "restore DIR", N_("a backup becomes the store of this box") }),
	        .examples = EXAMPLES("hjgate restore /media/usb/hjgate-010000A8900016F000169DC0-20261126080000"),
	},
	{
	        .name = "stick",
	        .details = N_(
	                "What a stick gets that is plugged in, where hjgate.conf says stick = \"backup\": a backup; "
	                "and records in clear for an\n"
	                "order on it, hjgate-order.json, whose HMAC in hjgate-order.mac is that of the box's stick "
	                "key. An order has a span and an\n"
	                "end, and is served once. Each is an event. A unit of systemd mounts the stick and calls "
	                "this."),
	        .fn = cli_stick,
	        .options = cli_stick_options,
	        .lines = LINES({ CLI_CHANGE, "stick DIR", N_("serve a stick that is mounted there") },
	                { CLI_CHANGE, "stick key", N_("make the key that proves orders") },
	                { CLI_TOOLS, "stick order DIR", N_("an order for records in clear, onto a stick") }),
	        .examples = EXAMPLES("hjgate stick /media/usb",
	                "hjgate stick order /media/usb --kind hour --from 2026-11-01 --to 2026-12-01 --days 7"),
	},
	{
	        .name = "check",
	        .details = N_("Reads everything below /etc/hjgate and names each error with its file, its line and "
	                      "what to do. Nothing that runs\n"
	                      "is touched. DIR is a root, as with --root: the files are in DIR/etc/hjgate. A "
	                      "warning is about what works but is hardly\n"
	                      "meant. Exit status 1: there are errors."),
	        .fn = cli_check,
	        .options = cli_check_options,
	        .lines = LINES(
	                { CLI_CHECK, "check [DIR]", N_("the configuration: every error, where it is, what to do") }),
	        .examples = EXAMPLES("hjgate check", "hjgate check --root ./site", "hjgate check --strict"),
	},
	{
	        .name = "apply",
	        .details =
	                N_("Checks what is written below /etc/hjgate, shows what is another than what was good last, "
	                   "and starts again only the programs\n"
	                   "that read it. Where one does not come up all goes back as it was, and the exit status is "
	                   "3. The ten newest that were good\n"
	                   "are kept in /var/lib/hjgate/config. Needs root."),
	        .fn = cli_apply,
	        .options = cli_apply_options,
	        .lines = LINES({ CLI_CHANGE, "apply", N_("what is written in /etc/hjgate becomes what runs") },
	                { CLI_LOOK, "apply --list", N_("the configurations that were good") },
	                { CLI_CHANGE, "apply --back [N]", N_("an older one holds again") }),
	        .examples = EXAMPLES(
	                "hjgate apply --dry-run", "hjgate apply", "hjgate apply --wait 5m", "hjgate apply --back"),
	},
	{
	        .name = "frame",
	        .details = N_("decode takes frames one on a line, behind anything else, or as they come off the "
	                      "wire, and prints one JSON object\n"
	                      "a frame; exit status 1 if one is bad. encode takes data segments, or JSON objects "
	                      "like those, one a line."),
	        .fn = cli_frame,
	        .options = cli_frame_options,
	        .lines = LINES({ CLI_TOOLS, "frame decode", N_("HJ 212 frames from standard input, explained") },
	                { CLI_TOOLS, "frame encode", N_("a data segment into a frame") }),
	        .examples = EXAMPLES(
	                "hjgate frame decode <capture.txt", "hjgate frame encode --crc modbus <segments.txt"),
	},
	{
	        .name = "run",
	        .details = N_(
	                "Starts a program for each file of the configuration, starts again what dies, and passes the "
	                "logs through. Ctrl-C\n"
	                "ends everything; SIGHUP reads the configuration again. With --root it needs no privileges."),
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
