/* `hjgate key recovery`: scrypt runs here, in this command, since its 16 MB are more than the daemons have; they get
 * the key that comes out of it, never the passphrase. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/ipc_key.h"
#include "hjgate/now.h"
#include "key.h"
#include "passphrase.h"
#include "writer.h"

#define WAYS_MOST 16 /* salts tried */

/* 64 hexadecimal digits. */
static int stretch(const char *passphrase, const uint8_t salt[HJ_SALT_BYTES], const uint32_t with[3],
        char ret[2 * HJ_KEY_BYTES + 1])
{
	uint8_t key[HJ_KEY_BYTES];
	int r = hj_scrypt(
	        passphrase, strlen(passphrase), salt, HJ_SALT_BYTES, with[0], with[1], with[2], key, sizeof(key));

	if (r >= 0)
		hj_key_hex(key, sizeof(key), ret);
	hj_wipe(key, sizeof(key));
	return r;
}

static int say(const struct cli *cli, const char *key, json_t *value, const char *text)
{
	_cleanup_(writer_freep) struct writer *w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);

	writer_field(w, key, NULL, STYLE_PLAIN, value, NULL);
	writer_say(w, STYLE_GOOD, "%s", text);
	return HJ_EXIT_OK;
}

/* ---- set ---- */

static int set_with(const struct cli *cli, const char *passphrase)
{
	static const uint32_t with[3] = { HJ_SCRYPT_N, HJ_SCRYPT_R, HJ_SCRYPT_P };
	char key[2 * HJ_KEY_BYTES + 1], salt_text[2 * HJ_SALT_BYTES + 1];
	uint8_t salt[HJ_SALT_BYTES];
	int r = hj_random(salt, sizeof(salt)), status = 0;

	r = r < 0 ? r : stretch(passphrase, salt, with, key);
	if (r < 0)
		return cli_refused(cli, _("cannot make a key of it: %s"), strerror(-r));
	hj_key_hex(salt, sizeof(salt), salt_text);
	for (size_t i = 0; i < KEY_LEDGERS && !status; i++) {
		_cleanup_json_ json_t *answer = NULL;

		status = key_ask(cli, i, "change", "KeyRecoverySet",
		        json_pack("{s:s, s:s, s:I, s:I, s:I}", "key", key, "salt", salt_text, "n",
		                (json_int_t)with[0], "r", (json_int_t)with[1], "p", (json_int_t)with[2]),
		        &answer);
	}
	hj_wipe(key, sizeof(key));
	return status ? status
	              : say(cli, "set", json_true(),
	                        _("set. Keep it apart from the box: it opens the records of this box and of every "
	                          "backup made from now on"));
}

/* ---- use ---- */

static bool read_way(json_t *way, uint8_t salt[HJ_SALT_BYTES], uint32_t with[3])
{
	static const char *const names[] = { "n", "r", "p" };
	const char *text = cli_string(way, "salt");

	if (!text || hj_key_from_hex(text, salt, HJ_SALT_BYTES) < 0)
		return false;
	for (int i = 0; i < 3; i++) {
		int64_t value = cli_int(way, names[i]);

		if (value < 1 || value > UINT32_MAX)
			return false;
		with[i] = (uint32_t)value;
	}
	return true;
}

/* 1: it opened what it opens; 0: it is not the one; the exit status is in *status where asking failed. */
static int try_way(const struct cli *cli, size_t i, const char *passphrase, json_t *way, int64_t *opened, int *status)
{
	_cleanup_json_ json_t *answer = NULL;
	char key[2 * HJ_KEY_BYTES + 1], wrong[64];
	uint8_t salt[HJ_SALT_BYTES];
	uint32_t with[3];
	int r;

	if (!read_way(way, salt, with) || stretch(passphrase, salt, with, key) < 0)
		return 0;
	r = key_ask_quiet(cli, i, "change", "KeyRecover", json_pack("{s:s}", "key", key), &answer);
	hj_wipe(key, sizeof(key));
	snprintf(wrong, sizeof(wrong), "%s.WrongKey", key_ledgers[i].interface);
	if (r == -EREMOTEIO && !strcmp(cli_string(answer, "error") ?: "", wrong))
		return 0;
	if (r < 0) {
		snprintf(wrong, sizeof(wrong), "%s.change", key_ledgers[i].program);
		*status = cli_ask_failed(cli, wrong, r, answer);
		return 0;
	}
	*opened += cli_int(answer, "opened");
	return 1;
}

static bool same_salt(json_t *ways, size_t i)
{
	const char *salt = cli_string(json_array_get(ways, i), "salt") ?: "";

	for (size_t k = 0; k < i; k++)
		if (!strcmp(cli_string(json_array_get(ways, k), "salt") ?: "", salt))
			return true;
	return false;
}

static int use_with(const struct cli *cli, const char *passphrase)
{
	int64_t opened = 0;
	int fits = 0, status = 0;
	bool any = false;
	char text[128];

	for (size_t i = 0; i < KEY_LEDGERS && !status; i++) {
		_cleanup_json_ json_t *answer = NULL;
		json_t *ways;

		status = key_ask(cli, i, "look", "Key", NULL, &answer);
		ways = json_object_get(answer, "recovery");
		for (size_t k = 0; k < hj_min(json_array_size(ways), (size_t)WAYS_MOST) && !status; k++) {
			any = true;
			if (!same_salt(ways, k))
				fits += try_way(cli, i, passphrase, json_array_get(ways, k), &opened, &status);
		}
	}
	if (status)
		return status;
	if (!any)
		return cli_refused(cli, "%s", _("no recovery passphrase was ever set here"));
	if (!fits)
		return cli_refused(cli, "%s", _("it is not the recovery passphrase: nothing is opened"));
	snprintf(text, sizeof(text), _("%lld keys are open again"), (long long)opened);
	return say(cli, "opened", json_integer(opened), opened ? text : _("right; nothing was locked"));
}

int cli_key_recovery(struct cli *cli, const struct key_words *words, int argc, char **argv)
{
	static const char *const known[] = { "set", "use", NULL };
	char passphrase[PASSPHRASE_MOST + 1];
	bool set;
	int status;

	if (argc < 1)
		return cli_usage(cli, "%s", _("recovery needs a word: set or use"));
	set = !strcmp(argv[0], "set");
	if (!set && strcmp(argv[0], "use"))
		return cli_unknown(cli, N_("word"), argv[0], known);
	status = passphrase_read(cli, words->passphrase_file, set, passphrase);
	if (status)
		return status;
	status = set ? set_with(cli, passphrase) : use_with(cli, passphrase);
	hj_wipe(passphrase, sizeof(passphrase));
	return status;
}
