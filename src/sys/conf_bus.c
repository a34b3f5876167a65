/* buses.d/NAME.conf: one port, its meters, their points. The rules that one bus shows by itself are held here; what
 * needs all files is in conf_all.c. A bus with an error is released and not given out. */
#include "conf_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SCALE_MOST   1e12
#define ADDRESS_MOST 65535
#define POLL_MOST_S  (HJ_INTERVAL_MAX_MS / 1000)

static const struct conf_choice tables[] = {
	{ "coil", HJ_TABLE_COIL },
	{ "discrete", HJ_TABLE_DISCRETE },
	{ "holding", HJ_TABLE_HOLDING },
	{ "input", HJ_TABLE_INPUT },
	{ NULL, 0 },
};
static const struct conf_choice types[] = {
	{ "bit", HJ_TYPE_BIT },
	{ "int16", HJ_TYPE_INT16 },
	{ "uint16", HJ_TYPE_UINT16 },
	{ "int32", HJ_TYPE_INT32 },
	{ "uint32", HJ_TYPE_UINT32 },
	{ "float32", HJ_TYPE_FLOAT32 },
	{ NULL, 0 },
};
static const struct conf_choice orders[] = {
	{ "ABCD", HJ_ORDER_ABCD },
	{ "CDAB", HJ_ORDER_CDAB },
	{ "BADC", HJ_ORDER_BADC },
	{ "DCBA", HJ_ORDER_DCBA },
	{ NULL, 0 },
};
static const struct conf_choice bauds[] = {
	{ "1200", 1200 },
	{ "2400", 2400 },
	{ "4800", 4800 },
	{ "9600", 9600 },
	{ "19200", 19200 },
	{ "38400", 38400 },
	{ "57600", 57600 },
	{ "115200", 115200 },
	{ NULL, 0 },
};
static const struct conf_choice data_bits[] = { { "7", 7 }, { "8", 8 }, { NULL, 0 } };
static const struct conf_choice stop_bits[] = { { "1", 1 }, { "2", 2 }, { NULL, 0 } };
static const struct conf_choice parities[] = { { "none", 'N' }, { "even", 'E' }, { "odd", 'O' }, { NULL, 0 } };

static const char *choice_name(const struct conf_choice *c, int64_t value)
{
	while (c->name && c->value != value)
		c++;
	return c->name ? c->name : "unknown";
}

const char *hj_type_name(enum hj_type type)
{
	return choice_name(types, type);
}

const char *hj_order_name(enum hj_order order)
{
	return choice_name(orders, order);
}

const char *hj_table_name(enum hj_table table)
{
	return choice_name(tables, table);
}

/* ---- checks of one text ---- */

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

static int check_name(const char *text, const char **ret_why)
{
	return hj_name_valid(text) ? 0 : refuse(ret_why, N_("it is no name"));
}

static int check_port(const char *text, const char **ret_why)
{
	return text[0] == '/' && text[1] ? 0 : refuse(ret_why, N_("it is no path of a device"));
}

/* A unit stands in tables for people only; control characters would break those. */
static int check_unit(const char *text, const char **ret_why)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return refuse(ret_why, N_("it has a control character"));
	return 0;
}

static int check_module(const char *text, const char **ret_why)
{
	return strchr("123456789abcdefghijklmnopqrstuvwxyz", text[0]) ? 0 : refuse(ret_why, N_("it is no module"));
}

/* ---- tables ---- */

#define HINT_NAME N_("a name of 1 to 31 of a-z, 0-9 and -")

/* What a point's group says before it becomes a struct hj_conf_point. */
struct point_text {
	struct hj_conf_point p;
	char name[HJ_NAME_MAX + 1];
	int64_t address, poll_interval;
};

#define AT(member) CONF_AT(struct point_text, member)
static const struct conf_key point_keys[] = {
	{ "name", CONF_STRING, CONF_REQUIRED, AT(name), .check = check_name, .hint = HINT_NAME },
	{ "factor", CONF_STRING, 0, AT(p.point.factor), .check = hj_factor_check,
	        .hint = N_("the platform's code of 1 to 16 letters A-Z a-z and digits") },
	{ "unit", CONF_STRING, 0, AT(p.point.unit), .check = check_unit, .hint = N_("a unit such as kWh") },
	{ "equipment", CONF_STRING, 0, AT(p.equipment), .check = check_unit,
	        .hint = N_("what it belongs to, in 127 bytes at most") },
	{ "module", CONF_CHAR, 0, AT(p.module), .check = check_module, .hint = N_("one of 1-9 and a-z") },
	{ "table", CONF_ENUM, CONF_REQUIRED, AT(p.table), .choices = tables, .preset = HJ_TABLE_HOLDING },
	{ "address", CONF_INT, CONF_REQUIRED, AT(address), .least = 0, .most = ADDRESS_MOST },
	{ "type", CONF_ENUM, 0, AT(p.type), .choices = types, .preset = HJ_TYPE_UINT16 },
	{ "order", CONF_ENUM, 0, AT(p.order), .choices = orders, .preset = HJ_ORDER_ABCD },
	{ "scale", CONF_FLOAT, 0, AT(p.scale), .least = -SCALE_MOST, .most = SCALE_MOST, .preset = 1 },
	{ "offset", CONF_FLOAT, 0, AT(p.offset), .least = -SCALE_MOST, .most = SCALE_MOST },
	{ "decimals", CONF_INT, 0, AT(p.decimals), .least = 0, .most = 9, .preset = -1 },
	{ "total", CONF_BOOL, 0, AT(p.point.total) },
	{ "poll_interval", CONF_INT, 0, AT(poll_interval), .least = 1, .most = POLL_MOST_S },
};
#undef AT

