/* The catalogue of events: one table, from which everybody else has his: the texts that are shown, the journal's
 * message ids and its catalog (systemd/catalog.c), the manual (lint holds docs/hjgate-eventd.8 against it). A code,
 * once published, keeps its meaning; whoever shows an event fills the {names} of its text from the event's values.
 * Rows only come, so that old ledgers can always be told. A row of class warn or fault says what to do. */
#include "hjgate/event.h"
#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>

/* code, class, whether it lasts, what it concerns, what it says, what to do */
static const struct hj_event_type catalogue[] = {
	{ "program-start", HJ_EVENT_INFO, 0, N_("program"), N_("{program} has started"), NULL },
	{ "program-stop", HJ_EVENT_INFO, 0, N_("program"), N_("{program} has stopped, as it was told"), NULL },
	{ "program-died", HJ_EVENT_FAULT, 0, N_("program"), N_("{program} died ({status}) and is started again"),
	        N_("look for its last words in the journal; if it goes on, make a bundle with hjgate bundle and send "
	           "it "
	           "to who maintains hjgate") },
	{ "power-failure", HJ_EVENT_FAULT, 1, N_("power"),
	        N_("the box was off: the power failed, or somebody started it anew"),
	        N_("ask who switched it off or why the supply failed; a small UPS keeps the box alive over short "
	           "failures") },
	{ "meter-lost", HJ_EVENT_FAULT, 1, N_("meter"), N_("meter {meter} on bus {bus} does not answer"),
	        N_("look at its supply, its wiring and its address first; hjgate bus doctor BUS says what the line "
	           "does") },
	{ "port-lost", HJ_EVENT_FAULT, 1, N_("bus"), N_("port {port} of bus {bus} cannot be used: {error}"),
	        N_("see whether the adapter is plugged in and whether port in the bus's file still names it: hjgate "
	           "bus ports") },
	{ "link-lost", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("platform {host} of uplink {uplink} is not reached: {error}"),
	        N_("look at the way there first: modem, SIM, cable, routes; then ask the platform whether it runs") },
	{ "setting-changed", HJ_EVENT_INFO, 0, N_("setting"), N_("{by} changed {name} from {old} to {new}"), NULL },
	{ "password-refused", HJ_EVENT_WARN, 0, N_("uplink"), N_("{by} used a wrong password at uplink {uplink}"),
	        N_("ask the platform whether it was them; both sides must have the same password") },
	{ "outbox-full", HJ_EVENT_FAULT, 1, N_("bus"), N_("bus {bus} cannot hand its samples on: {lost} are lost"),
	        N_("the store does not take samples: see hjgate status for why (most likely the disk)") },
	{ "samples-late", HJ_EVENT_WARN, 0, N_("bus"), N_("{count} samples of bus {bus} came too late for a record"),
	        N_("see whether the clock was set, or whether the bus takes longer than a window: hjgate bus plan "
	           "BUS") },
	{ "disk-trouble", HJ_EVENT_FAULT, 1, N_("file"), N_("the disk does not take what is to be kept: {error}"),
	        N_("see whether the disk is full, read-only or failing: df, dmesg; what waits is written when it "
	           "works again") },
	{ "store-damaged", HJ_EVENT_FAULT, 0, N_("file"),
	        N_("{file} was damaged; it is kept as {kept}, a new one is begun"),
	        N_("nothing is to be done at once: what verifies is put back by itself; if it happens again, renew "
	           "the card or disk") },
	{ "store-salvaged", HJ_EVENT_WARN, 0, N_("file"),
	        N_("{records} records of {file} were put back; {lost} are lost, between {from} and {to}"),
	        N_("of records, hjgate gaps shows what is missing; a backup may have it; renew the card or disk if it "
	           "happens again") },
	{ "events-cut", HJ_EVENT_INFO, 0, N_("file"),
	        N_("the {count} oldest events, of {begin} to {end}, went: newer ones needed their place"), NULL },
	{ "chain-head", HJ_EVENT_INFO, 0, N_("file"), N_("the records have the head {head}"), NULL },
	{ "records-cut", HJ_EVENT_WARN, 0, N_("file"), N_("{count} records of {begin} to {end} went to make room"),
	        N_("make retention_mb larger, or the disk; export what is to be kept longer") },
	{ "records-unsent", HJ_EVENT_FAULT, 0, N_("uplink"),
	        N_("{count} records of {begin} to {end} went, too old for uplink {uplink}, which had not sent them"),
	        N_("see why the uplink did not send for so long: hjgate uplink NAME; export the rest before it goes, "
	           "too") },
	{ "bad-input", HJ_EVENT_WARN, 0, N_("socket"), N_("{count} times bad input from {from}: {text}"),
	        N_("find out which program writes to that socket; a platform's or a meter's bytes are in hjgate "
	           "frames") },
	{ "clock-untrusted", HJ_EVENT_WARN, 1, N_("clock"),
	        N_("nobody says that the clock is right: what is read waits until somebody does"),
	        N_("connect a time server, or name the uplink that may set the clock; a person may say so by hjgate "
	           "clock accept") },
	{ "clock-accepted", HJ_EVENT_INFO, 0, N_("clock"),
	        N_("{by} says that {time} is right: {count} records from later times are void"), NULL },
	{ "clock-set", HJ_EVENT_WARN, 0, N_("uplink"),
	        N_("the platform of uplink {uplink} set the clock from {from} to {to} ({how})"),
	        N_("if this happens often the box's own clock is bad, or its battery: see hjgate clock") },
	{ "clock-stepped", HJ_EVENT_WARN, 0, N_("clock"), N_("the clock stepped from {from} to {to}"),
	        N_("nothing where a time server or a platform set it; if it goes on, renew the battery of the "
	           "clock") },
	{ "records-joined", HJ_EVENT_WARN, 0, N_("uplink"),
	        N_("uplink {uplink} sends {count} records again: too many gaps"),
	        N_("nothing: a platform knows a repetition by its time and factor") },
	{ "config-value", HJ_EVENT_INFO, 0, N_("configuration file"),
	        N_("{by} changed {key} of {file} from {old} to {new}"), NULL },
	{ "config-changed", HJ_EVENT_INFO, 0, N_("configuration file"), N_("the configuration changed: {file}"),
	        NULL },
	{ "config-applied", HJ_EVENT_INFO, 0, N_("configuration"), N_("{by} applied configuration {number}: {what}"),
	        NULL },
	{ "config-back", HJ_EVENT_WARN, 0, N_("configuration"), N_("the configuration went back to {number}: {why}"),
	        N_("what was refused is kept in /var/lib/hjgate/config/aside: correct it and use hjgate apply "
	           "again") },
	{ "register-written", HJ_EVENT_INFO, 0, N_("meter"),
	        N_("{by} wrote {new} to {table} {address} of unit {unit} on bus {bus}, where {old} was: {result}"),
	        NULL },
	{ "reports-lost", HJ_EVENT_WARN, 0, N_("program"),
	        N_("{count} reports of {source} are lost: it could not hand them on"),
	        N_("see in the journal what that program had to say meanwhile") },
	{ "total-reset", HJ_EVENT_WARN, 0, N_("point"), N_("{point} was reset: it read {old}, then {new}"),
	        N_("if the meter was changed, record it by hjgate meter BUS swap; if not, ask who reset it") },
	{ "meter-changed", HJ_EVENT_WARN, 0, N_("meter"),
	        N_("another meter hangs at {meter} on bus {bus}: {point} was {old} and is {new}"),
	        N_("record the change by hjgate meter BUS swap; if nobody changed it, look at the wiring and the "
	           "address") },
	{ "meter-swapped", HJ_EVENT_INFO, 0, N_("point"),
	        N_("{by} recorded another meter for {point}: the old one ended at {old}, the new one began at {new}"),
	        NULL },
	{ "switch-changed", HJ_EVENT_INFO, 0, N_("point"), N_("{point} changed from {from} to {to}"), NULL },
	{ "switch-chattered", HJ_EVENT_WARN, 0, N_("point"),
	        N_("{point} changed {count} times more, from {from} to {to} in the end"),
	        N_("look at the contact and its wiring: it bounces, or something switches very often") },
	{ "maintenance", HJ_EVENT_INFO, 1, N_("meter or equipment"),
	        N_("{what} is being worked on until {until}, says {by}: {why}"), NULL },
	{ "backup-made", HJ_EVENT_INFO, 0, N_("backup"), N_("{by} made the backup {id}"), NULL },
	{ "store-restored", HJ_EVENT_WARN, 0, N_("file"),
	        N_("the backup {id}, made {made}, became the store of this box"),
	        N_("nothing, if you restored it; if not, find out who did") },
	{ "key-missing", HJ_EVENT_FAULT, 1, N_("file"),
	        N_("{keys} keys of {file} are locked: what they sealed stays, unread, until their KEK comes"),
	        N_("bring the KEK to /run/hjgate/key/kek, or use the recovery passphrase: hjgate key recovery use") },
	{ "key-opened", HJ_EVENT_INFO, 0, N_("file"), N_("{keys} keys of {file} are open again: their KEK has come"),
	        NULL },
	{ "key-refused", HJ_EVENT_WARN, 0, N_("file"), N_("{file} holds no key and is not used"),
	        N_("put a file of exactly 32 bytes there, or remove it") },
	{ "key-rotated", HJ_EVENT_INFO, 0, N_("file"), N_("{by} began a new data key of {file}"), NULL },
	{ "key-recovery", HJ_EVENT_INFO, 0, N_("file"), N_("{by} set the recovery passphrase of {file}"), NULL },
	{ "key-used", HJ_EVENT_WARN, 0, N_("file"),
	        N_("{by} used the recovery passphrase of {file}: it opened {keys} keys"),
	        N_("nothing, if it was you; if not, set another passphrase: hjgate key recovery set") },
	{ "key-tried", HJ_EVENT_WARN, 0, N_("file"), N_("{by} tried a wrong recovery passphrase on {file}"),
	        N_("find out who tried; set another passphrase if it may be known: hjgate key recovery set") },
	{ "edition-changed", HJ_EVENT_INFO, 0, N_("uplink"),
	        N_("uplink {uplink} speaks edition {new} of HJ 212 from now on, not {old}"), NULL },
	{ "stick-served", HJ_EVENT_INFO, 0, N_("stick"), N_("a stick was served: {what}"), NULL },
	{ "stick-refused", HJ_EVENT_WARN, 0, N_("stick"), N_("a stick was not served: {what}"),
	        N_("sign the order on the stick anew, or see what it asks for: hjgate stick") },
	{ "data-exported", HJ_EVENT_INFO, 0, N_("records"),
	        N_("{by} exported {records} records ({kind}) from {begin} to {end} as {format} to: {target}"), NULL },
	{ "exports-more", HJ_EVENT_INFO, 0, N_("records"),
	        N_("{by} exported {count} times more between {begin} and {end}, {records} records in all: too often to be "
	           "told one by one"),
	        NULL },
	{ "resend-asked", HJ_EVENT_INFO, 0, N_("uplink"),
	        N_("{by} had {count} records of {begin} to {end} sent again by uplink {uplink}"), NULL },
	{ "budget-spent", HJ_EVENT_WARN, 0, N_("uplink"),
	        N_("uplink {uplink} has sent its {budget} MB of today: {waiting} records wait until tomorrow"),
	        N_("a larger budget in the uplink's file, if the SIM allows it") },
	{ "value-too-long", HJ_EVENT_WARN, 0, N_("uplink"),
	        N_("uplink {uplink} sends {item}, longer than its type: {count} such values until now"),
	        N_("give the point a unit or a scale that makes it shorter, or declare its code with the platform's "
	           "type in factors.d; it is sent as it is") },
	{ "backlog-grows", HJ_EVENT_WARN, 1, N_("uplink"),
	        N_("uplink {uplink} sends slower than records come: {waiting} wait"),
	        N_("see hjgate uplink NAME: a larger rate, budget or window, longer hours or a smaller gap lets it "
	           "catch up") },
	{ "uplink-paused", HJ_EVENT_WARN, 1, N_("uplink"), N_("{by} paused uplink {uplink}: its records wait"),
	        N_("hjgate uplink NAME resume sends what waits; a start of hjgate does so, too") },
	{ "link-moved", HJ_EVENT_INFO, 0, N_("uplink"),
	        N_("uplink {uplink} reaches its platform at {new} ({host}), before at {old}"), NULL },
	{ "lookup-failed", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("the name {host} of uplink {uplink} is not found: {error}"),
	        N_("set name servers that answer, or write the platform's IP address as host") },
	{ "lookup-stale", HJ_EVENT_WARN, 1, N_("uplink"),
	        N_("the name {host} of uplink {uplink} is not found: {error}; the addresses found last are used"),
	        N_("set name servers that answer, or write the platform's IP address as host") },
	{ "tls-name", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("the certificate of {host} (uplink {uplink}) is for another name: {detail}"),
	        N_("ask the platform for the name in its certificate and write it as tls.name; if it should be the "
	           "host's, somebody else answers there") },
	{ "tls-issuer", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("nobody whom we trust has signed the certificate of {host} (uplink {uplink}): {detail}"),
	        N_("ask the platform for the certificate of who signed its own, and write its file as tls.ca") },
	{ "tls-expired", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("the certificate of {host} (uplink {uplink}) ended {detail}"),
	        N_("the platform has to renew its certificate; if others still reach it, this box's clock is "
	           "wrong") },
	{ "tls-not-yet", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("the certificate of {host} (uplink {uplink}) is valid only from {detail}"),
	        N_("set this box's clock: it is behind the certificate's begin") },
	{ "tls-ours", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("platform {host} of uplink {uplink} wants another certificate: {error}"),
	        N_("give the platform this gateway's certificate, or get one from it, and write its files as "
	           "tls.cert and tls.key; renew it where it has ended") },
	{ "tls-version", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("platform {host} of uplink {uplink} speaks no version of TLS that is accepted"),
	        N_("ask the platform for TLS 1.2 or later; where tls.min is \"1.3\", \"1.2\" may do") },
	{ "tls-none", HJ_EVENT_FAULT, 1, N_("uplink"), N_("what answers at {host} for uplink {uplink} speaks no TLS"),
	        N_("ask the platform which port speaks TLS, or remove the group tls where none does") },
	{ "tls-pin", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("the key of {host} (uplink {uplink}) is not the pinned one but {detail}"),
	        N_("ask the platform whether it has a new key: then write that as tls.pin; if not, somebody else "
	           "answers") },
	{ "tls-file", HJ_EVENT_FAULT, 1, N_("uplink"), N_("TLS of uplink {uplink} cannot begin: {error} ({detail})"),
	        N_("put the file there, in PEM and readable for the user hjgate-uplinkd, or correct the group tls") },
	{ "mn-contested", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("platform {host} closes uplink {uplink} again and again, {count} times in {minutes} minutes, "
	           "though it acknowledges: another gateway may use MN {mn}"),
	        N_("ask the platform from which addresses this MN sends, and give each gateway an MN of its own") },
	{ "link-portal", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("a page of the web answers at {address} ({host}) for uplink {uplink}, no platform"),
	        N_("the SIM may be cut or out of credit: ask its operator; if it is not, the port is another") },
	{ "password-rejected", HJ_EVENT_FAULT, 1, N_("uplink"),
	        N_("platform {host} refuses the password of uplink {uplink}"),
	        N_("ask the platform for the password of this MN and write it as pw; if a platform has set another "
	           "one since, hjgate uplink NAME reset takes that back") },
	{ "all-unreachable", HJ_EVENT_FAULT, 1, N_("all uplinks"),
	        N_("no platform has been reached for {minutes} minutes, by none of {uplinks} uplinks"),
	        N_("look at modem, SIM, antenna and router of this site; hjgate-link-hook.path can have a modem "
	           "restarted") },
	{ "certificate-ending", HJ_EVENT_WARN, 0, N_("uplink"),
	        N_("the certificate of {whose} at uplink {uplink} ends in {days} days, {end}"),
	        N_("have it renewed before it ends; the new files count from the next connection on") },
	{ "equipment-running", HJ_EVENT_INFO, 1, N_("equipment"), N_("{equipment} runs: {point} is {value}"), NULL },
	{ "equipment-idle", HJ_EVENT_INFO, 1, N_("equipment"), N_("{equipment} idles: {point} is {value}"), NULL },
	{ "equipment-stopped", HJ_EVENT_INFO, 1, N_("equipment"), N_("{equipment} is stopped: {point} is {value}"),
	        NULL },
	{ "equipment-unknown", HJ_EVENT_WARN, 1, N_("equipment"),
	        N_("nobody knows whether {equipment} runs: {point} is silent"),
	        N_("look at its meter, the wire and the power of the meter") },
	{ "treatment-off", HJ_EVENT_FAULT, 1, N_("equipment"),
	        N_("{equipment} does not run while {production} runs: {point} is {value}, running is {bound}"),
	        N_("start it, or stop production; hjgate judge explain shows what was measured") },
	{ "treatment-late", HJ_EVENT_WARN, 1, N_("equipment"),
	        N_("{equipment} has not begun in time, and {production} runs"),
	        N_("start it with production, or before it; where it needs longer, write run_up of the linkage") },
	{ "treatment-abnormal", HJ_EVENT_FAULT, 1, N_("equipment"),
	        N_("{equipment} runs wrongly while {production} runs: {point} is {value}, the limit {bound}"),
	        N_("look at belt, filter, nozzle, burner and pump: it runs without working") },
	{ "treatment-bypassed", HJ_EVENT_FAULT, 1, N_("equipment"),
	        N_("{equipment} is bypassed while {production} runs: {point} is {value}, the limit {bound}"),
	        N_("close the bypass; if it is closed, look at the sensor") },
	{ "treatment-unproven", HJ_EVENT_FAULT, 1, N_("equipment"),
	        N_("nothing proves that {equipment} runs while {production} does: {point} is silent"),
	        N_("look at its meter, the wire and the power of the meter: it counts like one that "
	           "is off") },
	{ "treatment-low", HJ_EVENT_FAULT, 1, N_("equipment"),
	        N_("{equipment} works too little for what {production} does: {point} is {value}"),
	        N_("look whether fan and filter do what they should; where the loads are no measure, write "
	           "load_least anew") },
	{ "treatment-early", HJ_EVENT_WARN, 1, N_("equipment"),
	        N_("{equipment} stopped too soon after {production}: {point} is {value}"),
	        N_("let it run on after production; run_down of the linkage says for how long") },
	{ "data-missing", HJ_EVENT_WARN, 1, N_("point"),
	        N_("no value of {point} can be had, by which equipment or a limit is judged"),
	        N_("see hjgate status and hjgate bus doctor: meter, wire, address, power") },
	{ "limit-upper", HJ_EVENT_WARN, 1, N_("point"), N_("{point} is {value}, above its limit {bound}"),
	        N_("see hjgate judge explain of its equipment, or hjgate trace of the point; where that is how it "
	           "runs, write the limit anew") },
	{ "limit-lower", HJ_EVENT_WARN, 1, N_("point"), N_("{point} is {value}, below its limit {bound}"),
	        N_("see hjgate judge explain of its equipment, or hjgate trace of the point; where that is how it "
	           "runs, write the limit anew") },
	{ "limit-rate", HJ_EVENT_WARN, 1, N_("point"),
	        N_("{point} changes faster than {bound} a minute: it is {value}"),
	        N_("look at the sensor and its wire first: what jumps is mostly they") },
	{ "value-stuck", HJ_EVENT_WARN, 1, N_("point"), N_("{point} does not move: it stays at {value}"),
	        N_("see whether the sensor still measures; one that is unplugged may go on telling its last "
	           "value") },
	{ "value-range", HJ_EVENT_WARN, 1, N_("point"),
	        N_("{point} is beyond what its instrument measures, or that is broken"),
	        N_("look at the sensor and its wire, then at the range that is written for it") },
	{ "phase-lost", HJ_EVENT_FAULT, 1, N_("point"), N_("a phase of {equipment} is lost: {point} is {value}"),
	        N_("look at fuses, contactor and cable: a motor on two phases burns") },
	{ "phase-unbalance", HJ_EVENT_WARN, 1, N_("point"),
	        N_("the phases of {equipment} differ by more than {bound} %"),
	        N_("look at fuses, contactor and cables, then at what hangs on one phase only") },
	{ "equipment-hours", HJ_EVENT_INFO, 0, N_("equipment"),
	        N_("{equipment} ran for {hours} hours on the day from {day} on"), NULL },
	{ "equipment-energy", HJ_EVENT_INFO, 0, N_("equipment"),
	        N_("{equipment} ran for {hours} hours on the day from {day} on, and took {energy} kWh in them"),
	        NULL },
	{ "alert-failing", HJ_EVENT_FAULT, 1, N_("channel"), N_("nobody can be told by channel {channel}: {error}"),
	        N_("see hjgate alert for what it answers: a token, secret, keyword or certificate has to be put "
	           "right, or the way there; hjgate alert test tries it") },
	{ "alert-lost", HJ_EVENT_FAULT, 0, N_("channel"),
	        N_("channel {channel} never told of event {id} ({code}, {key}): {error}"),
	        N_("read it with hjgate events, and tell those who should have been told") },
	{ "alert-test", HJ_EVENT_INFO, 0, N_("test"),
	        N_("{by} tests the alerts: who reads this will be told of others, too"), NULL },
	{ "unit-failed", HJ_EVENT_FAULT, 0, N_("program"), N_("{program} failed ({status})"),
	        N_("journalctl -u with its name says why; systemctl start tries it again") },
};

const char *hj_event_remedy(const char *code)
{
	const struct hj_event_type *type = hj_event_find(code);

	return type ? type->remedy : NULL;
}

const struct hj_event_type *hj_event_find(const char *code)
{
	for (size_t i = 0; i < hj_array_size(catalogue); i++)
		if (!strcmp(catalogue[i].code, code))
			return &catalogue[i];
	return NULL;
}

const struct hj_event_type *hj_event_at(size_t i)
{
	return i < hj_array_size(catalogue) ? &catalogue[i] : NULL;
}

const char *hj_event_class_name(enum hj_event_class class)
{
	static const char *const names[] = { "info", "warn", "fault" };

	return (size_t) class < hj_array_size(names) ? names[class] : "unknown";
}

int hj_event_class_find(const char *name)
{
	for (int i = HJ_EVENT_INFO; name && i <= HJ_EVENT_FAULT; i++)
		if (!strcmp(hj_event_class_name((enum hj_event_class)i), name))
			return i;
	return -EINVAL;
}
