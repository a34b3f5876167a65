/* A configuration that is checked at a desk, below --root: some spans may be shorter there, for tests. Whoever writes
 * it for a box is told before he stands in front of it. */
#include <stdio.h>

#include "check.h"
#include "check_look.h"
#include "cli.h"

#define AT(member) offsetof(struct hj_conf_uplink, member)
/* The least on the box, of the keys that are CONF_LOOSE in the tables of the configuration. */
static const struct {
	const char *key;
	size_t offset;
	int64_t least;
} loose[] = {
	{ "rtd_interval", AT(rtd_interval), 30 },
	{ "session.heartbeat.interval", AT(session.heartbeat.interval), 5 },
	{ "link.main_again", AT(link.main_again), 60 },
	{ "link.lost_after", AT(link.lost_after), 15 },
};
#undef AT

void check_desk(const struct hj_conf *c, const char *root, struct hj_conf_errors *n)
{
	char what[128], remedy[96];

	for (size_t i = 0; *root && i < c->uplink_count; i++)
		for (size_t k = 0; k < hj_array_size(loose); k++) {
			const char *file = c->uplinks[i].file;
			int64_t value = *(const int64_t *)((const char *)&c->uplinks[i] + loose[k].offset);

			if (value <= 0 || value >= loose[k].least)
				continue;
			snprintf(what, sizeof(what), _("%s = %lld is refused on the box itself"), loose[k].key,
			        (long long)value);
			snprintf(remedy, sizeof(remedy), _("write %lld or more: less is for tests below --root"),
			        (long long)loose[k].least);
			check_note(n, file, hj_conf_key_line(file, 0, loose[k].key), what, remedy);
		}
}
