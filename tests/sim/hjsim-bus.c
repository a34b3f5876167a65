/* One RS-485 bus with simulated meters, made of a pty pair: the gateway opens the link as its serial port.
 *
 *	hjsim-bus --link DIR/ttyA --config DIR/busA.sim --log DIR/busA.log [--control DIR/busA.ctl] [--baud 9600]
 *		[--format 8N1] [--seed 1] [--stamp ms|us] [--port any|strict] [--do COMMAND]...
 *
 * Every byte takes its time on the wire by the whole serial format (8N1: ten bits, 8E1: eleven), in both directions
 * (bus_wire.c). What is due is done at its moment: the process is raised above others where that is allowed, and the
 * last tens of microseconds are waited out awake. With --port strict, what is sent at another baud rate is not
 * understood.
 *
 * The log judges the gateway, so each line is written at once. MS is the wall clock when the last byte was on the
 * wire, with --stamp us to the microsecond:
 *
 *	MS answer UNIT TABLE ADDRESS COUNT WORD...    a good answer, its registers (or bits) in hexadecimal
 *	MS spoiled UNIT TABLE ADDRESS COUNT WORD...   the same, but it did not arrive so
 *	MS exception UNIT TABLE ADDRESS COUNT CODE
 *	MS master UNIT TABLE ADDRESS COUNT            another master's request
 *	MS foreign UNIT TABLE ADDRESS COUNT WORD...   the answer to it
 *	MS fault TEXT                                 what was injected, and requests that could not be understood
 *
 * The control FIFO and --do take the lines of bus_control.c and bus_unit.c; the FIFO also unplug and replug. */
#include "bus_sim.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define AWAKE_S       60e-6  /* before what is due is done */
#define EXPECTED_S    400e-6 /* from t3.5 after the last byte on: when a busy master asks again */
#define SLEEP_MOST_S  3600.0
#define PRIORITY      20 /* of SCHED_FIFO */
#define NICE          (-20)
#define COMMANDS_MOST 16

struct bus {
	const char *link, *config, *log_path, *control_path, *commands[COMMANDS_MOST];
	size_t command_count;
	bool strict_port;
	int baud, slave, control, watch;
	struct sim_factory factory;
	struct sim_wire wire;
	char command[128];
	size_t command_length;
};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
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
	if (openpty(&b->wire.fd, &b->slave, name, &raw, NULL) < 0)
		return -errno;
	fcntl(b->wire.fd, F_SETFL, O_NONBLOCK);
	fcntl(b->wire.fd, F_SETFD, FD_CLOEXEC);
	fcntl(b->slave, F_SETFD, FD_CLOEXEC);
	inotify_add_watch(b->watch, name, IN_CLOSE);
	unlink(b->link);
	return symlink(name, b->link) < 0 ? -errno : 0;
}

static void unplug(struct bus *b)
{
	unlink(b->link);
	hj_closep(&b->wire.fd);
	hj_closep(&b->slave);
	sim_wire_reset(&b->wire);
}

