/* What the forms of an export share. A form gets the records one by one, in the order of the store, and writes to
 * x->out.f; it keeps nothing that grows with their number. */
#pragma once

#include "ask.h"
#include "hjgate/record_json.h"
#include "outfile.h"
#include "progress.h"
#include "writer.h"

struct export_form;

struct export
{
	const struct cli *cli;
	/* as asked for */
	struct cli_list kind_names;
	const char *point, *format, *uplink, *path;
	int64_t from, to;
	bool quiet;         /* the caller says what was made */
	uint64_t *left_out; /* how many could not be read, which is no failure then; NULL: it is one */
	/* as understood */
	const struct export_form *form;
	enum hj_kind kinds[HJ_KIND_MOST];
	size_t kind_count;
	enum hj_kind kind; /* the one in hand */
	struct hj_dictionary points;
	struct outfile out;
	struct export_frames *frames; /* of the form hj212 */
	uint64_t records;             /* handed over, of all kinds */
	uint64_t rows;                /* points' windows that were wanted */
};

struct export_form {
	const char *name, *suffix;
	bool table; /* the columns depend on the kind: a file holds one kind */
	/* Each -errno; all but record may be NULL. prepare: once, before anything else; > 0 is an exit status, said
	 * already. head: at the begin of each file. */
	int (*prepare)(struct export *x);
	int (*head)(struct export *x);
	int (*learn)(struct export *x, const struct hj_point *p);
	int (*record)(struct export *x, const struct hj_record *r);
	void (*done)(struct export *x);
	/* Length of the stretches that are asked for one by one; 0 = the whole span. */
	int64_t (*stretch)(const struct export *x);
	int (*stretch_end)(struct export *x, int64_t label_ms);
};

/* An export under way. */
struct exporting {
	struct export x;
	const char *socket;
	bool removable, folder;
	char file[PATH_MAX];
	uint64_t after, kind_records, unreadable, passed; /* passed: over by the store, where it was only looked */
	size_t page;
	int64_t begun_ms, oldest_ms,
	        label_ms; /* this export; of the first record there is; of the newest that came */
	int failed;       /* -errno of the form, or of writing */
	struct cli_progress progress;
	struct writer *w;
};

/* The span in which there can be something, for people. */
int64_t export_begin(const struct exporting *e);
int64_t export_end(const struct exporting *e);
/* Every record of e->x.kind that is wanted, handed to the form. The exit status; e->failed where the form or the
 * writing failed. */
int export_read(struct exporting *e);
/* The whole intervals of `step` that have ended and of which something is wanted; false: there is none. */
bool export_stretches(const struct exporting *e, int64_t step, int64_t *ret_begin, int64_t *ret_end);

extern const struct export_form export_csv, export_jsonl, export_hj212;

/* NULL: there is none of this name. NULL and "" mean csv. */
const struct export_form *export_form_of(const char *format);
/* Do these two go together? uplink NULL: none was named. 0, or HJ_EXIT_USAGE: said already. */
int export_form_check(const struct cli *cli, const char *format, const char *uplink);

/* What `hjgate export` does, for other commands: the fields "as asked for" are set. The exit status. */
int export_run(struct cli *cli, const struct export *what);

/* Is this one meant? The point of `stat`, or NULL where the store has not told of it. */
bool export_wants(struct export *x, const struct hj_stat *stat, const struct hj_point **ret);
/* A value as text that gives the same double back where it has at most 9 decimals or digits; "" for none. */
#define EXPORT_NUMBER_LEN 40
const char *export_number(double value, char ret[EXPORT_NUMBER_LEN]);
