/* long because: one reader, and the two methods and the followers that are nothing without it. */
/* Read and Query: committed records in pages of a quarter of a message, written as text right from the rows. The next
 * page is made when the client has read the one before, from where it stopped, so the longest backlog costs one page
 * of memory. A live reader is a position, too: it is behind or it waits. A search looks at so many rows in a turn of
 * the loop, and a page that is not complete then goes on with the next. */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "hjgate/record_json.h"

#define PAGE_BYTES      (60u << 10) /* of records and points; with what is around them it stays below 64 KB */
#define POINT_BYTES     220         /* of JSON, for a point at the most */
#define SCAN_ROWS       1024        /* that are looked at, before others have their turn: 5 ms on a PC */
#define QUERY_LIMIT     1000
#define QUERY_LIMIT_MAX 10000

/* One page in the making; without text there is none. */
struct page {
	struct hj_buf text; /* the records so far */
	json_t *points;
	size_t records;
	size_t rows;     /* that were looked at in this turn */
	bool full;       /* more would not fit, or is not wanted */
	bool paused;     /* others have their turn first */
	uint64_t expect; /* of an owed stretch: the seq that comes next if none is missing */
	uint64_t passed; /* over by the store, before this turn and elsewhere */
	uint64_t met;    /* passed over below the reader's next */
};

struct reader {
	struct reader *next_reader;
	struct stored *s;
	struct hj_ipc_call *call;
	struct uplink *uplink; /* NULL: every record */
	bool query;            /* by kind and label */
	unsigned kinds;
	bool one_point; /* only what is in `wanted` */
	int64_t begin_ms, end_ms;
	uint64_t next, to, left; /* next seq; last seq; how many more */
	uint64_t left_out;       /* of a query: rows that this page could not read, up to its last record */
	bool live, idle;         /* idle: all that is committed has been sent */
	struct told told;
	struct told wanted; /* a point keeps its name's older numbers */
	uint32_t least_wanted, most_wanted;
	struct page page;
};

bool read_goes_on(const struct stored *s, const struct uplink *u)
{
	for (const struct reader *r = s->readers; r; r = r->next_reader)
		if (r->uplink == u)
			return true;
	return false;
}

static void page_done(struct page *p)
{
	hj_buf_done(&p->text);
	json_decref(p->points);
	*p = (struct page){ .records = 0 };
}

static void reader_free(struct reader *r)
{
	struct reader **at = &r->s->readers;

	if (r->uplink)
		owed_note_asked(r->s, r->uplink);
	while (*at != r)
		at = &(*at)->next_reader;
	*at = r->next_reader;
	page_done(&r->page);
	hj_ipc_call_unref(r->call);
	free(r);
}

void read_free(struct stored *s)
{
	while (s->readers)
		reader_free(s->readers);
}

void read_hang_up(struct stored *s)
{
	for (struct reader *r = s->readers; r; r = r->next_reader)
		hj_ipc_call_hang_up(r->call);
	read_free(s);
}

void read_points_moved(struct stored *s)
{
	for (struct reader *r = s->readers; r; r = r->next_reader)
		memset(&r->told, 0, sizeof(r->told));
}

void read_point_gone(struct stored *s, size_t index)
{
	for (struct reader *r = s->readers; r; r = r->next_reader) {
		told_drop(&r->told, index);
		told_drop(&r->wanted, index);
	}
}

/* ---- a page ---- */

/* Each point of the record on its way, in order: is it asked for? Then it is told once. */
static int wants_point(uint32_t number, void *userdata)
{
	struct reader *r = userdata;

	if (r->one_point && number > r->most_wanted)
		return -1;
	if (r->one_point && (number < r->least_wanted || !told_has(&r->wanted, dictionary_index(r->s, number))))
		return 0;
	told_point(&r->told, r->s, number, r->page.points);
	return 1;
}

static bool is_full(const struct page *p)
{
	return p->text.len + json_array_size(p->points) * POINT_BYTES > PAGE_BYTES;
}

/* Rows that the store has met and could not give: locked, or not what was written. */
static uint64_t passed_over(const struct stored *s)
{
	return s->unreadable + hj_ledger_unreadable(s->ledger) + hj_ledger_locked(s->ledger);
}

/* 1: it is in the page; 0: it is not for this reader, or cannot be read; -EAGAIN: it has no room. */
static int write_record(struct reader *r, const struct hj_head *head, const void *body, size_t n)
{
	struct page *p = &r->page;
	size_t before = p->text.len;
	int e = p->records ? hj_buf_put(&p->text, ",", 1) : 0;

	e = e < 0 ? e : hj_record_write_json(head, body, n, wants_point, r, &p->text);
	if (e > 0 && p->records && is_full(p))
		e = -EAGAIN;
	if (e <= 0)
		p->text.len = before;
	if (e == -EBADMSG) { /* unreadable: passed over, and owed no longer since it can never be sent */
		r->s->unreadable++;
		return 0;
	}
	return e;
}

