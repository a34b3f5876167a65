/* hjgate.Store.Backup: the records, sealed as they are, for whoever may change things. The work is src/ipc/backup's;
 * that one was made is an event. */
#include "hjgate/backup.h"

#include <errno.h>

#include "api.h"
#include "hjgate/log.h"

#define BY_MAX 64
#define NOTE   "restored" /* the key under which hjgate restore leaves word */

static void over(int r, struct hj_ipc_call *call, const char *id, uint64_t bytes, void *userdata)
{
	struct stored *s = userdata;
	char by[BY_MAX];

	hj_ipc_call_name(call, by, sizeof(by));
	if (r == -EPIPE)
		hj_notice("%s broke a backup off", by);
	if (r < 0)
		return;
	hj_notice("%s made the backup %s: %llu bytes", by, id, (unsigned long long)bytes);
	hj_report(s->report, "backup-made", HJ_MOMENT, id,
	        json_pack("{s:s, s:s, s:I}", "by", by, "id", id, "bytes", (json_int_t)bytes));
}

static void keep_note(struct stored *s)
{
	_cleanup_free_ char *text = json_dumps(s->restored.note, JSON_COMPACT);

	if (text)
		commit_stage(s, NOTE, text, NULL, NULL);
}

/* The note stays, since a window of the day may be closed after another start. */
void backup_load_restored(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	if (s->restored.note || hj_ledger_get(s->ledger, NOTE, &b) < 0)
		return;
	s->restored.note = json_loadb(b.data, b.len, 0, NULL);
	s->restored.made_ms = json_integer_value(json_object_get(s->restored.note, "made"));
	s->restored.since_ms = json_integer_value(json_object_get(s->restored.note, "since"));
	if (!json_is_object(s->restored.note) || json_object_get(s->restored.note, "told"))
		return;
	hj_report(s->report, "store-restored", HJ_MOMENT, "records.db", json_copy(s->restored.note));
	json_object_set_new(s->restored.note, "told", json_true());
	keep_note(s);
}

void backup_go_on(struct stored *s, int64_t now_ms)
{
	if (!s->restored.made_ms || s->restored.since_ms)
		return;
	s->restored.since_ms = now_ms;
	json_object_set_new(s->restored.note, "since", json_integer(now_ms));
	keep_note(s);
}

bool backup_may_be_told(const struct stored *s, const struct hj_head *head)
{
	int64_t made = s->restored.made_ms, end = head->label_ms + (int64_t)head->length_ms;

	return made && hj_kind_is_statistics(head->kind) && head->label_ms <= made && made < end &&
	       end <= s->restored.since_ms;
}

int api_backup(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct stored *s = userdata;
	struct hj_backup_of of = { .event = s->event,
		.root = s->root,
		.file = "records.db",
		.interface = "hjgate.Store",
		.slot = &s->backup,
		.over = over,
		.userdata = s };

	return s->ledger ? hj_backup_begin(&of, s->ledger, call, parameters) : api_fail(call, -EIO, "records", 0);
}
