/* Requests of the platform: checked in the standard's order, refused honestly, answered here or handed to the owner,
 * and remembered so that a repeat gets the same answer without being done twice. Nothing of a request is executed
 * before every check has passed. */
#include "session_private.h"
#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VERSION_SHIFT 2 /* of Flag: V5..V0 D A */
#define VERSION_MOST  1 /* 2017, whatever the uplink's edition; a 2005 peer sends 0 */

static void copy_slice(char *to, size_t size, struct hj212_slice from)
{
	size_t n = from.n < size ? from.n : 0; /* what is too long to be meant is not repeated */

	if (n)
		memcpy(to, from.p, n);
	to[n] = '\0';
}

/* The ST of ours that a request names; the uplink's own where it names another, or 91, or none. */
static const char *st_of(const struct hj212_session *s, const struct hj212_message *m)
{
	for (size_t i = 0; i < HJ212_OTHER_STS; i++)
		if (m->st.n && hj212_slice_is(m->st, s->id.other_st[i]))
			return s->id.other_st[i];
	return s->id.st;
}

void hj212_request_asked(const struct hj212_session *s, const struct hj212_message *m, struct hj212_asked *ret)
{
	hj_text_copy(ret->st, sizeof(ret->st), st_of(s, m));
	copy_slice(ret->qn, sizeof(ret->qn), m->qn);
	copy_slice(ret->pw, sizeof(ret->pw), m->pw);
	copy_slice(ret->mn, sizeof(ret->mn), m->mn);
	ret->cn = m->cn;
	ret->wanted = m->flag < 0 || (m->flag & HJ212_FLAG_ACK);
}

/* ---- checks ---- */

/* The password before the last CN 1072 is taken once: the platform may have missed our 9012. */
static int check_pw(struct hj212_session *s, const struct hj212_message *m)
{
	if (hj212_slice_is(m->pw, s->settings.pw)) {
		s->request_pw_right = true;
		return 0;
	}
	if (!s->settings.old_pw[0] || !hj212_slice_is(m->pw, s->settings.old_pw))
		return QN_PW;
	if (s->trying_old)
		return 0;
	if (s->old_taken)
		return QN_PW;
	s->request_pw_old = true;
	return 0;
}

static int check_mn(struct hj212_session *s, const struct hj212_message *m)
{
	return hj212_same_mn(s, m->mn) ? 0 : QN_MN;
}

/* ST=91, system interaction, stands in the requests of some platforms; in HJ/T 212-2005 it may be missing. */
static int check_st(struct hj212_session *s, const struct hj212_message *m)
{
	if (!m->st.n && s->id.edition == HJ212_2005)
		return 0;
	return hj212_slice_is(m->st, st_of(s, m)) || hj212_slice_is(m->st, "91") ? 0 : QN_ST;
}

static int check_flag(struct hj212_session *s, const struct hj212_message *m)
{
	if (m->flag == HJ212_FLAG_ABSENT)
		return 0;
	if (m->flag == HJ212_FLAG_UNREADABLE)
		return QN_FLAG;
	if (m->flag >> VERSION_SHIFT > hj_max(VERSION_MOST, hj212_edition_flag(s->id.edition) >> VERSION_SHIFT))
		return QN_FLAG;
	if (s->id.edition == HJ212_2005) /* prints Flag=3 in requests that are one packet */
		return 0;
	return m->flag & HJ212_FLAG_SPLIT && (!m->pnum || !m->pno) ? QN_FLAG : 0;
}

static int check_qn(struct hj212_session *s, const struct hj212_message *m)
{
	if (!m->qn.n && s->id.edition == HJ212_2005)
		return 0;
	if (m->qn.n != HJ_TIME17_LEN)
		return QN_QN;
	for (size_t i = 0; i < m->qn.n; i++)
		if (m->qn.p[i] < '0' || m->qn.p[i] > '9')
			return QN_QN;
	return 0;
}

/* A request in more than one packet does not exist in the standard. */
static int check_cn(struct hj212_session *s, const struct hj212_message *m)
{
	const struct hj212_command *command = hj212_command_find(m->cn, s->id.edition);

	if (!command)
		return QN_CN;
	return command->flow == HJ212_FLOW_REFUSED || m->pnum > 1 ? QN_REFUSED : 0;
}

