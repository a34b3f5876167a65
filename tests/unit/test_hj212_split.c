/* Splitting a long CP into packets and joining what comes in packets (C.47-C.50). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hj212_frames.h"
#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"

#define TIME "DataTime=20160801080000;"

struct packets {
	char cp[HJ212_JOIN_PACKETS][HJ212_CP_MAX + 1];
	unsigned n, stop_at;
};

static int collect(unsigned pno, struct hj212_slice piece, void *userdata)
{
	struct packets *p = userdata;

	assert_int_equal(pno, p->n + 1);
	if (pno == p->stop_at)
		return -EBUSY;
	snprintf(p->cp[p->n++], sizeof(p->cp[0]), TIME "%.*s", (int)piece.n, piece.p);
	return 0;
}

static int split(const char *items, size_t cp_max, struct packets *p)
{
	p->n = 0;
	return hj212_split((struct hj212_slice){ items, strlen(items) }, strlen(TIME), cp_max, collect, p);
}

static void cut_between_items(void **state)
{
	static struct packets p;
	const size_t head = strlen(TIME);

	assert_int_equal(split("a=1,b=2;c=3;d=4,e=5", head + 11, &p), 2);
	assert_string_equal(p.cp[0], TIME "a=1,b=2;c=3");
	assert_string_equal(p.cp[1], TIME "d=4,e=5");
	assert_int_equal(split("a=1,b=2;c=3;d=4,e=5", head + 10, &p), 3);
	assert_string_equal(p.cp[0], TIME "a=1,b=2");
	assert_string_equal(p.cp[1], TIME "c=3");
	assert_int_equal(split("a=1,b=2;c=3;d=4,e=5", head + 100, &p), 1);
	assert_int_equal(split("a=1,b=2;c=3;d=4,e=5", head + 7, &p), 3);
	assert_int_equal(split("a=1,b=2;c=3;d=4,e=5", head + 6, &p), -EMSGSIZE);
	assert_int_equal(split("a=1;", head, &p), -EMSGSIZE);
	assert_int_equal(split("", head + 10, &p), 0);
	/* Text is not cut, whatever it holds. */
	assert_int_equal(split("i=//a;b;c//;d=4", head + 12, &p), 2);
	assert_string_equal(p.cp[0], TIME "i=//a;b;c//");
	p.stop_at = 2;
	assert_int_equal(split("a=1;b=2", head + 3, &p), -EBUSY);
	p.stop_at = 0;
}

static void a_long_record_there_and_back(void **state)
{
	static struct packets p;
	static char items[16000], whole[16100], room[HJ212_JOIN_MAX];
	struct hj212_join join;
	struct hj212_slice cp;
	size_t n = 0;
	int r = 0;

	for (int i = 0; i < 160; i++)
		n += (size_t)snprintf(items + n, sizeof(items) - n,
		        "%se%05d-Min=%d,e%05d-Avg=%d.5,e%05d-Max=%d,e%05d-Flag=N", i ? ";" : "", i, i, i, i, i, 2 * i,
		        i);
	assert_true(split(items, HJ212_CP_MAX, &p) > 10);
	hj212_join_init(&join, room);
	for (unsigned i = 0; i < p.n; i++) {
		struct hj212_message m = { .cn = 2061, .flag = 7, .pnum = p.n, .pno = i + 1 };

		assert_int_equal(r, 0);
		assert_true(strlen(p.cp[i]) <= HJ212_CP_MAX);
		m.cp = (struct hj212_slice){ p.cp[i], strlen(p.cp[i]) };
		r = hj212_join_put(&join, &m, &cp);
	}
	assert_int_equal(r, 1);
	snprintf(whole, sizeof(whole), TIME "%s", items);
	assert_int_equal(cp.n, strlen(whole));
	assert_memory_equal(cp.p, whole, cp.n);
}

static struct hj212_message packet(unsigned pnum, unsigned pno, const char *cp)
{
	return (struct hj212_message){ .cn = 2061, .flag = 7, .pnum = pnum, .pno = pno, .cp = { cp, strlen(cp) } };
}

static int put(struct hj212_join *j, unsigned pnum, unsigned pno, const char *cp, const char *expected)
{
	struct hj212_message m = packet(pnum, pno, cp);
	struct hj212_slice whole = { 0 };
	int r = hj212_join_put(j, &m, &whole);

	assert_int_equal(r == 1, expected != NULL);
	if (expected) {
		assert_int_equal(whole.n, strlen(expected));
		assert_memory_equal(whole.p, expected, whole.n);
	}
	return r;
}

