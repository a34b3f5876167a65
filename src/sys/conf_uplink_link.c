/* The groups `link` and `tls` of uplinks.d/NAME.conf: by which addresses, which way and how guarded a platform is
 * reached. Whether the files of `tls` can be read is known only to who reads them: uplinkd says so. */
#include "conf_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

/* What libraries would take for another address: 203.0.113 for 203.0.0.113. */
static bool is_no_ipv4(const char *text)
{
	struct in_addr address;

	return strspn(text, "0123456789.") == strlen(text) && inet_pton(AF_INET, text, &address) != 1;
}

/* A scope may stand behind it: fe80::1%eth0. */
static bool is_ipv6(const char *text)
{
	char copy[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "%");
	struct in6_addr address;

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	return inet_pton(AF_INET6, copy, &address) == 1;
}

int conf_check_host(const char *text, const char **ret_why)
{
	static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_:%";

	if (!*text)
		return refuse(ret_why, N_("it is empty"));
	if (strstr(text, "://"))
		return refuse(ret_why, N_("an address of the web is no host"));
	if (text[strspn(text, allowed)])
		return refuse(ret_why, N_("it has a character that no host has"));
	if (strchr(text, ':') && !is_ipv6(text))
		return refuse(ret_why, N_("it is no IPv6 address; a port is a key of its own"));
	if (is_no_ipv4(text))
		return refuse(ret_why, N_("it is no IPv4 address of four numbers up to 255"));
	return 0;
}

static int check_interface(const char *text, const char **ret_why)
{
	return text[strcspn(text, "/ :")] ? refuse(ret_why, N_("it has a character that no interface has")) : 0;
}

static int check_source(const char *text, const char **ret_why)
{
	unsigned char address[16];

	if (!*text || inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1)
		return 0;
	return refuse(ret_why, N_("it is no IP address"));
}

static int check_pin(const char *text, const char **ret_why)
{
	size_t n = strlen(text);

	if ((!n || n == 64) && strspn(text, "0123456789abcdefABCDEF") == n)
		return 0;
	return refuse(ret_why, N_("it is no SHA-256 of 64 hexadecimal digits"));
}

/* "host:port", "192.0.2.1:9000", "[2001:db8::1]:9000". */
int conf_place_parse(const char *text, struct hj_conf_place *ret)
{
	const char *colon = text ? strrchr(text, ':') : NULL, *begin = text, *why;
	struct hj_conf_place p = { 0 };
	uint64_t port;
	size_t n;

	if (!colon || hj_uint_parse(colon + 1, strlen(colon + 1), 65535, &port) < 0 || !port)
		return -EINVAL;
	n = (size_t)(colon - text);
	if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
		begin++;
		n -= 2;
	} else if (memchr(text, ':', n)) {
		return -EINVAL; /* an IPv6 address without brackets: its last part could be the port */
	}
	if (!n || n > HJ_CONF_TEXT_MAX)
		return -EINVAL;
	memcpy(p.host, begin, n);
	p.port = (int64_t)port;
	if (conf_check_host(p.host, &why) < 0)
		return -EINVAL;
	*ret = p;
	return 0;
}

static int add_other(struct conf_file *f, const config_setting_t *item, void *link)
{
	struct hj_conf_link *l = link;
	char value[CONF_VALUE_LEN];
	struct hj_conf_error *e;

	if (l->other_count < HJ_CONF_OTHERS_MAX &&
	        conf_place_parse(config_setting_get_string(item), &l->others[l->other_count]) == 0) {
		l->other_count++;
		return 0;
	}
	e = conf_error(f, item, _("others: %s is no address with a port"), conf_value(item, value));
	conf_remedy(e, _("write \"HOST:PORT\" or \"[IPV6]:PORT\""));
	return 0;
}

#define AT(member) CONF_AT(struct hj_conf_link, member)
static const struct conf_key link_keys[] = {
	{ "others", CONF_ARRAY, .least = 0, .most = HJ_CONF_OTHERS_MAX, .item = add_other,
	        .hint = N_("\"HOST:PORT\" of the platform's other addresses") },
	{ "main_again", CONF_INT, CONF_LOOSE, AT(main_again), .least = 60, .most = 86400, .preset = 600 },
	{ "interface", CONF_STRING, 0, AT(interface), .check = check_interface,
	        .hint = N_("the name of a network interface such as wwan0") },
	{ "source", CONF_STRING, 0, AT(source), .check = check_source,
	        .hint = N_("an IP address that this box has") },
	{ "lost_after", CONF_INT, CONF_LOOSE, AT(lost_after), .least = 15, .most = 3600, .preset = 50 },
};
#undef AT
const struct conf_table conf_uplink_link = { N_("link"), link_keys, hj_array_size(link_keys) };

static const struct conf_choice versions[] = { { "1.2", HJ_TLS_1_2 }, { "1.3", HJ_TLS_1_3 }, { NULL, 0 } };

#define AT(member) CONF_AT(struct hj_conf_tls, member)
static const struct conf_key tls_keys[] = {
	{ "ca", CONF_STRING, 0, AT(ca), .hint = N_("a file of certificates in PEM") },
	{ "cert", CONF_STRING, 0, AT(cert), .hint = N_("a file with this gateway's certificate in PEM") },
	{ "key", CONF_STRING, 0, AT(key), .hint = N_("a file with the private key of cert in PEM") },
	{ "name", CONF_STRING, 0, AT(name), .hint = N_("the name in the platform's certificate") },
	{ "min", CONF_ENUM, 0, AT(min), .choices = versions, .preset = HJ_TLS_1_2 },
	{ "pin", CONF_STRING, 0, AT(pin), .check = check_pin,
	        .hint = N_("the SHA-256 of the platform's public key, 64 hexadecimal digits") },
};
#undef AT
const struct conf_table conf_uplink_tls = { N_("tls group"), tls_keys, hj_array_size(tls_keys) };

void conf_uplink_link_check(struct conf_file *f, struct hj_conf_uplink *u)
{
	const config_setting_t *tls = config_setting_get_member(config_root_setting(&f->config), "tls");
	struct hj_conf_error *e;

	u->tls.on = tls && config_setting_is_group(tls);
	if (!u->tls.cert[0] == !u->tls.key[0] || conf_told(tls, "cert") || conf_told(tls, "key"))
		return;
	e = conf_error(f, tls, _("%s is missing in this %s"), u->tls.cert[0] ? "key" : "cert", _("tls group"));
	conf_remedy(e, _("write both cert and key, or neither"));
}
