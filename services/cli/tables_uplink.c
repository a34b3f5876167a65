/* Uplinks as a table, from hjgate.Uplink.Status. */
#include <stdio.h>
#include <string.h>

#include "hjgate/clock.h"
#include "tables.h"
#include "timespec.h"

static const struct writer_column columns[] = {
	{ "uplink", N_("UPLINK"), false },
	{ "host", N_("PLATFORM"), false },
	{ "port", NULL, true },
	{ "mn", NULL, false },
	{ "state", N_("STATE"), false },
	{ "since", NULL, false },
	{ "acknowledged", N_("ACKNOWLEDGED"), true },
	{ "last_ack", N_("LAST ACKNOWLEDGED"), false },
	{ "waiting", N_("WAITING"), true },
	{ "oldest", N_("OLDEST"), false },
	{ "eta", N_("TIME TO GO"), false },
	{ "answer_ms", NULL, false },
	{ "refused", NULL, true },
	{ "retry_at", NULL, false },
	{ "error", N_("TROUBLE"), false },
};

void cli_uplinks_begin(struct writer *w)
{
	writer_table(w, "uplinks", columns, hj_array_size(columns));
}

void cli_uplink_trouble(json_t *status, int64_t now_ms, char *to, size_t size)
{
	const char *said = cli_string(status, "error"), *error = said ? cli_reason(said) : NULL;
	int64_t retry = cli_time(status, "retry_at");
	char span[CLI_SPAN_LEN];

	*to = '\0';
	if (error && retry > now_ms)
		snprintf(to, size, _("%s; trying again in %s"), error, cli_span(retry - now_ms, span));
	else if (error)
		snprintf(to, size, "%s", error);
}

static void eta_cell(struct writer *w, json_t *status)
{
	json_t *eta = json_object_get(status, "eta");
	char span[CLI_SPAN_LEN];

	if (json_is_integer(eta) && cli_int(status, "waiting") > 0)
		writer_cell(w, STYLE_PLAIN, json_incref(eta), cli_span_seconds(json_integer_value(eta), span));
	else
		writer_cell(w, STYLE_DIM, cli_member(status, "eta"), "-");
}

static void state_cell(struct writer *w, json_t *status)
{
	const char *state = cli_string(status, "state");
	enum writer_style style = state && !strcmp(state, "connected") ? STYLE_GOOD : STYLE_WARN;

	writer_cell(w, style, cli_member(status, "state"), cli_word(state));
}

void cli_uplinks_row(struct writer *w, json_t *status, int64_t now_ms)
{
	char where[160], trouble[256];

	snprintf(where, sizeof(where), "%s:%lld", cli_string(status, "host") ?: "?",
	        (long long)cli_int(status, "port"));
	cli_uplink_trouble(status, now_ms, trouble, sizeof(trouble));
	writer_cell_text(w, cli_string(status, "uplink"));
	writer_cell(w, STYLE_PLAIN, cli_member(status, "host"), where);
	writer_cell_int(w, cli_int(status, "port"));
	writer_cell_text(w, cli_string(status, "mn"));
	state_cell(w, status);
	writer_cell_int(w, cli_int(status, "since"));
	writer_cell_int(w, cli_int(status, "acknowledged"));
	writer_cell_time(w, cli_time(status, "last_ack"));
	writer_cell(w, cli_int(status, "waiting") ? STYLE_WARN : STYLE_PLAIN,
	        json_integer(cli_int(status, "waiting")), NULL);
	writer_cell_time(w, cli_time(status, "oldest"));
	eta_cell(w, status);
	writer_cell(w, STYLE_PLAIN, cli_member(status, "answer_ms"), NULL);
	writer_cell_int(w, cli_int(status, "refused"));
	writer_cell(w, STYLE_PLAIN, cli_member(status, "retry_at"), NULL);
	writer_cell(w, STYLE_BAD, cli_member(status, "error"), trouble);
}
