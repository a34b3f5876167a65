/* The clocks and the boot, read from the system (src/sys: the knowing half gets them as parameters). */
#pragma once

#include <stdint.h>

#include "hjgate/clock.h"
#include "hjgate/record.h"

struct hj_now hj_now(void); /* CLOCK_REALTIME and CLOCK_BOOTTIME */

/* The kernel's boot id. Below a root (--root) `hjgate run` stands for the machine: then RUN/boot-id, which it writes
 * anew at each start, so that a power cut can be shown on a desk. -errno. */
int hj_boot_id(const char *root, uint8_t ret[HJ_ID_BYTES]);

int hj_random(void *to, size_t n);
void hj_id_format(const uint8_t id[HJ_ID_BYTES], char ret[2 * HJ_ID_BYTES + 1]); /* lower-case hexadecimal */
int hj_id_parse(const char *text, uint8_t ret[HJ_ID_BYTES]);                     /* -EINVAL */
