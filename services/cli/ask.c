/* Asking the daemons by their sockets, blocking: a command has nothing else to do. A daemon that is away, a socket
 * that may not be used and an answer that says no each have their own words and exit status. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "ask.h"
#include "hjgate/clock.h"
#include "output.h"
#include "render.h"

/* "uplinkd@county.change" -> "uplinkd@county" */
static int name_length(const char *socket)
{
	const char *dot = strrchr(socket, '.');

	return (int)(dot ? dot - socket : (ptrdiff_t)strlen(socket));
}

static bool is_change(const char *socket)
{
	return !strcmp(socket + name_length(socket), ".change");
}

static int open_quiet(const char *root, const char *socket, struct hj_ipc_ask *ret)
{
	char path[HJ_PATH_MAX];
	int r = hj_path(root, HJ_DIR_RUN, socket, path);

	return r < 0 ? r : hj_ipc_ask_open(path, ret);
}

/* Whether others run: then this one was never started, or it does not come up. */
static bool others_run(const struct cli *cli, const char *socket)
{
	struct hj_ipc_ask ask;
	bool store = !strncmp(socket, "stored.", strlen("stored."));

	if (open_quiet(cli->root, store ? "eventd.look" : "stored.look", &ask) < 0)
		return false;
	hj_ipc_ask_close(&ask);
	return true;
}

/* It is not there at all. */
static int absent(const struct cli *cli, const char *socket)
{
	bool others = others_run(cli, socket);

	cli_refused(cli, _("hjgate-%.*s is not running"), name_length(socket), socket);
	if (*cli->root && others)
		fprintf(stderr, _("Others are; start it, too: hjgate apply --root %s\n"), cli->root);
	else if (*cli->root)
		fprintf(stderr, _("Start the programs: hjgate run --root %s\n"), cli->root);
	else if (others)
		fprintf(stderr, "%s\n", _("Others are; start it, too: sudo hjgate apply"));
	else
		fprintf(stderr, "%s\n",
		        _("Start the programs: systemctl start hjgate.target (or, where systemd is not in charge, "
		          "hjgate run)"));
	return HJ_EXIT_TEMPORARY;
}

/* Somebody holds its socket, but no answer comes: it is being started, or it is stuck, and its log says more. */
static int silent(const struct cli *cli, const char *socket, const char *what)
{
	int n = name_length(socket);

	cli_refused(cli, "hjgate-%.*s %s", n, socket, what);
	if (*cli->root)
		fprintf(stderr, _("Try again; if it stays so, look at what hjgate run --root %s prints.\n"),
		        cli->root);
	else
		fprintf(stderr, _("Try again; if it stays so, look at its log: journalctl -u hjgate-%.*s\n"), n,
		        socket);
	return HJ_EXIT_TEMPORARY;
}

static int forbidden(const struct cli *cli, const char *socket)
{
	const char *group = is_change(socket) ? "hjgate-admin" : "hjgate";

	return cli_refused(cli,
	        _("you may not ask hjgate-%.*s: join the group %s (sudo usermod -aG %s $USER, then log in again), or "
	          "use sudo"),
	        name_length(socket), socket, group, group);
}

#define NO_ROOM        N_("a backup is made beside the data first, which takes {need} bytes there; {free} are free")
#define BACKUP_RUNNING N_("a backup is being made already: try again when it is over")

/* Refusals in words; {} are the error's parameters. */
static const struct {
	const char *error, *text;
} refusals[] = {
	{ HJ_IPC_ERROR_PARAMETER, N_("the daemon does not take this value of \"{parameter}\"") },
	{ HJ_IPC_ERROR_METHOD, N_("the daemon does not know {method}: it is of another version than this command") },
	{ HJ_IPC_ERROR_BUSY, N_("the daemon has too many clients now: try again") },
	{ HJ_IPC_ERROR_DENIED, N_("this needs the socket for changes: join the group hjgate-admin") },
	{ "hjgate.Failed", N_("the daemon failed: {text}") },
	{ "hjgate.Store.NoSuchUplink", N_("the store knows no uplink \"{uplink}\"") },
	{ "hjgate.Store.NoSuchTotal",
	        N_("the store knows no total \"{point}\": hjgate points shows those there are") },
	{ "hjgate.Store.NoSuchPoint",
	        N_("nothing of the name \"{what}\" was ever read: hjgate points shows what there is") },
	{ "hjgate.Store.NotMaintained", N_("{what} is not being worked on") },
	{ "hjgate.Store.NoRoom", NO_ROOM },
	{ "hjgate.Event.NoRoom", NO_ROOM },
	{ "hjgate.Store.BackupRunning", BACKUP_RUNNING },
	{ "hjgate.Event.BackupRunning", BACKUP_RUNNING },
	{ "hjgate.Store.VerifyRunning", N_("the records are being verified already: try again when that is over") },
	{ "hjgate.Store.DiskTrouble", N_("the disk fails: {text}") },
	{ "hjgate.Store.TooMany", N_("too many: {what}, at most {most}") },
	{ "hjgate.Meter.NoAnswer", N_("the meter does not answer ({text})") },
	{ "hjgate.Event.NoSuchEvent", N_("there is no event {id}") },
	{ "hjgate.Judge.NoSuchEquipment",
	        N_("equipment.conf has no equipment \"{equipment}\": hjgate judge shows what there is") },
	{ "hjgate.Alert.NoSuchChannel", N_("alerts.conf has no channel \"{channel}\"") },
	{ "hjgate.Alert.BadConfiguration", N_("alerts.conf is not right: see hjgate check") },
};

