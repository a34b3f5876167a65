/* What a turn of the bus makes of its port: one that is lost, one that opens and then fails, one that somebody probes
 * meanwhile; and of a meter that refuses. */
/* long because: each test is one odd turn, on one small stage */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../services/meterd/meterd.h"
#include "../../src/ipc/server_private.h"
#include "hjgate/now.h"

static struct {
	int open_result, ask_result, exception;
	unsigned opened, asked;
	bool late; /* before its answer comes that to the question before */
	struct hj_question before;
} port;

static int fake_open(struct bus *b)
{
	port.opened++;
	b->is_open = port.open_result == 0;
	return port.open_result;
}

static void fake_close(struct bus *b)
{
	b->is_open = false;
}

static int fake_ask(struct bus *b, const struct hj_question *q, hj_usec timeout, struct bus_answer *ret)
{
	(void)timeout;
	memset(ret, 0, sizeof(*ret));
	port.asked++;
	ret->late_whole = port.late;
	ret->late = port.before;
	port.before = *q;
	ret->is.why = "as the test wants it";
	ret->is.exception = port.ask_result == -EREMOTEIO ? port.exception : 0;
	return b->is_open ? port.ask_result : -EIO;
}

static void fake_free(struct bus *b)
{
	(void)b;
}

/* One meter with one point, asked each second. */
struct world {
	struct bus bus;
	struct hj_conf_meter meter;
	struct hj_conf_point point;
	struct meterd m;
};

static void set_up(struct world *w)
{
	static const struct bus_ops ops = {
		.open = fake_open, .close = fake_close, .ask = fake_ask, .free = fake_free
	};

	memset(&port, 0, sizeof(port));
	memset(w, 0, sizeof(*w));
	w->bus.ops = &ops;
	w->point.table = HJ_TABLE_HOLDING;
	w->point.codec.type = HJ_TYPE_UINT16;
	w->point.codec.scale = 1;
	w->point.point.interval_ms = 1000;
	w->meter.unit_id = 1;
	w->meter.points = &w->point;
	w->meter.point_count = 1;
	w->m.conf.meters = &w->meter;
	w->m.conf.meter_count = 1;
	w->m.bus = &w->bus;
	outbox_init(&w->m.outbox);
	assert_int_equal(requests_new(&w->m), 0);
	assert_int_equal(samples_new(&w->m), 0);
}

static void tear_down(struct world *w)
{
	samples_free(&w->m);
	requests_free(&w->m);
	outbox_done(&w->m.outbox);
	frames_done(&w->m.frames);
}

/* A turn at which the port may be opened again; where that succeeds, the point is asked at once. */
static void turn(struct world *w)
{
	w->m.reopen_at = 0;
	w->m.schedule.slots[0].due = hj_now().mono + HJ_USEC_PER_SEC;
	poll_turn(&w->m);
}

static void a_port_that_opens_and_fails_stays_lost(void **state)
{
	struct world w;
	hj_usec pause;

	(void)state;
	set_up(&w);
	port.ask_result = -EIO;
	turn(&w);
	assert_string_equal(w.m.port_error, strerror(EIO));
	for (int i = 0; i < 5; i++) {
		pause = w.m.reopen_pause;
		turn(&w);
		/* Each time it is waited longer, up to the bound; it was never told to be back. */
		assert_true(w.m.reopen_pause == hj_min(2 * pause, 10 * HJ_USEC_PER_SEC));
		assert_string_equal(w.m.port_error, strerror(EIO));
	}
	assert_int_equal(port.opened, 6);
	/* The meter has nothing to do with it: it is asked at once when the port works. */
	port.ask_result = 0;
	turn(&w);
	assert_string_equal(w.m.port_error, "");
	assert_true(w.m.reopen_pause == 0);
	assert_int_equal(w.m.meters[0].exchanges.answered, 1);
	tear_down(&w);
}

/* Many servers end a connection that is idle, or after each answer: it is made again for who is due. */
static void a_connection_that_was_ended_has_nobody_asked(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	turn(&w);
	assert_int_equal(port.asked, 1);
	for (unsigned i = 2; i < 5; i++) {
		fake_close(&w.bus);
		turn(&w);
		assert_true(w.bus.is_open);
		assert_int_equal(port.opened, i);
		assert_int_equal(port.asked, 1);
	}
	w.m.schedule.slots[0].due = hj_now().mono;
	poll_turn(&w.m);
	assert_int_equal(port.asked, 2);
	/* Where it cannot be made again it is lost, and what it brings is wanted at once. */
	fake_close(&w.bus);
	port.open_result = -ECONNREFUSED;
	turn(&w);
	assert_string_equal(w.m.port_error, strerror(ECONNREFUSED));
	port.open_result = 0;
	turn(&w);
	assert_int_equal(port.asked, 3);
	tear_down(&w);
}

