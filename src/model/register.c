/* How much room a value takes where it is read. */
#include "hjgate/register.h"

unsigned hj_codec_bytes(const struct hj_codec *c)
{
	static const unsigned char bytes[] = { [HJ_TYPE_BIT] = 1,
		[HJ_TYPE_INT16] = 2,
		[HJ_TYPE_UINT16] = 2,
		[HJ_TYPE_INT32] = 4,
		[HJ_TYPE_UINT32] = 4,
		[HJ_TYPE_FLOAT32] = 4,
		[HJ_TYPE_INT64] = 8,
		[HJ_TYPE_UINT64] = 8,
		[HJ_TYPE_FLOAT64] = 8,
		[HJ_TYPE_TEXT] = 0 };

	return bytes[c->type] ? bytes[c->type] : c->length;
}

unsigned hj_codec_count(const struct hj_codec *c, enum hj_table table)
{
	return table == HJ_TABLE_DATA || hj_table_is_bits(table) ? 1 : (hj_codec_bytes(c) + 1) / 2;
}
