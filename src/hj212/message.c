/* Data segments to messages and back; see hj212_message.h. Slices of the caller's bytes, nothing copied on the way
 * in. Whatever can be understood is, and what was odd about it is a bit: only a segment with neither CN nor CP is
 * refused. */
#include "hjgate/hj212_message.h"
#include "scan.h"
#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define HEAD     6 /* "##" and four digits before the data */
#define CN_MAX   9999
#define FLAG_MAX 255
#define PNUM_MAX 9999

/* ---- header fields: table 3 of the standard, in its order, and RF of 2025 ---- */

static void take_qn(struct hj212_message *m, struct hj212_slice value)
{
	m->qn = value;
}

static void take_st(struct hj212_message *m, struct hj212_slice value)
{
	m->st = value;
	if (value.n != 2)
		m->odd |= HJ212_ODD_ST;
}

static uint64_t number(struct hj212_message *m, struct hj212_slice value, uint64_t most)
{
	uint64_t n;

	if (!hj_uint_parse(value.p, value.n, most, &n))
		return n;
	m->odd |= HJ212_ODD_FIELD;
	return UINT64_MAX;
}

static void take_cn(struct hj212_message *m, struct hj212_slice value)
{
	uint64_t n = number(m, value, CN_MAX);

	m->cn = n == UINT64_MAX ? 0 : (int)n;
}

static void take_pw(struct hj212_message *m, struct hj212_slice value)
{
	m->pw = value;
}

static void take_mn(struct hj212_message *m, struct hj212_slice value)
{
	m->mn = value;
	if (value.n != 24 && value.n != 20 && value.n != 14)
		m->odd |= HJ212_ODD_MN;
}

static void take_flag(struct hj212_message *m, struct hj212_slice value)
{
	uint64_t n = number(m, value, FLAG_MAX);

	m->flag = n == UINT64_MAX ? HJ212_FLAG_UNREADABLE : (int)n;
}

static void take_pnum(struct hj212_message *m, struct hj212_slice value)
{
	uint64_t n = number(m, value, PNUM_MAX);

	m->pnum = n == UINT64_MAX ? 0 : (unsigned)n;
}

static void take_pno(struct hj212_message *m, struct hj212_slice value)
{
	uint64_t n = number(m, value, PNUM_MAX);

	m->pno = n == UINT64_MAX ? 0 : (unsigned)n;
}

static void take_rf(struct hj212_message *m, struct hj212_slice value)
{
	m->again = number(m, value, 1) == 1;
}

static const struct row {
	const char *name;
	size_t n;
	void (*take)(struct hj212_message *m, struct hj212_slice value);
} rows[] = {
	{ "QN", 2, take_qn },
	{ "ST", 2, take_st },
	{ "CN", 2, take_cn },
	{ "PW", 2, take_pw },
	{ "MN", 2, take_mn },
	{ "Flag", 4, take_flag },
	{ "PNUM", 4, take_pnum },
	{ "PNO", 3, take_pno },
	{ "RF", 2, take_rf },
};

/* The row of a name, hj_array_size(rows) for none. */
static size_t row_find(struct hj212_message *m, struct hj212_slice name)
{
	for (size_t i = 0; i < hj_array_size(rows); i++)
		if (rows[i].n == name.n && !strncasecmp(rows[i].name, name.p, name.n)) {
			if (memcmp(rows[i].name, name.p, name.n))
				m->odd |= HJ212_ODD_FIELD;
			return i;
		}
	return hj_array_size(rows);
}

struct header {
	unsigned seen; /* bits by row */
	size_t next;
};

static void take_field(struct hj212_message *m, struct header *h, size_t i, struct hj212_slice value)
{
	if (i == hj_array_size(rows)) {
		m->odd |= HJ212_ODD_FIELD;
		return;
	}
	if (i < h->next)
		m->odd |= HJ212_ODD_ORDER;
	if (h->seen & 1u << i) {
		m->odd |= HJ212_ODD_ORDER;
		return;
	}
	h->seen |= 1u << i;
	h->next = i + 1;
	rows[i].take(m, value);
}

