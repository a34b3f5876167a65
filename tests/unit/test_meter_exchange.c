/* One exchange on a virtual line: each test is a complaint that users of such gateways have made. */
/* long because: each test is one complaint, on one small stage */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "hjgate/meter_exchange.h"

#define MS      HJ_USEC_PER_MS
#define SEC     HJ_USEC_PER_SEC
#define T0      (1000 * SEC)
#define TIMEOUT (200 * MS)

static const struct hj_question ONE = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .address = 0, .count = 2 };
static const struct hj_question TWO = { .unit_id = 2, .table = HJ_TABLE_HOLDING, .address = 0, .count = 2 };
static const struct hj_question OTHER = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .address = 100, .count = 2 };

struct line {
	struct hj_exchange x;
	hj_usec now;
};

static void open_line(struct line *l, int64_t baud, enum hj_echo echo, int64_t gap_ms)
{
	struct hj_exchange_timing timing;

	hj_exchange_serial(&timing, baud, 8, 'N', 1, gap_ms);
	l->now = T0;
	hj_exchange_init(&l->x, &hj_protocol_rtu, &timing, echo, l->now);
	l->now += SEC;
}

/* The answer's frame: two registers. */
static size_t frame(uint8_t to[9], uint8_t unit, uint16_t first, uint16_t second)
{
	const uint8_t head[7] = { unit, 3, 4, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(second >> 8),
		(uint8_t)second };
	uint16_t crc = hj_modbus_crc(head, 7);

	memcpy(to, head, 7);
	to[7] = (uint8_t)crc;
	to[8] = (uint8_t)(crc >> 8);
	return 9;
}

static void feed(struct line *l, const uint8_t *p, size_t n)
{
	hj_exchange_feed(&l->x, p, n, l->now);
}

/* Begins and, as soon as the line is free, sends; time stands at the request's end. */
static void send(struct line *l, const struct hj_question *q)
{
	hj_usec until;
	enum hj_step step;

	assert_int_equal(hj_exchange_begin(&l->x, q, TIMEOUT, l->now), 0);
	while ((step = hj_exchange_step(&l->x, l->now, &until)) == HJ_STEP_WAIT)
		l->now = until;
	assert_int_equal(step, HJ_STEP_SEND);
	hj_exchange_sent(&l->x, l->now);
	l->now += l->x.sent_length * l->x.timing.character;
}

/* Waits until the exchange is over. */
static int finish(struct line *l)
{
	hj_usec until;

	while (hj_exchange_step(&l->x, l->now, &until) == HJ_STEP_WAIT)
		l->now = until;
	return l->x.outcome;
}

/* Steps at each time that is due before that. */
static void wait_to(struct line *l, hj_usec at)
{
	hj_usec until;

	while (hj_exchange_step(&l->x, l->now, &until) == HJ_STEP_WAIT && until < at)
		l->now = until;
	l->now = at;
}

static int answer(struct line *l, uint8_t unit, uint16_t first, uint16_t second)
{
	uint8_t bytes[9];

	l->now += 5 * MS;
	for (size_t i = 0, n = frame(bytes, unit, first, second); i < n; i++) {
		feed(l, bytes + i, 1);
		l->now += l->x.timing.character;
	}
	return finish(l);
}

/* ---- the silence ---- */

static void requests_keep_their_distance(void **state)
{
	struct line l;
	hj_usec last, until;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	assert_int_equal(l.x.timing.silence, 3647); /* 3.5 characters of ten bits */
	send(&l, &ONE);
	assert_int_equal(answer(&l, 1, 7, 8), 0);
	assert_int_equal(l.x.answer.data[1], 7);
	last = l.x.last_byte;
	assert_int_equal(hj_exchange_free_at(&l.x), last + 3647);
	assert_int_equal(hj_exchange_begin(&l.x, &ONE, TIMEOUT, l.now), 0);
	assert_int_equal(hj_exchange_step(&l.x, last + 3646, &until), HJ_STEP_WAIT);
	assert_int_equal(hj_exchange_step(&l.x, last + 3647, &until), HJ_STEP_SEND);
}

