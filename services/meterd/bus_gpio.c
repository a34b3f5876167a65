/* The box's own inputs: switches on the lines of a GPIO chip, by the kernel's character device. A change is told by
 * the kernel, debounced, and pushed at once; in between the lines are asked for like any meter, so that what did not
 * change is known to be so. A line that cannot be had (somebody else holds it, the chip has no such one) is refused
 * as a meter refuses a register: exception 2, which leaves the others alone, and it is tried for again each time it
 * is asked for. A chip without interrupts cannot tell of changes: then poll_interval is how late they are seen. */
#include "bus.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gpio_line.h"

#include "hjgate/log.h"
#include "hjgate/now.h"

#define CHIPS              "/dev/gpiochip*"
#define EXCEPTION_FUNCTION 1
#define EXCEPTION_ADDRESS  2
#define DRAIN_ROUNDS       8 /* reads of one line's changes before others have their turn */

struct input {
	struct gpio *of;
	const struct hj_conf_point *point;
	int fd; /* -1: not had */
	int error;
	sd_event_source *io; /* NULL: its changes are not told */
	uint32_t seqno;
};

struct gpio {
	struct bus bus;
	const struct hj_conf_bus *conf;
	sd_event *event;
	bus_pushed_fn pushed;
	void *userdata;
	int fd;
	uint32_t lines;
	struct input *inputs;
	size_t count;
};

static struct gpio *gpio_of(const struct bus *b)
{
	return (struct gpio *)b;
}

/* ---- the chip ---- */

static int open_chip(const char *path, struct gpiochip_info *ret)
{
	_cleanup_fd_ int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int chip;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, ret) < 0)
		return errno == ENOTTY || errno == EINVAL ? -ENODEV : -errno; /* it is no such chip */
	chip = fd;
	fd = -1;
	return chip;
}

/* -ENODEV: no chip has this label; -ENOTUNIQ: more than one has. */
static int open_label(const char *label, struct gpiochip_info *ret)
{
	_cleanup_fd_ int found = -1;
	struct gpiochip_info info;
	glob_t g;
	int r;

	r = glob(CHIPS, 0, NULL, &g) == 0 ? -ENODEV : -ENOENT;
	for (size_t i = 0; r != -ENOENT && i < g.gl_pathc; i++) {
		_cleanup_fd_ int fd = open_chip(g.gl_pathv[i], &info);

		if (fd < 0 || strncmp(info.label, label, sizeof(info.label)) != 0)
			continue;
		r = r == -ENODEV ? 0 : -ENOTUNIQ;
		*ret = info;
		hj_closep(&found);
		found = fd;
		fd = -1;
	}
	globfree(&g);
	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	r = found;
	found = -1;
	return r;
}

/* ---- one line ---- */

static void let_go(struct input *in)
{
	in->io = sd_event_source_disable_unref(in->io);
	if (in->fd >= 0)
		close(in->fd);
	in->fd = -1;
}

static void gpio_close(struct bus *b)
{
	struct gpio *g = gpio_of(b);

	for (size_t i = 0; i < g->count; i++)
		let_go(&g->inputs[i]);
	if (g->fd >= 0)
		close(g->fd);
	g->fd = -1;
	b->is_open = false;
}

static void push(struct input *in, bool on)
{
	const struct hj_question what = { .table = HJ_TABLE_LINE, .address = in->point->address, .count = 1 };
	uint8_t data = on;

	in->of->pushed(&what, &data, sizeof(data), in->of->userdata);
}

/* What the kernel has told of this line and nobody has read. */
static int drain(struct input *in)
{
	uint8_t bytes[GPIO_EVENTS_READ * sizeof(struct gpio_v2_line_event)];
	bool on[GPIO_EVENTS_READ];
	uint32_t lost = 0;
	ssize_t n = 1;
	int count;

	for (int round = 0; round < DRAIN_ROUNDS && n > 0; round++) {
		n = read(in->fd, bytes, sizeof(bytes));
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		count = gpio_line_changes(bytes, (size_t)n, &in->seqno, on, &lost);
		if (count < 0)
			return count;
		if (lost)
			hj_warn("%s: line %u changed so fast that %u changes were lost: its state is right again",
			        in->point->point.name, in->point->address, lost);
		for (int i = 0; i < count; i++)
			push(in, on[i]);
	}
	return 0;
}

static int on_change(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct input *in = userdata;
	struct bus *b = &in->of->bus;
	int r = events & (EPOLLHUP | EPOLLERR) ? -ENODEV : drain(in);

	(void)source;
	(void)fd;
	if (r < 0) {
		gpio_close(b); /* the next turn opens it again, or says that it is gone */
		b->lost = r;
		in->of->pushed(NULL, NULL, 0, in->of->userdata);
	}
	return 0;
}

/* A descriptor of the line, or why there is none. */
static int request(const struct gpio *g, const struct hj_conf_point *p, bool edges)
{
	struct gpio_v2_line_request q;

	if (p->address >= g->lines)
		return -ERANGE;
	gpio_line_request(p, edges, &q);
	return ioctl(g->fd, GPIO_V2_GET_LINE_IOCTL, &q) < 0 ? -errno : q.fd;
}

/* Who has it, for people. */
static void tell_refused(const struct gpio *g, const struct hj_conf_point *p, int error)
{
	struct gpio_v2_line_info info;

	memset(&info, 0, sizeof(info));
	info.offset = p->address;
	if (error == -EBUSY && ioctl(g->fd, GPIO_V2_GET_LINEINFO_IOCTL, &info) == 0 && info.consumer[0])
		hj_warn("%s: line %u is in use by %.*s: it has no value until that lets go", p->point.name,
		        p->address, (int)sizeof(info.consumer), info.consumer);
	else
		hj_warn("%s: line %u: %s (%s): it has no value; trying again as often as it is read", p->point.name,
		        p->address, gpio_line_why(error), strerror(-error));
}

