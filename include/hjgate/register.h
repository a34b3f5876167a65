/* What a Modbus register is and how a value lies in it. */
#pragma once

enum hj_table {
	HJ_TABLE_COIL = 1,
	HJ_TABLE_DISCRETE = 2,
	HJ_TABLE_HOLDING = 3,
	HJ_TABLE_INPUT = 4
}; /* = function code */
enum hj_type { HJ_TYPE_BIT, HJ_TYPE_INT16, HJ_TYPE_UINT16, HJ_TYPE_INT32, HJ_TYPE_UINT32, HJ_TYPE_FLOAT32 };
/* The bytes as they come, A being the most significant: ABCD is big-endian words and bytes, CDAB swaps the words,
 * BADC the bytes in each word, DCBA both. Of 16 bits only the bytes can be swapped: AB or BA. */
enum hj_order { HJ_ORDER_ABCD, HJ_ORDER_CDAB, HJ_ORDER_BADC, HJ_ORDER_DCBA };
