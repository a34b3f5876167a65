/* Where a key stands in a file that has been read and let go of: what is found only when all files are known is told
 * by the line of its key, and what is kept of a file has the lines of its groups only. So the file is read again,
 * which costs time only where something is wrong. A file that has gone, or another in its place, gives no line. */
#include "conf_table.h"

#include <string.h>

static config_setting_t *find(config_setting_t *in, int group, const char *key)
{
	int n = config_setting_is_aggregate(in) ? config_setting_length(in) : 0;
	config_setting_t *found = NULL;

	if (config_setting_is_group(in) && (!group || (int)config_setting_source_line(in) == group))
		found = config_setting_lookup(in, key);
	for (int i = 0; i < n && !found && group; i++)
		found = find(config_setting_get_elem(in, (unsigned)i), group, key);
	return found && !config_setting_source_file(found) ? found : NULL;
}

/* The line, or 0; whether it is a number that is not written in hexadecimal. */
static int look(const char *file, int group, const char *key, bool *ret_decimal)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors ignored = { 0 };
	const char *name = strrchr(file, '/');
	const config_setting_t *s = NULL;
	char folder[HJ_PATH_MAX];
	struct conf_file f;
	int line;

	*ret_decimal = false;
	if (!name || (size_t)(name - file) >= sizeof(folder))
		return 0;
	memcpy(folder, file, (size_t)(name - file));
	folder[name - file] = '\0';
	if (conf_file_open_at(&f, NULL, folder, name + 1, &ignored) >= 0)
		s = find(config_root_setting(&f.config), group, key);
	line = s ? (int)config_setting_source_line(s) : 0;
	*ret_decimal = s && config_setting_is_number(s) && config_setting_get_format(s) != CONFIG_FORMAT_HEX;
	conf_file_done(&f);
	return line;
}

int hj_conf_key_line(const char *file, int group, const char *key)
{
	bool decimal;

	return look(file, group, key, &decimal);
}

bool hj_conf_key_decimal(const char *file, int group, const char *key)
{
	bool decimal;

	look(file, group, key, &decimal);
	return decimal;
}

int conf_line(const struct hj_conf_errors *to, const char *file, int group, const char *key)
{
	return to->count < HJ_CONF_ERRORS_MAX ? hj_max(hj_conf_key_line(file, group, key), group) : group;
}
