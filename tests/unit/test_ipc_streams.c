/* Answers that last: a pull whose client reads when it likes, a backup and a verification that are in the middle of
 * it when somebody leaves, asks for a second one, or the program ends; and what each says of how far it is. */
/* long because: one service that has all three, and each way to leave it. */
#include <dlfcn.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/statvfs.h>

#include "ipc_world.h"

#include "hjgate/backup.h"
#include "hjgate/ipc_pull.h"
#include "hjgate/ledger.h"
#include "hjgate/now.h"
#include "hjgate/service.h"
#include "hjgate/verify_serve.h"

#define ROWS  1800
#define BYTES 3000 /* of a row: more than one slice copies, more than is given back at once */
#define PARTS 40

static char place[32];
static struct hj_ledger *ledger;
static struct hj_backup *backup;
static struct hj_verifying *verifying;
static struct hj_ipc_pulls pulls;
static sd_event *loop;
static bool full, unreadable, impatient;
static unsigned made, owed; /* parts; answers before those of a verification */
static struct {
	unsigned times;
	int r;
	uint64_t bytes;
} ended;

/* The disk below the backup, as full as it is said to be. */
int statvfs64(const char *path, struct statvfs64 *to)
{
	*to = (struct statvfs64){ .f_bavail = full ? 1 : 1 << 20, .f_frsize = 4096 };
	return 0;
}

/* Whoever would wait for an hour is called at once. */
int sd_event_source_set_time(sd_event_source *source, uint64_t usec)
{
	static int (*real)(sd_event_source * source, uint64_t usec);
	uint64_t now = hj_now().mono;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sd_event_source_set_time");
	return real(source, impatient && usec > now + 60 * HJ_USEC_PER_SEC ? now : usec);
}

/* ---- the service ---- */

static void is_over(int r, struct hj_ipc_call *call, const char *id, uint64_t bytes, void *userdata)
{
	assert_string_equal(id, "b-1");
	ended.times++;
	ended.r = r;
	ended.bytes = bytes;
}

static int do_backup(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct hj_backup_of of = { .event = loop,
		.root = place,
		.file = "records.db",
		.interface = "hjgate.Test",
		.slot = &backup,
		.over = is_over };

	return hj_backup_begin(&of, ledger, call, parameters);
}

static int do_verify(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct hj_verify_of of = { .event = loop, .interface = "hjgate.Test", .slot = &verifying };

	for (unsigned i = 0; i < owed; i++)
		assert_int_equal(hj_ipc_reply_more(call, big_answer()), 0);
	return hj_verifying_begin(&of, unreadable ? NULL : ledger, call, parameters);
}

static enum hj_ipc_part part(struct hj_ipc_call *call, void *userdata, json_t **ret)
{
	made++;
	if (made == 3)
		return HJ_IPC_PART_NONE; /* there is something new with the next turn */
	*ret = big_answer();
	return made < PARTS ? HJ_IPC_PART_MORE : HJ_IPC_PART_LAST;
}

static int do_pull(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return hj_ipc_pull(&pulls, call, part, NULL);
}

static const struct hj_ipc_interface streams = {
	.name = "hjgate.Test",
	.description = "interface hjgate.Test\n",
	.methods =
	        (const struct hj_ipc_method[]){
	                { "Say", HJ_ANY_RIGHT, say },
	                { "Backup", HJ_ANY_RIGHT, do_backup },
	                { "Verify", HJ_ANY_RIGHT, do_verify },
	                { "Pull", HJ_ANY_RIGHT, do_pull },
	                { NULL, 0, NULL },
	        },
};
static const struct hj_ipc_interface *const all[] = { &streams, NULL };

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	snprintf(w->path[0], sizeof(w->path[0]), "%s/look", place);
	w->listening[0] = listen_at(w->path[0]);
	assert_true(sd_event_new(&w->event) >= 0);
	loop = w->event;
	assert_int_equal(hj_ipc_server_new(w->event, all, w, &w->server), 0);
	assert_int_equal(hj_ipc_server_add(w->server, w->listening[0], HJ_LOOK), 0);
	full = unreadable = impatient = false;
	made = owed = 0;
	memset(&ended, 0, sizeof(ended));
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	hj_backup_free(backup);
	hj_verifying_free(verifying);
	hj_ipc_pulls_done(&pulls);
	assert_true(!backup && !verifying && !pulls.first);
	hj_ipc_server_free(w->server);
	sd_event_unref(w->event);
	free(w);
	return 0;
}

/* ---- asking ---- */

static char heard[HJ_IPC_MESSAGE_MAX];

