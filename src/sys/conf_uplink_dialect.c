/* The group `dialect` of an uplink's file: what the platform calls things. Only what differs from HJ 212-2017 is
 * written; a word is "another" or false, which leaves it out. */
#include "conf_table.h"

#include <string.h>

#define ALPHANUMERIC "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static const struct conf_choice labels[] = { { "start", false }, { "end", true }, { NULL, 0 } };
static const struct conf_choice encodings[] = {
	{ "utf-8", HJ_ENCODING_UTF8 },
	{ "gbk", HJ_ENCODING_GBK },
	{ NULL, 0 },
};

/* ---- words ---- */

static void refuse(struct conf_file *f, const config_setting_t *item, const char *what, const char *remedy)
{
	char value[CONF_VALUE_LEN];

	conf_remedy(conf_error(f, item, "%s = %s: %s", config_setting_name(item), conf_value(item, value), what),
	        "%s", remedy);
}

static const char word_remedy[] =
        N_("write \"...\", up to 15 letters A-Z a-z, digits and _, or false to leave it out");

/* What an item of the group says: another word, or false. */
static void take_word(struct conf_file *f, const config_setting_t *item, bool may_be_empty, struct hj_word *ret)
{
	const char *text = config_setting_get_string(item);
	struct hj_word w = { .how = HJ_WORD_OTHER };

	if (config_setting_type(item) == CONFIG_TYPE_BOOL && !config_setting_get_bool(item)) {
		ret->how = HJ_WORD_OUT;
		return;
	}
	if (!text || strlen(text) > HJ_WORD_MAX || text[strspn(text, ALPHANUMERIC "_")]) {
		refuse(f, item, _("it is no word of a platform"), _(word_remedy));
		return;
	}
	if (!*text && !may_be_empty) {
		refuse(f, item, _("it is empty"), _(word_remedy));
		return;
	}
	hj_text_copy(w.text, sizeof(w.text), text);
	*ret = w;
}

static int add_flag(struct conf_file *f, const config_setting_t *item, void *dialect)
{
	struct hj_conf_dialect *d = dialect;
	int i = hj_flag_find(config_setting_name(item));

	if (i >= 0)
		take_word(f, item, false, &d->wording.flags[i]);
	else
		refuse(f, item, _("this is no Flag of the standard"), _("write one of N, F, M, S, D, C, T, B"));
	return 0;
}

/* "" is the bare factor; else a "-" is between. */
static int add_suffix(struct conf_file *f, const config_setting_t *item, void *dialect)
{
	struct hj_conf_dialect *d = dialect;
	int i = hj_suffix_find(config_setting_name(item));
	struct hj_word *w;

	if (i < 0) {
		refuse(f, item, _("this is no suffix of the standard"),
		        _("write one of Rtd, Cou, Min, Avg, Max, Flag, RS, RT"));
		return 0;
	}
	w = &d->wording.suffixes[i];
	take_word(f, item, true, w);
	if (w->how != HJ_WORD_OTHER || !w->text[0])
		return 0;
	memmove(w->text + 1, w->text, sizeof(w->text) - 1);
	w->text[0] = '-';
	return 0;
}

/* ---- the table ---- */

#define AT(member) CONF_AT(struct hj_conf_dialect, member)
static const struct conf_key keys[] = {
	{ "label", CONF_ENUM, 0, AT(wording.label_end), .choices = labels },
	{ "encoding", CONF_ENUM, 0, AT(wording.encoding), .choices = encodings },
	{ "decimals", CONF_INT, 0, AT(decimals), .least = 0, .most = 9, .preset = -1 },
	{ "flags", CONF_GROUP, .most = HJ_FLAGS, .item = add_flag,
	        .hint = N_("the platform's letter for each of ours: N = \"1\"; B = \"J\"; T = false;") },
	{ "suffixes", CONF_GROUP, .most = HJ_SUFFIXES, .item = add_suffix,
	        .hint = N_("the platform's word for each of ours: Avg = \"Value\"; Min = false;") },
};
#undef AT
const struct conf_table conf_uplink_dialect = { N_("dialect"), keys, hj_array_size(keys) };

/* Two values of one item under one name could not be told apart. */
void conf_uplink_dialect_check(struct conf_file *f, const config_setting_t *uplink, const struct hj_conf_dialect *d)
{
	static const enum hj_suffix of_record[] = { HJ_SUFFIX_COU, HJ_SUFFIX_MIN, HJ_SUFFIX_AVG, HJ_SUFFIX_MAX,
		HJ_SUFFIX_FLAG };
	const config_setting_t *at = config_setting_get_member(uplink, "dialect");

	at = at ? config_setting_get_member(at, "suffixes") : NULL;
	for (size_t i = 0; at && i < hj_array_size(of_record); i++)
		for (size_t k = 0; k < i; k++) {
			const char *a = hj_wording_suffix(&d->wording, of_record[k]);
			const char *b = hj_wording_suffix(&d->wording, of_record[i]);

			if (!a || !b || strcmp(a, b) != 0)
				continue;
			conf_remedy(conf_error(f, at, _("suffixes: %s and %s would have one name"),
			                    hj_suffix_name(of_record[k]), hj_suffix_name(of_record[i])),
			        _("write %s = false; to leave one of them out"), hj_suffix_name(of_record[k]));
		}
}
