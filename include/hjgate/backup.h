/* Answering Backup: what stored and eventd have in common. The ledger is copied a few pages at a time into a file of
 * its own below /var/lib/hjgate, so that no commit waits for it; then that file is sent, piece by piece as the client
 * reads, and what it is: an entry for the manifest. The file goes when the call is over, however it ends. */
#pragma once

#include "hjgate/ipc_server.h"
#include "hjgate/ledger.h"

#define HJ_BACKUP_PIECE    (48u << 10) /* bytes of the file in one answer */
#define HJ_BACKUP_ID_MAX   64          /* bytes: names one backup, of both files */
#define HJ_BACKUP_SITE_MAX 256         /* bytes: whose it is */
#define HJ_BACKUP_RESERVE  (8u << 20)  /* bytes that stay free for what is collected meanwhile */

struct hj_backup;

/* Whose ledger, and who is told. All of it must outlive the backup. */
struct hj_backup_of {
	sd_event *event;
	const char *root;
	const char *file;        /* "records.db" */
	const char *interface;   /* "hjgate.Store", whose errors NoRoom and BackupRunning are used */
	struct hj_backup **slot; /* NULL while there is none; set and cleared by this module */
	/* r of the end; bytes of the file. May be NULL. */
	void (*over)(int r, struct hj_ipc_call *call, const char *id, uint64_t bytes, void *userdata);
	void *userdata;
};

/* Takes the call's parameters: id, site. For the method's table. */
int hj_backup_begin(const struct hj_backup_of *of, struct hj_ledger *l, struct hj_ipc_call *call, json_t *parameters);
void hj_backup_free(struct hj_backup *b); /* the client is told that it is over */
/* Takes away what a crash left. At a start. */
void hj_backup_tidy(const char *root, const char *file);