struct meter_text {
	struct hj_conf_meter m;
	int64_t poll_interval;
};

static int add_point(struct conf_file *f, const config_setting_t *item, void *meter);

#define AT(member) CONF_AT(struct meter_text, member)
static const struct conf_key meter_keys[] = {
	{ "name", CONF_STRING, CONF_REQUIRED, AT(m.name), .check = check_name, .hint = HINT_NAME },
	{ "unit_id", CONF_INT, CONF_REQUIRED, AT(m.unit_id), .least = 1, .most = 247 },
	{ "equipment", CONF_STRING, 0, AT(m.equipment), .check = check_unit,
	        .hint = N_("what it measures, in 127 bytes at most") },
	{ "poll_interval", CONF_INT, 0, AT(poll_interval), .least = 1, .most = POLL_MOST_S, .preset = 5 },
	{ "points", CONF_LIST, CONF_REQUIRED, .least = 1, .most = HJ_CONF_POINTS_MAX, .item = add_point },
};
#undef AT

static int add_meter(struct conf_file *f, const config_setting_t *item, void *bus);

#define AT(member) CONF_AT(struct hj_conf_bus, member)
static const struct conf_key bus_keys[] = {
	{ "port", CONF_STRING, CONF_REQUIRED, AT(port), .check = check_port,
	        .hint = N_("a path such as /dev/ttyS1") },
	{ "baud", CONF_INT, 0, AT(baud), .choices = bauds, .preset = 9600 },
	{ "data_bits", CONF_INT, 0, AT(data_bits), .choices = data_bits, .preset = 8 },
	{ "parity", CONF_ENUM, 0, AT(parity), .choices = parities, .preset = 'N' },
	{ "stop_bits", CONF_INT, 0, AT(stop_bits), .choices = stop_bits, .preset = 1 },
	{ "response_timeout", CONF_INT, 0, AT(response_timeout), .least = 20, .most = 5000, .preset = 500 },
	{ "retries", CONF_INT, 0, AT(retries), .least = 0, .most = 5, .preset = 1 },
	{ "meters", CONF_LIST, CONF_REQUIRED, .least = 1, .most = HJ_CONF_METERS_MAX, .item = add_meter },
};
#undef AT

/* ---- a point ---- */

static bool is_bit_table(enum hj_table table)
{
	return table == HJ_TABLE_COIL || table == HJ_TABLE_DISCRETE;
}

static unsigned width_of(enum hj_type type)
{
	return type == HJ_TYPE_INT32 || type == HJ_TYPE_UINT32 || type == HJ_TYPE_FLOAT32 ? 2 : 1;
}

static const config_setting_t *member(const config_setting_t *group, const char *name)
{
	const config_setting_t *s = config_setting_get_member(group, name);

	return s ? s : group;
}

static void check_type(struct conf_file *f, const config_setting_t *item, const struct hj_conf_point *p)
{
	bool bits = is_bit_table(p->table), bit = p->type == HJ_TYPE_BIT;
	struct hj_conf_error *e;

	if (bits == bit)
		return;
	e = conf_error(f, member(item, "type"), _("type = \"%s\" does not go with table = \"%s\""),
	        hj_type_name(p->type), hj_table_name(p->table));
	if (bits)
		conf_remedy(e, _("write type = \"bit\", or a table of registers: \"holding\", \"input\""));
	else
		conf_remedy(
		        e, _("write a type of registers (\"uint16\", \"float32\" ...), or a table of bits: \"coil\", "
		             "\"discrete\""));
}

static void check_point(struct conf_file *f, const config_setting_t *item, const struct point_text *t)
{
	const struct hj_conf_point *p = &t->p;
	unsigned width = width_of(p->type);
	struct hj_conf_error *e;

	check_type(f, item, p);
	if (t->address + width > ADDRESS_MOST + 1) {
		e = conf_error(f, member(item, "address"),
		        _("address = %lld: a %s needs %u registers, the last is %d"), (long long)t->address,
		        hj_type_name(p->type), width, ADDRESS_MOST);
		conf_remedy(e, _("write an address from 0 to %u"), ADDRESS_MOST + 1 - width);
	}
	/* Of 16 bits the order says whether the two bytes are swapped (BADC, DCBA). */
	if (p->type == HJ_TYPE_BIT && config_setting_get_member(item, "order")) {
		e = conf_error(f, member(item, "order"), _("order means nothing for a bit"));
		conf_remedy(e, _("remove it"));
	}
	if (p->type == HJ_TYPE_BIT && p->point.total) {
		e = conf_error(f, member(item, "total"), _("total = true: a bit is no counter"));
		conf_remedy(e, _("remove total"));
	}
	if (p->scale == 0) {
		e = conf_error(f, member(item, "scale"), _("scale = 0 would make every value the same"));
		conf_remedy(e, _("write the factor between the register and the unit, for example 0.1"));
	}
}

