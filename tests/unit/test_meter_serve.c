/* The slave's side of Modbus: what comes for us in any chunks, amid the talk of others and noise, and what we say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/meter_protocol.h"
#include "hjgate/meter_serve.h"

#define GAP     4000 /* us */
#define CHAR_US 1042
#define OURS    5
#define THEIRS  9

/* A frame with its sum. */
struct frame {
	uint8_t p[HJ_SERVE_RTU_MAX];
	size_t n;
};

static struct frame make(const char *hex)
{
	struct frame f = { .n = 0 };
	uint16_t crc;

	for (char *end; *hex; hex = end)
		f.p[f.n++] = (uint8_t)strtoul(hex, &end, 16);
	crc = hj_modbus_crc(f.p, f.n);
	f.p[f.n++] = (uint8_t)crc;
	f.p[f.n++] = (uint8_t)(crc >> 8);
	return f;
}

static void put_line(struct hj_serve *s)
{
	hj_serve_init(s, HJ_SERVE_RTU, GAP, CHAR_US);
	hj_serve_add_unit(s, OURS);
}

/* Everything goes in; requests come out, at most `most`; how many there were. */
static size_t feed(struct hj_serve *s, const uint8_t *p, size_t n, hj_usec now, struct hj_serve_request *ret)
{
	struct hj_serve_request q;
	size_t found = 0;

	do {
		size_t k = hj_serve_put(s, p, n, now);

		p += k;
		n -= k;
		while (hj_serve_next(s, now, &q) == 1) {
			*ret = q;
			found++;
		}
	} while (n);
	return found;
}

static size_t feed_frame(struct hj_serve *s, const char *hex, hj_usec now, struct hj_serve_request *ret)
{
	struct frame f = make(hex);

	return feed(s, f.p, f.n, now, ret);
}

static void every_function_is_understood(void **state)
{
	static const struct {
		const char *hex;
		uint8_t function;
		bool write;
		enum hj_table table;
		uint16_t address, count;
		size_t length;
		const char *data;
	} rows[] = {
		{ "05 01 00 13 00 25", 1, false, HJ_TABLE_COIL, 0x13, 0x25, 0, "" },
		{ "05 02 00 c4 00 16", 2, false, HJ_TABLE_DISCRETE, 0xc4, 0x16, 0, "" },
		{ "05 03 00 6b 00 03", 3, false, HJ_TABLE_HOLDING, 0x6b, 3, 0, "" },
		{ "05 04 00 08 00 7d", 4, false, HJ_TABLE_INPUT, 8, 125, 0, "" },
		{ "05 05 00 ac ff 00", 5, true, HJ_TABLE_COIL, 0xac, 1, 1, "\1" },
		{ "05 05 00 ac 00 00", 5, true, HJ_TABLE_COIL, 0xac, 1, 1, "\0" },
		{ "05 06 00 01 12 03", 6, true, HJ_TABLE_HOLDING, 1, 1, 2, "\x12\x03" },
		{ "05 0f 00 13 00 0a 02 cd ff", 15, true, HJ_TABLE_COIL, 0x13, 10, 2, "\xcd\x03" },
		{ "05 10 ff fe 00 02 04 00 0a 01 02", 16, true, HJ_TABLE_HOLDING, 0xfffe, 2, 4, "\0\x0a\1\2" },
	};
	struct hj_serve_request q;
	struct hj_serve s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_line(&s);
		assert_int_equal(feed_frame(&s, rows[i].hex, 0, &q), 1);
		assert_int_equal(q.exception, 0);
		assert_int_equal(q.unit_id, OURS);
		assert_int_equal(q.function, rows[i].function);
		assert_int_equal(q.write, rows[i].write);
		assert_int_equal(q.table, rows[i].table);
		assert_int_equal(q.address, rows[i].address);
		assert_int_equal(q.count, rows[i].count);
		assert_int_equal(q.length, rows[i].length);
		assert_memory_equal(q.data, rows[i].data, q.length);
	}
}

