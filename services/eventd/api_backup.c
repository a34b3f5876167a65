/* hjgate.Event.Backup: the ledger of events, beside the records' in each backup. */
#include "api_backup.h"

#include <errno.h>

#include "eventd.h"
#include "hjgate/backup.h"

int api_backup(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct eventd *d = userdata;
	struct hj_backup_of of = { .event = d->event,
		.root = d->root,
		.file = "events.db",
		.interface = "hjgate.Event",
		.slot = &d->backup };

	return d->ledger ? hj_backup_begin(&of, d->ledger, call, parameters) : -EIO;
}