/* What has come of a message, up to its end and no further: bytes; -1: the server has closed. */
static ssize_t take(int fd, char *to, size_t size)
{
	ssize_t n = recv(fd, to, size, MSG_PEEK | MSG_DONTWAIT);
	const char *end = n > 0 ? memchr(to, 0, (size_t)n) : NULL;

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	return n ? recv(fd, to, end ? (size_t)(end - to) + 1 : (size_t)n, 0) : -1;
}

/* The next message as JSON; NULL: the server has closed. */
static json_t *hear(struct world *w, int fd)
{
	int64_t until = now_ms() + WAIT_MS;
	size_t len = 0;
	json_t *j;

	while (!len || heard[len - 1]) {
		ssize_t n = take(fd, heard + len, sizeof(heard) - len);

		if (n < 0)
			return NULL;
		len += (size_t)n;
		if (!n) {
			assert_true(now_ms() < until);
			assert_true(sd_event_run(w->event, 10000) >= 0);
		}
	}
	j = json_loadb(heard, len - 1, 0, NULL);
	assert_non_null(j);
	return j;
}

static void assert_refused(struct world *w, const char *question, const char *error)
{
	int fd = raw_open(w->path[0]);

	raw_say(fd, question);
	assert_hears(w, fd, error);
	close(fd);
}

static const char *state_of(const json_t *j)
{
	return json_string_value(json_object_get(json_object_get(j, "parameters"), "state"));
}

static bool is_copy_there(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/var/lib/hjgate/backup/records.db", place);
	return access(path, F_OK) == 0;
}

#define BACKUP "{\"method\":\"hjgate.Test.Backup\",\"parameters\":{\"id\":\"b-1\",\"site\":\"here\"},\"more\":true}"
#define VERIFY "{\"method\":\"hjgate.Test.Verify\",\"more\":true}"

/* ---- pulls ---- */

/* What is not read yet is not made yet, and all of it comes in the end. */
static void a_pull_waits_for_its_reader(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	unsigned before, got = 0;
	json_t *j;

	raw_say(fd, "{\"method\":\"hjgate.Test.Pull\",\"more\":true}");
	turn_until(w, made == 3);
	settle(w);
	assert_int_equal(made, 3); /* nothing was there */
	hj_ipc_pulls_turn(&pulls);
	settle(w);
	before = made;
	assert_true(before > 3 && before < 20);
	settle(w);
	assert_int_equal(made, before);
	assert_still_serves(w);
	while ((j = hear(w, fd))) {
		bool more = json_is_true(json_object_get(j, "continues"));

		json_decref(j);
		got++;
		if (!more)
			break;
		hj_ipc_pulls_turn(&pulls);
	}
	assert_int_equal(got, PARTS - 1);
	settle(w);
	hj_ipc_pulls_turn(&pulls);
	assert_null(pulls.first);
	close(fd);
}

static void a_reader_that_leaves_is_noticed(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]), other = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Test.Pull\",\"more\":true}");
	turn_until(w, made == 3);
	raw_say(other, "{\"method\":\"hjgate.Test.Pull\",\"more\":true}");
	turn_until(w, made > 5);
	close(fd);
	assert_still_serves(w);
	assert_non_null(pulls.first); /* the other's */
	close(other);
	turn_until(w, !pulls.first);
}

/* ---- backups ---- */

static void a_backup_says_how_far_it_is(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	unsigned copying = 0, sending = 0;
	json_t *j, *done = NULL;

	raw_say(fd, BACKUP);
	while (!done && (j = hear(w, fd))) {
		const char *at = state_of(j);

		assert_non_null(at);
		copying += !strcmp(at, "copying");
		sending += !strcmp(at, "sending");
		if (!strcmp(at, "done"))
			done = json_incref(json_object_get(j, "parameters"));
		json_decref(j);
	}
	assert_true(copying >= 1);
	assert_int_equal(ended.times, 1);
	assert_int_equal(ended.r, 0);
	assert_true(ended.bytes > ROWS * BYTES);
	assert_int_equal(sending, (ended.bytes + HJ_BACKUP_PIECE - 1) / HJ_BACKUP_PIECE);
	assert_true((uint64_t)json_integer_value(json_object_get(done, "done")) == ended.bytes);
	assert_non_null(strstr(json_string_value(json_object_get(done, "entry")), "\"site\":\"here\""));
	assert_int_equal(strlen(json_string_value(json_object_get(done, "mac"))), 64);
	assert_false(is_copy_there());
	json_decref(done);
	close(fd);
}

static void one_backup_at_a_time(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	raw_say(fd, BACKUP);
	turn_until(w, backup);
	assert_refused(w, BACKUP, "{\"error\":\"hjgate.Test.BackupRunning\",\"parameters\":{}}");
	assert_true(is_copy_there());
	close(fd); /* while it is copied */
	turn_until(w, !backup);
	assert_int_equal(ended.times, 1);
	assert_int_equal(ended.r, -EPIPE);
	assert_false(is_copy_there());
}

