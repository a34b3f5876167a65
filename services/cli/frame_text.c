/* A frame for people: the verdict first, then the header with what its numbers mean, then the fields. Nothing of it
 * steers the terminal: the writer cleans what peers sent. */
#include <string.h>

#include "frame.h"
#include "hjgate/clock.h"
#include "writer.h"

static const struct writer_column columns[] = {
	{ NULL, N_("ITEM"), true },
	{ NULL, N_("NAME"), false },
	{ NULL, N_("VALUE"), false },
};

static void row(struct writer *w, const char *label, struct hj212_slice value, const char *about)
{
	_cleanup_free_ char *text = frame_text(value);
	char line[256];

	if (!value.n || !text)
		return;
	snprintf(line, sizeof(line), "%s%s%s", text, about && *about ? "  " : "", about ? about : "");
	writer_field(w, NULL, label, STYLE_PLAIN, NULL, line);
}

static void number_row(struct writer *w, const char *label, const char *number, const char *about)
{
	row(w, label, (struct hj212_slice){ number, strlen(number) }, about);
}

static void show_flag(struct writer *w, int flag)
{
	static const char *const editions[] = { "HJ/T 212-2005", "HJ 212-2017", "HJ 212-2025" };
	const unsigned version = (unsigned)flag >> 2;
	char number[16], about[128];

	if (flag < 0)
		return;
	snprintf(number, sizeof(number), "%d", flag);
	snprintf(about, sizeof(about), "%s, %s%s", version < hj_array_size(editions) ? editions[version] : "?",
	        flag & HJ212_FLAG_ACK ? _("an answer is wanted") : _("no answer is wanted"),
	        flag & HJ212_FLAG_SPLIT ? _(", in packets") : "");
	number_row(w, "Flag", number, about);
}

static void show_header(struct writer *w, const struct hj212_message *m)
{
	char text[64], qn[HJ_TIME_HUMAN_LEN + 1] = "";
	const char *about = frame_cn_about(m->cn);
	int64_t ms;

	if (m->qn.n && !hj_time_parse(m->qn.p, m->qn.n, &ms))
		hj_time_human(ms, true, qn);
	row(w, "QN", m->qn, qn);
	row(w, "ST", m->st, NULL);
	snprintf(text, sizeof(text), "%04d", m->cn);
	if (m->cn)
		number_row(w, "CN", text, about ? _(about) : NULL);
	if (m->pw.n)
		number_row(w, "PW", FRAME_MASKED, NULL);
	row(w, "MN", m->mn, NULL);
	show_flag(w, m->flag);
	snprintf(text, sizeof(text), _("%u of %u"), m->pno, m->pnum);
	if (m->pnum || m->pno)
		number_row(w, _("packet"), text, NULL);
}

static void add_names(char *to, size_t size, unsigned bits, const char *(*name)(unsigned bit))
{
	for (unsigned bit = 0; name(bit); bit++)
		if (bits & 1u << bit)
			snprintf(to + strlen(to), size - strlen(to), "%s%s", *to ? ", " : "", name(bit));
}

static void show_frame(struct writer *w, const struct frame_seen *seen)
{
	char text[64], odd[256] = "";

	if (seen->declared == seen->frame.n)
		snprintf(text, sizeof(text), "%u", seen->declared);
	else
		snprintf(text, sizeof(text), _("%u, but the data has %zu bytes"), seen->declared, seen->frame.n);
	writer_field(w, NULL, _("length"), seen->quirks & HJ212_QUIRK_LENGTH ? STYLE_BAD : STYLE_PLAIN, NULL, text);
	snprintf(text, sizeof(text), "%04X  %s", seen->frame.crc,
	        seen->frame.crc_ok ? hj212_crc_name(seen->frame.dialect)
	        : seen->masked     ? _("not checked: the password is masked")
	                           : _("wrong in every dialect"));
	writer_field(w, NULL, "CRC", seen->frame.crc_ok || seen->masked ? STYLE_PLAIN : STYLE_BAD, NULL, text);
	add_names(odd, sizeof(odd), seen->quirks, hj212_quirk_name);
	if (seen->understood)
		add_names(odd, sizeof(odd), seen->message.odd, hj212_odd_name);
	if (*odd)
		writer_field(w, NULL, _("odd"), STYLE_WARN, NULL, odd);
}

static void show_fields(struct writer *w, struct hj212_slice cp)
{
	struct hj212_fields fields;
	struct hj212_field f;

	writer_table(w, NULL, columns, hj_array_size(columns));
	hj212_fields_init(&fields, cp);
	while (hj212_fields_next(&fields, &f) > 0) {
		_cleanup_free_ char *name = frame_text(f.name), *value = frame_text(f.value);
		char item[16];

		snprintf(item, sizeof(item), "%u", f.item + 1);
		writer_cell(w, STYLE_DIM, NULL, item);
		writer_cell(w, STYLE_PLAIN, NULL, name ? name : "");
		writer_cell(w, STYLE_PLAIN, NULL, frame_is_secret(f.name) ? FRAME_MASKED : value ? value : "");
	}
	writer_table_end(w);
}

void frame_show_text(const struct frame_seen *seen, FILE *out)
{
	_cleanup_(writer_freep) struct writer *w = NULL;

	if (writer_new(out, WRITER_TEXT, writer_colour(out), &w) < 0)
		return;
	if (seen->ok)
		writer_say(w, STYLE_GOOD, "%s", _("a right frame"));
	else
		writer_say(w, STYLE_BAD, _("bad: %s"), _(seen->error));
	if (seen->understood)
		show_header(w, &seen->message);
	if (seen->framed)
		show_frame(w, seen);
	if (seen->understood && seen->message.cp.n)
		show_fields(w, seen->message.cp);
	writer_say(w, STYLE_PLAIN, "%s", "");
}
