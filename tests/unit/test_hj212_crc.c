/* The checksums against the standard's own vectors and against Annex A as it is printed, bit by bit. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_crc.h"

static uint16_t printed(const uint8_t *p, size_t n, bool annexa)
{
	unsigned reg = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		reg = (annexa ? reg >> 8 : reg) ^ p[i];
		for (int bit = 0; bit < 8; bit++)
			reg = reg & 1 ? reg >> 1 ^ 0xA001 : reg >> 1;
	}
	return (uint16_t)reg;
}

static void vectors(void **state)
{
	static const char annexa[] = "QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag="
	                             "5;CP=&&RtdInterval=30&&";
	static const char of_2025[] =
	        "QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&";

	assert_int_equal(hj212_crc_annexa(annexa, strlen(annexa)), 0x1C80);
	assert_int_equal(hj212_crc_annexa(of_2025, strlen(of_2025)), 0x2200);
	/* The check value of CRC-16/MODBUS. */
	assert_int_equal(hj212_crc_modbus("123456789", 9), 0x4B37);
	assert_int_equal(hj212_crc(HJ212_CRC_MODBUS_SWAPPED, "123456789", 9), 0x374B);
	assert_int_equal(hj212_crc(HJ212_CRC_NONE, "123456789", 9), 0);
	assert_int_equal(hj212_crc_annexa("", 0), 0xFFFF);
}

static void agrees_with_the_print(void **state)
{
	uint8_t data[1200];
	uint32_t seed = 1;

	for (int run = 0; run < 20000; run++) {
		/* Every length from 0 on at every alignment, then longer ones. */
		size_t n = run < 9600 ? (size_t)run / 8 : seed % sizeof(data), at = (size_t)run % 8;

		n = hj_min(n, sizeof(data) - at);
		for (size_t i = at; i < at + n; i++) {
			seed = seed * 1664525 + 1013904223;
			data[i] = (uint8_t)(seed >> 24);
		}
		assert_int_equal(hj212_crc_annexa(data + at, n), printed(data + at, n, true));
		assert_int_equal(hj212_crc_modbus(data + at, n), printed(data + at, n, false));
		if (n)
			assert_true(hj212_crc_is_annexa(hj212_crc_annexa(data + at, n)));
	}
}

static void only_256_values_exist(void **state)
{
	unsigned n = 0;

	for (unsigned crc = 0; crc <= 0xFFFF; crc++) {
		static const uint8_t low[] = { 0x00, 0x01, 0x40, 0x41, 0x80, 0x81, 0xC0, 0xC1 };

		if (!hj212_crc_is_annexa((uint16_t)crc))
			continue;
		n++;
		assert_non_null(memchr(low, (int)(crc & 0xFF), sizeof(low)));
	}
	assert_int_equal(n, 256);
}

static void dialects_by_name(void **state)
{
	static const char data[] = "QN=20160801085857223;CP=&&&&";
	enum hj212_crc dialect;

	for (unsigned d = HJ212_CRC_ANNEXA; d <= HJ212_CRC_NONE; d++) {
		assert_int_equal(hj212_crc_parse(hj212_crc_name(d), &dialect), 0);
		assert_int_equal(dialect, d);
		if (d != HJ212_CRC_NONE)
			assert_int_equal(hj212_crc_find(data, strlen(data), hj212_crc(d, data, strlen(data))), d);
	}
	assert_int_equal(hj212_crc_parse("crc32", &dialect), -EINVAL);
	assert_int_equal(hj212_crc_find(data, strlen(data), 0x0002), HJ212_CRC_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(agrees_with_the_print),
		cmocka_unit_test(only_256_values_exist),
		cmocka_unit_test(dialects_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
