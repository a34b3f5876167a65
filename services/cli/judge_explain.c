/* `hjgate judge explain NAME`: in words what it does, by which values that is judged, what was seen, what it is
 * linked to, and what lasts about it. */
#include "json_text.h"
#include "judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "tables.h"
#include "timespec.h"

static const char *number(json_t *object, const char *key, char ret[HJ_NUMBER_LEN])
{
	double value = cli_number(json_object_get(object, key));

	return isnan(value) || hj_number_format(value, -1, ret) < 0 ? "-" : ret;
}

static const char *when(json_t *object, const char *key, char ret[HJ_TIME_HUMAN_LEN + 1])
{
	hj_time_human(cli_time(object, key), false, ret);
	return ret;
}

static const char *names(json_t *list, const char *between, char *to, size_t size)
{
	json_t *name;
	size_t i, n = 0;

	to[0] = '\0';
	json_array_foreach(list, i, name)
	{
		if (n < size)
			n += (size_t)snprintf(
			        to + n, size - n, "%s%s", i ? between : "", json_string_value(name) ?: "?");
	}
	return to;
}

/* ---- what it is judged by ---- */

static void say_sign(struct writer *w, json_t *s)
{
	char running[HJ_NUMBER_LEN], idle[HJ_NUMBER_LEN], band[HJ_NUMBER_LEN];
	bool falling = json_is_true(json_object_get(s, "falling"));
	const char *point = cli_string(s, "point") ?: "?";

	number(s, "running", running);
	number(s, "hysteresis", band);
	if (!strcmp(cli_string(s, "meaning") ?: "", "switch"))
		writer_say(w, STYLE_PLAIN,
		        falling ? _("  %s: it runs while this switch is off")
		                : _("  %s: it runs while this switch is on"),
		        point);
	else if (json_object_get(s, "idle"))
		writer_say(w, STYLE_PLAIN, _("  %s: it runs from %s on, idles from %s on; a state ends %s further"),
		        point, running, number(s, "idle", idle), band);
	else
		writer_say(w, STYLE_PLAIN,
		        falling ? _("  %s: it runs at %s and below; that ends %s above it")
		                : _("  %s: it runs from %s on; that ends %s below it"),
		        point, running, band);
}

static void say_signs(struct writer *w, json_t *a)
{
	json_t *signs = json_object_get(a, "signs"), *s;
	char running[CLI_SPAN_LEN], stopped[CLI_SPAN_LEN];
	size_t i;

	writer_say(w, STYLE_TITLE, "%s",
	        json_array_size(signs) < 2                ? _("Judged by")
	        : json_is_true(json_object_get(a, "any")) ? _("Judged by, one that says so being enough")
	                                                  : _("Judged by, where all have to say so"));
	json_array_foreach(signs, i, s)
	{
		say_sign(w, s);
	}
	writer_say(w, STYLE_PLAIN, _("  concluded after %s of running, %s of standing still, with the begin it had"),
	        cli_span(cli_int(a, "running_after"), running), cli_span(cli_int(a, "stopped_after"), stopped));
}

static void say_links(struct writer *w, json_t *a)
{
	json_t *links = json_object_get(a, "links"), *l;
	char production[256], treatment[256], up[CLI_SPAN_LEN];
	size_t i;

	if (json_array_size(links))
		writer_say(w, STYLE_TITLE, "%s", _("Linked"));
	json_array_foreach(links, i, l)
	{
		json_t *of = json_object_get(l, "treatment");
		bool all = cli_int(l, "enough") >= (int64_t)json_array_size(of);

		names(json_object_get(l, "production"), _(" or "), production, sizeof(production));
		names(of, _(" and "), treatment, sizeof(treatment));
		if (all)
			writer_say(w, STYLE_PLAIN, _("  while %s runs, %s must run, %s later at most"), production,
			        treatment, cli_span(cli_int(l, "run_up"), up));
		else
			writer_say(w, STYLE_PLAIN, _("  while %s runs, %lld of %s must run, %s later at most"),
			        production, (long long)cli_int(l, "enough"), treatment,
			        cli_span(cli_int(l, "run_up"), up));
	}
}

/* ---- what was seen ---- */

static void say_proof(struct writer *w, json_t *p)
{
	char value[HJ_NUMBER_LEN], bound[HJ_NUMBER_LEN], at[HJ_TIME_HUMAN_LEN + 1];
	const char *point = cli_string(p, "point") ?: "?", *flag = cli_string(p, "flag") ?: "?";

	when(p, "time", at);
	if (!json_is_number(json_object_get(p, "value")))
		writer_say(w, STYLE_PLAIN, _("    %s had no value at %s (flag %s)"), point, at, flag);
	else if (json_is_number(json_object_get(p, "bound")))
		writer_say(w, STYLE_PLAIN, _("    %s was %s at %s, held against %s (flag %s)"), point,
		        number(p, "value", value), at, number(p, "bound", bound), flag);
	else
		writer_say(w, STYLE_PLAIN, _("    %s was %s at %s (flag %s)"), point, number(p, "value", value), at,
		        flag);
}

