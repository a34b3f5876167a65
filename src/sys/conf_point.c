/* A point of a meter: which register, bit or data identifier it is, and how its value lies in the answer. What a kind
 * of bus allows is told by its row in bus_type.h. */
/* long because: the table of a point, and the rules that hold between its keys */
#include "conf_bus.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SCALE_MOST      1e12
#define WRAP_MOST       1e18
#define LIMIT_MOST      1e18
#define ADDRESS_MOST    65535
#define AT_MOST         255
#define DATA_MOST       0xffffffffLL /* a data identifier */
#define DEBOUNCE_MOST   5000         /* ms */
#define DEBOUNCE_PRESET 20           /* the contacts of a relay or a switch come to rest in so many */
#define FAST_LEAST      50           /* ms */
#define FAST_MOST       60000

static const struct conf_choice tables[] = {
	{ "coil", HJ_TABLE_COIL },
	{ "discrete", HJ_TABLE_DISCRETE },
	{ "holding", HJ_TABLE_HOLDING },
	{ "input", HJ_TABLE_INPUT },
	{ "data", HJ_TABLE_DATA },
	{ "line", HJ_TABLE_LINE },
	{ NULL, 0 },
};
static const struct conf_choice types[] = {
	{ "bit", HJ_TYPE_BIT },
	{ "int16", HJ_TYPE_INT16 },
	{ "uint16", HJ_TYPE_UINT16 },
	{ "int32", HJ_TYPE_INT32 },
	{ "uint32", HJ_TYPE_UINT32 },
	{ "float32", HJ_TYPE_FLOAT32 },
	{ "int64", HJ_TYPE_INT64 },
	{ "uint64", HJ_TYPE_UINT64 },
	{ "float64", HJ_TYPE_FLOAT64 },
	{ "bcd", HJ_TYPE_BCD },
	{ "bcd-signed", HJ_TYPE_BCD_SIGNED },
	{ "text", HJ_TYPE_TEXT },
	{ NULL, 0 },
};
const struct conf_choice conf_orders[] = {
	{ "ABCD", HJ_ORDER_ABCD },
	{ "CDAB", HJ_ORDER_CDAB },
	{ "BADC", HJ_ORDER_BADC },
	{ "DCBA", HJ_ORDER_DCBA },
	{ "ABCDEFGH", HJ_ORDER_ABCD },
	{ "GHEFCDAB", HJ_ORDER_CDAB },
	{ "BADCFEHG", HJ_ORDER_BADC },
	{ "HGFEDCBA", HJ_ORDER_DCBA },
	{ NULL, 0 },
};
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
	return choice_name(conf_orders, order);
}

const char *hj_table_name(enum hj_table table)
{
	return choice_name(tables, table);
}

/* ---- keys ---- */

static int check_module(const char *text, const char **ret_why)
{
	return strchr("123456789abcdefghijklmnopqrstuvwxyz", text[0]) ? 0
	                                                              : conf_refuse(ret_why, N_("it is no module"));
}

static const struct conf_choice ratios[] = {
	{ "none", RATIO_OF_NONE },
	{ "pt", RATIO_OF_PT },
	{ "ct", RATIO_OF_CT },
	{ "ptct", RATIO_OF_BOTH },
	{ NULL, 0 },
};

const char *hj_ratio_name(uint8_t ratio_of)
{
	return choice_name(ratios, ratio_of);
}

static const struct conf_choice biases[] = {
	{ "as-is", HJ_BIAS_AS_IS },
	{ "pull-up", HJ_BIAS_UP },
	{ "pull-down", HJ_BIAS_DOWN },
	{ "disabled", HJ_BIAS_OFF },
	{ NULL, 0 },
};

