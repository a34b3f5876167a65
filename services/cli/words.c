/* Words of the local interfaces in the reader's language. */
#include <string.h>

#include "tables.h"

static const char *const words[] = {
	/* meters, uplinks, programs */
	N_("unknown"),
	N_("ok"),
	N_("lost"),
	N_("idle"),
	N_("connecting"),
	N_("connected"),
	N_("paused"),
	/* what a backlog waits for */
	N_("hours"),
	N_("budget"),
	N_("running"),
	N_("not running"),
	N_("not answering"),
	N_("busy"),
	N_("not allowed to look"),
	/* records */
	N_("minute"),
	N_("hour"),
	N_("day"),
	N_("status"),
	N_("runtime"),
	N_("poweron"),
	N_("log"),
	N_("pending"),
	N_("cut"),
	N_("receipt"),
	N_("void"),
	/* events */
	N_("info"),
	N_("warn"),
	N_("fault"),
	N_("open"),
	/* what is being worked on */
	N_("meter"),
	N_("point"),
	N_("equipment"),
	/* what was done to the clock */
	N_("right"),
	N_("slewed"),
	N_("stepped"),
	N_("refused"),
	/* what is said of a file, and of a configuration that is kept */
	N_("(the file)"),
	N_("(the rest)"),
	N_("does not parse"),
	N_("as it was found at a start"),
	N_("it was cut short"),
	/* libconfig's */
	N_("syntax error"),
	N_("duplicate setting name"),
	N_("mismatched element type in array"),
	N_("cannot open include file"),
	N_("include file nesting too deep"),
	/* what equipment is for */
	N_("production"),
	N_("treatment"),
	/* why nothing came of a question, or of a connection */
	N_("no answer"),
	N_("port closed"),
	N_("port failed"),
	N_("no Modbus TCP"),
	N_("no such question in this protocol"),
	N_("answer broke off"),
	N_("answer of another unit"),
	N_("answer to another question"),
	N_("wrong CRC"),
	N_("refused without a reason"),
	N_("gateway target does not respond"),
	N_("longer than any answer"),
	N_("a late answer may still come"),
	N_("the line does not become quiet"),
	N_("another master asks on this line"),
	N_("the platform closed the connection"),
	N_("the platform does not acknowledge"),
	N_("the platform does not finish the handshake of TLS"),
	/* frames, and the steps of a test */
	N_("in"),
	N_("out"),
	N_("received"),
	N_("down"),
	N_("its CRC is wrong"),
	N_("it names another MN"),
	/* what a key is for */
	N_("data"),
	N_("chain"),
};

/* Reasons are kept in English; those of the system are in libc's own catalogue, where it is installed. */
const char *cli_reason(const char *reason)
{
	const char *ours;

	if (!reason || !*reason)
		return ""; /* the translation of nothing is the catalogue's own head */
	ours = gettext(reason);
	return ours != reason ? ours : dgettext("libc", reason);
}

const char *cli_word(const char *word)
{
	for (size_t i = 0; word && i < hj_array_size(words); i++)
		if (!strcmp(word, words[i]))
			return _(words[i]);
	return word ? cli_reason(word) : "-";
}