static void say_window(struct writer *w, json_t *c)
{
	char from[HJ_TIME_HUMAN_LEN + 1], to[HJ_TIME_HUMAN_LEN + 1], least[HJ_NUMBER_LEN], most[HJ_NUMBER_LEN];
	json_t *proof = json_array_get(json_object_get(c, "proofs"), 0);
	const char *point = cli_string(c, "point") ?: cli_string(proof, "point");

	if (cli_int(c, "samples") < 2 || !point || !json_is_number(json_object_get(c, "least")))
		return;
	writer_say(w, STYLE_PLAIN, _("    from %s to %s all %lld readings of %s lay from %s to %s"),
	        when(c, "from", from), when(c, "to", to), (long long)cli_int(c, "samples"), point,
	        number(c, "least", least), number(c, "most", most));
}

static void say_conclusion(struct writer *w, json_t *c, json_t *titles)
{
	char text[256], begin[HJ_TIME_HUMAN_LEN + 1], at[HJ_TIME_HUMAN_LEN + 1];
	json_t *p;
	size_t i;

	judge_sentence(c, titles, text, sizeof(text));
	writer_say(w, judge_is_state(cli_string(c, "code") ?: "") ? STYLE_PLAIN : STYLE_BAD,
	        _("  %s; since %s, concluded at %s%s"), text, when(c, "begin", begin), when(c, "at", at),
	        json_is_true(json_object_get(c, "maintained")) ? _(", while it was maintained") : "");
	json_array_foreach(json_object_get(c, "proofs"), i, p)
	{
		say_proof(w, p);
	}
	say_window(w, c);
}

static void say_waiting(struct writer *w, json_t *wait, json_t *titles)
{
	char text[256], seen[HJ_TIME_HUMAN_LEN + 1], due[HJ_TIME_HUMAN_LEN + 1];
	json_t *p;
	size_t i;

	judge_sentence(json_object_get(wait, "what"), titles, text, sizeof(text));
	when(wait, "seen", seen);
	if (!json_object_get(wait, "due"))
		writer_say(w, STYLE_PLAIN, _("  %s; seen since %s by one reading, another one has to agree"), text,
		        seen);
	else if (json_is_true(json_object_get(wait, "ends")))
		writer_say(w, STYLE_PLAIN, _("  over: %s; since %s, counts from %s on if it stays so"), text, seen,
		        when(wait, "due", due));
	else
		writer_say(w, STYLE_PLAIN, _("  %s; since %s, counts from %s on if it stays so"), text, seen,
		        when(wait, "due", due));
	json_array_foreach(json_object_get(json_object_get(wait, "what"), "proofs"), i, p)
	{
		say_proof(w, p);
	}
}

static void say_now(struct writer *w, json_t *a)
{
	json_t *e = json_object_get(a, "equipment");
	const char *state = cli_string(e, "state") ?: "unknown";
	char since[HJ_TIME_HUMAN_LEN + 1], hours[HJ_NUMBER_LEN];

	hj_number_format(cli_number(json_object_get(e, "hours")), 2, hours);
	if (!strcmp(state, "unknown"))
		writer_say(w, STYLE_WARN, _("%s (%s): nothing shows what it does; %s h today"),
		        cli_string(e, "title") ?: "?", cli_string(e, "code") ?: "?", hours);
	else
		writer_say(w, STYLE_TITLE, _("%s (%s): %s since %s; %s h today"), cli_string(e, "title") ?: "?",
		        cli_string(e, "code") ?: "?", cli_word(state), when(e, "since", since), hours);
	if (json_is_true(json_object_get(e, "maintained")))
		writer_say(w, STYLE_WARN, "%s", _("it is being maintained: its alarms are held"));
	if (!json_is_true(json_object_get(a, "live")))
		writer_say(w, STYLE_WARN, "%s", _("values do not come now: what was concluded holds"));
}

static void say_all(struct writer *w, json_t *a)
{
	json_t *titles = json_pack("[O]", json_object_get(a, "equipment")), *c;
	size_t i;

	say_now(w, a);
	say_signs(w, a);
	say_links(w, a);
	if (json_array_size(json_object_get(a, "conclusions")))
		writer_say(w, STYLE_TITLE, "%s", _("Because"));
	json_array_foreach(json_object_get(a, "conclusions"), i, c)
	{
		say_conclusion(w, c, titles);
	}
	if (json_array_size(json_object_get(a, "waiting")))
		writer_say(w, STYLE_TITLE, "%s", _("Seen, and not concluded yet"));
	json_array_foreach(json_object_get(a, "waiting"), i, c)
	{
		say_waiting(w, c, titles);
	}
	json_decref(titles);
}

int judge_explain(struct cli *cli, const char *name)
{
	_cleanup_json_ json_t *answer = NULL;
	struct writer *w;
	int r = cli_utf8(cli, name);

	r = r ? r : judge_has_work(cli);
	r = r ? r
	      : cli_ask(cli, "judged.look", "hjgate.Judge.Explain", json_pack("{ss}", "equipment", name), &answer);
	if (r)
		return r;
	if (cli->json) {
		cli_json_line(stdout, answer);
		return 0;
	}
	w = writer_stdout(WRITER_TEXT);
	say_all(w, answer);
	writer_free(w);
	return 0;
}
