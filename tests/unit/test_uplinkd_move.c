/* The move to another edition with a clock that the test moves: over the day, back, to where no clock can be, and
 * over it while nobody was there. What the rest of uplinkd would do is noted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../services/uplinkd/uplinkd.h"
#include "hjgate/now.h"

#define HOUR_MS INT64_C(3600000)

static struct {
	unsigned unlinked, linked, told, removed;
	int before, after;
	char mark[16];
} seen;

void uplinkd_unlink(struct uplinkd *u)
{
	seen.unlinked++;
	hj212_session_left(u->session);
}

void uplinkd_pump(struct uplinkd *u)
{
}

void link_start(struct link *l)
{
	seen.linked++;
}

void event_edition(struct uplinkd *u, int before, int after)
{
	seen.told++;
	seen.before = before;
	seen.after = after;
}

void feed_keep(struct feed *f, const char *key, const char *text)
{
	if (!strcmp(key, "edition"))
		snprintf(seen.mark, sizeof(seen.mark), "%s", text);
	else
		seen.removed += !text;
}

static void begin(struct uplinkd *u, int64_t from_ms)
{
	struct hj212_settings settings = { .over_time = 10, .re_count = 3, .pw = "changed" };

	memset(&seen, 0, sizeof(seen));
	memset(u, 0, sizeof(*u));
	strcpy(u->conf.mn, "010000A8900016F000169DC0");
	strcpy(u->conf.st, "32");
	strcpy(u->conf.pw, "123456");
	u->conf.edition = HJ_EDITION_2017;
	u->conf.next =
	        (struct hj_conf_next){ .from_ms = from_ms, .form = { .edition = HJ_EDITION_2025, .pw = "654321" } };
	u->identity.window = 1;
	assert_int_equal(sd_event_new(&u->event), 0);
	assert_int_equal(move_new(u), 0);
	assert_int_equal(hj212_session_new(&u->identity, &settings, &u->session), 0);
}

static void end(struct uplinkd *u)
{
	move_free(u);
	hj212_session_free(u->session);
	sd_event_unref(u->event);
}

static void expect_form(const struct uplinkd *u, int edition, const char *pw)
{
	assert_int_equal(u->form.edition, edition);
	assert_int_equal(u->identity.edition, edition);
	assert_string_equal(u->configured.pw, pw);
	assert_string_equal(u->identity.mn, u->conf.mn);
}

static void expect_told(int before, int after)
{
	char mark[16];

	snprintf(mark, sizeof(mark), "%d", after);
	assert_int_equal(seen.told, 1);
	assert_int_equal(seen.before, before);
	assert_int_equal(seen.after, after);
	assert_int_equal(seen.unlinked, 1);
	assert_int_equal(seen.linked, 1);
	assert_int_equal(seen.removed, 2);
	assert_string_equal(seen.mark, mark);
	memset(&seen, 0, sizeof(seen));
}

static void over_the_day_and_back(void **state)
{
	struct hj_now now = hj_now();
	int64_t from = now.wall_ms + HOUR_MS;
	struct uplinkd u;

	begin(&u, from);
	expect_form(&u, 2017, "123456");
	move_turn(&u, (struct hj_now){ .wall_ms = from - 1 });
	assert_int_equal(seen.told, 0);
	move_turn(&u, (struct hj_now){ .wall_ms = from });
	expect_form(&u, 2025, "654321");
	expect_told(2017, 2025);
	assert_string_equal(hj212_session_settings(u.session)->pw, "654321");
	move_turn(&u, (struct hj_now){ .wall_ms = from + HOUR_MS });
	move_turn(&u, (struct hj_now){ .wall_ms = 1000 }); /* no clock can be there: it decides nothing */
	assert_int_equal(seen.told, 0);
	move_turn(&u, (struct hj_now){ .wall_ms = from - 1 }); /* it had been wrong */
	expect_form(&u, 2017, "123456");
	expect_told(2025, 2017);
	move_turn(&u, (struct hj_now){ .wall_ms = from });
	expect_told(2017, 2025);
	end(&u);
}

static void while_nobody_was_there(void **state)
{
	struct uplinkd u;

	begin(&u, hj_now().wall_ms - HOUR_MS);
	expect_form(&u, 2025, "654321");
	assert_string_equal(hj212_session_settings(u.session)->pw, "changed");
	move_mark(&u, "2017");
	expect_told(2017, 2025);
	assert_string_equal(hj212_session_settings(u.session)->pw, "654321");
	move_mark(&u, "2025"); /* and at the next start it is known: a password set since is kept */
	assert_int_equal(seen.told + seen.removed, 0);
	move_mark(&u, NULL); /* never said before: from now on it is */
	assert_int_equal(seen.told, 0);
	assert_string_equal(seen.mark, "2025");
	end(&u);
}

static void without_a_move(void **state)
{
	struct uplinkd u;

	begin(&u, 0);
	expect_form(&u, 2017, "123456");
	move_turn(&u, (struct hj_now){ .wall_ms = INT64_MAX / 2 });
	move_mark(&u, "2005");
	assert_int_equal(seen.told + seen.unlinked, 0);
	assert_string_equal(seen.mark, "");
	end(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_the_day_and_back),
		cmocka_unit_test(while_nobody_was_there),
		cmocka_unit_test(without_a_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
