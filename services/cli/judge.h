/* `hjgate judge`, in parts: judge.c (the command, states now), judge_explain.c (one, in words), judge_replay.c (what
 * would have been concluded) with judge_differ.c (against what was). */
#pragma once

#include <jansson.h>

#include "cli.h"
#include "hjgate/conf.h"
#include "hjgate/judge_key.h"
#include "writer.h"

struct judge_options {
	int64_t from, to;
	const char *with;
};

int judge_has_work(struct cli *cli); /* 0; else the exit status, said: judged has nothing to do, and is not woken */
int judge_explain(struct cli *cli, const char *name);
int judge_replay(struct cli *cli, const struct judge_options *o);

/* The words of a conclusion of hjgate.Judge, as its event has them. `titles`: the equipment of Status; NULL: names.
 */
void judge_sentence(json_t *conclusion, json_t *titles, char *to, size_t size);
bool judge_is_state(const char *code); /* it says only what equipment does */

/* What lasted from begin to end (0: it lasts) under one code and key. */
struct judged_span {
	char code[32], key[HJ_CONCLUSION_KEY_MAX + 1];
	int64_t begin_ms, end_ms;
	uint64_t number;
	bool matched; /* the other list has one like it */
};
struct judged_spans {
	struct judged_span *list;
	size_t count, size;
	size_t lost; /* beyond JUDGED_SPANS_MOST */
};
#define JUDGED_SPANS_MOST 20000
struct judged_span *judge_spans_add(struct judged_spans *s); /* NULL */
/* What judged has told eventd in this time. The exit status, said. */
int judge_spans_was(struct cli *cli, int64_t from, int64_t to, struct judged_spans *ret);
void judge_differ(struct judged_spans *was, struct judged_spans *would);
void judge_show_difference(
        const struct judged_spans *was, const struct judged_spans *would, int64_t to, struct writer *w);
