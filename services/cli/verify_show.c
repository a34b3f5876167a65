/* What a verification has found, shown: the verdict, each finding, and what could not be proved and why. */
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "verify.h"

static const struct writer_column columns[] = {
	{ "seq", N_("SEQ"), true },
	{ "kind", N_("KIND"), false },
	{ "label", NULL, false },
	{ "time", N_("TIME"), false },
	{ "what", N_("WHAT"), false },
	{ "other", NULL, true },
	{ "key", NULL, false },
};

/* {other} and {key} are filled in. */
static const struct {
	const char *what, *text;
} texts[] = {
	{ "changed", N_("is not what was written") },
	{ "removed", N_("records of this kind before it are missing") },
	{ "inserted", N_("was never written here") },
	{ "moved", N_("was written as {other}") },
	{ "truncated", N_("the newest of this kind are missing, up to {other}") },
	{ "rolled-back", N_("the file ends here, but a head names {other}: an older file was put in its place") },
	{ "rewritten", N_("the records up to here do not fit a head kept elsewhere: somebody who has all keys "
	                  "rewrote them") },
	{ "state", N_("{key} is not what was written") },
	{ "key-slot", N_("the key {key} is not what was written") },
	{ "index", N_("is not found where it should be ({key})") },
	{ "seal", N_("what proves the whole is missing, or does not open") },
	{ "noted", N_("a start of the program had found the file changed and went on (at this commit)") },
};

static void fill_in(const char *text, int64_t number, const char *key, char *to, size_t size)
{
	char other[24];
	size_t n = 0;

	snprintf(other, sizeof(other), "%lld", (long long)number);
	while (*text && n + 1 < size) {
		const char *fill = !strncmp(text, "{other}", 7) ? other
		                   : !strncmp(text, "{key}", 5) ? key ?: "-"
		                                                : NULL;

		if (!fill) {
			to[n++] = *text++;
			continue;
		}
		n += (size_t)snprintf(to + n, size - n, "%s", fill);
		n = hj_min(n, size - 1);
		text = strchr(text, '}') + 1;
	}
	to[n] = '\0';
}

static void say_what(json_t *finding, char *to, size_t size)
{
	const char *what = cli_string(finding, "what") ?: "", *key = cli_string(finding, "key"), *text = what;

	for (size_t i = 0; i < hj_array_size(texts); i++)
		if (!strcmp(texts[i].what, what))
			text = _(texts[i].text);
	if (!strcmp(what, "state") && !key)
		text = _("a cursor, a setting or a key is an older one, or is missing: which one cannot be told");
	fill_in(text, cli_int(finding, "other"), key, to, size);
}

void verify_show_findings(struct writer *w, const struct verify *v)
{
	char text[256];
	json_t *f;
	size_t i;

	writer_table(w, "findings", columns, hj_array_size(columns));
	json_array_foreach(v->findings, i, f)
	{
		int64_t seq = cli_int(f, "seq");

		say_what(f, text, sizeof(text));
		if (seq ||
		        !strcmp(cli_string(f, "what") ?: "", "noted")) /* a file without a commit can be noted, too */
			writer_cell_int(w, seq);
		else
			writer_cell_text(w, NULL);
		writer_cell_text(w, cli_string(f, "kind"));
		writer_cell(w, STYLE_PLAIN, cli_member(f, "label"), NULL);
		writer_cell_time(w, cli_time(f, "label"));
		writer_cell(w, STYLE_BAD, cli_member(f, "what"), text);
		writer_cell(w, STYLE_PLAIN, cli_member(f, "other"), NULL);
		writer_cell(w, STYLE_PLAIN, cli_member(f, "key"), NULL);
	}
	writer_table_end(w);
}

bool verify_is_good(const struct verify *v)
{
	return cli_int(v->verdict, "found") == 0 && !v->unlike_manifest;
}

/* ---- what could not be proved ---- */

static void show_heads(struct writer *w, const struct verify *v)
{
	int64_t newest = cli_int(v->verdict, "newest_head"), last = cli_int(v->verdict, "last");

	if (!cli_int(v->verdict, "good")) {
		writer_say(w, STYLE_PLAIN, "- %s",
		        _("no head fits it: whoever has the keys could have rewritten all of it. Platforms were sent "
		          "heads "
		          "(log records \"chain head\"): give one with --head."));
		return;
	}
	if (v->own == v->count)
		writer_say(w, STYLE_PLAIN, "- %s",
		        _("the heads are those that this box kept itself: who is root here could have rewritten "
		          "both. "
		          "Platforms were sent them, too: give one with --head."));
	if (newest < last)
		writer_say(w, STYLE_PLAIN,
		        _("- records after %lld: no head stands on them yet, so who has the keys could have "
		          "rewritten them."),
		        (long long)newest);
}

static const char *gap_text(const char *key, unsigned long n)
{
	if (!strcmp(key, "locked"))
		return ngettext(
		        "- {other} record: its key is not here, so what it says cannot be proved (its order is).",
		        "- {other} records: their key is not here, so what they say cannot be proved (their order is).", n);
	if (!strcmp(key, "unchained"))
		return ngettext("- {other} record: the key of its chain is not here, so nobody can tell whether others are "
		                "missing beside it.",
		        "- {other} records: the key of their chain is not here, so nobody can tell whether others are "
		        "missing between them.",
		        n);
	if (!strcmp(key, "plain"))
		return ngettext("- {other} record of an older version was never sealed; it is as it was when this version "
		                "took it over.",
		        "- {other} records of an older version were never sealed; they are as they were when this version "
		        "took them over.",
		        n);
	if (!strcmp(key, "missing"))
		return ngettext("- {other} record was lost with a damaged file, as its salvage told then.",
		        "- {other} records were lost with a damaged file, as its salvage told then.", n);
	return ngettext("- {other} head stands on a record that was removed since: it proves nothing any more.",
	        "- {other} heads stand on records that were removed since: they prove nothing any more.", n);
}

