/* Packets whole, as each edition has them: what stands in the header, what is left out, and what no packet can
 * hold. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hjgate/hj212_phrase.h"

#define QN   1470013137223LL /* 2016-08-01 08:58:57.223 in Beijing */
#define MARK "\x1d"

static char frame[HJ212_FRAME_MAX + 1];
static struct hj212_phrase_cut cut;

static struct hj212_phrase_sender sender(enum hj212_edition edition)
{
	return (struct hj212_phrase_sender){ .st = "32",
		.mn = "010000A8900016F000169DC0",
		.pw = "123456",
		.crc = HJ212_CRC_ANNEXA,
		.edition = edition };
}

/* The data segment of the frame, and that its length and sum are right. */
static const char *data_of(int n)
{
	static char data[HJ212_FRAME_MAX];
	char again[HJ212_FRAME_MAX + 1];
	int whole;

	assert_true(n > 12);
	frame[n] = '\0';
	snprintf(data, sizeof(data), "%.*s", n - 12, frame + 6);
	whole = hj212_frame_encode(HJ212_CRC_ANNEXA, data, strlen(data), again, sizeof(again));
	assert_int_equal(whole, n);
	assert_int_equal(strncasecmp(frame, again, (size_t)n), 0);
	return data;
}

static int packet(const struct hj212_phrase_sender *s, const char *items, size_t cp_max, unsigned index)
{
	const struct hj212_phrase_packet p = {
		.cut = &cut, .items = items, .index = index, .cn = 2051, .label_ms = QN - 57223, .qn_ms = QN
	};

	assert_int_equal(hj212_phrase_cut((struct hj212_slice){ items, strlen(items) }, cp_max, &cut), 0);
	return hj212_phrase_frame(s, &p, frame, sizeof(frame));
}

static void each_edition_has_its_flag(void **state)
{
	static const struct {
		enum hj212_edition edition;
		bool unanswered;
		const char *data;
	} cases[] = {
		{ HJ212_2017, false,
		        "QN=20160801085857223;ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
		        "CP=&&DataTime=20160801085800;a01-Avg=1&&" },
		{ HJ212_2017, true,
		        "QN=20160801085857223;ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=4;"
		        "CP=&&DataTime=20160801085800;a01-Avg=1&&" },
		{ HJ212_2025, false,
		        "QN=20160801085857223;ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=9;"
		        "CP=&&DataTime=20160801085800;a01-Avg=1&&" },
		{ HJ212_2005, false,
		        "QN=20160801085857223;ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=1;"
		        "CP=&&DataTime=20160801085800;a01-Avg=1&&" },
		{ HJ212_2005, true,
		        "ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;CP=&&DataTime=20160801085800;a01-Avg=1&"
		        "&" },
	};

	for (size_t i = 0; i < hj_array_size(cases); i++) {
		struct hj212_phrase_sender s = sender(cases[i].edition);

		s.unanswered = cases[i].unanswered;
		assert_string_equal(data_of(packet(&s, "a01-Avg=1", 900, 0)), cases[i].data);
	}
}

static void a_split_upload_says_so(void **state)
{
	struct hj212_phrase_sender s = sender(HJ212_2017);
	const char *items = "a01-Avg=1;a02-Avg=2";

	assert_non_null(strstr(
	        data_of(packet(&s, items, 40, 1)), "Flag=7;PNUM=2;PNO=2;CP=&&DataTime=20160801085800;a02-Avg=2&&"));
	assert_int_equal(cut.count, 2);
	s = sender(HJ212_2005);
	s.unanswered = true; /* then there is a Flag, since something has to say that there are more */
	assert_non_null(strstr(data_of(packet(&s, items, 40, 0)), "Flag=2;PNUM=2;PNO=1;"));
}

static void another_st_is_another_upload(void **state)
{
	struct hj212_phrase_sender s = sender(HJ212_2017);
	const char *items = "a01-Avg=1" MARK "31" MARK "a02-Avg=2";

	assert_non_null(strstr(data_of(packet(&s, items, 900, 0)), "ST=32;"));
	assert_non_null(strstr(data_of(packet(&s, items, 900, 1)), "ST=31;"));
	assert_null(strstr(data_of(packet(&s, items, 900, 1)), "PNUM"));
}

static void letters_of_the_sum(void **state)
{
	struct hj212_phrase_sender s = sender(HJ212_2017);
	unsigned letters = 0;

	for (char digit = '0'; digit <= '9'; digit++) {
		char items[] = "a01-Avg=?", upper[5], lower[5];
		int n;

		items[8] = digit;
		s.crc_lower = false;
		n = packet(&s, items, 900, 0);
		snprintf(upper, sizeof(upper), "%.4s", frame + n - 6);
		s.crc_lower = true;
		n = packet(&s, items, 900, 0);
		snprintf(lower, sizeof(lower), "%.4s", frame + n - 6);
		assert_int_equal(strcasecmp(upper, lower), 0);
		assert_null(strpbrk(lower, "ABCDEF"));
		letters += strpbrk(upper, "ABCDEF") != NULL;
	}
	assert_true(letters > 0); /* or this has shown nothing */
}

static void own_words_and_answers(void **state)
{
	struct hj212_phrase_sender s = sender(HJ212_2017);

	assert_string_equal(data_of(hj212_phrase_own(&s, 9015, "a=1", QN, frame, sizeof(frame))),
	        "QN=20160801085857223;ST=32;CN=9015;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&a=1&&");
	s.unanswered = true;
	assert_non_null(strstr(data_of(hj212_phrase_own(&s, 9015, "", QN, frame, sizeof(frame))), "Flag=4;CP=&&&&"));
	assert_string_equal(data_of(hj212_phrase_answer(&s, 9014, 2051, QN, frame, sizeof(frame))),
	        "QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&");
	s = sender(HJ212_2005);
	s.unanswered = true;
	assert_string_equal(data_of(hj212_phrase_own(&s, 9015, "a=1", QN, frame, sizeof(frame))),
	        "ST=32;CN=9015;PW=123456;MN=010000A8900016F000169DC0;CP=&&a=1&&");
	assert_non_null(strstr(data_of(hj212_phrase_answer(&s, 9014, 2051, QN, frame, sizeof(frame))),
	        "CP=&&QN=20160801085857223;CN=2051&&"));
}

