/* buses.d/NAME.conf: one bus and its meters; their points are in conf_point.c. The rules that one bus shows by
 * itself are held here; what needs all files is in conf_all.c. A bus with an error is released and not given out. */
/* long because: the tables of a bus and of a meter, and the rules that hold between their keys */
#include "conf_bus.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define STATION_BAUD       2400
#define STATION_TIMEOUT_MS 800
#define RATIO_LEAST        1e-6
#define RATIO_MOST         1e6

#define KIND(identifier, name, ...) { name, HJ_BUS_##identifier },
static const struct conf_choice kinds[] = { HJ_BUS_TYPES(KIND){ NULL, 0 } };
#undef KIND
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
#define ECHO(identifier, name) { name, HJ_ECHO_##identifier },
static const struct conf_choice echoes[] = { HJ_ECHOES(ECHO){ NULL, 0 } };
#undef ECHO
#define MODE(identifier, name) { name, HJ_RS485_##identifier },
static const struct conf_choice rs485[] = { HJ_RS485_MODES(MODE){ NULL, 0 } };
#undef MODE

/* ---- checks of one text ---- */

int conf_refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

int conf_check_name(const char *text, const char **ret_why)
{
	return hj_name_valid(text) ? 0 : conf_refuse(ret_why, N_("it is no name"));
}

int conf_check_text(const char *text, const char **ret_why)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return conf_refuse(ret_why, N_("it has a control character"));
	return 0;
}

int conf_check_serial(const char *text, const char **ret_why)
{
	static const char good[] = "0123456789-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return text[0] && strspn(text, good) == strlen(text) ? 0 : conf_refuse(ret_why, N_("it is no serial number"));
}

static int check_host(const char *text, const char **ret_why)
{
	if (!text[0] || strpbrk(text, " \t/:"))
		return conf_refuse(ret_why, N_("it is no name and no address"));
	return conf_check_host(text, ret_why);
}

static int check_listen_on(const char *text, const char **ret_why)
{
	uint8_t address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1
	               ? 0
	               : conf_refuse(ret_why, N_("it is no address"));
}

static int check_station(const char *text, const char **ret_why)
{
	return text[0] && strspn(text, "0123456789") == strlen(text)
	               ? 0
	               : conf_refuse(ret_why, N_("it is not all digits"));
}

const config_setting_t *conf_member(const config_setting_t *group, const char *name)
{
	const config_setting_t *s = config_setting_get_member(group, name);

	return s ? s : group;
}

/* ---- tables ---- */

static int add_barrier(struct conf_file *f, const config_setting_t *item, void *meter_text)
{
	struct conf_meter_text *t = meter_text;

	return conf_limit_barrier(f, item, &t->m.limits);
}

#define AT(member) CONF_AT(struct conf_meter_text, member)
static const struct conf_key meter_keys[] = {
	{ "name", CONF_STRING, CONF_REQUIRED, AT(m.name), .check = conf_check_name,
	        .hint = N_("a name of 1 to 31 of a-z, 0-9 and -") },
	{ "unit_id", CONF_INT, CONF_FREE, AT(m.unit_id),
	        .hint = N_("a whole number from 1 to 247 (type \"tcp\": or 255, the device itself)") },
	{ "station", CONF_STRING, 0, AT(m.station), .check = check_station,
	        .hint = N_("the digits of its address, as on its plate") },
	{ "serial", CONF_STRING, 0, AT(m.serial), .check = conf_check_serial,
	        .hint = N_("its serial number: 1 to 24 letters, digits, -, . and _") },
	{ "equipment", CONF_STRING, 0, AT(equipment), .check = conf_check_text,
	        .hint = N_("what it measures, in 127 bytes at most") },
	{ "poll_interval", CONF_INT, 0, AT(poll_interval), .least = 1, .most = CONF_POLL_MOST_S },
	{ "pt", CONF_FLOAT, 0, AT(m.pt), .least = RATIO_LEAST, .most = RATIO_MOST, .preset = 1 },
	{ "ct", CONF_FLOAT, 0, AT(m.ct), .least = RATIO_LEAST, .most = RATIO_MOST, .preset = 1 },
	{ "max_registers", CONF_INT, 0, AT(m.limits.max_registers), .least = 1, .most = CONF_REGISTERS_MOST },
	{ "barriers", CONF_ARRAY, .least = 1, .most = HJ_CONF_BARRIERS_MAX, .item = add_barrier,
	        .hint = N_("addresses that no request may cross") },
	{ "model", CONF_STRING, 0, AT(m.model), .check = conf_check_name,
	        .hint = N_("one of those that hjgate models lists") },
	{ "points", CONF_LIST, .least = 1, .most = HJ_CONF_POINTS_MAX, .item = conf_point_add },
	{ "only", CONF_ARRAY, .least = 1, .most = HJ_CONF_POINTS_MAX, .item = conf_model_only,
	        .hint = N_("the names of points of the model") },
	{ "factors", CONF_GROUP, .least = 1, .most = HJ_CONF_POINTS_MAX, .item = conf_model_factor,
	        .hint = N_("POINT = \"...\"; for each point that has one") },
};
#undef AT

