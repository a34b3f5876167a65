/* alerts.conf: what a channel is without saying so, and what is refused, where, with words and a remedy. */
#include <errno.h>
#include <string.h>

#include "conf_root.h"

#include "hjgate/conf.h"
#include "hjgate/conf_alerts.h"

#define FILE_NAME "/etc/hjgate/alerts.conf"
#define ROBOT     "name = \"ops\"; kind = \"dingtalk\"; token = \"t\"; "
#define HOOK      "name = \"centre\"; kind = \"webhook\"; url = \"https://a.example/x\"; "

static int read_channels(const char *channels, struct hj_conf_alerts *ret, struct hj_conf_errors *errors)
{
	char text[2048];
	int r;

	snprintf(text, sizeof(text), "format = 1;\nchannels = (\n%s\n);\n", channels);
	put(FILE_NAME, text);
	r = hj_conf_load_alerts(root, ret, errors);
	remove(path_of(FILE_NAME));
	return r;
}

static void what_is_left_out(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_alerts a;

	assert_int_equal(hj_conf_load_alerts(root, &a, &errors), 0); /* no file, no channel */
	assert_int_equal(a.channel_count, 0);
	assert_int_equal(read_channels("{ " ROBOT "}, { " HOOK "}", &a, &errors), 0);
	assert_int_equal(errors.count, 0);
	assert_int_equal(a.channel_count, 2);
	assert_int_equal(strncmp(a.channels[0].url, "https://oapi.dingtalk.com/", 26), 0);
	assert_int_equal(a.channels[0].rate, 15);
	assert_int_equal(a.channels[1].rate, 60);
	assert_int_equal(a.channels[1].class, HJ_EVENT_FAULT);
	assert_true(a.channels[1].ends);
	assert_string_equal(hj_channel_kind_name(a.channels[0].kind), "dingtalk");
	hj_conf_alerts_done(&a);
}

static void what_is_said(void **state)
{
	struct hj_conf_errors errors = { 0 };
	struct hj_conf_alerts a;

	assert_int_equal(
	        read_channels("{ " ROBOT
	                      "rate = 20; at = [ \"+86-13800000000\" ]; codes = [ \"meter-*\", \"link-lost\" ];\n"
	                      "not_codes = [ \"program-*\" ]; keys = [ \"meter north.*\" ]; },\n"
	                      "{ " HOOK
	                      "proxy = \"socks5h://192.0.2.1:1080\"; content_type = \"text/plain\"; rate = 0; }",
	                &a, &errors),
	        0);
	assert_int_equal(a.channels[0].rate, 20);
	assert_string_equal(a.channels[0].at[0], "+86-13800000000");
	assert_int_equal(a.channels[0].codes.count, 2);
	assert_string_equal(a.channels[0].not_codes.list[0], "program-*");
	assert_string_equal(a.channels[0].keys.list[0], "meter north.*");
	assert_string_equal(a.channels[1].proxy, "socks5h://192.0.2.1:1080");
	assert_int_equal(a.channels[1].rate, 0);
	hj_conf_alerts_done(&a);
}

static void what_is_refused(void **state)
{
	static const struct {
		const char *channels, *what, *remedy;
	} wrong[] = {
		{ "{ name = \"Ops\"; kind = \"dingtalk\"; token = \"t\"; }", "no name", "a-z" },
		{ "{ name = \"ops\"; kind = \"dingtalk\"; }", "no token", "token" },
		{ "{ " ROBOT "url = \"https://a.example/?access_token=1\"; }", "access token", "up to the ?" },
		{ "{ " ROBOT "rate = 21; }", "rate = 21", "1 to 20" },
		{ "{ " ROBOT "at = [ \"\" ]; }", "telephone", "digits" },
		{ "{ " ROBOT "at = [ \"call me\" ]; }", "telephone", "digits" },
		{ "{ " ROBOT "at = [ 13800000000L ]; }", "telephone", "digits" },
		{ "{ " ROBOT "at = [ \"0123456789012345678901234567890123456789\" ]; }", "telephone", "digits" },
		{ "{ " ROBOT "codes = [ \"meter-silnt\" ]; }", "no event has such a code", "hjgate-eventd(8)" },
		{ "{ " ROBOT "not_codes = [ \"\" ]; }", "no pattern", "*" },
		{ "{ " ROBOT "keys = [ 5 ]; }", "no pattern", "*" },
		{ "{ " ROBOT "keys = [ \"0123456789012345678901234567890123456789012345678901234567890123456789"
		  "0123456789012345678901234567890123456789012345678901234567890123456789\" ]; }",
		        "no pattern", "*" },
		{ "{ name = \"c\"; kind = \"webhook\"; }", "no url", "https://" },
		{ "{ name = \"c\"; kind = \"webhook\"; url = \"http://a.example/\"; }", "only https", "https://" },
		{ "{ name = \"c\"; kind = \"webhook\"; url = \"https://\"; }", "only https", "https://" },
		{ "{ name = \"c\"; kind = \"webhook\"; url = \"https:///x\"; }", "only https", "https://" },
		{ "{ name = \"c\"; kind = \"webhook\"; url = \"https://a b/\"; }", "a character", "https://" },
		{ "{ name = \"c\"; kind = \"webhook\"; url = \"https://\xc3\xa9/\"; }", "a character", "https://" },
		{ "{ " HOOK "proxy = \"ftp://192.0.2.1\"; }", "proxy", "http://" },
		{ "{ " HOOK "proxy = \"http://a b\"; }", "proxy", "http://" },
		{ "{ " HOOK "content_type = \"\"; }", "empty", "text/plain" },
		{ "{ " HOOK "content_type = \"text\\nX: y\"; }", "header", "text/plain" },
		{ "{ " HOOK "template = \"{nothing}\"; }", "template", "{text}" },
		{ "{ " HOOK "}, { " HOOK "}", "already", "another name" },
		{ "", "channels", "" },
	};

	for (size_t i = 0; i < hj_array_size(wrong); i++) {
		struct hj_conf_errors errors = { 0 };
		struct hj_conf_alerts a = { 0 };

		assert_int_equal(read_channels(wrong[i].channels, &a, &errors), -EINVAL);
		if (errors.count != 1 || !strstr(errors.list[0].what, wrong[i].what) ||
		        !strstr(errors.list[0].remedy, wrong[i].remedy))
			fail_msg("%s: %zu errors: %s: %s", wrong[i].channels, errors.count,
			        errors.count ? errors.list[0].what : "", errors.count ? errors.list[0].remedy : "");
		assert_null(a.channels);
		hj_conf_errors_done(&errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out),
		cmocka_unit_test(what_is_said),
		cmocka_unit_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