static void what_is_asked_wrongly_is_refused(void **state)
{
	static const struct {
		const char *hex;
		int exception;
	} rows[] = {
		{ "05 03 00 00 00 00", HJ_SERVE_VALUE },
		{ "05 03 00 00 00 7e", HJ_SERVE_VALUE },
		{ "05 01 00 00 07 d1", HJ_SERVE_VALUE },
		{ "05 01 00 00 07 d0", 0 },
		{ "05 03 ff ff 00 02", HJ_SERVE_ADDRESS },
		{ "05 05 00 00 00 01", HJ_SERVE_VALUE },
		{ "05 10 00 00 00 02 02 00 0a", HJ_SERVE_VALUE },
		{ "05 10 00 00 00 00 00", HJ_SERVE_VALUE },
		{ "05 0f 00 00 00 09 01 ff", HJ_SERVE_VALUE },
		{ "05 0f ff ff 00 02 01 03", HJ_SERVE_ADDRESS },
		{ "05 07", HJ_SERVE_FUNCTION },
		{ "05 17 00 00 00 01 00 00 00 01 02 00 00", HJ_SERVE_FUNCTION },
	};
	struct hj_serve_request q;
	struct hj_serve s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_line(&s);
		/* Only the silence tells where a function ends that we do not know. */
		if (!feed_frame(&s, rows[i].hex, 0, &q))
			assert_int_equal(hj_serve_next(&s, GAP, &q), 1);
		assert_int_equal(q.exception, rows[i].exception);
		assert_int_equal(s.counts.broken, 0);
	}
}

static void any_chunks_will_do(void **state)
{
	struct frame a = make("05 10 00 20 00 02 04 41 20 00 00"), b = make("05 05 00 01 ff 00");
	uint8_t both[2 * HJ_SERVE_RTU_MAX];
	struct hj_serve_request q;
	struct hj_serve s;

	(void)state;
	memcpy(both, a.p, a.n);
	memcpy(both + a.n, b.p, b.n);
	for (size_t size = 1; size <= a.n + b.n; size++) {
		size_t found = 0;

		put_line(&s);
		for (size_t at = 0; at < a.n + b.n; at += size) {
			size_t n = at + size <= a.n + b.n ? size : a.n + b.n - at;

			found += feed(&s, both + at, n, at * 100, &q);
		}
		assert_int_equal(found, 2);
		assert_int_equal(q.function, 5);
		assert_int_equal(s.counts.junk, 0);
		assert_int_equal(s.count, 0);
	}
}

static void the_talk_of_others_is_passed_over(void **state)
{
	static const char *const talk[] = {
		"09 03 00 00 00 02", "09 03 04 00 01 00 02", /* its answer */
		"09 06 00 05 00 01", "09 06 00 05 00 01", "09 10 00 05 00 01 02 00 01", "09 10 00 05 00 01",
		"09 01 00 00 00 20", "09 01 04 05 05 05 05", "09 83 02",
		"00 03 00 00 00 02", /* nobody reads from all */
	};
	struct hj_serve_request q;
	struct hj_serve s;

	(void)state;
	put_line(&s);
	for (size_t i = 0; i < sizeof(talk) / sizeof(talk[0]); i++) {
		/* Not even a silence between them. */
		assert_int_equal(feed_frame(&s, talk[i], 0, &q), 0);
		assert_int_equal(s.count, 0);
		assert_int_equal(s.counts.foreign, i + 1);
	}
	assert_int_equal(feed_frame(&s, "05 06 00 05 00 01", 0, &q), 1);
	/* A function of theirs that we do not know ends with the silence. */
	assert_int_equal(feed_frame(&s, "09 2b 0e 01 00", 0, &q), 0);
	assert_int_equal(hj_serve_next(&s, GAP, &q), 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.counts.broken, 0);
}

static void the_broken_is_dropped_and_the_next_is_heard(void **state)
{
	struct frame good = make("05 06 00 05 00 01"), bad = good;
	struct hj_serve_request q;
	struct hj_serve s;

	(void)state;
	bad.p[4] ^= 1;
	put_line(&s);
	assert_int_equal(feed(&s, bad.p, bad.n, 0, &q), 0);
	assert_int_equal(feed(&s, good.p, good.n, 2 * GAP, &q), 1);
	assert_int_equal(s.counts.broken, 1);
	assert_int_equal(s.counts.junk, bad.n);
	/* Half a frame and no more: due() says when to look again. */
	assert_int_equal(feed(&s, good.p, 5, 3 * GAP, &q), 0);
	assert_int_equal(hj_serve_due(&s), 4 * GAP);
	assert_int_equal(hj_serve_next(&s, 4 * GAP, &q), 0);
	assert_int_equal(s.count, 0);
	assert_int_equal(s.counts.broken, 2);
	assert_true(hj_serve_due(&s) == HJ_USEC_NEVER);
}

