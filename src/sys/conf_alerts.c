/* alerts.conf: channels, and what each of them wants. Whether a secret's file can be read is known only to alertd,
 * whose user may read it. */
#include "conf_table.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "hjgate/conf_alerts.h"
#include "hjgate/template.h"

#define DINGTALK_URL      "https://oapi.dingtalk.com/robot/send"
#define DINGTALK_RATE     20 /* a minute: more, and the robot is silent for ten */
#define DINGTALK_RATE_OWN 15 /* what we take of them, since others may share the robot */
#define WEBHOOK_RATE      60
#define TEMPLATE          "{\"text\": \"{text}\", \"code\": \"{code}\", \"key\": \"{key}\", \"phase\": \"{phase}\"}"

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

/* ---- checks of one text ---- */

static int check_name(const char *text, const char **ret_why)
{
	return hj_name_valid(text) ? 0 : refuse(ret_why, N_("it is no name of a-z, 0-9 and -"));
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static int check_url(const char *text, const char **ret_why)
{
	if (!*text)
		return 0;
	if (strncmp(text, "https://", 8) != 0 || !text[8] || text[8] == '/')
		return refuse(ret_why, N_("only https is allowed: others could read and change what is said"));
	return is_plain(text) ? 0 : refuse(ret_why, N_("it has a character that no address has"));
}

static int check_proxy(const char *text, const char **ret_why)
{
	static const char *const schemes[] = { "http://", "https://", "socks5h://" };

	for (size_t i = 0; i < hj_array_size(schemes); i++)
		if (!strncmp(text, schemes[i], strlen(schemes[i])) && is_plain(text))
			return 0;
	return *text ? refuse(ret_why, N_("it is no address of a proxy")) : 0;
}

static int check_template(const char *text, const char **ret_why)
{
	return hj_template_check(text, ret_why);
}

static int check_content_type(const char *text, const char **ret_why)
{
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			return refuse(ret_why, N_("it has a character that cannot stand in a header"));
	return *text ? 0 : refuse(ret_why, N_("it is empty"));
}

/* ---- lists ---- */

static int wrong(struct conf_file *f, const config_setting_t *item, const char *why, const char *remedy)
{
	char value[CONF_VALUE_LEN];

	conf_remedy(conf_error(f, item, "%s: %s", conf_value(item, value), why), "%s", remedy);
	return 0;
}

static int add_pattern(struct conf_file *f, const config_setting_t *item, struct hj_alert_patterns *to)
{
	const char *text = config_setting_get_string(item);

	if (!text || !*text || strlen(text) > HJ_ALERT_PATTERN_MAX)
		return wrong(f, item, _("this is no pattern"), _("write \"...\", where * stands for anything"));
	hj_text_copy(to->list[to->count++], sizeof(to->list[0]), text);
	return 0;
}

static bool some_code_fits(const char *pattern)
{
	const struct hj_event_type *type;

	for (size_t i = 0; (type = hj_event_at(i)); i++)
		if (!fnmatch(pattern, type->code, 0))
			return true;
	return false;
}

/* A code that is misspelt would be waited for in vain. */
static int add_code_to(struct conf_file *f, const config_setting_t *item, struct hj_alert_patterns *to)
{
	const char *text = config_setting_get_string(item);

	if (text && *text && strlen(text) <= HJ_ALERT_PATTERN_MAX && !some_code_fits(text))
		return wrong(f, item, _("no event has such a code"), _("see hjgate-eventd(8) for the codes"));
	return add_pattern(f, item, to);
}

static int add_code(struct conf_file *f, const config_setting_t *item, void *channel)
{
	return add_code_to(f, item, &((struct hj_conf_channel *)channel)->codes);
}

static int add_not_code(struct conf_file *f, const config_setting_t *item, void *channel)
{
	return add_code_to(f, item, &((struct hj_conf_channel *)channel)->not_codes);
}

static int add_key(struct conf_file *f, const config_setting_t *item, void *channel)
{
	return add_pattern(f, item, &((struct hj_conf_channel *)channel)->keys);
}

static int add_at(struct conf_file *f, const config_setting_t *item, void *channel)
{
	const char *text = config_setting_get_string(item);
	struct hj_conf_channel *c = channel;

	if (!text || !*text || strlen(text) >= sizeof(c->at[0]) || text[strspn(text, "+-0123456789")])
		return wrong(f, item, _("this is no telephone number"), _("write \"...\" with its digits"));
	hj_text_copy(c->at[c->at_count++], sizeof(c->at[0]), text);
	return 0;
}

/* ---- tables ---- */

static const struct conf_choice kinds[] = {
	{ "dingtalk", HJ_CHANNEL_DINGTALK },
	{ "webhook", HJ_CHANNEL_WEBHOOK },
	{ NULL, 0 },
};
static const struct conf_choice classes[] = {
	{ "info", HJ_EVENT_INFO },
	{ "warn", HJ_EVENT_WARN },
	{ "fault", HJ_EVENT_FAULT },
	{ NULL, 0 },
};
static const struct conf_choice languages[] = { { "en", HJ_LANGUAGE_EN }, { "zh", HJ_LANGUAGE_ZH }, { NULL, 0 } };

#define A_FILE     N_("the name of a file that holds it, readable for the user hjgate-alertd alone")
#define A_CODE     N_("codes of events such as \"meter-*\"")
#define AT(member) CONF_AT(struct hj_conf_channel, member)
static const struct conf_key channel_keys[] = {
	{ "name", CONF_STRING, CONF_REQUIRED, AT(name), .check = check_name, .hint = N_("a name of a-z, 0-9 and -") },
	{ "kind", CONF_ENUM, CONF_REQUIRED, AT(kind), .choices = kinds },
	{ "url", CONF_STRING, 0, AT(url), .check = check_url, .hint = N_("an address that begins with https://") },
	{ "token", CONF_STRING, 0, AT(token), .hint = A_FILE },
	{ "secret", CONF_STRING, 0, AT(secret), .hint = A_FILE },
	{ "authorization", CONF_STRING, 0, AT(authorization), .hint = A_FILE },
	{ "ca", CONF_STRING, 0, AT(ca), .hint = N_("the name of a file of certificates in PEM") },
	{ "proxy", CONF_STRING, 0, AT(proxy), .check = check_proxy,
	        .hint = N_("an address such as http://192.0.2.1:3128") },
	{ "keyword", CONF_STRING, 0, AT(keyword), .hint = N_("a word that the robot demands") },
	{ "at", CONF_ARRAY, 0, .most = HJ_ALERT_AT_MAX, .item = add_at, .hint = N_("telephone numbers") },
	{ "at_all", CONF_BOOL, 0, AT(at_all) },
	{ "template", CONF_STRING, 0, AT(template), .check = check_template, .preset_text = TEMPLATE,
	        .hint = N_("what is sent, with {text} and so on in it") },
	{ "content_type", CONF_STRING, 0, AT(content_type), .check = check_content_type,
	        .preset_text = "application/json; charset=utf-8", .hint = N_("such as text/plain") },
	{ "class", CONF_ENUM, 0, AT(class), .choices = classes, .preset = HJ_EVENT_FAULT },
	{ "codes", CONF_ARRAY, 0, .most = HJ_ALERT_PATTERNS_MAX, .item = add_code, .hint = A_CODE },
	{ "not_codes", CONF_ARRAY, 0, .most = HJ_ALERT_PATTERNS_MAX, .item = add_not_code, .hint = A_CODE },
	{ "keys", CONF_ARRAY, 0, .most = HJ_ALERT_PATTERNS_MAX, .item = add_key,
	        .hint = N_("what events concern, such as \"meter north.*\"") },
	{ "ends", CONF_BOOL, 0, AT(ends), .preset = 1 },
	{ "rate", CONF_INT, 0, AT(rate), .least = 0, .most = 600, .preset = -1 },
	{ "timeout", CONF_INT, 0, AT(timeout), .least = 1, .most = 60, .preset = 15 },
	{ "hold", CONF_INT, 0, AT(hold), .least = 1, .most = 720, .preset = 72 },
};
#undef AT

static int add_channel(struct conf_file *f, const config_setting_t *item, void *alerts);

#define AT(member) CONF_AT(struct hj_conf_alerts, member)
static const struct conf_key keys[] = {
	{ "dry_run", CONF_BOOL, 0, AT(dry_run) },
	{ "quiet", CONF_INT, 0, AT(quiet), .least = 0, .most = 1440, .preset = 30 },
	{ "repeat", CONF_INT, 0, AT(repeat), .least = 0, .most = 168 },
	{ "language", CONF_ENUM, 0, AT(language), .choices = languages, .preset = HJ_LANGUAGE_EN },
	{ "site", CONF_STRING, 0, AT(site), .hint = N_("what people call this place") },
	{ "channels", CONF_LIST, 0, .least = 1, .most = HJ_ALERT_CHANNELS_MAX, .item = add_channel },
	{ "test_wait", CONF_INT, CONF_BELOW_ROOT | CONF_ZERO, AT(test_wait), .least = 1, .most = 3600 },
	{ "test_idle", CONF_INT, CONF_BELOW_ROOT | CONF_ZERO, AT(test_idle), .least = 1, .most = 60000 },
};
#undef AT

/* ---- a channel as a whole ---- */

static void check_dingtalk(struct conf_file *f, const config_setting_t *item, struct hj_conf_channel *c)
{
	const config_setting_t *rate = config_setting_get_member(item, "rate");

	if (!c->url[0])
		hj_text_copy(c->url, sizeof(c->url), DINGTALK_URL);
	if (strchr(c->url, '?'))
		conf_remedy(conf_error(f, config_setting_get_member(item, "url"),
		                    _("url: the access token does not belong into this file")),
		        _("write the address up to the ?, and token = \"...\"; with the name of a file that holds "
		          "the token"));
	if (!c->token[0])
		conf_remedy(conf_error(f, item, _("channel \"%s\" has no token"), c->name),
		        _("write token = \"...\"; with the name of a file that holds the robot's access token"));
	if (c->rate < 0)
		c->rate = DINGTALK_RATE_OWN;
	if (rate && (c->rate > DINGTALK_RATE || (!c->rate && !f->below_root)))
		conf_remedy(conf_error(f, rate, _("rate = %lld: a robot takes %d messages a minute"),
		                    (long long)c->rate, DINGTALK_RATE),
		        _("write a whole number from %d to %d"), 1, DINGTALK_RATE);
}

static void check_webhook(struct conf_file *f, const config_setting_t *item, struct hj_conf_channel *c)
{
	const config_setting_t *url = config_setting_get_member(item, "url");
	const char *text = url ? config_setting_get_string(url) : "";

	if (text && !*text) /* one that was refused has been told */
		conf_remedy(conf_error(f, item, _("channel \"%s\" has no url"), c->name),
		        _("write url = \"https://...\";"));
	if (c->rate < 0)
		c->rate = WEBHOOK_RATE;
}

static int add_channel(struct conf_file *f, const config_setting_t *item, void *alerts)
{
	struct hj_conf_alerts *a = alerts;
	struct hj_conf_channel *channels = realloc(a->channels, (a->channel_count + 1) * sizeof(*channels)), *c;
	int r;

	if (!channels)
		return -ENOMEM;
	a->channels = channels;
	c = &channels[a->channel_count];
	*c = (struct hj_conf_channel){ .line = (int)config_setting_source_line(item) };
	r = conf_table_read(f, item, N_("channel"), channel_keys, hj_array_size(channel_keys), c);
	if (r < 0)
		return r;
	for (size_t i = 0; c->name[0] && i < a->channel_count; i++)
		if (!strcmp(channels[i].name, c->name))
			conf_remedy(conf_error(f, item, _("channel \"%s\" is on line %d already"), c->name,
			                    channels[i].line),
			        _("give one of the two another name"));
	(c->kind == HJ_CHANNEL_DINGTALK ? check_dingtalk : check_webhook)(f, item, c);
	a->channel_count++;
	return 0;
}

int conf_alerts_read(struct conf_file *f, struct hj_conf_alerts *c)
{
	hj_text_copy(c->file, sizeof(c->file), f->path);
	return conf_table_read(
	        f, config_root_setting(&f->config), N_("file of alerts"), keys, hj_array_size(keys), c);
}

void hj_conf_alerts_done(struct hj_conf_alerts *c)
{
	free(c->channels);
	*c = (struct hj_conf_alerts){ 0 };
}

int hj_conf_load_alerts(const char *root, struct hj_conf_alerts *ret, struct hj_conf_errors *errors)
{
	size_t before = conf_error_total(errors);
	struct hj_conf_alerts c = { 0 };
	struct conf_file f;
	int r;

	r = conf_file_open(&f, root, "", "alerts.conf", errors);
	if (r >= 0)
		r = conf_alerts_read(&f, &c);
	conf_file_done(&f);
	if (r == -ENOENT)
		r = 0;
	if (r >= 0 && conf_error_total(errors) > before)
		r = -EINVAL;
	if (r < 0) {
		hj_conf_alerts_done(&c);
		return r;
	}
	*ret = c;
	return 0;
}

const char *hj_channel_kind_name(enum hj_channel_kind kind)
{
	return kinds[kind].name;
}
