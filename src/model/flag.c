/* Which characters are a data Flag: HJ 212-2017 table 8. What is not in it is refused by whoever read it. */
#include "hjgate/flag.h"

#include <string.h>

bool hj_flag_valid(char flag)
{
	return flag && strchr(HJ_FLAG_LETTERS, flag);
}