/* ---- decoding ---- */

static const char *skip_blanks(struct hj212_message *m, const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t')) {
		m->odd |= HJ212_ODD_SEPARATOR;
		p++;
	}
	return p;
}

/* The last "&&" of p..end, or NULL. */
static const char *last_ands(const char *p, const char *end)
{
	for (const char *q = end - 2; q >= p; q--)
		if (q[0] == '&' && q[1] == '&')
			return q;
	return NULL;
}

/* p is behind "CP=". */
static void take_cp(struct hj212_message *m, const char *p, const char *end)
{
	const char *close;

	p = skip_blanks(m, p, end);
	if (end - p >= 2 && p[0] == '&' && p[1] == '&')
		p += 2;
	else
		m->odd |= HJ212_ODD_SEPARATOR;
	close = last_ands(p, end);
	if (!close || close + 2 != end)
		m->odd |= HJ212_ODD_SEPARATOR;
	m->cp = (struct hj212_slice){ p, (size_t)((close ? close : end) - p) };
}

static bool is_cp(const char *p, const char *end)
{
	return end - p >= 3 && p[0] == 'C' && p[1] == 'P' && p[2] == '=';
}

/* Mostly the order is the standard's: is it the next row's name that stands at p, with its "="? */
static bool is_next(const struct header *h, const char *p, const char *end)
{
	const struct row *row = &rows[h->next];

	return h->next < hj_array_size(rows) && (size_t)(end - p) > row->n && p[row->n] == '=' &&
	       !memcmp(row->name, p, row->n);
}

/* The name at p and its row; returns where the value begins. */
static const char *header_name(
        struct hj212_message *m, const struct header *h, const char *p, const char *end, size_t *ret_row)
{
	const char *start = p;

	if (is_next(h, p, end)) {
		*ret_row = h->next;
		return p + rows[h->next].n + 1;
	}
	p = hj212_find_separator(p, end, '=');
	*ret_row = row_find(m, (struct hj212_slice){ start, (size_t)(p - start) });
	return p < end && *p == '=' ? p + 1 : p;
}

/* One header field at p; returns where the next begins. A value stops at "CP=&&" too: "Flag=5CP=&&" has been printed.
 */
static const char *header_field(struct hj212_message *m, struct header *h, const char *p, const char *end)
{
	struct hj212_slice value;
	const char *start;
	size_t row;

	p = header_name(m, h, p, end, &row);
	start = p;
	p = hj212_find_separator(p, end, '&');
	if (p < end && *p == '&' && p - start >= 3 && is_cp(p - 3, end))
		p -= 3;
	value = (struct hj212_slice){ start, (size_t)(p - start) };
	while (value.n && value.p[value.n - 1] == ' ')
		value.n--;
	take_field(m, h, row, value);
	if (p == end || *p != ';')
		m->odd |= HJ212_ODD_SEPARATOR;
	if (p < end && (*p == ';' || *p == ',' || *p == '&'))
		p++;
	return p;
}

/* HJ/T 212-2005 has it there. */
static struct hj212_slice qn_in_cp(const struct hj212_message *m)
{
	struct hj212_slice qn = hj212_message_get(m, "QN", false);

	for (size_t i = 0; i < qn.n; i++)
		if (qn.p[i] < '0' || qn.p[i] > '9')
			return (struct hj212_slice){ NULL, 0 };
	return qn;
}

static bool is_qn(struct hj212_slice qn)
{
	int64_t ms;

	return qn.n == HJ_TIME17_LEN && !hj_time_parse(qn.p, qn.n, &ms);
}

static void check_qn_and_flag(struct hj212_message *m)
{
	if (!m->qn.n) {
		m->qn = qn_in_cp(m);
		m->odd |= m->qn.n ? HJ212_ODD_QN_IN_CP : HJ212_ODD_NO_QN;
	}
	if (m->qn.n && !is_qn(m->qn))
		m->odd |= HJ212_ODD_QN;
	if (m->flag < 0)
		m->odd |= HJ212_ODD_NO_FLAG;
}

