/* Telling eventd. A report is queued while eventd is away (HJ_REPORTS_MAX of them; of more the least missed are
 * counted and the count is reported when it is back), keeps the time it was made, and never blocks or fails its
 * caller. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "hjgate/cleanup.h"

#define HJ_REPORTS_MAX 64

struct hj_report;
enum hj_phase { HJ_MOMENT, HJ_BEGIN, HJ_END };

/* source: "meterd@north". */
int hj_report_new(sd_event *event, const char *root, const char *source, struct hj_report **ret);
void hj_report_free(struct hj_report *r); /* sends what it can within 200 ms */
HJ_DEFINE_CLEANUP(struct hj_report *, hj_report_free)
/* code: of the catalogue (event.h). key: what it concerns, "meter north.oven". Steals values (may be NULL). r may be
 * NULL. */
void hj_report(struct hj_report *r, const char *code, enum hj_phase phase, const char *key, json_t *values);
/* The same for a time that is not now, ms UTC by the clock as it is now: where that is set while the report waits,
 * the time goes along. */
void hj_report_at(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values);
/* The same with a time that is right, whatever the clock is now. */
void hj_report_sure(
        struct hj_report *r, const char *code, enum hj_phase phase, const char *key, int64_t time_ms, json_t *values);

/* The event bad-input, folded: the first from `from` is told at once, more of the same minute together at its end.
 * True when it was told now: then the caller logs it, too. `text` may hold any bytes. */
bool hj_report_bad_input(struct hj_report *r, const char *from, const char *text);
