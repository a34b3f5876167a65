/* Both ends of a local socket when calls fail that hardly ever do: of each place that asks for memory, the system or
 * the loop, the first call fails once, in several ways. Who asks gets its answer, an error or a closed connection;
 * nothing is left behind, and the next one who asks is answered. */
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/statvfs.h>

#include "ipc_world.h"

#include "call_faults.h"

#include "hjgate/backup.h"
#include "hjgate/ipc_pull.h"
#include "hjgate/ledger.h"
#include "hjgate/service.h"
#include "hjgate/report.h"
#include "hjgate/report_once.h"
#include "hjgate/verify_serve.h"

#if HEAP_REFUSES
MAY_FAIL(int, socket, (int family, int type, int protocol), (family, type, protocol), -1)
MAY_FAIL(int, connect, (int fd, const struct sockaddr *to, socklen_t n), (fd, to, n), -1)
MAY_FAIL(int, accept4, (int fd, struct sockaddr *from, socklen_t *n, int flags), (fd, from, n, flags), -1)
MAY_FAIL(int, listen, (int fd, int n), (fd, n), -1)
MAY_FAIL(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags), -1)
MAY_FAIL_AS_DECLARED(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags), -1)
MAY_FAIL(int, getsockopt, (int fd, int level, int name, void *to, socklen_t *n), (fd, level, name, to, n), -1)
MAY_FAIL(int, setsockopt, (int fd, int level, int name, const void *p, socklen_t n), (fd, level, name, p, n), -1)
MAY_FAIL_AS_DECLARED(int, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms), -1)
MAY_FAIL(int, statvfs64, (const char *path, struct statvfs64 *to), (path, to), -1)
MAY_FAIL(json_t *, json_object, (void), (), NULL)
MAY_FAIL(char *, json_dumps, (const json_t *j, size_t flags), (j, flags), NULL)
MAY_FAIL(int, EVP_DigestUpdate, (EVP_MD_CTX * c, const void *p, size_t n), (c, p, n), 0)
MAY_FAIL(int, sd_event_add_io,
        (sd_event * e, sd_event_source **ret, int fd, uint32_t events, sd_event_io_handler_t fn, void *data),
        (e, ret, fd, events, fn, data), -ENOMEM)
MAY_FAIL(int, sd_event_add_time,
        (sd_event * e, sd_event_source **ret, clockid_t clock, uint64_t at, uint64_t accuracy,
                sd_event_time_handler_t fn, void *data),
        (e, ret, clock, at, accuracy, fn, data), -ENOMEM)
MAY_FAIL(int, sd_event_add_time_relative,
        (sd_event * e, sd_event_source **ret, clockid_t clock, uint64_t at, uint64_t accuracy,
                sd_event_time_handler_t fn, void *data),
        (e, ret, clock, at, accuracy, fn, data), -ENOMEM)

#endif

/* Nothing more comes after so many idle rounds of the loop: no clock, which runs on while we are held up. */
#define QUIET_ROUNDS 10
#define ROUND_US     2000

static char place[32];
static struct hj_ledger *ledger;
static struct hj_backup *backup;
static struct hj_verifying *verifying;
static struct hj_ipc_pulls pulls;
static sd_event *loop;

/* ---- a service that does all that ours do ---- */

static int do_backup(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct hj_backup_of of = {
		.event = loop, .root = place, .file = "records.db", .interface = "hjgate.Test", .slot = &backup
	};

	return hj_backup_begin(&of, ledger, call, parameters);
}

static int do_verify(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const struct hj_verify_of of = { .event = loop, .interface = "hjgate.Test", .slot = &verifying };

	return hj_verifying_begin(&of, ledger, call, parameters);
}

static enum hj_ipc_part part(struct hj_ipc_call *call, void *userdata, json_t **ret)
{
	int *n = userdata;

	*ret = json_pack("{s:i}", "n", ++*n);
	return *n < 40 ? HJ_IPC_PART_MORE : HJ_IPC_PART_LAST;
}

