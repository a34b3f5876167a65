/* bus_loop: the limit of what any Modbus master can do on a bus: a bare libmodbus loop over given blocks, which
 * between an answer and the next request sleeps exactly t3.5 (1.75 ms above 19200 baud, as the specification has
 * it) and does nothing else. No schedule, no time-outs of its own, no decoding, nobody to tell.
 *
 *	bus_loop PORT BAUD PARITY SCANS UNIT:TABLE:ADDRESS:COUNT...
 *	bus_loop -p TURNAROUND_MS PORT ...
 *
 * Prints `scan MICROSECONDS ERRORS` for each scan. With -p it judges the simulated wire instead: the same requests by
 * plain write() and read(), and for each scan `pacing MEASURED CALCULATED`, both in microseconds, from the write of a
 * request to the last byte of its answer, and what that takes on a true wire where each meter has this turnaround. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <modbus/modbus.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define BLOCKS_MOST    256
#define REQUEST_BYTES  8
#define HEAD_AND_CRC   5
#define SILENCE_X2     7    /* 3.5 characters */
#define SILENCE_FAST   1750 /* us, above 19200 baud */
#define FAST_BAUD      19200
#define TIMEOUT_MS     1000
#define AWAKE_US       300
#define PRIORITY       10 /* of SCHED_FIFO, to judge the wire: below that of the wire itself */
#define TURNAROUND_NOT (-1)

struct block {
	int unit, table, address, count;
	uint8_t request[REQUEST_BYTES];
	size_t answer; /* bytes */
};

struct loop {
	const char *port;
	int baud, scans;
	char parity;
	double turnaround_ms; /* of -p */
	struct block blocks[BLOCKS_MOST];
	size_t count;
	double byte_us, silence_us;
	modbus_t *ctx;
	int fd;
	unsigned errors;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void sleep_us(double us)
{
	struct timespec t = { (time_t)(us / 1e6), (long)((us - floor(us / 1e6) * 1e6) * 1e3) };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

/* ---- by libmodbus ---- */

static bool ask(struct loop *l, const struct block *b)
{
	uint16_t words[MODBUS_MAX_READ_REGISTERS];
	uint8_t bits[MODBUS_MAX_READ_BITS];
	int n;

	modbus_set_slave(l->ctx, b->unit);
	switch (b->table) {
	case 1:
		n = modbus_read_bits(l->ctx, b->address, b->count, bits);
		break;
	case 2:
		n = modbus_read_input_bits(l->ctx, b->address, b->count, bits);
		break;
	case 3:
		n = modbus_read_registers(l->ctx, b->address, b->count, words);
		break;
	default:
		n = modbus_read_input_registers(l->ctx, b->address, b->count, words);
	}
	return n == b->count;
}

static void scan(struct loop *l)
{
	double begin = now_us();

	l->errors = 0;
	for (size_t i = 0; i < l->count; i++) {
		l->errors += !ask(l, &l->blocks[i]);
		sleep_us(l->silence_us);
	}
	printf("scan %.0f %u\n", now_us() - begin, l->errors);
}

/* ---- by hand ---- */

/* Sleeps until shortly before the last bit is due and waits awake for it, so that what is measured is the wire and
 * not this program. */
static double transact_us(struct loop *l, const struct block *b, double wire_us)
{
	double begin = now_us(), asleep_us = wire_us - AWAKE_US;
	uint8_t bytes[512];
	size_t got = 0;
	ssize_t n;

	if (write(l->fd, b->request, sizeof(b->request)) != (ssize_t)sizeof(b->request))
		return -1;
	if (asleep_us > 0)
		sleep_us(asleep_us);
	while (got < b->answer && now_us() < begin + wire_us + TIMEOUT_MS * 1e3) {
		n = read(l->fd, bytes, sizeof(bytes));
		if (n < 0 && errno != EAGAIN)
			return -1;
		got += n > 0 ? (size_t)n : 0;
	}
	return got < b->answer ? -1 : now_us() - begin;
}

static int pace(struct loop *l)
{
	double measured = 0, calculated = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct block *b = &l->blocks[i];
		double wire_us =
		        (double)(REQUEST_BYTES + b->answer) * l->byte_us + l->silence_us + l->turnaround_ms * 1e3;
		double us = transact_us(l, b, wire_us);

		if (us < 0) {
			fprintf(stderr, "bus_loop: unit %d did not answer\n", b->unit);
			return -1;
		}
		measured += us;
		calculated += wire_us;
		sleep_us(l->silence_us);
	}
	printf("pacing %.0f %.0f\n", measured, calculated);
	return 0;
}

/* ---- before it begins ---- */

static uint16_t crc_of(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	}
	return crc;
}

