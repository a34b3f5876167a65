/* Orders on sticks: see stick_order.h. */
#include "stick_order.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "ask.h"
#include "export.h"
#include "hjgate/clock.h"
#include "hjgate/record.h"
#include "outfile.h"
#include "timespec.h"

#define USED_LINE (ORDER_NONCE_MAX + 24)
#define USED_PAST "-" /* in the place of a nonce: the latest end of those that were forgotten */

const char *order_verdict_text(enum order_verdict v)
{
	static const char *const texts[] = {
		[ORDER_GOOD] = "",
		[ORDER_NOT_AUTHENTIC] = N_("its HMAC is not the one of the stick key"),
		[ORDER_NOT_ONE] = N_("it cannot be understood"),
		[ORDER_EXPIRED] = N_("it has expired"),
		[ORDER_NOT_YET] = N_("it was made in the future: is the clock right?"),
		[ORDER_TOO_LONG] = N_("it would be good for more than 62 days"),
	};

	return texts[v];
}

/* ---- HMAC ---- */

int order_mac(const void *text, size_t n, const uint8_t key[HJ_KEY_BYTES], uint8_t ret[HJ_SHA256_BYTES])
{
	const struct iovec part = { (void *)text, n };
	_cleanup_(hj_mac_freep) struct hj_mac *mac = NULL;
	int r = hj_mac_new(key, HJ_KEY_BYTES, &mac);

	return r < 0 ? r : hj_mac_whole(mac, &part, 1, ret);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	                              : -1;
}

/* Exactly 2 * n digits. */
static int from_hex(const char *text, uint8_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]), low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return -EBADMSG;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int order_mac_parse(const char *text, uint8_t ret[HJ_SHA256_BYTES])
{
	size_t n = strlen(text);

	while (n && strchr(" \t\r\n", text[n - 1]))
		n--;
	if (n < 2 * HJ_SHA256_BYTES)
		return -EBADMSG;
	text += n - 2 * HJ_SHA256_BYTES;
	if (n > 2 * HJ_SHA256_BYTES && hex_digit(text[-1]) >= 0)
		return -EBADMSG; /* more digits than one has */
	return from_hex(text, ret, HJ_SHA256_BYTES);
}

int order_key_read(const char *path, uint8_t ret[HJ_KEY_BYTES])
{
	char text[2 * HJ_KEY_BYTES + 3] = "";
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_mode & 077 || (st.st_uid && st.st_uid != geteuid()))
		return -EPERM;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[strcspn(text, "\r\n")] = '\0';
	r = strlen(text) == 2 * HJ_KEY_BYTES ? from_hex(text, ret, HJ_KEY_BYTES) : -EBADMSG;
	hj_wipe(text, sizeof(text));
	return r;
}

/* ---- what it says ---- */

/* "2026-11-23 08:00:00": a time that means the same whenever it is read. */
static int time_of(json_t *o, const char *key, int64_t *ret)
{
	const char *text = cli_string(o, key);

	if (!text || strspn(text, "0123456789") != 4)
		return -EBADMSG;
	return cli_time_parse(text, 0, ret) < 0 ? -EBADMSG : 0;
}

static int text_of(json_t *o, const char *key, char *to, size_t size)
{
	json_t *j = json_object_get(o, key);

	if (!j || json_is_null(j))
		return 0;
	return json_is_string(j) && hj_text_copy(to, size, json_string_value(j)) ? 0 : -EBADMSG;
}

static int kinds_of(json_t *list, struct order *o)
{
	json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		enum hj_kind kind;
		const char *name = json_string_value(j);

		if (!name || i >= ORDER_KINDS || hj_kind_parse(name, &kind) < 0 ||
		        !hj_text_copy(o->kinds[i], ORDER_KIND_LEN, name))
			return -EBADMSG;
		o->kind_count++;
	}
	return o->kind_count ? 0 : -EBADMSG;
}

