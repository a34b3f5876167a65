/* See conf_flat.h. */
#include "hjgate/conf_flat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf_table.h"

#define KEY_MAX   160 /* bytes */
#define VALUE_MAX 200 /* bytes */
#define DEPTH_MAX 8

const char *const hj_conf_flat_folders[] = { "", "buses.d", "uplinks.d", "factors.d", "models", NULL };
const char *const hj_conf_secrets[] = { "pw", "pwd", "passwd", "password", "secret", "token", "url", "webhook",
	"proxy", "passphrase", NULL };

struct walk {
	hj_conf_flat_fn fn;
	void *userdata;
};

/* Whatever its case: who writes PW has an error, and a password in the file all the same. */
static bool is_secret(const char *name)
{
	for (const char *const *secret = hj_conf_secrets; name && *secret; secret++)
		if (!strcasecmp(name, *secret))
			return true;
	return false;
}

static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			*text = ' ';
}

static size_t put_scalar(const config_setting_t *s, char *to, size_t size)
{
	char number[HJ_NUMBER_LEN];
	int n;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		n = snprintf(to, size, "%s", config_setting_get_string(s));
		break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		n = snprintf(to, size, "%lld", config_setting_get_int64(s));
		break;
	case CONFIG_TYPE_FLOAT:
		n = snprintf(
		        to, size, "%s", hj_number_format(config_setting_get_float(s), -1, number) < 0 ? "?" : number);
		break;
	case CONFIG_TYPE_BOOL:
		n = snprintf(to, size, "%s", config_setting_get_bool(s) ? "true" : "false");
		break;
	default:
		n = snprintf(to, size, "?");
	}
	return hj_min((size_t)n, size - 1);
}

static bool is_aggregate(const config_setting_t *s)
{
	return config_setting_is_group(s) || config_setting_is_array(s) || config_setting_is_list(s);
}

/* [ 1, 2, 3 ]: what has no names is one value. */
static void put_array(const config_setting_t *s, char value[VALUE_MAX])
{
	size_t n = 0;

	value[0] = '\0';
	for (unsigned i = 0; i < (unsigned)config_setting_length(s) && n + 2 < VALUE_MAX; i++) {
		if (i)
			n += (size_t)snprintf(value + n, VALUE_MAX - n, ", ");
		n = hj_min(n, (size_t)VALUE_MAX - 1);
		n += put_scalar(config_setting_get_elem(s, i), value + n, VALUE_MAX - n);
	}
}

static bool has_groups(const config_setting_t *s)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(s); i++)
		if (is_aggregate(config_setting_get_elem(s, i)))
			return true;
	return false;
}

static int walk(const struct walk *w, const config_setting_t *s, const char *key, unsigned depth);

static int walk_child(
        const struct walk *w, const config_setting_t *child, const char *key, unsigned i, unsigned depth)
{
	const char *name = config_setting_name(child), *called = NULL;
	char path[KEY_MAX], number[16];

	snprintf(number, sizeof(number), "%u", i + 1);
	if (!name && config_setting_is_group(child))
		config_setting_lookup_string(child, "name", &called);
	snprintf(path, sizeof(path), "%s%s%s", key, *key ? "." : "", name ? name : called ? called : number);
	one_line(path);
	return walk(w, child, path, depth + 1);
}

static int walk(const struct walk *w, const config_setting_t *s, const char *key, unsigned depth)
{
	char value[VALUE_MAX];
	int r = 0;

	if (depth > DEPTH_MAX)
		return 0;
	if (config_setting_is_group(s) || (is_aggregate(s) && has_groups(s))) {
		for (unsigned i = 0; i < (unsigned)config_setting_length(s) && r >= 0; i++)
			r = walk_child(w, config_setting_get_elem(s, i), key, i, depth);
		return r;
	}
	if (is_aggregate(s))
		put_array(s, value);
	else
		put_scalar(s, value, sizeof(value));
	one_line(value);
	return w->fn(key, value, is_secret(config_setting_name(s)), w->userdata);
}

int conf_flatten(const struct conf_file *f, hj_conf_flat_fn fn, void *userdata)
{
	const struct walk w = { fn, userdata };

	return walk(&w, config_root_setting(&f->config), "", 0);
}

int hj_conf_flatten(const char *root, const char *folder, const char *name, hj_conf_flat_fn fn, void *userdata)
{
	struct hj_conf_errors errors = { 0 };
	char file[HJ_PATH_MAX];
	struct conf_file f;
	int r;

	snprintf(file, sizeof(file), "%s.conf", name);
	r = conf_file_open(&f, root, folder, file, &errors);
	if (r >= 0)
		r = conf_flatten(&f, fn, userdata);
	conf_file_done(&f);
	hj_conf_errors_done(&errors);
	return r < 0 ? r : 0;
}
