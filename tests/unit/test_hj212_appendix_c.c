/* HJ 212-2017, Appendix A and C, both ways. tests/data/appendix-c.txt has every example with what it holds, field by
 * field, and the slips of its print. Here each is read, field by field, and written again; and what of them this
 * gateway says is made by what makes it in earnest: answers by a session that was asked, uploads from records. */
#include "hj212_examples.h"
#include "hj212_talk.h"

#include <math.h>

#include "hjgate/buf.h"
#include "hjgate/cleanup.h"
#include "hjgate/clock.h"
#include "hjgate/hj212_phrase.h"
#include "hjgate/stats.h"

#define FACTORS      3
#define MINUTE_LABEL 1470012000000LL /* 2016-08-01 08:40:00 in Beijing */
#define HOUR_LABEL   1470009600000LL /* 08:00:00 */
#define DAY_LABEL    1469980800000LL /* 00:00:00 */
#define NEXT_DAY     1470067200001LL /* 2016-08-02 00:00:00.001 */
#define SPLIT_QN_MS  534
#define SECOND_START (WALL - 223)    /* 08:58:57 */
#define POWER_ON     1470012984000LL /* 08:56:24 */

/* ---- read, and written again ---- */

/* The next expected line is "NAME VALUE"; absent fields have none. `fold`: the print has the name in other case. */
static void expect_line(const struct example *e, size_t *at, const char *name, struct hj212_slice value, bool fold)
{
	char want[LINE_MAX_LEN], got[LINE_MAX_LEN];
	size_t n = strlen(name);

	if (!value.n)
		return;
	if (*at == e->field_count)
		fail_msg("%s: %s is too much", e->where, name);
	snprintf(want, sizeof(want), "%s", e->fields[(*at)++]);
	snprintf(got, sizeof(got), "%s %.*s", name, (int)value.n, value.p);
	if (fold && !strncasecmp(want, got, n))
		memcpy(want, got, n);
	assert_string_equal(got, want);
}

static void expect_number(const struct example *e, size_t *at, const char *name, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	expect_line(e, at, name, (struct hj212_slice){ text, value > 0 ? strlen(text) : 0 }, false);
}

static void expect_fields(const struct example *e, const struct hj212_message *m, bool fold)
{
	struct hj212_fields fields;
	struct hj212_field f;
	size_t at = 0;

	expect_line(e, &at, "QN", m->qn, false);
	expect_line(e, &at, "ST", m->st, false);
	expect_number(e, &at, "CN", m->cn);
	expect_line(e, &at, "PW", m->pw, false);
	expect_line(e, &at, "MN", m->mn, false);
	expect_number(e, &at, "Flag", m->flag);
	expect_number(e, &at, "PNUM", (int)m->pnum);
	expect_number(e, &at, "PNO", (int)m->pno);
	hj212_fields_init(&fields, m->cp);
	while (hj212_fields_next(&fields, &f) > 0) {
		char name[64];

		snprintf(name, sizeof(name), "%u %.*s", f.item, (int)f.name.n, f.name.p);
		expect_line(e, &at, name, f.value, fold);
	}
	assert_int_equal(at, e->field_count);
}

static void each_is_read_field_by_field(void **state)
{
	for (size_t i = 0; i < example_count; i++) {
		const struct example *e = &examples[i];
		struct hj212_frame f;
		struct hj212_message m;

		assert_int_equal(hj212_frame_decode(e->frame, strlen(e->frame), &f), strlen(e->frame));
		assert_true(f.crc_ok && f.dialect == HJ212_CRC_ANNEXA && f.quirks == HJ212_QUIRK_TAIL);
		assert_int_equal(hj212_message_decode(f.data, f.n, &m), 0);
		assert_int_equal(m.odd, 0);
		expect_fields(e, &m, false);
	}
}

