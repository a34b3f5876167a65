/* What is said to the kernel for a line, and what its answers mean. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/meterd/gpio_line.h"

#include "hjgate/cleanup.h"

#define EDGES (GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING)

static void a_line_is_asked_for_as_it_is_configured(void **state)
{
	static const struct {
		struct hj_conf_point point;
		bool edges;
		uint64_t flags;
		uint32_t debounce_us;
	} rows[] = {
		{ { .address = 7, .debounce = 20 }, true, EDGES, 20000 },
		{ { .address = 7, .debounce = 0 }, true, EDGES, 0 },
		{ { .address = 7, .debounce = 5000 }, false, 0, 0 },
		{ { .active_low = true }, true, EDGES | GPIO_V2_LINE_FLAG_ACTIVE_LOW, 0 },
		{ { .bias = HJ_BIAS_UP }, true, EDGES | GPIO_V2_LINE_FLAG_BIAS_PULL_UP, 0 },
		{ { .bias = HJ_BIAS_DOWN }, true, EDGES | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN, 0 },
		{ { .bias = HJ_BIAS_OFF, .active_low = true }, false,
		        GPIO_V2_LINE_FLAG_ACTIVE_LOW | GPIO_V2_LINE_FLAG_BIAS_DISABLED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct gpio_v2_line_request q;

		memset(&q, 0xff, sizeof(q));
		gpio_line_request(&rows[i].point, rows[i].edges, &q);
		assert_int_equal(q.num_lines, 1);
		assert_int_equal(q.offsets[0], rows[i].point.address);
		assert_string_equal(q.consumer, "hjgate");
		assert_int_equal(q.config.flags, GPIO_V2_LINE_FLAG_INPUT | rows[i].flags);
		assert_int_equal(q.config.num_attrs, rows[i].debounce_us ? 1 : 0);
		assert_int_equal(q.config.attrs[0].attr.debounce_period_us, rows[i].debounce_us);
		assert_int_equal(q.config.attrs[0].mask, rows[i].debounce_us ? 1 : 0);
		assert_int_equal(q.event_buffer_size, rows[i].edges ? GPIO_EVENTS_KEPT : 0);
		/* The kernel refuses a request whose padding is not 0. */
		for (size_t k = 0; k < hj_array_size(q.padding); k++)
			assert_int_equal(q.padding[k], 0);
		for (size_t k = 0; k < hj_array_size(q.config.padding); k++)
			assert_int_equal(q.config.padding[k], 0);
	}
}

#define UP(number)                                                                                                   \
	{                                                                                                            \
		.id = GPIO_V2_LINE_EVENT_RISING_EDGE, .line_seqno = (number)                                         \
	}
#define DOWN(number)                                                                                                 \
	{                                                                                                            \
		.id = GPIO_V2_LINE_EVENT_FALLING_EDGE, .line_seqno = (number)                                        \
	}

static void changes_are_told_in_order_and_none_is_lost_unseen(void **state)
{
	static const struct {
		struct gpio_v2_line_event events[3];
		size_t count;
		uint32_t before, after, lost;
		bool on[3];
	} rows[] = {
		{ { UP(1) }, 1, 0, 1, 0, { true } },
		{ { UP(1), DOWN(2), UP(3) }, 3, 0, 3, 0, { true, false, true } },
		{ { DOWN(9) }, 1, 8, 9, 0, { false } },
		{ { DOWN(9) }, 1, 5, 9, 3, { false } }, /* 6, 7, 8 */
		{ { UP(1), DOWN(4) }, 2, 0, 4, 2, { true, false } },
		{ { UP(0), DOWN(1) }, 2, UINT32_MAX, 1, 0, { true, false } },
		{ { UP(0) }, 0, 6, 6, 0, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		uint32_t seqno = rows[i].before, lost = 77;
		bool on[GPIO_EVENTS_READ];
		size_t bytes = rows[i].count * sizeof(rows[i].events[0]);

		assert_int_equal(gpio_line_changes(rows[i].events, bytes, &seqno, on, &lost), rows[i].count);
		assert_int_equal(seqno, rows[i].after);
		assert_int_equal(lost, rows[i].lost);
		for (size_t k = 0; k < rows[i].count; k++)
			assert_int_equal(on[k], rows[i].on[k]);
	}
}

static void half_events_are_refused(void **state)
{
	static const struct gpio_v2_line_event events[GPIO_EVENTS_READ + 1] = { UP(1) };
	bool on[GPIO_EVENTS_READ];
	uint32_t seqno = 0, lost = 0;

	(void)state;
	assert_int_equal(gpio_line_changes(events, sizeof(events[0]) - 1, &seqno, on, &lost), -EBADMSG);
	assert_int_equal(gpio_line_changes(events, sizeof(events), &seqno, on, &lost), -EBADMSG);
	assert_int_equal(seqno, 0);
}

static void refusals_have_words(void **state)
{
	(void)state;
	assert_string_equal(gpio_line_why(-EBUSY), "the line is in use");
	assert_string_equal(gpio_line_why(-ERANGE), "the chip has no such line");
	assert_true(gpio_line_is_deaf(-ENXIO) && !gpio_line_is_deaf(-EBUSY) && !gpio_line_is_deaf(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_asked_for_as_it_is_configured),
		cmocka_unit_test(changes_are_told_in_order_and_none_is_lost_unseen),
		cmocka_unit_test(half_events_are_refused),
		cmocka_unit_test(refusals_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
