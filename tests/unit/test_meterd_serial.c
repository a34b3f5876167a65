/* What is said to a serial port: its format, by the words that the kernel is given, and who turns an RS-485
 * transceiver round. The port is a pty; a pty has neither a parity nor modem lines, so tcsetattr() and ioctl() are
 * our own here: they note what they are told. What a true UART makes of it is not tested. */
#include <errno.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/serial.h>

#include "../../services/meterd/bus_rs485.h"
#include "../../services/meterd/bus_serial.h"
#include "../../services/meterd/sniff.h"

#include "hjgate/cleanup.h"
#include "hjgate/now.h"

#define NOTES_MOST 16
#define EMPTY_US   3000 /* after the end that was reckoned the transmitter is empty */

static struct termios told; /* the newest, to the pty */
static struct note {
	unsigned long request;
	uint32_t bits; /* of modem lines, or flags of struct serial_rs485 */
	hj_usec at;
} notes[NOTES_MOST];
static size_t note_count;
static bool has_lines, has_rs485, has_lsr; /* what the port can */
static bool takes_parity = true;
static hj_usec empty_at;

int tcsetattr(int fd, int when, const struct termios *t)
{
	(void)fd;
	(void)when;
	told = *t;
	if (takes_parity || !(t->c_cflag & PARENB))
		return 0;
	errno = EINVAL;
	return -1;
}

static int modem_line(unsigned long request, uint32_t bits)
{
	if (note_count < NOTES_MOST)
		notes[note_count++] = (struct note){ request, bits, hj_now().mono };
	return 0;
}

static int refuse(void)
{
	errno = ENOTTY;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *p;

	va_start(list, request);
	p = va_arg(list, void *);
	va_end(list);
	if (request == TIOCMBIS || request == TIOCMBIC)
		return has_lines ? modem_line(request, *(uint32_t *)p) : refuse();
	if (request == TIOCGRS485 && has_rs485) {
		memset(p, 0, sizeof(struct serial_rs485));
		return 0;
	}
	if (request == TIOCSRS485 && has_rs485)
		return modem_line(request, ((struct serial_rs485 *)p)->flags);
	if (request == TIOCSERGETLSR && has_lsr) {
		*(unsigned *)p = hj_now().mono >= empty_at ? TIOCSER_TEMT : 0;
		return 0;
	}
	return (int)syscall(SYS_ioctl, fd, request, p);
}

/* ---- formats ---- */

static struct hj_conf_bus port(const char *name, int64_t baud, int64_t data_bits, char parity, int64_t stop_bits)
{
	struct hj_conf_bus c = { .baud = baud, .data_bits = data_bits, .parity = parity, .stop_bits = stop_bits };

	snprintf(c.port, sizeof(c.port), "%s", name);
	return c;
}

static void told_is(int64_t data_bits, char parity, int64_t stop_bits, speed_t speed)
{
	tcflag_t c = told.c_cflag;

	assert_int_equal(c & CSIZE, data_bits == 8 ? CS8 : CS7);
	assert_int_equal(!!(c & PARENB), parity != 'N');
	assert_int_equal(!!(c & PARODD), parity == 'O');
	assert_int_equal(!!(c & CSTOPB), stop_bits == 2);
	assert_int_equal(cfgetospeed(&told), speed);
	assert_int_equal(cfgetispeed(&told), speed);
	assert_int_equal(c & CRTSCTS, 0);
	assert_int_equal(c & (CREAD | CLOCAL), CREAD | CLOCAL);
	/* bytes as they are: none is a signal, an end of line or flow control */
	assert_int_equal(told.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_int_equal(told.c_iflag & (IXON | IXOFF | ICRNL | INLCR), 0);
	assert_int_equal(told.c_oflag & OPOST, 0);
}

static void every_format_is_said_to_the_port(void **state)
{
	static const struct {
		int64_t baud;
		speed_t speed;
	} bauds[] = { { 300, B300 }, { 1200, B1200 }, { 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 },
		{ 19200, B19200 }, { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 } };
	char name[64];
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
	for (size_t i = 0; i < hj_array_size(bauds) * 12; i++) {
		int64_t data_bits = 7 + (int64_t)i % 2, stop_bits = 1 + (int64_t)(i / 2) % 2;
		size_t b = i / 12;
		char parity = "NEO"[i / 4 % 3];
		struct hj_conf_bus c = port(name, bauds[b].baud, data_bits, parity, stop_bits);
		void *opened = NULL;

		assert_true(bus_serial_open(&c, &opened) >= 0);
		told_is(data_bits, parity, stop_bits, bauds[b].speed);
		bus_serial_close(opened);
		ioctl(slave, TIOCNXCL);
	}
	close(slave);
	close(master);
}

static void a_port_has_one_owner(void **state)
{
	struct hj_conf_bus c;
	void *first = NULL, *second = NULL;
	char name[64];
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
	c = port(name, 9600, 8, 'N', 1);
	assert_true(bus_serial_open(&c, &first) >= 0);
	assert_int_equal(bus_serial_open(&c, &second), -EBUSY);
	bus_serial_close(second);
	bus_serial_close(first);
	close(slave);
	close(master);
}

/* ---- RS-485 ---- */

static void why_it_cannot_be_used_helps(void **state)
{
	struct hj_conf_bus c = { .baud = 9600, .data_bits = 8, .parity = 'E', .stop_bits = 1 };
	void *opened = NULL;
	char why[96];
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, c.port, NULL, NULL), 0);
	takes_parity = false;
	bus_serial_why(&c, bus_serial_open(&c, &opened), why, sizeof(why));
	takes_parity = true;
	assert_string_equal(why, "it does not take 9600 8E1: see baud, data_bits, parity, stop_bits");
	bus_serial_close(opened);
	bus_serial_why(&c, -EBUSY, why, sizeof(why));
	assert_string_equal(why, strerror(EBUSY)); /* as apply knows it */
	bus_serial_why(&c, -ENOENT, why, sizeof(why));
	assert_string_equal(why, "No such file or directory");
	close(master);
	close(slave);
}