void cli_error_text(json_t *reply, char *to, size_t size)
{
	const char *error = cli_string(reply, "error");

	snprintf(to, size, _("the daemon refused: %s"), error ? error : "?");
	for (size_t i = 0; error && i < hj_array_size(refusals); i++)
		if (!strcmp(error, refusals[i].error))
			cli_fill(_(refusals[i].text), json_object_get(reply, "parameters"), to, size);
}

int cli_ask_failed(const struct cli *cli, const char *socket, int r, json_t *reply)
{
	char text[256];

	if (r == -EACCES || r == -EPERM)
		return forbidden(cli, socket);
	if (r == -ENOENT || r == -ECONNREFUSED || r == -ENOTDIR)
		return absent(cli, socket);
	if (r == -ETIMEDOUT || r == -EAGAIN)
		return silent(cli, socket, _("does not answer"));
	if (r == -ECONNRESET || r == -EPIPE || r == -ENOTCONN || r == -EBADMSG)
		return silent(cli, socket, _("broke off its answer"));
	if (r == -EREMOTEIO) {
		cli_error_text(reply, text, sizeof(text));
		return cli_refused(cli, "%s", text);
	}
	return cli_refused(cli, _("cannot ask hjgate-%.*s: %s"), name_length(socket), socket, strerror(-r));
}

int cli_open(const struct cli *cli, const char *socket, struct hj_ipc_ask *ret)
{
	int r = open_quiet(cli->root, socket, ret);

	return r < 0 ? cli_ask_failed(cli, socket, r, NULL) : 0;
}

int cli_ask(const struct cli *cli, const char *socket, const char *method, json_t *params, json_t **ret)
{
	_cleanup_json_ json_t *answer = NULL;
	int r = cli_ask_quiet(cli->root, socket, method, params, CLI_ANSWER_MS, &answer, NULL);

	if (r < 0)
		return cli_ask_failed(cli, socket, r, answer);
	*ret = hj_steal(answer);
	return 0;
}

/* A daemon that was handed its socket listens on it again, so that the credentials are its own and not those of who
 * made the socket. */
static int peer_pid(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 ? 0 : who.pid;
}

int cli_ask_quiet(const char *root, const char *socket, const char *method, json_t *params, int timeout_ms,
        json_t **ret, int *ret_pid)
{
	struct hj_ipc_ask ask;
	int r = open_quiet(root, socket, &ask);

	if (r < 0) {
		json_decref(params);
		return r;
	}
	r = hj_ipc_ask(&ask, method, params, timeout_ms, ret);
	if (ret_pid)
		*ret_pid = peer_pid(ask.fd);
	hj_ipc_ask_close(&ask);
	return r;
}

static int stream(struct hj_ipc_ask *ask, const char *method, json_t *params, int timeout_ms, cli_answer_fn fn,
        void *userdata, json_t **ret_reply)
{
	bool continues = true;
	int r = hj_ipc_ask_more(ask, method, params);

	while (r >= 0 && continues) {
		json_t *answer = NULL;

		r = hj_ipc_ask_next(ask, timeout_ms, &answer, &continues);
		if (r < 0) {
			*ret_reply = answer;
			return r;
		}
		r = fn(answer, continues, userdata);
		json_decref(answer);
		if (r > 0 || (timeout_ms < 0 && cli_output_failed())) /* who waits for ever waits for nothing then */
			return 0;
	}
	return r;
}

int cli_stream_quiet(const char *root, const char *socket, const char *method, json_t *params, int timeout_ms,
        cli_answer_fn fn, void *userdata, json_t **ret_error)
{
	struct hj_ipc_ask ask;
	int r = open_quiet(root, socket, &ask);

	if (r < 0) {
		json_decref(params);
		return r;
	}
	r = stream(&ask, method, params, timeout_ms, fn, userdata, ret_error);
	hj_ipc_ask_close(&ask);
	return r;
}

int cli_stream(const struct cli *cli, const char *socket, const char *method, json_t *params, int timeout_ms,
        cli_answer_fn fn, void *userdata)
{
	_cleanup_json_ json_t *reply = NULL;
	int r = cli_stream_quiet(cli->root, socket, method, params, timeout_ms, fn, userdata, &reply);

	return r < 0 ? cli_ask_failed(cli, socket, r, reply) : 0;
}

int64_t cli_int(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

uint64_t cli_left_out(json_t *answer)
{
	return (uint64_t)hj_max(cli_int(answer, "left_out"), (int64_t)0);
}

int64_t cli_time(json_t *object, const char *key)
{
	int64_t ms = cli_int(object, key);

	return ms > 0 && ms <= HJ_TIME_MAX_MS ? ms : 0;
}

const char *cli_string(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

double cli_number(json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

json_t *cli_member(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value ? json_incref(value) : json_null();
}