static bool nonce_valid(const char *text)
{
	size_t n = strlen(text);

	return n >= ORDER_NONCE_MIN && n <= ORDER_NONCE_MAX &&
	       strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

/* What no export would make must not use the order up. */
static bool form_valid(const struct order *o)
{
	const struct export_form *form = export_form_of(o->format);

	return form && (form == &export_hj212) == (o->uplink[0] != '\0');
}

static int decode(const void *text, size_t n, struct order *o)
{
	_cleanup_json_ json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	int r = json_is_object(j) && cli_int(j, "format") == ORDER_FORMAT ? 0 : -EBADMSG;

	r = r < 0 ? r : text_of(j, "site", o->site, sizeof(o->site));
	r = r < 0 ? r : text_of(j, "as", o->format, sizeof(o->format));
	r = r < 0 ? r : text_of(j, "uplink", o->uplink, sizeof(o->uplink));
	r = r < 0 ? r : text_of(j, "nonce", o->nonce, sizeof(o->nonce));
	r = r < 0 ? r : kinds_of(json_object_get(j, "kinds"), o);
	r = r < 0 ? r : time_of(j, "from", &o->from_ms);
	r = r < 0 ? r : time_of(j, "to", &o->to_ms);
	r = r < 0 ? r : time_of(j, "made", &o->made_ms);
	r = r < 0 ? r : time_of(j, "expires", &o->expires_ms);
	return r < 0 || !nonce_valid(o->nonce) || o->from_ms >= o->to_ms || !form_valid(o) ? -EBADMSG : 0;
}

enum order_verdict order_read(const void *text, size_t n, const uint8_t mac[HJ_SHA256_BYTES],
        const uint8_t key[HJ_KEY_BYTES], int64_t now_ms, struct order *ret)
{
	uint8_t right[HJ_SHA256_BYTES];
	struct order o = { 0 };

	if (n > ORDER_BYTES || order_mac(text, n, key, right) < 0 || !hj_same_secret(mac, right, sizeof(right)))
		return ORDER_NOT_AUTHENTIC;
	if (decode(text, n, &o) < 0)
		return ORDER_NOT_ONE;
	if (o.made_ms > now_ms + ORDER_AHEAD_MS)
		return ORDER_NOT_YET;
	if (o.expires_ms <= now_ms)
		return ORDER_EXPIRED;
	if (o.expires_ms - o.made_ms > ORDER_DAYS_MOST * HJ_MS_PER_DAY)
		return ORDER_TOO_LONG;
	*ret = o;
	return ORDER_GOOD;
}

/* ---- once ---- */

struct used {
	int64_t past_ms;
	size_t count;
	struct hj_buf kept;
};

/* One "NONCE EXPIRES\n". What cannot be read might be this order: nothing is served then. */
static int take_used(const char *line, const struct order *o, int64_t now_ms, struct used *u)
{
	char nonce[ORDER_NONCE_MAX + 1];
	long long expires;

	if (sscanf(line, "%64s %lld", nonce, &expires) != 2)
		return -EBADMSG;
	if (!strcmp(nonce, o->nonce))
		return -EALREADY;
	if (!strcmp(nonce, USED_PAST) || expires <= now_ms) {
		u->past_ms = hj_max(u->past_ms, (int64_t)expires);
		return 0;
	}
	if (++u->count == ORDERS_USED_MOST)
		return -ENOSPC;
	return hj_buf_printf(&u->kept, "%s %lld\n", nonce, expires);
}

static int read_used(const char *path, const struct order *o, int64_t now_ms, struct used *u)
{
	char line[USED_LINE + 2];
	FILE *f = fopen(path, "re");
	int r = 0;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (r >= 0 && fgets(line, sizeof(line), f))
		r = take_used(line, o, now_ms, u);
	if (r >= 0 && ferror(f))
		r = -EIO;
	fclose(f);
	return r;
}

/* Two sticks with one order may come at once. */
static int lock_used(const char *path)
{
	char name[HJ_PATH_MAX + 8];
	int fd;

	snprintf(name, sizeof(name), "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) == 0)
		return fd < 0 ? -errno : fd;
	close(fd);
	return -EIO;
}

int order_use(const char *path, const struct order *o, int64_t now_ms)
{
	_cleanup_fd_ int lock = lock_used(path);
	struct used u = { 0 };
	int r = lock < 0 ? lock : read_used(path, o, now_ms, &u);

	/* A clock that was set back brings no order back that was served and forgotten. */
	if (r >= 0 && o->expires_ms <= u.past_ms)
		r = -ESTALE;
	r = r < 0 ? r : hj_buf_printf(&u.kept, "%s %lld\n", o->nonce, (long long)o->expires_ms);
	if (r >= 0 && u.past_ms)
		r = hj_buf_printf(&u.kept, USED_PAST " %lld\n", (long long)u.past_ms);
	r = r < 0 ? r : hj_write_whole(path, u.kept.data, u.kept.len, 0600);
	hj_buf_done(&u.kept);
	return r;
}
