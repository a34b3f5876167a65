/* Times as a person writes them at the command. */
#pragma once

#include <stdint.h>

/* Beijing time: "2026-11-23", "2026-11-23 08:05", "2026-11-23 08:05:30" (or with T), 14 digits; before now: "90s",
 * "15m", "2h", "3d", "1w"; "now", "today", "yesterday". -EINVAL. */
int cli_time_parse(const char *text, int64_t now_ms, int64_t *ret_ms);

/* A length: "90s", "15m", "2h", "3d", "1w". -EINVAL. */
int cli_length_parse(const char *text, int64_t *ret_ms);

int64_t cli_wall_ms(void);

#define CLI_SPAN_LEN 48
/* For people, two units at most: "3 h 20 min", "45 s". Negative spans as 0. */
const char *cli_span(int64_t ms, char ret[CLI_SPAN_LEN]);
/* The same for seconds as they came from outside. */
const char *cli_span_seconds(int64_t s, char ret[CLI_SPAN_LEN]);
