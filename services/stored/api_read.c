/* Read and Query: committed records in pages of at most half a message. The next page is made when the client has
 * read the one before, from where it stopped, so the longest backlog costs one page of memory. A live reader is a
 * position, too: it is behind or it waits. */
#include <errno.h>
#include <string.h>

#include "api.h"
#include "hjgate/record_json.h"

#define PAGE_BYTES      (HJ_IPC_MESSAGE_MAX / 2)
#define RECORD_BYTES    300 /* of JSON, for a record's head at the most */
#define STAT_RATIO      8   /* bytes of JSON for one packed byte of statistics, at the most */
#define RECEIPT_RATIO   24  /* the same for receipts */
#define POINT_BYTES     220 /* of JSON, for a point at the most */
#define QUERY_LIMIT     1000
#define QUERY_LIMIT_MAX 10000

struct reader {
	struct reader *next_reader;
	struct stored *s;
	struct hj_ipc_call *call;
	struct uplink *uplink; /* NULL: every record */
	bool query;            /* by kind and label */
	unsigned kinds;
	int64_t begin_ms, end_ms;
	uint64_t next, to, left; /* next seq; last seq; how many more */
	bool live, idle;         /* idle: all that is committed has been sent */
	struct told told;
};

/* One page in the making. */
struct page {
	struct reader *r;
	json_t *records, *points;
	size_t bytes;
	bool full;       /* more would not fit, or is not wanted */
	uint64_t expect; /* of an owed stretch: the seq that comes next if none is missing */
};

