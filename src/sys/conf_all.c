/* The whole configuration and what only the whole shows. Each file is read by the same loader its daemon uses; then
 * the rules across files are held over those that are right. An uplink's points are only judged when every bus is
 * right, so that one mistake is not told twice. */
/* long because: every rule between two files stands here */
#include "conf_equipment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hjgate/charset.h"
#include "hjgate/unit.h"

/* ---- loading ---- */

struct set {
	const char *folder;
	size_t most;
	int (*load)(struct hj_conf *c, const char *root, const char *name, struct hj_conf_errors *errors);
};

static int load_one_bus(struct hj_conf *c, const char *root, const char *name, struct hj_conf_errors *errors)
{
	struct hj_conf_bus *buses = realloc(c->buses, (c->bus_count + 1) * sizeof(*buses));
	int r;

	if (!buses)
		return -ENOMEM;
	c->buses = buses;
	r = hj_conf_load_bus(root, name, &buses[c->bus_count], errors);
	if (r >= 0)
		c->bus_count++;
	return r;
}

static int load_one_uplink(struct hj_conf *c, const char *root, const char *name, struct hj_conf_errors *errors)
{
	struct hj_conf_uplink *uplinks = realloc(c->uplinks, (c->uplink_count + 1) * sizeof(*uplinks));
	int r;

	if (!uplinks)
		return -ENOMEM;
	c->uplinks = uplinks;
	r = hj_conf_load_uplink(root, name, &uplinks[c->uplink_count], errors);
	if (r >= 0)
		c->uplink_count++;
	return r;
}

/* A link that leads nowhere is no file to who opens it. */
static int check_gone(const struct set *set, const char *root, const char *name, struct hj_conf_errors *errors)
{
	char file[HJ_NAME_MAX + sizeof(".conf")], path[HJ_PATH_MAX];
	struct stat st;

	snprintf(file, sizeof(file), "%s.conf", name);
	if (conf_path(root, set->folder, file, path) < 0 || lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	conf_remedy(conf_error_at(errors, path, 0, _("this link leads to a file that is not there")),
	        _("put the file there, or remove the link"));
	return -EINVAL;
}

static int load_names(const struct set *set, struct hj_conf *c, const char *root, char **names, size_t count,
        struct hj_conf_errors *errors)
{
	char path[HJ_PATH_MAX] = "";
	int r, ret = 0;

	conf_path(root, set->folder, "", path);
	if (count > set->most) {
		conf_remedy(conf_error_at(errors, path, 0, _("there are %zu files, at most %zu are read"), count,
		                    set->most),
		        _("take the others away"));
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++) {
		r = set->load(c, root, names[i], errors);
		if (r == -ENOMEM)
			return r;
		if (r == -ENOENT) /* removed since the folder was read, or never there */
			r = check_gone(set, root, names[i], errors);
		if (r < 0)
			ret = -EINVAL;
	}
	return ret;
}

static int load_set(const struct set *set, struct hj_conf *c, const char *root, struct hj_conf_errors *errors)
{
	size_t count = 0;
	char **names = NULL, path[HJ_PATH_MAX] = "";
	int r;

	r = hj_conf_names(root, set->folder, &names, &count);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		conf_path(root, set->folder, "", path);
		conf_remedy(conf_error_at(errors, path, 0, _("the folder cannot be read: %s"), strerror(-r)),
		        _("check that it is a folder and that the group hjgate may read it"));
		return -EINVAL;
	}
	r = load_names(set, c, root, names, count, errors);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return r;
}

/* ---- between buses ---- */

static bool same_port(const char *a, const char *b)
{
	_cleanup_free_ char *real_a = NULL, *real_b = NULL;

	if (!strcmp(a, b))
		return true;
	/* Two names of one device, as /dev/serial/by-id gives them. Where one is absent now, the names have to do. */
	real_a = realpath(a, NULL);
	real_b = realpath(b, NULL);
	return real_a && real_b && !strcmp(real_a, real_b);
}

static bool same_address(const struct hj_conf_bus *a, const struct hj_conf_bus *b)
{
	static const char *const all[] = { "0.0.0.0", "::" };

	for (size_t i = 0; i < hj_array_size(all); i++)
		if (!strcmp(a->listen_on, all[i]) || !strcmp(b->listen_on, all[i]))
			return true;
	return !strcmp(a->listen_on, b->listen_on);
}

static bool serves_tcp(const struct hj_conf_bus *b)
{
	return hj_bus_type(b->kind)->traits & HJ_BUS_SERVES && !b->port[0];
}

