/* From records and samples to the CP of HJ 212: which factor under which name with how many decimals at this
 * platform, in the standard's order, cut into packets. Pure. */
#pragma once

#include "hjgate/buf.h"
#include "hjgate/conf.h"
#include "hjgate/hj212_message.h"
#include "hjgate/point.h"
#include "hjgate/record.h"
#include "hjgate/sample.h"

/* One factor of this uplink. The point's number is known once the store has told it. */
struct phrase_factor {
	char point[HJ_POINT_NAME_MAX + 1];
	char factor[HJ_FACTOR_MAX + 1]; /* "" = the point's own */
	int decimals;
	uint32_t number; /* 0 = not yet known */
	uint32_t interval_ms;
};
struct phrase_map {
	struct phrase_factor
	        *list; /* in the order of the configuration; with `all` in order of the points' numbers */
	size_t count;
	size_t hint; /* where the next point that is told may stand */
	bool all;    /* every point that has a factor */
};
/* The decimals come from the uplink's factors, else from the bus files. -ENOMEM. */
int phrase_map_init(struct phrase_map *m, const struct hj_conf *conf, const struct hj_conf_uplink *uplink);
void phrase_map_done(struct phrase_map *m);
/* The store has told of a point: gives it its place. -ENOMEM, -ENOSPC. */
int phrase_map_learn(struct phrase_map *m, const struct hj_point *p);
const struct phrase_factor *phrase_map_find(const struct phrase_map *m, uint32_t number);

/* Items of a statistics record: f-Cou,f-Min,f-Avg,f-Max,f-Flag; a value that is absent is left out, so that a point
 * without any is `f-Flag=B` alone. Nothing is appended where no point of the record is the uplink's. */
int phrase_statistics(const struct phrase_map *m, const struct hj_stat *stats, size_t count, struct hj_buf *to);

/* Items of real-time data: f-Rtd,f-Flag. A value older than twice its interval, or absent, is `f-Flag=B` alone: never
 * a stale one. */
struct phrase_newest {
	uint32_t point;
	int64_t time_ms;
	double value;
	enum hj_flag flag;
};
int phrase_realtime(const struct phrase_map *m, const struct phrase_newest *newest, size_t count, int64_t now_ms,
        struct hj_buf *to);

/* CN of a kind's upload: 2051, 2061, 2031, 2081, 3020; 0 = it is not uploaded. */
int phrase_cn(enum hj_kind kind);
/* i21001-Info=//text//, at most PHRASE_LOG_MAX bytes of whole UTF-8 characters; what would end the text is
 * replaced. */
#define PHRASE_LOG_MAX 840 /* with its names and the DataTime one packet */
int phrase_log(const char *text, struct hj_buf *to);
int phrase_poweron(int64_t end_ms, struct hj_buf *to); /* RestartTime=... */

/* Where the items are cut: at most PHRASE_PIECES packets. */
#define PHRASE_PIECES 1024
#define PHRASE_HEAD   "DataTime=YYYYMMDDhhmmss;" /* before each piece */
struct phrase_cut {
	struct {
		uint32_t at;
		uint16_t n;
	} pieces[PHRASE_PIECES];
	unsigned count;
};
/* -EMSGSIZE: an item that is too long, or too many pieces. */
int phrase_cut(struct hj212_slice items, size_t cp_max, struct phrase_cut *ret);
/* The CP of piece i (from 0): "DataTime=...;" and the piece. The length, or -EMSGSIZE. */
int phrase_cp(const struct phrase_cut *c, const char *items, unsigned i, int64_t label_ms, char *to, size_t size);
