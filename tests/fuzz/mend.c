/* Changes that are not blind; see fuzz.h. Blind ones of a frame with a sum end at the sum: with it made right they
 * come to what is behind it. Of a text with numbers they seldom make one that is whole and extreme. Marks that were
 * changed are left as they are. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/meter_protocol.h"
#include "fuzz.h"

#define CRC_DIGITS  4
#define TAIL        (CRC_DIGITS + 2) /* CRC, CR LF */
#define STATION_END 2                /* sum, 16H */
#define WRITE_HEAD  7                /* RTU, functions 15 and 16: unit, function, address, count, bytes */

/* The end of the data segment that begins at `from`: behind the last "&&" before `end`; 0 where there is none. */
static size_t data_end(const uint8_t *data, size_t from, size_t end)
{
	for (size_t at = end; at >= from + 2; at--)
		if (data[at - 2] == '&' && data[at - 1] == '&')
			return at;
	return 0;
}

static size_t mend_frame(uint8_t *data, size_t n, size_t most, size_t from, size_t next)
{
	size_t begin = from + HJ212_FRAME_HEAD, end = next > begin ? data_end(data, begin, next) : 0;
	char text[8];

	if (!end || end - begin > 9999)
		return n;
	if (next == n && end + TAIL > n && end + TAIL <= most) {
		memcpy(data + end + CRC_DIGITS, "\r\n", 2);
		n = next = end + TAIL;
	}
	snprintf(text, sizeof(text), "%04u", (unsigned)(end - begin));
	memcpy(data + from + 2, text, HJ212_FRAME_HEAD - 2);
	if (end + CRC_DIGITS > next)
		return n;
	snprintf(text, sizeof(text), "%04X", (unsigned)hj212_crc(HJ212_CRC_ANNEXA, data + begin, end - begin));
	memcpy(data + end, text, CRC_DIGITS);
	return n;
}

size_t mend_hj212(uint8_t *data, size_t n, size_t most, size_t at)
{
	while (at + 2 <= n) {
		const uint8_t *found = memmem(data + at, n - at, "##", 2), *next;
		size_t from, to;

		if (!found)
			break;
		from = (size_t)(found - data);
		next = from + 2 < n ? memmem(found + 2, n - from - 2, "##", 2) : NULL;
		to = next ? (size_t)(next - data) : n;
		n = mend_frame(data, n, most, from, to);
		at = hj_max(to, from + 2);
	}
	return n;
}

static void put_crc(uint8_t *frame, size_t n)
{
	uint16_t crc = hj_modbus_crc(frame, n - 2);

	frame[n - 2] = (uint8_t)crc;
	frame[n - 1] = (uint8_t)(crc >> 8);
}

void mend_rtu(uint8_t *data, size_t n)
{
	while (n >= 4) {
		size_t whole = data[1] <= 6 ? 8 : n;

		if ((data[1] == 15 || data[1] == 16) && n > WRITE_HEAD)
			whole = WRITE_HEAD + 2u + data[WRITE_HEAD - 1];
		whole = hj_min(whole, n);
		put_crc(data, whole);
		data += whole;
		n -= whole;
	}
}

void mend_rtu_answer(uint8_t *data, size_t n)
{
	if (n >= 4)
		put_crc(data, n);
}

void mend_station(uint8_t *data, size_t n, size_t length_at)
{
	const uint8_t *start = n ? memchr(data, 0x68, n) : NULL;
	size_t at = start ? (size_t)(start - data) : n;
	uint8_t sum = 0;

	if (n < at + length_at + 1 + STATION_END)
		return;
	data[at + length_at] = (uint8_t)(n - at - length_at - 1 - STATION_END);
	for (size_t i = at; i < n - STATION_END; i++)
		sum = (uint8_t)(sum + data[i]);
	data[n - 2] = sum;
	data[n - 1] = 0x16;
}

/* A run of digits, with the sign before it; 0: there is none behind `at`. */
static size_t number_at(const uint8_t *data, size_t n, size_t at, size_t *ret_from)
{
	size_t end;

	while (at < n && !isdigit(data[at]))
		at++;
	for (end = at; end < n && isdigit(data[end]); end++)
		;
	*ret_from = at && at < n && data[at - 1] == '-' ? at - 1 : at;
	return end - *ret_from;
}

size_t vary_number(uint8_t *data, size_t n, size_t most, uint32_t random)
{
	static const char *const extremes[] = { "0", "-1", "1", "255", "256", "65535", "65536", "2147483647",
		"-2147483648", "4294967295", "4294967296", "9223372036854775807", "-9223372036854775808",
		"18446744073709551616", "253402271999999", "253402272000000", "1e308", "1e-320", "0.1",
		"99999999999999" };
	const char *new = extremes[random % hj_array_size(extremes)];
	size_t from, length = n ? number_at(data, n, random / 32 % n, &from) : 0, new_length = strlen(new);

	if (!length || n - length + new_length > most)
		return n;
	memmove(data + from + new_length, data + from + length, n - from - length);
	memcpy(data + from, new, new_length);
	return n - length + new_length;
}
