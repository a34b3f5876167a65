/* Frames made of data segments, or of JSON objects like those that decoding prints: one a line. What is wrong with a
 * line is said with its number, and the other lines go on. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "frame.h"

#define LINE_BYTES (256u << 10) /* of a line: JSON of the greatest frame is far shorter */

struct encoder {
	const struct cli *cli;
	FILE *out;
	enum hj212_crc crc;
	const char *pw;
	unsigned line;
	bool bad;
};

static int refuse(struct encoder *e, const char *why)
{
	e->bad = true;
	cli_refused(e->cli, _("line %u: %s"), e->line, why);
	return -EINVAL;
}

static int write_frame(struct encoder *e, const char *data, size_t n)
{
	char frame[HJ212_FRAME_MAX];
	int r = hj212_frame_encode(e->crc, data, n, frame, sizeof(frame));

	if (r < 0)
		return refuse(e, _("more than 1024 bytes of data: it must be split into packets"));
	fwrite(frame, 1, (size_t)r, e->out);
	return 0;
}

/* ---- data segments ---- */

static int encode_segment(struct encoder *e, const char *data, size_t n)
{
	char again[HJ212_DATA_MAX];
	struct hj212_message m;
	int r;

	if (n >= 2 && data[0] == '#' && data[1] == '#')
		return refuse(e, _("this is a frame already: hjgate frame decode explains it"));
	if (!e->pw)
		return write_frame(e, data, n);
	if (hj212_message_decode(data, n, &m) < 0)
		return refuse(e, _("no message: neither CN nor CP is there"));
	m.pw = (struct hj212_slice){ e->pw, strlen(e->pw) };
	r = hj212_message_encode(&m, again, sizeof(again));
	return write_frame(e, again, r < 0 ? sizeof(again) + 1 : (size_t)r);
}

/* ---- JSON ---- */

static struct hj212_slice text_of(json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return (struct hj212_slice){ text, text ? strlen(text) : 0 };
}

/* A number, or a text of digits; `absent` where it is null or missing, -2 where it is neither. */
static int number_of(json_t *o, const char *key, int absent)
{
	json_t *value = json_object_get(o, key);
	uint64_t n;

	if (!value || json_is_null(value))
		return absent;
	if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= 9999)
		return (int)json_integer_value(value);
	if (json_is_string(value) && !hj_uint_parse(json_string_value(value), json_string_length(value), 9999, &n))
		return (int)n;
	return -2;
}

/* Each without `item` is an item of its own. */
static int put_fields(json_t *list, struct hj212_area *cp)
{
	json_t *field;
	size_t i;
	int r = 0;

	json_array_foreach(list, i, field)
	{
		json_t *item = json_object_get(field, "item");
		struct hj212_field f = { text_of(field, "name"), text_of(field, "value"), cp->item + 1 };

		if (!f.value.p)
			return -EINVAL;
		if (json_is_integer(item))
			f.item = (unsigned)json_integer_value(item);
		r = r ? r : hj212_area_put(cp, &f);
	}
	return r;
}

static int encode_json(struct encoder *e, json_t *o)
{
	char room[HJ212_DATA_MAX], data[HJ212_DATA_MAX];
	struct hj212_area cp = { .p = room, .size = sizeof(room) };
	struct hj212_message m = { .qn = text_of(o, "qn"),
		.st = text_of(o, "st"),
		.pw = text_of(o, "pw"),
		.mn = text_of(o, "mn"),
		.cn = number_of(o, "cn", 0),
		.flag = number_of(o, "flag", -1) };
	int pnum = number_of(o, "pnum", 0), pno = number_of(o, "pno", 0), r;

	if (m.cn == -2 || m.flag == -2 || m.flag > 255 || pnum < 0 || pno < 0)
		return refuse(e, _("cn, flag, pnum and pno are numbers"));
	if (!m.cn && !json_array_size(json_object_get(o, "fields")))
		return refuse(e, _("neither cn nor fields: there is nothing to send"));
	m.pnum = (unsigned)pnum;
	m.pno = (unsigned)pno;
	if (e->pw)
		m.pw = (struct hj212_slice){ e->pw, strlen(e->pw) };
	r = put_fields(json_object_get(o, "fields"), &cp);
	if (r == -EINVAL)
		return refuse(e, _("each of the fields needs a value that is a text"));
	m.cp = (struct hj212_slice){ room, cp.n };
	if (r >= 0)
		r = hj212_message_encode(&m, data, sizeof(data));
	return write_frame(e, data, r < 0 ? sizeof(data) + 1 : (size_t)r);
}

static int encode_json_line(struct encoder *e, const char *line, size_t n)
{
	json_error_t error;
	json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &error);
	int r = json_is_object(o) ? encode_json(e, o) : refuse(e, o ? _("no JSON object") : error.text);

	json_decref(o);
	return r;
}

/* ---- lines ---- */

static void encode_line(struct encoder *e, const char *line, size_t n)
{
	while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	if (!n || (line[0] == '#' && (n == 1 || line[1] == ' ')))
		return;
	if (line[0] == '{')
		encode_json_line(e, line, n);
	else
		encode_segment(e, line, n);
}

int frame_encode(const struct cli *cli, FILE *in, FILE *out, enum hj212_crc crc, const char *pw)
{
	struct encoder e = { .cli = cli, .out = out, .crc = crc, .pw = pw };
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, in)) >= 0) {
		e.line++;
		if ((size_t)n > LINE_BYTES)
			refuse(&e, _("a line of more than 256 KiB"));
		else
			encode_line(&e, line, (size_t)n);
	}
	return e.bad || ferror(in) ? HJ_EXIT_REFUSED : HJ_EXIT_OK;
}
