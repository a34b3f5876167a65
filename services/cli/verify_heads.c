/* The heads that the records are held against: those that eventd has kept in this box, or in the backup, and those
 * given by hand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "verify.h"

#define EVENTS_ASKED 1000 /* eventd gives no more at once */
#define PAGES_MOST   100

void verify_add_head(struct verify *v, const char *head)
{
	char digits[HJ_LEDGER_HEAD_DIGITS + 1];
	uint64_t seq;

	if (!head || hj_head_parse(head, &seq, digits) < 0 || v->count == VERIFY_HEADS)
		return;
	v->heads[v->count] = strdup(head);
	v->count += v->heads[v->count] != NULL;
}

static void take_event(struct verify *v, json_t *event)
{
	const char *code = cli_string(event, "code");

	if (code && !strcmp(code, "chain-head"))
		verify_add_head(v, cli_string(json_object_get(event, "values"), "head"));
}

struct page {
	struct verify *v;
	int64_t oldest_ms;
	size_t events;
};

static int take(json_t *answer, bool continues, void *userdata)
{
	struct page *p = userdata;
	json_t *event;
	size_t i;

	json_array_foreach(json_object_get(answer, "events"), i, event)
	{
		take_event(p->v, event);
		p->oldest_ms = hj_min(p->oldest_ms, cli_int(event, "begin"));
		p->events++;
	}
	return 0;
}

/* Page by page from the newest; events of one moment are not so many that a page could not hold them. */
static int ask_events(struct verify *v)
{
	struct page p = { .v = v, .oldest_ms = HJ_TIME_MAX_MS };
	int r = 0;

	for (unsigned i = 0; i < PAGES_MOST && r >= 0; i++) {
		_cleanup_json_ json_t *reply = NULL;
		int64_t end = p.oldest_ms;

		p.events = 0;
		r = cli_stream_quiet(v->cli->root, "eventd.look", "hjgate.Event.List",
		        json_pack("{s:i, s:I}", "limit", EVENTS_ASKED, "end", (json_int_t)end), CLI_ANSWER_MS, take,
		        &p, &reply);
		if (p.events < EVENTS_ASKED || p.oldest_ms >= end)
			break;
	}
	return r;
}

/* A row of events.db: an event as eventd packs it. */
static int take_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	json_t *event = n ? json_loadb(body, n, 0, NULL) : NULL;

	if (json_is_object(event))
		take_event(userdata, event);
	json_decref(event);
	return 0;
}

static void read_events(struct verify *v)
{
	_cleanup_(hj_keyring_freep) struct hj_keyring *keyring = NULL;
	_cleanup_(hj_ledger_closep) struct hj_ledger *l = NULL;
	const char *slash = strrchr(v->path, '/');
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%.*sevents.db", slash ? (int)(slash - v->path) + 1 : 0, v->path);
	if (hj_keyring_new(v->cli->root, false, &keyring) >= 0 && hj_ledger_open_readonly(path, keyring, &l) >= 0)
		hj_ledger_read(l, 1, UINT64_MAX, 1u << HJ_KIND_LOG, take_row, v);
}

/* Without the events there are fewer heads, and what that means is told with the verdict. */
int verify_gather_heads(struct verify *v)
{
	char digits[HJ_LEDGER_HEAD_DIGITS + 1];
	uint64_t seq;

	for (size_t i = 0; i < v->given.count; i++)
		if (hj_head_parse(v->given.words[i], &seq, digits) < 0)
			return cli_usage(v->cli, _("\"%s\" is no head: a number, a colon, %d hexadecimal digits"),
			        v->given.words[i], HJ_LEDGER_HEAD_DIGITS);
	if (v->file || ask_events(v) < 0)
		read_events(v);
	v->own = v->count;
	for (size_t i = 0; i < v->given.count; i++)
		verify_add_head(v, v->given.words[i]);
	return 0;
}