/* A driver that switches on makes a byte of its own; noise of all lengths, with no silence behind it. */
static void noise_before_a_request_does_not_hide_it(void **state)
{
	struct frame good = make("05 10 00 20 00 02 04 41 20 00 00");
	struct hj_serve_request q = { 0 };
	struct hj_serve s;
	uint8_t noise[700];

	(void)state;
	srand(7);
	for (size_t n = 1; n < sizeof(noise); n++) {
		size_t found;

		for (size_t i = 0; i < n; i++)
			noise[i] = (uint8_t)rand();
		put_line(&s);
		found = feed(&s, noise, n, 0, &q);
		found += feed(&s, good.p, good.n, 100, &q);
		found += hj_serve_next(&s, 100 + GAP, &q) == 1;
		assert_int_equal(found, 1);
		assert_int_equal(q.address, 0x20);
		assert_int_equal(hj_serve_next(&s, 100 + GAP, &q), 0);
		assert_int_equal(s.count, 0);
		assert_true(s.counts.broken >= 1);
	}
}

static void a_broadcast_is_taken_and_not_answered(void **state)
{
	uint8_t to[HJ_SERVE_TCP_MAX];
	struct hj_serve_request q;
	struct hj_serve s;

	(void)state;
	put_line(&s);
	assert_int_equal(feed_frame(&s, "00 06 00 05 00 01", 0, &q), 1);
	assert_int_equal(q.unit_id, HJ_SERVE_EVERY_UNIT);
	assert_int_equal(hj_serve_answer(HJ_SERVE_RTU, &q, NULL, 0, to), 0);
	assert_int_equal(hj_serve_refuse(HJ_SERVE_RTU, &q, HJ_SERVE_ADDRESS, to), 0);
}

static void answer_is(const char *asked, const char *data, size_t n, const char *hex)
{
	struct frame want = make(hex);
	uint8_t to[HJ_SERVE_TCP_MAX];
	struct hj_serve_request q;
	struct hj_serve s;
	size_t length;

	put_line(&s);
	assert_int_equal(feed_frame(&s, asked, 0, &q), 1);
	length = q.exception ? hj_serve_refuse(HJ_SERVE_RTU, &q, (enum hj_serve_exception)q.exception, to)
	                     : hj_serve_answer(HJ_SERVE_RTU, &q, (const uint8_t *)data, n, to);
	assert_int_equal(length, want.n);
	assert_memory_equal(to, want.p, length);
	length = hj_serve_answer(HJ_SERVE_TCP, &q, (const uint8_t *)data, n, to);
	if (q.exception)
		return;
	assert_int_equal(length, want.n + 4);
	assert_memory_equal(to + 6, want.p, want.n - 2);
	assert_int_equal(to[4] << 8 | to[5], want.n - 2);
}

static void answers_are_those_of_the_standard(void **state)
{
	(void)state;
	answer_is("05 03 00 6b 00 03", "\x02\x2b\0\0\0\x64", 6, "05 03 06 02 2b 00 00 00 64");
	answer_is("05 01 00 13 00 13", "\xcd\x6b\x05", 3, "05 01 03 cd 6b 05");
	answer_is("05 05 00 ac ff 00", NULL, 0, "05 05 00 ac ff 00");
	answer_is("05 05 00 ac 00 00", NULL, 0, "05 05 00 ac 00 00");
	answer_is("05 06 00 01 00 03", NULL, 0, "05 06 00 01 00 03");
	answer_is("05 0f 00 13 00 0a 02 cd 01", NULL, 0, "05 0f 00 13 00 0a");
	answer_is("05 10 00 01 00 02 04 00 0a 01 02", NULL, 0, "05 10 00 01 00 02");
	answer_is("05 03 00 00 00 00", NULL, 0, "05 83 03");
}

