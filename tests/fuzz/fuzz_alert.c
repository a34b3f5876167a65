/* Any bytes as a webhook's template, as what is put into it, and as a robot's answer: what was put in stands in valid
 * JSON as it was, nothing that was put in is looked at for further {names}, and an answer is one or is refused. */
#include <string.h>

#include <jansson.h>

#include "fuzz.h"
#include "hjgate/dingtalk.h"
#include "hjgate/template.h"

static const char *field(const char *name, void *userdata)
{
	claim(*name && strlen(name) <= HJ_TEMPLATE_NAME_MAX);
	return strcmp(name, "text") ? NULL : userdata;
}

static bool is_utf8(const char *text)
{
	json_t *j = json_string(text);
	bool is = j != NULL;

	json_decref(j);
	return is;
}

/* As a string of JSON it is what it was. */
static void check_escaped(const char *text)
{
	_cleanup_(hj_buf_done) struct hj_buf to = { 0 };
	json_t *j;

	claim(hj_template_fill("\"{text}\"", true, field, (void *)(uintptr_t)text, &to) >= 0);
	j = json_loadb(to.data, to.len, JSON_DECODE_ANY, NULL);
	claim(json_is_string(j));
	if (is_utf8(text))
		claim(!strcmp(json_string_value(j), text));
	else
		claim(strchr(json_string_value(j), '?'));
	json_decref(j);
}

static void check_template(const char *text)
{
	_cleanup_(hj_buf_done) struct hj_buf to = { 0 };
	char value[] = "{text}{code}";
	const char *why = NULL;

	claim(hj_template_check(text, &why) >= 0 || why);
	claim(hj_template_fill(text, false, field, value, &to) >= 0);
	claim(to.len <= strlen(text) * sizeof(value));
	if (!strchr(text, '{'))
		claim(to.len == strlen(text) && (!to.len || !memcmp(to.data, text, to.len)));
}

static void check_answer(const uint8_t *data, size_t n)
{
	struct hj_dingtalk_answer a = { .code = 7777777 };

	if (hj_dingtalk_answer(data, n, &a) >= 0)
		claim(strlen(a.text) < sizeof(a.text));
	else
		claim(a.code == 7777777);
}

static void check_url(const char *text)
{
	_cleanup_(hj_buf_done) struct hj_buf url = { 0 };

	claim(hj_dingtalk_url("https://h/p", text, 1, text, &url) >= 0);
	for (size_t i = 0; i < url.len; i++)
		claim(url.data[i] > ' ' && url.data[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[2048];

	check_answer(data, n);
	if (n >= sizeof(text))
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	check_escaped(text);
	check_template(text);
	check_url(text);
	return 0;
}
