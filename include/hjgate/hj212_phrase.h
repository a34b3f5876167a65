/* From records and samples to the CP of HJ 212: which factor under which name with how many decimals at this
 * platform, in the standard's order, cut into packets. Pure. */
#pragma once

#include "hjgate/buf.h"
#include "hjgate/equipment.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"
#include "hjgate/point.h"
#include "hjgate/record.h"
#include "hjgate/sample.h"
#include "hjgate/text.h"
#include "hjgate/wording.h"

#define HJ212_PHRASE_ST_MAX 3 /* bytes */

/* Items of factors whose ST is another than the uplink's stand behind the others, each such part behind a mark: they
 * go in uploads of their own. hj212_phrase_cut() knows the marks; nothing else a record says has such a byte. */
#define HJ212_PHRASE_MARK  '\x1d' /* ASCII's group separator, before and behind the ST */
#define HJ212_PHRASE_PARTS HJ_WANTED_STS_MAX

#define HJ212_PHRASE_FACTORS_MAX (2 * HJ_POINTS_MAX) /* the store's numbers, and points that have none yet */
/* One factor of this uplink. The point's number is known once the store has told it. A point that had other numbers,
 * since it meant another thing then, stands here once for each of them that was told: a record names the one it
 * had. */
struct hj212_phrase_factor {
	char point[HJ_POINT_NAME_MAX + 1];
	char factor[HJ_FACTOR_MAX + 1]; /* "" = the point's own */
	char unit[HJ_UNIT_MAX + 1];     /* the platform's, or the code's; "" = the point's */
	/* the point's code and unit as they are configured */
	char code[HJ_FACTOR_MAX + 1], own_unit[HJ_UNIT_MAX + 1];
	char told[HJ_UNIT_MAX + 1];            /* that its values are told in, before `wanted` */
	int8_t decimals;                       /* of a value in the platform's unit; below 0: as many as it takes */
	int8_t own_decimals;                   /* as they were said, of the point's */
	bool decimals_said;                    /* by the uplink, of its unit: they go before the type's */
	bool own;                              /* `factor` is the point's, and what the store tells of it counts */
	uint8_t part;                          /* which ST */
	bool unit_said;                        /* by the uplink */
	bool total;                            /* it counts up: its records have a Cou */
	bool unsent;                           /* the point's unit is none that can be told in the platform's */
	bool configured;                       /* it was when the map was made; else the store has told of it */
	bool older;                            /* the point has another number now */
	bool shared;                           /* another has, or had, this point or this factor, too */
	struct hj_factor_type type, code_type; /* of its factor; of `code` */
	double scale;                          /* 1 = as it is */
	double wanted;                         /* the configuration's scale; 0 = by the units */
	uint32_t number;                       /* 0 = not yet known */
	uint32_t interval_ms;
};
struct hj212_phrase_map {
	struct hj212_phrase_factor
	        *list; /* in the order of the configuration; with `all` in order of the points' numbers */
	size_t count;
	size_t hint;          /* where the next point that is told may stand */
	bool all;             /* every point that has a factor */
	unsigned normal_part; /* % of the samples expected of a window, for flag N of several numbers; 0 = never */
	char st[HJ212_PHRASE_PARTS][HJ212_PHRASE_ST_MAX + 1]; /* of the parts; the first is "", the uplink's own */
	unsigned extra_parts;                                 /* beside the first */
	struct hj_wording wording;
	struct hj_encoder encoder;        /* of texts; .put NULL: they go as UTF-8 */
	struct hj212_phrase_unfit *unfit; /* where what is too long is noted; NULL: nowhere */
};
/* Values that were longer than the type of their factor, N4.2 of HJ 212-2017 6.3.3. They went as they are: a value
 * that is cut is another one. Of each factor the newest is kept, of so many factors. */
