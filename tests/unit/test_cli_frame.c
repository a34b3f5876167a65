/* `hjgate frame`: what decoding prints for the standard's frames, for bad ones and for odd input, and that encoding
 * gives the frames back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../services/cli/frame.h"
#include "hj212_frames.h"

#define HEAD "QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;"
#define DATA HEAD "CP=&&&&"

static struct examples examples;
static const struct cli cli = { .root = "" };

/* Decodes the text; *ret is the array of objects printed. The exit status. */
static int decode(const char *text, size_t n, json_t **ret)
{
	_cleanup_free_ char *out = NULL;
	size_t size = 0;
	FILE *in = fmemopen((void *)(uintptr_t)text, n, "r"), *to = open_memstream(&out, &size);
	int status;

	assert_non_null(in);
	assert_non_null(to);
	status = frame_decode(in, to, frame_show_json);
	fclose(in);
	fclose(to);
	*ret = json_array();
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(json_array_append_new(*ret, json_loads(line, 0, NULL)), 0);
	return status;
}

static int encode(const char *text, enum hj212_crc crc, const char *pw, char *to, size_t size)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r"), *out = fmemopen(to, size, "w");
	int status;

	assert_non_null(in);
	assert_non_null(out);
	status = frame_encode(&cli, in, out, crc, pw);
	fclose(in);
	fclose(out);
	return status;
}

