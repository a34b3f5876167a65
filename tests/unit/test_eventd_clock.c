/* A clock that is set is an event; one that only goes on, or is moved a little, is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../../services/eventd/eventd.h"
#include "hjgate/now.h"

static size_t steps(struct eventd *d, struct hj_now now)
{
	size_t n = 0;

	eventd_heed_clock(d, &now);
	assert_int_equal(eventd_flush(d), 0);
	for (size_t i = 0; i < d->book.count; i++)
		n += !strcmp(d->book.events[i]->code, "clock-stepped");
	return n;
}

static struct hj_now later(struct hj_now now, int64_t wall_ms, int64_t mono_ms)
{
	return (struct hj_now){ now.wall_ms + wall_ms, now.mono + (hj_usec)mono_ms * HJ_USEC_PER_MS };
}

static void a_step_is_told_once(void **state)
{
	char root[HJ_PATH_MAX / 2], path[HJ_PATH_MAX];
	const char *folder = getenv("TMPDIR");
	struct hj_now now = { .wall_ms = 1790000000000, .mono = 5 * HJ_USEC_PER_SEC };
	struct eventd *d = NULL;
	sd_event *event = NULL;

	(void)state;
	snprintf(root, sizeof(root), "%s/hj.XXXXXX", folder ? folder : "/tmp");
	assert_non_null(mkdtemp(root));
	for (const char *const *p = (const char *const[]){ "var", "var/lib", "var/lib/hjgate", NULL }; *p; p++) {
		snprintf(path, sizeof(path), "%s/%s", root, *p);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(eventd_new(event, root, &d), 0);
	assert_non_null(d->clock);
	d->clock_ahead_ms = now.wall_ms - (int64_t)(now.mono / HJ_USEC_PER_MS);
	assert_int_equal(steps(d, later(now, 60000, 60000)), 0);
	assert_int_equal(steps(d, later(now, 60900, 60000)), 0);
	assert_int_equal(steps(d, later(now, 4000900, 400000)), 1); /* an hour ahead */
	assert_int_equal(steps(d, later(now, 4001900, 401000)), 1);
	assert_int_equal(steps(d, later(now, 402000, 402000)), 2); /* and back */
	assert_string_equal(d->book.events[d->book.count - 1]->values,
	        "{\"from\":\"2026-09-21 23:20:02\",\"to\":\"2026-09-21 22:20:02\"}");
	eventd_free(d);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