#define AT(member) CONF_AT(struct conf_point_text, member)
static const struct conf_key point_keys[] = {
	{ "name", CONF_STRING, CONF_REQUIRED, AT(name), .check = conf_check_name,
	        .hint = N_("a name of 1 to 31 of a-z, 0-9 and -") },
	{ "factor", CONF_STRING, 0, AT(factor), .check = hj_factor_check,
	        .hint = N_("the platform's code of 1 to 16 letters A-Z a-z and digits") },
	{ "unit", CONF_STRING, 0, AT(unit), .check = conf_check_text, .hint = N_("a unit such as kWh") },
	{ "equipment", CONF_STRING, 0, AT(equipment), .check = conf_check_text,
	        .hint = N_("what it belongs to, in 127 bytes at most") },
	{ "module", CONF_CHAR, 0, AT(p.module), .check = check_module, .hint = N_("one of 1-9 and a-z") },
	{ "table", CONF_ENUM, 0, AT(p.table), .choices = tables },
	{ "address", CONF_INT, CONF_REQUIRED | CONF_FREE, AT(address),
	        .hint = N_("a whole number from 0, the address of the protocol") },
	{ "at", CONF_INT, 0, AT(p.at), .least = 0, .most = AT_MOST },
	{ "type", CONF_ENUM, 0, AT(p.codec.type), .choices = types, .preset = HJ_TYPE_UINT16 },
	{ "order", CONF_ENUM, 0, AT(p.codec.order), .choices = conf_orders, .preset = HJ_ORDER_ABCD },
	{ "length", CONF_INT, 0, AT(p.codec.length), .least = 1, .most = HJ_CODEC_TEXT_MAX },
	{ "bit", CONF_INT, 0, AT(p.codec.bit), .least = 0, .most = 63 },
	{ "bits", CONF_INT, 0, AT(p.codec.bits), .least = 1, .most = 53 },
	{ "scale", CONF_FLOAT, 0, AT(p.scale), .least = -SCALE_MOST, .most = SCALE_MOST, .preset = 1 },
	{ "offset", CONF_FLOAT, 0, AT(p.codec.offset), .least = -SCALE_MOST, .most = SCALE_MOST },
	{ "ratio", CONF_ENUM, 0, AT(value.ratio), .choices = ratios },
	{ "invalid", CONF_NUMBERS, 0, AT(value.invalid), .least = 1, .most = HJ_INVALID_MAX },
	{ "range", CONF_NUMBERS, 0, AT(value.range), .least = 2, .most = 2 },
	{ "upper_limit", CONF_FLOAT, 0, AT(value.limits.upper), .least = -LIMIT_MOST, .most = LIMIT_MOST,
	        .preset = INFINITY },
	{ "lower_limit", CONF_FLOAT, 0, AT(value.limits.lower), .least = -LIMIT_MOST, .most = LIMIT_MOST,
	        .preset = -INFINITY },
	{ "dead_band", CONF_FLOAT, 0, AT(value.dead_band), .least = 0, .most = SCALE_MOST },
	{ "wrap", CONF_FLOAT, 0, AT(value.wrap), .least = 0, .most = WRAP_MOST },
	{ "decimals", CONF_INT, 0, AT(p.decimals), .least = 0, .most = 9, .preset = -1 },
	{ "active_low", CONF_BOOL, 0, AT(p.active_low) },
	{ "bias", CONF_ENUM, 0, AT(p.bias), .choices = biases, .preset = HJ_BIAS_AS_IS },
	{ "debounce", CONF_INT, 0, AT(p.debounce), .least = 0, .most = DEBOUNCE_MOST, .preset = DEBOUNCE_PRESET },
	{ "event", CONF_BOOL, 0, AT(p.event) },
	{ "fast", CONF_INT, 0, AT(p.fast_ms), .least = FAST_LEAST, .most = FAST_MOST },
	{ "total", CONF_BOOL, 0, AT(p.point.total) },
	{ "poll_interval", CONF_INT, 0, AT(poll_interval), .least = 1, .most = CONF_POLL_MOST_S },
};
#undef AT

/* ---- checks ---- */

static bool table_fits(enum hj_table table, unsigned traits)
{
	if (traits & HJ_BUS_STATIONS)
		return table == HJ_TABLE_DATA;
	if (traits & HJ_BUS_LINES)
		return table == HJ_TABLE_LINE;
	if (traits & HJ_BUS_SERVES)
		return table == HJ_TABLE_COIL || table == HJ_TABLE_HOLDING; /* what Modbus can write */
	return table >= HJ_TABLE_COIL && table <= HJ_TABLE_INPUT;
}

/* A bus of one table needs no word about it. */
static void settle_table(struct conf_file *f, const config_setting_t *item, const struct hj_bus_type *bus, bool fresh,
        struct hj_conf_point *p)
{
	struct hj_conf_error *e;

