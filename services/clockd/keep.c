/* What clockd knows of the clock from one run to the next, in a file of JSON: what the platform said last, and how
 * the clock has gone since. Of another boot the clock that only goes on says nothing, so the measure begins anew. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clockd.h"
#include "hjgate/ipc.h"
#include "hjgate/log.h"
#include "hjgate/now.h"

#define FOLDER    "clock" /* below /var/lib/hjgate */
#define FILE_NAME "clock.json"
#define FILE_MODE 0600

static int64_t get(json_t *j, const char *name, int64_t most)
{
	json_int_t v = json_integer_value(json_object_get(j, name));

	return v > most || v < -most ? 0 : v;
}

static void read_drift(struct clockd *c, json_t *j)
{
	char boot[2 * HJ_ID_BYTES + 1];
	const char *was = json_string_value(json_object_get(j, "boot"));
	struct drift d;

	hj_id_format(c->boot_id, boot);
	if (!was || strcmp(was, boot) != 0)
		return;
	c->slewing = json_is_true(json_object_get(j, "slewing"));
	if (!json_is_true(json_object_get(j, "begun")))
		return;
	d = (struct drift){ .begun = true,
		.first_mono_ms = get(j, "first_mono", HJ_TIME_MAX_MS),
		.last_mono_ms = get(j, "last_mono", HJ_TIME_MAX_MS),
		.first_offset_ms = get(j, "first_offset", HJ_TIME_MAX_MS),
		.behind_ms = get(j, "behind", HJ_TIME_MAX_MS),
		.corrected_ms = get(j, "corrected", HJ_TIME_MAX_MS),
		.ahead_known = json_is_integer(json_object_get(j, "ahead")), /* in no file of before */
		.ahead_ms = get(j, "ahead", HJ_TIME_MAX_MS) };
	if (d.first_mono_ms < 0 || d.last_mono_ms < d.first_mono_ms)
		return;
	c->drift = c->kept = d;
	hj_text_copy(c->kept_how, sizeof(c->kept_how), c->how);
}

static int path_of(const struct clockd *c, char ret[HJ_PATH_MAX])
{
	char folder[HJ_PATH_MAX];
	int r = hj_state_folder(c->root, FOLDER, 0700, folder);

	if (r < 0)
		return r;
	return snprintf(ret, HJ_PATH_MAX, "%s/" FILE_NAME, folder) < HJ_PATH_MAX ? 0 : -ENAMETOOLONG;
}

bool keep_read(struct clockd *c, json_t *j)
{
	const char *how = json_string_value(json_object_get(j, "how"));

	if (!json_is_object(j) || !how || !hj_text_copy(c->how, sizeof(c->how), how))
		return false;
	c->heard_ms = get(j, "heard", HJ_TIME_MAX_MS);
	c->offset_ms = get(j, "offset", HJ_TIME_MAX_MS);
	read_drift(c, j);
	return true;
}

void keep_load(struct clockd *c)
{
	_cleanup_json_ json_t *j = NULL;
	char path[HJ_PATH_MAX];
	json_error_t error;
	FILE *f;

	if (path_of(c, path) < 0)
		return;
	f = fopen(path, "re");
	if (!f && errno == ENOENT)
		return;
	if (!f) {
		hj_warn("cannot read %s (%s): how the clock goes is measured anew", path, strerror(errno));
		return;
	}
	j = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
	fclose(f);
	if (!j)
		hj_warn("%s, line %d: %s: how the clock goes is measured anew", path, error.line, error.text);
	else if (!keep_read(c, j))
		hj_warn("%s is not what clockd writes: how the clock goes is measured anew", path);
}

/* Some platforms say the time each second, and each file costs the flash some blocks. What is lost with a word that
 * is right like the one before is when it was said, and a piece of the measure that the next word makes good. */
static bool is_kept(const struct clockd *c)
{
	const struct drift *now = &c->drift, *then = &c->kept;

	return then->begun && then->ahead_known && !strcmp(c->how, c->kept_how) &&
	       now->first_mono_ms == then->first_mono_ms && now->corrected_ms == then->corrected_ms &&
	       now->last_mono_ms - then->last_mono_ms < CLOCK_KEEP_MS;
}

static int write_it(const struct clockd *c)
{
	_cleanup_json_ json_t *j = NULL;
	char path[HJ_PATH_MAX], boot[2 * HJ_ID_BYTES + 1];
	const struct drift *d = &c->drift;
	char *text;
	int r;

	hj_id_format(c->boot_id, boot);
	j = json_pack("{s:s, s:I, s:I, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I}", "how", c->how, "heard",
	        (json_int_t)c->heard_ms, "offset", (json_int_t)c->offset_ms, "boot", boot, "slewing", c->slewing,
	        "begun", d->begun, "first_mono", (json_int_t)d->first_mono_ms, "last_mono",
	        (json_int_t)d->last_mono_ms, "first_offset", (json_int_t)d->first_offset_ms, "behind",
	        (json_int_t)d->behind_ms, "corrected", (json_int_t)d->corrected_ms);
	if (j && d->ahead_known)
		json_object_set_new(j, "ahead", json_integer((json_int_t)d->ahead_ms));
	text = j ? json_dumps(j, JSON_COMPACT) : NULL;
	r = text ? path_of(c, path) : -ENOMEM;
	r = r < 0 ? r : hj_write_whole(path, text, strlen(text), FILE_MODE);
	free(text);
	return r;
}

void keep_word(struct clockd *c)
{
	int r;

	if (is_kept(c))
		return;
	r = write_it(c);
	if (r < 0) {
		hj_log_error(r, "cannot keep how the clock goes: the measure begins anew after a restart");
		return;
	}
	c->kept = c->drift;
	hj_text_copy(c->kept_how, sizeof(c->kept_how), c->how);
}
