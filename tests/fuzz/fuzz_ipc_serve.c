/* A client of a local socket that says anything, in any cut: the server answers each message or shuts the door, what
 * it says are messages, a method sees none but objects, and it is there for the next client. The first byte says
 * which socket, the second how the rest is cut. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hjgate/idl.h"
#include "hjgate/ipc_server.h"
#include "hjgate/log.h"
#include "fuzz.h"

#define RIGHTS     3
#define TURNS_MOST 4096 /* of the loop, for one piece, beside one or two for each of its messages */

static struct {
	sd_event *event;
	struct hj_ipc_server *server;
	struct sockaddr_un at[RIGHTS];
	socklen_t n[RIGHTS];
	unsigned asked;
} world;

static int say(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	world.asked++;
	claim(json_is_object(parameters));
	return hj_ipc_reply(call, json_incref(parameters));
}

static int say_more(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	int r = 0;

	for (int i = 0; i < 3 && r >= 0; i++)
		r = hj_ipc_reply_more(call, json_pack("{s:i}", "number", i));
	return r < 0 ? hj_ipc_fail_parameter(call, "more") : hj_ipc_reply(call, NULL);
}

static int read_them(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	const char *text = NULL, *bad = NULL;
	int64_t number = 0;
	const struct hj_param table[] = {
		{ "text", HJ_PARAM_STRING, true, &text },
		{ "number", HJ_PARAM_INT, false, &number },
	};

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	return hj_ipc_reply(call, json_pack("{s:s, s:I}", "text", text, "number", (json_int_t)number));
}

static int fail(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return -ENOSPC;
}

static int forget(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	return 0;
}

static void begin(void)
{
	static const struct hj_ipc_method methods[] = {
		{ "Say", HJ_ANY_RIGHT, say },
		{ "More", HJ_ANY_RIGHT, say_more },
		{ "Read", HJ_ANY_RIGHT, read_them },
		{ "Fail", HJ_ANY_RIGHT, fail },
		{ "Forget", HJ_ANY_RIGHT, forget },
		{ "Change", HJ_CHANGE, say },
		{ "Peer", HJ_PEER, say },
		{ NULL, 0, NULL },
	};
	static const struct hj_ipc_interface test = {
		.name = "hjgate.Test", .description = "interface hjgate.Test\n", .methods = methods
	};
	static const struct hj_ipc_interface *const interfaces[] = { &test, NULL };
	static const enum hj_right rights[RIGHTS] = { HJ_LOOK, HJ_CHANGE, HJ_PEER };

	hj_log_setup("fuzz", HJ_LOG_ERROR - 1);
	claim(sd_event_new(&world.event) >= 0);
	claim(hj_ipc_server_new(world.event, interfaces, &world, &world.server) >= 0);
	for (int i = 0; i < RIGHTS; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		world.at[i].sun_family = AF_UNIX;
		world.n[i] = sizeof(world.at[i]);
		claim(fd >= 0 && bind(fd, (struct sockaddr *)&world.at[i], sizeof(sa_family_t)) ==
		                         0); /* a name that the kernel chooses */
		claim(getsockname(fd, (struct sockaddr *)&world.at[i], &world.n[i]) == 0 && listen(fd, 8) == 0);
		claim(hj_ipc_server_add(world.server, fd, rights[i]) >= 0);
	}
}

/* What the server has said until now; false: it has shut the door. */
static bool hear(int fd, struct hj_ipc_frame *said)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text), MSG_DONTWAIT)) > 0) {
		json_t *message = NULL;

		claim(hj_ipc_frame_put(said, text, (size_t)n) == 0);
		while (hj_ipc_frame_next(said, &message, NULL)) {
			claim(message && json_is_object(message));
			claim(json_is_object(json_object_get(message, "parameters")));
			json_decref(hj_steal(message));
		}
	}
	return n < 0 && errno == EAGAIN;
}

static bool turn(int fd, size_t n, struct hj_ipc_frame *said)
{
	bool open = true;

	for (int i = 0; i < TURNS_MOST + 2 * (int)n && open; i++) {
		if (sd_event_run(world.event, 0) <= 0)
			return hear(fd, said);
		open = hear(fd, said);
	}
	claim(!open); /* else it turns without end */
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hj_ipc_frame said = { .scanned = 0 };
	struct hj_ipc_counts counts;
	unsigned which;
	size_t cut;
	int fd;

	if (size < 3)
		return 0;
	if (!world.event)
		begin();
	which = data[0] % RIGHTS;
	cut = data[1] ? data[1] * 16u : size;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	claim(fd >= 0 && connect(fd, (struct sockaddr *)&world.at[which], world.n[which]) == 0);
	for (size_t at = 2; at < size; at += cut) {
		size_t n = size - at < cut ? size - at : cut;

		if (send(fd, data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n || !turn(fd, n, &said))
			break;
	}
	close(fd);
	while (sd_event_run(world.event, 0) > 0)
		;
	hj_ipc_server_counts(world.server, &counts);
	claim(!counts.now);
	hj_ipc_frame_done(&said);
	return 0;
}
