/* The meters' figures: each exchange is counted where it is over, and written once an hour, since the guideline wants
 * the share of 30 days and nobody keeps a process that long. A meter is found again by its name. */
#include "figures.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "meterd.h"

#include "hjgate/log.h"
#include "hjgate/now.h"

#define KEEP_EVERY_MS  (3600 * HJ_MS_PER_SEC)
#define FILE_BYTES_MAX (1 << 20)
#define FOLDER_MODE    0750
#define FILE_MODE      0640

/* ---- counting ---- */

/* Inputs of the box have no unit and no station: a meter is there who has one of the lines. */
static bool has_line(const struct hj_conf_meter *c, const struct hj_question *q)
{
	for (size_t i = 0; i < c->point_count; i++)
		if (c->points[i].address - q->address < q->count)
			return true;
	return false;
}

struct meter *figures_meter(struct meterd *m, const struct hj_question *q)
{
	for (size_t i = 0; i < m->conf.meter_count; i++) {
		const struct hj_conf_meter *c = m->meters[i].conf;
		uint8_t station[HJ_STATION_BYTES];

		if (c->unit_id != q->unit_id || (q->table == HJ_TABLE_LINE && !has_line(c, q)))
			continue;
		hj_station_parse(c->station, station);
		if (!memcmp(station, q->station, sizeof(station)))
			return &m->meters[i];
	}
	return NULL; /* a late answer to somebody who probed what is not configured */
}

/* What came late was owed by the meter that was asked before. */
static void take_late(struct meterd *m, const struct bus_answer *a, struct meter *asked_now)
{
	if (a->junk && a->junk_is_late && m->asked_before)
		m->asked_before->exchanges.late++;
	m->asked_before = asked_now;
}

void figures_lent(struct meterd *m, const struct bus_answer *a)
{
	take_late(m, a, NULL);
}

void figures_exchange(struct meterd *m, const struct hj_question *q, const struct bus_answer *a, int r, hj_usec took)
{
	struct meter *meter = figures_meter(m, q);

	take_late(m, a, meter);
	if (!meter)
		return;
	meter->exchanges.asked++;
	meter->exchanges.answered += r == 0 || r == -EREMOTEIO;
	meter->exchanges.timeouts += r == -ETIMEDOUT;
	meter->exchanges.broken += r == -EBADMSG;
	meter->exchanges.exceptions += r == -EREMOTEIO;
	if (r == 0 || r == -EREMOTEIO)
		hj_figures_trip(&meter->figures, took);
	else if (r != -ETIMEDOUT && r != -EBADMSG)
		return; /* that was the port */
	if (r < 0)
		snapshots_error(
		        &m->snapshots, &m->frames, meter->conf->name, a->is.why, a->is.exception, hj_now().wall_ms);
}

void figures_collection(struct meterd *m, size_t meter, int64_t now_ms, bool got)
{
	hj_figures_add(&m->meters[meter].figures, now_ms, got);
}

/* ---- the file ---- */

static int read_file(const char *path, struct hj_buf *b)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char part[4096];
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (r >= 0 && (n = read(fd, part, sizeof(part))) != 0)
		r = n < 0 ? -errno : hj_buf_put(b, part, (size_t)n);
	return r;
}

/* Each meter: its name with its length before it, then its figures. */
static void take_all(struct meterd *m, struct hj_reader *in)
{
	while (in->p < in->end && !in->failed) {
		size_t n = hj_get_be(in, 1);
		const char *name = hj_get_bytes(in, n);
		struct hj_figures f;

		if (!name || hj_figures_decode(in, &f) < 0)
			break;
		for (size_t i = 0; i < m->conf.meter_count; i++)
			if (strlen(m->conf.meters[i].name) == n && !memcmp(m->conf.meters[i].name, name, n))
				m->meters[i].figures = f;
	}
	if (in->p < in->end)
		hj_warn("%s is damaged: the shares of the last 30 days begin anew", m->figures_path);
}

void figures_load(struct meterd *m, const char *root)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { .most = FILE_BYTES_MAX };
	char rest[HJ_NAME_MAX + sizeof("meterd/")], folder[HJ_PATH_MAX];
	int64_t now_ms = hj_now().wall_ms;
	int r;

	for (size_t i = 0; i < m->conf.meter_count; i++)
		hj_figures_init(&m->meters[i].figures, now_ms);
	m->figures_kept_ms = now_ms;
	snprintf(rest, sizeof(rest), "meterd/%s", m->conf.name);
	r = hj_state_folder(root, rest, FOLDER_MODE, folder);
	if (r >= 0 && snprintf(m->figures_path, sizeof(m->figures_path), "%s/figures", folder) >=
	                      (int)sizeof(m->figures_path))
		r = -ENAMETOOLONG;
	if (r >= 0)
		r = read_file(m->figures_path, &b);
	if (r >= 0) {
		struct hj_reader in = { .p = (uint8_t *)b.data, .end = (uint8_t *)b.data + b.len };

		take_all(m, &in);
	} else if (r != -ENOENT) {
		hj_log_error(r, "bus %s: cannot read the meters' figures: beginning anew", m->conf.name);
	}
}

static int encode_all(const struct meterd *m, struct hj_buf *b)
{
	int r = 0;

	for (size_t i = 0; i < m->conf.meter_count && r >= 0; i++) {
		size_t n = strlen(m->conf.meters[i].name);

		r = hj_buf_put_be(b, n, 1);
		r = r < 0 ? r : hj_buf_put(b, m->conf.meters[i].name, n);
		r = r < 0 ? r : hj_figures_encode(&m->meters[i].figures, b);
	}
	return r;
}

void figures_keep(struct meterd *m, int64_t now_ms, bool now)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { .most = FILE_BYTES_MAX };
	int r;

	if (now_ms < m->figures_kept_ms)
		m->figures_kept_ms = now_ms; /* the clock was set back */
	if (!m->figures_path[0] || (!now && now_ms - m->figures_kept_ms < KEEP_EVERY_MS))
		return;
	m->figures_kept_ms = now_ms;
	r = encode_all(m, &b);
	r = r < 0 ? r : hj_write_whole(m->figures_path, b.data, b.len, FILE_MODE);
	if (r < 0 && !m->figures_failed)
		hj_log_error(r, "cannot keep %s: after a restart the meters' shares begin anew", m->figures_path);
	m->figures_failed = r < 0;
}
