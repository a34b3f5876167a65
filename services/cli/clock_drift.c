/* How right the clock is, as clockd has it: for `hjgate clock` and `hjgate status`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "clock_drift.h"
#include "hjgate/clock.h"
#include "hjgate/clock_watch.h"
#include "tables.h"

#define ERROR_48H_MS 86400 /* half a thousandth of 48 hours: HJ 477, and the guideline's 6.4 as it is meant */

static void show_keeper(struct writer *w, json_t *a)
{
	bool kept = json_is_true(json_object_get(a, "synchronised"));
	const char *uplink = cli_string(a, "uplink");
	char text[128];

	if (kept)
		snprintf(text, sizeof(text), _("a time daemon, within %lld ms"), (long long)cli_int(a, "ntp_error"));
	else if (uplink)
		snprintf(text, sizeof(text), _("the platform of uplink %s, when it says the time"), uplink);
	else
		snprintf(text, sizeof(text), "%s", _("nobody"));
	writer_field(w, "synchronised", _("kept by"), kept || uplink ? STYLE_GOOD : STYLE_WARN,
	        cli_member(a, "synchronised"), text);
	writer_field(w, "ntp_error", NULL, STYLE_PLAIN, cli_member(a, "ntp_error"), NULL);
	writer_field(w, "ntp_ppm", NULL, STYLE_PLAIN, cli_member(a, "ntp_ppm"), NULL);
	writer_field(w, "uplink", NULL, STYLE_PLAIN, cli_member(a, "uplink"), NULL);
	writer_field(w, "rtc", NULL, STYLE_PLAIN, cli_member(a, "rtc"), NULL);
}

static void show_platform(struct writer *w, json_t *a)
{
	char heard[HJ_TIME_HUMAN_LEN + 1], text[160];
	const char *how = cli_string(a, "how");
	int64_t ms = cli_time(a, "heard");
	double ppm = cli_number(json_object_get(a, "platform_ppm"));

	hj_time_human(ms, false, heard);
	snprintf(text, sizeof(text), _("%s: we were behind by %.1f s (%s)"), heard,
	        (double)cli_int(a, "offset") / 1000, cli_word(how));
	writer_field(
	        w, "heard", ms ? _("the platform said the time") : NULL, STYLE_PLAIN, cli_member(a, "heard"), text);
	writer_field(w, "offset", NULL, STYLE_PLAIN, cli_member(a, "offset"), NULL);
	writer_field(w, "how", NULL, STYLE_PLAIN, cli_member(a, "how"), NULL);
	snprintf(text, sizeof(text), _("%.1f s a day, over %.1f hours"), ppm * 0.0864,
	        (double)cli_int(a, "measured") / 3600000);
	writer_field(w, "platform_ppm", isnan(ppm) ? NULL : _("falls behind the platform"), STYLE_PLAIN,
	        cli_member(a, "platform_ppm"), text);
	writer_field(w, "measured", NULL, STYLE_PLAIN, cli_member(a, "measured"), NULL);
}

static void show_error(struct writer *w, json_t *a)
{
	json_t *error = json_object_get(a, "error_48h");
	bool good = json_integer_value(error) <= ERROR_48H_MS;
	char text[128];

	if (json_is_integer(error))
		snprintf(text, sizeof(text), _("%.1f s in 48 hours, if nobody set it (allowed: %.1f s)"),
		        (double)json_integer_value(error) / 1000, ERROR_48H_MS / 1000.0);
	else
		snprintf(text, sizeof(text), "%s", _("not known yet: a time daemon or 6 hours with a platform tell"));
	writer_field(
	        w, "error_48h", _("goes wrong by"), good ? STYLE_PLAIN : STYLE_BAD, cli_member(a, "error_48h"), text);
}

void cli_clock_drift(struct writer *w, json_t *answer)
{
	show_keeper(w, answer);
	show_platform(w, answer);
	show_error(w, answer);
}

json_t *cli_clock_ask(const char *root, int timeout_ms)
{
	json_t *answer = NULL;

	if (cli_ask_quiet(root, "clockd.look", "hjgate.Clock.Status", NULL, timeout_ms, &answer, NULL) >= 0)
		return answer;
	json_decref(answer);
	return NULL;
}

json_t *cli_clock_look(void)
{
	struct hj_clock_kept kept;
	json_t *j = json_object();

	hj_clock_kept(&kept);
	json_object_set_new(j, "synchronised", json_boolean(kept.synchronised));
	if (!kept.synchronised)
		return j;
	json_object_set_new(j, "ntp_error", json_integer((json_int_t)kept.error_ms));
	json_object_set_new(j, "ntp_ppm", json_real(kept.ppm));
	json_object_set_new(j, "error_48h", json_integer((json_int_t)hj_clock_48h_ms(kept.ppm)));
	return j;
}