static bool point_exists(const struct hj_conf_meter *m, const char *name)
{
	size_t prefix = strlen(m->name) + 1;

	for (size_t i = 0; i < m->point_count; i++)
		if (!strcmp(m->points[i].point.name + prefix, name))
			return true;
	return false;
}

static int add_point(struct conf_file *f, const config_setting_t *item, void *meter)
{
	struct meter_text *from = meter;
	struct hj_conf_meter *m = &from->m;
	size_t before = conf_error_total(f->errors);
	struct point_text t = { .p.line = (int)config_setting_source_line(item) };
	struct hj_conf_point *points;
	int r;

	r = conf_table_read(f, item, N_("point"), point_keys, hj_array_size(point_keys), &t);
	if (r < 0)
		return r;
	/* The table of bits needs no type: it has only one. */
	if (is_bit_table(t.p.table) && !config_setting_get_member(item, "type"))
		t.p.type = HJ_TYPE_BIT;
	if (conf_error_total(f->errors) == before)
		check_point(f, item, &t);
	if (t.name[0] && point_exists(m, t.name))
		conf_remedy(conf_error(f, member(item, "name"),
		                    _("name = \"%s\": this meter has a point of that name"), t.name),
		        _("give one of them another name"));
	t.p.address = (uint16_t)t.address;
	t.p.point.interval_ms = (uint32_t)((t.poll_interval ? t.poll_interval : from->poll_interval) * 1000);
	if (!t.p.equipment[0])
		hj_text_copy(t.p.equipment, sizeof(t.p.equipment), m->equipment);
	snprintf(t.p.point.name, sizeof(t.p.point.name), "%s.%s", m->name, t.name);
	points = realloc(m->points, (m->point_count + 1) * sizeof(*points));
	if (!points)
		return -ENOMEM;
	m->points = points;
	points[m->point_count++] = t.p;
	return 0;
}

/* ---- a meter ---- */

static void check_meter(
        struct conf_file *f, const config_setting_t *item, const struct hj_conf_bus *b, const struct hj_conf_meter *m)
{
	struct hj_conf_error *e;

	for (size_t i = 0; i < b->meter_count; i++) {
		const struct hj_conf_meter *other = &b->meters[i];

		if (m->unit_id && other->unit_id == m->unit_id) {
			e = conf_error(f, member(item, "unit_id"),
			        _("unit_id = %lld: meter %s on line %d has it already"), (long long)m->unit_id,
			        other->name, other->line);
			conf_remedy(e, _("give each meter of a bus an id of its own, here and on the meter"));
		}
		if (m->name[0] && !strcmp(other->name, m->name)) {
			e = conf_error(f, member(item, "name"), _("name = \"%s\": line %d has a meter of that name"),
			        m->name, other->line);
			conf_remedy(e, _("give one of them another name"));
		}
	}
}

static int add_meter(struct conf_file *f, const config_setting_t *item, void *bus)
{
	struct hj_conf_bus *b = bus;
	struct meter_text t = { .m.line = (int)config_setting_source_line(item) };
	struct hj_conf_meter *meters;
	int r;

	meters = realloc(b->meters, (b->meter_count + 1) * sizeof(*meters));
	if (!meters)
		return -ENOMEM;
	b->meters = meters;
	r = conf_table_read(f, item, N_("meter"), meter_keys, hj_array_size(meter_keys), &t);
	if (r < 0) {
		free(t.m.points);
		return r;
	}
	check_meter(f, item, b, &t.m);
	meters[b->meter_count++] = t.m;
	return 0;
}

void hj_conf_bus_done(struct hj_conf_bus *b)
{
	for (size_t i = 0; i < b->meter_count; i++)
		free(b->meters[i].points);
	free(b->meters);
	*b = (struct hj_conf_bus){ 0 };
}

int conf_bus_read(struct conf_file *f, struct hj_conf_bus *b)
{
	hj_text_copy(b->file, sizeof(b->file), f->path);
	return conf_table_read(f, config_root_setting(&f->config), N_("bus"), bus_keys, hj_array_size(bus_keys), b);
}

int hj_conf_load_bus(const char *root, const char *name, struct hj_conf_bus *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	struct hj_conf_bus b = { 0 };
	struct conf_file f;
	int r;

	r = conf_instance_open(&f, root, HJ_CONF_BUSES, name, errors);
	if (r >= 0)
		r = conf_bus_read(&f, &b);
	conf_file_done(&f);
	if (r >= 0 && conf_error_total(errors) > before)
		r = -EINVAL;
	if (r < 0) {
		hj_conf_bus_done(&b);
		return r;
	}
	hj_text_copy(b.name, sizeof(b.name), name);
	*ret = b;
	return 0;
}
