/* See conf_flat.h. */
#include "hjgate/conf_flat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf_table.h"
#include "hjgate/fnv.h"
#include "hjgate/text.h"

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

/* Whatever its case: who writes PW has an error, and a password in the file all the same. And a webhook's body has a
 * token in it where its platform wants that there. */
static bool is_secret(const char *name)
{
	if (name && !strcasecmp(name, "template"))
		return true;
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

/* As much of it as is shown, and a hash over the rest. */
struct flat {
	char text[VALUE_MAX];
	bool cut;
	uint64_t rest;
};

static void put(struct flat *to, const char *text)
{
	size_t n = strlen(to->text);

	if (!to->cut && hj_text_copy(to->text + n, sizeof(to->text) - n, text))
		return;
	to->rest = hj_fnv(to->cut ? to->rest : HJ_FNV_BEGIN, text, strlen(text) + 1);
	to->cut = true;
}

static void put_scalar(const config_setting_t *s, struct flat *to)
{
	char number[HJ_NUMBER_LEN];

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		put(to, config_setting_get_string(s));
		break;
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(number, sizeof(number), "%lld", config_setting_get_int64(s));
		put(to, number);
		break;
	case CONFIG_TYPE_FLOAT:
		put(to, hj_number_format(config_setting_get_float(s), -1, number) < 0 ? "?" : number);
		break;
	case CONFIG_TYPE_BOOL:
		put(to, config_setting_get_bool(s) ? "true" : "false");
		break;
	default:
		put(to, "?");
	}
}

static bool is_aggregate(const config_setting_t *s)
{
	return config_setting_is_group(s) || config_setting_is_array(s) || config_setting_is_list(s);
}

/* [ 1, 2, 3 ]: what has no names is one value. */
static void put_array(const config_setting_t *s, struct flat *to)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(s); i++) {
		if (i)
			put(to, ", ");
		put_scalar(config_setting_get_elem(s, i), to);
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

static int tell(const struct walk *w, const config_setting_t *s, const char *key)
{
	char rest_key[KEY_MAX + sizeof(HJ_CONF_FLAT_REST)], hash[17];
	struct flat value = { .cut = false };
	bool secret = is_secret(config_setting_name(s));
	int r;

	if (is_aggregate(s))
		put_array(s, &value);
	else
		put_scalar(s, &value);
	one_line(value.text);
	r = w->fn(key, value.text, secret, w->userdata);
	if (r < 0 || !value.cut)
		return r;
	snprintf(rest_key, sizeof(rest_key), "%s" HJ_CONF_FLAT_REST, key);
	snprintf(hash, sizeof(hash), "%016" PRIx64, value.rest);
	return w->fn(rest_key, hash, secret, w->userdata);
}

static int walk(const struct walk *w, const config_setting_t *s, const char *key, unsigned depth)
{
	int r = 0;

	if (depth > DEPTH_MAX)
		return 0;
	if (!config_setting_is_group(s) && !(is_aggregate(s) && has_groups(s)))
		return tell(w, s, key);
	for (unsigned i = 0; i < (unsigned)config_setting_length(s) && r >= 0; i++)
		r = walk_child(w, config_setting_get_elem(s, i), key, i, depth);
	return r;
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