static int add_meter(struct conf_file *f, const config_setting_t *item, void *bus_text);
static int add_published(struct conf_file *f, const config_setting_t *item, void *bus_text);

/* One bus being read. */
struct bus_text {
	struct hj_conf_bus b;
	struct conf_models models;
};

#define AT(member) CONF_AT(struct bus_text, b.member)
static const struct conf_key bus_keys[] = {
	{ "type", CONF_ENUM, 0, AT(kind), .choices = kinds, .preset = HJ_BUS_rtu },
	{ "port", CONF_STRING, 0, AT(port), .check = conf_check_text,
	        .hint = N_("a path such as /dev/ttyS1 (the port of a host is tcp_port)") },
	{ "host", CONF_STRING, 0, AT(host), .check = check_host, .hint = N_("a name or an address") },
	{ "tcp_port", CONF_INT, 0, AT(tcp_port), .least = 1, .most = 65535, .preset = 502 },
	{ "listen_on", CONF_STRING, 0, AT(listen_on), .preset_text = "127.0.0.1", .check = check_listen_on,
	        .hint = N_("an address of this box, or 0.0.0.0 for all of them") },
	{ "baud", CONF_INT, 0, AT(baud), .choices = bauds, .preset = 9600 },
	{ "data_bits", CONF_INT, 0, AT(data_bits), .choices = data_bits, .preset = 8 },
	{ "parity", CONF_ENUM, 0, AT(parity), .choices = parities, .preset = 'N' },
	{ "stop_bits", CONF_INT, 0, AT(stop_bits), .choices = stop_bits, .preset = 1 },
	{ "rs485", CONF_ENUM, 0, AT(rs485), .choices = rs485, .preset = HJ_RS485_AUTO },
	{ "echo", CONF_ENUM, 0, AT(echo), .choices = echoes, .preset = HJ_ECHO_AUTO },
	{ "gap", CONF_INT, 0, AT(gap), .least = 0, .most = HJ_BUS_GAP_MOST, .preset = 0 },
	{ "response_timeout", CONF_INT, 0, AT(response_timeout), .least = 20, .most = 5000, .preset = 500 },
	{ "retries", CONF_INT, 0, AT(retries), .least = 0, .most = 5, .preset = 1 },
	{ "publish_unit", CONF_INT, 0, AT(publish_unit), .least = 1, .most = HJ_UNIT_MOST, .preset = HJ_UNIT_MOST },
	{ "publish", CONF_LIST, .least = 1, .most = HJ_CONF_PUBLISH_MAX, .item = add_published },
	{ "meters", CONF_LIST, .least = 1, .most = HJ_CONF_METERS_MAX, .item = add_meter },
};
#undef AT

/* ---- a bus ---- */

static void not_for_but(struct conf_file *f, const config_setting_t *group, const struct hj_bus_type *bus,
        const char *key, const char *remedy)
{
	if (config_setting_get_member(group, key) && !conf_told(group, key))
		conf_remedy(conf_error(f, conf_member(group, key), _("%s does not go with a bus of type \"%s\""), key,
		                    bus->name),
		        "%s", remedy);
}

static void not_for(
        struct conf_file *f, const config_setting_t *group, const struct hj_bus_type *bus, const char *key)
{
	not_for_but(f, group, bus, key, _("remove it, or correct the type of the bus"));
}

static void needed(struct conf_file *f, const config_setting_t *group, const struct hj_bus_type *bus, const char *key,
        const char *remedy)
{
	if (!config_setting_get_member(group, key))
		conf_remedy(conf_error(f, NULL, _("%s is missing: a bus of type \"%s\" needs it"), key, bus->name),
		        "%s", remedy);
}

