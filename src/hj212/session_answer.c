/* The owner's part of a request: what it is handed, in which order, and the data and the result that it answers with.
 * Settings follow one another, so each is handed out when the one before has been decided. */
#include "session_private.h"
#include "hjgate/cleanup.h"

#include <errno.h>
#include <string.h>

/* CN 9013 says no more than that it is done; where it is not, a notice is refused as by a check. */
void hj212_request_result(struct hj212_session *s, const struct hj212_pending *p)
{
	if (p->flow == HJ212_FLOW_NOTICE) {
		if (p->exe_rtn != HJ212_EXE_DONE)
			hj212_answer_number(s, &p->asked, 9011, "QnRtn", QN_REFUSED);
		else if (p->asked.wanted)
			hj212_answer(s, &p->asked, 9013, "91", "");
		return;
	}
	hj212_answer_number(s, &p->asked, 9012, "ExeRtn", p->exe_rtn);
}

static bool sets(const struct hj212_pending *p)
{
	return p->flow == HJ212_FLOW_SET || p->flow == HJ212_FLOW_NOTICE;
}

static int64_t qn_time(const char *qn)
{
	int64_t ms;

	return hj_time_parse(qn, strlen(qn), &ms) < 0 ? 0 : ms;
}

/* In the order they came, and one setting at a time: each builds on what the one before left. */
bool hj212_request_next(struct hj212_session *s, struct hj212_request *ret)
{
	struct hj212_pending *next = NULL;
	bool setting = false;

	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++)
		setting |= s->pending[i].stage == ASKED_HANDED && sets(&s->pending[i]);
	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++) {
		struct hj212_pending *p = &s->pending[i];

		if (p->stage == ASKED_NEW && !(setting && sets(p)) && (!next || p->id < next->id))
			next = p;
	}
	if (!next)
		return false;
	next->stage = ASKED_HANDED;
	next->settings = s->settings;
	if (next->command->apply)
		next->command->apply(&next->change, &next->settings);
	*ret = (struct hj212_request){ .id = next->id,
		.cn = next->asked.cn,
		.settings = next->settings,
		.time_ms = next->change.time_ms,
		.qn_ms = qn_time(next->asked.qn),
		.begin_ms = next->change.begin_ms,
		.end_ms = next->change.end_ms };
	memcpy(ret->pol_id, next->change.pol_id, sizeof(ret->pol_id));
	memcpy(ret->info_id, next->change.info_id, sizeof(ret->info_id));
	return true;
}

/* The one before, where it is being tried and is another now, is in use no more. */
static void take_over(struct hj212_session *s, const struct hj212_settings *settings)
{
	bool changed = strcmp(settings->pw, s->settings.pw) ||
	               (s->trying_old && strcmp(settings->old_pw, s->settings.old_pw));

	s->settings = *settings;
	if (!changed)
		return;
	s->trying_old = s->old_tried = s->old_taken = s->pw_denied = s->pw_proved = false;
	s->hangups = 0;
	hj212_upload_reframe(s);
}

static struct hj212_pending *find_handed(struct hj212_session *s, unsigned id)
{
	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++)
		if (s->pending[i].stage == ASKED_HANDED && s->pending[i].id == id)
			return &s->pending[i];
	return NULL;
}

int hj212_session_respond(struct hj212_session *s, unsigned id, struct hj212_slice cp, struct hj_now now)
{
	struct hj212_pending *p = find_handed(s, id);
	char text[HJ212_CP_MAX + 1];

	if (!p)
		return -ENOENT;
	if (cp.n > HJ212_CP_MAX)
		return -EMSGSIZE;
	memcpy(text, cp.p, cp.n);
	text[cp.n] = '\0';
	hj212_out_pass(s, now);
	if (!p->gone && s->connected)
		hj212_answer(s, &p->asked, p->asked.cn, p->asked.st, text);
	return 0;
}

int hj212_session_answer(struct hj212_session *s, unsigned id, int exe_rtn, struct hj_now now)
{
	struct hj212_pending *p = find_handed(s, id);

	if (!p)
		return -ENOENT;
	p->stage = ASKED_DONE;
	p->exe_rtn = exe_rtn;
	p->done_at = now.mono;
	hj212_out_pass(s, now);
	if (!p->gone && s->connected)
		hj212_request_result(s, p);
	if (sets(p) && (exe_rtn == HJ212_EXE_DONE || exe_rtn == HJ212_EXE_NO_DATA))
		take_over(s, &p->settings);
	else if (p->flow == HJ212_FLOW_NOTICE) /* asked again it is tried again */
		p->stage = ASKED_FREE;
	return 0;
}

void hj212_request_rebase(struct hj212_session *s)
{
	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++) {
		struct hj212_pending *p = &s->pending[i];

		if (p->stage != ASKED_HANDED || !sets(p))
			continue;
		p->settings = s->settings;
		if (p->command->apply)
			p->command->apply(&p->change, &p->settings);
	}
}

void hj212_session_set(struct hj212_session *s, const struct hj212_settings *settings)
{
	take_over(s, settings);
	hj212_request_rebase(s);
}

/* What is half done ends silently; a history is the owner's to drop, so that a repeat of it begins anew. */
void hj212_request_disconnected(struct hj212_session *s)
{
	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++) {
		struct hj212_pending *p = &s->pending[i];

		p->gone = true;
		if (p->stage == ASKED_NEW || (p->stage == ASKED_HANDED && !sets(p)))
			p->stage = ASKED_FREE;
	}
}

void hj212_request_forget_all(struct hj212_session *s)
{
	memset(s->pending, 0, sizeof(s->pending));
}
