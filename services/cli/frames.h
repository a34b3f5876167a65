/* Frames as they went over a line, of a platform. */
#pragma once

#include <jansson.h>

#include "writer.h"

/* The frames of hjgate.Uplink.Frames: time, direction, text. */
void cli_uplink_frames(struct writer *w, json_t *frames);