/* What comes out of the fields is the example again; of its slips nothing is left. */
static void expect_written(const struct example *e, const struct hj212_message *m)
{
	char cp[HJ212_CP_MAX], frame[HJ212_FRAME_MAX];
	struct hj212_area area = { .p = cp, .size = sizeof(cp) };
	struct hj212_message again = *m;
	struct hj212_fields fields;
	struct hj212_field f;
	int n;

	hj212_fields_init(&fields, m->cp);
	while (hj212_fields_next(&fields, &f) > 0)
		assert_int_equal(hj212_area_put(&area, &f), 0);
	again.cp = (struct hj212_slice){ cp, area.n };
	n = hj212_message_frame(&again, HJ212_CRC_ANNEXA, frame, sizeof(frame));
	assert_int_equal(n, strlen(e->frame) + 2);
	assert_memory_equal(frame, e->frame, strlen(e->frame));
	assert_memory_equal(frame + n - 2, "\r\n", 2);
}

static void each_is_written_byte_for_byte(void **state)
{
	for (size_t i = 0; i < example_count; i++) {
		struct hj212_frame f;
		struct hj212_message m;

		assert_true(hj212_frame_decode(examples[i].frame, strlen(examples[i].frame), &f) > 0);
		assert_int_equal(hj212_message_decode(f.data, f.n, &m), 0);
		expect_written(&examples[i], &m);
	}
}

static void slips_of_the_print_are_read_and_not_written(void **state)
{
	unsigned slips = 0;

	for (size_t i = 0; i < example_count; i++)
		for (size_t k = 0; k < examples[i].printed_count; k++, slips++) {
			const struct example *e = &examples[i];
			char frame[HJ212_FRAME_MAX], *data;
			unsigned long odd = strtoul(e->printed[k], &data, 10);
			struct hj212_frame f;
			struct hj212_message m;
			int n = hj212_frame_encode(
			        HJ212_CRC_ANNEXA, data + 1, strlen(data + 1), frame, sizeof(frame));

			assert_int_equal(hj212_frame_decode(frame, (size_t)n, &f), n);
			assert_int_equal(hj212_message_decode(f.data, f.n, &m), 0);
			assert_int_equal(m.odd, odd);
			expect_fields(e, &m, true);
			if (!strcasestr(e->printed[k], "overtime"))
				expect_written(e, &m);
		}
	assert_true(slips >= 10);
}

/* ---- what the gateway answers ---- */

static void feed_example(struct talk *t, const struct example *e)
{
	assert_false(e->up);
	hj212_session_input(t->s, e->frame, strlen(e->frame), t->now);
	hj212_session_input(t->s, "\r\n", 2, t->now);
}

static void expect_example(struct talk *t, const struct example *e)
{
	assert_true(e->up);
	take_output(t);
	assert_true(t->looked < t->sent_count);
	assert_string_equal(t->sent[t->looked], e->frame);
	t->looked++;
}

static void expect_ready(struct talk *t)
{
	expect_example(t, example("C.1", 1));
}

static void expect_done(struct talk *t)
{
	expect_example(t, example("C.1", 2));
}

/* C.1, C.6, C.8, C.10 and, last since the password is another one then, C.9: 9011, done, 9012. C.11: 9013 alone. */
static void settings_are_taken_as_printed(void **state)
{
	static const char *const places[] = { "C.1", "C.6", "C.8", "C.10", "C.9" };
	struct talk *t = *state;

	for (size_t i = 0; i < hj_array_size(places); i++) {
		feed_example(t, example(places[i], 0));
		expect_ready(t);
		expect_request_and_do(t);
		expect_done(t);
	}
	assert_int_equal(hj212_session_settings(t->s)->over_time, 5);
	assert_int_equal(hj212_session_settings(t->s)->re_count, 3);
	assert_int_equal(hj212_session_settings(t->s)->rtd_interval, 30);
	assert_int_equal(hj212_session_settings(t->s)->min_interval, 10);
	assert_true(hj212_session_settings(t->s)->rtd_on);
	assert_string_equal(hj212_session_settings(t->s)->pw, "654321");
}

static void a_notice_is_answered_as_printed(void **state)
{
	struct talk *t = *state;

	feed_example(t, example("C.11", 0));
	expect_request_and_do(t);
	take_output(t);
	assert_int_equal(t->sent_count, 1);
	assert_string_equal(t->sent[0], example("C.4", 1)->frame); /* the other way there */
	assert_false(hj212_session_settings(t->s)->rtd_on);
}

