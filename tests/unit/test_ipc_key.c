/* A key as it crosses the socket: exactly its digits, and for a passphrase exactly the one way that every box makes a
 * key of it. */
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/ipc.h"
#include "hjgate/ipc_key.h"
#include "hjgate/secret.h"

#define KEY  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"
#define SALT "f0e0d0c0b0a090807060504030201000"

static void digits(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x9a, 0xff };
	uint8_t back[3] = { 0 };
	char text[7];

	(void)state;
	hj_key_hex(bytes, 3, text);
	assert_string_equal(text, "009aff");
	assert_int_equal(hj_key_from_hex(text, back, 3), 0);
	assert_memory_equal(back, bytes, 3);
	assert_int_equal(hj_key_from_hex("009af", back, 3), -EINVAL);
	assert_int_equal(hj_key_from_hex("009aff0", back, 3), -EINVAL);
	assert_int_equal(hj_key_from_hex("009AFF", back, 3), -EINVAL);
	assert_int_equal(hj_key_from_hex("g09aff", back, 3), -EINVAL);
	assert_int_equal(hj_key_from_hex("0/9aff", back, 3), -EINVAL);
	assert_int_equal(hj_key_from_hex("0:9aff", back, 3), -EINVAL);
	assert_int_equal(hj_key_from_hex("0`9aff", back, 3), -EINVAL);
}

static json_t *good(void)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I}", "key", KEY, "salt", SALT, "n", (json_int_t)HJ_SCRYPT_N, "r",
	        (json_int_t)HJ_SCRYPT_R, "p", (json_int_t)HJ_SCRYPT_P);
}

static void a_way_to_recover(void **state)
{
	static const struct {
		const char *name, *value; /* NULL: without it */
	} wrong[] = {
		{ "key", NULL },
		{ "key", "7" },
		{ "key", "\"00\"" },
		{ "salt", NULL },
		{ "salt", "\"\"" },
		{ "n", "1024" },
		{ "n", "\"16384\"" },
		{ "n", NULL },
		{ "salt", "\"g0e0d0c0b0a090807060504030201000\"" },
	};
	struct hj_ledger_recovery way = { .known = true };
	uint8_t key[HJ_KEY_BYTES];
	const char *bad = NULL;
	json_t *j = good();

	(void)state;
	assert_int_equal(hj_key_read_set(j, &way, key, &bad), 0);
	assert_int_equal(key[31], 0xff);
	assert_int_equal(way.salt[0], 0xf0);
	assert_true(way.n == HJ_SCRYPT_N && way.r == HJ_SCRYPT_R && way.p == HJ_SCRYPT_P);
	json_decref(j);
	for (size_t i = 0; i < hj_array_size(wrong); i++) {
		j = good();
		if (wrong[i].value)
			json_object_set_new(j, wrong[i].name, json_loads(wrong[i].value, JSON_DECODE_ANY, NULL));
		else
			json_object_del(j, wrong[i].name);
		assert_int_equal(hj_key_read_set(j, &way, key, &bad), -EINVAL);
		assert_string_equal(bad, wrong[i].name);
		json_decref(j);
	}
	/* Neither weaker nor stronger ones: the next box could not follow. */
	for (size_t i = 0; i < 2; i++) {
		j = good();
		json_object_set_new(j, i ? "p" : "r", json_integer(99));
		assert_int_equal(hj_key_read_set(j, &way, key, &bad), -EINVAL);
		json_decref(j);
	}
}

static void one_key(void **state)
{
	uint8_t key[HJ_KEY_BYTES];
	const char *bad = NULL;
	json_t *j = json_pack("{s:s}", "key", KEY);

	(void)state;
	assert_int_equal(hj_key_read_key(j, key, &bad), 0);
	assert_int_equal(key[1], 1);
	json_object_set_new(j, "key", json_string("zz"));
	assert_int_equal(hj_key_read_key(j, key, &bad), -EINVAL);
	assert_string_equal(bad, "key");
	json_object_set_new(j, "other", json_string("zz"));
	assert_int_equal(hj_key_read_key(j, key, &bad), -EINVAL);
	assert_string_equal(bad, "other");
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits),
		cmocka_unit_test(a_way_to_recover),
		cmocka_unit_test(one_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
