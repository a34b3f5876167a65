/* The ledger of events, as the records are verified: asked of eventd, or opened where it does not run. Its heads are
 * in the records, as the records' are in the events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "verify.h"

#define LOGS_ASKED 10000
#define INTRO      "chain head of events "

static int take_logs(json_t *answer, bool continues, void *userdata)
{
	json_t *record;
	size_t i;

	json_array_foreach(json_object_get(answer, "records"), i, record)
	{
		const char *text = cli_string(json_object_get(record, "body"), "text");
		char head[64];

		if (!text || strncmp(text, INTRO, strlen(INTRO)) != 0)
			continue;
		text += strlen(INTRO);
		snprintf(head, sizeof(head), "%.*s", (int)strcspn(text, " "), text);
		verify_add_head(userdata, head);
	}
	return 0;
}

/* Without the records there are no heads; the verdict says so. */
static void gather_heads(struct verify *v)
{
	_cleanup_json_ json_t *reply = NULL;

	cli_stream_quiet(v->cli->root, "stored.look", "hjgate.Store.Query",
	        json_pack("{s:s, s:i, s:I, s:i, s:b}", "kind", "log", "begin", 0, "end", (json_int_t)HJ_TIME_MAX_MS,
	                "limit", LOGS_ASKED, "newest", 1),
	        CLI_ANSWER_MS, take_logs, v, &reply);
	v->own = v->count;
}

/* A store that never had an eventd beside it has none. */
static bool are_there(const struct verify *records)
{
	char path[PATH_MAX + 16];

	if (records->file)
		snprintf(path, sizeof(path), "%s/events.db", records->file);
	else if (hj_path(records->cli->root, HJ_DIR_STATE, "events.db", path) < 0)
		return false;
	return access(path, F_OK) == 0 || errno != ENOENT;
}

int verify_events(const struct verify *records, struct verify **ret)
{
	struct verify *v = are_there(records) ? calloc(1, sizeof(*v)) : NULL;
	int status;

	if (!v && !are_there(records))
		return 0;
	if (!v)
		return cli_refused(records->cli, "%s", _("out of memory"));
	v->cli = records->cli;
	v->from = records->from;
	v->to = records->to;
	v->file = records->file;
	v->of_events = true;
	v->findings = json_array();
	if (!v->file)
		gather_heads(v);
	status = verify_find_and_look(v);
	if (status) {
		verify_done(v);
		free(v);
		return status;
	}
	*ret = v;
	return 0;
}