/* C.5 and C.7: 9011, the value with the request's QN and Flag 4, 9012. */
static void intervals_are_told_as_printed(void **state)
{
	static const struct {
		const char *set, *get;
	} rows[] = { { "C.6", "C.5" }, { "C.8", "C.7" } };
	struct talk *t = *state;

	for (size_t i = 0; i < hj_array_size(rows); i++) {
		feed_example(t, example(rows[i].set, 0));
		expect_request_and_do(t);
		skip_output(t);
		feed_example(t, example(rows[i].get, 0));
		expect_ready(t);
		expect_example(t, example(rows[i].get, 1));
		expect_done(t);
	}
}

/* C.14 and C.50: what is uploaded waits for the 9014 of its own QN. */
static void the_printed_9014_acknowledges(void **state)
{
	struct talk *t = *state;

	upload(t, 1, "DataTime=20160801085857");
	feed_example(t, example("C.50", 1)); /* another's QN */
	expect_nothing(t);
	feed_example(t, example("C.14", 1));
	expect_acked(t, 1);
	t->now.wall_ms += SPLIT_QN_MS - 223;
	upload(t, 2, "DataTime=20160801080000");
	feed_example(t, example("C.50", 1));
	expect_acked(t, 2);
	upload(t, 3, "DataTime=20160801080000");
	feed_example(t, example("C.50", 3));
	expect_acked(t, 3);
}

/* ---- what the gateway uploads, from records ---- */

struct upload_row {
	const char *where;
	unsigned nth;
	enum hj_kind kind;
	const char *st;
	int64_t label_ms, qn_ms;
	struct hj_stat stats[FACTORS];
	size_t stat_count;
	struct hj_equipment equipment[2];
	int64_t end_ms;
};

#define STAT(number, total, least, mean, most)                                                                       \
	{                                                                                                            \
		.point = number, .flag = HJ_FLAG_NORMAL, .cou = total, .min = least, .avg = mean, .max = most,       \
		.last = NAN                                                                                          \
	}

static const struct upload_row uploads[] = {
	{ "C.15", 0, HJ_KIND_STATUS, "32", SECOND_START, WALL, .equipment = { { "SB1", 1 }, { "SB2", 0 } } },
	{ "C.16", 0, HJ_KIND_MINUTE, "32", MINUTE_LABEL, MINUTE_LABEL + 600001,
	        .stats = { STAT(1, 10.5, 16.4, 17.5, 20.1), STAT(2, NAN, 7.1, 7.5, 7.8),
	                STAT(3, 10.5, 40.1, 40.1, 40.1) },
	        .stat_count = 3 },
	{ "C.17", 0, HJ_KIND_HOUR, "32", HOUR_LABEL, HOUR_LABEL + 3600001,
	        .stats = { STAT(1, 63.0, 16.4, 17.5, 20.1), STAT(2, NAN, 7.1, 7.5, 7.8),
	                STAT(3, 63.0, 40.1, 40.1, 40.1) },
	        .stat_count = 3 },
	{ "C.18", 0, HJ_KIND_DAY, "32", DAY_LABEL, NEXT_DAY,
	        .stats = { STAT(1, 1512.0, 16.4, 17.5, 20.1), STAT(2, NAN, 7.1, 7.5, 7.8),
	                STAT(3, 2142.0, 40.1, 40.1, 40.1) },
	        .stat_count = 3 },
	{ "C.19", 0, HJ_KIND_RUNTIME, "32", DAY_LABEL, NEXT_DAY, .equipment = { { "SB1", 1.1 }, { "SB2", 2.1 } } },
	{ "C.24", 0, HJ_KIND_POWERON, "32", SECOND_START, WALL, .end_ms = POWER_ON },
};

