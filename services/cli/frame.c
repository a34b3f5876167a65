/* `hjgate frame`: HJ 212 frames from standard input, explained or made. Needs no daemon and no configuration. */
#include <string.h>

#include "frame.h"

struct frame_options {
	bool text;
	const char *crc, *pw;
};

const struct cli_option cli_frame_options[] = {
	{ "--text", 't', CLI_FLAG, NULL, N_("with decode: for people (as on a terminal), not JSON"),
	        offsetof(struct frame_options, text) },
	{ "--crc", 0, CLI_TEXT, N_("CRC"), N_("with encode: annexa (as without), modbus or modbus-swapped"),
	        offsetof(struct frame_options, crc) },
	{ "--pw", 0, CLI_TEXT, N_("PW"), N_("with encode: the password to put in"),
	        offsetof(struct frame_options, pw) },
	{ 0 },
};

bool frame_is_secret(struct hj212_slice name)
{
	static const char *const secrets[] = { "PW", "NewPW", "NewSK" };

	for (size_t i = 0; i < hj_array_size(secrets); i++)
		if (name.n == strlen(secrets[i]) && !strncasecmp(name.p, secrets[i], name.n))
			return true;
	return false;
}

static int decode(const struct cli *cli, const struct frame_options *o)
{
	bool text = o->text || (!cli->json && isatty(STDOUT_FILENO));

	return frame_decode(stdin, stdout, text ? frame_show_text : frame_show_json);
}

static int encode(const struct cli *cli, const struct frame_options *o)
{
	static const char *const names[] = { "annexa", "modbus", "modbus-swapped", NULL };
	enum hj212_crc crc = HJ212_CRC_ANNEXA;

	if (o->crc && (hj212_crc_parse(o->crc, &crc) < 0 || crc == HJ212_CRC_NONE))
		return cli_unknown(cli, N_("CRC"), o->crc, names);
	return frame_encode(cli, stdin, stdout, crc, o->pw);
}

int cli_frame(struct cli *cli, int argc, char **argv)
{
	static const char *const words[] = { "decode", "encode", NULL };
	struct frame_options o = { 0 };
	int r = cli_options(cli, cli_frame_options, &o, &argc, argv);

	if (r)
		return r;
	if (argc < 2)
		return cli_usage(cli, _("say what to do with the frames: decode or encode"));
	if (argc > 2)
		return cli_usage(cli, _("frames come from standard input, not as \"%s\""), argv[2]);
	if (!strcmp(argv[1], "decode"))
		return decode(cli, &o);
	if (!strcmp(argv[1], "encode"))
		return encode(cli, &o);
	return cli_unknown(cli, N_("action"), argv[1], words);
}
