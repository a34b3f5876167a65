/* Tables that more than one command shows. */
#pragma once

#include "ask.h"
#include "writer.h"

/* A word of the local interfaces in the reader's language: "connected", "ok", "minute", "fault" ... Others as they
 * are. */
const char *cli_word(const char *word);
/* Why something does not work, as a daemon says it ("Connection refused"), in the reader's language where it is
 * known. */
const char *cli_reason(const char *reason);

/* One row for each status: {"bus", "meters": [...]} of hjgate.Meter.Status. */
void cli_buses_begin(struct writer *w);
void cli_buses_row(struct writer *w, json_t *status);
void cli_meters_begin(struct writer *w);
void cli_meters_rows(struct writer *w, json_t *status);
/* What meters refused to be asked for, together or at all. */
void cli_refusals_begin(struct writer *w);
void cli_refusals_rows(struct writer *w, json_t *status);
void cli_texts_begin(struct writer *w);
void cli_texts_rows(struct writer *w, json_t *status);
/* Share of requests to meters that were answered, in percent; NaN before the first. */
double cli_collected(json_t *status);
size_t cli_meters_ok(json_t *status);

/* One row for each status of hjgate.Uplink.Status. */
void cli_uplinks_begin(struct writer *w);
void cli_uplinks_row(struct writer *w, json_t *status, int64_t now_ms);
/* "connection refused; trying again in 40 s"; "" where nothing is wrong. */
void cli_uplink_trouble(json_t *status, int64_t now_ms, char *to, size_t size);

/* Events of hjgate.Event.List. */
void cli_events_begin(struct writer *w);
void cli_events_row(struct writer *w, json_t *event, int64_t now_ms);
void cli_event_text(json_t *event, char *to, size_t size);

/* Values: the flag with its meaning, 0 = none; the age in ms. */
void cli_flag_cell(struct writer *w, char flag);
/* Records that the store could not read, where there are any. */
#define CLI_UNREADABLE                                                                                               \
	N_("%llu records cannot be read and were left out: hjgate key says whether their key is here, hjgate "       \
	   "verify which were changed")
void cli_say_unreadable(struct writer *w, uint64_t count);
void cli_age_cell(struct writer *w, int64_t time_ms, int64_t now_ms);