/* One device has one owner; and what hangs behind one host is one bus, too. */
static void check_ways(const struct hj_conf_bus *a, const struct hj_conf_bus *b, struct hj_conf_errors *errors)
{
	if (a->port[0] && b->port[0] && same_port(a->port, b->port))
		conf_remedy(conf_error_at(errors, b->file, conf_line(errors, b->file, 0, "port"),
		                    _("port = \"%s\": bus %s uses it already"), b->port, a->name),
		        _("write the other port, or put all meters of the port into one file"));
	if (a->host[0] && !strcmp(a->host, b->host) && a->tcp_port == b->tcp_port)
		conf_remedy(conf_error_at(errors, b->file, conf_line(errors, b->file, 0, "host"),
		                    _("host = \"%s\", tcp_port = %lld: bus %s uses it already"), b->host,
		                    (long long)b->tcp_port, a->name),
		        _("write the other host, or put all meters behind it into one file"));
	if (serves_tcp(a) && serves_tcp(b) && a->tcp_port == b->tcp_port && same_address(a, b))
		conf_remedy(
		        conf_error_at(errors, b->file, conf_line(errors, b->file, 0, "tcp_port"),
		                _("tcp_port = %lld: bus %s listens on it already"), (long long)b->tcp_port, a->name),
		        _("write another tcp_port, or put all instruments into one file"));
}

static void check_meter_names(const struct hj_conf_bus *a, const struct hj_conf_bus *b, struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < a->meter_count; i++)
		for (size_t j = 0; j < b->meter_count; j++)
			if (!strcmp(a->meters[i].name, b->meters[j].name))
				conf_remedy(conf_error_at(errors, b->file, b->meters[j].line,
				                    _("meter \"%s\": bus %s has a meter of that name"),
				                    b->meters[j].name, a->name),
				        _("give one of them another name: a meter's name is unique in the gateway"));
}

/* Of the point, else of its meter. */
static int poll_line(const struct hj_conf_errors *errors, const struct hj_conf_bus *b, const struct hj_conf_meter *m,
        const struct hj_conf_point *p)
{
	int line = errors->count < HJ_CONF_ERRORS_MAX ? hj_conf_key_line(b->file, p->line, "poll_interval") : p->line;

	return line ? line : hj_max(hj_conf_key_line(b->file, m->line, "poll_interval"), m->line);
}

static void check_polls(const struct hj_conf *c, const struct hj_conf_bus *b, struct hj_conf_errors *errors)
{
	int64_t window = hj_conf_minute_ms(&c->main);

	for (size_t i = 0; i < b->meter_count; i++)
		for (size_t j = 0; j < b->meters[i].point_count; j++) {
			const struct hj_conf_point *p = &b->meters[i].points[j];

			if (p->point.interval_ms <= window)
				continue;
			conf_remedy(conf_error_at(errors, b->file, poll_line(errors, b, &b->meters[i], p),
			                    _("poll_interval = %u of %s is longer than the base window of %lld s"),
			                    p->point.interval_ms / 1000, p->point.name, (long long)(window / 1000)),
			        _("write a poll_interval of at most %lld, for the point or its meter"),
			        (long long)(window / 1000));
		}
}

static void check_point_total(const struct hj_conf *c, struct hj_conf_errors *errors)
{
	size_t total = 0;

	for (size_t i = 0; i < c->bus_count; i++)
		for (size_t j = 0; j < c->buses[i].meter_count; j++) {
			total += c->buses[i].meters[j].point_count;
			if (total <= HJ_POINTS_MAX)
				continue;
			conf_remedy(conf_error_at(errors, c->buses[i].file, c->buses[i].meters[j].line,
			                    _("with this meter there are more than %d points"), HJ_POINTS_MAX),
			        _("leave points out, or use a second gateway"));
			return;
		}
}

static void check_buses(const struct hj_conf *c, struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < c->bus_count; i++) {
		const struct hj_conf_bus *b = &c->buses[i];

		check_polls(c, b, errors);
		for (size_t j = 0; j < i; j++) {
			check_meter_names(&c->buses[j], b, errors);
			check_ways(&c->buses[j], b, errors);
		}
	}
	check_point_total(c, errors);
}

/* ---- between uplinks and buses ---- */

/* kW where the platform wants W is told by itself; what no table knows needs a scale. */
static void check_unit(const struct hj_conf_uplink *u, const struct hj_conf_factor *f, const struct hj_conf_point *p,
        struct hj_conf_errors *errors)
{
	const char *unit = p->point.unit ? p->point.unit : "";
	double ratio;

