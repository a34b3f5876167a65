/* `hjgate stick`: what happens when a stick is plugged in, where the site allows it at all: the stick gets the
 * backup, sealed as it is; and records in clear only for an order on it that the site's stick key proves. Each is an
 * event, and so is each refusal. The mounting is systemd/hjgate-stick@.service's, so that this works on any folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ask.h"
#include "backup.h"
#include "export.h"
#include "hjgate/clock.h"
#include "hjgate/conf.h"
#include "json_text.h"
#include "outfile.h"
#include "site.h"
#include "stick_order.h"
#include "timespec.h"
#include "writer.h"

#define DAYS_USUAL 14 /* an order is good for */

struct stick {
	const struct cli *cli;
	bool allowed;
	struct cli_list kinds;
	const char *format, *uplink, *site, *key_file;
	int64_t from, to, days;
};

const struct cli_option cli_stick_options[] = {
	{ "--allowed", 0, CLI_FLAG, NULL, N_("only say by the exit status whether sticks are served"),
	        offsetof(struct stick, allowed) },
	{ "--kind", 'k', CLI_LIST, N_("KIND"), N_("with order: minute (as without), hour ...; may be given again"),
	        offsetof(struct stick, kinds) },
	{ "--from", 0, CLI_TIME, N_("TIME"), N_("with order: windows that begin then or later"),
	        offsetof(struct stick, from) },
	{ "--to", 0, CLI_TIME, N_("TIME"), N_("with order: windows that begin before"), offsetof(struct stick, to) },
	{ "--format", 0, CLI_TEXT, N_("FORMAT"), N_("with order: csv (as without), jsonl or hj212"),
	        offsetof(struct stick, format) },
	{ "--uplink", 0, CLI_TEXT, N_("NAME"), N_("with order, as hj212: whose frames"),
	        offsetof(struct stick, uplink) },
	{ "--site", 0, CLI_TEXT, N_("MN"), N_("with order: only for the box of this MN"),
	        offsetof(struct stick, site) },
	{ "--days", 0, CLI_COUNT, N_("N"), N_("with order: how long it is good (14 as without, 62 at most)"),
	        offsetof(struct stick, days) },
	{ "--key-file", 0, CLI_TEXT, N_("FILE"), N_("with order: the stick key, where it is not in this box"),
	        offsetof(struct stick, key_file) },
	{ 0 },
};

/* ---- events ---- */

static void tell(const struct cli *cli, const char *code, const char *what)
{
	_cleanup_json_ json_t *answer = NULL;

	cli_ask_quiet(cli->root, "eventd.peer", "hjgate.Event.Log",
	        json_pack("{ss ss ss ss s{ss}}", "code", code, "phase", "moment", "key", "stick", "source", "stick",
	                "values", "what", what),
	        CLI_ANSWER_MS, &answer, NULL);
}

static int refuse(const struct cli *cli, const char *what, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", what, why);
	tell(cli, "stick-refused", text);
	return cli_refused(cli, "%s: %s", what, _(why));
}

/* ---- may it? ---- */

static int load_conf(const struct cli *cli, struct hj_conf_main *ret)
{
	struct hj_conf_errors errors = { 0 };
	int r = hj_conf_load_main(cli->root, ret, &errors);

	hj_conf_errors_done(&errors);
	return r < 0 ? cli_refused(cli, "%s", _("hjgate.conf cannot be used: hjgate check says why")) : 0;
}

/* ---- the order ---- */

/* The bytes of a small file of the stick; -errno, -EBADMSG where it is no plain one, -EFBIG. */
static ssize_t read_small(const char *folder, const char *name, char *to, size_t size)
{
	char path[PATH_MAX];
	_cleanup_fd_ int fd = -1;
	struct stat st;
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EBADMSG;
	n = read(fd, to, size);
	return n < 0 ? -errno : (size_t)n == size ? -EFBIG : n;
}

