/* One RS-485 bus with simulated meters, made of a pty pair: the gateway opens the link as its serial port.
 *
 *	hjsim-bus --link DIR/ttyA --config DIR/busA.sim --log DIR/busA.log [--control DIR/busA.ctl] [--baud 9600]
 *[--seed 1]
 *
 * Every byte takes its time on the wire (8N1: ten bits), in both directions; an answer leaves in pieces of a few
 *bytes, each not before its last bit would have passed. A request that begins within 1.5 characters of the answer
 *before it is not heard, as on a real bus.
 *
 * The log judges the gateway, so each line is written at once. MS is the wall clock when the last byte was on the
 *wire: MS answer UNIT TABLE ADDRESS COUNT WORD...    a good answer, its registers (or bits) in hexadecimal MS spoiled
 *UNIT TABLE ADDRESS COUNT WORD...   the same, but noise hit it MS exception UNIT TABLE ADDRESS COUNT CODE MS fault
 *TEXT                                 what was injected, and requests that could not be understood
 *
 * The control FIFO takes lines: mute UNIT, unmute UNIT, garbage N (bytes, now), noise P (chance of a hit for each
 *byte), late UNIT MS, exception UNIT CODE (0 = none), unplug, replug. */
#include "bus_sim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define BITS_A_BYTE   10
#define PIECE_S       0.004 /* an answer is written in pieces of this length */
#define SILENCE_CHARS 3.5
#define STRICT_CHARS  1.5
#define HOLD_S        0.020 /* a broken request is given up after this silence */

