/* The heads that the records are held against: those that eventd has kept in this box, or in the backup, and those
 * given by hand. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "events_back.h"
#include "hjgate/clock.h"
#include "verify.h"

void verify_add_head(struct verify *v, const char *head)
{
	char digits[HJ_LEDGER_HEAD_DIGITS + 1];
	uint64_t seq;

	if (!head || hj_head_parse(head, &seq, digits) < 0 || v->count == VERIFY_HEADS)
		return;
	v->heads[v->count] = strdup(head);
	v->count += v->heads[v->count] != NULL;
}

static void take_event(json_t *event, void *userdata)
{
	const char *code = cli_string(event, "code");

	if (code && !strcmp(code, "chain-head"))
		verify_add_head(userdata, cli_string(json_object_get(event, "values"), "head"));
}

static int ask_events(struct verify *v)
{
	_cleanup_json_ json_t *error = NULL;

	return cli_events_back(v->cli->root, 0, HJ_TIME_MAX_MS, take_event, v, &error);
}

/* A row of events.db: an event as eventd packs it. */
static int take_row(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	json_t *event = n ? json_loadb(body, n, 0, NULL) : NULL;

	if (json_is_object(event))
		take_event(event, userdata);
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