static void command(struct bus *b, const char *line)
{
	sim_wire_fault(&b->wire, line);
	if (!strcmp(line, "unplug"))
		unplug(b);
	else if (!strcmp(line, "replug") && b->wire.fd < 0)
		plug(b);
	else if (sim_wire_command(&b->wire, line) < 0)
		sim_wire_fault(&b->wire, "unknown command");
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

static const struct {
	int baud;
	speed_t speed;
} speeds[] = { { 1200, B1200 }, { 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 }, { 19200, B19200 },
	{ 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 } };

/* A pty keeps the baud rate that was set at its other end (but no parity). */
static bool same_speed(const struct bus *b)
{
	struct termios t;

	if (!b->strict_port || tcgetattr(b->slave, &t) < 0)
		return true;
	for (size_t i = 0; i < hj_array_size(speeds); i++)
		if (speeds[i].baud == b->baud)
			return cfgetospeed(&t) == speeds[i].speed;
	return true;
}

static void receive(struct bus *b, double now_s)
{
	char bytes[SIM_FRAME_MAX];

	if (same_speed(b))
		sim_wire_receive(&b->wire, now_s);
	else if (read(b->wire.fd, bytes, sizeof(bytes)) > 0)
		sim_wire_fault(&b->wire, "request at another baud rate");
}

/* How long to sleep: until shortly before something is due; not while a request is to be expected, because one that
 * is noticed late is on the wire late. */
static double sleep_s(const struct bus *b, double due_s, double now_s)
{
	double expected_s = b->wire.quiet_s + b->wire.silence_s, until_s = due_s - AWAKE_S;

	if (now_s < expected_s - AWAKE_S)
		until_s = hj_min(until_s, expected_s - AWAKE_S);
	else if (now_s < expected_s + EXPECTED_S)
		return 0;
	until_s = hj_min(until_s, now_s + SLEEP_MOST_S);
	return hj_max(until_s - now_s, 0.0);
}

static void run(struct bus *b)
{
	while (!stopping) {
		struct pollfd fds[] = { { .fd = b->wire.fd, .events = POLLIN },
			{ .fd = b->control, .events = POLLIN }, { .fd = b->watch, .events = POLLIN } };
		double now_s = sim_clock_s(), due_s = sim_wire_due(&b->wire), wait_s = sleep_s(b, due_s, now_s);
		struct timespec wait = { (time_t)wait_s, (long)((wait_s - floor(wait_s)) * 1e9) };

		if (ppoll(fds, hj_array_size(fds), &wait, NULL) < 0 && errno != EINTR)
			return;
		now_s = sim_clock_s();
		if (fds[2].revents)
			read_watch(b);
		if (fds[0].revents)
			receive(b, now_s);
		while (due_s - AWAKE_S <= now_s && now_s < due_s && !stopping)
			now_s = sim_clock_s();
		sim_wire_step(&b->wire, now_s);
		if (fds[1].revents)
			read_commands(b);
	}
}

/* "8N1": bits of a byte on the wire, or 0. */
static int bits_of(const char *format)
{
	bool good =
	        strlen(format) == 3 && strchr("78", format[0]) && strchr("NEO", format[1]) && strchr("12", format[2]);

	return good ? 1 + (format[0] - '0') + (format[1] != 'N') + (format[2] - '0') : 0;
}

static int parse(struct bus *b, int argc, char **argv)
{
	const char *baud = "9600", *format = "8N1", *seed = "1", *stamp = "ms", *port = "any";
	const struct {
		const char *name;
		const char **to;
	} keys[] = { { "--link", &b->link }, { "--config", &b->config }, { "--log", &b->log_path },
		{ "--control", &b->control_path }, { "--baud", &baud }, { "--format", &format }, { "--seed", &seed },
		{ "--stamp", &stamp }, { "--port", &port } };

	for (int i = 1; i < argc; i += 2) {
		size_t k = 0;

		if (!strcmp(argv[i], "--do") && i + 1 < argc && b->command_count < COMMANDS_MOST) {
			b->commands[b->command_count++] = argv[i + 1];
			continue;
		}
		while (k < hj_array_size(keys) && strcmp(keys[k].name, argv[i]) != 0)
			k++;
		if (k == hj_array_size(keys) || i + 1 == argc)
			return -EINVAL;
		*keys[k].to = argv[i + 1];
	}
	srandom((unsigned)atoi(seed));
	b->baud = atoi(baud);
	b->strict_port = !strcmp(port, "strict");
	b->wire.log_us = !strcmp(stamp, "us");
	if (b->baud <= 0 || !bits_of(format))
		return -EINVAL;
	sim_wire_init(&b->wire, b->baud, bits_of(format), format[1] != 'N');
	return b->link && b->config && b->log_path ? 0 : -EINVAL;
}

static int open_all(struct bus *b)
{
	b->wire.log = fopen(b->log_path, "ae");
	if (!b->wire.log)
		return -errno;
	setvbuf(b->wire.log, NULL, _IOLBF, 1 << 14);
	if (b->control_path) {
		if (mkfifo(b->control_path, 0600) < 0 && errno != EEXIST)
			return -errno;
		b->control = open(b->control_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (b->control < 0)
			return -errno;
	}
	b->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return plug(b);
}

/* The wire of a busy machine is as true as that of an idle one; where this is not allowed it is nearly so. */
static void rise(void)
{
	const struct sched_param priority = { .sched_priority = PRIORITY };

	prctl(PR_SET_TIMERSLACK, 1);
	if (sched_setscheduler(0, SCHED_FIFO, &priority) < 0)
		(void)setpriority(PRIO_PROCESS, 0, NICE);
	(void)mlockall(MCL_CURRENT);
}

int main(int argc, char **argv)
{
	static struct bus b = { .slave = -1, .control = -1, .watch = -1, .wire.fd = -1 };
	struct sigaction on = { .sa_handler = on_signal };
	int r;

	if (parse(&b, argc, argv) < 0) {
		fprintf(stderr, "usage: hjsim-bus --link PATH --config FILE --log FILE [--control FIFO] [--baud N] "
		                "[--format 8N1] [--seed N] [--stamp ms|us] [--port any|strict] [--do COMMAND]...\n");
		return 2;
	}
	b.wire.factory = &b.factory;
	if (sim_factory_load(&b.factory, b.config) < 0)
		return 1;
	sigaction(SIGTERM, &on, NULL);
	sigaction(SIGINT, &on, NULL);
	r = open_all(&b);
	if (r < 0) {
		fprintf(stderr, "hjsim-bus: cannot make the bus: %s\n", strerror(-r));
		return 1;
	}
	for (size_t i = 0; i < b.command_count; i++)
		command(&b, b.commands[i]);
	rise();
	run(&b);
	unplug(&b);
	fclose(b.wire.log);
	return 0;
}