/* A bus that serves has a serial port or a TCP port, and not both. */
static void check_serves(struct conf_file *f, const config_setting_t *root, const struct hj_conf_bus *b,
        const char *const *serial, size_t n)
{
	const struct hj_bus_type *bus = hj_bus_type(b->kind);
	bool tcp = config_setting_get_member(root, "tcp_port");

	if (!(bus->traits & HJ_BUS_SERVES)) {
		not_for(f, root, bus, "listen_on");
		return;
	}
	if (!b->port[0] && !tcp)
		needed(f, root, bus, "port", _("write port = \"...\" to serve on a serial port, or tcp_port = 502"));
	if (b->port[0] && (tcp || config_setting_get_member(root, "listen_on")))
		conf_remedy(conf_error(f, conf_member(root, tcp ? "tcp_port" : "listen_on"),
		                    _("one bus serves on a serial port or on a TCP port, not on both")),
		        _("remove port, or tcp_port and listen_on; for both make two files"));
	for (size_t i = 0; i < n && !b->port[0]; i++)
		if (config_setting_get_member(root, serial[i]))
			conf_remedy(conf_error(f, conf_member(root, serial[i]), _("%s goes with a serial port"),
			                    serial[i]),
			        _("remove it, or write port = \"...\""));
}

/* A chip may be named by its label, too: the number in its path may be another after each start. */
static void check_port(struct conf_file *f, const config_setting_t *root, const struct hj_conf_bus *b)
{
	const config_setting_t *port = config_setting_get_member(root, "port");
	bool lines = hj_bus_type(b->kind)->traits & HJ_BUS_LINES, path = b->port[0] == '/' && b->port[1];

	if (!port || conf_told(root, "port") || path || (lines && b->port[0] && b->port[0] != '/'))
		return;
	conf_remedy(conf_error(f, port, _("port = \"%s\": %s"), b->port, _("it is no path of a device")), "%s",
	        lines ? _("write a path such as /dev/gpiochip0, or the chip's label as gpiodetect shows it")
	              : _("write port = \"...\": a path such as /dev/ttyS1"));
}

/* How the bus is reached: a port, a chip, a host. */
static void check_way(struct conf_file *f, const config_setting_t *root, const struct hj_conf_bus *b)
{
	static const char *const serial[] = { "baud", "data_bits", "parity", "stop_bits", "rs485" };
	const struct hj_bus_type *bus = hj_bus_type(b->kind);

	if (bus->traits & HJ_BUS_HOST) {
		needed(f, root, bus, "host", _("write host = \"...\": a name or an address"));
		not_for_but(f, root, bus, "port",
		        _("write tcp_port = ...; for the port of the host, or correct the type of the bus"));
	} else {
		if (!(bus->traits & HJ_BUS_SERVES))
			needed(f, root, bus, "port", _("write port = \"...\": a path such as /dev/ttyS1"));
		not_for(f, root, bus, "host");
	}
	if (bus->traits & (HJ_BUS_SERIAL | HJ_BUS_LINES))
		not_for(f, root, bus, "tcp_port");
	for (size_t i = 0; i < hj_array_size(serial) && bus->traits & (HJ_BUS_HOST | HJ_BUS_LINES); i++)
		not_for(f, root, bus, serial[i]);
	if (!(bus->traits & HJ_BUS_HOST))
		check_port(f, root, b);
	check_serves(f, root, b, serial, hj_array_size(serial));
}

/* A bus without meters is of use only where others look values up. */
static void check_meters(struct conf_file *f, const config_setting_t *root, const struct hj_conf_bus *b)
{
	if (config_setting_get_member(root, "meters"))
		return;
	if (hj_bus_type(b->kind)->traits & HJ_BUS_SERVES && config_setting_get_member(root, "publish"))
		return;
	conf_remedy(conf_error(f, NULL, _("%s is missing in this %s"), "meters", _("bus")),
	        _("write %s = ( { ... }, { ... } );"), "meters");
}

/* ---- a meter ---- */

/* Zeros in front may be left out. */
static bool same_station(const char *a, const char *b)
{
	return a[0] && b[0] && !strcmp(a + strspn(a, "0"), b + strspn(b, "0"));
}

static void check_meter(
        struct conf_file *f, const config_setting_t *item, const struct hj_conf_bus *b, const struct hj_conf_meter *m)
{
	struct hj_conf_error *e;