/* A connection that idles out while its only meter is at rest, and cannot be made again at first: the meter is tried
 * as soon as it can, and until then nothing spins. */
static void a_closed_port_spends_no_try(void **state)
{
	struct world w;
	hj_usec next;

	(void)state;
	set_up(&w);
	w.m.schedule.slots[0].interval = 3600 * HJ_USEC_PER_SEC;
	port.ask_result = -ETIMEDOUT;
	while (!hj_quarantine_has(&w.m.quarantine, 0)) {
		hj_schedule_soon(&w.m.schedule, 0, hj_now().mono);
		turn(&w);
	}
	fake_close(&w.bus);
	port.open_result = -ECONNREFUSED;
	port.asked = 0;
	w.m.quarantine.units[0].tried = w.m.quarantine.units[0].rest = 0; /* a try is due */
	w.m.reopen_at = 0;
	w.m.schedule.slots[0].due = hj_now().mono + 3600 * HJ_USEC_PER_SEC;
	next = poll_turn(&w.m);
	assert_true(next == w.m.reopen_at);
	assert_true(next > hj_now().mono);
	port.open_result = port.ask_result = 0;
	w.m.reopen_at = 0;
	poll_turn(&w.m);
	assert_int_equal(port.asked, 1);
	assert_false(hj_quarantine_has(&w.m.quarantine, 0));
	tear_down(&w);
}

static void a_silent_meter_does_not_hide_a_good_port(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	port.open_result = -ENOENT;
	turn(&w);
	assert_string_equal(w.m.port_error, strerror(ENOENT));
	port.open_result = 0;
	port.ask_result = -ETIMEDOUT;
	turn(&w);
	assert_string_equal(w.m.port_error, "");
	tear_down(&w);
}

/* Each byte of it moves the time on at which the line is free. */
static void a_line_that_never_becomes_quiet_is_asked_all_the_same(void **state)
{
	hj_usec begun = hj_now().mono, now = begun;
	struct loan loan = { 0 };
	struct world w;

	(void)state;
	set_up(&w);
	port.ask_result = -EBADMSG;
	w.bus.is_open = true;
	while (!port.asked && now < begun + 2 * HJ_USEC_PER_SEC) {
		w.bus.free_at = now + 5 * HJ_USEC_PER_MS;
		loan_turn(&w.m);
		usleep(1000);
		now = hj_now().mono;
	}
	assert_int_equal(port.asked, 1);
	assert_true(now - begun > HJ_USEC_PER_SEC / 4); /* it was waited for */
	/* One that is at rest for long, as the file wants it, is not asked sooner for that. */
	w.bus.free_at = now + 60 * HJ_USEC_PER_SEC;
	w.m.schedule.slots[0].due = now;
	assert_true(loan_turn(&w.m) == w.bus.free_at);
	/* Nor is slept for longer than is waited, by whoever asks. */
	w.bus.free_at = now + 120 * HJ_USEC_PER_SEC;
	assert_true(loan_turn(&w.m) < now + 61 * HJ_USEC_PER_SEC);
	w.m.loans = &loan;
	assert_true(loan_turn(&w.m) < now + 61 * HJ_USEC_PER_SEC);
	w.m.held_until = now; /* it was waited for long enough, and nothing is due yet */
	w.m.schedule.slots[0].due = now + 5 * HJ_USEC_PER_SEC;
	assert_true(poll_turn(&w.m) == w.m.schedule.slots[0].due);
	assert_int_equal(port.asked, 1);
	tear_down(&w);
}

/* A scan does not wait as long as the file says; of our own question it is the time-out that was too short. */
static void what_was_late_for_a_tool_teaches_nothing(void **state)
{
	const struct hj_question probe = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .address = 9, .count = 1 },
	                         own = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .address = 0, .count = 1 };
	struct bus_answer a;
	hj_usec timeout;
	struct world w;

	(void)state;
	set_up(&w);
	w.bus.is_open = true;
	hj_timeout_init(&w.m.meters[0].timeout, HJ_USEC_PER_SEC / 2);
	timeout = hj_timeout_get(&w.m.meters[0].timeout);
	port.ask_result = -ETIMEDOUT;
	poll_ask(&w.m, &probe, HJ_USEC_PER_SEC / 5, true, &a);
	port.ask_result = 0;
	port.late = true;
	poll_ask(&w.m, &own, timeout, false, &a);
	assert_true(hj_timeout_get(&w.m.meters[0].timeout) == timeout);
	poll_ask(&w.m, &probe, HJ_USEC_PER_SEC / 5, true, &a);
	assert_true(hj_timeout_get(&w.m.meters[0].timeout) > timeout);
	tear_down(&w);
}

