/* Heads as they lie on flash: packed, big-endian, strict on the way in. */
#include "hjgate/record.h"
#include "hjgate/clock.h"

#include <errno.h>
#include <string.h>

static const char *const kind_names[] = {
	[HJ_KIND_MINUTE] = "minute",
	[HJ_KIND_HOUR] = "hour",
	[HJ_KIND_DAY] = "day",
	[HJ_KIND_STATUS] = "status",
	[HJ_KIND_RUNTIME] = "runtime",
	[HJ_KIND_POWERON] = "poweron",
	[HJ_KIND_LOG] = "log",
	[HJ_KIND_PENDING] = "pending",
	[HJ_KIND_CUT] = "cut",
	[HJ_KIND_RECEIPT] = "receipt",
	[HJ_KIND_VOID] = "void",
};

static const char *const trust_names[] = {
	[HJ_TRUST_NONE] = "none",
	[HJ_TRUST_RTC] = "rtc",
	[HJ_TRUST_PLATFORM] = "platform",
	[HJ_TRUST_NTP] = "ntp",
};

const char *hj_kind_name(enum hj_kind kind)
{
	return kind >= 1 && kind <= HJ_KIND_MOST ? kind_names[kind] : "unknown";
}

int hj_kind_parse(const char *name, enum hj_kind *ret)
{
	for (int k = 1; k <= HJ_KIND_MOST; k++) {
		if (strcmp(kind_names[k], name))
			continue;
		*ret = (enum hj_kind)k;
		return 0;
	}
	return -EINVAL;
}

bool hj_kind_is_statistics(enum hj_kind kind)
{
	return kind >= HJ_KIND_MINUTE && kind <= HJ_KIND_DAY;
}

const char *hj_trust_name(enum hj_trust trust)
{
	return (unsigned)trust < hj_array_size(trust_names) ? trust_names[trust] : "unknown";
}

int hj_trust_parse(const char *name, enum hj_trust *ret)
{
	for (size_t t = 0; t < hj_array_size(trust_names); t++) {
		if (strcmp(trust_names[t], name))
			continue;
		*ret = (enum hj_trust)t;
		return 0;
	}
	return -EINVAL;
}

int hj_head_encode(const struct hj_head *h, struct hj_buf *to)
{
	size_t before = to->len;
	int r;

	r = hj_buf_put_be(to, h->format, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->algorithm, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->kind, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->trust, 1);
	r = r < 0 ? r : hj_buf_put_be(to, h->key_id, 2);
	r = r < 0 ? r : hj_buf_put_be(to, h->length_ms, 4);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)h->label_ms, 8);
	r = r < 0 ? r : hj_buf_put_be(to, (uint64_t)h->boottime_ms, 8);
	r = r < 0 ? r : hj_buf_put(to, h->boot_id, HJ_ID_BYTES);
	if (r < 0)
		to->len = before;
	return r;
}

int hj_head_decode(const void *data, size_t n, struct hj_head *ret)
{
	struct hj_reader in = { .p = data, .end = (const uint8_t *)data + n };
	struct hj_head h = { .format = (uint8_t)hj_get_be(&in, 1) };
	bool old = h.format == HJ_RECORD_FORMAT_OLD;

	if (n != (old ? HJ_HEAD_BYTES_OLD : HJ_HEAD_BYTES) || (!old && h.format != HJ_RECORD_FORMAT))
		return -EBADMSG;
	h.algorithm = (uint8_t)hj_get_be(&in, 1);
	h.kind = (uint8_t)hj_get_be(&in, 1);
	h.trust = (uint8_t)hj_get_be(&in, 1);
	h.key_id = (uint16_t)hj_get_be(&in, old ? 4 : 2);
	h.length_ms = (uint32_t)hj_get_be(&in, 4);
	h.label_ms = (int64_t)hj_get_be(&in, 8);
	h.boottime_ms = (int64_t)hj_get_be(&in, 8);
	memcpy(h.boot_id, hj_get_bytes(&in, HJ_ID_BYTES), HJ_ID_BYTES);
	if (!h.kind || h.kind > HJ_KIND_MOST || h.trust > HJ_TRUST_NTP)
		return -EBADMSG;
	if (h.label_ms < 0 || h.label_ms > HJ_TIME_MAX_MS)
		return -EBADMSG;
	*ret = h;
	return 0;
}