static int export_order(struct cli *cli, const struct order *o, char *to, uint64_t *ret_left_out)
{
	struct export x = { .from = o->from_ms,
		.to = o->to_ms,
		.format = o->format[0] ? o->format : NULL,
		.uplink = o->uplink[0] ? o->uplink : NULL,
		.path = to,
		.quiet = true,
		.left_out = ret_left_out };

	for (size_t i = 0; i < o->kind_count; i++)
		x.kind_names.words[x.kind_names.count++] = o->kinds[i];
	/* One that is there already was put there by whoever had the stick: a link out of it, say. */
	if (mkdir(to, 0755) < 0)
		return outfile_failed(cli, to, -errno);
	return export_run(cli, &x);
}

static int serve_good(struct cli *cli, const char *folder, const struct order *o, char ret[PATH_MAX])
{
	char what[200], more[64] = "";
	uint64_t left_out = 0;
	int status = snprintf(ret, PATH_MAX, "%s/hjgate-order-%s", folder, o->nonce) < PATH_MAX ? 0 : HJ_EXIT_REFUSED;

	status = status ? status : export_order(cli, o, ret, &left_out);
	if (left_out)
		snprintf(more, sizeof(more), ", without %llu that cannot be read", (unsigned long long)left_out);
	snprintf(what, sizeof(what), "records in clear, by order %s%s", o->nonce, status ? ": failed" : more);
	tell(cli, status ? "stick-refused" : "stick-served", what);
	if (status)
		ret[0] = '\0';
	return status;
}

static const char *use_text(int r)
{
	return r == -EALREADY ? N_("it was served before")
	       : r == -ESTALE ? N_("orders that end later have had their time: is the clock right?")
	                      : N_("it cannot be noted that it is served");
}

/* ret: the folder that it got; "" where there was no order, or none that is served. */
static int serve_order(struct cli *cli, const char *folder, char ret[PATH_MAX])
{
	char text[ORDER_BYTES + 1], mac_text[256] = "", path[HJ_PATH_MAX], site[CLI_SITE_MAX + 1];
	uint8_t mac[HJ_SHA256_BYTES], key[HJ_KEY_BYTES];
	ssize_t n = read_small(folder, ORDER_FILE, text, sizeof(text)), m;
	enum order_verdict verdict;
	struct order o;
	int r;

	if (n == -ENOENT)
		return 0;
	m = n < 0 ? n : read_small(folder, ORDER_MAC_FILE, mac_text, sizeof(mac_text) - 1);
	if (m < 0 || order_mac_parse(mac_text, mac) < 0)
		return refuse(cli, ORDER_FILE, N_("it cannot be read, or its HMAC is not there"));
	r = hj_path(cli->root, HJ_DIR_ETC, STICK_KEY_FILE, path);
	r = r < 0 ? r : order_key_read(path, key);
	if (r < 0)
		return refuse(cli, ORDER_FILE,
		        r == -EPERM
		                ? N_("the stick key may be read by others, or belongs to another user: chmod 0400")
		                : N_("this box has no stick key: hjgate stick key makes one"));
	verdict = order_read(text, (size_t)n, mac, key, cli_wall_ms(), &o);
	hj_wipe(key, sizeof(key));
	if (verdict != ORDER_GOOD)
		return refuse(cli, ORDER_FILE, order_verdict_text(verdict));
	cli_site(cli->root, site);
	if (o.site[0] && !cli_site_common(o.site, site))
		return refuse(cli, ORDER_FILE, N_("it is for another site"));
	r = hj_path(cli->root, HJ_DIR_STATE, "stick.used", path);
	r = r < 0 ? r : order_use(path, &o, cli_wall_ms());
	if (r < 0)
		return refuse(cli, ORDER_FILE, use_text(r));
	return serve_good(cli, folder, &o, ret);
}

/* ---- serving ---- */

static void show(const struct cli *cli, const char *made, const char *ordered)
{
	struct writer *w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);

	if (*made)
		writer_field(w, "backup", _("Backup"), STYLE_GOOD, json_string(made), made);
	if (*ordered)
		writer_field(w, "order", _("Order"), STYLE_GOOD, json_string(ordered), ordered);
	writer_free(w);
}

