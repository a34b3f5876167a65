/* hjgate.conf: the whole gateway's few settings. A missing file is legal: everything has a default. */
#include "conf_table.h"

#include <errno.h>

static const struct conf_choice windows[] = {
	{ "60", 60 },
	{ "120", 120 },
	{ "180", 180 },
	{ "240", 240 },
	{ "300", 300 },
	{ NULL, 0 },
};

static const struct conf_choice sticks[] = { { "off", false }, { "backup", true }, { NULL, 0 } };
static const struct conf_choice clocks[] = {
	{ "ntp", HJ_CLOCK_NTP },
	{ "rtc", HJ_CLOCK_RTC },
	{ NULL, 0 },
};

static const struct conf_choice logs[] = {
	{ "none", HJ_LOGS_NONE },
	{ "fault", HJ_LOGS_FAULT },
	{ "warn", HJ_LOGS_WARN },
	{ "info", HJ_LOGS_INFO },
	{ NULL, 0 },
};
static const struct conf_choice languages[] = { { "en", HJ_LANGUAGE_EN }, { "zh", HJ_LANGUAGE_ZH }, { NULL, 0 } };

static int check_uplink(const char *text, const char **ret_why)
{
	if (!*text || hj_name_valid(text))
		return 0;
	*ret_why = N_("it is no name of a-z, 0-9 and -");
	return -EINVAL;
}

#define AT(member) CONF_AT(struct hj_conf_main, member)
static const struct conf_key keys[] = {
	{ "base_window", CONF_INT, 0, AT(base_window), .choices = windows, .preset = 300 },
	{ "normal_part", CONF_INT, 0, AT(normal_part), .least = 75, .most = 100, .preset = 75 },
	{ "retention_days", CONF_INT, 0, AT(retention_days), .least = 30, .most = 4000, .preset = 400 },
	{ "retention_mb", CONF_INT, 0, AT(retention_mb), .least = 16, .most = 100000, .preset = 1024 },
	{ "flash_mb", CONF_INT, CONF_ZERO, AT(flash_mb), .least = 64, .most = 10000000 },
	{ "flash_cycles", CONF_INT, 0, AT(flash_cycles), .least = 10, .most = 1000000, .preset = 1000 },
	{ "flash_amplification", CONF_INT, 0, AT(flash_amplification), .least = 1, .most = 1000, .preset = 10 },
	{ "stick", CONF_ENUM, 0, AT(stick), .choices = sticks, .preset = false },
	{ "clock_trust", CONF_ENUM, 0, AT(clock_trust), .choices = clocks, .preset = HJ_CLOCK_UNSAID },
	{ "clock_uplink", CONF_STRING, 0, AT(clock_uplink), .check = check_uplink,
	        .hint = N_("the name of an uplink, as of its file in uplinks.d") },
	{ "logs", CONF_ENUM, 0, AT(logs), .choices = logs, .preset = HJ_LOGS_NONE },
	{ "language", CONF_ENUM, 0, AT(language), .choices = languages, .preset = HJ_LANGUAGE_EN },
	{ "serial", CONF_STRING, 0, AT(serial), .check = conf_check_serial,
	        .hint = N_("its serial number: 1 to 24 letters, digits, -, . and _") },
	{ "unreachable_minutes", CONF_INT, CONF_ZERO, AT(unreachable_minutes), .least = 5, .most = 10080,
	        .preset = 30 },
	{ "test_minute", CONF_INT, CONF_BELOW_ROOT | CONF_ZERO, AT(test_minute), .least = 1, .most = 300 },
	{ "test_hour", CONF_INT, CONF_BELOW_ROOT | CONF_ZERO, AT(test_hour), .least = 1, .most = 3600 },
	{ "test_day", CONF_INT, CONF_BELOW_ROOT | CONF_ZERO, AT(test_day), .least = 1, .most = 86400 },
	{ "test_unreachable", CONF_INT, CONF_BELOW_ROOT | CONF_ZERO, AT(test_unreachable), .least = 1, .most = 3600 },
};

int64_t hj_conf_minute_ms(const struct hj_conf_main *c)
{
	return (c->test_minute ? c->test_minute : c->base_window) * HJ_MS_PER_SEC;
}

int64_t hj_conf_hour_ms(const struct hj_conf_main *c)
{
	return (c->test_hour ? c->test_hour : 3600) * HJ_MS_PER_SEC;
}

int64_t hj_conf_day_ms(const struct hj_conf_main *c)
{
	return c->test_day ? c->test_day * HJ_MS_PER_SEC : HJ_MS_PER_DAY;
}

bool hj_conf_trusts_rtc(const struct hj_conf_main *c, const char *root)
{
	return c->clock_trust == HJ_CLOCK_RTC || (c->clock_trust == HJ_CLOCK_UNSAID && root && *root);
}

/* Hours are folded from minutes and days from hours, so each must hold a whole number of the one below. */
static void check_nesting(struct conf_file *f, const struct hj_conf_main *c)
{
	const config_setting_t *root = config_root_setting(&f->config);
	int64_t minute = hj_conf_minute_ms(c), hour = hj_conf_hour_ms(c), day = hj_conf_day_ms(c);
	struct hj_conf_error *e;

	if (hour % minute) {
		const char *key = c->test_hour ? "test_hour" : "test_minute";

		e = conf_error(f, config_setting_get_member(root, key),
		        _("%s: an hour of %lld s is no multiple of %lld s"), key, (long long)(hour / HJ_MS_PER_SEC),
		        (long long)(minute / HJ_MS_PER_SEC));
		conf_remedy(e, _("choose lengths of which each holds a whole number of the one below"));
	}
	if (day % hour) {
		const char *key = c->test_day ? "test_day" : "test_hour";

		e = conf_error(f, config_setting_get_member(root, key),
		        _("%s: a day of %lld s is no multiple of %lld s"), key, (long long)(day / HJ_MS_PER_SEC),
		        (long long)(hour / HJ_MS_PER_SEC));
		conf_remedy(e, _("choose lengths of which each holds a whole number of the one below"));
	}
}

int conf_main_read(struct conf_file *f, struct hj_conf_main *c)
{
	int r;

	r = conf_table_read(f, config_root_setting(&f->config), N_("main file"), keys, hj_array_size(keys), c);
	if (r >= 0)
		check_nesting(f, c);
	return r;
}

int hj_conf_load_main(const char *root, struct hj_conf_main *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	struct hj_conf_main c = HJ_CONF_MAIN_DEFAULT;
	struct conf_file f;
	int r;

	r = conf_file_open(&f, root, "", "hjgate.conf", errors);
	if (r >= 0)
		r = conf_main_read(&f, &c);
	conf_file_done(&f);
	if (r == -ENOENT)
		r = 0;
	if (r >= 0 && conf_error_total(errors) > before)
		r = -EINVAL;
	if (r >= 0)
		*ret = c;
	return r;
}
