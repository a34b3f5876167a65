/* The catalogue of events. A code, once published, keeps its meaning; whoever shows an event fills the {names} of its
 * text from the event's values. Rows only come, so that old ledgers can always be told. */
#include "hjgate/event.h"
#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#include <string.h>

static const struct hj_event_type catalogue[] = {
	{ "program-start", HJ_EVENT_INFO, 0, N_("{program} has started") },
	{ "program-stop", HJ_EVENT_INFO, 0, N_("{program} has stopped, as it was told") },
	{ "program-died", HJ_EVENT_FAULT, 0, N_("{program} died ({status}) and is started again") },
	{ "power-failure", HJ_EVENT_FAULT, 1, N_("the power failed") },
	{ "meter-lost", HJ_EVENT_FAULT, 1, N_("meter {meter} on bus {bus} does not answer") },
	{ "port-lost", HJ_EVENT_FAULT, 1, N_("port {port} of bus {bus} cannot be used: {error}") },
	{ "link-lost", HJ_EVENT_FAULT, 1, N_("platform {host} of uplink {uplink} is not reached: {error}") },
	{ "setting-changed", HJ_EVENT_INFO, 0, N_("{by} changed {name} from {old} to {new}") },
	{ "password-refused", HJ_EVENT_WARN, 0, N_("{by} used a wrong password at uplink {uplink}") },
	{ "outbox-full", HJ_EVENT_FAULT, 1, N_("bus {bus} cannot hand its samples on: {lost} are lost") },
	{ "samples-late", HJ_EVENT_WARN, 0, N_("{count} samples of bus {bus} came too late for a record") },
	{ "disk-trouble", HJ_EVENT_FAULT, 1, N_("the disk does not take what is to be kept: {error}") },
	{ "store-damaged", HJ_EVENT_FAULT, 0, N_("{file} was damaged; it is kept as {kept}, a new one is begun") },
	{ "store-salvaged", HJ_EVENT_WARN, 0,
	        N_("{records} records of {file} were put back; {lost} are lost, between {from} and {to}") },
	{ "chain-head", HJ_EVENT_INFO, 0, N_("the records have the head {head}") },
	{ "records-cut", HJ_EVENT_WARN, 0, N_("{count} records of {begin} to {end} went to make room") },
	{ "records-unsent", HJ_EVENT_FAULT, 0,
	        N_("{count} records of {begin} to {end} went, too old for uplink {uplink}, which had not sent "
	           "them") },
	{ "bad-input", HJ_EVENT_WARN, 0, N_("{count} times bad input from {from}: {text}") },
	{ "clock-untrusted", HJ_EVENT_WARN, 1,
	        N_("nobody says that the clock is right: what is read waits until somebody does") },
	{ "clock-accepted", HJ_EVENT_INFO, 0,
	        N_("{by} says that {time} is right: {count} records from later times are void") },
	{ "clock-stepped", HJ_EVENT_WARN, 0, N_("the clock stepped from {from} to {to}") },
	{ "records-joined", HJ_EVENT_WARN, 0, N_("uplink {uplink} sends {count} records again: too many gaps") },
	{ "config-changed", HJ_EVENT_INFO, 0, N_("the configuration changed: {file}") },
	{ "register-written", HJ_EVENT_INFO, 0,
	        N_("{by} wrote {new} to {table} {address} of unit {unit} on bus {bus}, where {old} was: {result}") },
	{ "reports-lost", HJ_EVENT_WARN, 0, N_("{count} reports of {source} are lost: it could not hand them on") },
	{ "total-reset", HJ_EVENT_WARN, 0, N_("{point} was reset: it read {old}, then {new}") },
	{ "meter-changed", HJ_EVENT_WARN, 0,
	        N_("another meter hangs at {meter} on bus {bus}: {point} was {old} and is {new}") },
	{ "meter-swapped", HJ_EVENT_INFO, 0,
	        N_("{by} recorded another meter for {point}: the old one ended at {old}, the new one began at "
	           "{new}") },
	{ "switch-changed", HJ_EVENT_INFO, 0, N_("{point} changed from {from} to {to}") },
	{ "switch-chattered", HJ_EVENT_WARN, 0,
	        N_("{point} changed {count} times more, from {from} to {to} in the end") },
	{ "backup-made", HJ_EVENT_INFO, 0, N_("{by} made the backup {id}") },
	{ "store-restored", HJ_EVENT_WARN, 0, N_("the backup {id}, made {made}, became the store of this box") },
	{ "key-missing", HJ_EVENT_FAULT, 1,
	        N_("{keys} keys of {file} are locked: what they sealed stays, unread, until their KEK comes") },
	{ "key-opened", HJ_EVENT_INFO, 0, N_("{keys} keys of {file} are open again: their KEK has come") },
	{ "key-refused", HJ_EVENT_WARN, 0, N_("{file} holds no key and is not used") },
	{ "key-rotated", HJ_EVENT_INFO, 0, N_("{by} began a new data key of {file}") },
	{ "key-recovery", HJ_EVENT_INFO, 0, N_("{by} set the recovery passphrase of {file}") },
	{ "key-used", HJ_EVENT_WARN, 0, N_("{by} used the recovery passphrase of {file}: it opened {keys} keys") },
	{ "key-tried", HJ_EVENT_WARN, 0, N_("{by} tried a wrong recovery passphrase on {file}") },
	{ "edition-changed", HJ_EVENT_INFO, 0,
	        N_("uplink {uplink} speaks edition {new} of HJ 212 from now on, not {old}") },
	{ "stick-served", HJ_EVENT_INFO, 0, N_("a stick was served: {what}") },
	{ "stick-refused", HJ_EVENT_WARN, 0, N_("a stick was not served: {what}") },
	{ "data-exported", HJ_EVENT_INFO, 0,
	        N_("{by} exported {records} records ({kind}) from {begin} to {end} as {format} to: {target}") },
	{ "resend-asked", HJ_EVENT_INFO, 0,
	        N_("{by} had {count} records of {begin} to {end} sent again by uplink {uplink}") },
	{ "budget-spent", HJ_EVENT_WARN, 0,
	        N_("uplink {uplink} has sent its {budget} MB of today: {waiting} records wait until tomorrow") },
	{ "backlog-grows", HJ_EVENT_WARN, 1, N_("uplink {uplink} sends slower than records come: {waiting} wait") },
	{ "link-moved", HJ_EVENT_INFO, 0,
	        N_("uplink {uplink} reaches its platform at {new} ({host}), before at {old}") },
	{ "lookup-failed", HJ_EVENT_FAULT, 1, N_("the name {host} of uplink {uplink} is not found: {error}") },
	{ "lookup-stale", HJ_EVENT_WARN, 1,
	        N_("the name {host} of uplink {uplink} is not found: {error}; the addresses found last are used") },
	{ "tls-name", HJ_EVENT_FAULT, 1,
	        N_("the certificate of {host} (uplink {uplink}) is for another name: {detail}") },
	{ "tls-issuer", HJ_EVENT_FAULT, 1,
	        N_("nobody whom we trust has signed the certificate of {host} (uplink {uplink}): {detail}") },
	{ "tls-expired", HJ_EVENT_FAULT, 1, N_("the certificate of {host} (uplink {uplink}) ended {detail}") },
	{ "tls-not-yet", HJ_EVENT_FAULT, 1,
	        N_("the certificate of {host} (uplink {uplink}) is valid only from {detail}") },
	{ "tls-ours", HJ_EVENT_FAULT, 1,
	        N_("platform {host} of uplink {uplink} wants another certificate: {error}") },
	{ "tls-version", HJ_EVENT_FAULT, 1,
	        N_("platform {host} of uplink {uplink} speaks no version of TLS that is accepted") },
	{ "tls-none", HJ_EVENT_FAULT, 1, N_("what answers at {host} for uplink {uplink} speaks no TLS") },
	{ "tls-pin", HJ_EVENT_FAULT, 1,
	        N_("the key of {host} (uplink {uplink}) is not the pinned one but {detail}") },
	{ "tls-file", HJ_EVENT_FAULT, 1, N_("TLS of uplink {uplink} cannot begin: {error} ({detail})") },
	{ "mn-contested", HJ_EVENT_FAULT, 1,
	        N_("platform {host} closes uplink {uplink} again and again, {count} times in {minutes} minutes, "
	           "though it "
	           "acknowledges: another gateway may use MN {mn}") },
	{ "link-portal", HJ_EVENT_FAULT, 1,
	        N_("a page of the web answers at {address} ({host}) for uplink {uplink}, no platform") },
	{ "password-rejected", HJ_EVENT_FAULT, 1, N_("platform {host} refuses the password of uplink {uplink}") },
	{ "all-unreachable", HJ_EVENT_FAULT, 1,
	        N_("no platform has been reached for {minutes} minutes, by none of {uplinks} uplinks") },
	{ "certificate-ending", HJ_EVENT_WARN, 0,
	        N_("the certificate of {whose} at uplink {uplink} ends in {days} days, {end}") },
};

