/* Orders on sticks: one that is right is taken, and nothing else: not with any bit changed, not too late, not twice.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../services/cli/site.h"
#include "../../services/cli/stick_order.h"
#include "cli_said.h"
#include "hjgate/clock.h"

#define NOW 1795568645000LL /* 2026-11-25 09:04:05 Beijing time */

static const uint8_t key[HJ_KEY_BYTES] = { 1, 2, 3 };
static char folder[] = "/tmp/hj-stick-XXXXXX";

#define ORDER(kinds, from, to, made, expires, nonce)                                                                 \
	"{\"format\":1,\"site\":\"010000A8900016F000169DC0\",\"kinds\":" kinds ",\"as\":\"csv\",\"from\":\"" from    \
	"\",\"to\":\"" to "\",\"made\":\"" made "\",\"expires\":\"" expires "\",\"nonce\":\"" nonce "\"}"
#define GOOD                                                                                                         \
	ORDER("[\"minute\",\"hour\"]", "2026-11-01", "2026-11-20 08:00", "2026-11-24 10:00:00",                      \
	        "2026-12-01 00:00:00", "0123456789abcdef")

static enum order_verdict read_it(const char *text, int64_t now, struct order *ret)
{
	uint8_t mac[HJ_SHA256_BYTES];
	struct order o;

	assert_int_equal(order_mac(text, strlen(text), key, mac), 0);
	return order_read(text, strlen(text), mac, key, now, ret ? ret : &o);
}

static void a_good_one_is_understood(void **state)
{
	struct order o;

	assert_int_equal(read_it(GOOD, NOW, &o), ORDER_GOOD);
	assert_int_equal(o.kind_count, 2);
	assert_string_equal(o.kinds[1], "hour");
	assert_string_equal(o.format, "csv");
	assert_string_equal(o.uplink, "");
	assert_string_equal(o.site, "010000A8900016F000169DC0");
	assert_true(o.from_ms < o.to_ms);
}

static void any_changed_bit_is_found(void **state)
{
	char text[] = GOOD;
	uint8_t mac[HJ_SHA256_BYTES], other[HJ_KEY_BYTES];
	struct order o;

	assert_int_equal(order_mac(text, strlen(text), key, mac), 0);
	for (size_t bit = 0; bit < 8 * strlen(GOOD); bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(order_read(text, strlen(GOOD), mac, key, NOW, &o), ORDER_NOT_AUTHENTIC);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(mac); bit++) {
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(order_read(text, strlen(text), mac, key, NOW, &o), ORDER_NOT_AUTHENTIC);
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	memcpy(other, key, sizeof(other));
	other[31] ^= 1;
	assert_int_equal(order_read(text, strlen(text), mac, other, NOW, &o), ORDER_NOT_AUTHENTIC);
	assert_int_equal(order_read(text, strlen(text) - 1, mac, key, NOW, &o), ORDER_NOT_AUTHENTIC);
	assert_int_equal(order_read(text, strlen(text), mac, key, NOW, &o), ORDER_GOOD);
}

static void it_is_good_for_its_time_only(void **state)
{
	assert_int_equal(read_it(GOOD, NOW + 30 * HJ_MS_PER_DAY, NULL), ORDER_EXPIRED);
	assert_int_equal(read_it(GOOD, 1000000, NULL), ORDER_NOT_YET); /* a clock that begins in 1970 */
	assert_int_equal(read_it(ORDER("[\"minute\"]", "2026-11-01", "2026-11-20", "2026-11-24", "2027-11-01",
	                                 "0123456789abcdef"),
	                         NOW, NULL),
	        ORDER_TOO_LONG);
}

static void what_is_authentic_and_odd_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		ORDER("[]", "2026-11-01", "2026-11-20", "2026-11-24", "2026-12-01", "0123456789abcdef"),
		ORDER("[\"year\"]", "2026-11-01", "2026-11-20", "2026-11-24", "2026-12-01", "0123456789abcdef"),
		ORDER("[7]", "2026-11-01", "2026-11-20", "2026-11-24", "2026-12-01", "0123456789abcdef"),
		ORDER("[\"minute\"]", "2026-11-20", "2026-11-01", "2026-11-24", "2026-12-01", "0123456789abcdef"),
		ORDER("[\"minute\"]", "7d", "2026-11-20", "2026-11-24", "2026-12-01", "0123456789abcdef"),
		ORDER("[\"minute\"]", "2026-11-01", "2026-02-31", "2026-11-24", "2026-12-01", "0123456789abcdef"),
		ORDER("[\"minute\"]", "2026-11-01", "2026-11-20", "2026-11-24", "2026-12-01", "short"),
		ORDER("[\"minute\"]", "2026-11-01", "2026-11-20", "2026-11-24", "2026-12-01", "0123456789abcde/../x"),
		"{\"format\":2}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_it(bad[i], NOW, NULL), ORDER_NOT_ONE);
}