static int parse_block(struct loop *l, const char *text)
{
	struct block *b = &l->blocks[l->count];
	uint16_t crc;

	if (l->count == BLOCKS_MOST ||
	        sscanf(text, "%d:%d:%d:%d", &b->unit, &b->table, &b->address, &b->count) != 4 || b->table < 1 ||
	        b->table > 4 || b->count < 1 || b->count > (b->table < 3 ? 2000 : 125))
		return -EINVAL;
	b->answer = HEAD_AND_CRC + (size_t)(b->table < 3 ? (b->count + 7) / 8 : 2 * b->count);
	b->request[0] = (uint8_t)b->unit;
	b->request[1] = (uint8_t)b->table;
	b->request[2] = (uint8_t)(b->address >> 8);
	b->request[3] = (uint8_t)b->address;
	b->request[4] = (uint8_t)(b->count >> 8);
	b->request[5] = (uint8_t)b->count;
	crc = crc_of(b->request, 6);
	b->request[6] = (uint8_t)crc;
	b->request[7] = (uint8_t)(crc >> 8);
	l->count++;
	return 0;
}

static int parse(struct loop *l, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "p:")) != -1) {
		if (c != 'p')
			return -EINVAL;
		l->turnaround_ms = atof(optarg);
	}
	if (argc - optind < 5)
		return -EINVAL;
	l->port = argv[optind];
	l->baud = atoi(argv[optind + 1]);
	l->parity = argv[optind + 2][0];
	l->scans = atoi(argv[optind + 3]);
	if (l->baud <= 0)
		return -EINVAL;
	l->byte_us = (l->parity == 'N' ? 10 : 11) * 1e6 / l->baud;
	l->silence_us = l->baud > FAST_BAUD ? SILENCE_FAST : SILENCE_X2 * l->byte_us / 2;
	for (int i = optind + 4; i < argc; i++)
		if (parse_block(l, argv[i]) < 0)
			return -EINVAL;
	return 0;
}

static int run(struct loop *l)
{
	int r = 0;

	modbus_set_response_timeout(l->ctx, TIMEOUT_MS / 1000, 0);
	l->fd = modbus_get_socket(l->ctx);
	if (l->turnaround_ms >= 0)
		(void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = PRIORITY });
	sleep_us(l->silence_us);
	for (int i = 0; i < l->scans && r == 0; i++) {
		if (l->turnaround_ms < 0)
			scan(l);
		else
			r = pace(l);
	}
	return r;
}

int main(int argc, char **argv)
{
	static struct loop l = { .turnaround_ms = TURNAROUND_NOT };
	int r;

	if (parse(&l, argc, argv) < 0) {
		fprintf(stderr,
		        "usage: bus_loop [-p TURNAROUND_MS] PORT BAUD N|E|O SCANS UNIT:TABLE:ADDRESS:COUNT...\n");
		return 2;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	l.ctx = modbus_new_rtu(l.port, l.baud, l.parity, 8, 1);
	if (!l.ctx || modbus_connect(l.ctx) < 0) {
		fprintf(stderr, "bus_loop: %s: %s\n", l.port, modbus_strerror(errno));
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	r = run(&l);
	modbus_close(l.ctx);
	modbus_free(l.ctx);
	return r < 0 ? 1 : 0;
}
