/* A frame as one JSON object on one line: for programs. Keys are always there, null where the frame has nothing.
 * Texts of peers may be no UTF-8 (older platforms send GBK): what JSON cannot hold is replaced, and passwords are
 * masked. */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "frame.h"
#include "json_text.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* The length of the UTF-8 character at p, 0 where it is none. */
static size_t character(const unsigned char *p, size_t n)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t k = *p < 0x80                 ? 1
	           : *p >= 0xC2 && *p < 0xE0 ? 2
	           : (*p & 0xF0) == 0xE0     ? 3
	           : *p >= 0xF0 && *p < 0xF5 ? 4
	                                     : 0;
	unsigned c = k == 1 ? *p : *p & (0xFFu >> (k + 1));

	if (!k || k > n)
		return 0;
	for (size_t i = 1; i < k; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3F);
	}
	return c < least[k] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000) || !c ? 0 : k;
}

char *frame_text(struct hj212_slice s)
{
	char *text = malloc(s.n * strlen(REPLACEMENT) + 1), *to = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < s.n;) {
		size_t k = character((const unsigned char *)s.p + i, s.n - i);

		memcpy(to, k ? s.p + i : REPLACEMENT, k ? k : strlen(REPLACEMENT));
		to += k ? k : strlen(REPLACEMENT);
		i += k ? k : 1;
	}
	*to = '\0';
	return text;
}

/* null where it is empty. */
static json_t *text_json(struct hj212_slice s)
{
	_cleanup_free_ char *text = s.n ? frame_text(s) : NULL;

	return text ? json_string(text) : json_null();
}

static json_t *fields_json(struct hj212_slice cp)
{
	json_t *list = json_array();
	struct hj212_fields fields;
	struct hj212_field f;

	hj212_fields_init(&fields, cp);
	while (hj212_fields_next(&fields, &f) > 0) {
		_cleanup_free_ char *name = frame_text(f.name), *value = frame_text(f.value);

		if (!name || !value)
			continue;
		json_array_append_new(
		        list, json_pack("{s:s, s:s, s:i}", "name", name, "value",
		                      frame_is_secret(f.name) ? FRAME_MASKED : value, "item", (int)f.item));
	}
	return list;
}

static void add_names(json_t *list, unsigned bits, const char *(*name)(unsigned bit))
{
	for (unsigned bit = 0; name(bit); bit++)
		if (bits & 1u << bit)
			json_array_append_new(list, json_string(name(bit)));
}

static json_t *odd_json(const struct frame_seen *seen)
{
	json_t *list = json_array();

	add_names(list, seen->quirks, hj212_quirk_name);
	if (seen->understood)
		add_names(list, seen->message.odd, hj212_odd_name);
	else if (seen->framed)
		json_array_append_new(list, json_string("no-message"));
	return list;
}

static json_t *crc_json(const struct frame_seen *seen)
{
	char text[8];

	if (!seen->framed || (seen->frame.quirks & HJ212_QUIRK_CRC_SHORT && !seen->frame.crc))
		return json_null();
	snprintf(text, sizeof(text), "%04X", seen->frame.crc);
	return json_string(text);
}

static json_t *number_json(int64_t value, bool there)
{
	return there ? json_integer(value) : json_null();
}

static json_t *cn_json(int cn)
{
	char text[16];

	snprintf(text, sizeof(text), "%04d", cn);
	return cn ? json_string(text) : json_null();
}

void frame_show_json(const struct frame_seen *seen, FILE *out)
{
	const struct hj212_message none = { .flag = HJ212_FLAG_ABSENT },
	                           *m = seen->understood ? &seen->message : &none;
	json_t *o = json_object();

	json_object_set_new(o, "ok", json_boolean(seen->ok));
	json_object_set_new(o, "length", number_json(seen->declared, seen->framed));
	json_object_set_new(o, "crc", crc_json(seen));
	json_object_set_new(o, "dialect",
	        seen->framed && seen->frame.crc_ok ? json_string(hj212_crc_name(seen->frame.dialect)) : json_null());
	json_object_set_new(o, "qn", text_json(m->qn));
	json_object_set_new(o, "st", text_json(m->st));
	json_object_set_new(o, "cn", cn_json(m->cn));
	json_object_set_new(o, "pw", m->pw.n ? json_string(FRAME_MASKED) : json_null());
	json_object_set_new(o, "mn", text_json(m->mn));
	json_object_set_new(o, "flag", number_json(m->flag, m->flag >= 0));
	json_object_set_new(o, "pnum", number_json(m->pnum, m->pnum > 0));
	json_object_set_new(o, "pno", number_json(m->pno, m->pno > 0));
	json_object_set_new(o, "fields", fields_json(m->cp));
	json_object_set_new(o, "odd", odd_json(seen));
	/* Not translated: programs compare it. */
	json_object_set_new(o, "error", seen->error ? json_string(seen->error) : json_null());
	cli_json_line(out, o);
	json_decref(o);
}