struct bus {
	const char *link, *config, *log_path, *control_path;
	double byte_s, noise;
	struct sim_factory factory;
	struct sim_answer *answers[SIM_ANSWERS_MAX]; /* the first is on the wire */
	size_t answer_count;
	uint8_t in[SIM_FRAME_MAX];
	size_t in_length;
	double in_end_s, answer_end_s; /* when the last bit passed */
	int master, slave, control, watch;
	FILE *log;
	char command[128];
	size_t command_length;
};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static double clock_s(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void log_fault(struct bus *b, const char *text)
{
	fprintf(b->log, "%.0f fault %s\n", clock_s(CLOCK_REALTIME) * 1000, text);
}

/* The slave end stays open here, so that the master never hangs up; it is watched because a gateway that was killed
 * leaves its exclusive claim on the pty, which a real port would forget when it is closed. */
static int plug(struct bus *b)
{
	struct termios raw;
	char name[64];

	cfmakeraw(memset(&raw, 0, sizeof(raw)));
	cfsetspeed(&raw, B9600);
	raw.c_cflag |= CREAD | CLOCAL;
	if (openpty(&b->master, &b->slave, name, &raw, NULL) < 0)
		return -errno;
	fcntl(b->master, F_SETFL, O_NONBLOCK);
	fcntl(b->master, F_SETFD, FD_CLOEXEC);
	fcntl(b->slave, F_SETFD, FD_CLOEXEC);
	inotify_add_watch(b->watch, name, IN_CLOSE);
	unlink(b->link);
	return symlink(name, b->link) < 0 ? -errno : 0;
}

static void unplug(struct bus *b)
{
	unlink(b->link);
	hj_closep(&b->master);
	hj_closep(&b->slave);
	for (size_t i = 0; i < b->answer_count; i++)
		free(b->answers[i]);
	b->answer_count = b->in_length = 0;
}

static void queue(struct bus *b, struct sim_answer *a)
{
	size_t at;

	if (b->answer_count == SIM_ANSWERS_MAX) {
		log_fault(b, "answers queue full");
		free(a);
		return;
	}
	/* By their time: a late meter answers into what others say after it, but nobody breaks into an answer. */
	for (at = b->answer_count; at > 0 && !b->answers[at - 1]->sent && b->answers[at - 1]->start_s > a->start_s;
	        at--)
		b->answers[at] = b->answers[at - 1];
	b->answers[at] = a;
	b->answer_count++;
}

static void spoil(struct bus *b, struct sim_answer *a)
{
	for (size_t i = 0; i < a->length; i++) {
		if ((double)random() / (double)RAND_MAX >= b->noise)
			continue;
		a->bytes[i] ^= (uint8_t)(1 << (random() % 8));
		a->spoiled = true;
	}
}

static void take_request(struct bus *b, size_t length)
{
	_cleanup_free_ struct sim_answer *a = malloc(sizeof(*a));
	const struct sim_unit *unit;

	if (!a || !sim_slave_answer(&b->factory, b->in, length, b->in_end_s, a))
		return;
	unit = &b->factory.units[a->unit];
	a->start_s = b->in_end_s + SILENCE_CHARS * b->byte_s + (unit->turnaround_ms + unit->late_ms) / 1000.0;
	spoil(b, a);
	queue(b, hj_steal(a));
}

/* The request is heard when its last bit has passed. */
static void hear(struct bus *b, double now_s)
{
	int length = sim_request_length(b->in, b->in_length);

	if (!b->in_length || now_s < b->in_end_s)
		return;
	if (length > 0) {
		take_request(b, (size_t)length);
		memmove(b->in, b->in + length, b->in_length - (size_t)length);
		b->in_length -= (size_t)length;
	} else if (now_s >= b->in_end_s + HOLD_S) {
		log_fault(b, "request not understood");
		b->in_length = 0;
	}
}

static void receive(struct bus *b, double now_s)
{
	uint8_t bytes[SIM_FRAME_MAX];
	ssize_t n = read(b->master, bytes, sizeof(bytes));

	if (n <= 0)
		return;
	if (!b->in_length && now_s < b->answer_end_s + STRICT_CHARS * b->byte_s) {
		log_fault(b, "request too soon after an answer");
		return;
	}
	b->in_end_s = (now_s > b->in_end_s ? now_s : b->in_end_s) + (double)n * b->byte_s;
	n = hj_min(n, (ssize_t)(sizeof(b->in) - b->in_length));
	memcpy(b->in + b->in_length, bytes, (size_t)n);
	b->in_length += (size_t)n;
}

static void log_answer(struct bus *b, const struct sim_answer *a, double wall_s)
{
	const char *what = a->spoiled ? "spoiled" : a->exception ? "exception" : "answer";

	if (a->is_garbage) {
		fprintf(b->log, "%.0f fault garbage %zu\n", wall_s * 1000, a->length);
		return;
	}
	fprintf(b->log, "%.0f %s %d %s %d %d", wall_s * 1000, what, a->unit,
	        a->table >= 1 && a->table <= 4 ? sim_table_name((enum sim_table)a->table) : "other", a->address,
	        a->count);
	if (a->exception)
		fprintf(b->log, " %d", a->exception);
	for (int i = 0; i < a->count && !a->exception; i++)
		fprintf(b->log, " %04x", a->words[i]);
	fputc('\n', b->log);
}

/* Writes what has passed on the wire of the first answer. */
static void transmit(struct bus *b, double now_s)
{
	struct sim_answer *a = b->answer_count ? b->answers[0] : NULL;
	double wall_s = clock_s(CLOCK_REALTIME), passed;
	size_t due;

	if (!a || now_s < a->start_s)
		return;
	passed = (now_s - a->start_s) / b->byte_s;
	due = passed >= (double)a->length ? a->length : (size_t)passed;
	if (due > a->sent && write(b->master, a->bytes + a->sent, due - a->sent) < 0)
		log_fault(b, "answer lost: nobody reads");
	a->sent = due;
	b->answer_end_s = now_s;
	if (due < a->length)
		return;
	log_answer(b, a, wall_s);
	free(a);
	memmove(b->answers, b->answers + 1, sizeof(b->answers[0]) * --b->answer_count);
	if (b->answer_count && b->answers[0]->start_s < now_s)
		b->answers[0]->start_s = now_s;
}

static void garbage(struct bus *b, int n)
{
	struct sim_answer *a = calloc(1, sizeof(*a));

	if (!a)
		return;
	a->is_garbage = true;
	a->length = (size_t)(n < 1 ? 1 : n > SIM_FRAME_MAX ? SIM_FRAME_MAX : n);
	for (size_t i = 0; i < a->length; i++)
		a->bytes[i] = (uint8_t)random();
	a->start_s = clock_s(CLOCK_MONOTONIC);
	queue(b, a);
}

static void command(struct bus *b, const char *line)
{
	char word[16] = "";
	double first = 0, second = 0;
	struct sim_unit *unit;

	sscanf(line, "%15s %lf %lf", word, &first, &second);
	unit = &b->factory.units[first >= 1 && first < SIM_UNITS ? (int)first : 0];
	log_fault(b, line);
	if (!strcmp(word, "mute") || !strcmp(word, "unmute"))
		unit->mute = word[0] == 'm';
	else if (!strcmp(word, "late"))
		unit->late_ms = (int)second;
	else if (!strcmp(word, "exception"))
		unit->exception = (int)second;
	else if (!strcmp(word, "noise"))
		b->noise = first;
	else if (!strcmp(word, "garbage"))
		garbage(b, (int)first);
	else if (!strcmp(word, "unplug"))
		unplug(b);
	else if (!strcmp(word, "replug") && b->master < 0)
		plug(b);
	else
		log_fault(b, "unknown command");
}

static void read_commands(struct bus *b)
{
	char c;

	while (read(b->control, &c, 1) == 1) {
		if (c != '\n') {
			b->command[b->command_length] = c;
			b->command_length += b->command_length < sizeof(b->command) - 1;
			continue;
		}
		b->command[b->command_length] = '\0';
		b->command_length = 0;
		command(b, b->command);
	}
}

static void read_watch(struct bus *b)
{
	char events[4096];

	if (read(b->watch, events, sizeof(events)) > 0 && b->slave >= 0)
		ioctl(b->slave, TIOCNXCL);
}

/* Seconds until something is due; a day where nothing is. */
static double next_due(const struct bus *b, double now_s)
{
	double due = now_s + 86400;

	if (b->in_length)
		due = b->in_end_s > now_s ? b->in_end_s : b->in_end_s + HOLD_S;
	if (b->answer_count) {
		const struct sim_answer *a = b->answers[0];
		double end = a->start_s + (double)a->length * b->byte_s, piece = hj_max(now_s, a->start_s) + PIECE_S;

		end = hj_min(end, piece) + 1e-5;
		due = hj_min(due, end);
	}
	return due > now_s ? due - now_s : 0;
}

static void run(struct bus *b)
{
	while (!stopping) {
		struct pollfd fds[] = { { .fd = b->master, .events = POLLIN }, { .fd = b->control, .events = POLLIN },
			{ .fd = b->watch, .events = POLLIN } };
		double wait_s = next_due(b, clock_s(CLOCK_MONOTONIC)), now_s;
		struct timespec wait = { (time_t)wait_s, (long)((wait_s - (double)(time_t)wait_s) * 1e9) };

		if (ppoll(fds, hj_array_size(fds), &wait, NULL) < 0 && errno != EINTR)
			return;
		now_s = clock_s(CLOCK_MONOTONIC);
		if (fds[2].revents)
			read_watch(b);
		if (fds[0].revents)
			receive(b, now_s);
		hear(b, now_s);
		transmit(b, now_s);
		if (fds[1].revents)
			read_commands(b);
	}
}

static int parse(struct bus *b, int argc, char **argv)
{
	const char *baud = "9600", *seed = "1";
	const struct {
		const char *name;
		const char **to;
	} keys[] = { { "--link", &b->link }, { "--config", &b->config }, { "--log", &b->log_path },
		{ "--control", &b->control_path }, { "--baud", &baud }, { "--seed", &seed } };

	for (int i = 1; i < argc; i += 2) {
		size_t k = 0;

		while (k < hj_array_size(keys) && strcmp(keys[k].name, argv[i]) != 0)
			k++;
		if (k == hj_array_size(keys) || i + 1 == argc)
			return -EINVAL;
		*keys[k].to = argv[i + 1];
	}
	srandom((unsigned)atoi(seed));
	if (atoi(baud) <= 0)
		return -EINVAL;
	b->byte_s = (double)BITS_A_BYTE / atoi(baud);
	return b->link && b->config && b->log_path ? 0 : -EINVAL;
}

static int open_all(struct bus *b)
{
	int r;

	b->log = fopen(b->log_path, "ae");
	if (!b->log)
		return -errno;
	setvbuf(b->log, NULL, _IOLBF, 1 << 14);
	if (b->control_path) {
		if (mkfifo(b->control_path, 0600) < 0 && errno != EEXIST)
			return -errno;
		b->control = open(b->control_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (b->control < 0)
			return -errno;
	}
	b->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	r = plug(b);
	return r;
}

int main(int argc, char **argv)
{
	static struct bus b = { .master = -1, .slave = -1, .control = -1, .watch = -1 };
	struct sigaction on = { .sa_handler = on_signal };
	int r;

	if (parse(&b, argc, argv) < 0) {
		fprintf(stderr, "usage: hjsim-bus --link PATH --config FILE --log FILE [--control FIFO] [--baud N] "
		                "[--seed N]\n");
		return 2;
	}
	if (sim_factory_load(&b.factory, b.config) < 0)
		return 1;
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGINT, &on, NULL);
	r = open_all(&b);
	if (r < 0) {
		fprintf(stderr, "hjsim-bus: cannot make the bus: %s\n", strerror(-r));
		return 1;
	}
	run(&b);
	unplug(&b);
	fclose(b.log);
	return 0;
}
