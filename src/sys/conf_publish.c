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

int conf_publish_add(struct conf_file *f, const config_setting_t *item, struct hj_conf_bus *to)
{
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
	p.point = conf_keep_text(&to->pool, t.point);
	list = p.point ? realloc(to->publish, (to->publish_count + 1) * sizeof(*list)) : NULL;
	if (!list)
		return -ENOMEM;
	to->publish = list;
	list[to->publish_count++] = p;
	return 0;
}

/* Bits and registers are counted apart. */
static int by_place(const void *a, const void *b)
{
	const struct hj_conf_published *x = *(const struct hj_conf_published *const *)a,
	                               *y = *(const struct hj_conf_published *const *)b;
	int r = (y->codec.type == HJ_TYPE_BIT) - (x->codec.type == HJ_TYPE_BIT);

	r = r ? r : x->address - y->address;
	return r ? r : (x > y) - (x < y);
}

static void check_neighbours(struct conf_file *f, const struct hj_conf_bus *b, const struct hj_conf_published *x,
        const struct hj_conf_published *y)
{
	const struct hj_conf_published *first = x < y ? x : y, *second = first == x ? y : x;

	if ((x->codec.type == HJ_TYPE_BIT) != (y->codec.type == HJ_TYPE_BIT) ||
	        y->address >= x->address + width(&x->codec))
		return;
	conf_remedy(conf_error_at(f->errors, b->file, second->line,
	                    _("address = %u of %s: that of %s on line %d lies there"), second->address, second->point,
	                    first->point, first->line),
	        _("write an address that is free: a value of 32 bits takes two registers, one of 64 four"));
}

static int check_overlaps(struct conf_file *f, const struct hj_conf_bus *b)
{
	_cleanup_free_ const struct hj_conf_published **sorted = calloc(b->publish_count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < b->publish_count; i++)
		sorted[i] = &b->publish[i];
	qsort(sorted, b->publish_count, sizeof(*sorted), by_place);
	for (size_t i = 1; i < b->publish_count; i++)
		check_neighbours(f, b, sorted[i - 1], sorted[i]);
	return 0;
}

int conf_publish_check(struct conf_file *f, const config_setting_t *root, const struct hj_conf_bus *b)
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
	return check_overlaps(f, b);
}

/* ---- between the buses ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct hj_conf_point *const *)a)->point.name,
	        (*(const struct hj_conf_point *const *)b)->point.name);
}

static int find_name(const void *name, const void *point)
{
	return strcmp(name, (*(const struct hj_conf_point *const *)point)->point.name);
}

/* Every point there is, sorted by name; NULL when out of memory. */
static const struct hj_conf_point **collect(const struct hj_conf *c, size_t *ret_count)
{
	const struct hj_conf_point **all;
	size_t n = 0;

	for (size_t i = 0; i < c->bus_count; i++)
		for (size_t j = 0; j < c->buses[i].meter_count; j++)
			n += c->buses[i].meters[j].point_count;
	all = calloc(n + 1, sizeof(*all));
	*ret_count = n;
	if (!all)
		return NULL;
	n = 0;
	for (size_t i = 0; i < c->bus_count; i++)
		for (size_t j = 0; j < c->buses[i].meter_count; j++)
			for (size_t k = 0; k < c->buses[i].meters[j].point_count; k++)
				all[n++] = &c->buses[i].meters[j].points[k];
	qsort(all, n, sizeof(*all), by_name);
	return all;
}

int conf_publish_check_points(const struct hj_conf *c, const struct hj_conf_bus *b, struct hj_conf_errors *errors)
{
	_cleanup_free_ const struct hj_conf_point **all = NULL;
	size_t n;

	if (!b->publish_count)
		return 0;
	all = collect(c, &n);
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < b->publish_count; i++) {
		const struct hj_conf_published *p = &b->publish[i];
		const struct hj_conf_point *const *point = bsearch(p->point, all, n, sizeof(*all), find_name);

		if (!point)
			conf_remedy(
			        conf_error_at(errors, b->file, p->line, _("point \"%s\": no bus has it"), p->point),
			        _("write METER.POINT as in a file of buses.d"));
		else if ((*point)->codec.type == HJ_TYPE_TEXT)
			conf_remedy(conf_error_at(errors, b->file, p->line,
			                    _("point \"%s\" is a text and has no value"), p->point),
			        _("remove it"));
	}
	return 0;
}
