/* Times as a person writes them, and spans as a person reads them. Beijing time by arithmetic, as everywhere in
 * hjgate. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "hjgate/clock.h"
#include "timespec.h"

#define AGO_MAX 1000000 /* units: far beyond what is kept, and no overflow */

int64_t cli_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * HJ_MS_PER_SEC + t.tv_nsec / 1000000;
}

static const struct {
	char letter;
	int64_t ms;
} units[] = {
	{ 's', HJ_MS_PER_SEC },
	{ 'm', 60 * HJ_MS_PER_SEC },
	{ 'h', 3600 * HJ_MS_PER_SEC },
	{ 'd', HJ_MS_PER_DAY },
	{ 'w', 7 * HJ_MS_PER_DAY },
};

static int parse_ago(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	size_t n = strlen(text);
	uint64_t count;

	if (n < 2 || hj_uint_parse(text, n - 1, AGO_MAX, &count) < 0)
		return -EINVAL;
	for (size_t i = 0; i < hj_array_size(units); i++)
		if (units[i].letter == text[n - 1]) {
			*ret_ms = now_ms - (int64_t)count * units[i].ms;
			return 0;
		}
	return -EINVAL;
}

int cli_length_parse(const char *text, int64_t *ret_ms)
{
	int64_t ago_ms;
	int r = parse_ago(text, 0, &ago_ms);

	if (r >= 0)
		*ret_ms = -ago_ms;
	return r;
}

static int parse_word(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	int64_t midnight = hj_window_start(now_ms, HJ_MS_PER_DAY);

	if (!strcmp(text, "now"))
		*ret_ms = now_ms;
	else if (!strcmp(text, "today"))
		*ret_ms = midnight;
	else if (!strcmp(text, "yesterday"))
		*ret_ms = midnight - HJ_MS_PER_DAY;
	else
		return -EINVAL;
	return 0;
}

/* Holds `text` against "dddd-dd-dd dd:dd:dd" and gathers its digits; it may end where a field ends. */
static int parse_civil(const char *text, int64_t *ret_ms)
{
	static const char form[] = "dddd-dd-dd dd:dd:dd";
	char digits[HJ_TIME14_LEN + 1] = "00000000000000";
	size_t i = 0, n = 0;

	for (; text[i] && form[i]; i++) {
		if (form[i] == 'd' && text[i] >= '0' && text[i] <= '9')
			digits[n++] = text[i];
		else if (form[i] == 'd' || (text[i] != form[i] && !(form[i] == ' ' && text[i] == 'T')))
			return -EINVAL;
	}
	if (text[i] || (i != 10 && i != 16 && i != 19))
		return -EINVAL;
	return hj_time_parse(digits, HJ_TIME14_LEN, ret_ms);
}

int cli_time_parse(const char *text, int64_t now_ms, int64_t *ret_ms)
{
	int64_t ago_ms;

	if (parse_ago(text, now_ms, &ago_ms) == 0) {
		*ret_ms = hj_max(ago_ms, 0); /* before there was anything: a year that can be shown */
		return 0;
	}
	if (parse_word(text, now_ms, ret_ms) == 0 || hj_time_parse(text, strlen(text), ret_ms) == 0)
		return 0;
	return parse_civil(text, ret_ms);
}

const char *cli_span(int64_t ms, char ret[CLI_SPAN_LEN])
{
	int64_t s = ms > 0 ? ms / HJ_MS_PER_SEC : 0;

	if (s < 60)
		snprintf(ret, CLI_SPAN_LEN, _("%d s"), (int)s);
	else if (s < 3600)
		snprintf(ret, CLI_SPAN_LEN, _("%d min %d s"), (int)(s / 60), (int)(s % 60));
	else if (s < 2 * 86400)
		snprintf(ret, CLI_SPAN_LEN, _("%d h %d min"), (int)(s / 3600), (int)(s / 60 % 60));
	else
		snprintf(ret, CLI_SPAN_LEN, _("%lld days %d h"), (long long)(s / 86400), (int)(s / 3600 % 24));
	return ret;
}

const char *cli_span_seconds(int64_t s, char ret[CLI_SPAN_LEN])
{
	return cli_span(s > INT32_MAX ? INT32_MAX * HJ_MS_PER_SEC : s < 0 ? 0 : s * HJ_MS_PER_SEC, ret);
}