static int watch(struct input *in)
{
	int flags = fcntl(in->fd, F_GETFL);

	if (flags < 0 || fcntl(in->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return sd_event_add_io(in->of->event, &in->io, in->fd, EPOLLIN, on_change, in);
}

static int hold(struct input *in)
{
	struct gpio *g = in->of;
	bool edges = true;
	int r;

	in->seqno = 0;
	r = in->fd = request(g, in->point, true);
	if (gpio_line_is_deaf(r)) {
		edges = false;
		r = in->fd = request(g, in->point, false);
		if (r >= 0)
			hj_notice("%s: the chip does not tell of changes on line %u: they are seen when it is read",
			        in->point->point.name, in->point->address);
	}
	if (r >= 0 && edges && g->pushed) /* else nobody wants to know */
		r = watch(in);
	if (r < 0) {
		let_go(in);
		if (r != in->error)
			tell_refused(g, in->point, r);
	}
	in->error = r < 0 ? r : 0;
	return in->error;
}

/* 0 or 1. */
static int level(const struct input *in)
{
	struct gpio_v2_line_values values = { .mask = 1 };

	return ioctl(in->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0 ? -errno : (int)(values.bits & 1);
}

/* What it is when the chip is opened is told as if it had just changed: it may have. */
static void begin(struct input *in)
{
	int r = hold(in);

	if (r == 0)
		r = level(in);
	if (r >= 0 && in->of->pushed)
		push(in, r);
}

/* ---- the bus ---- */

static int gpio_open(struct bus *b)
{
	struct gpio *g = gpio_of(b);
	struct gpiochip_info info;
	int r;

	gpio_close(b);
	memset(&info, 0, sizeof(info));
	r = g->conf->port[0] == '/' ? open_chip(g->conf->port, &info) : open_label(g->conf->port, &info);
	if (r < 0)
		return r;
	g->fd = r;
	g->lines = info.lines;
	b->lost = 0;
	b->is_open = true;
	for (size_t i = 0; i < g->count && b->is_open; i++)
		begin(&g->inputs[i]);
	return 0;
}

static int read_line(struct input *in)
{
	int r = in->fd < 0 ? hold(in) : 0;

	/* What changed before comes before. */
	r = r == 0 && in->io ? drain(in) : r;
	return r < 0 ? r : level(in);
}

static int refuse(struct bus_answer *ret, int exception, const char *why)
{
	ret->is.exception = exception;
	ret->is.why = why;
	return -EREMOTEIO;
}

static int read_lines(struct gpio *g, const struct hj_question *q, struct bus_answer *ret)
{
	bool any = false;

	for (size_t i = 0; i < g->count; i++) {
		struct input *in = &g->inputs[i];
		uint32_t at = in->point->address - q->address;
		int r;

		if (in->point->address < q->address || at >= q->count)
			continue;
		r = read_line(in);
		if (r == -ENODEV)
			return r;
		if (r < 0)
			return refuse(ret, EXCEPTION_ADDRESS, gpio_line_why(r));
		ret->is.data[at / 8] |= (uint8_t)(r << at % 8);
		any = true;
	}
	return any ? 0 : refuse(ret, EXCEPTION_ADDRESS, "no point has this line");
}

static int gpio_ask(struct bus *b, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	struct gpio *g = gpio_of(b);
	size_t bytes = (q->count + 7u) / 8;
	int r;

	(void)timeout; /* the kernel answers at once */
	memset(ret, 0, sizeof(*ret));
	ret->is.why = "";
	if (!b->is_open) {
		ret->is.why = "the chip is not open";
		return b->lost ? b->lost : -ENODEV;
	}
	if (q->table != HJ_TABLE_LINE || q->function || bytes > sizeof(ret->is.data))
		return refuse(ret, EXCEPTION_FUNCTION, "only lines are read here");
	r = read_lines(g, q, ret);
	if (r == -ENODEV)
		ret->is.why = "the chip is gone";
	else if (r == 0)
		ret->is.length = bytes;
	return r;
}

static int gpio_attach(struct bus *b, sd_event *event, bus_pushed_fn pushed, void *userdata)
{
	struct gpio *g = gpio_of(b);

	g->event = sd_event_ref(event);
	g->pushed = pushed;
	g->userdata = userdata;
	return 0;
}

static void gpio_free(struct bus *b)
{
	struct gpio *g = gpio_of(b);

	gpio_close(b);
	free(g->inputs);
	sd_event_unref(g->event);
	free(g);
}

static int collect(struct gpio *g)
{
	const struct hj_conf_bus *c = g->conf;
	size_t n = 0;

	for (size_t i = 0; i < c->meter_count; i++)
		n += c->meters[i].point_count;
	g->inputs = calloc(n + 1, sizeof(*g->inputs));
	if (!g->inputs)
		return -ENOMEM;
	for (size_t i = 0; i < c->meter_count; i++)
		for (size_t j = 0; j < c->meters[i].point_count; j++)
			g->inputs[g->count++] = (struct input){ .of = g, .point = &c->meters[i].points[j], .fd = -1 };
	return 0;
}

int bus_gpio_new(const struct hj_conf_bus *conf, struct bus **ret)
{
	static const struct bus_ops ops = {
		.open = gpio_open, .close = gpio_close, .ask = gpio_ask, .free = gpio_free, .attach = gpio_attach
	};
	struct gpio *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	g->bus.ops = &ops;
	g->conf = conf;
	g->fd = -1;
	r = collect(g);
	if (r < 0) {
		gpio_free(&g->bus);
		return r;
	}
	*ret = &g->bus;
	return 0;
}
