/* The command `hjgate proof`: "we have no data of that hour from you". The record, its seal and its chain, the receipt
 * of the platform, and the frames, as they went or made again; and what a reader has to know of their worth. */
#include "phrase.h"
#include "proof.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hjgate/hj212_phrase.h"
#include "instances.h"
#include "phrase.h"
#include "timespec.h"

const struct cli_option cli_proof_options[] = {
	{ "--kind", 'k', CLI_TEXT, N_("KIND"), N_("minute (as without), hour, day, status, runtime, poweron or log"),
	        offsetof(struct proof, kind_name) },
	{ "--seq", 0, CLI_NUMBER, N_("N"), N_("the record of this number"), offsetof(struct proof, seq) },
	{ 0 },
};

void proof_remark(struct proof_record *r, const char *format, ...)
{
	char *text;
	va_list ap;

	if (r->remark_count == PROOF_REMARKS)
		return;
	text = r->remarks[r->remark_count];
	va_start(ap, format);
	vsnprintf(text, PROOF_REMARK, format, ap);
	va_end(ap);
	for (unsigned i = 0; i < r->remark_count; i++)
		if (!strcmp(r->remarks[i], text)) /* an event at the edge of a page comes twice */
			return;
	r->remark_count++;
}

static int read_kind(struct proof *p)
{
	static const char *const kinds[] = { "minute", "hour", "day", "status", "runtime", "poweron", "log", NULL };

	p->kind = HJ_KIND_MINUTE;
	if (!p->kind_name)
		return 0;
	if (hj_kind_parse(p->kind_name, &p->kind) == 0 && hj212_phrase_cn(p->kind))
		return 0;
	return cli_unknown(p->cli, N_("kind"), p->kind_name, kinds);
}

static int prepare(struct cli *cli, struct proof *p, int argc, char **argv)
{
	int status = cli_options(cli, cli_proof_options, p, &argc, argv);

	if (status)
		return status;
	p->cli = cli;
	p->at_ms = INT64_MIN;
	if (argc < 2)
		return cli_usage(cli, "%s", _("which uplink? proof UPLINK TIME"));
	if (argc > 3)
		return cli_usage(cli, _("\"%s\" is too much"), argv[3]);
	p->uplink = argv[1];
	if (argc == 3 && cli_time_parse(argv[2], cli_wall_ms(), &p->at_ms) < 0)
		return cli_usage(cli, _("\"%s\" is no time: 2026-11-23 08:05, today, 15m"), argv[2]);
	if (argc == 2 && !p->seq)
		return cli_usage(cli, "%s", _("of which time? proof UPLINK TIME, or --seq N"));
	status = read_kind(p);
	return status ? status : cli_instance_known(cli, "uplinks.d", "uplinkd", p->uplink);
}

static int read_configuration(struct proof *p)
{
	struct hj_conf_errors errors = { 0 };

	if (cli_conf_forbidden(p->cli->root))
		return cli_conf_refused(p->cli);
	hj_conf_load_all(p->cli->root, &p->conf, &errors); /* good parts are there although others are bad */
	hj_conf_add_factors(p->cli->root, &p->conf);
	hj_conf_errors_done(&errors);
	for (size_t i = 0; i < p->conf.uplink_count; i++)
		if (!strcmp(p->conf.uplinks[i].name, p->uplink))
			p->conf_uplink = &p->conf.uplinks[i];
	if (p->conf_uplink)
		return 0;
	return cli_refused(p->cli, _("the file of uplink \"%s\" cannot be used: hjgate check says why"), p->uplink);
}

static int find_uploads(struct proof *p)
{
	_cleanup_(cli_phrase_done) struct cli_phrase words = { 0 };
	int r = upload_make_words(&p->conf, p->conf_uplink, &p->points, &words), status = 0;

	for (size_t i = 0; i < p->count && r >= 0 && !status; i++) {
		struct proof_record *one = &p->records[i];

		one->upload = (struct upload){ .conf = p->conf_uplink, .state = UPLOAD_NEITHER };
		status = upload_find_receipts(p->cli, &one->record.head, &one->upload, 1);
		if (!status)
			r = upload_rebuild(p->cli, &words, &one->record, &one->upload);
		if (!status && r >= 0)
			proof_changes(p, one);
	}
	return status ? status : r < 0 ? HJ_EXIT_TEMPORARY : 0;
}

static int run(struct cli *cli, struct proof *p, int argc, char **argv)
{
	_cleanup_(writer_freep) struct writer *w = NULL;
	int status = prepare(cli, p, argc, argv);

	status = status ? status : read_configuration(p);
	status = status ? status : proof_find(p);
	status = status ? status : find_uploads(p);
	if (status)
		return status;
	w = writer_stdout(cli->json ? WRITER_JSON : WRITER_TEXT);
	proof_show(p, w);
	return 0;
}

static void done(struct proof *p)
{
	for (size_t i = 0; i < p->count; i++) {
		upload_done(&p->records[i].upload);
		hj_record_done(&p->records[i].record);
	}
	verify_done(&p->verify);
	hj_dictionary_done(&p->points);
	hj_conf_done(&p->conf);
}

int cli_proof(struct cli *cli, int argc, char **argv)
{
	struct proof *p = calloc(1, sizeof(*p));
	int status = p ? run(cli, p, argc, argv) : HJ_EXIT_TEMPORARY;

	if (p)
		done(p);
	free(p);
	return status;
}