static void an_echo_of_an_answer_is_no_request(void **state)
{
	struct frame write = make("05 06 00 05 00 01"), many = make("05 10 00 05 00 01 02 00 07");
	uint8_t to[HJ_SERVE_TCP_MAX];
	struct hj_serve_request q;
	struct hj_serve s;
	size_t n;

	(void)state;
	put_line(&s);
	for (int i = 0; i < 10; i++) {
		hj_usec now = (hj_usec)i * 1000000;

		assert_int_equal(feed(&s, write.p, write.n, now, &q), 1);
		n = hj_serve_answer(HJ_SERVE_RTU, &q, NULL, 0, to);
		hj_serve_sent(&s, to, n, now + 5000);
		assert_int_equal(feed(&s, to, 3, now + 9000, &q), 0);
		assert_int_equal(feed(&s, to + 3, n - 3, now + 13000, &q), 0);
		assert_int_equal(s.counts.echoed, i + 1);
	}
	/* On a line without one nothing is swallowed, though the next request begins as the answer does. */
	put_line(&s);
	for (int i = 0; i < 10; i++) {
		hj_usec now = (hj_usec)i * 20000;

		assert_int_equal(feed(&s, many.p, 5, now, &q), 0);
		assert_int_equal(feed(&s, many.p + 5, many.n - 5, now + 1000, &q), 1);
		n = hj_serve_answer(HJ_SERVE_RTU, &q, NULL, 0, to);
		hj_serve_sent(&s, to, n, now + 5000);
	}
	assert_int_equal(s.counts.echoed, 0);
	assert_int_equal(s.counts.junk, 0);
	/* And it is known by now that it has none. */
	assert_int_equal(feed(&s, write.p, write.n, 1000000, &q), 1);
	n = hj_serve_answer(HJ_SERVE_RTU, &q, NULL, 0, to);
	hj_serve_sent(&s, to, n, 1005000);
	assert_int_equal(feed(&s, write.p, write.n, 1020000, &q), 1);
}

static void tcp_is_told_by_its_head(void **state)
{
	static const uint8_t read[] = { 0x12, 0x34, 0, 0, 0, 6, OURS, 3, 0, 0x6b, 0, 3 },
	                     other[] = { 0, 1, 0, 0, 0, 6, THEIRS, 3, 0, 0, 0, 1 },
	                     cut[] = { 0, 1, 0, 0, 0, 4, OURS, 3, 0, 0 },
	                     strange[] = { 0, 1, 0, 0, 0, 3, OURS, 0x2b, 0 }, garbage[] = "GET / HTTP/1.0\r\n",
	                     answer[] = { 0x12, 0x34, 0, 0, 0, 3, OURS, 0x83, 2 };
	uint8_t to[HJ_SERVE_TCP_MAX];
	struct hj_serve_request q;
	struct hj_serve s;

	(void)state;
	hj_serve_init(&s, HJ_SERVE_TCP, 0, 0);
	hj_serve_add_unit(&s, OURS);
	for (size_t i = 0; i < sizeof(read); i++)
		assert_int_equal(feed(&s, read + i, 1, i * 1000000, &q), i == sizeof(read) - 1);
	assert_int_equal(q.transaction, 0x1234);
	assert_int_equal(q.address, 0x6b);
	assert_int_equal(hj_serve_refuse(HJ_SERVE_TCP, &q, HJ_SERVE_ADDRESS, to), sizeof(answer));
	assert_memory_equal(to, answer, sizeof(answer));
	assert_int_equal(feed(&s, other, sizeof(other), 0, &q), 1);
	assert_int_equal(q.exception, HJ_SERVE_NO_TARGET);
	assert_int_equal(feed(&s, cut, sizeof(cut), 0, &q), 1);
	assert_int_equal(q.exception, HJ_SERVE_VALUE);
	assert_int_equal(feed(&s, strange, sizeof(strange), 0, &q), 1);
	assert_int_equal(q.exception, HJ_SERVE_FUNCTION);
	hj_serve_put(&s, garbage, sizeof(garbage), 0);
	assert_int_equal(hj_serve_next(&s, 0, &q), -EPROTO);
	assert_int_equal(s.count, 0);
	assert_true(hj_serve_due(&s) == HJ_USEC_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_is_understood),
		cmocka_unit_test(what_is_asked_wrongly_is_refused),
		cmocka_unit_test(any_chunks_will_do),
		cmocka_unit_test(the_talk_of_others_is_passed_over),
		cmocka_unit_test(the_broken_is_dropped_and_the_next_is_heard),
		cmocka_unit_test(noise_before_a_request_does_not_hide_it),
		cmocka_unit_test(a_broadcast_is_taken_and_not_answered),
		cmocka_unit_test(answers_are_those_of_the_standard),
		cmocka_unit_test(an_echo_of_an_answer_is_no_request),
		cmocka_unit_test(tcp_is_told_by_its_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
