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

void backup_tell_restored(struct stored *s)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	json_t *note;

	if (hj_ledger_get(s->ledger, NOTE, &b) < 0)
		return;
	note = json_loadb(b.data, b.len, 0, NULL);
	if (json_is_object(note))
		hj_report(s->report, "store-restored", HJ_MOMENT, "records.db", json_incref(note));
	json_decref(note);
	commit_stage(s, NOTE, NULL, NULL, NULL);
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