/* What the export at the site would refuse is no order: it would be used up. */
static void what_no_export_makes_is_refused(void **state)
{
	static const struct {
		const char *rest;
		enum order_verdict verdict;
	} cases[] = {
		{ "\"as\":\"csv\"", ORDER_GOOD },
		{ "\"as\":\"\"", ORDER_GOOD },
		{ "\"as\":\"hj212\",\"uplink\":\"county\"", ORDER_GOOD },
		{ "\"as\":\"xlsx\"", ORDER_NOT_ONE },
		{ "\"as\":\"hj212\"", ORDER_NOT_ONE },
		{ "\"as\":\"hj212\",\"uplink\":\"\"", ORDER_NOT_ONE },
		{ "\"uplink\":\"county\"", ORDER_NOT_ONE },
		{ "\"as\":\"jsonl\",\"uplink\":\"county\"", ORDER_NOT_ONE },
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
		        "{\"format\":1,\"kinds\":[\"minute\"],\"from\":\"2026-11-01\",\"to\":\"2026-11-20\",\"made\":"
		        "\"2026-11-24\",\"expires\":\"2026-12-01\",\"nonce\":\"0123456789abcdef\",%s}",
		        cases[i].rest);
		assert_int_equal(read_it(text, NOW, NULL), cases[i].verdict);
	}
}