bool hj212_request_reads(struct hj212_session *s, const struct hj212_message *m)
{
	return !check_st(s, m) && !check_flag(s, m) && !check_qn(s, m);
}

static int check(struct hj212_session *s, const struct hj212_message *m)
{
	static int (*const checks[])(struct hj212_session *, const struct hj212_message *) = { check_pw, check_mn,
		check_st, check_flag, check_qn, check_cn };
	int code = 0;

	for (size_t i = 0; !code && i < hj_array_size(checks); i++)
		code = checks[i](s, m);
	return code;
}

/* ---- repeats ---- */

static bool same_change(const struct hj212_session *s, const struct hj212_pending *p, const struct hj212_message *m)
{
	const struct hj212_change *a = &p->change;
	struct hj212_change b = { 0 };

	if (p->command->read && p->command->read(&s->id, m, &b) < 0)
		return false;
	return a->over_time == b.over_time && a->re_count == b.re_count && a->interval == b.interval &&
	       !strcmp(a->pw, b.pw) && a->begin_ms == b.begin_ms && a->end_ms == b.end_ms &&
	       a->time_ms == b.time_ms &&
	       !strcmp(a->pol_id, b.pol_id) && !strcmp(a->info_id, b.info_id);
}

/* What a device says is not kept: it is asked once more. */
static bool is_answered_from_memory(
        const struct hj212_session *s, const struct hj212_pending *p, struct hj_now now)
{
	hj_usec kept = hj212_over_time(s) * (s->settings.re_count + 1) + HJ212_REPEAT_SLACK;

	if (p->stage != ASKED_DONE)
		return p->stage != ASKED_FREE;
	return p->flow != HJ212_FLOW_ASK && now.mono - p->done_at <= kept;
}

static struct hj212_pending *find_repeat(struct hj212_session *s, const struct hj212_message *m, struct hj_now now)
{
	for (unsigned i = 0; m->qn.n && i < HJ212_REQUESTS_MAX; i++) {
		struct hj212_pending *p = &s->pending[i];

		if (is_answered_from_memory(s, p, now) && p->asked.cn == m->cn &&
		        hj212_slice_is(m->qn, p->asked.qn) && hj212_slice_is(m->pw, p->asked.pw) &&
		        hj212_same_mn(s, m->mn) && same_change(s, p, m))
			return p;
	}
	return NULL;
}

bool hj212_request_has_qn(const struct hj212_session *s, const char *qn)
{
	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++)
		if (s->pending[i].stage != ASKED_FREE && !strcmp(s->pending[i].asked.qn, qn))
			return true;
	return false;
}

/* What was asked before a reconnect and is asked again is answered on the new connection. */
static void answer_repeat(struct hj212_session *s, struct hj212_pending *p)
{
	p->gone = false;
	if (p->flow != HJ212_FLOW_NOTICE)
		hj212_answer_number(s, &p->asked, 9011, "QnRtn", QN_READY);
	if (p->stage == ASKED_DONE)
		hj212_request_result(s, p);
}

/* Some platforms have one QN for everything: what was done before is then no answer to the same asked again later. */
static void forget_same_qn(struct hj212_session *s, const char *qn)
{
	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++)
		if (s->pending[i].stage == ASKED_DONE && !strcmp(s->pending[i].asked.qn, qn))
			s->pending[i].stage = ASKED_FREE;
}

/* A free place, else that of the oldest done; NULL when all are being worked on. */
static struct hj212_pending *find_place(struct hj212_session *s)
{
	struct hj212_pending *oldest = NULL;

	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++) {
		struct hj212_pending *p = &s->pending[i];

		if (p->stage == ASKED_FREE)
			return p;
		if (p->stage == ASKED_DONE && (!oldest || p->id < oldest->id))
			oldest = p;
	}
	return oldest;
}

static bool history_at_work(const struct hj212_session *s)
{
	for (unsigned i = 0; i < HJ212_REQUESTS_MAX; i++)
		if (s->pending[i].flow == HJ212_FLOW_HISTORY &&
		        (s->pending[i].stage == ASKED_NEW || s->pending[i].stage == ASKED_HANDED))
			return true;
	return false;
}

/* ---- taking one ---- */

