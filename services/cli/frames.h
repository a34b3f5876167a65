/* Frames as they went over a line, of a bus or a platform. */
#pragma once

#include <jansson.h>

#include "writer.h"

/* The frames of hjgate.Uplink.Frames: time, direction, text. */
void cli_uplink_frames(struct writer *w, json_t *frames);
/* The frames of hjgate.Meter.Frames: time, sent, received, error. */
void cli_meter_frames(struct writer *w, json_t *frames);
