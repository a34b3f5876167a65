/* A record's JSON straight from its packed form. What it writes is what hj_record_to_json() and the encoder write,
 * but for the digits of a number, which are as few as read back to the last bit. */
#include "hjgate/record_json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "hjgate/decimal.h"
#include "record_json_private.h"

#define UINT_TEXT 20                                                    /* digits of 64 bits */
#define HEAD_TEXT (4 * (UINT_TEXT + 1) + 2 * HJ_ID_BYTES + 2 * 16 + 96) /* of a record's head: names are below 16 */
#define STAT_TEXT (3 * UINT_TEXT + 5 * HJ_DECIMAL_TEXT + 32)            /* bytes of one point at the most */

static char *put_uint(char *to, uint64_t value)
{
	char digits[UINT_TEXT], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	memcpy(to, at, (size_t)(digits + sizeof(digits) - at));
	return to + (digits + sizeof(digits) - at);
}

static char *put_int(char *to, int64_t value)
{
	if (value < 0)
		*to++ = '-';
	return put_uint(to, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static char *put_words(char *to, const char *words)
{
	size_t n = strlen(words);

	memcpy(to, words, n);
	return to + n;
}

static char *put_value(char *to, double value)
{
	*to++ = ',';
	if (isfinite(value))
		return to + hj_decimal_text(value, to);
	memcpy(to, "null", 4);
	return to + 4;
}

static int put_stat(struct hj_buf *to, const struct hj_stat *s, bool first)
{
	char text[STAT_TEXT], *at = text;

	if (!first)
		*at++ = ',';
	*at++ = '[';
	at = put_uint(at, s->point);
	*at++ = ',';
	*at++ = '"';
	*at++ = (char)s->flag;
	*at++ = '"';
	*at++ = ',';
	at = put_uint(at, s->expected);
	*at++ = ',';
	at = put_uint(at, s->got);
	at = put_value(at, s->cou);
	at = put_value(at, s->min);
	at = put_value(at, s->avg);
	at = put_value(at, s->max);
	at = put_value(at, s->last);
	*at++ = ']';
	return hj_buf_put(to, text, (size_t)(at - text));
}

/* How many were wanted. */
static int put_stats(const void *body, size_t n, hj_record_wants_fn wants, void *userdata, struct hj_buf *to)
{
	struct hj_stats_reader reader;
	struct hj_stat s;
	int count = 0, more, r = hj_stats_read(body, n, &reader);

	r = r < 0 ? r : hj_buf_put(to, ",\"stats\":[", 10);
	if (r < 0)
		return r;
	while ((more = hj_stats_next(&reader, &s)) > 0) {
		int wanted = wants ? wants(s.point, userdata) : 1;

		if (wanted < 0) { /* nor will one of the others be */
			more = 0;
			break;
		}
		if (!wanted)
			continue;
		r = put_stat(to, &s, !count);
		if (r < 0)
			return r;
		count++;
	}
	r = more < 0 ? more : hj_buf_put(to, "]}", 2);
	return r < 0 ? r : count;
}

static int put_text(const char *text, size_t n, void *userdata)
{
	return hj_buf_put(userdata, text, n) < 0 ? -1 : 0;
}

/* The few kinds that hold an object of their own. */
static int put_tree(const struct hj_head *head, const void *body, size_t n, struct hj_buf *to)
{
	json_t *j;
	int r = hj_record_to_json(head, body, n, &j);

	if (r < 0)
		return r;
	r = json_dump_callback(j, put_text, to, JSON_COMPACT | JSON_REAL_PRECISION(17)) < 0 ? -ENOMEM : 1;
	json_decref(j);
	return r;
}

static int put_head(const struct hj_head *h, struct hj_buf *to)
{
	char text[HEAD_TEXT], *at = text;

	at = put_uint(put_words(at, "{\"seq\":"), h->seq);
	at = put_words(put_words(at, ",\"kind\":\""), hj_kind_name((enum hj_kind)h->kind));
	at = put_int(put_words(at, "\",\"label\":"), h->label_ms);
	at = put_uint(put_words(at, ",\"length\":"), h->length_ms);
	at = put_words(at, ",\"boot\":\"");
	record_json_id(h->boot_id, at);
	at += 2 * HJ_ID_BYTES;
	at = put_int(put_words(at, "\",\"boottime\":"), h->boottime_ms);
	at = put_words(put_words(at, ",\"trust\":\""), hj_trust_name((enum hj_trust)h->trust));
	*at++ = '"';
	return hj_buf_put(to, text, (size_t)(at - text));
}

int hj_record_write_json(const struct hj_head *head, const void *body, size_t n, hj_record_wants_fn wants,
        void *userdata, struct hj_buf *to)
{
	size_t before = to->len;
	int r;

	if (!hj_kind_is_statistics((enum hj_kind)head->kind)) {
		r = put_tree(head, body, n, to);
	} else {
		r = put_head(head, to);
		r = r < 0 ? r : put_stats(body, n, wants, userdata, to);
		/* Without a choice, a record of no points is one, too. */
		r = r == 0 && !wants ? 1 : hj_min(r, 1);
	}
	if (r <= 0)
		to->len = before;
	return r;
}
