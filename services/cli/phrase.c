/* One uplink's map out of its file: what uplinkd makes of it too. */
#include "phrase.h"

#include <errno.h>

int cli_phrase_init(struct cli_phrase *p, const struct hj_conf *conf, const struct hj_conf_uplink *uplink)
{
	int r;

	*p = (struct cli_phrase){ .map = { .all = uplink->all_points,
		                          .normal_part = (unsigned)conf->main.normal_part,
		                          .wording = uplink->dialect.wording } };
	r = hj_charset_new(uplink->dialect.wording.encoding, &p->charset);
	if (r < 0 && r != -ENOENT)
		return r;
	p->map.encoder = r < 0 ? hj_charset_ascii : hj_charset_encoder(p->charset);
	return hj_conf_uplink_points(conf, uplink, hj212_phrase_map_add, &p->map);
}

void cli_phrase_done(struct cli_phrase *p)
{
	hj212_phrase_map_done(&p->map);
	hj_charset_free(p->charset);
	p->charset = NULL;
}
