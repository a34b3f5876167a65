/* The dialects and oddities of peers by name: which CRC a frame was made with, and what people are told about a frame
 * that is understood but not by the book. Tables only; nothing is owned, nothing fails but an unknown name. */
#include "hjgate/cleanup.h"
#include "hjgate/hj212_crc.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"

#include <errno.h>
#include <string.h>

static const char *const crc_names[] = {
	[HJ212_CRC_ANNEXA] = "annexa",
	[HJ212_CRC_MODBUS] = "modbus",
	[HJ212_CRC_MODBUS_SWAPPED] = "modbus-swapped",
	[HJ212_CRC_NONE] = "none",
};

const char *hj212_crc_name(enum hj212_crc dialect)
{
	return crc_names[dialect];
}

int hj212_crc_parse(const char *name, enum hj212_crc *ret)
{
	for (size_t i = 0; i < hj_array_size(crc_names); i++)
		if (!strcmp(name, crc_names[i])) {
			*ret = (enum hj212_crc)i;
			return 0;
		}
	return -EINVAL;
}

enum hj212_crc hj212_crc_find(const void *data, size_t n, uint16_t crc)
{
	uint16_t modbus;

	if (hj212_crc_annexa(data, n) == crc)
		return HJ212_CRC_ANNEXA;
	modbus = hj212_crc_modbus(data, n);
	if (modbus == crc)
		return HJ212_CRC_MODBUS;
	return __builtin_bswap16(modbus) == crc ? HJ212_CRC_MODBUS_SWAPPED : HJ212_CRC_NONE;
}

int hj212_edition_flag(enum hj212_edition edition)
{
	return edition == HJ212_2025 ? HJ212_FLAG_V2025 : edition == HJ212_2017 ? HJ212_FLAG_V2017 : 0;
}

/* In the order of the bits. */
static const char *const quirk_names[] = { "no-crlf", "length", "long", "crc-lower-case", "crc-short" };
static const char *const odd_names[] = { "no-qn", "no-flag", "mn", "st", "field", "order", "qn", "no-cp", "qn-in-cp",
	"separator" };

const char *hj212_quirk_name(unsigned bit)
{
	return bit < hj_array_size(quirk_names) ? quirk_names[bit] : NULL;
}

const char *hj212_odd_name(unsigned bit)
{
	return bit < hj_array_size(odd_names) ? odd_names[bit] : NULL;
}