#define HJ212_PHRASE_UNFIT_MAX 16
struct hj212_phrase_unfit {
	uint64_t count;        /* put into words so */
	unsigned kept, newest; /* newest: the place of the one that was noted last */
	struct {
		char factor[HJ_FACTOR_MAX + 1], value[HJ_NUMBER_LEN];
		enum hj_suffix suffix;
		struct hj_factor_type type;
	} list[HJ212_PHRASE_UNFIT_MAX];
};
/* "w01018-Avg=123456 (N4.2)" of place i of m->unfit. */
#define HJ212_PHRASE_UNFIT_TEXT 80 /* bytes, with its NUL */
void hj212_phrase_unfit_text(const struct hj212_phrase_map *m, unsigned i, char ret[HJ212_PHRASE_UNFIT_TEXT]);
/* One that is configured. With `all` it is there for what it says of the words only; number and factor come from the
 * store. `map` is a struct hj212_phrase_map: the form is that of hj_conf_uplink_points(). -ENOMEM, -ENOSPC (points or
 * STs). */
int hj212_phrase_map_add(void *map, const struct hj_wanted *w);
void hj212_phrase_map_done(struct hj212_phrase_map *m);
/* The store has told of a point: gives it, and this number of it, its place. -ENOMEM, -ENOSPC. */
int hj212_phrase_map_learn(struct hj212_phrase_map *m, const struct hj_point *p);
const struct hj212_phrase_factor *hj212_phrase_map_find(const struct hj212_phrase_map *m, uint32_t number);
/* By the point's name, its newest number; by what the platform calls it, the point that has this now; NULL. */
const struct hj212_phrase_factor *hj212_phrase_map_find_point(const struct hj212_phrase_map *m, const char *point);
const struct hj212_phrase_factor *hj212_phrase_map_find_factor(const struct hj212_phrase_map *m, const char *factor);
/* A value in its words. -EINVAL, -ERANGE: it cannot be said. */
int hj212_phrase_value(const struct hj212_phrase_factor *f, double value, char ret[HJ_NUMBER_LEN]);
/* What this factor's items begin with in text that was phrased: "ga0101-" (the suffix may be nothing: "ga0101="). */
bool hj212_phrase_is_of(const struct hj212_phrase_factor *f, const char *item, size_t n);

/* The DataTime of a record: its label, or the window's end where the platform wants that of windows. */
int64_t hj212_phrase_label(const struct hj_wording *w, enum hj_kind kind, int64_t label_ms, int64_t length_ms);

/* Items of a statistics record: f-Cou,f-Min,f-Avg,f-Max,f-Flag in the map's words; a value that is absent is left
 * out, so that a point without any is `f-Flag=B` alone. Nothing is appended where no point of the record is the
 * uplink's. */
int hj212_phrase_statistics(
        const struct hj212_phrase_map *m, const struct hj_stat *stats, size_t count, struct hj_buf *to);

/* Items of real-time data: f-Rtd,f-Flag. A value older than twice its interval, or absent, is `f-Flag=B` alone: never
 * a stale one. */
struct hj212_phrase_newest {
	uint32_t point;
	int64_t time_ms;
	double value;
	enum hj_flag flag;
};
int hj212_phrase_realtime(const struct hj212_phrase_map *m, const struct hj212_phrase_newest *newest, size_t count,
        int64_t now_ms, struct hj_buf *to);

/* CN of a kind's upload: 2051, 2061, 2031, 2021, 2041, 2081, 3020; 0 = it is not uploaded. */
int hj212_phrase_cn(enum hj_kind kind);
/* i21001-Info=//text//, at most HJ212_PHRASE_LOG_MAX bytes of whole characters of the platform's encoding; what would
 * end the text is replaced. */
#define HJ212_PHRASE_LOG_MAX 840 /* with its names and the DataTime one packet */
int hj212_phrase_log(const struct hj212_phrase_map *m, const char *text, struct hj_buf *to);
int hj212_phrase_poweron(int64_t end_ms, struct hj_buf *to); /* RestartTime=... */
/* SB1-RS=1;SB2-RS=0 of kind status, SB1-RT=1.1 of kind runtime; what no frame can say is left out. */
int hj212_phrase_equipment(const struct hj212_phrase_map *m, enum hj_kind kind, const struct hj_equipment *list,
        size_t count, struct hj_buf *to);

/* The items of any record that is uploaded; nothing is appended where none of it is for this platform. */
struct hj212_phrase_record {
	enum hj_kind kind;
	const struct hj_stats *stats;         /* of the statistics kinds */
	const struct hj_equipment *equipment; /* of states and hours */
	size_t equipment_count;
	int64_t end_ms;   /* of a power failure */
	const char *text; /* of a log; may be NULL */
};
int hj212_phrase_record(const struct hj212_phrase_map *m, const struct hj212_phrase_record *r, struct hj_buf *to);

