/* Splitting and joining (HJ 212-2017 C.47-C.50); see hj212_message.h. A long CP goes out as PNUM packets, cut between
 * items, each with the DataTime before it, and comes in the same way. The bytes of a join are the caller's; what does
 * not follow on is refused and forgotten. */
#include "hjgate/hj212_message.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* ---- splitting ---- */

/* Takes items from *fields while they fit into `most` bytes. 1: *ret is the piece; 0: none is left; -EMSGSIZE. */
static int piece_next(struct hj212_fields *fields, size_t most, struct hj212_slice *ret)
{
	struct hj212_field field;
	const char *start = NULL, *stop = NULL;

	for (;;) {
		struct hj212_fields before = *fields;
		const char *first;

		if (hj212_fields_next(fields, &field) <= 0)
			break;
		first = field.name.n ? field.name.p : field.value.p;
		while (fields->before == ',' && hj212_fields_next(fields, &field) > 0)
			;
		if (!start)
			start = first;
		if ((size_t)(field.value.p + field.value.n - start) > most) {
			*fields = before;
			if (!stop)
				return -EMSGSIZE;
			break;
		}
		stop = field.value.p + field.value.n;
	}
	if (!stop)
		return 0;
	*ret = (struct hj212_slice){ start, (size_t)(stop - start) };
	return 1;
}

int hj212_split(struct hj212_slice items, size_t head_bytes, size_t cp_max,
        int (*fn)(unsigned pno, struct hj212_slice piece, void *userdata), void *userdata)
{
	struct hj212_fields fields;
	struct hj212_slice piece;
	unsigned pno = 0;
	int r;

	if (head_bytes >= cp_max)
		return -EMSGSIZE;
	hj212_fields_init(&fields, items);
	while ((r = piece_next(&fields, cp_max - head_bytes, &piece)) > 0) {
		r = fn ? fn(++pno, piece, userdata) : (int)(++pno, 0);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : (int)pno;
}

/* ---- joining ---- */

enum { REPEAT = 1 };

void hj212_join_init(struct hj212_join *j, char *data)
{
	*j = (struct hj212_join){ .data = data };
}

/* The CP behind its DataTime. */
static struct hj212_slice without_datatime(struct hj212_slice cp)
{
	struct hj212_fields fields;
	struct hj212_field field;

	hj212_fields_init(&fields, cp);
	if (hj212_fields_next(&fields, &field) <= 0 || field.name.n != strlen("DataTime") ||
	        strncasecmp(field.name.p, "DataTime", field.name.n) != 0)
		return cp;
	return (struct hj212_slice){ fields.p, (size_t)(fields.end - fields.p) };
}

static int join_add(struct hj212_join *j, struct hj212_slice piece)
{
	const size_t separator = j->n && piece.n;

	if (piece.n + separator > HJ212_JOIN_MAX - j->n)
		return -EBADMSG;
	if (separator)
		j->data[j->n++] = ';';
	if (piece.n)
		memcpy(j->data + j->n, piece.p, piece.n);
	j->n += piece.n;
	j->next++;
	return 0;
}

static bool same_exchange(const struct hj212_join *j, const struct hj212_message *m, const char *datatime)
{
	return j->next > 1 && j->pnum == m->pnum && j->cn == m->cn && !strcmp(j->datatime, datatime);
}

static int join_packet(struct hj212_join *j, const struct hj212_message *m)
{
	struct hj212_slice time = hj212_message_get(m, "DataTime", true);
	char datatime[sizeof(j->datatime)] = "";

	if (time.n && time.n < sizeof(datatime))
		memcpy(datatime, time.p, time.n);
	if (same_exchange(j, m, datatime)) {
		if (m->pno + 1 == j->next && j->pnum > 1)
			return REPEAT;
		if (m->pno == j->next)
			return join_add(j, without_datatime(m->cp));
	}
	if (m->pno != 1 || m->pnum > HJ212_JOIN_PACKETS)
		return -EBADMSG;
	j->n = 0;
	j->next = 1;
	j->pnum = m->pnum;
	j->cn = m->cn;
	memcpy(j->datatime, datatime, sizeof(datatime));
	return join_add(j, m->cp);
}

int hj212_join_put(struct hj212_join *j, const struct hj212_message *m, struct hj212_slice *ret_cp)
{
	int r;

	if (!m->pnum) {
		*ret_cp = m->cp;
		return 1;
	}
	r = m->pno > m->pnum ? -EBADMSG : join_packet(j, m);
	if (r < 0) {
		hj212_join_init(j, j->data);
		return r;
	}
	/* What is complete is kept, so that a repeat of the last packet is known for one. */
	if (r == REPEAT || j->next <= j->pnum)
		return 0;
	*ret_cp = (struct hj212_slice){ j->data, j->n };
	return 1;
}