	if (conf_told(item, "table"))
		return;
	if (!config_setting_get_member(item, "table")) {
		if (!fresh)
			return;
		p->table = bus->traits & HJ_BUS_STATIONS ? HJ_TABLE_DATA
		           : bus->traits & HJ_BUS_LINES  ? HJ_TABLE_LINE
		                                         : 0;
		if (p->table)
			return;
		e = conf_error(f, item, _("%s is missing in this %s"), "table", _("point"));
		conf_remedy(e, _("write one of %s"), "\"coil\", \"discrete\", \"holding\", \"input\"");
		p->table = HJ_TABLE_HOLDING;
	} else if (!table_fits(p->table, bus->traits)) {
		e = conf_error(f, conf_member(item, "table"),
		        _("table = \"%s\" does not go with a bus of type \"%s\""), hj_table_name(p->table),
		        bus->name);
		if (bus->traits & HJ_BUS_SERVES)
			conf_remedy(e, _("write \"coil\" or \"holding\": what an instrument can write"));
		else
			conf_remedy(e, _("remove it, or correct the type of the bus"));
	}
}

static void check_type(struct conf_file *f, const config_setting_t *item, const struct hj_conf_point *p)
{
	bool bits = hj_table_is_bits(p->table), bit = p->codec.type == HJ_TYPE_BIT;
	struct hj_conf_error *e;

	if (bits == bit)
		return;
	e = conf_error(f, conf_member(item, "type"), _("type = \"%s\" does not go with table = \"%s\""),
	        hj_type_name(p->codec.type), hj_table_name(p->table));
	if (bits)
		conf_remedy(e, _("write type = \"bit\", or a table of registers: \"holding\", \"input\""));
	else
		conf_remedy(
		        e, _("write a type of registers (\"uint16\", \"float32\" ...), or a table of bits: \"coil\", "
		             "\"discrete\""));
}

static void check_bounds(struct conf_file *f, const config_setting_t *item, const struct conf_point_text *t)
{
	const config_setting_t *at = conf_member(item, "address");
	bool data = t->p.table == HJ_TABLE_DATA;
	unsigned width = data ? 1 : hj_codec_count(&t->p.codec, t->p.table);
	int64_t most = data ? DATA_MOST : ADDRESS_MOST + 1 - width;
	char value[CONF_VALUE_LEN];

	if (t->address >= 0 && t->address <= most)
		return;
	if (data || t->address < 0)
		conf_remedy(conf_error(f, at, _("%s = %s is not allowed"), "address", conf_value(at, value)),
		        _("write a whole number from %.0f to %.0f"), 0.0, (double)most);
	else
		conf_remedy(conf_error(f, at, _("address = %lld: a %s needs %u registers, the last is %d"),
		                    (long long)t->address, hj_type_name(t->p.codec.type), width, ADDRESS_MOST),
		        _("write an address from 0 to %u"), (unsigned)most);
}

void conf_needless(struct conf_file *f, const config_setting_t *item, const char *key, const char *why)
{
	if (config_setting_get_member(item, key) && !conf_told(item, key))
		conf_remedy(conf_error(f, conf_member(item, key), "%s: %s", key, why), _("remove it"));
}

/* The keys that say which of the bytes or bits are meant. */
static void check_shape(struct conf_file *f, const config_setting_t *item, const struct hj_conf_point *p)
{
	enum hj_type type = p->codec.type;
	bool sized = type == HJ_TYPE_BCD || type == HJ_TYPE_BCD_SIGNED || type == HJ_TYPE_TEXT;
	unsigned most = type == HJ_TYPE_TEXT ? HJ_CODEC_TEXT_MAX : HJ_CODEC_BYTES_MAX;
	struct hj_conf_error *e;

	if (sized && (!p->codec.length || p->codec.length > most)) {
		e = conf_error(f, conf_member(item, "length"), _("type = \"%s\" needs a length in bytes"),
		        hj_type_name(type));
		conf_remedy(e, _("write a whole number from %d to %d"), 1, (int)most);
	}
	if (!sized)
		conf_needless(f, item, "length", _("only a bcd or a text has one"));
	if (p->table != HJ_TABLE_DATA)
		conf_needless(f, item, "at", _("only a data identifier's answer is told apart by bytes"));
	if (type == HJ_TYPE_BIT || type == HJ_TYPE_FLOAT32 || type == HJ_TYPE_FLOAT64 || sized) {
		conf_needless(f, item, "bit", _("only an integer has slices of bits"));
		conf_needless(f, item, "bits", _("only an integer has slices of bits"));
	} else if (p->codec.bits && p->codec.bit + p->codec.bits > 8 * hj_codec_bytes(&p->codec)) {
		e = conf_error(f, conf_member(item, "bits"), _("bit = %d, bits = %d: a %s has %u bits"), p->codec.bit,
		        p->codec.bits, hj_type_name(type), 8 * hj_codec_bytes(&p->codec));
		conf_remedy(e, _("count bits from 0, the least significant"));
	}
}