static const struct {
	const char *code, *remedy;
} remedies[] = {
	{ "backlog-grows",
	        N_("see hjgate uplink NAME: a larger rate, budget or window, longer hours or a smaller gap "
	           "lets it catch up") },
	{ "link-lost",
	        N_("look at the way there first: modem, SIM, cable, routes; then ask the platform whether it runs") },
	{ "lookup-failed", N_("set name servers that answer, or write the platform's IP address as host") },
	{ "lookup-stale", N_("set name servers that answer, or write the platform's IP address as host") },
	{ "mn-contested",
	        N_("ask the platform from which addresses this MN sends, and give each gateway an MN of its own") },
	{ "link-portal",
	        N_("the SIM may be cut or out of credit: ask its operator; if it is not, the port is another") },
	{ "password-refused", N_("ask the platform whether it was them; both sides must have the same password") },
	{ "password-rejected", N_("ask the platform for the password of this MN and write it as pw; if a platform "
	                          "has set another one since, "
	                          "hjgate uplink NAME reset takes that back") },
	{ "all-unreachable", N_("look at modem, SIM, antenna and router of this site; hjgate-link-hook.path can have "
	                        "a modem restarted") },
	{ "tls-name", N_("ask the platform for the name in its certificate and write it as tls.name; if it should be "
	                 "the host's, "
	                 "somebody else answers there") },
	{ "tls-issuer",
	        N_("ask the platform for the certificate of who signed its own, and write its file as tls.ca") },
	{ "tls-expired", N_("the platform has to renew its certificate; if others still reach it, this box's clock "
	                    "is wrong") },
	{ "tls-not-yet", N_("set this box's clock: it is behind the certificate's begin") },
	{ "tls-ours", N_("give the platform this gateway's certificate, or get one from it, and write its files as "
	                 "tls.cert "
	                 "and tls.key; renew it where it has ended") },
	{ "tls-version", N_("ask the platform for TLS 1.2 or later; where tls.min is \"1.3\", \"1.2\" may do") },
	{ "tls-none", N_("ask the platform which port speaks TLS, or remove the group tls where none does") },
	{ "tls-pin", N_("ask the platform whether it has a new key: then write that as tls.pin; if not, somebody "
	                "else answers") },
	{ "tls-file", N_("put the file there, in PEM and readable for the user hjgate, or correct the group tls") },
	{ "certificate-ending",
	        N_("have it renewed before it ends; the new files count from the next connection on") },
};

const char *hj_event_remedy(const char *code)
{
	for (size_t i = 0; i < hj_array_size(remedies); i++)
		if (!strcmp(remedies[i].code, code))
			return remedies[i].remedy;
	return NULL;
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
