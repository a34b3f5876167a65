/* What came of a platform, read for the verdict of a test. The session tells the fate of each frame, and notes some
 * of what is odd; a wrong length it takes without a word, and that a dialect is another it says once only. */
#include "api_test_came.h"

#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/text.h"

static const struct {
	enum came_odd odd;
	const char *note;
} fates[HJ212_FATES] = {
	[HJ212_FATE_UNREADABLE] = { CAME_BYTES, NULL }, /* the session has a note */
	[HJ212_FATE_PASSED] = { CAME_OTHER_CN, NULL },
	[HJ212_FATE_BAD_CRC] = { CAME_BAD_CRC, N_("its CRC is wrong") },
	[HJ212_FATE_OTHER_MN] = { CAME_OTHER_MN, N_("it names another MN") },
	[HJ212_FATE_LATE] = { CAME_OTHER_QN, N_("it names no QN of ours") },
};

/* Of outside: JSON takes no bytes that are no text. */
static void copy_plain(char *to, size_t size, struct hj212_slice from)
{
	size_t n = hj_min(from.n, size - 1);

	for (size_t i = 0; i < n; i++)
		to[i] = from.p[i] > ' ' && from.p[i] < 0x7F ? from.p[i] : '?';
	to[n] = '\0';
}

const char *came_frame(struct came *c, enum hj212_crc ours, const char *frame, size_t n)
{
	struct came_one *one = &c->newest;
	struct hj212_message m;
	struct hj212_frame f;

	*one = (struct came_one){ 0 };
	if (hj212_frame_decode(frame, n, &f) <= 0)
		return NULL;
	one->crc = f.crc_ok ? hj212_crc_name(f.dialect) : NULL;
	one->other_crc = f.crc_ok && f.dialect != ours && ours != HJ212_CRC_NONE;
	if (hj212_message_decode(f.data, f.n, &m) >= 0) {
		one->cn = m.cn;
		copy_plain(one->qn, sizeof(one->qn), m.qn);
		copy_plain(one->mn, sizeof(one->mn), m.mn);
	}
	return f.quirks & HJ212_QUIRK_LENGTH ? N_("its length field is wrong") : NULL;
}

/* An answer that is late or comes twice is none to wonder at. */
static bool is_ours(const struct frames *sent, const char *qn)
{
	const struct frames_one *one;

	for (unsigned i = 0; *qn && (one = frames_at(sent, i)); i++)
		if (one->out && !strcmp(one->qn, qn))
			return true;
	return false;
}

const char *came_fate(struct came *c, enum hj212_fate fate, const struct frames *sent)
{
	enum came_odd odd = fates[fate].odd;

	if (fate == HJ212_FATE_ACKNOWLEDGES)
		c->taking = c->newest;
	if (odd == CAME_OTHER_QN && is_ours(sent, c->newest.qn))
		return NULL;
	if (odd && odd >= c->odd) {
		c->odd = odd;
		c->odd_one = c->newest;
	}
	return fates[fate].note;
}

const char *came_verdict(const struct came *c)
{
	static const char *const names[] = { [CAME_NOTHING] = NULL,
		[CAME_BYTES] = "unreadable",
		[CAME_OTHER_CN] = "other-cn",
		[CAME_BAD_CRC] = "bad-crc",
		[CAME_OTHER_MN] = "other-mn",
		[CAME_OTHER_QN] = "other-qn" };

	return names[c->odd];
}

json_t *came_json(const struct came_one *one)
{
	if (!one || !one->cn)
		return json_null();
	return json_pack("{s:i, s:s, s:s, s:s?}", "cn", one->cn, "qn", one->qn, "mn", one->mn, "crc", one->crc);
}