static void show_gaps(struct writer *w, const struct verify *v)
{
	static const char *const gaps[] = { "locked", "unchained", "plain", "missing", "cut_heads" };

	for (size_t i = 0; i < hj_array_size(gaps); i++) {
		int64_t n = cli_int(v->verdict, gaps[i]);
		char text[256];

		if (!n)
			continue;
		fill_in(gap_text(gaps[i], (unsigned long)n), n, NULL, text, sizeof(text));
		writer_say(w, STYLE_PLAIN, "%s", text);
	}
	if (json_is_true(json_object_get(v->verdict, "salvaging")))
		writer_say(w, STYLE_PLAIN, "- %s",
		        _("records of a damaged file are still being put back: older ones were left out."));
	if (!json_is_true(json_object_get(v->verdict, "whole")))
		writer_say(w, STYLE_PLAIN, "- %s",
		        _("the rest of the records, settings, cursors and keys: only a span was looked at."));
}

bool verify_say_unproved(struct writer *w, const struct verify *v)
{
	long long rows = cli_int(v->verdict, "rows");

	if (!verify_is_good(v) || cli_int(v->verdict, "locked") < rows)
		return false;
	if (!rows && json_is_true(json_object_get(v->verdict, "whole")))
		return false; /* an empty file is looked at as a whole */
	if (!rows) {
		writer_say(w, STYLE_WARN, "%s", _("nothing was looked at: there is no record of that span"));
		return true;
	}
	writer_say(w, STYLE_WARN,
	        v->of_events ? ngettext("nothing was found, and nothing proved: %lld row of events, its key is not here",
	                               "nothing was found, and nothing proved: %lld rows of events, their keys are not here",
	                               (unsigned long)rows)
	                     : ngettext("nothing was found, and nothing proved: %lld record, its key is not here",
	                               "nothing was found, and nothing proved: %lld records, their keys are not here",
	                               (unsigned long)rows),
	        rows);
	return true;
}

static void say_verdict(struct writer *w, const struct verify *v)
{
	long long rows = cli_int(v->verdict, "rows"), found = cli_int(v->verdict, "found");
	long long first = cli_int(v->verdict, "first"), last = cli_int(v->verdict, "last");

	if (verify_say_unproved(w, v))
		return;
	if (verify_is_good(v))
		writer_say(w, STYLE_GOOD,
		        v->of_events
		                ? ngettext("verified: %lld row of events, from %lld to %lld",
		                          "verified: %lld rows of events, from %lld to %lld", (unsigned long)rows)
		                : ngettext("verified: %lld record, from %lld to %lld",
		                          "verified: %lld records, from %lld to %lld", (unsigned long)rows),
		        rows, first, last);
	else if (!found)
		writer_say(w, STYLE_BAD, "%s",
		        _("NOT verified: the backup is not what its manifest says; no record in it was changed"));
	else if (v->of_events)
		writer_say(w, STYLE_BAD,
		        ngettext("NOT verified: %lld finding in %lld rows of events",
		                "NOT verified: %lld findings in %lld rows of events", (unsigned long)found),
		        found, rows);
	else
		writer_say(w, STYLE_BAD,
		        ngettext("NOT verified: %lld finding in %lld records",
		                "NOT verified: %lld findings in %lld records", (unsigned long)found),
		        found, rows);
}

static void show_events(struct writer *w, const struct verify *v)
{
	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_open(w, "events", _("Events"));
	writer_field(w, "verified", NULL, STYLE_PLAIN, json_boolean(verify_is_good(v)), NULL);
	say_verdict(w, v);
	verify_show_findings(w, v);
	writer_field(w, "verdict", NULL, STYLE_PLAIN, json_incref(v->verdict), NULL);
	if (!cli_int(v->verdict, "good"))
		writer_say(w, STYLE_PLAIN, "- %s",
		        _("no head of the events is in the records yet: one is put there each day."));
	else if (cli_int(v->verdict, "newest_head") < cli_int(v->verdict, "last"))
		writer_say(w, STYLE_PLAIN, _("- rows after %lld: no head stands on them yet."),
		        (long long)cli_int(v->verdict, "newest_head"));
	show_gaps(w, v);
	writer_close(w);
}

static const char *manifest_word(const struct verify *v)
{
	return v->unlike_manifest ? "differs" : v->unproven ? "unproven" : "proven";
}

int verify_show(struct verify *v)
{
	struct writer *w = writer_stdout(v->cli->json ? WRITER_JSON : WRITER_TEXT);
	bool good = verify_is_good(v) && (!v->events || verify_is_good(v->events));

	writer_field(w, "verified", NULL, STYLE_PLAIN, json_boolean(good), NULL);
	if (v->is_backup)
		writer_field(w, "manifest", NULL, STYLE_PLAIN, json_string(manifest_word(v)), NULL);
	say_verdict(w, v);
	verify_show_findings(w, v);
	writer_field(w, "verdict", NULL, STYLE_PLAIN, json_incref(v->verdict), NULL);
	writer_say(w, STYLE_PLAIN, "%s", "");
	writer_say(w, STYLE_TITLE, "%s", _("What could not be proved"));
	if (v->unproven)
		writer_say(w, STYLE_PLAIN, "- %s",
		        _("the manifest: the key that proves it may not be read here (as root, on the box)."));
	show_heads(w, v);
	show_gaps(w, v);
	if (v->events)
		show_events(w, v->events);
	writer_free(w);
	return good ? HJ_EXIT_OK : HJ_EXIT_REFUSED;
}