static void a_probe_does_not_put_off_the_next_try(void **state)
{
	const struct hj_question q = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 1 };
	struct bus_answer a;
	struct world w;
	hj_usec at;

	(void)state;
	set_up(&w);
	port.open_result = -ENOENT;
	turn(&w);
	at = w.m.reopen_at;
	for (int i = 0; i < 3; i++)
		assert_int_equal(poll_ask(&w.m, &q, HJ_USEC_PER_MS, true, &a), -EIO);
	assert_true(w.m.reopen_at == at);
	assert_string_equal(w.m.port_error, strerror(ENOENT));
	tear_down(&w);
}

static int brought; /* by the newest loan */

static bool came(struct meterd *m, struct loan *l, int r, const struct bus_answer *a, hj_usec took)
{
	(void)m;
	(void)l;
	(void)a;
	(void)took;
	brought = r;
	return false;
}

static int lend(struct world *w)
{
	struct hj_ipc_call *call = calloc(1, sizeof(*call)); /* the loan's, once it is handed over */
	struct loan *l = calloc(1, sizeof(*l));

	assert_non_null(call);
	assert_non_null(l);
	*l = (struct loan){
		.question = { .unit_id = 1, .table = HJ_TABLE_HOLDING, .count = 1 }, .came = came, .must_end = true
	};
	loan_add(&w->m, l, call);
	brought = -ENOMSG;
	while (w->m.loans)
		loan_turn(&w->m); /* perhaps one of the bus's own between */
	return brought;
}

/* Between two polls a server has ended the connection, or an adapter was pulled and put back: a tool has it opened,
 * no sooner than it may be tried again. */
static void a_tool_opens_a_closed_port(void **state)
{
	struct world w;
	hj_usec pause;

	(void)state;
	set_up(&w);
	turn(&w);
	fake_close(&w.bus);
	assert_int_equal(lend(&w), 0);
	assert_int_equal(port.opened, 2);
	assert_string_equal(w.m.port_error, "");
	fake_close(&w.bus);
	port.open_result = -ENOENT;
	assert_int_equal(lend(&w), -EIO);
	assert_string_equal(w.m.port_error, strerror(ENOENT));
	pause = w.m.reopen_pause;
	assert_int_equal(lend(&w), -EIO);
	assert_int_equal(port.opened, 3);
	assert_true(w.m.reopen_pause == pause);
	tear_down(&w);
}

static char newest_flag(const struct world *w)
{
	struct hj_sample s;

	assert_true(outbox_get(&w->m.outbox, outbox_next(&w->m.outbox) - 1, &s));
	return (char)s.flag;
}

/* Exceptions 10 and 11 are a gateway's: the unit behind it is silent, and is lost as any that is. */
static void a_gateways_word_for_silence_is_silence(void **state)
{
	struct world w;

	(void)state;
	for (int exception = 10; exception <= 11; exception++) {
		set_up(&w);
		port.ask_result = -EREMOTEIO;
		port.exception = exception;
		for (int i = 0; i < METER_LOST_FAILURES; i++) {
			hj_schedule_soon(&w.m.schedule, 0, hj_now().mono);
			turn(&w);
		}
		assert_int_equal(newest_flag(&w), HJ_FLAG_LINK);
		assert_int_equal(w.m.meters[0].exchanges.timeouts, METER_LOST_FAILURES);
		assert_int_equal(w.m.meters[0].exchanges.answered + w.m.meters[0].exchanges.exceptions, 0);
		assert_int_equal(w.m.meters[0].timeout.answers, 0);
		assert_string_equal(w.m.meters[0].last_error, "as the test wants it at holding 0, count 1");
		assert_int_equal(w.m.meters[0].state, METER_LOST);
		assert_true(hj_quarantine_has(&w.m.quarantine, 0));
		tear_down(&w);
	}
}

/* A turn when what is wanted soon is due; the next place on the grid is an hour away. */
static void turn_when_due(struct world *w)
{
	hj_usec wait;

	w->m.schedule.slots[0].due = hj_now().mono + 3600 * HJ_USEC_PER_SEC;
	wait = w->m.schedule.slots[0].soon > hj_now().mono ? w->m.schedule.slots[0].soon - hj_now().mono : 0;
	assert_true(wait <= HJ_USEC_PER_SEC);
	usleep((useconds_t)wait);
	poll_turn(&w->m);
}

/* Exceptions 5 and 6: it wants to be asked again, a little later, so that others have their turns. */
static void a_meter_that_is_busy_is_asked_again_later(void **state)
{
	struct world w;
	hj_usec begin;

	(void)state;
	for (int exception = 5; exception <= 6; exception++) {
		set_up(&w);
		w.m.conf.retries = 1;
		port.ask_result = -EREMOTEIO;
		port.exception = exception;
		turn(&w);
		begin = hj_now().mono;
		assert_int_equal(outbox_next(&w.m.outbox), 1); /* no sample yet */
		assert_true(w.m.schedule.slots[0].soon > begin + 100 * HJ_USEC_PER_MS);
		port.ask_result = 0;
		turn_when_due(&w);
		assert_int_equal(outbox_next(&w.m.outbox), 2);
		assert_int_equal(newest_flag(&w), HJ_FLAG_FAULT); /* an answer of no bytes: it was asked again */
		assert_true(w.m.schedule.slots[0].soon == HJ_USEC_NEVER);
		tear_down(&w);
	}
}

