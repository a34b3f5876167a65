/* An uplink that works and is hardly meant: what the examples say left as it is, a password that everybody reads, the
 * same MN twice, files that are not there; and the secrets of alerts. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_look.h"
#include "cli.h"
#include "hjgate/conf_alerts.h"

/* A drop-in may hand secrets over as credentials, which only its service sees. */
#define DROP_INS "/etc/systemd/system/hjgate-alertd.service.d"

static void look_at_pw(const struct hj_conf_uplink *u, struct hj_conf_errors *n)
{
	static const struct {
		const char *pw, *what;
	} examples[] = {
		{ "123456", N_("pw = \"123456\" is the standard's example") },
		{ "7h3k9p", N_("pw = \"7h3k9p\" is the example of this file") },
	};

	for (size_t i = 0; i < hj_array_size(examples); i++)
		if (!strcmp(u->pw, examples[i].pw))
			check_note(n, u->file, hj_conf_key_line(u->file, 0, "pw"), _(examples[i].what),
			        _("ask the platform for the password it gave"));
}

static void look_at_mn(const struct hj_conf_uplink *u, struct hj_conf_errors *n)
{
	struct hj_mn_explained e;
	const char *why;
	char what[256];

	hj_mn_explain(u->mn, &e);
	why = e.why;
	for (size_t i = 0; i < e.count && !why; i++)
		why = e.parts[i].why;
	if (!e.doubtful || !why)
		return;
	snprintf(what, sizeof(what), _("mn = \"%s\": %s"), u->mn, _(why));
	check_note(n, u->file, hj_conf_key_line(u->file, 0, "mn"), what,
	        _("write the MN that the platform gave; hjgate mn check explains it"));
}

static void look_at_tls(const struct hj_conf_uplink *u, const char *root, struct hj_conf_errors *n)
{
	const struct {
		const char *key, *name;
	} files[] = { { "tls.ca", u->tls.ca }, { "tls.cert", u->tls.cert }, { "tls.key", u->tls.key } };

	for (size_t i = 0; i < hj_array_size(files); i++)
		check_look_at_named(
		        &(struct check_named){ u->file, 0, files[i].key, files[i].name, "" }, root, n);
}

/* Below a root it is a desk's, which nobody else can look at. */
static void look_at_readers(const char *file, const char *what, const char *root, struct hj_conf_errors *n)
{
	struct stat st;

	if (!*root && !stat(file, &st) && (st.st_mode & S_IROTH))
		check_note(n, file, 0, what, _("chown root:hjgate and chmod 0640 the file"));
}

void check_look_at_uplink(const struct hj_conf_uplink *u, const struct hj_conf_uplink *others, size_t count,
        const char *root, struct hj_conf_errors *n)
{
	char what[256];

	look_at_pw(u, n);
	look_at_mn(u, n);
	look_at_readers(u->file, _("everybody on this machine can read the password in it"), root, n);
	check_look_at_mode(u->file, "hjgate-uplinkd", root, n);
	for (size_t k = 0; k < count; k++) {
		const struct hj_conf_uplink *o = &others[k];

		if (strcmp(o->host, u->host) || o->port != u->port || strcmp(o->mn, u->mn))
			continue;
		snprintf(what, sizeof(what), _("uplink %s reports the same MN to the same platform"), o->name);
		check_note(n, u->file, hj_conf_key_line(u->file, 0, "mn"), what,
		        _("remove one of the two, or correct its host, port or mn"));
	}
	look_at_tls(u, root, n);
}

void check_look_at_clock(const struct hj_conf *c, const char *root, struct hj_conf_errors *n)
{
	char path[HJ_PATH_MAX] = "", what[256];

	for (size_t i = 0; i < c->uplink_count; i++) {
		if (strcmp(c->uplinks[i].name, c->main.clock_uplink) || c->uplinks[i].edition != HJ_EDITION_2005)
			continue;
		hj_path(root, HJ_DIR_ETC, "hjgate.conf", path);
		snprintf(what, sizeof(what),
		        _("clock_uplink = \"%s\": by HJ/T 212-2005 nobody can be asked for the time"),
		        c->main.clock_uplink);
		check_note(n, path, hj_conf_key_line(path, 0, "clock_uplink"), what,
		        _("name an uplink of a later edition, or have the platform say the time (CN 1012) each day"));
	}
}

void check_look_at_alerts(const struct hj_conf_alerts *a, const char *root, struct hj_conf_errors *n)
{
	if (a->channel_count) /* many robots have their key in the address */
		look_at_readers(a->file,
		        _("everybody on this machine can read the addresses and templates in it, which may hold keys"),
		        root, n);
	for (size_t i = 0; i < a->channel_count; i++) {
		const struct hj_conf_channel *c = &a->channels[i];
		const struct check_named files[] = {
			{ a->file, c->line, "token", c->token, "secrets" },
			{ a->file, c->line, "secret", c->secret, "secrets" },
			{ a->file, c->line, "authorization", c->authorization, "secrets" },
			{ a->file, c->line, "ca", c->ca, "" },
		};

		for (size_t k = 0; k < hj_array_size(files); k++)
			if (files[k].name[0] == '/' || !*files[k].folder || *root || access(DROP_INS, F_OK))
				check_look_at_named(&files[k], root, n);
	}
}