static void fast_lines_have_a_fixed_silence(void **state)
{
	struct hj_exchange_timing t;

	(void)state;
	hj_exchange_serial(&t, 115200, 8, 'E', 1, 0);
	assert_int_equal(t.silence, 1750);
	assert_int_equal(t.character, 96);
	hj_exchange_serial(&t, 19200, 8, 'E', 1, 0);
	assert_int_equal(t.silence, 573 * 7 / 2);
}

static void another_unit_waits_longer(void **state)
{
	struct line l;
	hj_usec last, until;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	answer(&l, 1, 7, 8);
	last = l.x.last_byte;
	assert_int_equal(hj_exchange_begin(&l.x, &TWO, TIMEOUT, l.now), 0);
	assert_int_equal(hj_exchange_step(&l.x, last + 3647, &until), HJ_STEP_WAIT);
	assert_int_equal(until, last + 3647 + 1563);
}

static void a_site_that_needs_half_a_second_gets_it(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 500);
	send(&l, &ONE);
	answer(&l, 1, 7, 8);
	assert_int_equal(hj_exchange_free_at(&l.x), l.x.last_byte + 500 * MS);
}

/* ---- pauses, breaks ---- */

static void an_adapter_may_pause_within_an_answer(void **state)
{
	struct line l;
	uint8_t bytes[9];

	(void)state;
	open_line(&l, 115200, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	frame(bytes, 1, 7, 8);
	l.now += 5 * MS;
	feed(&l, bytes, 4);
	l.now += 40 * MS; /* t1.5 is 0.75 ms here */
	feed(&l, bytes + 4, 5);
	assert_int_equal(finish(&l), 0);
}

static void an_answer_in_one_piece_four_ms_after_the_request(void **state)
{
	struct line l;
	uint8_t bytes[9];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	l.now += 4 * MS;
	feed(&l, bytes, frame(bytes, 1, 7, 8));
	assert_int_equal(finish(&l), 0);
	assert_int_equal(l.x.turnaround, 4 * MS);
}

static void an_answer_that_breaks_off_is_broken_and_the_next_is_good(void **state)
{
	struct line l;
	uint8_t bytes[9];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	frame(bytes, 1, 7, 8);
	feed(&l, bytes, 5);
	assert_int_equal(finish(&l), -EBADMSG);
	assert_string_equal(l.x.answer.why, "answer broke off");
	assert_int_equal(l.x.received_length, 5);
	send(&l, &ONE);
	assert_int_equal(answer(&l, 1, 9, 8), 0);
	assert_int_equal(l.x.answer.data[1], 9);
	assert_int_equal(l.x.junk, 0);
}

/* ---- late answers ---- */

static void a_late_answer_is_no_answer_to_another_question(void **state)
{
	struct line l;
	uint8_t bytes[9];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	assert_int_equal(finish(&l), -ETIMEDOUT);
	assert_int_equal(hj_exchange_begin(&l.x, &OTHER, TIMEOUT, l.now), 0);
	assert_int_equal(finish(&l), -EAGAIN);
	/* As soon as it has come, and that is all it was waited for. */
	l.now += 100 * MS;
	feed(&l, bytes, frame(bytes, 1, 7, 8));
	assert_int_equal(l.x.junk, 9);
	assert_true(l.x.junk_is_late);
	send(&l, &OTHER);
	assert_true(l.x.late_whole);
	assert_int_equal(l.x.late.unit_id, 1);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
	assert_int_equal(l.x.answer.data[1], 5);
}

/* A serial server goes on asking when our connection to it is gone, and tells the next one what it was answered. */
static void a_late_answer_comes_through_the_next_connection(void **state)
{
	struct line l;
	uint8_t bytes[9];

	(void)state;
	/* The port failed after the answer was given up, or while it was waited for. */
	for (int waited_for = 0; waited_for <= 1; waited_for++) {
		open_line(&l, 9600, HJ_ECHO_AUTO, 0);
		send(&l, &ONE);
		if (waited_for)
			hj_exchange_lost(&l.x, l.now);
		else
			assert_int_equal(finish(&l), -ETIMEDOUT);
		l.now += 500 * MS;
		hj_exchange_reopen(&l.x, l.now);
		assert_int_equal(hj_exchange_begin(&l.x, &OTHER, TIMEOUT, l.now), 0);
		assert_int_equal(finish(&l), -EAGAIN);
		feed(&l, bytes, frame(bytes, 1, 7, 8));
		assert_true(l.x.junk_is_late);
		assert_true(l.x.late_whole);
		send(&l, &OTHER);
		assert_int_equal(answer(&l, 1, 5, 6), 0);
		assert_int_equal(l.x.answer.data[1], 5);
	}
}

static void what_was_not_asked_is_not_waited_for(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	assert_int_equal(hj_exchange_begin(&l.x, &ONE, TIMEOUT, l.now), 0);
	hj_exchange_lost(&l.x, l.now); /* before the request went out */
	hj_exchange_reopen(&l.x, l.now);
	send(&l, &OTHER);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
}

static void a_late_answer_while_another_unit_is_asked_is_taken_out(void **state)
{
	struct line l;
	uint8_t bytes[9];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	assert_int_equal(finish(&l), -ETIMEDOUT);
	send(&l, &TWO);
	feed(&l, bytes, frame(bytes, 1, 7, 8));
	assert_int_equal(answer(&l, 2, 5, 6), 0);
	assert_int_equal(l.x.answer.data[1], 5);
	assert_true(l.x.late_whole);
}

static size_t refusal(uint8_t to[5], uint8_t unit, uint8_t exception)
{
	const uint8_t head[3] = { unit, 0x83, exception };
	uint16_t crc = hj_modbus_crc(head, 3);

	memcpy(to, head, 3);
	to[3] = (uint8_t)crc;
	to[4] = (uint8_t)(crc >> 8);
	return 5;
}

/* A refusal is the meter's own, but for what a gateway says in its place. */
static void a_gateway_that_gives_up_late_is_no_late_answer(void **state)
{
	static const struct {
		uint8_t exception;
		bool late;
	} rows[] = { { 2, true }, { 10, false }, { 11, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct line l;
		uint8_t bytes[5];

		open_line(&l, 9600, HJ_ECHO_AUTO, 0);
		send(&l, &ONE);
		assert_int_equal(finish(&l), -ETIMEDOUT);
		l.now += 100 * MS;
		feed(&l, bytes, refusal(bytes, 1, rows[i].exception));
		assert_int_equal(l.x.late_whole, rows[i].late);
		send(&l, &OTHER); /* nothing is owed any more */
		assert_int_equal(answer(&l, 1, 5, 6), 0);
	}
}

static void two_tries_leave_two_answers_owed(void **state)
{
	struct line l;
	uint8_t bytes[9];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	for (int i = 0; i < 2; i++) {
		send(&l, &ONE);
		assert_int_equal(finish(&l), -ETIMEDOUT);
	}
	feed(&l, bytes, frame(bytes, 1, 7, 8));
	assert_int_equal(hj_exchange_begin(&l.x, &OTHER, TIMEOUT, l.now), 0);
	assert_int_equal(finish(&l), -EAGAIN);
	l.now += 2 * SEC; /* beyond that it is not reckoned with */
	send(&l, &OTHER);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
}

/* ---- bytes that nobody asked for ---- */

static void babble_puts_a_request_off_and_ends_it_at_last(void **state)
{
	struct line l;
	hj_usec until, begin;
	enum hj_step step;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	begin = l.now;
	assert_int_equal(hj_exchange_begin(&l.x, &ONE, TIMEOUT, l.now), 0);
	feed(&l, (const uint8_t *)"\x55", 1);
	while ((step = hj_exchange_step(&l.x, l.now, &until)) == HJ_STEP_WAIT) {
		l.now += MS;
		feed(&l, (const uint8_t *)"\x55", 1);
	}
	assert_int_equal(step, HJ_STEP_DONE);
	assert_int_equal(l.x.outcome, -EBADMSG);
	assert_in_range(l.now - begin, 300 * MS, SEC);
	send(&l, &ONE);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
}

static void a_glitch_before_an_answer_is_forgiven(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	feed(&l, (const uint8_t *)"\x00\xff", 2);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
	assert_int_equal(l.x.answer.data[1], 5);
	assert_int_equal(l.x.junk, 2);
}

/* One that could be the begin of an answer is no answer that broke off: a meter may begin long after. Nor has it
 * answered so soon. */
static void a_glitch_long_before_an_answer_is_waited_after(void **state)
{
	static const struct hj_question energy = {
		.station = { [HJ_STATION_BYTES - 1] = 1 }, .table = HJ_TABLE_DATA, .address = 0, .count = 1
	};
	static const uint8_t glitch = 1, answered[] = { 0x68, 1, 0, 0, 0, 0, 0, 0x68, 0x91, 8, 0x33, 0x33, 0x33, 0x33,
		0x35, 0x33, 0x33, 0x33, 0x04, 0x16 };
	struct line l;

	(void)state;
	for (int stations = 0; stations <= 1; stations++) {
		open_line(&l, 9600, HJ_ECHO_AUTO, 0);
		l.x.protocol = stations ? &hj_protocol_dlt645 : &hj_protocol_rtu;
		send(&l, stations ? &energy : &ONE);
		l.now += MS;
		feed(&l, &glitch, 1);
		wait_to(&l, l.now + 150 * MS);
		if (stations)
			feed(&l, answered, sizeof(answered));
		assert_int_equal(stations ? finish(&l) : answer(&l, 1, 5, 6), 0);
		assert_in_range(l.x.turnaround, 150 * MS, 160 * MS);
	}
	/* Alone it is none. */
	send(&l, &energy);
	feed(&l, &glitch, 1);
	assert_int_equal(finish(&l), -ETIMEDOUT);
}

static void an_answer_after_more_than_a_glitch_is_not_trusted(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	feed(&l, (const uint8_t *)"\x00\xff\x13", 3);
	assert_int_equal(answer(&l, 1, 5, 6), -EBADMSG);
}

static void another_masters_question_is_left_its_answer(void **state)
{
	struct line l;
	uint8_t bytes[HJ_FRAME_MAX];
	hj_usec until;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	hj_protocol_rtu.encode(&OTHER, bytes);
	feed(&l, bytes, 8);
	assert_int_equal(hj_exchange_begin(&l.x, &TWO, TIMEOUT, l.now), 0);
	assert_int_equal(hj_exchange_step(&l.x, l.now, &until), HJ_STEP_WAIT);
	assert_true(until >= l.now + 100 * MS);
	assert_int_equal(l.x.foreign, 1);
	l.now += 20 * MS;
	feed(&l, bytes, frame(bytes, 1, 7, 8)); /* it has it */
	assert_int_equal(hj_exchange_step(&l.x, l.now, &until), HJ_STEP_WAIT);
	assert_true(until <= l.now + 10 * MS);
}

/* What another master was answered is not late for us, unless we have asked the same and wait for it, too. */
static void another_masters_answer_is_no_late_one(void **state)
{
	struct line l;
	uint8_t bytes[HJ_FRAME_MAX];

	(void)state;
	for (int asked = 0; asked <= 1; asked++) {
		open_line(&l, 9600, HJ_ECHO_AUTO, 0);
		if (asked) {
			send(&l, &ONE);
			assert_int_equal(finish(&l), -ETIMEDOUT);
			l.now += 20 * MS;
		}
		hj_protocol_rtu.encode(&ONE, bytes);
		feed(&l, bytes, 8);
		l.now += 20 * MS;
		feed(&l, bytes, frame(bytes, 1, 7, 8));
		assert_int_equal(l.x.foreign, 1);
		assert_int_equal(l.x.late_whole, asked);
	}
}

static void another_masters_answer_is_not_ours(void **state)
{
	struct line l;
	uint8_t bytes[HJ_FRAME_MAX];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE); /* lost on the way */
	l.now += 10 * MS;
	hj_protocol_rtu.encode(&OTHER, bytes);
	feed(&l, bytes, 8);
	assert_int_equal(answer(&l, 1, 7, 8), -EBADMSG);
	assert_int_equal(l.x.foreign, 1);
	/* Overheard while nothing was asked: a question of the same shape waits until it is answered. */
	l.now += 5 * SEC;
	hj_protocol_rtu.encode(&OTHER, bytes);
	feed(&l, bytes, 8);
	assert_int_equal(hj_exchange_begin(&l.x, &ONE, TIMEOUT, l.now), 0);
	assert_int_equal(finish(&l), -EAGAIN);
}

/* The first byte of its question came before we wanted to ask, the others after: it was heard all the same. */
static void another_masters_question_is_heard_while_we_want_to_ask(void **state)
{
	struct line l;
	uint8_t bytes[HJ_FRAME_MAX];
	hj_usec until;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	hj_protocol_rtu.encode(&OTHER, bytes);
	feed(&l, bytes, 8);
	for (int i = 0; i < 2; i++) {
		l.now += 5 * MS;
		feed(&l, bytes, 3);
		assert_int_equal(hj_exchange_begin(&l.x, &ONE, TIMEOUT, l.now), 0);
		assert_int_equal(hj_exchange_step(&l.x, l.now, &until), HJ_STEP_DONE);
		assert_int_equal(l.x.outcome, -EAGAIN);
		l.now += 5 * MS;
		feed(&l, bytes + 3, 5);
		assert_int_equal(l.x.foreign, 2 + i);
	}
}

/* A byte of 0 behind a request of this shape makes an answer of it, with a right CRC. */
static void another_masters_question_is_no_answer(void **state)
{
	struct hj_question q = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .address = 0x0400, .count = 10 };
	struct line l;
	uint8_t bytes[HJ_FRAME_MAX];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	hj_protocol_rtu.encode(&q, bytes);
	bytes[8] = 0;
	send(&l, &ONE);
	feed(&l, bytes, 9);
	assert_int_equal(finish(&l), 0); /* nobody else was heard so far: such an answer is possible */
	l.now += SEC;
	feed(&l, bytes, 8);
	l.now += 5 * SEC;
	send(&l, &ONE);
	feed(&l, bytes, 9);
	assert_int_equal(finish(&l), -EBADMSG);
}