static void make_map(struct hj212_phrase_map *m)
{
	static const char *const factors[FACTORS] = { "w00000", "w01001", "w01018" };

	*m = (struct hj212_phrase_map){ .all = false };
	for (unsigned i = 0; i < FACTORS; i++) {
		struct hj_point p = { .number = i + 1 };
		struct hj_wanted w = { .point = p.name, .factor = factors[i], .decimals = 1 };

		snprintf(p.name, sizeof(p.name), "outlet.%s", factors[i]);
		snprintf(p.factor, sizeof(p.factor), "%s", factors[i]);
		assert_int_equal(hj212_phrase_map_add(m, &w), 0);
		assert_int_equal(hj212_phrase_map_learn(m, &p), 0);
	}
}

static void items_of(const struct upload_row *row, struct hj_buf *to)
{
	struct hj212_phrase_map map;
	struct hj_stats stats = { .stats = (struct hj_stat *)row->stats, .count = row->stat_count };
	struct hj212_phrase_record record = { .kind = row->kind,
		.stats = &stats,
		.equipment = row->equipment,
		.equipment_count = row->equipment[0].name[0] ? 2 : 0,
		.end_ms = row->end_ms };

	make_map(&map);
	assert_int_equal(hj212_phrase_record(&map, &record, to), 0);
	hj212_phrase_map_done(&map);
}

static void expect_packet(const struct upload_row *row, const struct hj212_phrase_cut *cut, const char *items,
        unsigned index, const struct example *e)
{
	struct hj212_phrase_sender sender = {
		.st = row->st, .mn = MN, .pw = "123456", .crc = HJ212_CRC_ANNEXA, .edition = HJ212_2017
	};
	struct hj212_phrase_packet packet = { .cut = cut,
		.items = items,
		.index = index,
		.cn = hj212_phrase_cn(row->kind),
		.label_ms = row->label_ms,
		.qn_ms = row->qn_ms + index };
	char frame[HJ212_FRAME_MAX + 1];
	int n = hj212_phrase_frame(&sender, &packet, frame, sizeof(frame));

	assert_true(e->up && n > 2);
	frame[n - 2] = '\0';
	assert_string_equal(frame, e->frame);
}

static void records_become_the_examples(void **state)
{
	for (size_t i = 0; i < hj_array_size(uploads); i++) {
		struct hj_buf items = { 0 };
		struct hj212_phrase_cut cut;

		items_of(&uploads[i], &items);
		assert_int_equal(
		        hj212_phrase_cut((struct hj212_slice){ items.data, items.len }, HJ212_CP_FITS, &cut), 0);
		assert_int_equal(cut.count, 1);
		expect_packet(&uploads[i], &cut, items.data, 0, example(uploads[i].where, 0));
		hj_buf_done(&items);
	}
}

/* C.50: the hour of C.17 in two packets, each with its own QN. */
static void a_record_is_split_as_printed(void **state)
{
	struct upload_row hour = uploads[2];
	struct hj_buf items = { 0 };
	struct hj212_phrase_cut cut;
	size_t room =
	        strlen(example("C.50", 0)->frame) - strlen("##0260") -
	        strlen("QN=20160801085857534;ST=32;CN=2061;PW=123456;MN=" MN ";Flag=7;PNUM=2;PNO=1;CP=&&&&D941");

	hour.qn_ms = SECOND_START + SPLIT_QN_MS;
	items_of(&hour, &items);
	assert_int_equal(hj212_phrase_cut((struct hj212_slice){ items.data, items.len }, room, &cut), 0);
	assert_int_equal(cut.count, 2);
	expect_packet(&hour, &cut, items.data, 0, example("C.50", 0));
	expect_packet(&hour, &cut, items.data, 1, example("C.50", 2));
	hj_buf_done(&items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_read_field_by_field),
		cmocka_unit_test(each_is_written_byte_for_byte),
		cmocka_unit_test(slips_of_the_print_are_read_and_not_written),
		T(settings_are_taken_as_printed),
		T(a_notice_is_answered_as_printed),
		T(intervals_are_told_as_printed),
		T(the_printed_9014_acknowledges),
		cmocka_unit_test(records_become_the_examples),
		cmocka_unit_test(a_record_is_split_as_printed),
	};

	return cmocka_run_group_tests(tests, load_examples, unload_examples);
}
