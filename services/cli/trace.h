/* `hjgate trace`: one value on its way from the meter's bytes to the platforms' acknowledgements. */
#pragma once

#include "ask.h"
#include "hjgate/conf.h"
#include "hjgate/record_json.h"
#include "upload.h"
#include "writer.h"

#define TRACE_READINGS 20 /* shown of one window */
#define TRACE_UPLINKS  32

struct trace_reading {
	int64_t time_ms, took_us;
	char *sent, *received; /* hexadecimal */
	char error[64];        /* "": answered well */
	double value;          /* NaN: none */
};

struct trace_uplink {
	unsigned packet; /* that holds the point, from 1; 0: not known */
	char factor[HJ_FACTOR_MAX + 1];
};

struct trace {
	const struct cli *cli;
	const char *name, *uplink;
	int64_t at_ms; /* INT64_MIN: the newest */
	struct hj_conf conf;
	const struct hj_conf_bus *bus;
	const struct hj_conf_meter *meter;
	const struct hj_conf_point *point;

	bool found;
	uint64_t left_out; /* records of that time that the store could not read */
	struct hj_record record; /* whole */
	struct hj_dictionary points;
	struct hj_stat stat; /* of the point */
	uint32_t number;
	int64_t closed_ms; /* 0: of another boot */
	bool seal_known, intact;
	int64_t algorithm, key;

	struct trace_reading readings[TRACE_READINGS]; /* the newest, a ring */
	size_t reading_count;                          /* all of the window */
	int64_t kept_since_ms;                         /* of the bus's frames; 0: none are kept */
	int meter_error;                               /* the bus's program did not answer */

	struct trace_uplink uplinks[TRACE_UPLINKS];
	struct upload uploads[TRACE_UPLINKS]; /* of the same */
	size_t uplink_count;
};

/* Each: 0, or the exit status, said already. */
int trace_find_point(struct trace *t);
int trace_find_record(struct trace *t);    /* trace_record.c */
void trace_find_readings(struct trace *t); /* trace_meter.c */
int trace_find_uplinks(struct trace *t);   /* trace_uplink.c */
void trace_show(const struct trace *t, struct writer *w);