static int do_pull(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	int *n = calloc(1, sizeof(*n));

	return n ? hj_ipc_pull(&pulls, call, part, n) : -ENOMEM;
}

static const struct hj_ipc_interface every = {
	.name = "hjgate.Every",
	.description = "interface hjgate.Every\n",
	.methods =
	        (const struct hj_ipc_method[]){
	                { "Say", HJ_ANY_RIGHT, say },
	                { "Fails", HJ_ANY_RIGHT, fails },
	                { "Backup", HJ_ANY_RIGHT, do_backup },
	                { "Verify", HJ_ANY_RIGHT, do_verify },
	                { "Pull", HJ_ANY_RIGHT, do_pull },
	                { NULL, 0, NULL },
	        },
};
static const struct hj_ipc_interface *const all[] = { &every, NULL };

/* ---- who asks ---- */

struct asking {
	const char *method, *parameters;
	int flags;
	unsigned answers, errors;
	bool over, good;
};

static void answered(const char *error, json_t *parameters, bool continues, void *userdata)
{
	struct asking *a = userdata;

	a->answers++;
	a->errors += error != NULL;
	a->over = !continues;
	a->good = a->over && !error;
}

/* Until it is over, or for as long as nothing has come for a while. */
static void turn(sd_event *event, const bool *over)
{
	for (unsigned quiet = 0; !*over && quiet < QUIET_ROUNDS;)
		quiet = sd_event_run(event, ROUND_US) > 0 ? 0 : quiet + 1;
}

static bool rest(void)
{
	bool watched = heap.watched;

	heap.watched = false;
	return watched;
}

/* The next one is answered whatever has just gone wrong. */
static void assert_serves(struct world *w)
{
	bool watched = rest();
	int fd = raw_open(w->path[0]);

	raw_say(fd, "{\"method\":\"hjgate.Every.Say\",\"parameters\":{\"a\":1}}");
	assert_hears(w, fd, "{\"parameters\":{\"a\":1}}");
	close(fd);
	settle(w);
	heap.watched = watched;
}

static int ask_it(struct world *w, struct asking *a)
{
	static const struct hj_ipc_client_events nothing = { NULL, NULL };
	_cleanup_(hj_ipc_client_freep) struct hj_ipc_client *client = NULL;
	int r = hj_ipc_client_new(w->event, w->path[0], &nothing, NULL, &client);
	bool up = false;

	for (unsigned quiet = 0; r >= 0 && !up && quiet < QUIET_ROUNDS; up = hj_ipc_client_is_up(client))
		quiet += sd_event_run(w->event, ROUND_US) <= 0;
	a->over = false;
	if (up)
		r = hj_ipc_client_call(client, a->method, json_loads(a->parameters, 0, NULL), a->flags, answered, a);
	if (r >= 0 && up)
		turn(w->event, &a->over);
	return r;
}

static int ask_once(void *userdata)
{
	struct asking *a = userdata;
	struct world w = { 0 };
	bool watched = rest();
	int r;

	snprintf(w.folder, sizeof(w.folder), "%s/s", place);
	snprintf(w.path[0], sizeof(w.path[0]), "%s/s/look", place);
	mkdir(w.folder, 0700);
	w.listening[0] = listen_at(w.path[0]);
	assert_true(sd_event_new(&w.event) >= 0);
	loop = w.event;
	heap.watched = watched;
	r = hj_ipc_server_new(w.event, all, &w, &w.server);
	if (r >= 0)
		r = hj_ipc_server_add(w.server, w.listening[0], HJ_LOOK);
	if (r < 0)
		close(w.listening[0]);
	if (r >= 0) {
		(void)ask_it(&w, a); /* it may fail: then it has been told */
		assert_serves(&w);
	}
	hj_backup_free(backup);
	hj_verifying_free(verifying);
	hj_ipc_pulls_done(&pulls);
	hj_ipc_server_free(w.server);
	rest();
	sd_event_unref(w.event);
	unlink(w.path[0]);
	heap.watched = watched;
	return 0;
}