static const char *string(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* One object: its fields in short. */
static void assert_one(const char *text, bool ok, const char *error, const char *odd)
{
	json_t *list;
	json_t *o;
	int status = decode(text, strlen(text), &list);
	_cleanup_free_ char *names = NULL;

	assert_int_equal(json_array_size(list), 1);
	o = json_array_get(list, 0);
	assert_int_equal(json_is_true(json_object_get(o, "ok")), ok);
	assert_int_equal(status, ok ? HJ_EXIT_OK : HJ_EXIT_REFUSED);
	if (error)
		assert_string_equal(string(o, "error"), error);
	else
		assert_true(json_is_null(json_object_get(o, "error")));
	names = json_dumps(json_object_get(o, "odd"), JSON_COMPACT);
	assert_string_equal(names, odd);
	json_decref(list);
}

static void the_standards_frames(void **state)
{
	static char file[64 << 10];
	FILE *f = fopen(EXAMPLES_PATH, "re");
	json_t *list;
	size_t n;

	assert_non_null(f);
	n = fread(file, 1, sizeof(file), f);
	fclose(f);
	assert_int_equal(decode(file, n, &list), HJ_EXIT_OK);
	assert_int_equal(json_array_size(list), EXAMPLES_KNOWN);
	for (size_t i = 0; i < EXAMPLES_KNOWN; i++) {
		json_t *o = json_array_get(list, i);

		assert_true(json_is_true(json_object_get(o, "ok")));
		assert_int_equal(json_integer_value(json_object_get(o, "length")), examples.n[i] - 12);
		assert_memory_equal(string(o, "crc"), examples.frame[i] + examples.n[i] - 6, 4);
		assert_string_equal(string(o, "dialect"), "annexa");
		assert_string_equal(string(o, "pw"), FRAME_MASKED);
		assert_int_equal(json_array_size(json_object_get(o, "odd")), 0);
	}
	json_decref(list);
}

/* As it is on the wire, without any line's end, and with junk between. */
static void a_raw_stream(void **state)
{
	static const char *const between[] = { "\r\n", "\r", "", "junk\r\n" };
	static char stream[64 << 10];

	for (size_t k = 0; k < hj_array_size(between); k++) {
		size_t n = 0, good = 0;
		json_t *list;

		for (size_t i = 0; i < examples.count; i++)
			n += (size_t)sprintf(
			        stream + n, "%.*s%s", (int)examples.n[i] - 2, examples.frame[i], between[k]);
		decode(stream, n, &list);
		for (size_t i = 0; i < json_array_size(list); i++)
			good += json_is_true(json_object_get(json_array_get(list, i), "ok"));
		assert_int_equal(good, examples.count);
		json_decref(list);
	}
}

static void every_key(void **state)
{
	static const char text[] =
	        "##0000QN=20160801085857534;ST=32;CN=2061;PW=secret;MN=66330302010200001001;Flag=7;PNUM=2;"
	        "PNO=1;CP=&&DataTime=20160801080000;a-Min=1,a-Min=2;NewPW=secret;=x&&";
	char frame[512];
	json_t *list, *o;
	_cleanup_free_ char *fields = NULL;

	assert_int_equal(encode(text + 6, HJ212_CRC_MODBUS_SWAPPED, NULL, frame, sizeof(frame)), HJ_EXIT_OK);
	assert_int_equal(decode(frame, strlen(frame), &list), HJ_EXIT_OK);
	o = json_array_get(list, 0);
	assert_string_equal(string(o, "dialect"), "modbus-swapped");
	assert_string_equal(string(o, "qn"), "20160801085857534");
	assert_string_equal(string(o, "st"), "32");
	assert_string_equal(string(o, "cn"), "2061");
	assert_string_equal(string(o, "mn"), "66330302010200001001");
	assert_int_equal(json_integer_value(json_object_get(o, "flag")), 7);
	assert_int_equal(json_integer_value(json_object_get(o, "pnum")), 2);
	assert_int_equal(json_integer_value(json_object_get(o, "pno")), 1);
	fields = json_dumps(json_object_get(o, "fields"), JSON_COMPACT);
	assert_string_equal(fields,
	        "[{\"name\":\"DataTime\",\"value\":\"20160801080000\",\"item\":0},"
	        "{\"name\":\"a-Min\",\"value\":\"1\",\"item\":1},{\"name\":\"a-Min\",\"value\":\"2\",\"item\":1},"
	        "{\"name\":\"NewPW\",\"value\":\"******\",\"item\":2},{\"name\":\"\",\"value\":\"=x\",\"item\":3}]");
	json_decref(list);
}

static void bad_frames(void **state)
{
	assert_one("##0093" DATA "3240\r\n", false, "the length is wrong", "[\"length\"]");
	assert_one("##0087" DATA "3241\r\n", false, "the CRC is wrong in every dialect", "[]");
	assert_one("##0093" DATA "3241\r\n", false, "the length and the CRC are wrong", "[\"length\"]");
	assert_one("##0087" DATA "\r\n", false, "there is no CRC", "[\"crc-short\"]");
	assert_one("##0500" DATA "3240\n", false, "the length is wrong", "[\"length\"]");
	assert_one("##0500QN=2016", false, "the frame is cut off, or its length and its CRC are wrong", "[]");
	assert_one("##50QN=2016", false, "the length is no number of four digits", "[]");
	assert_one("hello", false, "there is no frame", "[]");
}

static void odd_is_not_bad(void **state)
{
	assert_one("##0087" DATA "3240", true, NULL, "[]");
	assert_one("  10:00:01 > ##0087" DATA "3240\\r\\n", true, NULL, "[]");
	assert_one("##0087" DATA "3240\\r\\n\n\n# words\n", true, NULL, "[]");
}

static void odd_names(void **state)
{
	char frame[512];

	assert_int_equal(
	        encode("ST=101;CN=2011;CP=&&&&\n", HJ212_CRC_ANNEXA, NULL, frame, sizeof(frame)), HJ_EXIT_OK);
	assert_one(frame, true, NULL, "[\"no-qn\",\"no-flag\",\"st\"]");
	assert_int_equal(encode("hello\n", HJ212_CRC_ANNEXA, NULL, frame, sizeof(frame)), HJ_EXIT_OK);
	assert_one(frame, true, NULL, "[\"no-message\"]");
}

/* What is no UTF-8 (GBK, cut characters, NUL) does not spoil the JSON. */
static void foreign_bytes(void **state)
{
	static const char data[] =
	        "CN=3020;CP=&&i=//\xC7\xE5\xCF\xB4 \xE6\xB8 \xED\xA0\x80 \xF4\x90\x80\x80 \xC0\x80//&&";
	char frame[512];

	assert_int_equal(encode(data, HJ212_CRC_ANNEXA, NULL, frame, sizeof(frame)), HJ_EXIT_OK);
	assert_one(frame, true, NULL, "[\"no-qn\",\"no-flag\"]");
}

/* Decoding's own objects give the frame back once the password is put in. */
static void there_and_back(void **state)
{
	for (size_t i = 0; i < examples.count; i++) {
		_cleanup_free_ char *text = NULL;
		char again[2048] = "", wire[2048];
		json_t *list;

		snprintf(wire, sizeof(wire), "%.*s", (int)examples.n[i], examples.frame[i]);
		decode(wire, examples.n[i], &list);
		text = json_dumps(json_array_get(list, 0), JSON_COMPACT);
		json_decref(list);
		if (strstr(text, "NewPW"))
			continue;
		assert_int_equal(encode(text, HJ212_CRC_ANNEXA, strstr(wire, "PW=100000") ? "100000" : "123456",
		                         again, sizeof(again)),
		        HJ_EXIT_OK);
		assert_string_equal(again, wire);
	}
}

static void what_is_not_encoded(void **state)
{
	static const char *const bad[] = { "##0087" DATA "3240", "{}", "{\"cn\": \"x\"}",
		"{\"cn\": 2011, \"flag\": 256}", "{\"cn\": 2011, \"fields\": [{\"name\": \"a\"}]}", "{\"cn\": 2011",
		"{\"cn\": 2011, \"cn\": 2012}" };
	char frame[2048], *longest;

	for (size_t i = 0; i < hj_array_size(bad); i++) {
		memset(frame, 0, sizeof(frame));
		assert_int_equal(encode(bad[i], HJ212_CRC_ANNEXA, NULL, frame, sizeof(frame)), HJ_EXIT_REFUSED);
		assert_string_equal(frame, "");
	}
	longest = calloc(1, 1100);
	assert_non_null(longest);
	memset(longest, 'x', 1024);
	assert_int_equal(encode(longest, HJ212_CRC_ANNEXA, NULL, frame, sizeof(frame)), HJ_EXIT_OK);
	longest[1024] = 'x';
	assert_int_equal(encode(longest, HJ212_CRC_ANNEXA, NULL, frame, sizeof(frame)), HJ_EXIT_REFUSED);
	free(longest);
}

/* The text for people names what it is and never shows a password. */
static void for_people(void **state)
{
	static const char text[] =
	        "##0099QN=20160801085857223;ST=32;CN=1072;PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
	        "CP=&&NewPW=654321&&3B80\n";
	_cleanup_free_ char *shown = NULL;
	size_t size = 0;
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r"), *out = open_memstream(&shown, &size);

	assert_int_equal(frame_decode(in, out, frame_show_text), HJ_EXIT_OK);
	fclose(in);
	fclose(out);
	assert_non_null(strstr(shown, "1072  set the password\n"));
	assert_non_null(strstr(shown, "20160801085857223  2016-08-01 08:58:57.223\n"));
	assert_non_null(strstr(shown, "NewPW  ******\n"));
	assert_null(strstr(shown, "123456"));
	assert_null(strstr(shown, "654321"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_frames),
		cmocka_unit_test(a_raw_stream),
		cmocka_unit_test(every_key),
		cmocka_unit_test(bad_frames),
		cmocka_unit_test(odd_is_not_bad),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(foreign_bytes),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_is_not_encoded),
		cmocka_unit_test(for_people),
	};

	examples_load(&examples);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