static void the_desk_names_the_option(void **state)
{
	static const struct {
		const char *words, *said;
	} cases[] = {
		{ "--format xlsx", "unknown format \"xlsx\"" },
		{ "--format jsnl", "did you mean \"jsonl\"?" },
		{ "--format hj212", "--format hj212 needs --uplink NAME" },
		{ "--uplink county", "--uplink belongs to --format hj212" },
		{ "--format csv --uplink county", "--uplink belongs to --format hj212" },
		{ "--kind hours", "did you mean \"hour\"?" },
		{ "--to 2026-10-01", "--from is not before --to" },
	};
	char line[256], path[256];

	assert_int_equal(make_root("stick"), 0);
	write_file("stick.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
	path_of("stick.key", path);
	assert_int_equal(chmod(path, 0400), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(line, sizeof(line), "stick order %s --key-file %s/stick.key --from 2026-11-01 %s", root,
		        root, cases[i].words);
		assert_int_equal(hear(cli_stick, false, line), HJ_EXIT_USAGE);
		assert_non_null(strstr(said, cases[i].said));
		path_of(ORDER_FILE, path);
		assert_int_equal(access(path, F_OK), -1);
	}
	snprintf(line, sizeof(line),
	        "stick order %s --key-file %s/stick.key --from 2026-11-01 --format hj212 --uplink county", root,
	        root);
	assert_int_equal(hear(cli_stick, false, line), 0);
	assert_non_null(strstr(said, "/hjgate-order.json: made. The box serves it once, until "));
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(hear(cli_stick, true, line), 0);
	assert_non_null(strstr(said, "\"uplink\":\"county\""));
	assert_int_equal(remove_root(), 0);
}

static void macs_of_any_tool(void **state)
{
	static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F";
	char text[160];
	uint8_t mac[HJ_SHA256_BYTES];

	assert_int_equal(order_mac_parse(digits, mac), 0);
	assert_int_equal(mac[31], 0x1f);
	snprintf(text, sizeof(text), "HMAC-SHA2-256(hjgate-order.json)= %s\n", digits);
	assert_int_equal(order_mac_parse(text, mac), 0);
	assert_int_equal(order_mac_parse(digits + 1, mac), -EBADMSG);
	snprintf(text, sizeof(text), "a%s", digits);
	assert_int_equal(order_mac_parse(text, mac), -EBADMSG);
	snprintf(text, sizeof(text), "%.63sg", digits);
	assert_int_equal(order_mac_parse(text, mac), -EBADMSG);
	assert_int_equal(order_mac_parse("", mac), -EBADMSG);
}

static void it_is_served_once(void **state)
{
	struct order o, first;
	char path[64];

	snprintf(path, sizeof(path), "%s/used", folder);
	assert_int_equal(read_it(GOOD, NOW, &o), ORDER_GOOD);
	first = o;
	assert_int_equal(order_use(path, &o, NOW), 0);
	assert_int_equal(order_use(path, &o, NOW), -EALREADY);
	for (int i = 1; i < ORDERS_USED_MOST; i++) {
		snprintf(o.nonce, sizeof(o.nonce), "nonce%016d", i);
		assert_int_equal(order_use(path, &o, NOW), 0);
	}
	strcpy(o.nonce, "onemoreonemoreonemore");
	assert_int_equal(order_use(path, &o, NOW), -ENOSPC);
	o.expires_ms += HJ_MS_PER_DAY;
	assert_int_equal(order_use(path, &o, o.expires_ms - 1), 0); /* all the others have had their time */
	/* They are forgotten, but a clock that is set back brings none of them back. */
	assert_int_equal(order_use(path, &first, NOW), -ESTALE);
	assert_int_equal(order_use(path, &o, NOW), -EALREADY);
}

static void notes_that_cannot_be_read_serve_nothing(void **state)
{
	struct order o;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/broken", folder);
	assert_int_equal(read_it(GOOD, NOW, &o), ORDER_GOOD);
	f = fopen(path, "w");
	fputs("nonce0000000000000001\n", f);
	fclose(f);
	assert_int_equal(order_use(path, &o, NOW), -EBADMSG);
	assert_int_equal(order_use("/nowhere/used", &o, NOW), -ENOENT);
}

/* Of 8 at once one is served. */
static void sticks_at_once_are_served_once(void **state)
{
	struct order o;
	char path[64];
	int served = 0;

	snprintf(path, sizeof(path), "%s/together", folder);
	assert_int_equal(read_it(GOOD, NOW, &o), ORDER_GOOD);
	for (int i = 0; i < 8; i++)
		if (fork() == 0)
			_exit(order_use(path, &o, NOW) == 0);
	for (int i = 0; i < 8; i++) {
		int status;

		assert_true(wait(&status) > 0);
		served += WEXITSTATUS(status);
	}
	assert_int_equal(served, 1);
}

static void keys_that_others_read_are_none(void **state)
{
	uint8_t got[HJ_KEY_BYTES];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/stick.key", folder);
	assert_int_equal(order_key_read(path, got), -ENOENT);
	f = fopen(path, "w");
	for (int i = 0; i < HJ_KEY_BYTES; i++)
		fprintf(f, "%02x", i);
	fputc('\n', f);
	fclose(f);
	chmod(path, 0444);
	assert_int_equal(order_key_read(path, got), -EPERM);
	chmod(path, 0400);
	assert_int_equal(order_key_read(path, got), 0);
	assert_int_equal(got[31], 31);
	chmod(path, 0600);
	f = fopen(path, "w");
	fputs("00", f);
	fclose(f);
	assert_int_equal(order_key_read(path, got), -EBADMSG);
}

static void sites_are_compared_by_whole_words(void **state)
{
	assert_true(cli_site_common("A B", "C B"));
	assert_false(cli_site_common("A B", "AB BA"));
	assert_false(cli_site_common("", "A"));
	assert_false(cli_site_common("A", ""));
}

static int setup(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_understood),
		cmocka_unit_test(any_changed_bit_is_found),
		cmocka_unit_test(it_is_good_for_its_time_only),
		cmocka_unit_test(what_is_authentic_and_odd_is_refused),
		cmocka_unit_test(what_no_export_makes_is_refused),
		cmocka_unit_test(the_desk_names_the_option),
		cmocka_unit_test(macs_of_any_tool),
		cmocka_unit_test(it_is_served_once),
		cmocka_unit_test(notes_that_cannot_be_read_serve_nothing),
		cmocka_unit_test(sticks_at_once_are_served_once),
		cmocka_unit_test(keys_that_others_read_are_none),
		cmocka_unit_test(sites_are_compared_by_whole_words),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