static int serve(struct cli *cli, const char *folder)
{
	static const char off[] = N_("this site serves no sticks: stick = \"off\" in hjgate.conf");
	char made[PATH_MAX], what[PATH_MAX], order[PATH_MAX] = "";
	struct hj_conf_main conf;
	int status = load_conf(cli, &conf), ordered;

	if (status)
		return status;
	if (!conf.stick) {
		tell(cli, "stick-refused", off);
		return cli_refused(cli, "%s", _(off));
	}
	status = backup_make(cli, folder, made);
	snprintf(what, sizeof(what), "%s%s", status ? "the backup failed" : "the backup ",
	        status ? "" : strrchr(made, '/') + 1);
	tell(cli, status ? "stick-refused" : "stick-served", what);
	ordered = serve_order(cli, folder, order);
	show(cli, status ? "" : made, order);
	return status ? status : ordered;
}

/* ---- the key, and orders ---- */

static void to_hex(const uint8_t *bytes, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++)
		sprintf(ret + 2 * i, "%02x", bytes[i]);
}

static void tell_json(json_t *j)
{
	cli_json_line(stdout, j);
	json_decref(j);
}

static int make_key(const struct cli *cli)
{
	uint8_t key[HJ_KEY_BYTES];
	char text[2 * HJ_KEY_BYTES + 2], path[HJ_PATH_MAX];
	int r = hj_path(cli->root, HJ_DIR_ETC, STICK_KEY_FILE, path);

	if (r >= 0 && access(path, F_OK) == 0)
		return cli_refused(
		        cli, _("%s is there already: move it away to make another, which no older order fits"), path);
	r = r < 0 ? r : hj_random(key, sizeof(key));
	to_hex(key, sizeof(key), text);
	strcat(text, "\n");
	r = r < 0 ? r : hj_write_whole(path, text, strlen(text), 0400);
	hj_wipe(key, sizeof(key));
	hj_wipe(text, sizeof(text));
	if (r < 0)
		return cli_refused(cli, _("cannot write %s: %s"), path, strerror(-r));
	if (cli->json)
		tell_json(json_pack("{s:s}", "key", path));
	else
		printf(_("%s: made. Who has a copy can order records in clear from this box.\n"), path);
	return 0;
}

static void human(int64_t ms, char ret[HJ_TIME_HUMAN_LEN + 1])
{
	hj_time_human(ms, false, ret);
}

static json_t *order_json(const struct stick *s)
{
	json_t *kinds = json_array(), *o;
	char from[HJ_TIME_HUMAN_LEN + 1], to[HJ_TIME_HUMAN_LEN + 1], made[HJ_TIME_HUMAN_LEN + 1],
	        expires[HJ_TIME_HUMAN_LEN + 1], nonce[2 * 16 + 1];
	uint8_t random[16];
	int64_t now = cli_wall_ms();

	for (size_t i = 0; i < s->kinds.count; i++)
		json_array_append_new(kinds, json_string(s->kinds.words[i]));
	if (!s->kinds.count)
		json_array_append_new(kinds, json_string(hj_kind_name(HJ_KIND_MINUTE)));
	human(s->from, from);
	human(s->to ? s->to : now, to);
	human(now, made);
	human(now + (s->days ? s->days : DAYS_USUAL) * HJ_MS_PER_DAY, expires);
	if (hj_random(random, sizeof(random)) < 0) {
		json_decref(kinds);
		return NULL;
	}
	to_hex(random, sizeof(random), nonce);
	o = json_pack("{s:i, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "format", ORDER_FORMAT, "site",
	        s->site ? s->site : "", "kinds", kinds, "as", s->format ? s->format : "csv", "from", from, "to", to,
	        "made", made, "expires", expires, "nonce", nonce);
	if (o && s->uplink)
		json_object_set_new(o, "uplink", json_string(s->uplink));
	return o;
}