/* A meter understood it better than we did. */
static void what_may_be_a_question_is_left_its_answer(void **state)
{
	struct line l;
	uint8_t bytes[HJ_FRAME_MAX];
	hj_usec until;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	hj_protocol_rtu.encode(&OTHER, bytes);
	bytes[2] ^= 0x10;
	feed(&l, bytes, 8); /* nobody else is known: noise */
	assert_int_equal(hj_exchange_begin(&l.x, &TWO, TIMEOUT, l.now), 0);
	assert_int_equal(hj_exchange_step(&l.x, l.now, &until), HJ_STEP_WAIT);
	assert_true(until < l.now + 10 * MS);
	bytes[2] ^= 0x10;
	l.now += SEC;
	feed(&l, bytes, 8);
	bytes[2] ^= 0x10;
	l.now += 30 * SEC;
	feed(&l, bytes, 8);
	assert_int_equal(hj_exchange_begin(&l.x, &TWO, TIMEOUT, l.now), 0);
	assert_int_equal(hj_exchange_step(&l.x, l.now, &until), HJ_STEP_WAIT);
	assert_true(until >= l.now + TIMEOUT);
}

/* ---- echo ---- */

static void an_echo_is_found_and_taken_off(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	for (int i = 0; i < 3; i++) {
		send(&l, &ONE);
		feed(&l, l.x.sent, 5);
		feed(&l, l.x.sent + 5, 3);
		assert_int_equal(answer(&l, 1, 5, 6), 0);
		assert_int_equal(l.x.received_length, 9);
		assert_true(l.x.echo_known && l.x.has_echo);
		assert_int_equal(l.x.junk, 0);
	}
}

