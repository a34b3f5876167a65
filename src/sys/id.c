/* The boot id, ids as text, and random bytes: what the knowing half is given as parameters is read here. */
#include "hjgate/now.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/random.h>

#include "hjgate/cleanup.h"
#include "hjgate/service.h"

#define KERNEL_BOOT_ID "/proc/sys/kernel/random/boot_id"

int hj_random(void *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t k = getrandom((char *)to + done, n - done, 0);

		if (k < 0 && errno != EINTR)
			return -errno;
		done += k > 0 ? (size_t)k : 0;
	}
	return 0;
}

void hj_id_format(const uint8_t id[HJ_ID_BYTES], char ret[2 * HJ_ID_BYTES + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HJ_ID_BYTES; i++) {
		ret[2 * i] = digits[id[i] >> 4];
		ret[2 * i + 1] = digits[id[i] & 15];
	}
	ret[2 * HJ_ID_BYTES] = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hj_id_parse(const char *text, uint8_t ret[HJ_ID_BYTES])
{
	uint8_t id[HJ_ID_BYTES];

	for (size_t i = 0; i < HJ_ID_BYTES; i++) {
		int high = nibble(text[2 * i]), low = high < 0 ? -1 : nibble(text[2 * i + 1]);

		if (low < 0)
			return -EINVAL;
		id[i] = (uint8_t)(high << 4 | low);
	}
	if (text[2 * HJ_ID_BYTES])
		return -EINVAL;
	for (size_t i = 0; i < HJ_ID_BYTES; i++)
		ret[i] = id[i];
	return 0;
}

/* Takes the kernel's form (with dashes) and ours (without). */
static int read_id(const char *path, uint8_t ret[HJ_ID_BYTES])
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[64], plain[64];
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	for (ssize_t i = 0; i < n && text[i] != '\n'; i++)
		if (text[i] != '-')
			plain[len++] = text[i];
	plain[len] = '\0';
	return hj_id_parse(plain, ret);
}

int hj_boot_id(const char *root, uint8_t ret[HJ_ID_BYTES])
{
	char path[HJ_PATH_MAX];
	int r;

	if (root && *root) {
		r = hj_path(root, HJ_DIR_RUN, "boot-id", path);
		if (!r)
			r = read_id(path, ret);
		if (r != -ENOENT)
			return r;
	}
	return read_id(KERNEL_BOOT_ID, ret);
}
