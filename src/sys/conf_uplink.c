/* uplinks.d/NAME.conf: one platform and one MN there. The rules that the file shows by itself are held here; whether
 * its points exist and their factors differ is held in conf_all.c. */
#include "conf_table.h"

#include <errno.h>
#include <string.h>

const struct conf_choice conf_editions[] = { { "2017", 2017 }, { "2005", 2005 }, { "2025", 2025 }, { NULL, 0 } };
static const struct conf_choice crcs[] = {
	{ "annexa", HJ_CRC_ANNEXA },
	{ "modbus", HJ_CRC_MODBUS },
	{ "modbus-swapped", HJ_CRC_MODBUS_SWAPPED },
	{ "none", HJ_CRC_NONE },
	{ NULL, 0 },
};

static const struct conf_choice logs[] = {
	{ "none", HJ_LOGS_NONE },
	{ "heads", HJ_LOGS_HEADS },
	{ "fault", HJ_LOGS_FAULT },
	{ "warn", HJ_LOGS_WARN },
	{ "info", HJ_LOGS_INFO },
	{ NULL, 0 },
};

/* ---- checks of one text ---- */

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

int conf_check_mn(const char *text, const char **ret_why)
{
	int r = hj_mn_check(text, ret_why);

	return r < 0 ? r : 0;
}

int conf_check_st(const char *text, const char **ret_why)
{
	size_t n = strlen(text);

	if (n == 2 && strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n)
		return 0;
	return refuse(ret_why, N_("it is no system code"));
}

static int check_unit(const char *text, const char **ret_why)
{
	return *text ? 0 : refuse(ret_why, N_("it is empty"));
}

/* What separates fields in a frame cannot stand in one. */
int conf_check_pw(const char *text, const char **ret_why)
{
	if (!*text)
		return refuse(ret_why, N_("it is empty"));
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr(";,=&#", *p))
			return refuse(ret_why, N_("it has a character that cannot stand in a frame"));
	return 0;
}

int conf_check_point_name(const char *text, const char **ret_why)
{
	const char *dot = strchr(text, '.');
	char meter[HJ_NAME_MAX + 1];

	if (dot && dot - text <= HJ_NAME_MAX) {
		memcpy(meter, text, (size_t)(dot - text));
		meter[dot - text] = '\0';
		if (hj_name_valid(meter) && hj_name_valid(dot + 1))
			return 0;
	}
	return refuse(ret_why, N_("it is no name of a point"));
}

/* ---- tables ---- */

#define AT(member) CONF_AT(struct hj_conf_factor, member)
static const struct conf_key factor_keys[] = {
	{ "point", CONF_STRING, CONF_REQUIRED, AT(point), .check = conf_check_point_name,
	        .hint = N_("METER.POINT as in a file of buses.d") },
	{ "factor", CONF_STRING, 0, AT(factor), .check = hj_factor_check,
	        .hint = N_("the platform's code of 1 to 16 letters A-Z a-z and digits") },
	{ "decimals", CONF_INT, 0, AT(decimals), .least = 0, .most = 9, .preset = -1 },
	{ "scale", CONF_FLOAT, 0, AT(scale), .least = 1e-9, .most = 1e9 },
	{ "unit", CONF_STRING, 0, AT(unit), .check = check_unit, .hint = N_("the platform's unit, such as W") },
	{ "st", CONF_STRING, 0, AT(st), .check = conf_check_st,
	        .hint = N_("the system code, two characters such as 31") },
};
#undef AT

static int add_factor(struct conf_file *f, const config_setting_t *item, void *uplink);

#define AT(member) CONF_AT(struct hj_conf_uplink, member)
static const struct conf_key uplink_keys[] = {
	{ "host", CONF_STRING, CONF_REQUIRED, AT(host), .check = conf_check_host,
	        .hint = N_("a host name or an IP address") },
	{ "port", CONF_INT, CONF_REQUIRED, AT(port), .least = 1, .most = 65535 },
	{ "link", CONF_TABLE, 0, AT(link), .table = &conf_uplink_link },
	{ "tls", CONF_TABLE, 0, AT(tls), .table = &conf_uplink_tls },
	{ "mn", CONF_STRING, CONF_REQUIRED, AT(mn), .check = conf_check_mn,
	        .hint = N_("the MN that the platform gave") },
	{ "st", CONF_STRING, 0, AT(st), .check = conf_check_st, .preset_text = "31",
	        .hint = N_("the system code, two characters such as 31") },
	{ "pw", CONF_STRING, CONF_REQUIRED, AT(pw), .check = conf_check_pw,
	        .hint = N_("the password that the platform gave") },
	{ "edition", CONF_INT, 0, AT(edition), .choices = conf_editions, .preset = 2017 },
	{ "next", CONF_TABLE, 0, AT(next), .table = &conf_uplink_next },
	{ "session", CONF_TABLE, 0, AT(session), .table = &conf_uplink_session },
	{ "crc", CONF_ENUM, 0, AT(crc), .choices = crcs, .preset = HJ_CRC_ANNEXA },
	{ "rtd_interval", CONF_INT, CONF_ZERO | CONF_LOOSE, AT(rtd_interval), .least = 30, .most = 3600,
	        .preset = 60 },
	{ "min_interval", CONF_INT, CONF_ZERO, AT(min_interval), .least = 1, .most = 60 },
	{ "over_time", CONF_INT, 0, AT(over_time), .least = 1, .most = 99, .preset = 10 },
	{ "re_count", CONF_INT, 0, AT(re_count), .least = 1, .most = 99, .preset = 3 },
	{ "jitter", CONF_INT, 0, AT(jitter), .least = 0, .most = 300 },
	{ "gap", CONF_INT, 0, AT(gap), .least = 0, .most = 10000, .preset = 600 },
	{ "backlog", CONF_TABLE, 0, AT(backlog), .table = &conf_uplink_backlog },
	{ "minute", CONF_BOOL, 0, AT(minute), .preset = 1 },
	{ "hour", CONF_BOOL, 0, AT(hour), .preset = 1 },
	{ "day", CONF_BOOL, 0, AT(day), .preset = 1 },
	{ "logs", CONF_ENUM, 0, AT(logs), .choices = logs, .preset = HJ_LOGS_HEADS },
	{ "dialect", CONF_TABLE, 0, AT(dialect), .table = &conf_uplink_dialect },
	{ "factors", CONF_LIST, 0, .least = 1, .most = HJ_POINTS_MAX, .item = add_factor },
};
#undef AT