static void who_leaves_while_it_is_sent(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	bool sending = false;
	json_t *j;

	raw_say(fd, BACKUP);
	while (!sending && (j = hear(w, fd))) {
		sending = !strcmp(state_of(j), "sending");
		json_decref(j);
	}
	assert_true(sending && backup);
	close(fd);
	turn_until(w, !backup);
	assert_int_equal(ended.r, -EPIPE);
	assert_false(is_copy_there());
}

static int64_t errno_heard(struct world *w, int fd)
{
	int64_t error = 0;
	json_t *j;

	while (!error && (j = hear(w, fd))) {
		if (json_object_get(j, "error"))
			error = json_integer_value(json_object_get(json_object_get(j, "parameters"), "errno"));
		json_decref(j);
	}
	close(fd);
	return error;
}

/* It does not keep the room of the copy, nor the place of the next one, for ever. */
static void who_does_not_read_what_is_sent(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);

	impatient = true;
	raw_say(fd, BACKUP);
	turn_until(w, backup);
	turn_until(w, !backup);
	assert_int_equal(ended.times, 1);
	assert_int_equal(ended.r, -ETIMEDOUT);
	assert_false(is_copy_there());
	assert_int_equal(errno_heard(w, fd), ETIMEDOUT);
}

/* The disk takes no more than this of the copy: it is told, and goes. */
static void a_copy_that_cannot_be_written(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	struct rlimit before, small;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 256 << 10, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	raw_say(fd, BACKUP);
	turn_until(w, ended.times);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(ended.r < 0);
	assert_null(backup);
	assert_false(is_copy_there());
	assert_int_equal(errno_heard(w, fd), -ended.r);
}

/* What is sent is the copy as it was made, or nothing. */
static void a_copy_that_somebody_cuts(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	bool sending = false;
	char path[96];
	json_t *j;

	raw_say(fd, BACKUP);
	while (!sending && (j = hear(w, fd))) {
		sending = !strcmp(state_of(j), "sending");
		json_decref(j);
	}
	assert_true(sending);
	snprintf(path, sizeof(path), "%s/var/lib/hjgate/backup/records.db", place);
	assert_int_equal(truncate(path, ROWS * BYTES / 2), 0);
	assert_int_equal(errno_heard(w, fd), EIO);
	assert_int_equal(ended.r, -EIO);
	assert_false(is_copy_there());
}

/* The program ends: who asked is told, and nothing is left. */
static void a_backup_that_is_cut_short(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	const char *error = NULL;
	json_t *j;

	raw_say(fd, BACKUP);
	turn_until(w, backup);
	hj_backup_free(backup);
	assert_null(backup);
	assert_int_equal(ended.r, -ECANCELED);
	while (!error && (j = hear(w, fd))) {
		error = json_object_get(j, "error") ? "said" : NULL;
		json_decref(j);
	}
	assert_non_null(error);
	assert_false(is_copy_there());
	close(fd);
}

static void backups_that_are_not_begun(void **state)
{
	static char question[600];
	struct world *w = *state;
	int fd;

	snprintf(question, sizeof(question),
	        "{\"method\":\"hjgate.Test.Backup\",\"parameters\":{\"id\":\"b-1\",\"site\":\"%0*d\"},\"more\":"
	        "true}",
	        HJ_BACKUP_SITE_MAX + 1, 0);
	assert_refused(w, question,
	        "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"site\"}}");
	assert_refused(w, "{\"method\":\"hjgate.Test.Backup\",\"parameters\":{\"id\":\"b-1\"}}",
	        "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":\"more\"}}");
	full = true;
	fd = raw_open(w->path[0]);
	raw_say(fd, BACKUP);
	json_decref(hear(w, fd));
	assert_non_null(strstr(heard, "hjgate.Test.NoRoom"));
	assert_non_null(strstr(heard, "\"free\":4096"));
	close(fd);
	assert_int_equal(ended.times, 0);
	assert_false(is_copy_there());
}

/* What a crash left goes at the next start. */
static void what_a_crash_left(void **state)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%s/var/lib/hjgate/backup/records.db", place);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && is_copy_there());
	close(fd);
	hj_backup_tidy(place, "records.db");
	assert_false(is_copy_there());
	hj_backup_tidy(place, "records.db");
}

/* ---- verifications ---- */

