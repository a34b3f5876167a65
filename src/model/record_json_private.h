/* Shared by record_json.c (trees) and record_json_write.c (text). */
#pragma once

#include "hjgate/record.h"

void record_json_id(const uint8_t id[HJ_ID_BYTES], char ret[2 * HJ_ID_BYTES + 1]); /* hexadecimal */
