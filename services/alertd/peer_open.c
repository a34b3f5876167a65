/* What is still open eventd knows. Each time that it is there (again) it is asked, and what people were told has
 * begun but is open there no more is told again no more: its end may have been lost with a damaged ledger, or lies
 * behind a restore. Nobody is told that it is over, since nobody knows; an end that is still on its way is told as
 * ever. */
#include "alertd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define LIST_MOST   1000                  /* what eventd gives at once: of more, none is missed */
#define AGAIN_AFTER (5 * HJ_USEC_PER_SEC) /* where it has not read its ledger yet */
#define ACCURACY    (100 * HJ_USEC_PER_MS)

struct asking {
	struct alertd *a;
	struct hj_ipc_client *client;
	sd_event_source *again;
	size_t given;
	bool unread;
};

/* At worst it is asked once more after a restart. */
static void close_doubtful(struct alertd *a)
{
	_cleanup_(hj_buf_done) struct hj_buf lines = { 0 };
	struct track *t;

	while ((t = quiet_close_doubtful(&a->quiet))) {
		hj_notice("%s of %s is open no more, says eventd: it is not told again", t->last->code, t->last->key);
		if (outbox_line_track(&lines, t) < 0)
			return;
	}
	if (!lines.len)
		return;
	outbox_write(a, &lines, false);
	alertd_turn(a);
}

static void on_list(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct asking *s = userdata;
	json_t *event;
	size_t i;

	json_array_foreach(error ? NULL : json_object_get(reply, "events"), i, event)
	{
		const char *code = json_string_value(json_object_get(event, "code"));
		const char *key = json_string_value(json_object_get(event, "key"));

		if (code && key)
			quiet_is_open(&s->a->quiet, code, key);
		s->given++;
	}
	s->unread |= !error && json_is_true(json_object_get(reply, "unread"));
	if (continues)
		return;
	if (!error && !s->unread && s->given < LIST_MOST)
		close_doubtful(s->a);
	if (!hj_ipc_client_is_up(s->client) || !(error || s->unread))
		return; /* is_up() comes */
	sd_event_source_set_time_relative(s->again, AGAIN_AFTER);
	sd_event_source_set_enabled(s->again, SD_EVENT_ONESHOT);
}

static void is_up(void *userdata)
{
	struct asking *s = userdata;

	if (!quiet_doubt(&s->a->quiet))
		return;
	s->given = 0;
	s->unread = false;
	hj_ipc_client_call(s->client, "hjgate.Event.List", json_pack("{s:b, s:i}", "open", 1, "limit", LIST_MOST),
	        HJ_IPC_MORE, on_list, s);
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct asking *s = userdata;

	if (hj_ipc_client_is_up(s->client))
		is_up(s);
	return 0;
}

void asking_free(struct asking *s)
{
	if (!s)
		return;
	hj_ipc_client_free(s->client);
	sd_event_source_disable_unref(s->again);
	free(s);
}

int asking_new(struct alertd *a, struct asking **ret)
{
	static const struct hj_ipc_client_events events = { .up = is_up };
	struct asking *s = calloc(1, sizeof(*s));
	char path[HJ_PATH_MAX];
	int r;

	if (!s)
		return -ENOMEM;
	s->a = a;
	r = hj_path(a->root, HJ_DIR_RUN, "eventd.peer", path);
	r = r < 0 ? r : sd_event_add_time(a->event, &s->again, CLOCK_BOOTTIME, 0, ACCURACY, on_again, s);
	r = r < 0 ? r : sd_event_source_set_enabled(s->again, SD_EVENT_OFF);
	r = r < 0 ? r : hj_ipc_client_new(a->event, path, &events, s, &s->client);
	if (r < 0) {
		asking_free(s);
		return r;
	}
	*ret = s;
	return 0;
}