/* What only an input of the box itself has. */
static void check_line(struct conf_file *f, const config_setting_t *item, const struct hj_conf_point *p)
{
	static const char *const keys[] = { "active_low", "bias", "debounce" };

	for (size_t i = 0; i < hj_array_size(keys) && p->table != HJ_TABLE_LINE; i++)
		conf_needless(f, item, keys[i], _("only a line of a bus of type \"gpio\" has it"));
}

/* What has states rather than sizes. */
static void check_watched(
        struct conf_file *f, const config_setting_t *item, enum hj_bus_kind kind, const struct hj_conf_point *p)
{
	enum hj_type type = p->codec.type;

	if (type == HJ_TYPE_FLOAT32 || type == HJ_TYPE_FLOAT64 || type == HJ_TYPE_BCD || type == HJ_TYPE_BCD_SIGNED ||
	        type == HJ_TYPE_TEXT || p->point.total) {
		conf_needless(f, item, "event", _("only a switch or a state changes: a bit or an integer"));
		conf_needless(f, item, "fast", _("only a switch or a state changes: a bit or an integer"));
	} else if (hj_bus_type(kind)->traits & HJ_BUS_SERVES) {
		conf_needless(f, item, "fast", _("this bus tells each change by itself"));
	}
}

static void check_point(
        struct conf_file *f, const config_setting_t *item, enum hj_bus_kind kind, const struct conf_point_text *t)
{
	const struct hj_conf_point *p = &t->p;
	struct hj_conf_error *e;

	check_type(f, item, p);
	check_bounds(f, item, t);
	check_shape(f, item, p);
	check_line(f, item, p);
	check_watched(f, item, kind, p);
	/* Of 16 bits the order says whether the two bytes are swapped (BADC, DCBA). */
	if (p->codec.type == HJ_TYPE_BIT && config_setting_get_member(item, "order")) {
		e = conf_error(f, conf_member(item, "order"), _("order means nothing for a bit"));
		conf_remedy(e, _("remove it"));
	}
	if (p->codec.type == HJ_TYPE_BIT && p->point.total) {
		e = conf_error(f, conf_member(item, "total"), _("total = true: a bit is no counter"));
		conf_remedy(e, _("remove total"));
	}
	if (p->point.total && p->scale < 0)
		conf_remedy(
		        conf_error(f, conf_member(item, "scale"), _("scale = %g: a total only counts up"), p->scale),
		        _("write a scale above 0, or remove total"));
	if (p->scale == 0) {
		e = conf_error(f, conf_member(item, "scale"), _("scale = 0 would make every value the same"));
		conf_remedy(e, _("write the factor between the register and the unit, for example 0.1"));
	}
}

/* ---- reading ---- */

/* Who changes a point's type says its shape anew. */
static void reshape(const config_setting_t *item, struct hj_codec *c)
{
	if (!config_setting_get_member(item, "length"))
		c->length = 0;
	if (!config_setting_get_member(item, "bit"))
		c->bit = 0;
	if (!config_setting_get_member(item, "bits"))
		c->bits = 0;
}

/* What a kind of bus makes of a point that does not say it itself. */
static void settle(struct conf_file *f, const config_setting_t *item, const struct hj_bus_type *bus, bool fresh,
        struct hj_conf_point *p)
{
	if (!fresh && config_setting_get_member(item, "type"))
		reshape(item, &p->codec);
	if (config_setting_get_member(item, "bit") && !config_setting_get_member(item, "bits"))
		p->codec.bits = 1;
	settle_table(f, item, bus, fresh, p);
	/* The table of bits needs no type: it has only one. */
	if (hj_table_is_bits(p->table) && !config_setting_get_member(item, "type"))
		p->codec.type = HJ_TYPE_BIT;
	/* DL/T 645 and CJ/T 188 send the least significant byte first. */
	if (fresh && p->table == HJ_TABLE_DATA && !config_setting_get_member(item, "order"))
		p->codec.order = HJ_ORDER_DCBA;
}

