/* Events of the classes that hjgate.conf chooses become log records of the store, which uplinks send to platforms.
 * Their texts are those of the catalogue, in the site's language. A log can itself be the cause of an event, so those
 * about links, about the disk and about bad input stay here; and there are at most so many an hour, the rest is said
 * in one. While stored is away the newest few wait in RAM. */
#include "eventd.h"
#include "hjgate/conf.h"
#include "hjgate/event.h"
#include "hjgate/ipc_client.h"
#include "hjgate/log.h"
#include "hjgate/now.h"
#include "hjgate/text.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX    800 /* bytes; one packet of HJ 212 takes 840 */
#define WAITING     16  /* texts that stored has not taken yet */
#define HOUR_MOST   30  /* logs an hour */
#define HOUR        (3600 * HJ_USEC_PER_SEC)
#define RETRY_AFTER (5 * HJ_USEC_PER_SEC)

struct store_log {
	struct eventd *d;
	struct hj_ipc_client *client;
	sd_event_source *retry;
	enum hj_logs least;
	bool chinese, asking;
	struct waiting {
		int64_t time_ms;
		int64_t ahead_ms; /* of the clock that it is by, where nobody trusts that; 0 = it is right */
		const char *class;
		char *text;
	} waiting[WAITING]; /* oldest first */
	unsigned count;
	hj_usec hour; /* began then; 0 = none yet */
	unsigned this_hour, left_out;
};

static const char *const silent[] = { "link-", "lookup-", "tls-", "backlog-", "budget-", "records-", "reports-",
	"bad-input", "disk-", "chain-head", "password-refused", "certificate-" };

static bool is_silent(const char *code)
{
	for (size_t i = 0; i < hj_array_size(silent); i++)
		if (!strncmp(code, silent[i], strlen(silent[i])))
			return true;
	return false;
}

static bool is_chosen(const struct store_log *s, enum hj_event_class class)
{
	static const enum hj_logs of[] = {
		[HJ_EVENT_INFO] = HJ_LOGS_INFO, [HJ_EVENT_WARN] = HJ_LOGS_WARN, [HJ_EVENT_FAULT] = HJ_LOGS_FAULT
	};

	return s->least >= of[class];
}

/* ---- words ---- */

static const char *word(const char *name, const char *text)
{
	return *text && hj_event_is_reason(name) ? gettext(text) : text;
}

/* The process itself speaks English: what it logs and keeps is not to depend on the site. */
static void speak(const struct store_log *s, bool on)
{
	setlocale(LC_MESSAGES, on && s->chinese ? "C.UTF-8" : "C");
}

static void fill(const struct store_log *s, const struct hj_event_type *type, const struct event *e, bool over,
        char text[TEXT_MAX])
{
	_cleanup_json_ json_t *values = e->values ? json_loads(e->values, 0, NULL) : NULL;
	size_t n;

	speak(s, true);
	n = over ? (size_t)snprintf(text, TEXT_MAX, "%s", _("over: ")) : 0;
	hj_event_fill(_(type->text), values, word, text + n, TEXT_MAX - n);
	speak(s, false);
}

/* ---- to stored ---- */

static void pump(struct store_log *s);

static void drop_first(struct store_log *s)
{
	free(s->waiting[0].text);
	memmove(s->waiting, s->waiting + 1, --s->count * sizeof(s->waiting[0]));
}

static void on_put(const char *error, json_t *reply, bool continues, void *userdata)
{
	struct store_log *s = userdata;

	s->asking = false;
	if (!error) {
		drop_first(s);
		pump(s);
		return;
	}
	if (!hj_ipc_client_is_up(s->client))
		return; /* on_up() says it again */
	sd_event_source_set_time(s->retry, hj_now().mono + RETRY_AFTER);
	sd_event_source_set_enabled(s->retry, SD_EVENT_ONESHOT);
}

/* A platform is told no time that may be wrong: it waits until somebody says how late it is. */
static bool has_its_time(const struct store_log *s, struct waiting *w)
{
	struct hj_now now = hj_now();

	if (!w->ahead_ms)
		return true;
	if (!s->d->trust)
		return false;
	w->time_ms = hj_time_moved(w->time_ms, hj_clock_ahead(&now) - w->ahead_ms);
	w->ahead_ms = 0;
	return true;
}