	for (size_t i = 0; i < b->meter_count; i++) {
		const struct hj_conf_meter *other = &b->meters[i];

		if (same_station(other->station, m->station)) {
			e = conf_error(f, conf_member(item, "station"),
			        _("station = \"%s\": meter %s on line %d has it already"), m->station, other->name,
			        other->line);
			conf_remedy(e, _("write the address of the other meter as well"));
		}
		if (m->unit_id && other->unit_id == m->unit_id) {
			e = conf_error(f, conf_member(item, "unit_id"),
			        _("unit_id = %lld: meter %s on line %d has it already"), (long long)m->unit_id,
			        other->name, other->line);
			conf_remedy(e, _("give each meter of a bus an id of its own, here and on the meter"));
		}
		if (m->name[0] && !strcmp(other->name, m->name)) {
			e = conf_error(f, conf_member(item, "name"),
			        _("name = \"%s\": line %d has a meter of that name"), m->name, other->line);
			conf_remedy(e, _("give one of them another name"));
		}
	}
}

static const char *unit_hint(void)
{
	return _("a whole number from 1 to 247 (type \"tcp\": or 255, the device itself)");
}

static void check_unit(struct conf_file *f, const config_setting_t *item, enum hj_bus_kind kind, int64_t unit_id)
{
	const config_setting_t *s = config_setting_get_member(item, "unit_id");
	char value[CONF_VALUE_LEN];

	if (s && config_setting_is_number(s) && config_setting_type(s) != CONFIG_TYPE_FLOAT &&
	        hj_bus_type(kind)->traits & HJ_BUS_UNITS && !hj_bus_unit_is(kind, unit_id))
		conf_remedy(conf_error(f, s, _("%s = %s is not allowed"), "unit_id", conf_value(s, value)),
		        _("write %s"), unit_hint());
}

/* A unit id or a station, as the kind of bus has it. */
static void check_address(struct conf_file *f, const config_setting_t *item, const struct hj_bus_type *bus,
        const struct hj_conf_meter *m)
{
	const char *key = bus->traits & HJ_BUS_UNITS ? "unit_id" : "station",
	           *other = bus->traits & HJ_BUS_UNITS ? "station" : "unit_id";
	struct hj_conf_error *e;

	if (bus->traits & HJ_BUS_LINES) {
		not_for(f, item, bus, "unit_id");
		not_for(f, item, bus, "station");
		return;
	}
	not_for(f, item, bus, other);
	if (!config_setting_get_member(item, key)) {
		e = conf_error(f, item, _("%s is missing in this %s"), key, _("meter"));
		if (bus->station_digits)
			conf_remedy(e, _("write station = \"...\" with the %u digits of its address"),
			        bus->station_digits);
		else
			conf_remedy(e, _("write %s"), unit_hint());
	} else if (strlen(m->station) > bus->station_digits) {
		e = conf_error(f, conf_member(item, key), _("station = \"%s\" has more than %u digits"), m->station,
		        bus->station_digits);
		conf_remedy(e, _("write station = \"...\" with the %u digits of its address"), bus->station_digits);
	}
}

static void check_points(struct conf_file *f, const config_setting_t *item, const struct conf_meter_text *t)
{
	struct hj_conf_error *e;

	if (!t->model && !t->model_bad && !config_setting_get_member(item, "points")) {
		e = conf_error(f, item, _("%s is missing in this %s"), "points", _("meter"));
		conf_remedy(
		        e, _("write points = ( { ... }, { ... } ); or a model = \"...\"; that hjgate models lists"));
	}
	if (t->m.point_count > HJ_CONF_POINTS_MAX) {
		e = conf_error(f, item, _("with its model's this meter has %zu points, at most %d are read"),
		        t->m.point_count, HJ_CONF_POINTS_MAX);
		conf_remedy(e, _("name those that are wanted in only = [ ... ];"));
	}
}

/* The point of the same input among those before this one; NULL. */
static const struct hj_conf_point *line_before(const struct hj_conf_bus *b, size_t meter, size_t point)
{
	uint32_t address = b->meters[meter].points[point].address;

	for (size_t i = 0; i <= meter; i++)
		for (size_t j = 0; j < (i < meter ? b->meters[i].point_count : point); j++)
			if (b->meters[i].points[j].address == address)
				return &b->meters[i].points[j];
	return NULL;
}

/* The kernel gives a line out once. */
static void check_lines(struct conf_file *f, const struct hj_conf_bus *b)
{
	for (size_t i = 0; i < b->meter_count; i++)
		for (size_t j = 0; j < b->meters[i].point_count; j++) {
			const struct hj_conf_point *p = &b->meters[i].points[j], *other = line_before(b, i, j);

			if (!other)
				continue;
			conf_remedy(conf_error_at(f->errors, b->file, p->line,
			                    _("address = %u: point %s on line %d has this input already"), p->address,
			                    other->point.name, other->line),
			        _("write the number of the other input, or remove one of the two"));
		}
}

