/* `hjgate key`: which keys there are, a new one, and the way back by a passphrase. */
#include "key.h"

#include <stdio.h>
#include <string.h>

#include "tables.h"
#include "writer.h"

#define NAME_MOST 64 /* of a socket or a method */

const struct key_ledger key_ledgers[KEY_LEDGERS] = {
	{ "records.db", "stored", "hjgate.Store" },
	{ "events.db", "eventd", "hjgate.Event" },
};

const struct cli_option cli_key_options[] = {
	{ "--passphrase-file", 0, CLI_TEXT, N_("FILE"),
	        N_("with recovery: the passphrase is its first line; it is asked for otherwise"),
	        offsetof(struct key_words, passphrase_file) },
	{ 0 },
};

static const struct writer_column columns[] = {
	{ "file", N_("FILE"), false },
	{ "key", N_("KEY"), false },
	{ "use", N_("USE"), false },
	{ "begin", N_("SINCE"), false },
	{ "kek", N_("KEK"), false },
	{ "state", N_("STATE"), false },
};

int key_ask(const struct cli *cli, size_t i, const char *right, const char *method, json_t *params, json_t **ret)
{
	char socket[NAME_MOST], name[NAME_MOST];

	snprintf(socket, sizeof(socket), "%s.%s", key_ledgers[i].program, right);
	snprintf(name, sizeof(name), "%s.%s", key_ledgers[i].interface, method);
	return cli_ask(cli, socket, name, params, ret);
}

int key_ask_quiet(
        const struct cli *cli, size_t i, const char *right, const char *method, json_t *params, json_t **ret)
{
	char socket[NAME_MOST], name[NAME_MOST];

	snprintf(socket, sizeof(socket), "%s.%s", key_ledgers[i].program, right);
	snprintf(name, sizeof(name), "%s.%s", key_ledgers[i].interface, method);
	return cli_ask_quiet(cli->root, socket, name, params, CLI_ANSWER_MS, ret, NULL);
}

/* ---- status ---- */

static void show_slot(struct writer *w, size_t i, json_t *slot)
{
	bool open = json_is_true(json_object_get(slot, "open")), used = json_is_true(json_object_get(slot, "used"));
	char name[NAME_MOST];

	snprintf(name, sizeof(name), "%lld.%lld", (long long)cli_int(slot, "generation"),
	        (long long)cli_int(slot, "id"));
	writer_cell_text(w, key_ledgers[i].file);
	writer_cell_text(w, name);
	writer_cell(w, STYLE_PLAIN, cli_member(slot, "use"), cli_word(cli_string(slot, "use")));
	writer_cell_time(w, cli_time(slot, "begin"));
	writer_cell_text(w, cli_string(slot, "kek"));
	writer_cell(w, open ? used ? STYLE_GOOD : STYLE_PLAIN : STYLE_BAD,
	        json_string(open ? used ? "used" : "open" : "locked"),
	        open ? used ? _("in use") : _("unlocked") : _("locked"));
}

static bool has_way(json_t *answer)
{
	json_t *way;
	size_t i;

	json_array_foreach(json_object_get(answer, "recovery"), i, way)
	{
		const char *kek = cli_string(way, "kek"), *used = cli_string(answer, "kek");

		if (kek && used && !strcmp(kek, used))
			return true;
	}
	return false;
}

static void show_summary(struct writer *w, json_t *answer, int64_t locked, bool way)
{
	const char *source = cli_string(answer, "source") ?: "none";
	bool brought = !strcmp(source, "ramfs");

	writer_field(w, "source", _("KEK"), brought ? STYLE_GOOD : STYLE_WARN, json_string(source),
	        brought ? _("brought from outside, in memory only")
	                : _("a file beside the data: it protects a copy, not a stolen box"));
	writer_field(w, "kek", _("its name"), STYLE_PLAIN, cli_member(answer, "kek"), NULL);
	writer_field(w, "recovery", _("recovery passphrase"), way ? STYLE_GOOD : STYLE_WARN, json_boolean(way),
	        way ? _("set") : _("not set: hjgate key recovery set"));
	writer_field(w, "locked", _("locked keys"), locked ? STYLE_BAD : STYLE_PLAIN, json_integer(locked), NULL);
	if (cli_string(answer, "refused"))
		writer_field(w, "refused", _("not a key"), STYLE_BAD, cli_member(answer, "refused"), NULL);
}

static int show(struct cli *cli, const struct key_words *words, int argc, char **argv)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	json_t *answers[KEY_LEDGERS] = { NULL }, *slot;
	int64_t locked = 0;
	bool way = true;
	int status = 0;
	size_t n;

	for (size_t i = 0; i < KEY_LEDGERS && !status; i++) {
		status = key_ask(cli, i, "look", "Key", NULL, &answers[i]);
		locked += cli_int(answers[i], "locked");
		way = way && has_way(answers[i]);
	}
	if (!status) {
		w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
		show_summary(w, answers[0], locked, way);
		writer_table(w, "keys", columns, hj_array_size(columns));
		for (size_t i = 0; i < KEY_LEDGERS; i++)
			json_array_foreach(json_object_get(answers[i], "slots"), n, slot) show_slot(w, i, slot);
		writer_table_end(w);
		if (locked)
			writer_say(w, STYLE_BAD, "%s",
			        _("what locked keys sealed stays, unread: bring their KEK, or hjgate key recovery "
			          "use"));
	}
	for (size_t i = 0; i < KEY_LEDGERS; i++)
		json_decref(answers[i]);
	return status;
}

/* ---- rotate ---- */

static int rotate(struct cli *cli, const struct key_words *words, int argc, char **argv)
{
	_cleanup_(writer_freep) struct writer *w = NULL;

	for (size_t i = 0; i < KEY_LEDGERS; i++) {
		_cleanup_json_ json_t *answer = NULL;
		int status = key_ask(cli, i, "change", "KeyRotate", NULL, &answer);

		if (status)
			return status;
	}
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	writer_field(w, "rotated", NULL, STYLE_PLAIN, json_true(), NULL);
	writer_say(
	        w, STYLE_GOOD, "%s", _("what is kept from now on is sealed by new keys; what is kept already stays"));
	return HJ_EXIT_OK;
}

static const struct {
	const char *word;
	int (*fn)(struct cli *cli, const struct key_words *words, int argc, char **argv);
	int words; /* behind it */
} actions[] = { { "status", show, 0 }, { "rotate", rotate, 0 }, { "recovery", cli_key_recovery, 1 } };

int cli_key(struct cli *cli, int argc, char **argv)
{
	const char *known[hj_array_size(actions) + 1] = { 0 };
	struct key_words words = { 0 };
	int r = cli_options(cli, cli_key_options, &words, &argc, argv);

	if (r)
		return r;
	if (argc < 2)
		return show(cli, &words, 0, NULL);
	for (size_t i = 0; i < hj_array_size(actions); i++) {
		known[i] = actions[i].word;
		if (strcmp(actions[i].word, argv[1]))
			continue;
		if (argc - 2 > actions[i].words)
			return cli_usage(cli, _("\"%s\" is too much"), argv[2 + actions[i].words]);
		return actions[i].fn(cli, &words, argc - 2, argv + 2);
	}
	return cli_unknown(cli, N_("word"), argv[1], known);
}
