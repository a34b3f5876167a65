/* Frames as they went over a line, oldest first. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "frames.h"
#include "hjgate/clock.h"
#include "tables.h"

static const struct writer_column uplink_columns[] = {
	{ "time", N_("TIME"), false },
	{ "direction", N_("DIRECTION"), false },
	{ "text", N_("FRAME"), false },
};

/* With milliseconds: what answers what shows by them. */
static void time_cell(struct writer *w, json_t *frame)
{
	char text[HJ_TIME_HUMAN_LEN + 1];

	hj_time_human(cli_time(frame, "time"), true, text);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "time"), text);
}

/* The CR LF that ends a frame is not shown. */
static void frame_cell(struct writer *w, json_t *frame)
{
	const char *text = cli_string(frame, "text");
	size_t n = text ? strlen(text) : 0;
	_cleanup_free_ char *copy = NULL;

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	copy = strndup(text ? text : "", n);
	writer_cell(w, STYLE_PLAIN, cli_member(frame, "text"), copy ? copy : "");
}

void cli_uplink_frames(struct writer *w, json_t *frames)
{
	json_t *frame;
	size_t i;

	writer_table(w, "frames", uplink_columns, hj_array_size(uplink_columns));
	json_array_foreach(frames, i, frame)
	{
		time_cell(w, frame);
		writer_cell(w, STYLE_PLAIN, cli_member(frame, "direction"), cli_word(cli_string(frame, "direction")));
		frame_cell(w, frame);
	}
	writer_table_end(w);
}
