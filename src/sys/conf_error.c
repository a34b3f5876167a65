/* Errors of the configuration: collected in order, each with file, line, what and remedy, bounded in number and
 * length. The list belongs to the caller. Short memory only loses the wording: the error is still counted. */
#include "conf_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void hj_conf_errors_done(struct hj_conf_errors *e)
{
	free(e->list);
	*e = (struct hj_conf_errors){ 0 };
}

size_t conf_error_total(const struct hj_conf_errors *errors)
{
	return errors->count + errors->more;
}

/* A text cut by its bound must not end within a character, and what a file holds must not move a terminal's
 * cursor. */
static void tidy(char *text, bool cut)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			text[i] = '?';
	if (!cut)
		return;
	while (n && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n && (unsigned char)text[n - 1] >= 0xc0 ? n - 1 : n] = '\0';
}

static void word(char *to, size_t size, const char *format, va_list ap) _printf_(3, 0);
static void word(char *to, size_t size, const char *format, va_list ap)
{
	int n = vsnprintf(to, size, format, ap);

	tidy(to, n >= (int)size);
}

static struct hj_conf_error *add(
        struct hj_conf_errors *errors, const char *file, int line, const char *what, va_list ap) _printf_(4, 0);
static struct hj_conf_error *add(
        struct hj_conf_errors *errors, const char *file, int line, const char *what, va_list ap)
{
	struct hj_conf_error *list, *e;

	if (errors->count >= HJ_CONF_ERRORS_MAX) {
		errors->more++;
		return NULL;
	}
	list = realloc(errors->list, (errors->count + 1) * sizeof(*list));
	if (!list) {
		errors->more++;
		return NULL;
	}
	errors->list = list;
	e = &list[errors->count++];
	memset(e, 0, sizeof(*e));
	hj_text_copy(e->file, sizeof(e->file), file);
	e->line = line;
	word(e->what, sizeof(e->what), what, ap);
	return e;
}

struct hj_conf_error *conf_error_at(struct hj_conf_errors *errors, const char *file, int line, const char *what, ...)
{
	struct hj_conf_error *e;
	va_list ap;

	va_start(ap, what);
	e = add(errors, file, line, what, ap);
	va_end(ap);
	return e;
}

void conf_source(const struct conf_file *f, const char *included, char ret[HJ_PATH_MAX])
{
	if (!included || snprintf(ret, HJ_PATH_MAX, "%s/%s", f->folder, included) >= HJ_PATH_MAX)
		hj_text_copy(ret, HJ_PATH_MAX, f->path);
}

struct hj_conf_error *conf_error(struct conf_file *f, const config_setting_t *at, const char *what, ...)
{
	struct hj_conf_error *e;
	char file[HJ_PATH_MAX];
	va_list ap;

	conf_source(f, at ? config_setting_source_file(at) : NULL, file);
	va_start(ap, what);
	e = add(f->errors, file, at ? (int)config_setting_source_line(at) : 0, what, ap);
	va_end(ap);
	return e;
}

void conf_remedy(struct hj_conf_error *e, const char *remedy, ...)
{
	va_list ap;

	if (!e)
		return;
	va_start(ap, remedy);
	word(e->remedy, sizeof(e->remedy), remedy, ap);
	va_end(ap);
}

/* Hexadecimal as it is written. */
static int number(const config_setting_t *s, char ret[CONF_VALUE_LEN])
{
	long long v = config_setting_get_int64(s);
	bool wide = config_setting_type(s) == CONFIG_TYPE_INT64;

	if (config_setting_get_format(s) == CONFIG_FORMAT_HEX)
		return snprintf(ret, CONF_VALUE_LEN, "0x%llX", wide ? (unsigned long long)v : (uint32_t)v);
	return snprintf(ret, CONF_VALUE_LEN, "%lld", v);
}

const char *conf_value(const config_setting_t *s, char ret[CONF_VALUE_LEN])
{
	int n = 0;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		n = number(s, ret);
		break;
	case CONFIG_TYPE_FLOAT:
		n = snprintf(ret, CONF_VALUE_LEN, "%g", config_setting_get_float(s));
		break;
	case CONFIG_TYPE_BOOL:
		n = snprintf(ret, CONF_VALUE_LEN, "%s", config_setting_get_bool(s) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		n = snprintf(ret, CONF_VALUE_LEN, "\"%s\"", config_setting_get_string(s));
		break;
	case CONFIG_TYPE_GROUP:
		n = snprintf(ret, CONF_VALUE_LEN, "{ ... }");
		break;
	case CONFIG_TYPE_ARRAY:
		n = snprintf(ret, CONF_VALUE_LEN, "[ ... ]");
		break;
	default:
		n = snprintf(ret, CONF_VALUE_LEN, "( ... )");
	}
	tidy(ret, n >= CONF_VALUE_LEN);
	return ret;
}