	if (!f->unit[0] || f->scale > 0 || hj_unit_ratio(unit, f->unit, &ratio) >= 0)
		return;
	conf_remedy(conf_error_at(errors, u->file, conf_line(errors, u->file, f->line, "unit"),
	                    _("point \"%s\" is in \"%s\": how many \"%s\" that is, is not known"), f->point, unit,
	                    f->unit),
	        _("write scale = ...; with the number that its values are multiplied by"));
}

static void check_listed(const struct hj_conf *c, const struct hj_conf_uplink *u, struct hj_conf_errors *errors)
{
	for (size_t i = 0; i < u->factor_count; i++) {
		const struct hj_conf_factor *f = &u->factors[i];
		const struct hj_conf_bus *bus;
		const struct hj_conf_point *p = hj_conf_find_point(c, f->point, &bus);

		if (!p)
			conf_remedy(conf_error_at(errors, u->file, conf_line(errors, u->file, f->line, "point"),
			                    _("point \"%s\": no bus has it"), f->point),
			        _("write METER.POINT as in a file of buses.d"));
		else if (!f->factor[0] && !p->point.factor[0])
			conf_remedy(
			        conf_error_at(errors, u->file, f->line, _("point \"%s\" has no factor"), f->point),
			        _("write factor = \"...\"; here or at the point in %s"), bus->file);
		if (p)
			check_unit(u, f, p, errors);
	}
}

static int by_factor(const void *a, const void *b)
{
	const struct hj_conf_sent *x = a, *y = b;
	int r = strcmp(x->factor, y->factor);

	r = r ? r : strcmp(x->file, y->file);
	return r ? r : x->line - y->line;
}

static void check_doubled(
        const struct hj_conf_uplink *u, struct hj_conf_sent *sent, size_t n, struct hj_conf_errors *errors)
{
	qsort(sent, n, sizeof(*sent), by_factor);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(sent[i].factor, sent[i - 1].factor) != 0)
			continue;
		conf_remedy(
		        conf_error_at(errors, sent[i].file, conf_line(errors, sent[i].file, sent[i].line, "factor"),
		                _("factor \"%s\" would stand for %s and for %s at uplink %s"), sent[i].factor,
		                sent[i - 1].configured->point.name, sent[i].configured->point.name, u->name),
		        _("give one of them another factor here, or in a list factors = ( ... ) in %s"), u->file);
	}
}

static void check_encoding(const struct hj_conf_uplink *u, struct hj_conf_errors *errors)
{
	if (hj_charset_known(u->dialect.wording.encoding))
		return;
	conf_remedy(conf_error_at(errors, u->file, conf_line(errors, u->file, 0, "dialect.encoding"),
	                    _("encoding: this system cannot write GBK")),
	        _("install the C library's conversions (Debian: libc-gconv-modules-extra; Yocto: "
	          "glibc-gconv-gbk), or write encoding = \"utf-8\""));
}

static int check_uplink(
        const struct hj_conf *c, const struct hj_conf_uplink *u, bool buses_right, struct hj_conf_errors *errors)
{
	int64_t window = hj_conf_minute_ms(&c->main);
	_cleanup_free_ struct hj_conf_sent *sent = NULL;
	size_t n;
	int r;

	if (u->min_interval * 60 * HJ_MS_PER_SEC % window)
		conf_remedy(conf_error_at(errors, u->file, conf_line(errors, u->file, 0, "min_interval"),
		                    _("min_interval = %lld minutes is no multiple of the base window of %lld s"),
		                    (long long)u->min_interval, (long long)(window / HJ_MS_PER_SEC)),
		        _("write a multiple, or 0 for the base window itself"));
	check_encoding(u, errors);
	if (!buses_right)
		return 0;
	check_listed(c, u, errors);
	r = hj_conf_uplink_sent(c, u, &sent, &n);
	if (r < 0)
		return r;
	check_doubled(u, sent, n, errors);
	return 0;
}

/* Platforms exchange what they have by MN and factor: at one MN a factor is one point, whoever is told it. */
static int check_same_mn(const struct hj_conf *c, const struct hj_conf_uplink *a, const struct hj_conf_uplink *b,
        struct hj_conf_errors *errors)
{
	_cleanup_free_ struct hj_conf_sent *of_a = NULL, *of_b = NULL;
	size_t n, m, i = 0;
	int r = hj_conf_uplink_sent(c, a, &of_a, &n);