static int write_in(const struct cli *cli, const char *folder, const char *name, const char *text)
{
	char path[PATH_MAX];
	struct outfile o;
	int r = snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) ? 0 : -ENAMETOOLONG;

	r = r < 0 ? r : outfile_open(&o, path, 0644);
	if (r >= 0) {
		fputs(text, o.f);
		r = outfile_commit(&o);
	}
	return r < 0 ? outfile_failed(cli, path, r) : 0;
}

/* Whoever makes one is told what is wrong with it; the box can only refuse it. */
static int check_order(const struct cli *cli, const struct stick *s)
{
	const char *names[HJ_KIND_MOST + 1] = { 0 };
	enum hj_kind kind;
	int r = export_form_check(cli, s->format, s->uplink);

	for (int k = 1; k <= HJ_KIND_MOST; k++)
		names[k - 1] = hj_kind_name((enum hj_kind)k);
	for (size_t i = 0; i < s->kinds.count && !r; i++)
		if (hj_kind_parse(s->kinds.words[i], &kind) < 0)
			r = cli_unknown(cli, N_("kind"), s->kinds.words[i], names);
	return r ? r : cli_span_check(cli, s->from, s->to ? s->to : cli_wall_ms());
}

static int make_order(const struct cli *cli, const struct stick *s, const char *folder)
{
	_cleanup_json_ json_t *j = order_json(s);
	_cleanup_free_ char *text = j ? json_dumps(j, JSON_INDENT(1)) : NULL;
	uint8_t key[HJ_KEY_BYTES], mac[HJ_SHA256_BYTES];
	char path[HJ_PATH_MAX], mac_text[2 * HJ_SHA256_BYTES + 2];
	struct order o;
	enum order_verdict verdict;
	int r = check_order(cli, s);

	if (r)
		return r;
	r = text ? hj_path(cli->root, HJ_DIR_ETC, STICK_KEY_FILE, path) : -ENOMEM;
	r = r < 0 ? r : order_key_read(s->key_file ? s->key_file : path, key);
	if (r < 0)
		return cli_refused(
		        cli, _("cannot use the stick key %s: %s"), s->key_file ? s->key_file : path, strerror(-r));
	r = order_mac(text, strlen(text), key, mac);
	verdict = r < 0 ? ORDER_NOT_ONE : order_read(text, strlen(text), mac, key, cli_wall_ms(), &o);
	hj_wipe(key, sizeof(key));
	if (verdict != ORDER_GOOD)
		return cli_usage(cli, _("such an order would not be served: %s"), _(order_verdict_text(verdict)));
	to_hex(mac, sizeof(mac), mac_text);
	strcat(mac_text, "\n");
	r = write_in(cli, folder, ORDER_FILE, text);
	r = r ? r : write_in(cli, folder, ORDER_MAC_FILE, mac_text);
	if (r)
		return r;
	if (cli->json)
		tell_json(json_incref(j));
	else
		printf(_("%s/%s: made. The box serves it once, until %s.\n"), folder, ORDER_FILE,
		        cli_string(j, "expires"));
	return 0;
}

int cli_stick(struct cli *cli, int argc, char **argv)
{
	struct stick s = { .cli = cli };
	struct hj_conf_main conf;
	int status = cli_options(cli, cli_stick_options, &s, &argc, argv);

	if (status)
		return status;
	if (s.allowed)
		return load_conf(cli, &conf) || !conf.stick ? HJ_EXIT_REFUSED : 0;
	if (argc == 2 && !strcmp(argv[1], "key"))
		return make_key(cli);
	if (argc == 3 && !strcmp(argv[1], "order"))
		return s.from ? make_order(cli, &s, argv[2]) : cli_usage(cli, "%s", _("an order needs --from TIME"));
	if (argc == 2 && strcmp(argv[1], "order"))
		return serve(cli, argv[1]);
	return argc > 2 ? cli_usage(cli, _("\"%s\" is too much"), argv[argc - 1])
	                : cli_usage(cli, "%s", _("the folder of a stick is wanted: hjgate stick DIR"));
}
