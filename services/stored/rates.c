/* How fast the records grow, and how much is written for them: measured with each commit, kept once an hour. */
#include "stored.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "hjgate/flash.h"
#include "hjgate/log.h"
#include "hjgate/written.h"

#define GROWTH_KEY  "rate.growth"
#define WRITTEN_KEY "rate.written"
#define KEPT_EVERY  (3600 * HJ_USEC_PER_SEC)
#define MB          (1LL << 20)
#define DAYS_A_YEAR 365.25

static void load(struct stored *s, const char *key, struct hj_rate *ret)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };

	*ret = (struct hj_rate){ 0 };
	/* What does not decode is measured anew. */
	if (hj_ledger_get(s->ledger, key, &b) >= 0 && hj_rate_decode(b.data, b.len, ret) < 0)
		hj_warn("what is kept as %s does not decode: it is measured anew", key);
}

void rates_load(struct stored *s)
{
	load(s, GROWTH_KEY, &s->growth);
	load(s, WRITTEN_KEY, &s->written);
	s->used_before = hj_ledger_used(s->ledger);
	s->rates_kept_at = hj_now().mono;
}

static int put(struct stored *s, const char *key, const struct hj_rate *rate)
{
	_cleanup_(hj_buf_done) struct hj_buf b = { 0 };
	int r = hj_rate_encode(rate, &b);

	return r < 0 ? r : hj_ledger_put(s->ledger, key, b.data, b.len);
}

int rates_put(struct stored *s, bool now)
{
	hj_usec mono = hj_now().mono;
	int r;

	if (!now && mono < s->rates_kept_at + KEPT_EVERY)
		return 0;
	r = put(s, GROWTH_KEY, &s->growth);
	r = r < 0 ? r : put(s, WRITTEN_KEY, &s->written);
	if (r >= 0)
		s->rates_kept_at = mono;
	return r;
}

static double years_of(const struct hj_conf_main *conf, const struct statvfs *fs, double bytes_a_day)
{
	double size = conf->flash_mb ? (double)conf->flash_mb * MB : (double)fs->f_blocks * (double)fs->f_frsize;

	if (bytes_a_day <= 0 || conf->flash_amplification <= 0)
		return -1;
	return size * (double)conf->flash_cycles / (double)conf->flash_amplification / bytes_a_day / DAYS_A_YEAR;
}

void rates_look(struct stored *s, struct flash_look *ret)
{
	char path[HJ_PATH_MAX];
	struct statvfs fs;
	struct stat st;

	*ret = (struct flash_look){ .written_day = hj_rate_per_day(&s->written),
		.written = (int64_t)s->written.total,
		.since_ms = s->written.since_ms,
		.years = -1,
		.used = -1 };
	if (hj_path(s->root, HJ_DIR_STATE, "", path) < 0 || stat(path, &st) < 0 || statvfs(path, &fs) < 0)
		return;
	ret->years = years_of(&s->conf, &fs, ret->written_day);
	if (hj_flash_used("/sys", major(st.st_dev), minor(st.st_dev), &ret->used) < 0)
		ret->used = -1;
}

/* A commit that cuts gives room back, which is no growth. What it appended beside is seen by none, and little. Nor is
 * it growth when a damaged file's records come back. */
void rates_note(struct stored *s, const struct hj_now *now, bool cut)
{
	int64_t used = hj_ledger_used(s->ledger), written;

	hj_rate_note(&s->growth, now, cut || s->salvage ? 0 : used - s->used_before);
	s->used_before = used;
	if (hj_written(s->written_fd, &written) < 0)
		return;
	hj_rate_note(&s->written, now, written - s->written_before);
	s->written_before = written;
}