/* The row is done with, whatever came of it. */
static void advance(struct reader *r, const struct hj_head *head)
{
	r->next = head->seq + 1;
	r->page.met = passed_over(r->s) - r->page.passed;
	r->page.rows++;
}

static int add_record(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct reader *r = userdata;
	struct page *p = &r->page;
	int e;

	p->full = !r->left;
	p->paused = !p->full && p->rows >= SCAN_ROWS;
	if (p->full || p->paused)
		return 1;
	if (r->query && void_covers(r->s, head)) {
		advance(r, head);
		return 0;
	}
	if (!body) { /* its key is not here: what is owed stays so, and is sent when the key has come */
		if (r->uplink)
			owed_remove_missing(r->s, r->uplink, p->expect, head->seq - 1);
		advance(r, head);
		p->expect = r->next;
		return 0;
	}
	e = write_record(r, head, body, n);
	p->full = e == -EAGAIN;
	if (p->full)
		return 1;
	if (e < 0)
		return e;
	if (e > 0 || r->one_point) { /* what is owed and unreadable is left to whoever finds it missing */
		advance(r, head);
		r->left_out = p->met;
	}
	if (!e)
		return 0;
	if (r->uplink)
		owed_remove_missing(r->s, r->uplink, p->expect, head->seq - 1);
	p->expect = head->seq + 1;
	r->left--;
	p->records++;
	return 0;
}

/* The stretch of owed seqs that holds the first one from r->next on. */
static bool next_stretch(const struct reader *r, uint64_t last, struct hj_range *ret)
{
	const struct hj_seqset *owed = &r->uplink->owed;

	for (size_t i = 0; i < owed->count; i++) {
		if (owed->ranges[i].to < r->next)
			continue;
		ret->from = hj_max(owed->ranges[i].from, r->next);
		ret->to = hj_min(owed->ranges[i].to, last);
		return ret->from <= ret->to;
	}
	return false;
}

static int fill_owed(struct reader *r, uint64_t last)
{
	struct page *p = &r->page;
	struct hj_range stretch;
	int e = 0;

	while (e >= 0 && next_stretch(r, last, &stretch)) {
		p->expect = stretch.from;
		e = hj_ledger_read(
		        r->s->ledger, stretch.from, stretch.to, OWED_KINDS | HJ_LEDGER_LOCKED, add_record, r);
		if (e < 0 || p->full || p->paused)
			break;
		owed_remove_missing(r->s, r->uplink, p->expect, stretch.to);
		r->next = stretch.to + 1;
	}
	return e;
}

/* After it, r->next is where to go on, beyond `last` when all has been read. What lies behind the last record that
 * was wanted is met again by whoever asks for more, and counted then. */
static int fill(struct reader *r)
{
	uint64_t last = hj_min(r->to, hj_ledger_last(r->s->ledger));
	struct page *p = &r->page;
	int e;

	p->passed = passed_over(r->s) - p->met;
	p->rows = 0;
	p->full = p->paused = false;
	if (r->uplink)
		e = fill_owed(r, last);
	else if (r->query)
		e = hj_ledger_read_labels(
		        r->s->ledger, r->next, r->begin_ms, r->end_ms, r->kinds | HJ_LEDGER_LOCKED, add_record, r);
	else
		e = hj_ledger_read(r->s->ledger, r->next, last, HJ_LEDGER_LOCKED, add_record, r);
	if (e < 0)
		return e;
	if (!p->full && !p->paused)
		r->next = hj_max(r->next, last + 1);
	if (!p->full && !p->paused && r->left)
		r->left_out = passed_over(r->s) - p->passed;
	else if (hj_ipc_call_more(r->call)) /* it goes on behind these */
		r->left_out = p->met;
	return e;
}

/* The clock may change while the disk is away. */
static uint64_t newest_seq(const struct stored *s)
{
	return s->ledger ? hj_ledger_last(s->ledger) : s->known.last;
}

static int put_state(struct reader *r, struct hj_buf *to)
{
	int64_t oldest;
	int e = hj_buf_printf(to, ",\"next\":%llu,\"head\":%llu", (unsigned long long)r->next,
	        (unsigned long long)newest_seq(r->s));

	if (e < 0 || !r->uplink)
		return e;
	e = hj_buf_printf(to, ",\"trust\":\"%s\",\"waiting\":%llu", hj_trust_name(r->s->trust.source),
	        (unsigned long long)hj_seqset_total(&r->uplink->owed));
	if (e >= 0 && owed_oldest(r->s, r->uplink, &oldest))
		e = hj_buf_printf(to, ",\"oldest\":%lld", (long long)oldest);
	return e;
}