/* Nothing fails, then each place once with each of the first of these. */
static void ask_in_every_way(struct asking *a, size_t ways)
{
	static const int errors[] = { EIO, EINTR, EAGAIN, EMFILE };

	assert_int_equal(ask_once(a), 0);
	assert_true(a->good);
	for (size_t i = 0; i < ways; i++) {
		call_error = errors[i];
		assert_true(heap_each_place(ask_once, a, 0) > 10);
	}
}

static void a_question(void **state)
{
	ask_in_every_way(&(struct asking){ "hjgate.Every.Say", "{\"a\":[1,2,3]}", 0, 0, 0, false, false }, 4);
}

static void a_stream(void **state)
{
	ask_in_every_way(&(struct asking){ "hjgate.Every.Pull", "{}", HJ_IPC_MORE, 0, 0, false, false }, 2);
}

static void a_backup(void **state)
{
	ask_in_every_way(&(struct asking){ "hjgate.Every.Backup", "{\"id\":\"b-1\",\"site\":\"here\"}", HJ_IPC_MORE,
	                         0, 0, false, false },
	        2);
}

static void a_verification(void **state)
{
	ask_in_every_way(
	        &(struct asking){ "hjgate.Every.Verify", "{\"heads\":[]}", HJ_IPC_MORE, 0, 0, false, false }, 2);
}

/* What cannot be meant is an error that names it, and no work. */
static void parameters_that_cannot_be(void **state)
{
	static const char *const wrong[][2] = {
		{ "Backup", "{}" },
		{ "Backup", "{\"id\":5,\"site\":\"here\"}" },
		{ "Backup", "{\"id\":\"\",\"site\":\"here\"}" },
		{ "Backup", "{\"id\":\"a/b\",\"site\":\"here\"}" },
		{ "Backup", "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"site\":"
		            "\"x\"}" },
		{ "Verify", "{\"heads\":5}" },
		{ "Verify", "{\"heads\":[5]}" },
		{ "Verify", "{\"heads\":[\"1:zz\"]}" },
		{ "Verify", "{\"begin\":\"now\"}" },
		{ "Fails", "{}" },
		{ "Nothing", "{}" },
	};

	for (size_t i = 0; i < hj_array_size(wrong); i++) {
		char method[64];
		struct asking a = { method, wrong[i][1], HJ_IPC_MORE, 0, 0, false, false };

		snprintf(method, sizeof(method), "hjgate.Every.%s", wrong[i][0]);
		assert_int_equal(ask_once(&a), 0);
		assert_int_equal(a.errors, 1);
		assert_null(backup);
		assert_null(verifying);
	}
}

/* ---- a file to be copied ---- */

static int set_up(void **state)
{
	char path[160];

	strcpy(place, "/tmp/hj-ipc-XXXXXX");
	if (!mkdtemp(place))
		return -1;
	snprintf(path, sizeof(path), "%s/var/lib/hjgate", place);
	if (hj_make_folders(path, 0700) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/var/lib/hjgate/records.db", place);
	if (hj_ledger_open(path, NULL, &ledger, NULL) < 0)
		return -1;
	for (int i = 0; i < 300; i++) {
		char body[700] = "x";
		struct hj_head head = {
			.kind = HJ_KIND_MINUTE, .label_ms = 1795017600000 + i * 60000, .length_ms = 60000
		};

		if (hj_ledger_append(ledger, &head, body, sizeof(body)) < 0)
			return -1;
	}
	return hj_ledger_commit(ledger);
}

static int tear_down(void **state)
{
	char command[128];

	hj_ledger_close(ledger);
	snprintf(command, sizeof(command), "rm -rf %s", place);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question),
		cmocka_unit_test(a_stream),
		cmocka_unit_test(a_backup),
		cmocka_unit_test(a_verification),
		cmocka_unit_test(parameters_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
