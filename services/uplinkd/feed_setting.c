/* What outlives a restart: the settings a platform has made (and QNs: feed_qn.c). All of it lives in the store, as
 * text under "uplink.NAME.KEY", and is on the disk before anything is promised. One change at a time, old
 * password before the new one, so that a crash between the two leaves the password that is in force. */
#include "feed_private.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/log.h"
#include "hjgate/now.h"

#define HIDDEN "******"

enum setting_type { SETTING_NUMBER, SETTING_BOOL, SETTING_TEXT };
static const struct setting {
	const char *name;
	enum setting_type type;
	size_t at; /* in struct hj212_settings */
} settings[] = {
	{ "over_time", SETTING_NUMBER, offsetof(struct hj212_settings, over_time) },
	{ "re_count", SETTING_NUMBER, offsetof(struct hj212_settings, re_count) },
	{ "rtd_interval", SETTING_NUMBER, offsetof(struct hj212_settings, rtd_interval) },
	{ "min_interval", SETTING_NUMBER, offsetof(struct hj212_settings, min_interval) },
	{ "rtd_on", SETTING_BOOL, offsetof(struct hj212_settings, rtd_on) },
	{ "rs_on", SETTING_BOOL, offsetof(struct hj212_settings, rs_on) },
	{ "old_pw", SETTING_TEXT, offsetof(struct hj212_settings, old_pw) },
	{ "pw", SETTING_TEXT, offsetof(struct hj212_settings, pw) },
};
#define SETTING_QN hj_array_size(settings) /* the key after them */
_Static_assert(hj_array_size(settings) + 1 == FEED_KEYS, "one place a key");

static void to_text(const struct hj212_settings *s, const struct setting *k, char ret[FEED_VALUE_MAX])
{
	const void *at = (const char *)s + k->at;

	if (k->type == SETTING_TEXT)
		snprintf(ret, FEED_VALUE_MAX, "%s", (const char *)at);
	else
		snprintf(ret, FEED_VALUE_MAX, "%u",
		        k->type == SETTING_BOOL ? *(const bool *)at : *(const unsigned *)at);
}

static void from_text(struct hj212_settings *s, const struct setting *k, const char *text)
{
	void *at = (char *)s + k->at;
	uint64_t number = 0;

	if (k->type == SETTING_TEXT) {
		hj_text_copy(at, HJ212_PW_MAX + 1, text);
	} else if (hj_uint_parse(text, strlen(text), UINT32_MAX, &number) < 0) {
		hj_warn("the store's setting %s is no number: the configured one is used", k->name);
	} else if (k->type == SETTING_BOOL) {
		*(bool *)at = number;
	} else {
		*(unsigned *)at = (unsigned)number;
	}
}

static int call_setting(
        struct feed *f, struct hj_ipc_client *to, const char *key, json_t *more, hj_ipc_reply_fn fn, void *userdata)
{
	char name[96];

	if (f->u->adhoc) { /* it keeps nothing */
		json_decref(more);
		return -EROFS;
	}
	snprintf(name, sizeof(name), "uplink.%s.%s", f->u->name, key);
	json_object_set_new(more, "name", json_string(name));
	return hj_ipc_client_call(to, "hjgate.Store.Setting", more, 0, fn, userdata);
}

int feed_call_setting(struct feed *f, const char *key, json_t *more, hj_ipc_reply_fn fn, void *userdata)
{
	return call_setting(f, f->ask, key, more, fn, userdata);
}

int feed_call_later(struct feed *f, const char *key, const char *value, hj_ipc_reply_fn fn, void *userdata)
{
	return call_setting(f, f->later, key, json_pack("{s:s, s:b}", "value", value, "later", 1), fn, userdata);
}

/* ---- texts beside the settings ---- */

static void on_kept(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	if (error)
		hj_warn("uplink %s: stored did not keep what was changed: %s", f->u->name, error);
}

void feed_keep(struct feed *f, const char *key, const char *text)
{
	feed_call_setting(
	        f, key, text ? json_pack("{s:s}", "value", text) : json_pack("{s:b}", "remove", 1), on_kept, f);
}

static void on_kept_told(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	if (!error)
		move_mark(f->u, json_string_value(json_object_get(reply, "value")));
}

void feed_ask_kept(struct feed *f, const char *key)
{
	feed_call_setting(f, key, json_object(), on_kept_told, f);
}

/* ---- at the start ---- */

static void take_loaded(struct feed *f, unsigned key, const char *text)
{
	if (key == SETTING_QN)
		feed_qn_loaded(f, text);
	else if (text)
		from_text(&f->settings, &settings[key], text);
}

/* A connection that is gone comes back by itself; an error reply would stay as it is. */
static void ask_settings_again(struct feed *f)
{
	if (!hj_ipc_client_is_up(f->ask))
		return;
	hj_warn("stored does not tell the settings of uplink %s: asking again", f->u->name);
	hj_ipc_client_drop(f->ask);
}

