/* Civil time by arithmetic (days-from-civil, proleptic Gregorian): see clock.h. */
#include "hjgate/clock.h"

#include <errno.h>
#include <stdio.h>

#define PLAUSIBLE_MOST_MS 2840112000000LL /* 2060-01-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01. The year is taken to begin in March, so that the leap day is its last. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(y, 400);
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

static void civil_from_days(int64_t days, struct hj_civil *c)
{
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c->year = (int)(yoe + era * 400 + (c->month <= 2));
}

void hj_civil_from_ms(int64_t ms_utc, struct hj_civil *ret)
{
	int64_t local = ms_utc + HJ_BEIJING_MS;
	int64_t days = floor_div(local, HJ_MS_PER_DAY);
	int64_t ms = local - days * HJ_MS_PER_DAY;

	civil_from_days(days, ret);
	ret->hour = (int)(ms / 3600000);
	ret->minute = (int)(ms / 60000 % 60);
	ret->second = (int)(ms / 1000 % 60);
	ret->ms = (int)(ms % 1000);
}

static int days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

int hj_civil_to_ms(const struct hj_civil *c, int64_t *ret_ms_utc)
{
	if (c->year < 1970 || c->year > 9999 || c->month < 1 || c->month > 12 || c->day < 1 ||
	        c->day > days_of_month(c->year, c->month))
		return -EINVAL;
	if (c->hour < 0 || c->hour > 23 || c->minute < 0 || c->minute > 59 || c->second < 0 || c->second > 59 ||
	        c->ms < 0 || c->ms > 999)
		return -EINVAL;
	*ret_ms_utc = days_from_civil(c->year, c->month, c->day) * HJ_MS_PER_DAY + c->hour * 3600000LL +
	              c->minute * 60000LL + c->second * 1000LL + c->ms - HJ_BEIJING_MS;
	return 0;
}

static void put_digits(char *p, int n, int value)
{
	while (n--) {
		p[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void hj_time17_format(int64_t ms_utc, char ret[HJ_TIME17_LEN + 1])
{
	struct hj_civil c;

	hj_civil_from_ms(ms_utc, &c);
	put_digits(ret, 4, c.year);
	put_digits(ret + 4, 2, c.month);
	put_digits(ret + 6, 2, c.day);
	put_digits(ret + 8, 2, c.hour);
	put_digits(ret + 10, 2, c.minute);
	put_digits(ret + 12, 2, c.second);
	put_digits(ret + 14, 3, c.ms);
	ret[HJ_TIME17_LEN] = '\0';
}

void hj_time14_format(int64_t ms_utc, char ret[HJ_TIME14_LEN + 1])
{
	char full[HJ_TIME17_LEN + 1];

	hj_time17_format(ms_utc, full);
	for (int i = 0; i < HJ_TIME14_LEN; i++)
		ret[i] = full[i];
	ret[HJ_TIME14_LEN] = '\0';
}

static int take_digits(const char **p, int n)
{
	int value = 0;

	for (; n; n--, (*p)++)
		value = value * 10 + (**p - '0');
	return value;
}

int hj_time_parse(const char *text, size_t n, int64_t *ret_ms_utc)
{
	struct hj_civil c;

	if (n != HJ_TIME14_LEN && n != HJ_TIME17_LEN)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
	c.year = take_digits(&text, 4);
	c.month = take_digits(&text, 2);
	c.day = take_digits(&text, 2);
	c.hour = take_digits(&text, 2);
	c.minute = take_digits(&text, 2);
	c.second = take_digits(&text, 2);
	c.ms = n == HJ_TIME17_LEN ? take_digits(&text, 3) : 0;
	return hj_civil_to_ms(&c, ret_ms_utc);
}

void hj_time_human(int64_t ms_utc, bool with_ms, char ret[HJ_TIME_HUMAN_LEN + 1])
{
	struct hj_civil c;
	char text[96];

	hj_civil_from_ms(ms_utc, &c);
	snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d.%03d", c.year, c.month, c.day, c.hour, c.minute,
	        c.second, c.ms);
	snprintf(ret, HJ_TIME_HUMAN_LEN + 1, "%.*s", with_ms ? HJ_TIME_HUMAN_LEN : HJ_TIME_HUMAN_LEN - 4, text);
}

int64_t hj_window_start(int64_t ms_utc, int64_t length_ms)
{
	int64_t into = (ms_utc % length_ms + HJ_BEIJING_MS) % length_ms;

	/* "for ever" is asked too, and must not overflow. */
	into += into < 0 ? length_ms : 0;
	return ms_utc < INT64_MIN + into ? INT64_MIN : ms_utc - into;
}

bool hj_clock_plausible(int64_t wall_ms)
{
	return wall_ms >= HJ_TIME_PLAUSIBLE_MS && wall_ms < PLAUSIBLE_MOST_MS;
}

int64_t hj_clock_ahead(const struct hj_now *now)
{
	return now->wall_ms - (int64_t)(now->mono / HJ_USEC_PER_MS);
}

int64_t hj_clock_step(int64_t *ahead_ms, const struct hj_now *now)
{
	int64_t ahead = hj_clock_ahead(now), step;

	if (__builtin_sub_overflow(ahead, *ahead_ms, &step)) /* what was said before is no clock's */
		step = *ahead_ms < 0 ? INT64_MAX : INT64_MIN;
	*ahead_ms = ahead;
	return hj_is_step(step) ? step : 0;
}

int64_t hj_time_moved(int64_t ms, int64_t step_ms)
{
	int64_t moved;

	if (__builtin_add_overflow(ms, step_ms, &moved))
		return step_ms < 0 ? 0 : HJ_TIME_MAX_MS;
	return moved < 0 ? 0 : moved > HJ_TIME_MAX_MS ? HJ_TIME_MAX_MS : moved;
}
