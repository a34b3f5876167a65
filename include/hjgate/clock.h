/* Time by arithmetic. Stored times are int64_t milliseconds UTC since 1970; HJ 212 text is Beijing time, UTC+8
 * without daylight saving, so no tzdata is read. Nothing here reads a clock: sys/now.h does, and hands `struct
 * hj_now` down. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

_Static_assert(sizeof(time_t) == 8, "times end in 2038: _TIME_BITS=64 is wanted, and a C library that has it");

typedef uint64_t hj_usec; /* a span, or a point of CLOCK_BOOTTIME, in microseconds */

#define HJ_USEC_PER_MS  1000ULL
#define HJ_USEC_PER_SEC 1000000ULL
#define HJ_USEC_NEVER   UINT64_MAX
#define HJ_MS_PER_SEC   1000LL
#define HJ_MS_PER_DAY   86400000LL
#define HJ_BEIJING_MS   (8 * 3600 * HJ_MS_PER_SEC)
/* The years HJ 212 text can name and we accept: 1970-01-01 to 9999-12-31, Beijing time. */
#define HJ_TIME_MAX_MS 253402271999999LL

/* Both clocks, read together: `wall_ms` stamps (CLOCK_REALTIME), `mono` waits (CLOCK_BOOTTIME). */
struct hj_now {
	int64_t wall_ms;
	hj_usec mono;
};

/* A date that a box's clock can have: neither before this program was made nor decades after it. */
#define HJ_TIME_PLAUSIBLE_MS 1735660800000LL /* 2025-01-01, Beijing time */
bool hj_clock_plausible(int64_t wall_ms);
/* Wall clock less the clock that only goes on, in ms: it changes when the wall clock is set. */
int64_t hj_clock_ahead(const struct hj_now *now);
#define HJ_STEP_LEAST_MS 1000 /* smaller ones are a time daemon's, and change no record */
static inline bool hj_is_step(int64_t ms)
{
	return ms >= HJ_STEP_LEAST_MS || ms <= -HJ_STEP_LEAST_MS;
}
/* How far the clock was set since *ahead_ms was true; 0: it was not. *ahead_ms follows. */
int64_t hj_clock_step(int64_t *ahead_ms, const struct hj_now *now);
int64_t hj_time_moved(int64_t ms, int64_t step_ms); /* within 0..HJ_TIME_MAX_MS */

struct hj_civil {
	int year, month, day, hour, minute, second, ms;
};

void hj_civil_from_ms(int64_t ms_utc, struct hj_civil *ret); /* Beijing time */

/* -EINVAL where the date does not exist or lies outside 1970..9999. */
int hj_civil_to_ms(const struct hj_civil *c, int64_t *ret_ms_utc);

#define HJ_TIME14_LEN 14 /* YYYYMMDDhhmmss: DataTime, SystemTime ... (HJ 212-2017 6.3.3) */
#define HJ_TIME17_LEN 17 /* YYYYMMDDhhmmsszzz: QN */

/* Write exactly 14 or 17 digits and a NUL. */
void hj_time14_format(int64_t ms_utc, char ret[HJ_TIME14_LEN + 1]);
void hj_time17_format(int64_t ms_utc, char ret[HJ_TIME17_LEN + 1]);

/* Takes 14 or 17 digits of Beijing time; -EINVAL for anything else, the 31st of February too. */
int hj_time_parse(const char *text, size_t n, int64_t *ret_ms_utc);

#define HJ_TIME_HUMAN_LEN 23 /* "2026-11-23 08:05:00.123" */
/* For people: "2026-11-23 08:05:00", with the milliseconds where asked. */
void hj_time_human(int64_t ms_utc, bool with_ms, char ret[HJ_TIME_HUMAN_LEN + 1]);

/* Start of the window of `length_ms` that holds `ms_utc`. Windows are counted from Beijing midnight of 1970-01-01, so
 * that days begin at Beijing midnight. */
int64_t hj_window_start(int64_t ms_utc, int64_t length_ms);