static void the_driver_turns_it(void **state)
{
	(void)state;
	note_count = 0;
	has_rs485 = true;
	assert_int_equal(bus_rs485_setup(-1, HJ_RS485_KERNEL), 0);
	assert_int_equal(note_count, 1);
	assert_int_equal(notes[0].bits & SER_RS485_ENABLED, SER_RS485_ENABLED);
	assert_int_equal(bus_rs485_setup(-1, HJ_RS485_OFF), 0);
	assert_int_equal(notes[1].bits & SER_RS485_ENABLED, 0);
	assert_int_equal(bus_rs485_setup(-1, HJ_RS485_AUTO), 0);
	assert_int_equal(note_count, 2); /* as the board has it */
	assert_false(bus_rs485_is_ours(HJ_RS485_KERNEL) || bus_rs485_is_ours(HJ_RS485_AUTO));
	has_rs485 = false;
}

static void a_port_that_cannot_is_refused(void **state)
{
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	assert_int_equal(bus_rs485_setup(slave, HJ_RS485_KERNEL), -ENOTTY);
	assert_int_equal(bus_rs485_setup(slave, HJ_RS485_RTS), -ENOTTY);
	assert_int_equal(bus_rs485_setup(slave, HJ_RS485_AUTO), 0);
	assert_int_equal(bus_rs485_setup(slave, HJ_RS485_OFF), 0);
	close(slave);
	close(master);
}

/* From before the first byte until the last has left, and no longer. */
static void rts_is_on_while_we_send(void **state)
{
	static const struct {
		enum hj_rs485 mode;
		unsigned long idle, sending;
	} rows[] = { { HJ_RS485_RTS, TIOCMBIC, TIOCMBIS }, { HJ_RS485_RTS_INVERTED, TIOCMBIS, TIOCMBIC } };

	(void)state;
	has_lines = true;
	for (size_t i = 0; i < 2 * hj_array_size(rows); i++) {
		enum hj_rs485 mode = rows[i / 2].mode;
		hj_usec end;

		has_lsr = i % 2;
		note_count = 0;
		assert_true(bus_rs485_is_ours(mode));
		assert_int_equal(bus_rs485_setup(-1, mode), 0);
		assert_int_equal(bus_rs485_send(-1, mode), 0);
		end = hj_now().mono + 5000;
		empty_at = end + EMPTY_US;
		assert_int_equal(bus_rs485_receive(-1, mode, end), 0);
		assert_int_equal(note_count, 3);
		assert_int_equal(notes[0].request, rows[i / 2].idle);
		assert_int_equal(notes[1].request, rows[i / 2].sending);
		assert_int_equal(notes[2].request, rows[i / 2].idle);
		assert_int_equal(notes[2].bits, TIOCM_RTS);
		/* never before the transmitter is empty */
		assert_true(notes[2].at >= (has_lsr ? empty_at : end));
	}
	has_lines = has_lsr = false;
}

static void nothing_comes(const uint8_t *data, size_t n, hj_usec since_first, void *userdata)
{
	(void)data;
	(void)n;
	(void)since_first;
	(void)userdata;
}

/* The kernel raises RTS when a port is opened, and who only listens never lowers it again. */
static void a_listener_lets_others_speak(void **state)
{
	struct hj_conf_bus c = { .baud = 9600, .data_bits = 8, .parity = 'N', .stop_bits = 1, .rs485 = HJ_RS485_RTS };
	struct sniff *s = NULL;
	sd_event *event = NULL;
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, c.port, NULL, NULL), 0);
	assert_true(sd_event_new(&event) >= 0);
	has_lines = true;
	note_count = 0;
	assert_int_equal(sniff_open(event, &c, nothing_comes, NULL, &s), 0);
	assert_int_equal(note_count, 1);
	assert_int_equal(notes[0].request, TIOCMBIC);
	assert_int_equal(notes[0].bits, TIOCM_RTS);
	sniff_close(s);
	has_lines = false;
	assert_int_equal(sniff_open(event, &c, nothing_comes, NULL, &s), -ENOTTY);
	sd_event_unref(event);
	close(slave);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_is_said_to_the_port),
		cmocka_unit_test(a_port_has_one_owner),
		cmocka_unit_test(why_it_cannot_be_used_helps),
		cmocka_unit_test(the_driver_turns_it),
		cmocka_unit_test(a_port_that_cannot_is_refused),
		cmocka_unit_test(rts_is_on_while_we_send),
		cmocka_unit_test(a_listener_lets_others_speak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
