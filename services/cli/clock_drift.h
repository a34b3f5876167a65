/* How right the clock is. */
#pragma once

#include "writer.h"

json_t *cli_clock_ask(const char *root, int timeout_ms); /* of clockd; NULL: it is not there */
json_t *cli_clock_look(void);                            /* what the kernel itself says, without starting clockd */
void cli_clock_drift(struct writer *w, json_t *answer);  /* fields of the object that is open */
