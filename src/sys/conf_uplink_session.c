/* The groups `session` and `next` of uplinks.d/NAME.conf: what counts as an acknowledgement, login and heartbeat; and
 * the day on which the platform moves to another edition of HJ 212. */
#include "conf_table.h"

#include <errno.h>
#include <string.h>

#define CN_LEN      4
#define FROM_DIGITS 14 /* YYYYMMDDhhmmss */

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

static int check_cn(const char *text, const char **ret_why)
{
	size_t n = strlen(text);

	if (!n || (n == CN_LEN && strspn(text, "0123456789") == n && text[0] != '0'))
		return 0;
	return refuse(ret_why, N_("it is no command number of four digits"));
}

static int check_cp(const char *text, const char **ret_why)
{
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~' || strchr("&#", *p))
			return refuse(ret_why, N_("it has a character that cannot stand in a frame"));
	return 0;
}

/* "2027-01-01" or "2027-01-01 08:00:00", Beijing time. */
static int parse_from(const char *text, int64_t *ret_ms)
{
	static const char form[] = "dddd-dd-dd dd:dd:dd";
	char digits[FROM_DIGITS + 1] = "00000000000000";
	size_t n = strlen(text), d = 0;

	if (n != strlen("dddd-dd-dd") && n != strlen(form))
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (form[i] == 'd' ? !digit : text[i] != form[i])
			return -EINVAL;
		if (digit)
			digits[d++] = text[i];
	}
	return hj_time_parse(digits, FROM_DIGITS, ret_ms);
}

static int check_from(const char *text, const char **ret_why)
{
	int64_t ms;

	return parse_from(text, &ms) < 0 ? refuse(ret_why, N_("it is no date")) : 0;
}

/* ---- session ---- */

static const struct conf_choice acks[] = {
	{ "qn", HJ_ACK_QN },
	{ "order", HJ_ACK_ORDER },
	{ "none", HJ_ACK_NONE },
	{ NULL, 0 },
};

#define AT(member) CONF_AT(struct hj_conf_own, member)
#define OWN_CP     "cp", CONF_STRING, 0, AT(cp), .check = check_cp, .hint = N_("what stands between && and &&")
static const struct conf_key login_keys[] = {
	{ "cn", CONF_STRING, 0, AT(cn), .check = check_cn, .hint = N_("a command number such as 9021") },
	{ OWN_CP },
	{ "answered", CONF_BOOL, 0, AT(answered), .preset = 1 },
};
static const struct conf_key heartbeat_keys[] = {
	{ "cn", CONF_STRING, 0, AT(cn), .check = check_cn, .preset_text = "9015",
	        .hint = N_("a command number such as 9015") },
	{ "interval", CONF_INT, CONF_ZERO | CONF_LOOSE, AT(interval), .least = 5, .most = 3600 },
	{ OWN_CP },
	{ "answered", CONF_BOOL, 0, AT(answered), .preset = 1 },
};
#undef AT
static const struct conf_table login = { N_("login"), login_keys, hj_array_size(login_keys) };
static const struct conf_table heartbeat = { N_("heartbeat"), heartbeat_keys, hj_array_size(heartbeat_keys) };

#define AT(member) CONF_AT(struct hj_conf_session, member)
static const struct conf_key session_keys[] = {
	{ "ack", CONF_ENUM, 0, AT(ack), .choices = acks, .preset = HJ_ACK_QN },
	{ "window", CONF_INT, 0, AT(window), .least = 1, .most = 32, .preset = 1 },
	{ "any_crc", CONF_BOOL, 0, AT(any_crc) },
	{ "crc_lower", CONF_BOOL, 0, AT(crc_lower) },
	{ "login", CONF_TABLE, 0, AT(login), .table = &login },
	{ "heartbeat", CONF_TABLE, 0, AT(heartbeat), .table = &heartbeat },
};
#undef AT
const struct conf_table conf_uplink_session = { N_("session"), session_keys, hj_array_size(session_keys) };

/* ---- next ---- */

#define AT(member) CONF_AT(struct hj_conf_next, member)
static const struct conf_key next_keys[] = {
	{ "edition", CONF_INT, CONF_REQUIRED, AT(form.edition), .choices = conf_editions },
	{ "from", CONF_STRING, CONF_REQUIRED, AT(from), .check = check_from,
	        .hint = N_("a day such as 2027-01-01, or a day and a time such as 2027-01-01 08:00:00") },
	{ "mn", CONF_STRING, 0, AT(form.mn), .check = conf_check_mn, .hint = N_("the MN that the platform gave") },
	{ "st", CONF_STRING, 0, AT(form.st), .check = conf_check_st,
	        .hint = N_("the system code, two characters such as 31") },
	{ "pw", CONF_STRING, 0, AT(form.pw), .check = conf_check_pw,
	        .hint = N_("the password that the platform gave") },
};
#undef AT
const struct conf_table conf_uplink_next = { N_("next"), next_keys, hj_array_size(next_keys) };

/* `at`: where the MN stands that counts. */
static void check_form(struct conf_file *f, const config_setting_t *at, const struct hj_conf_form *form)
{
	struct hj_conf_error *e;
	int kind = form->mn[0] ? hj_mn_check(form->mn, NULL) : 0;

	if (form->edition == HJ_EDITION_2005 && kind > 0 && kind != HJ_MN_2005) {
		e = conf_error(f, at, _("mn = \"%s\": edition 2005 has an MN of 14 digits"), form->mn);
		conf_remedy(e, _("write the MN of 14 digits that the platform gave, or edition = 2017"));
	}
	if (form->edition != HJ_EDITION_2005 && kind == HJ_MN_2005) {
		e = conf_error(f, at, _("mn = \"%s\": an MN of 14 digits belongs to edition 2005"), form->mn);
		conf_remedy(e, _("write the MN of 24 or 20 characters that the platform gave, or edition = 2005"));
	}
}

void conf_uplink_next_check(struct conf_file *f, struct hj_conf_uplink *u)
{
	const config_setting_t *root = config_root_setting(&f->config);
	const config_setting_t *next = config_setting_get_member(root, "next");
	struct hj_conf_form form;

	hj_conf_uplink_form(u, 0, &form);
	check_form(f, config_setting_get_member(root, "mn"), &form);
	if (!next || !u->next.from[0] || parse_from(u->next.from, &u->next.from_ms) < 0)
		return;
	hj_conf_uplink_form(u, u->next.from_ms, &form);
	check_form(f, next, &form);
}

void hj_conf_uplink_form(const struct hj_conf_uplink *u, int64_t at_ms, struct hj_conf_form *ret)
{
	const struct hj_conf_form *next = &u->next.form;
	bool moved = u->next.from_ms && at_ms >= u->next.from_ms;

	ret->edition = moved && next->edition ? next->edition : u->edition;
	hj_text_copy(ret->mn, sizeof(ret->mn), moved && next->mn[0] ? next->mn : u->mn);
	hj_text_copy(ret->st, sizeof(ret->st), moved && next->st[0] ? next->st : u->st);
	hj_text_copy(ret->pw, sizeof(ret->pw), moved && next->pw[0] ? next->pw : u->pw);
}
