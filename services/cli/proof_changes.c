/* What has changed since the record went: a frame that is made again has today's words and password, and a reader has
 * to know where those were others. Known from the files' times, from the events, from what the uplink says a platform
 * has set, and from the frame itself where the ring still has it. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "events_back.h"
#include "hjgate/clock.h"
#include "proof.h"

static void look_at_file(struct proof *p, struct proof_record *r, const char *name)
{
	char path[HJ_PATH_MAX], text[HJ_TIME_HUMAN_LEN + 1];
	struct stat st;
	int64_t ms;

	if (hj_path(p->cli->root, HJ_DIR_ETC, name, path) < 0 || stat(path, &st) < 0)
		return;
	ms = (int64_t)st.st_mtim.tv_sec * HJ_MS_PER_SEC + st.st_mtim.tv_nsec / 1000000;
	if (ms <= r->upload.receipt.sent_ms)
		return;
	hj_time_human(ms, false, text);
	proof_remark(r, _("%s was changed on %s, after it was sent: it may have gone with other words"), name, text);
}

static void look_at_files(struct proof *p, struct proof_record *r)
{
	static const char *const shared[] = { "hjgate.conf", "factors.conf" };
	char name[HJ_NAME_MAX + 32];

	snprintf(name, sizeof(name), "uplinks.d/%s.conf", p->uplink);
	look_at_file(p, r, name);
	for (size_t i = 0; i < hj_array_size(shared); i++)
		look_at_file(p, r, shared[i]);
}

/* "uplink.NAME.pw" of this uplink. */
static const char *own_setting(const struct proof *p, json_t *values)
{
	const char *name = cli_string(values, "name");
	size_t n = strlen(p->uplink);

	if (!name || strncmp(name, "uplink.", 7) || strncmp(name + 7, p->uplink, n) || name[7 + n] != '.')
		return NULL;
	return name + 8 + n;
}

struct looking {
	struct proof *p;
	struct proof_record *r;
};

static void take_event(json_t *event, void *userdata)
{
	struct looking *l = userdata;
	const char *code = cli_string(event, "code"), *name;
	char text[HJ_TIME_HUMAN_LEN + 1];

	name = code && !strcmp(code, "setting-changed") ? own_setting(l->p, json_object_get(event, "values")) : NULL;
	if (!name)
		return;
	hj_time_human(cli_time(event, "begin"), false, text);
	proof_remark(l->r, _("the platform changed %s on %s, after it was sent"), name, text);
}

static void look_at_events(struct proof *p, struct proof_record *r)
{
	_cleanup_json_ json_t *reply = NULL;
	struct looking l = { p, r };

	if (cli_events_back(p->cli->root, r->upload.receipt.sent_ms, HJ_TIME_MAX_MS, take_event, &l, &reply) < 0)
		proof_remark(r, "%s",
		        _("the events could not be read: whether a platform has changed a setting since is not "
		          "known"));
}

/* Our file does not know a password that the platform has set; it is masked, and the CRC tells. */
static void look_at_password(struct proof *p, struct proof_record *r)
{
	_cleanup_json_ json_t *answer = NULL;
	char socket[HJ_NAME_MAX + 24];
	json_t *name;
	size_t i;

	snprintf(socket, sizeof(socket), "uplinkd@%s.look", p->uplink);
	if (cli_ask_quiet(p->cli->root, socket, "hjgate.Uplink.Status", NULL, CLI_ANSWER_MS, &answer, NULL) < 0)
		return;
	json_array_foreach(json_object_get(answer, "changed"), i, name)
	{
		if (json_is_string(name) && !strcmp(json_string_value(name), "pw"))
			proof_remark(r, "%s",
			        _("the platform has set the password: the CRC of a frame made again is that of the "
			          "password in the file"));
	}
}

static void look_at_frames(struct proof_record *r)
{
	const struct upload *u = &r->upload;
	unsigned unknown = 0, differ = 0, made = 0;

	for (unsigned i = 0; i < u->frame_count; i++) {
		unknown += !u->frames[i].qn_ms;
		differ += u->frames[i].differs;
		made += !u->frames[i].kept;
	}
	if (u->frame_count && u->frame_count != u->receipt.packets)
		proof_remark(r,
		        _("it went in %u packets; by today's settings it would be %u: they have changed since"),
		        u->receipt.packets, u->frame_count);
	else if (unknown)
		proof_remark(r,
		        _("the QN of %u packets between the first and the last is not kept: it and the CRC are shown "
		          "as ?"),
		        unknown);
	if (differ)
		proof_remark(
		        r, _("%u frames would be others by today's settings: those that went are shown"), differ);
	if (made)
		proof_remark(r, _("%u frames are made again from the record: the uplink does not keep them any more"),
		        made);
}

void proof_changes(struct proof *p, struct proof_record *r)
{
	const struct upload *u = &r->upload;
	bool made = false;

	if (u->state == UPLOAD_ACKNOWLEDGED && u->receipt.to != u->receipt.from)
		proof_remark(r,
		        _("records %llu to %llu went as one upload, folded to its interval: its frames have no "
		          "numbers of this record alone, and are not made again"),
		        (unsigned long long)u->receipt.from, (unsigned long long)u->receipt.to);
	for (unsigned i = 0; i < u->frame_count; i++)
		made |= !u->frames[i].kept;
	look_at_frames(r);
	if (!made)
		return;
	look_at_files(p, r);
	look_at_events(p, r);
	look_at_password(p, r);
}