static int add_factor(struct conf_file *f, const config_setting_t *item, void *uplink)
{
	struct hj_conf_uplink *u = uplink;
	struct hj_conf_factor t = { .line = (int)config_setting_source_line(item) }, *factors;
	struct hj_conf_error *e;
	int r;

	r = conf_table_read(f, item, N_("factor"), factor_keys, hj_array_size(factor_keys), &t);
	if (r < 0)
		return r;
	for (size_t i = 0; t.point[0] && i < u->factor_count; i++)
		if (!strcmp(u->factors[i].point, t.point)) {
			e = conf_error(f, item, _("point \"%s\" is on line %d already"), t.point, u->factors[i].line);
			conf_remedy(e, _("remove one of the two"));
		}
	factors = realloc(u->factors, (u->factor_count + 1) * sizeof(*factors));
	if (!factors)
		return -ENOMEM;
	u->factors = factors;
	factors[u->factor_count++] = t;
	return 0;
}

/* Every ST is an upload of its own, so there are few. */
static void check_sts(struct conf_file *f, const struct hj_conf_uplink *u)
{
	const char *seen[HJ_WANTED_STS_MAX] = { u->st };
	size_t count = 1, k;
	struct hj_conf_error *e;

	for (size_t i = 0; i < u->factor_count; i++) {
		for (k = 0; k < count && strcmp(seen[k], u->factors[i].st) != 0; k++)
			;
		if (k < count || !u->factors[i].st[0])
			continue;
		if (count == HJ_WANTED_STS_MAX) {
			e = conf_error_at(f->errors, f->path, u->factors[i].line,
			        _("st = \"%s\" is one too many: an uplink has at most %d"), u->factors[i].st,
			        HJ_WANTED_STS_MAX);
			conf_remedy(e, _("give these factors an uplink of their own"));
			return;
		}
		seen[count++] = u->factors[i].st;
	}
}

void hj_conf_uplink_done(struct hj_conf_uplink *u)
{
	free(u->factors);
	*u = (struct hj_conf_uplink){ 0 };
}

int conf_uplink_read(struct conf_file *f, struct hj_conf_uplink *u)
{
	const config_setting_t *root = config_root_setting(&f->config);
	int r;

	hj_text_copy(u->file, sizeof(u->file), f->path);
	r = conf_table_read(f, root, N_("uplink"), uplink_keys, hj_array_size(uplink_keys), u);
	if (r < 0)
		return r;
	conf_uplink_next_check(f, u);
	conf_uplink_link_check(f, u);
	check_sts(f, u);
	conf_uplink_dialect_check(f, root, &u->dialect);
	u->all_points = !config_setting_get_member(root, "factors");
	return 0;
}

int hj_conf_load_uplink(const char *root, const char *name, struct hj_conf_uplink *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	struct hj_conf_uplink u = { 0 };
	struct conf_file f;
	int r;

	r = conf_instance_open(&f, root, HJ_CONF_UPLINKS, name, errors);
	if (r >= 0)
		r = conf_uplink_read(&f, &u);
	conf_file_done(&f);
	if (r >= 0 && conf_error_total(errors) > before)
		r = -EINVAL;
	if (r < 0) {
		hj_conf_uplink_done(&u);
		return r;
	}
	hj_text_copy(u.name, sizeof(u.name), name);
	*ret = u;
	return 0;
}

/* ---- what is uploaded ---- */

bool hj_conf_uplink_wants(const struct hj_conf_uplink *u, enum hj_kind kind)
{
	switch (kind) {
	case HJ_KIND_MINUTE:
		return u->minute;
	case HJ_KIND_HOUR:
		return u->hour;
	case HJ_KIND_DAY:
		return u->day;
	default:
		return true;
	}
}