static void an_echo_that_differs_is_a_collision(void **state)
{
	struct line l;
	uint8_t bytes[8];

	(void)state;
	open_line(&l, 9600, HJ_ECHO_ON, 0);
	send(&l, &ONE);
	memcpy(bytes, l.x.sent, 8);
	bytes[3] ^= 0x10;
	feed(&l, bytes, 8);
	assert_int_equal(finish(&l), -EBADMSG);
	assert_int_equal(l.x.collisions, 1);
}

static void an_adapter_without_echo_is_found_out(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
	assert_true(l.x.echo_known && !l.x.has_echo);
}

static void an_echo_that_ends_is_unlearned(void **state)
{
	struct line l;
	int failures = 0;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	feed(&l, l.x.sent, 8);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
	for (int i = 0; i < 6; i++) {
		send(&l, &ONE);
		failures += answer(&l, 1, 5, 6) != 0;
	}
	assert_int_equal(failures, HJ_EXCHANGE_ECHO_LOST);
}

/* The adapter stops to hear itself, or is another now, and no meter answers either: after so many it is looked for
 * anew, and a meter that answers without an echo is heard at once. */
static void an_echo_that_stays_away_with_the_answers_is_unlearned(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	send(&l, &ONE);
	feed(&l, l.x.sent, 8);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
	for (int i = 0; i < HJ_EXCHANGE_ECHO_LOST; i++) {
		assert_true(l.x.has_echo);
		send(&l, &TWO);
		assert_int_equal(finish(&l), -ETIMEDOUT);
	}
	assert_false(l.x.has_echo || l.x.echo_known);
	send(&l, &ONE);
	assert_int_equal(answer(&l, 1, 7, 8), 0);
	/* Where a person said that there is one it is not unlearned. */
	open_line(&l, 9600, HJ_ECHO_ON, 0);
	for (int i = 0; i < 2 * HJ_EXCHANGE_ECHO_LOST; i++) {
		send(&l, &ONE);
		assert_int_equal(finish(&l), -ETIMEDOUT);
	}
	assert_true(l.x.has_echo);
}