static void refuse(struct hj212_session *s, const struct hj212_message *m, int code)
{
	struct hj212_asked asked;

	hj212_request_asked(s, m, &asked);
	s->counts.refused++;
	hj212_tell_fate(s, HJ212_FATE_REFUSED, NULL, code);
	hj212_answer_number(s, &asked, 9011, "QnRtn", code);
	if (code != QN_REFUSED && code != QN_CN)
		hj212_note(s, code, "a request CN %d is refused: QnRtn=%d", m->cn, code);
}

static void respond(struct hj212_session *s, const struct hj212_command *command, const struct hj212_asked *asked,
        struct hj_now now)
{
	char cp[64];

	command->respond(&s->id, &s->settings, now, cp, sizeof(cp));
	hj212_answer(s, asked, asked->cn, asked->st, cp);
}

static void end_now(struct hj212_session *s, const struct hj212_asked *asked, int exe_rtn)
{
	hj212_answer_number(s, asked, 9012, "ExeRtn", exe_rtn);
}

static int exe_of(int r)
{
	return r == -ENODATA ? HJ212_EXE_NO_DATA : r == -EOPNOTSUPP ? HJ212_EXE_FAILED : HJ212_EXE_CONDITION;
}

static enum hj212_flow flow_of(const struct hj212_command *command, const struct hj212_change *c)
{
	return command->flow == HJ212_FLOW_ASK && c->end_ms ? HJ212_FLOW_HISTORY : command->flow;
}

/* Everything was checked: 9011 (a notice has none), then the data, the result, or the owner's turn. */
static void accept(struct hj212_session *s, const struct hj212_message *m, struct hj_now now)
{
	const struct hj212_command *command = hj212_command_find(m->cn, s->id.edition);
	struct hj212_pending *place, fresh = { .stage = ASKED_NEW, .command = command };
	int r;

	hj212_request_asked(s, m, &fresh.asked);
	forget_same_qn(s, fresh.asked.qn);
	place = find_place(s);
	if (command->flow != HJ212_FLOW_NOTICE)
		hj212_answer_number(s, &fresh.asked, 9011, "QnRtn", QN_READY);
	r = command->read ? command->read(&s->id, m, &fresh.change) : 0;
	if (r < 0) {
		end_now(s, &fresh.asked, exe_of(r));
		return;
	}
	fresh.flow = flow_of(command, &fresh.change);
	if (command->flow == HJ212_FLOW_GET) {
		respond(s, command, &fresh.asked, now);
		end_now(s, &fresh.asked, HJ212_EXE_DONE);
		return;
	}
	if (!place || (fresh.flow == HJ212_FLOW_HISTORY && history_at_work(s))) {
		end_now(s, &fresh.asked, HJ212_EXE_BUSY);
		return;
	}
	fresh.id = ++s->next_id;
	*place = fresh;
}

/* The platform itself uses the new password: the one before is good for nothing any more. */
static void forget_old_pw(struct hj212_session *s)
{
	if (!s->settings.old_pw[0])
		return;
	s->settings.old_pw[0] = '\0';
	s->pw_settled = true;
	hj212_request_rebase(s);
	if (!s->trying_old)
		return;
	s->trying_old = false;
	hj212_upload_reframe(s);
}

/* What is refused for something else has not used it. */
static void use_up_old_pw(struct hj212_session *s, const struct hj212_message *m)
{
	s->old_taken = s->pw_told = true;
	snprintf(s->pw_why, sizeof(s->pw_why), "CN %d came with the old one", m->cn);
}

void hj212_request_take(struct hj212_session *s, const struct hj212_message *m, struct hj_now now)
{
	struct hj212_pending *repeat = find_repeat(s, m, now);
	int code;

	if (repeat) {
		hj212_tell_fate(s, HJ212_FATE_REPEATED, NULL, 0);
		answer_repeat(s, repeat);
		return;
	}
	s->request_pw_right = s->request_pw_old = false;
	code = check(s, m);
	if (code) {
		refuse(s, m, code);
		return;
	}
	if (s->request_pw_right)
		forget_old_pw(s);
	if (s->request_pw_old)
		use_up_old_pw(s, m);
	hj212_tell_fate(s, HJ212_FATE_TAKEN, NULL, QN_READY);
	accept(s, m, now);
}

/* Only where it is surely meant for us; else silence, and a count. */
void hj212_request_bad_crc(struct hj212_session *s, const struct hj212_message *m)
{
	if (m->cn >= 9000 || !m->cn || !hj212_same_mn(s, m->mn))
		return;
	refuse(s, m, QN_CRC);
}