	if (r >= 0)
		r = hj_conf_uplink_sent(c, b, &of_b, &m);
	if (r < 0)
		return r;
	qsort(of_a, n, sizeof(*of_a), by_factor);
	qsort(of_b, m, sizeof(*of_b), by_factor);
	for (size_t k = 0; k < m; k++) {
		while (i < n && strcmp(of_a[i].factor, of_b[k].factor) < 0)
			i++;
		if (i == n || strcmp(of_a[i].factor, of_b[k].factor) || of_a[i].configured == of_b[k].configured)
			continue;
		conf_remedy(
		        conf_error_at(errors, of_b[k].file, conf_line(errors, of_b[k].file, of_b[k].line, "factor"),
		                _("factor \"%s\" stands for %s, at uplink %s with the same MN for %s"),
		                of_b[k].factor, of_b[k].configured->point.name, a->name,
		                of_a[i].configured->point.name),
		        _("give one of the two points another factor in %s or %s"), a->file, b->file);
	}
	return 0;
}

/* A name that is misspelt would be waited for in vain. */
static void check_clock(const struct hj_conf *c, const char *root, struct hj_conf_errors *errors)
{
	char path[HJ_PATH_MAX] = "";

	for (size_t i = 0; i < c->uplink_count; i++)
		if (!strcmp(c->uplinks[i].name, c->main.clock_uplink))
			return;
	if (!c->main.clock_uplink[0])
		return;
	conf_path(root, "", "hjgate.conf", path);
	conf_remedy(conf_error_at(errors, path, conf_line(errors, path, 0, "clock_uplink"),
	                    _("clock_uplink = \"%s\": there is no such uplink"), c->main.clock_uplink),
	        _("write the name of a file of uplinks.d, without .conf"));
}

static int check_between(const struct hj_conf *c, bool buses_right, struct hj_conf_errors *errors)
{
	int r;

	check_buses(c, errors);
	for (size_t i = 0; buses_right && i < c->bus_count; i++) {
		r = conf_publish_check_points(c, &c->buses[i], errors);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < c->uplink_count; i++) {
		r = check_uplink(c, &c->uplinks[i], buses_right, errors);
		for (size_t k = 0; k < i && buses_right && r >= 0; k++)
			if (!strcmp(c->uplinks[k].mn, c->uplinks[i].mn))
				r = check_same_mn(c, &c->uplinks[k], &c->uplinks[i], errors);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- all of it ---- */

void hj_conf_done(struct hj_conf *c)
{
	for (size_t i = 0; i < c->bus_count; i++)
		hj_conf_bus_done(&c->buses[i]);
	for (size_t i = 0; i < c->uplink_count; i++)
		hj_conf_uplink_done(&c->uplinks[i]);
	free(c->buses);
	free(c->uplinks);
	hj_conf_factors_done(&c->factors);
	hj_conf_alerts_done(&c->alerts);
	hj_conf_site_done(&c->site);
	*c = (struct hj_conf){ 0 };
}

static const struct set buses = { HJ_CONF_BUSES, HJ_CONF_BUSES_MAX, load_one_bus };
static const struct set uplinks = { HJ_CONF_UPLINKS, HJ_CONF_UPLINKS_MAX, load_one_uplink };

/* Its rules are held over it where all of its own file can be read. */
static int load_site(struct hj_conf *c, const char *root, bool buses_right, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	int r = conf_site_load(root, &c->site, errors);

	if (r >= 0 && conf_error_total(errors) == before) {
		for (size_t i = 0; i < c->bus_count; i++)
			conf_site_learn(&c->site, &c->buses[i]);
		conf_site_settle(&c->site, buses_right, errors);
	}
	return r == -ENOENT ? 0 : r;
}

int hj_conf_load_all(const char *root, struct hj_conf *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	struct hj_conf c = { .main = HJ_CONF_MAIN_DEFAULT };
	int r, bad_buses = 0, bad_uplinks = 0;

	r = hj_conf_load_main(root, &c.main, errors);
	if (r != -ENOMEM)
		r = bad_buses = load_set(&buses, &c, root, errors);
	if (r != -ENOMEM)
		r = bad_uplinks = load_set(&uplinks, &c, root, errors);
	if (r != -ENOMEM && bad_uplinks >= 0)
		check_clock(&c, root, errors);
	if (r != -ENOMEM)
		r = hj_conf_load_alerts(root, &c.alerts, errors);
	if (r != -ENOMEM)
		r = load_site(&c, root, bad_buses >= 0, errors);
	if (r != -ENOMEM)
		r = check_between(&c, bad_buses >= 0, errors);
	if (r == -ENOMEM) {
		hj_conf_done(&c);
		return r;
	}
	*ret = c;
	return conf_error_total(errors) > before ? -EINVAL : 0;
}
