/* The words of an uplink as it would say them itself, for what makes frames without it. */
#pragma once

#include "hjgate/charset.h"
#include "hjgate/conf.h"
#include "hjgate/hj212_phrase.h"

struct cli_phrase {
	struct hj212_phrase_map map;
	struct hj_charset *charset;
};
/* From its file, whose texts it only points to. Whatever comes back, cli_phrase_done() ends it. */
int cli_phrase_init(struct cli_phrase *p, const struct hj_conf *conf, const struct hj_conf_uplink *uplink);
void cli_phrase_done(struct cli_phrase *p);
