/* The checksums of HJ 212 frames; see hj212_crc.h. Pure arithmetic over the caller's bytes: nothing is kept, nothing
 * fails.
 *
 * Both ways share one table (polynomial 0xA001, reflected). Annex A throws the low byte of the register away before
 * it takes a byte, so that only the high byte passes on. That step is linear, and applied eight times it gives the
 * register back unchanged. Words of eight bytes therefore simply add up (XOR), and only their sum goes through the
 * table: a frame costs one XOR a word and a dozen look-ups, whatever its length. */
#include "hjgate/hj212_crc.h"

#include <string.h>

#define CRC_START 0xFFFF

/* The table is linear as well: each entry is the sum of those of its bits. */
#define E(i)                                                                                                         \
	(uint16_t)(((i)&1 ? 0xC0C1 : 0) ^ ((i)&2 ? 0xC181 : 0) ^ ((i)&4 ? 0xC301 : 0) ^ ((i)&8 ? 0xC601 : 0) ^       \
	           ((i)&16 ? 0xCC01 : 0) ^ ((i)&32 ? 0xD801 : 0) ^ ((i)&64 ? 0xF001 : 0) ^ ((i)&128 ? 0xA001 : 0))
#define E4(i)  E(i), E((i) + 1), E((i) + 2), E((i) + 3)
#define E16(i) E4(i), E4((i) + 4), E4((i) + 8), E4((i) + 12)
#define E64(i) E16(i), E16((i) + 16), E16((i) + 32), E16((i) + 48)

static const uint16_t table[256] = { E64(0), E64(64), E64(128), E64(192) };

static uint8_t step(uint8_t live, const uint8_t *p, size_t n)
{
	for (; n; n--)
		live = (uint8_t)(table[live ^ *p++] >> 8);
	return live;
}

uint16_t hj212_crc_annexa(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint64_t sum = 0, word;
	uint8_t bytes[sizeof(sum)], live;

	if (!n)
		return CRC_START;
	/* The last byte is left over: its table entry is the CRC, low byte and all. */
	for (n--; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum ^= word;
	}
	memcpy(bytes, &sum, sizeof(bytes));
	live = step(CRC_START >> 8, bytes, sizeof(bytes));
	live = step(live, p, n);
	return table[live ^ p[n]];
}

uint16_t hj212_crc_modbus(const void *data, size_t n)
{
	const uint8_t *p = data;
	uint16_t crc = CRC_START;

	for (; n; n--)
		crc = (uint16_t)(crc >> 8 ^ table[(crc ^ *p++) & 0xFF]);
	return crc;
}

uint16_t hj212_crc(enum hj212_crc dialect, const void *data, size_t n)
{
	switch (dialect) {
	case HJ212_CRC_ANNEXA:
		return hj212_crc_annexa(data, n);
	case HJ212_CRC_MODBUS:
		return hj212_crc_modbus(data, n);
	case HJ212_CRC_MODBUS_SWAPPED:
		return __builtin_bswap16(hj212_crc_modbus(data, n));
	case HJ212_CRC_NONE:
		break;
	}
	return 0;
}

bool hj212_crc_is_annexa(uint16_t crc)
{
	for (unsigned i = 0; i < 256; i++)
		if (table[i] == crc)
			return true;
	return false;
}