static void on_loaded(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed_load *load = userdata;
	struct feed *f = load->f;

	f->load_failed |= error != NULL;
	if (!error)
		take_loaded(f, load->key, json_string_value(json_object_get(reply, "value")));
	if (--f->loading || f->loaded)
		return;
	if (f->load_failed) {
		ask_settings_again(f);
		return;
	}
	f->loaded = true;
	if (uplinkd_settings_known(f->u, &f->settings, &f->qn) < 0)
		sd_event_exit(f->u->event, -ENOMEM);
}

void feed_load_settings(struct feed *f)
{
	if (f->loading)
		return;
	f->load_failed = false;
	f->settings = f->u->configured;
	for (unsigned i = 0; i < FEED_KEYS; i++) {
		f->loads[i] = (struct feed_load){ f, i };
		f->loading++;
		if (feed_call_setting(f, i == SETTING_QN ? "qn" : settings[i].name, json_object(), on_loaded,
		            &f->loads[i]) < 0) {
			f->loading--;
			f->load_failed = true;
		}
	}
}

/* ---- changes ---- */

static void commit_over(struct feed *f)
{
	struct feed_commit_state c = f->commit;

	f->commit = (struct feed_commit_state){ 0 };
	c.over(f->u, c.id, c.failed ? HJ212_EXE_SYSTEM : c.exe_rtn);
}

static void on_committed(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct feed *f = userdata;

	f->commit.failed |= error != NULL;
	if (!--f->commit.outstanding)
		commit_over(f);
}

static int begin_commit(struct feed *f, const struct feed_commit_state *as)
{
	if (f->commit.active)
		return -EBUSY;
	if (!hj_ipc_client_is_up(f->ask))
		return -ENOTCONN;
	f->commit = *as;
	f->commit.active = true;
	f->commit.outstanding = 1; /* ours: so that no change at all is done at once */
	return 0;
}

static void commit_one(struct feed *f, const char *name, const char *value)
{
	json_t *more = value[0] ? json_pack("{s:s}", "value", value) : json_pack("{s:b}", "remove", 1);

	f->commit.outstanding++;
	if (feed_call_setting(f, name, more, on_committed, f) < 0)
		on_committed("hjgate.Disconnected", NULL, false, f);
}

int feed_commit(
        struct feed *f, unsigned id, int exe_rtn, const struct hj212_settings *from, const struct hj212_settings *to)
{
	const struct feed_commit_state as = { .id = id, .exe_rtn = exe_rtn, .over = platform_committed };
	int r = begin_commit(f, &as);

	if (r < 0)
		return r;
	for (size_t i = 0; i < hj_array_size(settings); i++) {
		char before[FEED_VALUE_MAX], after[FEED_VALUE_MAX];

		to_text(from, &settings[i], before);
		to_text(to, &settings[i], after);
		if (strcmp(before, after) != 0)
			commit_one(f, settings[i].name, after);
	}
	on_committed(NULL, NULL, false, f);
	return 0;
}

/* Every one is forgotten, those too that happen to be as the file has them: from now on the file holds. */
int feed_reset(struct feed *f, feed_committed_fn over)
{
	const struct feed_commit_state as = { .exe_rtn = HJ212_EXE_DONE, .over = over };
	int r = f->states.asking ? -EBUSY : begin_commit(f, &as);

	if (r < 0)
		return r;
	for (size_t i = 0; i < hj_array_size(settings); i++)
		commit_one(f, settings[i].name, "");
	on_committed(NULL, NULL, false, f);
	return 0;
}

void feed_tell_changes(
        struct feed *f, const char *by, const struct hj212_settings *from, const struct hj212_settings *to)
{
	for (size_t i = 0; i < hj_array_size(settings); i++) {
		char before[FEED_VALUE_MAX], after[FEED_VALUE_MAX];
		bool secret = settings[i].type == SETTING_TEXT;

		to_text(from, &settings[i], before);
		to_text(to, &settings[i], after);
		if (strcmp(before, after) && strcmp(settings[i].name, "old_pw"))
			event_setting(f->u, settings[i].name, secret ? HIDDEN : before, secret ? HIDDEN : after, by);
	}
}

bool feed_changed(const struct feed *f, const struct hj212_settings *configured, const struct hj212_settings *now,
        unsigned i, struct feed_change *ret)
{
	for (size_t k = 0; k < hj_array_size(settings); k++) {
		struct feed_change c = { .name = settings[k].name };
		bool secret = settings[k].type == SETTING_TEXT;

		to_text(configured, &settings[k], c.file);
		to_text(now, &settings[k], c.value);
		if (!strcmp(c.file, c.value) || !strcmp(c.name, "old_pw") || i--)
			continue;
		if (secret) {
			hj_text_copy(c.file, sizeof(c.file), HIDDEN);
			hj_text_copy(c.value, sizeof(c.value), HIDDEN);
		}
		*ret = c;
		return true;
	}
	return false;
}
