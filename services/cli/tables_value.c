/* Cells of values: with their flag in words, and their age. */
#include <stdio.h>

#include "hjgate/flag.h"
#include "tables.h"
#include "timespec.h"

/* HJ 212-2017 table 8. */
static const struct {
	char flag;
	const char *text;
} flags[] = {
	{ HJ_FLAG_NORMAL, N_("normal") },
	{ HJ_FLAG_STOPPED, N_("stopped") },
	{ HJ_FLAG_MAINTAIN, N_("maintenance") },
	{ HJ_FLAG_MANUAL, N_("entered by hand") },
	{ HJ_FLAG_FAULT, N_("instrument fault") },
	{ HJ_FLAG_CALIBRATE, N_("calibration") },
	{ HJ_FLAG_OVER, N_("over range") },
	{ HJ_FLAG_LINK, N_("no communication") },
};

void cli_flag_cell(struct writer *w, char flag)
{
	const char word[2] = { flag, '\0' };
	char text[64];

	snprintf(text, sizeof(text), "%s", word);
	for (size_t i = 0; i < hj_array_size(flags); i++)
		if (flags[i].flag == flag)
			snprintf(text, sizeof(text), "%s %s", word, _(flags[i].text));
	writer_cell(w,
	        flag == HJ_FLAG_NORMAL ? STYLE_PLAIN
	        : flag                 ? STYLE_WARN
	                               : STYLE_DIM,
	        flag ? json_string(word) : json_null(), flag ? text : "-");
}

void cli_age_cell(struct writer *w, int64_t time_ms, int64_t now_ms)
{
	char span[CLI_SPAN_LEN];

	if (time_ms)
		writer_cell(w, STYLE_PLAIN, json_integer(now_ms - time_ms), cli_span(now_ms - time_ms, span));
	else
		writer_cell(w, STYLE_DIM, json_null(), "-");
}

void cli_say_unreadable(struct writer *w, uint64_t count)
{
	if (count)
		writer_say(w, STYLE_BAD, _(CLI_UNREADABLE), (unsigned long long)count);
}