static void an_echo_that_breaks_off_is_told(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_ON, 0);
	send(&l, &ONE);
	feed(&l, l.x.sent, 5);
	assert_int_equal(finish(&l), -EBADMSG);
	assert_non_null(strstr(l.x.answer.why, "echo of the request broke off"));
	send(&l, &ONE);
	feed(&l, l.x.sent, 8);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
	/* One that is told off is not looked for: what looks like it is taken for what the meter says. */
	open_line(&l, 9600, HJ_ECHO_OFF, 0);
	send(&l, &ONE);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
	assert_false(l.x.has_echo);
}

/* What does not end comes as the kernel hands it on: a little, and then as much at once as is read at once. */
static void pieces_of_any_length_are_no_more_than_noise(void **state)
{
	static const uint8_t noise[HJ_FRAME_MAX] = { 0x55 };
	uint8_t sent[HJ_FRAME_MAX];
	struct line l;

	(void)state;
	for (size_t first = 1; first < HJ_FRAME_MAX; first++) {
		open_line(&l, 9600, HJ_ECHO_OFF, 0);
		feed(&l, noise, first);
		feed(&l, noise, sizeof(noise));
		assert_true(l.x.received_length <= sizeof(l.x.received));
		l.now += SEC;
		send(&l, &ONE);
		memcpy(sent, l.x.sent, sizeof(sent));
		feed(&l, noise, first);
		feed(&l, noise, sizeof(noise));
		assert_true(l.x.received_length <= sizeof(l.x.received));
		assert_memory_equal(sent, l.x.sent, sizeof(sent));
		assert_int_equal(finish(&l), -EBADMSG);
	}
}

