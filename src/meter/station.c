/* Frames with a station's digits, for dlt645.c and cjt188.c: see station.h. What comes before 68H is passed over, be
 * it FEH or a spur of the line turning round, but only so much of it. Pure. */
#include "station.h"

#include <errno.h>
#include <string.h>

#define LEAD_MOST  32 /* bytes before 68H */
#define TAIL_BYTES 2  /* the sum, 16H */
#define END        0x16

static int broken(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EBADMSG;
}

static uint8_t sum(const uint8_t *p, size_t n)
{
	uint8_t all = 0;

	while (n--)
		all = (uint8_t)(all + *p++);
	return all;
}

static bool is_digits(uint8_t byte)
{
	return byte == HJ_STATION_ANY || (byte >> 4 <= 9 && (byte & 0xf) <= 9);
}

bool station_put(const struct station_form *form, const struct hj_question *q, uint8_t *to)
{
	for (unsigned i = 0; i < HJ_STATION_BYTES; i++) {
		uint8_t byte = q->station[HJ_STATION_BYTES - 1 - i];

		if (i >= form->digits && byte)
			return false;
		if (i < form->digits && !is_digits(byte))
			return false;
		if (i < form->digits)
			to[i] = byte;
	}
	return true;
}

void station_get(const struct station_form *form, const uint8_t *p, uint8_t ret[HJ_STATION_BYTES])
{
	memset(ret, 0, HJ_STATION_BYTES);
	for (unsigned i = 0; i < form->digits; i++)
		ret[HJ_STATION_BYTES - 1 - i] = p[form->station + i];
}

size_t station_close(uint8_t *frame, size_t n)
{
	frame[n] = sum(frame, n);
	frame[n + 1] = END;
	return n + TAIL_BYTES;
}

/* Why this byte cannot stand in an answer to q; NULL where it can. */
static const char *refuse(const struct station_form *form, const struct hj_question *q, unsigned at, uint8_t byte)
{
	uint8_t asked;

	if (at < form->station || at >= form->station + form->digits)
		return form->refuse(q, at, byte);
	asked = q->station[HJ_STATION_BYTES - 1 - (at - form->station)];
	return asked == HJ_STATION_ANY || asked == byte ? NULL : "answer of another station";
}

int station_measure(const struct station_form *form, const struct hj_question *q, const uint8_t *p, size_t n,
        const char **ret_why)
{
	size_t lead = 0, whole;

	while (lead < n && p[lead] != STATION_START)
		lead++;
	if (lead > LEAD_MOST)
		return broken(ret_why, "not an answer");
	p += lead;
	n -= lead;
	for (unsigned at = 1; at < n && at <= form->control; at++) {
		const char *why = refuse(form, q, at, p[at]);

		if (why)
			return broken(ret_why, why);
	}
	if (n < form->control + 2)
		return 0;
	if (p[form->control + 1] > STATION_DATA_MOST)
		return broken(ret_why, "answer too long");
	whole = form->control + 2 + p[form->control + 1] + TAIL_BYTES;
	return n < whole ? 0 : (int)(lead + whole);
}

int station_open(const struct station_form *form, const struct hj_question *q, const uint8_t *p, size_t n,
        const uint8_t **ret_frame, const char **ret_why)
{
	const char *why = "answer broke off";
	int whole = station_measure(form, q, p, n, &why);
	size_t length = n;

	if (whole <= 0 || (size_t)whole != n)
		return broken(ret_why, why);
	while (*p != STATION_START) {
		p++;
		length--;
	}
	if (p[length - 1] != END)
		return broken(ret_why, "no end of the answer");
	if (p[length - 2] != sum(p, length - TAIL_BYTES))
		return broken(ret_why, "wrong sum");
	*ret_frame = p;
	return 0;
}

int station_request(const struct station_form *form, const uint8_t *p, size_t n, struct hj_question *ret,
        const uint8_t **ret_frame)
{
	size_t lead = 0, whole;

	while (lead < n && lead < LEAD_MOST && p[lead] == STATION_WAKE)
		lead++;
	p += lead;
	n -= lead;
	if (n < form->control + 2 || p[0] != STATION_START || p[form->control] & STATION_CODE)
		return 0;
	whole = form->control + 2 + p[form->control + 1] + TAIL_BYTES;
	if (n < whole || p[form->control + 1] > STATION_DATA_MOST || p[whole - 1] != END ||
	        p[whole - 2] != sum(p, whole - TAIL_BYTES))
		return 0;
	*ret = (struct hj_question){ .table = HJ_TABLE_DATA };
	station_get(form, p, ret->station);
	*ret_frame = p;
	return (int)(lead + whole);
}

bool station_overlap(const struct hj_question *a, const struct hj_question *b)
{
	for (unsigned i = 0; i < HJ_STATION_BYTES; i++)
		if (a->station[i] != b->station[i] && a->station[i] != HJ_STATION_ANY &&
		        b->station[i] != HJ_STATION_ANY)
			return false;
	return true;
}