/* The room beside the longest header is what the header leaves, to the byte. */
static void what_no_packet_holds(void **state)
{
	static char items[(HJ212_PHRASE_PIECES + 2) * 12];
	struct hj212_phrase_sender s = sender(HJ212_2025);
	size_t n = 0;

	assert_true(hj212_phrase_room(&s) < hj212_phrase_room(&(struct hj212_phrase_sender){
	                                            .mn = s.mn, .pw = s.pw, .edition = HJ212_2017 }) +
	                                            1);
	for (unsigned i = 0; i < HJ212_PHRASE_PIECES + 1; i++)
		n += (size_t)sprintf(items + n, "%sa%05u=1", i ? ";" : "", i);
	assert_int_equal(
	        hj212_phrase_cut((struct hj212_slice){ items, n }, sizeof(HJ212_PHRASE_HEAD) + 7, &cut), -EMSGSIZE);
	assert_int_equal(cut.count, 0);
	items[n - 9] = '\0'; /* one less: as many as there may be */
	assert_int_equal(
	        hj212_phrase_cut((struct hj212_slice){ items, strlen(items) }, sizeof(HJ212_PHRASE_HEAD) + 11, &cut),
	        0);
	assert_int_equal(cut.count, HJ212_PHRASE_PIECES);
	n = 0;
	for (unsigned i = 0; i < HJ212_PHRASE_PARTS + 1; i++)
		n += (size_t)sprintf(items + n, MARK "%02u" MARK "a=1", i);
	assert_int_equal(hj212_phrase_cut((struct hj212_slice){ items, n }, 900, &cut), -EMSGSIZE);
	assert_int_equal(cut.part_count, 0);
	n = 0;
	for (unsigned i = 0; i < HJ212_PHRASE_PARTS; i++)
		n += (size_t)sprintf(items + n, MARK "%02u" MARK "a=1", i);
	assert_int_equal(hj212_phrase_cut((struct hj212_slice){ items, n }, 900, &cut), 0);
	assert_int_equal(cut.part_count, HJ212_PHRASE_PARTS);
}

/* More packets than two digits count, of more than 64 KB: each fills its frame, and none is longer than one may
 * be. */
static void a_part_of_many_packets(void **state)
{
	static char items[HJ212_PHRASE_PIECES * 2000];
	static const unsigned counts[] = { 99, 100, 500, HJ212_PHRASE_PIECES };
	struct hj212_phrase_sender s = sender(HJ212_2025);
	size_t room = hj212_phrase_room(&s);

	for (size_t i = 0; i < hj_array_size(counts); i++) {
		size_t wide = room - (sizeof(HJ212_PHRASE_HEAD) - 1) - (counts[i] > 99 ? 4 : 0), n = 0, longest = 0;

		for (unsigned k = 0; k < counts[i]; k++)
			n += (size_t)sprintf(items + n, "%sa%05u=%0*d", k ? ";" : "", k, (int)wide - 7, 1);
		assert_int_equal(hj212_phrase_cut((struct hj212_slice){ items, n }, room, &cut), 0);
		assert_int_equal(cut.count, counts[i]);
		for (unsigned k = 0; k < cut.count; k++) {
			int length = hj212_phrase_frame(&s,
			        &(struct hj212_phrase_packet){ .cut = &cut,
			                .items = items,
			                .index = k,
			                .cn = 2051,
			                .label_ms = QN,
			                .qn_ms = QN },
			        frame, HJ212_FRAME_MAX);

			assert_in_range(length, 1, HJ212_FRAME_MAX);
			longest = hj_max(longest, (size_t)length);
		}
		assert_in_range(longest, HJ212_FRAME_MAX - 12, HJ212_FRAME_MAX);
	}
}

static void no_room_for_the_words(void **state)
{
	char small[30];

	assert_int_equal(hj212_phrase_cut((struct hj212_slice){ "a01-Avg=1", 9 }, 900, &cut), 0);
	assert_int_equal(hj212_phrase_cp(&cut, "a01-Avg=1", 0, QN, small, sizeof(small)), -EMSGSIZE);
}

static void what_an_item_begins_with(void **state)
{
	const struct hj212_phrase_factor f = { .factor = "ga0101" };
	static const struct {
		const char *item;
		bool is;
	} cases[] = { { "ga0101-Avg=1", true }, { "ga0101=1", true }, { "ga01011-Avg=1", false },
		{ "ga0102-Avg=1", false }, { "ga0101", false }, { "ga", false } };

	for (size_t i = 0; i < hj_array_size(cases); i++)
		assert_int_equal(hj212_phrase_is_of(&f, cases[i].item, strlen(cases[i].item)), cases[i].is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_edition_has_its_flag),
		cmocka_unit_test(a_split_upload_says_so),
		cmocka_unit_test(another_st_is_another_upload),
		cmocka_unit_test(letters_of_the_sum),
		cmocka_unit_test(own_words_and_answers),
		cmocka_unit_test(what_no_packet_holds),
		cmocka_unit_test(a_part_of_many_packets),
		cmocka_unit_test(no_room_for_the_words),
		cmocka_unit_test(what_an_item_begins_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