/* 24 registers that were asked for before, and 125 more: longer together than the longest frame. */
static void a_late_answer_before_a_long_one(void **state)
{
	const struct hj_question some = { .unit_id = 2, .table = HJ_TABLE_HOLDING, .count = 24 },
	                         most = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 125 };
	uint8_t bytes[53 + 255] = { 2, 3, 48 };
	uint16_t crc = hj_modbus_crc(bytes, 51);
	struct line l;

	(void)state;
	bytes[51] = (uint8_t)crc;
	bytes[52] = (uint8_t)(crc >> 8);
	memcpy(bytes + 53, (uint8_t[]){ 1, 3, 250 }, 3);
	crc = hj_modbus_crc(bytes + 53, 253);
	bytes[306] = (uint8_t)crc;
	bytes[307] = (uint8_t)(crc >> 8);
	open_line(&l, 9600, HJ_ECHO_OFF, 0);
	send(&l, &some);
	assert_int_equal(finish(&l), -ETIMEDOUT);
	send(&l, &most);
	feed(&l, bytes, 150);
	feed(&l, bytes + 150, sizeof(bytes) - 150);
	assert_int_equal(finish(&l), 0);
	assert_int_equal(l.x.received_length, 255);
	assert_true(l.x.late_whole);
	assert_int_equal(l.x.late.unit_id, 2);
}

