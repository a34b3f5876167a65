/* What others may look up on a bus that serves: which value lies in which registers. The points may be those of any
 * bus; that they are there is judged where all files are known. */
#include "conf_bus.h"

#include <errno.h>
#include <string.h>

#define SCALE_LEAST  1e-12
#define SCALE_MOST   1e12
#define ADDRESS_MOST 65535

static const struct conf_choice types[] = {
	{ "bit", HJ_TYPE_BIT },
	{ "int16", HJ_TYPE_INT16 },
	{ "uint16", HJ_TYPE_UINT16 },
	{ "int32", HJ_TYPE_INT32 },
	{ "uint32", HJ_TYPE_UINT32 },
	{ "int64", HJ_TYPE_INT64 },
	{ "uint64", HJ_TYPE_UINT64 },
	{ "float32", HJ_TYPE_FLOAT32 },
	{ "float64", HJ_TYPE_FLOAT64 },
	{ NULL, 0 },
};

struct publish_text {
	char point[HJ_POINT_NAME_MAX + 1];
	struct hj_codec codec;
	int64_t address;
};

#define AT(member) CONF_AT(struct publish_text, member)
static const struct conf_key publish_keys[] = {
	{ "point", CONF_STRING, CONF_REQUIRED, AT(point), .check = conf_check_point_name,
	        .hint = N_("METER.POINT as in a file of buses.d") },
	{ "address", CONF_INT, CONF_REQUIRED, AT(address), .least = 0, .most = ADDRESS_MOST },
	{ "type", CONF_ENUM, 0, AT(codec.type), .choices = types, .preset = HJ_TYPE_FLOAT32 },
	{ "order", CONF_ENUM, 0, AT(codec.order), .choices = conf_orders, .preset = HJ_ORDER_ABCD },
	{ "scale", CONF_FLOAT, 0, AT(codec.scale), .least = SCALE_LEAST, .most = SCALE_MOST, .preset = 1 },
	{ "offset", CONF_FLOAT, 0, AT(codec.offset), .least = -SCALE_MOST, .most = SCALE_MOST },
};
#undef AT

static uint32_t width(const struct hj_codec *c)
{
	return hj_codec_count(c, c->type == HJ_TYPE_BIT ? HJ_TABLE_COIL : HJ_TABLE_HOLDING);
}

static void check_bounds(struct conf_file *f, const config_setting_t *item, const struct publish_text *t)
{
	uint32_t n = width(&t->codec);

	if (t->address + n <= ADDRESS_MOST + 1)
		return;
	conf_remedy(conf_error(f, conf_member(item, "address"),
	                    _("address = %lld: a %s needs %u registers, the last is %d"), (long long)t->address,
	                    hj_type_name(t->codec.type), n, ADDRESS_MOST),
	        _("write an address from 0 to %u"), ADDRESS_MOST + 1 - n);
}

/* Bits and registers are counted apart. */
static void check_overlap(struct conf_file *f, const config_setting_t *item, const struct hj_conf_bus *b,
        const struct hj_conf_published *p)
{
	for (size_t i = 0; i < b->publish_count; i++) {
		const struct hj_conf_published *other = &b->publish[i];

		if ((other->codec.type == HJ_TYPE_BIT) != (p->codec.type == HJ_TYPE_BIT) ||
		        other->address >= p->address + width(&p->codec) ||
		        p->address >= other->address + width(&other->codec))
			continue;
		conf_remedy(conf_error(f, conf_member(item, "address"),
		                    _("address = %u of %s: that of %s on line %d lies there"), p->address, p->point,
		                    other->point, other->line),
		        _("write an address that is free: a value of 32 bits takes two registers, one of 64 four"));
		return;
	}
}

int conf_publish_add(struct conf_file *f, const config_setting_t *item, struct hj_conf_bus *to)
{
	size_t before = conf_error_total(f->errors);
	struct hj_conf_published *list, p = { .line = (int)config_setting_source_line(item) };
	struct publish_text t = { .address = 0 };
	int r = conf_table_read(f, item, N_("published value"), publish_keys, hj_array_size(publish_keys), &t);

	if (r < 0)
		return r;
	check_bounds(f, item, &t);
	if (t.codec.type == HJ_TYPE_BIT)
		conf_needless(f, item, "order", _("order means nothing for a bit"));
	p.codec = t.codec;
	p.address = (uint16_t)t.address;
	p.point = conf_keep(&to->pool, t.point, strlen(t.point) + 1);
	list = p.point ? realloc(to->publish, (to->publish_count + 1) * sizeof(*list)) : NULL;
	if (!list)
		return -ENOMEM;
	to->publish = list;
	if (conf_error_total(f->errors) == before)
		check_overlap(f, item, to, &p);
	list[to->publish_count++] = p;
	return 0;
}

void conf_publish_check(struct conf_file *f, const config_setting_t *root, const struct hj_conf_bus *b)
{
	static const char *const keys[] = { "publish", "publish_unit" };
	const struct hj_bus_type *bus = hj_bus_type(b->kind);

	for (size_t i = 0; i < hj_array_size(keys) && !(bus->traits & HJ_BUS_SERVES); i++)
		if (config_setting_get_member(root, keys[i]))
			conf_remedy(conf_error(f, conf_member(root, keys[i]),
			                    _("%s does not go with a bus of type \"%s\""), keys[i], bus->name),
			        _("remove it, or correct the type of the bus"));
	for (size_t i = 0; i < b->meter_count && b->publish_count; i++)
		if (b->meters[i].unit_id == b->publish_unit)
			conf_remedy(conf_error(f, conf_member(root, "publish_unit"),
			                    _("publish_unit = %lld: meter %s on line %d has it already"),
			                    (long long)b->publish_unit, b->meters[i].name, b->meters[i].line),
			        _("write publish_unit = ...; with a unit id that no meter of this bus has"));
}

/* ---- between the buses ---- */

static const struct hj_conf_point *find(const struct hj_conf *c, const char *name)
{
	for (size_t i = 0; i < c->bus_count; i++)
		for (size_t j = 0; j < c->buses[i].meter_count; j++)
			for (size_t k = 0; k < c->buses[i].meters[j].point_count; k++)
				if (!strcmp(c->buses[i].meters[j].points[k].point.name, name))
					return &c->buses[i].meters[j].points[k];
	return NULL;
}

void conf_publish_check_points(const struct hj_conf *c, const struct hj_conf_bus *b, struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < b->publish_count; i++) {
		const struct hj_conf_published *p = &b->publish[i];
		const struct hj_conf_point *point = find(c, p->point);

		if (!point)
			conf_remedy(
			        conf_error_at(errors, b->file, p->line, _("point \"%s\": no bus has it"), p->point),
			        _("write METER.POINT as in a file of buses.d"));
		else if (point->codec.type == HJ_TYPE_TEXT)
			conf_remedy(conf_error_at(errors, b->file, p->line,
			                    _("point \"%s\" is a text and has no value"), p->point),
			        _("remove it"));
	}
}