static void pump(struct store_log *s)
{
	struct waiting *w = &s->waiting[0];

	if (s->asking || !s->count || !hj_ipc_client_is_up(s->client) || !has_its_time(s, w))
		return;
	s->asking = hj_ipc_client_call(s->client, "hjgate.Store.Put",
	                    json_pack("{s:s, s:I, s:{s:s, s:s}}", "kind", "log", "label", (json_int_t)w->time_ms,
	                            "body", "text", w->text, "class", w->class),
	                    0, on_put, s) >= 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	pump(userdata);
	return 0;
}

static void on_up(void *userdata)
{
	pump(userdata);
}

/* By which clock its row is. */
static int64_t ahead_of(const struct row *row)
{
	struct hj_now now = hj_now();

	if (row->trust)
		return 0;
	return row->ahead_ms ? row->ahead_ms : hj_clock_ahead(&now);
}

static void put(struct store_log *s, const struct row *row, const char *class, const char *text)
{
	struct waiting w = { row->time_ms, ahead_of(row), class, strdup(text) };

	if (!w.text)
		return;
	if (s->count == WAITING && !s->asking) {
		drop_first(s);
		s->left_out++;
	}
	if (s->count == WAITING) {
		free(w.text);
		s->left_out++;
		return;
	}
	s->waiting[s->count++] = w;
	pump(s);
}

/* ---- events ---- */

/* What the hour before left out is said before the first of the next. */
static bool has_room(struct store_log *s, const struct row *row)
{
	hj_usec now = hj_now().mono;
	char text[TEXT_MAX];

	if (!s->hour || now - s->hour >= HOUR) {
		unsigned left_out = s->left_out;

		s->hour = now;
		s->this_hour = s->left_out = 0;
		speak(s, true);
		snprintf(text, sizeof(text), _("%u more events were not sent"), left_out);
		speak(s, false);
		if (left_out)
			put(s, row, "warn", text);
	}
	if (s->this_hour < HOUR_MOST) {
		s->this_hour++;
		return true;
	}
	s->left_out++;
	return false;
}

void store_log_event(struct store_log *s, const struct event *e, const struct row *row)
{
	const struct hj_event_type *type = hj_event_find(e->code);
	char text[TEXT_MAX];
	bool over = row->is == ROW_END;

	if (!s || !type || !is_chosen(s, type->class) || is_silent(e->code) ||
	        (row->is != ROW_MOMENT && row->is != ROW_BEGIN && !over))
		return;
	if (!has_room(s, row))
		return;
	fill(s, type, e, over, text);
	put(s, row, hj_event_class_name(type->class), text);
}

void store_log_trusted(struct store_log *s)
{
	if (s)
		pump(s);
}

/* ---- for the owner ---- */

void store_log_free(struct store_log *s)
{
	if (!s)
		return;
	hj_ipc_client_free(s->client);
	sd_event_source_disable_unref(s->retry);
	while (s->count)
		drop_first(s);
	free(s);
}

static int start(struct store_log *s)
{
	static const struct hj_ipc_client_events events = { .up = on_up };
	char path[HJ_PATH_MAX];
	int r = hj_path(s->d->root, HJ_DIR_RUN, "stored.peer", path);

	if (r >= 0)
		r = sd_event_add_time(s->d->event, &s->retry, CLOCK_BOOTTIME, 0, 0, on_retry, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->retry, SD_EVENT_OFF);
	return r < 0 ? r : hj_ipc_client_new(s->d->event, path, &events, s, &s->client);
}

int store_log_new(struct eventd *d, struct store_log **ret)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_main conf;
	struct store_log *s;
	int r;

	hj_conf_load_main(d->root, &conf, &errors); /* what is wrong in it keeps its default, and stored says so */
	hj_conf_errors_done(&errors);
	if (conf.logs == HJ_LOGS_NONE)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct store_log){
		.d = d, .least = (enum hj_logs)conf.logs, .chinese = conf.language == HJ_LANGUAGE_ZH
	};
	if (s->chinese)
		setenv("LANGUAGE", "zh_CN", 1);
	speak(s, false);
	r = start(s);
	if (r < 0) {
		store_log_free(s);
		return r;
	}
	*ret = s;
	return 0;
}