static void what_cannot_be_asked_is_not(void **state)
{
	const struct hj_question none = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .address = 0, .count = 0 };
	struct line l;
	hj_usec until;

	(void)state;
	open_line(&l, 9600, HJ_ECHO_AUTO, 0);
	assert_int_equal(hj_exchange_begin(&l.x, &none, TIMEOUT, l.now), -EINVAL);
	assert_int_equal(hj_exchange_step(&l.x, l.now, &until), HJ_STEP_DONE); /* nothing was begun */
	feed(&l, (const uint8_t *)"", 0);
	send(&l, &ONE);
	assert_int_equal(answer(&l, 1, 5, 6), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_keep_their_distance),
		cmocka_unit_test(fast_lines_have_a_fixed_silence),
		cmocka_unit_test(another_unit_waits_longer),
		cmocka_unit_test(a_site_that_needs_half_a_second_gets_it),
		cmocka_unit_test(an_adapter_may_pause_within_an_answer),
		cmocka_unit_test(an_answer_in_one_piece_four_ms_after_the_request),
		cmocka_unit_test(an_answer_that_breaks_off_is_broken_and_the_next_is_good),
		cmocka_unit_test(a_late_answer_is_no_answer_to_another_question),
		cmocka_unit_test(a_late_answer_comes_through_the_next_connection),
		cmocka_unit_test(what_was_not_asked_is_not_waited_for),
		cmocka_unit_test(a_late_answer_while_another_unit_is_asked_is_taken_out),
		cmocka_unit_test(a_gateway_that_gives_up_late_is_no_late_answer),
		cmocka_unit_test(two_tries_leave_two_answers_owed),
		cmocka_unit_test(babble_puts_a_request_off_and_ends_it_at_last),
		cmocka_unit_test(a_glitch_before_an_answer_is_forgiven),
		cmocka_unit_test(a_glitch_long_before_an_answer_is_waited_after),
		cmocka_unit_test(an_answer_after_more_than_a_glitch_is_not_trusted),
		cmocka_unit_test(another_masters_question_is_left_its_answer),
		cmocka_unit_test(another_masters_answer_is_no_late_one),
		cmocka_unit_test(another_masters_answer_is_not_ours),
		cmocka_unit_test(another_masters_question_is_heard_while_we_want_to_ask),
		cmocka_unit_test(another_masters_question_is_no_answer),
		cmocka_unit_test(what_may_be_a_question_is_left_its_answer),
		cmocka_unit_test(an_echo_is_found_and_taken_off),
		cmocka_unit_test(an_echo_that_differs_is_a_collision),
		cmocka_unit_test(an_adapter_without_echo_is_found_out),
		cmocka_unit_test(an_echo_that_ends_is_unlearned),
		cmocka_unit_test(an_echo_that_stays_away_with_the_answers_is_unlearned),
		cmocka_unit_test(an_echo_that_breaks_off_is_told),
		cmocka_unit_test(pieces_of_any_length_are_no_more_than_noise),
		cmocka_unit_test(a_late_answer_before_a_long_one),
		cmocka_unit_test(what_cannot_be_asked_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
