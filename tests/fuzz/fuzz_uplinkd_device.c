/* What meterds and eventd answer to a platform's question of devices (CN 3012, 3019, 3020): whatever it is, the
 * platform gets one answer, and what is said in it are fields of HJ 212. The first byte says what was asked, the
 * second which of those asked fails; each line of the rest is one's answer. Who asks is stood in for here: see
 * services/uplinkd/peer_device.h. */
#include <string.h>

#include "../../services/uplinkd/peer_device.h"
#include "hjgate/hj212_message.h"
#include "hjgate/log.h"
#include "fuzz.h"

static struct uplinkd u;
static unsigned answers, responses;

/* ---- in place of peer_device.c and feed_history.c ---- */

static void check_fields(struct hj212_slice cp)
{
	struct hj212_fields fields;
	struct hj212_field f;

	claim(!memmem(cp.p, cp.n, "&&", 2) && !memmem(cp.p, cp.n, "##", 2) && !memchr(cp.p, '\0', cp.n));
	for (size_t i = 0; i < cp.n; i++)
		claim((unsigned char)cp.p[i] >= ' ' || cp.p[i] == HJ212_PHRASE_MARK);
	hj212_fields_init(&fields, cp);
	while (hj212_fields_next(&fields, &f) > 0)
		claim(f.name.n && f.value.n);
}

int device_call(struct device *d, const char *socket, const char *method, json_t *parameters)
{
	claim(parameters && strstr(socket, ".peer"));
	json_decref(parameters);
	d->open++;
	return 0;
}

void device_answer(const struct device *d, int exe_rtn)
{
	claim(exe_rtn >= 0);
	answers++;
}

void device_respond(const struct device *d, const char *cp, int n)
{
	if (n >= 0) {
		check_fields((struct hj212_slice){ cp, (size_t)n });
		responses++;
	}
	answers++;
}

int device_bus_of(const struct devices *all, const char *point)
{
	return point[0] == 'a' ? 0 : 1;
}

hj_usec device_left(const struct device *d)
{
	return 4 * HJ_USEC_PER_SEC;
}

int feed_history_one(struct feed *f, unsigned id, int exe_rtn, struct job *j)
{
	check_fields((struct hj212_slice){ (const char *)j->items.data, j->items.len });
	answers++;
	return 0;
}

void job_done(struct job *j)
{
	hj_buf_done(&j->items);
}

/* ---- */

static void begin(void)
{
	static char buses[2][HJ_NAME_MAX + 1] = { "north", "south" };
	static const char *const rows[][2] = { { "a.current", "a01001" }, { "a.total", "w01018" },
		{ "b.power", "a34004" } };

	hj_log_setup("fuzz", HJ_LOG_ERROR - 1);
	u.devices.buses = buses;
	u.devices.bus_count = 2;
	u.map.all = true;
	for (size_t i = 0; i < hj_array_size(rows); i++) {
		struct hj_point p = {
			.number = (uint32_t)(i + 1), .unit = "A", .interval_ms = 1000, .total = i == 1
		};

		snprintf(p.name, sizeof(p.name), "%s", rows[i][0]);
		snprintf(p.factor, sizeof(p.factor), "%s", rows[i][1]);
		claim(hj212_phrase_map_learn(&u.map, &p) == 0);
	}
}

static int ask(struct device *d, uint8_t what)
{
	static const struct {
		int cn;
		const char *pol, *info;
		int (*ask)(struct device *d, const char *factor);
		void (*end)(struct device *d);
		enum hj212_info is;
	} kinds[] = {
		{ 3012, "", "", device_ask_values, device_values_end, HJ212_INFO_UNKNOWN },
		{ 3012, "a01001", "", device_ask_values, device_values_end, HJ212_INFO_UNKNOWN },
		{ 3020, "", "w01018", device_ask_values, device_value_end, HJ212_INFO_UNKNOWN },
		{ 3019, "a34004", "", device_ask_meters, device_serial_end, HJ212_INFO_UNKNOWN },
		{ 3020, "a01001", "i12002", device_ask_meters, device_meters_end, HJ212_INFO_METER },
		{ 3020, "", "i22101", device_ask_meters, device_meters_end, HJ212_INFO_CHANNEL },
		{ 3020, "", "i22001", NULL, device_events_end, HJ212_INFO_WORK },
		{ 3020, "", "i22002", NULL, device_events_end, HJ212_INFO_USER },
	};
	size_t i = what % hj_array_size(kinds);

	d->q.cn = kinds[i].cn;
	snprintf(d->q.pol_id, sizeof(d->q.pol_id), "%s", kinds[i].pol);
	snprintf(d->q.info_id, sizeof(d->q.info_id), "%s", kinds[i].info);
	d->info = kinds[i].is;
	d->end = kinds[i].end;
	return kinds[i].ask
	               ? kinds[i].ask(d, kinds[i].cn == 3020 && !kinds[i].pol[0] && kinds[i].is == HJ212_INFO_UNKNOWN
	                                         ? kinds[i].info
	                                         : kinds[i].pol)
	               : device_ask_events(d);
}

/* One line is one answer; no line is none. */
static void reply(struct device *d, const char *line, size_t n, bool fails)
{
	json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);

	if (fails)
		d->away = true;
	else if (json_is_object(j))
		d->take(d, j);
	else
		d->busy = true;
	json_decref(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct device d = { .u = &u };
	const char *at = (const char *)data + 2, *end = (const char *)data + size;

	if (size < 2)
		return 0;
	if (!u.map.count)
		begin();
	answers = responses = 0;
	if (ask(&d, data[0]) > 0) {
		for (unsigned i = 0; i < d.open; i++) {
			const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;

			reply(&d, at, (size_t)((stop ? stop : end) - at), data[1] >> i & 1);
			at = stop ? stop + 1 : end;
		}
		d.end(&d);
	}
	claim(answers == 1 && responses <= 1);
	json_decref(d.works);
	free(d.newest);
	return 0;
}