static void reader_free(struct reader *r)
{
	struct reader **at = &r->s->readers;

	while (*at != r)
		at = &(*at)->next_reader;
	*at = r->next_reader;
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

/* ---- a page ---- */

static void tell_points(struct page *p, const json_t *record)
{
	const json_t *stats = json_object_get(record, "stats"), *stat;
	size_t i;

	json_array_foreach(stats, i, stat)
	{
		uint32_t number = (uint32_t)json_integer_value(json_array_get(stat, 0));

		if (told_point(&p->r->told, p->r->s, number, p->points))
			p->bytes += POINT_BYTES;
	}
}

static int add_record(const struct hj_head *head, const void *body, size_t n, void *userdata)
{
	struct page *p = userdata;
	struct reader *r = p->r;
	size_t ratio = hj_kind_is_statistics(head->kind) ? STAT_RATIO
	               : head->kind == HJ_KIND_RECEIPT   ? RECEIPT_RATIO
	                                                 : 1;
	size_t bytes = RECORD_BYTES + ratio * n;
	json_t *j;
	int e;

	if (!r->left || (json_array_size(p->records) && p->bytes + bytes > PAGE_BYTES)) {
		p->full = true;
		return 1;
	}
	e = hj_record_to_json(head, body, n, &j);
	if (e == -ENOMEM)
		return e;
	if (e < 0) { /* unreadable: passed over, and owed no longer since it can never be sent */
		r->s->unreadable++;
		return 0;
	}
	if (r->uplink)
		owed_remove_missing(r->s, r->uplink, p->expect, head->seq - 1);
	p->expect = head->seq + 1;
	r->next = head->seq + 1;
	r->left--;
	p->bytes += bytes;
	tell_points(p, j);
	return json_array_append_new(p->records, j) < 0 ? -ENOMEM : 0;
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

static int fill_owed(struct page *p, uint64_t last)
{
	struct reader *r = p->r;
	struct hj_range stretch;
	int e = 0;

	while (e >= 0 && !p->full && next_stretch(r, last, &stretch)) {
		p->expect = stretch.from;
		e = hj_ledger_read(r->s->ledger, stretch.from, stretch.to, OWED_KINDS, add_record, p);
		if (e < 0 || p->full)
			break;
		owed_remove_missing(r->s, r->uplink, p->expect, stretch.to);
		r->next = stretch.to + 1;
	}
	return e;
}

/* After it, r->next is where to go on, beyond `last` when all has been read. */
static int fill(struct page *p)
{
	struct reader *r = p->r;
	uint64_t last = hj_min(r->to, hj_ledger_last(r->s->ledger));
	int e;

	if (r->uplink)
		e = fill_owed(p, last);
	else if (r->query)
		e = hj_ledger_read_labels(r->s->ledger, r->next, r->begin_ms, r->end_ms, r->kinds, add_record, p);
	else
		e = hj_ledger_read(r->s->ledger, r->next, last, 0, add_record, p);
	if (e >= 0 && !p->full)
		r->next = hj_max(r->next, last + 1);
	return e;
}

static void set_state(struct reader *r, json_t *reply)
{
	int64_t oldest;

	json_object_set_new(reply, "next", json_integer((json_int_t)r->next));
	json_object_set_new(reply, "head", json_integer((json_int_t)hj_ledger_last(r->s->ledger)));
	if (!r->uplink)
		return;
	json_object_set_new(reply, "waiting", json_integer((json_int_t)hj_seqset_total(&r->uplink->owed)));
	if (owed_oldest(r->s, r->uplink, &oldest))
		json_object_set_new(reply, "oldest", json_integer(oldest));
}

static void send_page(struct reader *r);

static void reader_drained(struct hj_ipc_call *call, void *userdata)
{
	send_page(userdata);
}

/* Ends the call where this was all, or goes on. */
static void send_reply(struct reader *r, const struct page *p)
{
	json_t *reply = json_pack("{s:O, s:O}", "records", p->records, "points", p->points);
	bool more = hj_ipc_call_more(r->call);

	if (!r->query)
		set_state(r, reply);
	r->idle = !p->full;
	if (!more || !r->left || (r->idle && !r->live)) {
		hj_ipc_reply(r->call, reply);
		reader_free(r);
		return;
	}
	hj_ipc_reply_more(r->call, reply);
	if (!r->idle)
		hj_ipc_call_on_drain(r->call, reader_drained, r);
}

static void send_page(struct reader *r)
{
	_cleanup_json_ json_t *records = json_array(), *points = json_array();
	struct page p = { .r = r, .records = records, .points = points };
	int e = disk_trouble(r->s);

	if (e >= 0)
		e = records && points ? fill(&p) : -ENOMEM;

	if (e < 0) {
		api_fail(r->call, e == -ENOMEM ? -EIO : e, "records", 0);
		reader_free(r);
		return;
	}
	send_reply(r, &p);
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

/* Who follows an uplink's records learns that it owes more again. */
void read_owed_again(struct stored *s, const struct uplink *u)
{
	for (struct reader *r = s->readers; r; r = r->next_reader) {
		json_t *reply;

		if (!r->live || !r->idle || r->uplink != u || hj_ipc_call_queued(r->call))
			continue;
		reply = json_pack("{s:[], s:[]}", "records", "points");
		set_state(r, reply);
		hj_ipc_reply_more(r->call, reply);
	}
}

/* ---- the methods ---- */

static int find_uplink(struct hj_ipc_call *call, struct stored *s, const char *name, struct uplink **ret)
{
	int e;

	if (hj_ipc_call_right(call) != HJ_PEER)
		return -EPERM;
	e = owed_get(s, name, ret);
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

int api_query(struct hj_ipc_call *call, json_t *parameters, void *userdata)
{
	struct reader r = { .s = userdata, .query = true, .to = UINT64_MAX };
	const char *kind_name, *bad;
	int64_t after = 0, limit = QUERY_LIMIT;
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
	if (newest) {
		e = hj_ledger_find_newest(r.s->ledger, r.begin_ms, r.end_ms, r.kinds, r.left, &from);
		if (e < 0)
			return api_fail(call, e, "records", 0);
		r.next = hj_max(r.next, from);
	}
	return begin(&r, call);
}