static void one_verification_at_a_time(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	json_t *j;

	raw_say(fd, VERIFY);
	turn_until(w, verifying);
	assert_refused(w, VERIFY, "{\"error\":\"hjgate.Test.VerifyRunning\",\"parameters\":{}}");
	hj_verifying_free(verifying); /* the ledger is about to be closed */
	assert_null(verifying);
	while ((j = hear(w, fd)) && !json_object_get(j, "error"))
		json_decref(j);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "error")), "hjgate.Test.DiskTrouble");
	json_decref(j);
	close(fd);
	fd = raw_open(w->path[0]);
	raw_say(fd, VERIFY);
	turn_until(w, verifying);
	close(fd);
	turn_until(w, !verifying);
	unreadable = true;
	assert_refused(w, VERIFY,
	        "{\"error\":\"hjgate.Test.DiskTrouble\",\"parameters\":{\"text\":\"Input/output error\"}}");
}

/* Whoever does not read wakes nobody, and is waited for, though not for ever. */
static void who_does_not_read_a_verification(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	unsigned woken = 0;
	json_t *j;

	owed = 12;
	raw_say(fd, VERIFY);
	turn_until(w, verifying);
	settle(w);
	for (unsigned i = 0; i < 20; i++)
		woken += sd_event_run(w->event, 20000) > 0;
	assert_in_range(woken, 0, 2);
	assert_non_null(verifying);
	while ((j = hear(w, fd)) && !json_object_get(json_object_get(j, "parameters"), "verdict"))
		json_decref(j);
	assert_non_null(j);
	json_decref(j);
	turn_until(w, !verifying);
	impatient = true;
	raw_say(fd, VERIFY);
	turn_until(w, verifying);
	turn_until(w, !verifying);
	while ((j = hear(w, fd)) && !json_object_get(j, "error"))
		json_decref(j);
	assert_non_null(j);
	json_decref(j);
	assert_non_null(strstr(heard, "hjgate.Test.DiskTrouble"));
	close(fd);
}

static void change_rows(const char *sql)
{
	char path[96];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/var/lib/hjgate/records.db", place);
	hj_ledger_close(ledger);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(hj_ledger_open(path, NULL, &ledger, NULL), 0);
}

/* All that was changed is named, some at a time, to a client that reads when it likes. The last of these tests: the
 * file is not whole afterwards. */
static void what_was_changed_is_named(void **state)
{
	struct world *w = *state;
	int fd = raw_open(w->path[0]);
	unsigned findings = 0, answers = 0;
	bool over = false;
	json_t *j;

	change_rows("UPDATE row SET body = zeroblob(length(body)) WHERE seq % 3 = 0");
	raw_say(fd, "{\"method\":\"hjgate.Test.Verify\",\"parameters\":{\"heads\":[\"5:"
	            "00000000000000000000000000000000\"]},"
	            "\"more\":true}");
	while (!over && (j = hear(w, fd))) {
		const json_t *said = json_object_get(j, "parameters");

		assert_null(json_object_get(j, "error"));
		findings += (unsigned)json_array_size(json_object_get(said, "findings"));
		over = json_is_object(json_object_get(said, "verdict"));
		json_decref(j);
		answers++;
	}
	assert_true(over && answers > 1);
	assert_true(findings >= ROWS / 3);
	assert_null(verifying);
	close(fd);
}

/* ---- a file ---- */

static int set_up(void **state)
{
	static char body[BYTES];
	char path[96];

	strcpy(place, "/tmp/hj-streams-XXXXXX");
	if (!mkdtemp(place))
		return -1;
	snprintf(path, sizeof(path), "%s/var/lib/hjgate", place);
	if (hj_make_folders(path, 0700) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/var/lib/hjgate/records.db", place);
	if (hj_ledger_open(path, NULL, &ledger, NULL) < 0)
		return -1;
	for (int i = 0; i < ROWS; i++) {
		struct hj_head head = {
			.kind = HJ_KIND_MINUTE, .label_ms = 1795017600000LL + i * 60000LL, .length_ms = 60000
		};

		if (hj_ledger_append(ledger, &head, body, sizeof(body)) < 0)
			return -1;
	}
	return hj_ledger_commit(ledger);
}

static int tear_down(void **state)
{
	char command[64];

	hj_ledger_close(ledger);
	snprintf(command, sizeof(command), "rm -rf %s", place);
	return system(command);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_pull_waits_for_its_reader),
		T(a_reader_that_leaves_is_noticed),
		T(a_backup_says_how_far_it_is),
		T(one_backup_at_a_time),
		T(who_leaves_while_it_is_sent),
		T(who_does_not_read_what_is_sent),
		T(a_copy_that_cannot_be_written),
		T(a_copy_that_somebody_cuts),
		T(a_backup_that_is_cut_short),
		T(backups_that_are_not_begun),
		T(what_a_crash_left),
		T(one_verification_at_a_time),
		T(who_does_not_read_a_verification),
		T(what_was_changed_is_named),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