int hj212_message_decode(const char *data, size_t n, struct hj212_message *ret)
{
	struct hj212_message m = { .flag = HJ212_FLAG_ABSENT };
	struct header h = { 0 };
	const char *p = data, *end = data + n;
	bool cp = false;

	while (p < end && !cp) {
		p = skip_blanks(&m, p, end);
		cp = is_cp(p, end);
		if (cp)
			take_cp(&m, p + 3, end);
		else if (p < end)
			p = header_field(&m, &h, p, end);
	}
	if (!cp && !m.cn)
		return -EBADMSG;
	if (!cp)
		m.odd |= HJ212_ODD_NO_CP;
	check_qn_and_flag(&m);
	*ret = m;
	return 0;
}

struct hj212_slice hj212_message_get(const struct hj212_message *m, const char *name, bool fold)
{
	const size_t n = strlen(name);
	struct hj212_fields fields;
	struct hj212_field f;

	hj212_fields_init(&fields, m->cp);
	while (hj212_fields_next(&fields, &f) > 0)
		if (f.name.n == n && !(fold ? strncasecmp(f.name.p, name, n) : memcmp(f.name.p, name, n)))
			return f.value;
	return (struct hj212_slice){ NULL, 0 };
}

/* ---- encoding ---- */

/* A bounded writer: once something does not fit, nothing more is written. */
struct out {
	char *p, *end;
	bool full;
};

static void put(struct out *o, struct hj212_slice s)
{
	o->full |= s.n > (size_t)(o->end - o->p);
	if (o->full || !s.n)
		return;
	memcpy(o->p, s.p, s.n);
	o->p += s.n;
}

static void put_field(struct out *o, struct hj212_slice name, struct hj212_slice value)
{
	if (!value.n)
		return;
	put(o, name);
	put(o, value);
	put(o, HJ212_SLICE(";"));
}

static void put_number(struct out *o, struct hj212_slice name, unsigned value, ptrdiff_t least)
{
	char digits[12], *const end = digits + sizeof(digits), *p = end;

	for (; value || end - p < least; value /= 10)
		*--p = (char)('0' + value % 10);
	put_field(o, name, (struct hj212_slice){ p, (size_t)(end - p) });
}

int hj212_message_encode(const struct hj212_message *m, char *to, size_t size)
{
	struct out o = { .p = to, .end = to + size };

	put_field(&o, HJ212_SLICE("QN="), m->qn);
	put_field(&o, HJ212_SLICE("ST="), m->st);
	if (m->cn)
		put_number(&o, HJ212_SLICE("CN="), (unsigned)m->cn, 4);
	put_field(&o, HJ212_SLICE("PW="), m->pw);
	put_field(&o, HJ212_SLICE("MN="), m->mn);
	if (m->flag >= 0)
		put_number(&o, HJ212_SLICE("Flag="), (unsigned)m->flag, 1);
	if (m->pnum)
		put_number(&o, HJ212_SLICE("PNUM="), m->pnum, 1);
	if (m->pno)
		put_number(&o, HJ212_SLICE("PNO="), m->pno, 1);
	if (m->again)
		put(&o, HJ212_SLICE("RF=1;"));
	put(&o, HJ212_SLICE("CP=&&"));
	put(&o, m->cp);
	put(&o, HJ212_SLICE("&&"));
	return o.full ? -EMSGSIZE : o.p - to;
}

int hj212_message_frame(const struct hj212_message *m, enum hj212_crc dialect, char *to, size_t size)
{
	int n = size > HEAD ? hj212_message_encode(m, to + HEAD, size - HEAD) : -EMSGSIZE;

	return n < 0 ? n : hj212_frame_encode(dialect, to + HEAD, (size_t)n, to, size);
}