static void a_meter_that_stays_busy_has_no_value(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	w.m.conf.retries = 2;
	port.ask_result = -EREMOTEIO;
	port.exception = 6;
	turn(&w);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(outbox_next(&w.m.outbox), 1);
		turn_when_due(&w);
	}
	assert_int_equal(outbox_next(&w.m.outbox), 2);
	assert_int_equal(newest_flag(&w), HJ_FLAG_FAULT);
	assert_int_equal(w.m.requests, 3);
	assert_int_equal(w.m.meters[0].state, METER_OK);
	/* Other refusals are final. */
	port.exception = 4;
	hj_schedule_soon(&w.m.schedule, 0, hj_now().mono);
	turn_when_due(&w);
	assert_int_equal(outbox_next(&w.m.outbox), 3);
	tear_down(&w);
}

/* Looks of the fast lane lie between: they do not count for the repetition, nor end it. */
static void a_look_does_not_forget_a_repetition(void **state)
{
	struct world w;

	(void)state;
	set_up(&w);
	w.m.conf.retries = 1;
	port.ask_result = -EREMOTEIO;
	port.exception = 6;
	turn(&w);
	w.m.schedule.slots[0].fast = 100 * HJ_USEC_PER_MS;
	w.m.schedule.slots[0].look = hj_now().mono;
	poll_turn(&w.m);
	assert_int_equal(w.m.requests, 2);
	assert_int_equal(outbox_next(&w.m.outbox), 1);
	turn_when_due(&w);
	assert_int_equal(w.m.requests, 3);
	assert_int_equal(outbox_next(&w.m.outbox), 2);
	assert_int_equal(newest_flag(&w), HJ_FLAG_FAULT);
	tear_down(&w);
}

/* The timer of the window's end waits on the wall clock: set back by an hour, that would be an hour. */
static void a_clock_set_back_does_not_delay_the_window(void **state)
{
	struct hj_conf_bus conf = {
		.port = "/nowhere/tty", .baud = 9600, .parity = 'N', .data_bits = 8, .meter_count = 1
	};
	const int64_t hour_ms = 3600 * HJ_MS_PER_SEC;
	_cleanup_(meterd_freep) struct meterd *m = NULL;
	hj_usec begin = hj_now().mono;
	sd_event *event = NULL;

	(void)state;
	conf.meters = calloc(1, sizeof(*conf.meters));
	conf.meters[0].unit_id = 1;
	conf.meters[0].points = calloc(1, sizeof(*conf.meters[0].points));
	conf.meters[0].point_count = 1;
	conf.meters[0].points[0].table = HJ_TABLE_HOLDING;
	conf.meters[0].points[0].codec.type = HJ_TYPE_UINT16;
	conf.meters[0].points[0].point.interval_ms = 1000;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(meterd_new(event, "/nowhere", &conf, 60000, &m), 0);
	assert_int_equal(hj_wall_timer_set(&m->window_timer, m->window_timer.due_ms + hour_ms), 0);
	do {
		assert_true(sd_event_run(event, HJ_USEC_PER_SEC) >= 0);
	} while (m->window_timer.due_ms > hj_now().wall_ms + hour_ms / 2 &&
	         hj_now().mono - begin < 4 * HJ_USEC_PER_SEC);
	assert_true(m->window_timer.due_ms <= hj_now().wall_ms + 60 * HJ_MS_PER_SEC);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_opens_and_fails_stays_lost),
		cmocka_unit_test(a_connection_that_was_ended_has_nobody_asked),
		cmocka_unit_test(a_closed_port_spends_no_try),
		cmocka_unit_test(a_silent_meter_does_not_hide_a_good_port),
		cmocka_unit_test(a_line_that_never_becomes_quiet_is_asked_all_the_same),
		cmocka_unit_test(what_was_late_for_a_tool_teaches_nothing),
		cmocka_unit_test(a_probe_does_not_put_off_the_next_try),
		cmocka_unit_test(a_tool_opens_a_closed_port),
		cmocka_unit_test(a_gateways_word_for_silence_is_silence),
		cmocka_unit_test(a_meter_that_is_busy_is_asked_again_later),
		cmocka_unit_test(a_meter_that_stays_busy_has_no_value),
		cmocka_unit_test(a_look_does_not_forget_a_repetition),
		cmocka_unit_test(a_clock_set_back_does_not_delay_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