static void what_follows_and_what_does_not(void **state)
{
	static char room[HJ212_JOIN_MAX];
	struct hj212_join j;

	hj212_join_init(&j, room);
	assert_int_equal(put(&j, 0, 0, TIME "a=1", TIME "a=1"), 1);
	/* One of one is whole, however often. */
	assert_int_equal(put(&j, 1, 1, TIME "a=1", TIME "a=1"), 1);
	assert_int_equal(put(&j, 1, 1, TIME "a=1", TIME "a=1"), 1);
	/* Repeats are passed over, also that of the last one. */
	assert_int_equal(put(&j, 2, 1, TIME "a=1", NULL), 0);
	assert_int_equal(put(&j, 2, 1, TIME "a=1", NULL), 0);
	assert_int_equal(put(&j, 2, 2, TIME "b=2", TIME "a=1;b=2"), 1);
	assert_int_equal(put(&j, 2, 2, TIME "b=2", NULL), 0);
	/* The series once more, from its beginning. */
	assert_int_equal(put(&j, 2, 1, TIME "a=1", NULL), 0);
	assert_int_equal(put(&j, 2, 2, TIME "b=2", TIME "a=1;b=2"), 1);
	/* One is missing; then the rest means nothing. */
	assert_int_equal(put(&j, 3, 1, TIME "a=1", NULL), 0);
	assert_int_equal(put(&j, 3, 3, TIME "c=3", NULL), -EBADMSG);
	assert_int_equal(put(&j, 3, 2, TIME "b=2", NULL), -EBADMSG);
	/* Another time, another number, in the middle. */
	assert_int_equal(put(&j, 2, 1, TIME "a=1", NULL), 0);
	assert_int_equal(put(&j, 2, 2, "DataTime=20160801090000;b=2", NULL), -EBADMSG);
	assert_int_equal(put(&j, 2, 1, TIME "a=1", NULL), 0);
	assert_int_equal(put(&j, 3, 2, TIME "b=2", NULL), -EBADMSG);
	/* A new first one starts over. */
	assert_int_equal(put(&j, 2, 1, TIME "a=1", NULL), 0);
	assert_int_equal(put(&j, 2, 1, "DataTime=20160801090000;c=3", NULL), 0);
	assert_int_equal(put(&j, 2, 2, "DataTime=20160801090000;d=4", "DataTime=20160801090000;c=3;d=4"), 1);
	/* Numbers that cannot be. */
	assert_int_equal(put(&j, 2, 0, TIME "a=1", NULL), -EBADMSG);
	assert_int_equal(put(&j, 2, 3, TIME "a=1", NULL), -EBADMSG);
	assert_int_equal(put(&j, HJ212_JOIN_PACKETS + 1, 1, TIME "a=1", NULL), -EBADMSG);
}

static void what_is_too_much_is_refused(void **state)
{
	static char room[HJ212_JOIN_MAX], cp[4000];
	struct hj212_join j;
	int r = 0;
	unsigned i;

	memset(cp, 'x', sizeof(cp) - 1);
	hj212_join_init(&j, room);
	for (i = 1; i <= HJ212_JOIN_PACKETS && !r; i++)
		r = put(&j, HJ212_JOIN_PACKETS, i, cp, NULL);
	assert_int_equal(r, -EBADMSG);
	assert_int_equal(i - 1, HJ212_JOIN_MAX / sizeof(cp) + 1);
}

static void what_just_fits_is_joined(void **state)
{
	static char room[HJ212_JOIN_MAX], cp[HJ212_JOIN_MAX / 2 + 1];
	struct hj212_message m = packet(2, 1, "");
	struct hj212_slice whole = { 0 };
	struct hj212_join j;

	memset(cp, 'x', sizeof(cp));
	hj212_join_init(&j, room);
	for (size_t over = 0; over < 2; over++) {
		m.pno = 1;
		m.cp = (struct hj212_slice){ cp, HJ212_JOIN_MAX / 2 };
		assert_int_equal(hj212_join_put(&j, &m, &whole), 0);
		m.pno = 2;
		m.cp.n = HJ212_JOIN_MAX / 2 - 1 + over; /* with the separator: all of it, and one more */
		assert_int_equal(hj212_join_put(&j, &m, &whole), over ? -EBADMSG : 1);
		assert_int_equal(whole.n, HJ212_JOIN_MAX);
	}
}

/* C.50: two packets with different QN. */
static void the_standards_own(void **state)
{
	static struct examples e;
	static char room[HJ212_JOIN_MAX];
	struct hj212_join j;
	unsigned whole = 0;

	examples_load(&e);
	hj212_join_init(&j, room);
	for (size_t i = 0; i < e.count; i++) {
		struct hj212_frame f;
		struct hj212_message m;
		struct hj212_slice cp;

		assert_true(hj212_frame_decode(e.frame[i], e.n[i], &f) > 0);
		assert_int_equal(hj212_message_decode(f.data, f.n, &m), 0);
		if (!m.pnum || hj212_join_put(&j, &m, &cp) <= 0)
			continue;
		whole++;
		assert_non_null(memmem(cp.p, cp.n, "w01001-Flag=N;w01018-Cou=63.0", 29));
		assert_memory_equal(cp.p, TIME, strlen(TIME));
	}
	assert_int_equal(whole, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_between_items),
		cmocka_unit_test(a_long_record_there_and_back),
		cmocka_unit_test(what_follows_and_what_does_not),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(what_just_fits_is_joined),
		cmocka_unit_test(the_standards_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