/* Where the items are cut: at most HJ212_PHRASE_PIECES packets of all parts together. The record is the platform's
 * when every one of them is acknowledged. */
#define HJ212_PHRASE_PIECES 1024
#define HJ212_PHRASE_HEAD   "DataTime=YYYYMMDDhhmmss;" /* before each piece */
struct hj212_phrase_cut {
	unsigned count;
	struct {
		char st[HJ212_PHRASE_ST_MAX + 1]; /* "" = the uplink's */
		uint16_t first, count;            /* of its pieces */
	} parts[HJ212_PHRASE_PARTS];
	unsigned part_count;
	struct {
		uint32_t at;
		uint16_t n;
		uint8_t part;
	} pieces[HJ212_PHRASE_PIECES]; /* the last member: a copy that is kept has `count` of them */
};
/* cp_max: as hj212_phrase_room() says; where PNUM needs more digits than that counts, less is used of it. -EMSGSIZE:
 * an item that is too long, or too many pieces or parts; -EBADMSG: a mark that is none. Then *ret has no
 * piece. */
int hj212_phrase_cut(struct hj212_slice items, size_t cp_max, struct hj212_phrase_cut *ret);
/* A copy for as long as it is wanted, no longer than it need be: free(). NULL: no memory. */
struct hj212_phrase_cut *hj212_phrase_cut_keep(const struct hj212_phrase_cut *c);
/* The CP of piece i (from 0): "DataTime=...;" and the piece. The length, or -EMSGSIZE. */
int hj212_phrase_cp(
        const struct hj212_phrase_cut *c, const char *items, unsigned i, int64_t label_ms, char *to, size_t size);
/* What its header says beside: PNUM and PNO count the packets of its own ST only, 0 where that is one packet. */
struct hj212_phrase_place {
	const char *st; /* NULL = the uplink's; else inside *c */
	unsigned pnum, pno;
};
struct hj212_phrase_place hj212_phrase_place(const struct hj212_phrase_cut *c, unsigned i);

/* Who speaks: what is the same in each frame to a platform. */
struct hj212_phrase_sender {
	const char *st, *mn, *pw;
	enum hj212_crc crc;
	enum hj212_edition edition; /* the Flag says so */
	bool crc_lower;             /* the letters of its CRC */
	bool unanswered;            /* no acknowledgement is asked for */
};
/* Bytes of a CP that fit beside its header, where PNUM has two digits at most, for hj212_phrase_cut(). */
size_t hj212_phrase_room(const struct hj212_phrase_sender *s);
/* One packet of an upload, whole, with CR LF: its length, or -EMSGSIZE. `size` at
 * least HJ212_FRAME_MAX. */
struct hj212_phrase_packet {
	const struct hj212_phrase_cut *cut;
	const char *items;
	unsigned index; /* from 0 */
	int cn;
	int64_t label_ms, qn_ms;
};
int hj212_phrase_frame(
        const struct hj212_phrase_sender *s, const struct hj212_phrase_packet *p, char *to, size_t size);
/* Login or heartbeat, whose CP is as it is configured. Likewise. */
int hj212_phrase_own(
        const struct hj212_phrase_sender *s, int cn, const char *cp, int64_t qn_ms, char *to, size_t size);
/* What the platform should answer to the CN `asked` under this QN: CN 9014, or 9013. Likewise. */
int hj212_phrase_answer(const struct hj212_phrase_sender *s, int cn, int asked, int64_t qn_ms, char *to, size_t size);

/* ---- phrase_made_up.c: values that nobody has measured ---- */
/* Of every factor in the map, whether the store has told of its point or not. With HJ_FLAG_LINK there are no values,
 * as where no meter answers. */
int hj212_phrase_made_up_realtime(
        const struct hj212_phrase_map *m, enum hj_flag flag, int64_t now_ms, struct hj_buf *to);
int hj212_phrase_made_up_statistics(const struct hj212_phrase_map *m, struct hj_buf *to);
bool hj212_phrase_map_is_known(const struct hj212_phrase_map *m); /* has the store told of any of its points? */
