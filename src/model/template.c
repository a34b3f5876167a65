/* See template.h. What is filled in came from outside: it is escaped, and never looked at for further {names}. */
#include "hjgate/template.h"

#include <errno.h>
#include <string.h>

#include "hjgate/text.h"

#define VALUES "values."

static const char *const names[] = { "text", "remedy", "code", "class", "key", "phase", "begin", "end", "begin_ms",
	"end_ms", "id", "count", "site" };

static bool is_known(const char *name)
{
	if (!strncmp(name, VALUES, strlen(VALUES)))
		return name[strlen(VALUES)] != '\0';
	for (size_t i = 0; i < hj_array_size(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The length of "{name}" at `text`, its name in `ret`; 0 where none begins there. */
static size_t placeholder(const char *text, char ret[HJ_TEMPLATE_NAME_MAX + 1])
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
	size_t n;

	if (*text != '{')
		return 0;
	n = strspn(text + 1, allowed);
	if (!n || n > HJ_TEMPLATE_NAME_MAX || text[n + 1] != '}')
		return 0;
	memcpy(ret, text + 1, n);
	ret[n] = '\0';
	return n + 2;
}

int hj_template_check(const char *text, const char **ret_why)
{
	char name[HJ_TEMPLATE_NAME_MAX + 1];

	for (; *text; text++)
		if (placeholder(text, name) && !is_known(name)) {
			*ret_why = N_("it has a {name} that alerts do not have");
			return -EINVAL;
		}
	return 0;
}

static int put_special(unsigned char c, struct hj_buf *to)
{
	static const char special[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
	const char *at = strchr(special, c);

	return at ? hj_buf_printf(to, "\\%c", letters[at - special]) : hj_buf_printf(to, "\\u%04x", c);
}

int hj_json_escape(const char *text, struct hj_buf *to)
{
	const unsigned char *p = (const unsigned char *)text;
	int r = 0;

	while (*p && r >= 0) {
		size_t n = hj_utf8_length((const char *)p);

		if (*p < ' ' || *p == '"' || *p == '\\' || *p == 0x7f)
			r = put_special(*p, to);
		else
			r = n ? hj_buf_put(to, p, n) : hj_buf_put(to, "?", 1);
		p += n ? n : 1;
	}
	return r;
}

int hj_template_fill(const char *text, bool json, hj_template_fn field, void *userdata, struct hj_buf *to)
{
	char name[HJ_TEMPLATE_NAME_MAX + 1];
	int r = 0;

	while (*text && r >= 0) {
		size_t n = placeholder(text, name);
		const char *value = n ? field(name, userdata) : NULL;

		if (!n)
			r = hj_buf_put(to, text, 1);
		else if (value)
			r = json ? hj_json_escape(value, to) : hj_buf_put(to, value, strlen(value));
		text += n ? n : 1;
	}
	return r;
}