static int put_json(const char *text, size_t n, void *userdata)
{
	return hj_buf_put(userdata, text, n) < 0 ? -1 : 0;
}

#define REPLY_BEGIN "{\"records\":["

/* What is behind the records. */
static int put_rest(struct reader *r, const json_t *points, struct hj_buf *to)
{
	int e = hj_buf_put(to, "],\"points\":", 11);

	if (e >= 0 && json_dump_callback(points, put_json, to, JSON_COMPACT | JSON_REAL_PRECISION(17)) < 0)
		e = -ENOMEM;
	if (e >= 0)
		e = r->query ? hj_buf_printf(to, ",\"left_out\":%llu", (unsigned long long)r->left_out)
		             : put_state(r, to);
	return e < 0 ? e : hj_buf_put(to, "}", 1);
}

static void send_page(struct reader *r);

static void reader_drained(struct hj_ipc_call *call, void *userdata)
{
	send_page(userdata);
}

/* Ends the call where this was all, or goes on. */
static void send_reply(struct reader *r)
{
	struct page *p = &r->page;
	bool more = hj_ipc_call_more(r->call), goes_on;

	r->idle = !p->full && !p->paused;
	goes_on = more && r->left && (!r->idle || r->live);
	hj_ipc_reply_text(r->call, p->text.data, p->text.len, goes_on);
	page_done(p);
	if (!goes_on)
		reader_free(r);
	else if (!r->idle)
		hj_ipc_call_on_drain(r->call, reader_drained, r);
}

static int begin_page(struct reader *r)
{
	struct page *p = &r->page;

	if (p->points)
		return 0; /* it goes on */
	r->left_out = 0;
	p->points = json_array();
	return p->points ? hj_buf_put(&p->text, REPLY_BEGIN, strlen(REPLY_BEGIN)) : -ENOMEM;
}

static void send_page(struct reader *r)
{
	struct page *p = &r->page;
	int e = disk_trouble(r->s);

	e = e < 0 ? e : begin_page(r);
	e = e < 0 ? e : disk_note(r->s, fill(r));
	/* Who asked for more hears that it goes on. */
	if (e >= 0 && p->paused && !hj_ipc_call_more(r->call)) {
		hj_ipc_call_on_drain(r->call, reader_drained, r);
		return;
	}
	e = e < 0 ? e : put_rest(r, p->points, &p->text);
	if (e < 0) {
		api_fail(r->call, e == -ENOMEM ? -EIO : e, "records", 0);
		reader_free(r);
	} else {
		send_reply(r);
	}
}

static void reader_left(struct hj_ipc_call *call, void *userdata)
{
	reader_free(userdata);
}

static int begin(const struct reader *like, struct hj_ipc_call *call)
{
	struct reader *r = malloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	*r = *like;
	r->call = hj_ipc_call_ref(call);
	r->next_reader = r->s->readers;
	r->s->readers = r;
	hj_ipc_call_on_left(call, reader_left, r);
	send_page(r);
	return 0;
}

/* ---- the live ones ---- */

void read_committed(struct stored *s)
{
	struct reader *r = s->readers, *next;

	for (; r; r = next) {
		next = r->next_reader;
		if (r->live && r->idle && r->next <= hj_ledger_last(s->ledger))
			send_page(r);
	}
}

/* Without a record, to who has had all there are; others learn it with the next page. */
static void tell_state(struct reader *r)
{
	_cleanup_(hj_buf_done) struct hj_buf text = { 0 };
	_cleanup_json_ json_t *none = json_array();

	if (!none || !r->live || !r->idle)
		return;
	if (hj_buf_put(&text, REPLY_BEGIN, strlen(REPLY_BEGIN)) >= 0 && put_rest(r, none, &text) >= 0)
		hj_ipc_reply_text(r->call, text.data, text.len, true);
}

/* Who follows an uplink's records learns that it owes more again. */
void read_owed_again(struct stored *s, const struct uplink *u)
{
	for (struct reader *r = s->readers; r; r = r->next_reader)
		if (r->uplink == u && !hj_ipc_call_queued(r->call))
			tell_state(r);
}

/* All uplinks learn whether the clock is trusted, also who has not yet read the answer before. */
void read_trust_changed(struct stored *s)
{
	for (struct reader *r = s->readers; r; r = r->next_reader)
		if (r->uplink)
			tell_state(r);
}

/* ---- the methods ---- */

