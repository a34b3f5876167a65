/* Any text as a configuration: the loaders give errors with a place and a remedy, or a struct within its limits;
 * never more. The first byte chooses which file it is. */
#include "../../src/sys/conf_equipment.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the text it was scanning when a syntax error stops it: a few bytes a file, not ours. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void check_errors(const struct hj_conf_errors *errors)
{
	assert(errors->count <= HJ_CONF_ERRORS_MAX);
	for (size_t i = 0; i < errors->count; i++) {
		const struct hj_conf_error *e = &errors->list[i];

		assert(e->file[0] && e->what[0] && e->remedy[0] && e->line >= 0);
		for (const char *p = e->what; *p; p++)
			assert((unsigned char)*p >= ' ');
	}
}

static void check_point(const struct hj_conf_point *p, const struct hj_bus_type *bus)
{
	assert(p->point.interval_ms >= HJ_INTERVAL_MIN_MS && p->point.interval_ms <= HJ_INTERVAL_MAX_MS);
	assert(p->codec.scale == p->codec.scale && p->codec.scale != 0);
	assert(p->decimals >= -1 && p->decimals <= 9);
	assert(bus->traits & HJ_BUS_LINES || hj_table_is_bits(p->table) == (p->codec.type == HJ_TYPE_BIT));
}

static void check_meter(const struct hj_conf_meter *m, const struct hj_bus_type *bus)
{
	if (bus->traits & HJ_BUS_UNITS)
		assert(m->unit_id >= 1 && m->unit_id <= 247 && !m->station[0]);
	else
		assert(!m->unit_id && (m->station[0] != '\0') == !!bus->station_digits);
	assert(strlen(m->station) <= bus->station_digits);
	assert(m->point_count >= 1 && m->point_count <= HJ_CONF_POINTS_MAX);
	for (size_t k = 0; k < m->point_count; k++)
		check_point(&m->points[k], bus);
}

static void check_bus(const struct hj_conf_bus *b)
{
	const struct hj_bus_type *bus = hj_bus_type(b->kind);

	if (bus->traits & HJ_BUS_SERIAL)
		assert(b->port[0] == '/');
	assert(bus->traits & HJ_BUS_HOST ? b->host[0] && !b->port[0] : !b->host[0]);
	assert(b->meter_count <= HJ_CONF_METERS_MAX && (b->meter_count || b->publish_count));
	assert(!b->publish_count || bus->traits & HJ_BUS_SERVES);
	for (size_t i = 0; i < b->meter_count; i++)
		check_meter(&b->meters[i], bus);
}

static void check_uplink(const struct hj_conf_uplink *u)
{
	assert(u->host[0] && u->port >= 1 && u->port <= 65535 && hj_mn_check(u->mn, NULL) > 0);
	assert(u->over_time >= 1 && u->re_count >= 1 && u->gap >= 0 && u->jitter >= 0);
	assert(u->all_points == !u->factor_count);
}

static void read_bus(struct conf_file *f)
{
	struct hj_conf_bus b = { 0 };

	if (conf_bus_read(f, &b) >= 0 && !conf_error_total(f->errors))
		check_bus(&b);
	hj_conf_bus_done(&b);
}

static void read_uplink(struct conf_file *f)
{
	struct hj_conf_uplink u = { 0 };

	if (conf_uplink_read(f, &u) >= 0 && !conf_error_total(f->errors))
		check_uplink(&u);
	hj_conf_uplink_done(&u);
}

static void read_model(struct conf_file *f)
{
	struct conf_model m = { 0 };

	if (conf_model_read(f, &m) >= 0 && !conf_error_total(f->errors))
		assert(m.m.point_count >= 1 && m.m.source_count >= 1 + (size_t)m.m.verified &&
		        m.m.limits.barrier_count <= HJ_CONF_BARRIERS_MAX);
	conf_model_done(&m);
}

static void read_main(struct conf_file *f)
{
	struct hj_conf_main c = { 0 };

	if (conf_main_read(f, &c) >= 0 && !conf_error_total(f->errors))
		assert(hj_conf_hour_ms(&c) % hj_conf_minute_ms(&c) == 0 && c.retention_days >= 30);
}

static void read_factors(struct conf_file *f)
{
	struct hj_conf_factors t = { .standard = "" };
	const struct hj_factor *row;

	if (conf_factors_read(f, &t) >= 0)
		for (size_t i = 0; i < t.table.count; i++) {
			assert(t.table.list[i].code[0] && t.table.list[i].line > 0);
			hj_factor_judge(&t.table, t.table.list[i].code, &row);
		}
	hj_conf_factors_done(&t);
}

static void read_alerts(struct conf_file *f)
{
	struct hj_conf_alerts a = { 0 };

	if (conf_alerts_read(f, &a) >= 0 && !conf_error_total(f->errors)) {
		assert(a.channel_count <= HJ_ALERT_CHANNELS_MAX && a.quiet >= 0 && a.repeat >= 0);
		for (size_t i = 0; i < a.channel_count; i++) {
			const struct hj_conf_channel *c = &a.channels[i];

			assert(hj_name_valid(c->name) && !strncmp(c->url, "https://", 8) && c->timeout >= 1);
			assert(c->rate >= 0 && (c->kind != HJ_CHANNEL_DINGTALK || (c->rate <= 20 && c->token[0])));
			assert(c->codes.count <= HJ_ALERT_PATTERNS_MAX && c->at_count <= HJ_ALERT_AT_MAX);
		}
	}
	hj_conf_alerts_done(&a);
}

/* Whatever is in a file is a list of lines. */
static int check_flat(const char *key, const char *value, bool secret, void *userdata)
{
	for (const char *p = key; *p; p++)
		assert((unsigned char)*p >= ' ');
	for (const char *p = value; *p; p++)
		assert((unsigned char)*p >= ' ');
	return 0;
}

static void read_site(struct conf_file *f)
{
	struct hj_conf_site s = { .file = "" };

	if (conf_site_read(f, &s) >= 0 && !conf_error_total(f->errors)) {
		conf_site_settle(&s, false, f->errors);
		assert(s.plan.equipment_count >= 1 && s.plan.equipment_count <= HJ_JUDGE_EQUIPMENT_MAX);
		for (size_t i = 0; i < s.plan.equipment_count; i++)
			assert(s.plan.equipment[i].name[0] && s.equipment[i].code[0] && s.equipment[i].title[0]);
	}
	hj_conf_site_done(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const readers[])(struct conf_file *) = { read_bus, read_uplink, read_main, read_model,
		read_factors, read_alerts, read_site };
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors errors = { 0 };
	struct conf_file f = { .path = "fuzz.conf", .below_root = true };
	char *text;

	if (!n || n > 65536)
		return 0;
	text = malloc(n);
	if (!text)
		return 0;
	memcpy(text, data + 1, n - 1);
	text[n - 1] = '\0';
	if (conf_file_parse(&f, text, n - 1, &errors) >= 0) {
		assert(conf_flatten(&f, check_flat, NULL) == 0);
		readers[data[0] % hj_array_size(readers)](&f);
	}
	check_errors(&errors);
	conf_file_done(&f);
	free(text);
	return 0;
}