static int read_meter(
        struct conf_file *f, const config_setting_t *item, struct bus_text *bus, struct conf_meter_text *t)
{
	int r = conf_model_use(f, item, &bus->models, t);

	if (r >= 0)
		r = conf_table_read(f, item, N_("meter"), meter_keys, hj_array_size(meter_keys), t);
	if (r >= 0)
		r = conf_model_fill(f, item, t);
	if (r < 0)
		return r;
	t->m.equipment = conf_keep(&bus->b.pool, t->equipment, strlen(t->equipment) + 1);
	if (!t->m.equipment)
		return -ENOMEM;
	check_points(f, item, t);
	check_address(f, item, hj_bus_type(bus->b.kind), &t->m);
	check_unit(f, item, bus->b.kind, t->m.unit_id);
	check_meter(f, item, &bus->b, &t->m);
	return 0;
}

/* What a meter has to say hangs on the type of its bus. */
static bool type_told(const struct conf_file *f)
{
	return conf_told(config_root_setting(&f->config), "type");
}

static int add_meter(struct conf_file *f, const config_setting_t *item, void *bus_text)
{
	struct bus_text *bus = bus_text;
	struct hj_conf_bus *b = &bus->b;
	struct conf_meter_text t = { .bus = b, .m.line = (int)config_setting_source_line(item) };
	struct hj_conf_meter *meters;
	int r;

	if (type_told(f))
		return 0;
	meters = realloc(b->meters, (b->meter_count + 1) * sizeof(*meters));
	if (!meters)
		return -ENOMEM;
	b->meters = meters;
	r = read_meter(f, item, bus, &t);
	if (r < 0) {
		free(t.m.points);
		return r;
	}
	meters[b->meter_count++] = t.m;
	return 0;
}

static int add_published(struct conf_file *f, const config_setting_t *item, void *bus_text)
{
	return type_told(f) ? 0 : conf_publish_add(f, item, &((struct bus_text *)bus_text)->b);
}

void hj_conf_bus_done(struct hj_conf_bus *b)
{
	for (size_t i = 0; i < b->meter_count; i++)
		free(b->meters[i].points);
	free(b->meters);
	free(b->publish);
	conf_pool_done(&b->pool);
	*b = (struct hj_conf_bus){ 0 };
}

/* What meters of the kind come with, where the file does not say otherwise: DL/T 645-2007, 5 and CJ/T 188-2004, 5
 * begin at 2400 baud with even parity, and give a meter half a second before it answers. */
static void settle_stations(const config_setting_t *root, struct hj_conf_bus *b)
{
	if (!(hj_bus_type(b->kind)->traits & HJ_BUS_STATIONS))
		return;
	if (!config_setting_get_member(root, "baud"))
		b->baud = STATION_BAUD;
	if (!config_setting_get_member(root, "parity"))
		b->parity = 'E';
	if (!config_setting_get_member(root, "response_timeout"))
		b->response_timeout = STATION_TIMEOUT_MS;
}

/* How often points are read that say nothing: each once in a record. */
static int64_t poll_preset(const char *root)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors ignored = { 0 };
	struct hj_conf_main c;

	/* What is wrong with hjgate.conf is told where that is read for itself. */
	if (!root || hj_conf_load_main(root, &c, &ignored) < 0)
		return HJ_INTERVAL_MAX_MS;
	return hj_min(hj_conf_minute_ms(&c), (int64_t)HJ_INTERVAL_MAX_MS);
}

int conf_bus_read(struct conf_file *f, struct hj_conf_bus *b)
{
	const config_setting_t *root = config_root_setting(&f->config);
	struct bus_text t = { .b.poll_preset_ms = poll_preset(f->root) };
	int r;

	hj_text_copy(t.b.file, sizeof(t.b.file), f->path);
	r = conf_table_read(f, root, N_("bus"), bus_keys, hj_array_size(bus_keys), &t);
	conf_models_done(&t.models);
	*b = t.b;
	if (r >= 0 && !type_told(f)) {
		settle_stations(root, b);
		check_way(f, root, b);
		check_meters(f, root, b);
		r = conf_publish_check(f, root, b);
		if (hj_bus_type(b->kind)->traits & HJ_BUS_LINES)
			check_lines(f, b);
	}
	return r;
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
