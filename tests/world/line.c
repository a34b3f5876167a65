/* See site.h. RTU at 9600 baud: a question comes in as it is written, the answer is there when its last byte would
 * be. */
#include "site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hjgate/cleanup.h"

#define BYTE_USEC       1042
#define TURNAROUND_USEC 5000
#define BEHIND_MS       500 /* behind a late answer */
#define QUESTION        8
#define ANSWER_MOST     32
#define REGISTERS       4
#define PER_POINT       (REGISTERS / POINTS)
#define ON_CURRENT      20.0f

struct answer {
	struct site_bus *bus;
	int fd;
	size_t n;
	uint8_t bytes[ANSWER_MOST];
	struct reading_log *to; /* NULL: it does not arrive whole */
	struct reading reading;
};

static uint16_t crc(const uint8_t *p, size_t n)
{
	uint16_t c = 0xffff;

	while (n--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = (uint16_t)(c & 1 ? c >> 1 ^ 0xa001 : c >> 1);
	}
	return c;
}

static void note(struct reading_log *to, const struct reading *r)
{
	if (to->count == to->room) {
		to->room = to->room ? 2 * to->room : 1024;
		to->list = realloc(to->list, to->room * sizeof(*r));
	}
	to->list[to->count++] = *r;
}

static void arrive(void *data)
{
	struct answer *a = data;

	if (a->reading.late)
		a->bus->late_ms = true_ms();
	else if (true_ms() - a->bus->late_ms < BEHIND_MS)
		a->reading.late = true;
	if (a->bus->fd == a->fd && syscall(SYS_write, a->fd, a->bytes, a->n) == (long)a->n && a->to)
		note(a->to, &a->reading);
	free(a);
}

static bool is_spoiled(const struct site_bus *b)
{
	unsigned before = chance_use(CHANCE_LINE);
	bool is = one_in(b->noise);

	chance_use(before);
	return is;
}

/* How much later it comes. */
static hj_usec spoil(struct site_bus *b, struct answer *a)
{
	unsigned before = chance_use(CHANCE_LINE);
	hj_usec after = 0;

	if (one_in(b->noise)) {
		a->bytes[chance(a->n)] ^= (uint8_t)(1u << chance(8));
		a->to = NULL;
		b->spoiled++;
	}
	if (one_in(b->lose)) {
		size_t at = chance(a->n);

		memmove(a->bytes + at, a->bytes + at + 1, a->n - at - 1);
		a->n--;
		a->to = NULL;
		b->lost_bytes++;
	}
	if (one_in(b->late)) { /* too late to be taken for sure */
		after = between(600, 3000) * HJ_USEC_PER_MS;
		a->reading.late = true;
		b->late_answers++;
	}
	chance_use(before);
	return after;
}

static void put(uint8_t *to, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* One register more or less, and it would be another meter: the whole block is asked for, or a point of it: to
 * see whether the meter lives, which is no reading, or because the points are asked apart. */
static void answer(struct site_bus *b, unsigned unit, unsigned at, unsigned count)
{
	struct site_meter *m = &b->meters[unit - 1];
	struct answer *a = calloc(1, sizeof(*a));
	hj_usec after = QUESTION * BYTE_USEC + TURNAROUND_USEC;
	uint8_t block[2 * REGISTERS];
	uint32_t bits;

	a->bus = b;
	a->fd = b->fd;
	a->to = count == REGISTERS ? &m->log : count == PER_POINT ? &m->parts[at / PER_POINT] : NULL;
	a->reading.true_ms = true_ms();
	a->reading.current = production_on(true_ms()) ? ON_CURRENT + (float)(chance(100)) / 16 : 0.25f;
	a->reading.energy = m->energy_base + (uint32_t)((true_ms() - m->energy_since_ms) / 10000);
	memcpy(&bits, &a->reading.current, 4);
	put(block, bits);
	put(block + 4, a->reading.energy);
	a->bytes[0] = (uint8_t)unit;
	a->bytes[1] = 3;
	a->bytes[2] = (uint8_t)(2 * count);
	memcpy(a->bytes + 3, block + 2 * at, 2 * count);
	a->n = 3 + 2 * count;
	bits = crc(a->bytes, a->n);
	a->bytes[a->n++] = (uint8_t)bits;
	a->bytes[a->n++] = (uint8_t)(bits >> 8);
	b->answers++;
	after += spoil(b, a) + a->n * BYTE_USEC;
	sched_in(after, arrive, a);
}

static void hear(void *data)
{
	struct site_bus *b = data;
	ssize_t n = recv(b->fd, b->in + b->in_count, sizeof(b->in) - b->in_count, MSG_DONTWAIT);
	const uint8_t *q = b->in;

	if (n <= 0) {
		line_close(b);
		return;
	}
	b->in_count += (size_t)n;
	while (b->in_count >= QUESTION) {
		unsigned unit = q[0], at = (unsigned)q[2] << 8 | q[3], count = (unsigned)q[4] << 8 | q[5];

		b->questions++;
		if (getenv("HJ_WORLD_LINES"))
			site_trace("line %ld asks %u", (long)(b - site.buses), unit);
		if (q[1] == 3 && unit >= 1 && unit <= b->meter_count && at + count <= REGISTERS && count &&
		        !b->meters[unit - 1].dead && !is_spoiled(b))
			answer(b, unit, at, count);
		b->in_count -= QUESTION;
		memmove(b->in, b->in + QUESTION, b->in_count);
	}
}

void line_close(struct site_bus *b)
{
	if (b->fd < 0)
		return;
	sched_unwatch(b->fd);
	close(b->fd);
	b->fd = -1;
	b->in_count = 0;
}

int world_line_open(const char *port)
{
	struct site_bus *b =
	        &site.buses[strcspn(port, "0123456789") < strlen(port) ? port[strlen(port) - 1] - '0' : 0];
	int ends[2];

	if (b->unplugged) {
		errno = ENOENT;
		return -1;
	}
	line_close(b);
	if (syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	fd_made(ends[0]);
	b->fd = ends[1];
	sched_watch(b->fd, hear, b);
	return ends[0];
}
