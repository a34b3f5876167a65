/* Whose password, or MN, it is that a person is told of: who we are there now. The rest of uplinkd is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../services/uplinkd/uplinkd.h"
#include "hjgate/report.h"

#define NEW_MN "A110000_0002"

static unsigned told;

void hj_report(struct hj_report *r, const char *code, enum hj_phase phase, const char *key, json_t *values)
{
	told++;
	assert_string_equal(json_string_value(json_object_get(values, "mn")), NEW_MN);
	json_decref(values);
}

void event_key(const struct uplinkd *u, char ret[EVENT_KEY_LEN])
{
	strcpy(ret, "uplink.county");
}

const char *link_host(const struct link *l)
{
	return "platform";
}

const char *link_address(const struct link *l)
{
	return "";
}

bool link_closed_by_peer(const struct link *l)
{
	return true;
}

/* It takes every connection for one that another gateway ended. */
bool kicked_ended(struct kicked *k, const struct kicked_end *e)
{
	return true;
}

void kicked_clear(struct kicked *k)
{
}

unsigned kicked_minutes(const struct kicked *k)
{
	return 1;
}

void link_drop(struct link *l, const char *why)
{
}
void trial_verdict(struct uplinkd *u, const char *verdict, const char *text)
{
}

static void after_a_move_the_new_mn_is_named(void **state)
{
	struct uplinkd u = { .conf.mn = "A110000_0001", .form.mn = NEW_MN, .suspect.up_at = 1 };

	assert_true(suspect_password(&u));
	suspect_down(&u);
	assert_int_equal(told, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_move_the_new_mn_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