int conf_point_read(struct conf_file *f, const config_setting_t *item, enum hj_bus_kind kind,
        const struct conf_point_text *base, struct conf_point_text *ret)
{
	size_t before = conf_error_total(f->errors);
	struct conf_point_text t = { 0 };
	int r;

	if (base) {
		t = *base;
		r = conf_table_overlay(f, item, N_("point"), point_keys, hj_array_size(point_keys), &t);
	} else {
		r = conf_table_read(f, item, N_("point"), point_keys, hj_array_size(point_keys), &t);
	}
	if (r < 0)
		return r;
	settle(f, item, hj_bus_type(kind), !base, &t.p);
	if (conf_error_total(f->errors) == before)
		check_point(f, item, kind, &t);
	t.p.line = (int)config_setting_source_line(item);
	*ret = t;
	return 0;
}

static const char *own_name(const struct hj_conf_point *p)
{
	const char *dot = strchr(p->point.name, '.');

	return dot ? dot + 1 : p->point.name;
}

struct hj_conf_point *conf_point_find(const struct hj_conf_meter *m, const char *name)
{
	for (size_t i = 0; i < m->point_count; i++)
		if (!strcmp(own_name(&m->points[i]), name))
			return &m->points[i];
	return NULL;
}

void conf_point_near(struct conf_near *near, const struct hj_conf_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		conf_near_try(near, own_name(&points[i]));
}

static int keep_texts(struct hj_conf_pool *pool, const struct hj_conf_meter *m, const struct conf_point_text *t,
        const char *equipment, struct hj_conf_point *p)
{
	char name[HJ_POINT_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s%s%s", m->name, m->name[0] ? "." : "", t->name);
	p->point.name = conf_keep_text(pool, name);
	p->point.factor = conf_keep_text(pool, t->factor);
	p->point.unit = conf_keep(pool, t->unit, strlen(t->unit) + 1);
	p->equipment = conf_keep(pool, equipment, strlen(equipment) + 1);
	return p->point.name && p->point.factor && p->point.unit && p->equipment ? 0 : -ENOMEM;
}

void hj_conf_point_get(const struct hj_conf_point *p, struct hj_point *ret)
{
	*ret = (struct hj_point){
		.total = p->point.total, .interval_ms = p->point.interval_ms, .wrap = p->point.wrap
	};
	hj_text_copy(ret->name, sizeof(ret->name), p->point.name);
	hj_text_copy(ret->factor, sizeof(ret->factor), p->point.factor);
	hj_text_copy(ret->unit, sizeof(ret->unit), p->point.unit);
}

int conf_point_keep(struct conf_file *f, const config_setting_t *item, const struct conf_point_text *t,
        struct conf_meter_text *to)
{
	const char *equipment = t->equipment[0] ? t->equipment : to->equipment;
	struct hj_conf_meter *m = &to->m;
	struct hj_conf_point *points, p = t->p;
	int r = conf_value_settle(f, item, to, &t->value, &p);

	if (r < 0)
		return r;
	p.address = (uint32_t)t->address;
	p.point.interval_ms = (uint32_t)((t->poll_interval ? t->poll_interval : to->poll_interval) * 1000);
	if (!p.point.interval_ms)
		p.point.interval_ms = (uint32_t)to->bus->poll_preset_ms;
	if (p.point.interval_ms && p.fast_ms >= p.point.interval_ms)
		conf_remedy(conf_error(f, conf_member(item, "fast"), _("fast = %u: it is read every %u ms as it is"),
		                    p.fast_ms, p.point.interval_ms),
		        _("remove fast, or write a longer poll_interval"));
	r = keep_texts(&to->bus->pool, m, t, equipment, &p);
	points = r >= 0 ? realloc(m->points, (m->point_count + 1) * sizeof(*points)) : NULL;
	if (!points)
		return -ENOMEM;
	m->points = points;
	points[m->point_count++] = p;
	return 0;
}

int conf_point_add(struct conf_file *f, const config_setting_t *item, void *meter_text)
{
	struct conf_meter_text *to = meter_text;
	const char *name = NULL;
	struct conf_point_text t;
	int r;

	if (to->model_bad)
		return 0;
	config_setting_lookup_string(item, "name", &name);
	r = conf_point_read(f, item, to->bus->kind, conf_model_point(to->model, name), &t);
	if (r < 0)
		return r;
	if (t.name[0] && conf_point_find(&to->m, t.name))
		conf_remedy(conf_error(f, conf_member(item, "name"),
		                    _("name = \"%s\": this meter has a point of that name"), t.name),
		        _("give one of them another name"));
	return conf_point_keep(f, item, &t, to);
}