static int find_uplink(struct hj_ipc_call *call, struct stored *s, const char *name, struct uplink **ret)
{
	int e;

	if (hj_ipc_call_right(call) != HJ_PEER)
		return -EPERM;
	e = owed_get(s, name, ret);
	if (e >= 0)
		owed_note_asked(s, *ret);
	return e < 0 ? e : 0;
}

int api_read(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct reader r = { .s = userdata };
	const char *uplink = NULL, *bad;
	int64_t from = 1, to = INT64_MAX, limit = INT64_MAX;
	const struct hj_param table[] = {
		{ "uplink", HJ_PARAM_STRING, false, &uplink },
		{ "from", HJ_PARAM_INT, false, &from },
		{ "to", HJ_PARAM_INT, false, &to },
		{ "limit", HJ_PARAM_INT, false, &limit },
		{ "live", HJ_PARAM_BOOL, false, &r.live },
	};
	int e;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (from < 0 || to < 0 || limit < 1)
		return hj_ipc_fail_parameter(call, from < 0 ? "from" : to < 0 ? "to" : "limit");
	if (r.live && !hj_ipc_call_more(call))
		return hj_ipc_fail_parameter(call, "live");
	e = disk_trouble(r.s);
	if (e < 0)
		return api_fail(call, e, "records", 0);
	e = uplink ? find_uplink(call, userdata, uplink, &r.uplink) : 0;
	if (e == -EPERM)
		return hj_ipc_fail(call, HJ_IPC_ERROR_DENIED, NULL);
	if (e == -EINVAL)
		return hj_ipc_fail(call, "hjgate.Store.NoSuchUplink", json_pack("{s:s}", "uplink", uplink));
	if (e < 0)
		return api_fail(call, e, "uplinks", STORED_UPLINKS_MAX);
	r.next = (uint64_t)hj_max(from, 1);
	r.to = (uint64_t)to;
	r.left = (uint64_t)limit;
	return begin(&r, call);
}

/* By its name or its factor, whatever number it had at the time. */
static void want_point(struct reader *r, const char *name)
{
	const struct hj_dictionary *d = &r->s->points;

	r->one_point = true;
	r->least_wanted = UINT32_MAX;
	for (size_t i = 0; i < d->count; i++) {
		const struct hj_point *p = &d->points[i];

		if (strcmp(p->name, name) && strcmp(p->factor, name))
			continue;
		told_mark(&r->wanted, i);
		r->least_wanted = hj_min(r->least_wanted, p->number);
		r->most_wanted = p->number;
	}
	if (!r->most_wanted)
		r->end_ms = r->begin_ms; /* nothing to look for */
}

int api_query(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct reader r = { .s = userdata, .query = true, .to = UINT64_MAX };
	const char *kind_name, *bad;
	int64_t after = 0, limit = QUERY_LIMIT;
	const char *point = NULL;
	bool newest = false;
	enum hj_kind kind;
	uint64_t from;
	const struct hj_param table[] = {
		{ "kind", HJ_PARAM_STRING, true, &kind_name },
		{ "begin", HJ_PARAM_INT, true, &r.begin_ms },
		{ "end", HJ_PARAM_INT, true, &r.end_ms },
		{ "after", HJ_PARAM_INT, false, &after },
		{ "limit", HJ_PARAM_INT, false, &limit },
		{ "newest", HJ_PARAM_BOOL, false, &newest },
		{ "point", HJ_PARAM_STRING, false, &point },
	};
	int e;

	if (hj_params_read(parameters, table, hj_array_size(table), &bad) < 0)
		return hj_ipc_fail_parameter(call, bad);
	if (hj_kind_parse(kind_name, &kind) < 0)
		return hj_ipc_fail_parameter(call, "kind");
	if (limit < 1 || after < 0)
		return hj_ipc_fail_parameter(call, limit < 1 ? "limit" : "after");
	r.begin_ms = hj_max(r.begin_ms, 0);
	r.end_ms = hj_min(r.end_ms, HJ_TIME_MAX_MS);
	r.kinds = 1u << kind;
	r.left = (uint64_t)hj_min(limit, QUERY_LIMIT_MAX);
	r.next = (uint64_t)after + 1;
	e = disk_trouble(r.s);
	if (e < 0)
		return api_fail(call, e, "records", 0);
	if (point && hj_kind_is_statistics(kind))
		want_point(&r, point);
	if (newest) {
		e = hj_ledger_find_newest(r.s->ledger, r.begin_ms, r.end_ms, r.kinds, r.left, &from);
		if (e < 0)
			return api_fail(call, e, "records", 0);
		r.next = hj_max(r.next, from);
	}
	return begin(&r, call);
}
