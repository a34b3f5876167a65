/* See box.h. */
#include "hjgate/box.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#define DEVICE_TREE "/proc/device-tree/serial-number"

/* What our numbers are made with. */
static const sd_id128_t application = SD_ID128_MAKE(5e, 1f, 0c, 7a, 93, d4, 4b, 61, a8, 27, 3b, c9, 14, e0, 6d, f2);

/* A text that ends with a NUL byte, or many: some boards come with an empty one, or one of zeros. */
static bool read_board(char *to, size_t size)
{
	FILE *f = fopen(DEVICE_TREE, "re");
	size_t n;

	if (!f)
		return false;
	n = fread(to, 1, size - 1, f);
	fclose(f);
	to[n] = '\0';
	return to[strspn(to, "0 \n")];
}

void hj_box_serial(const char *configured, char ret[HJ_SERIAL_MAX + 1])
{
	char text[128] = "";
	sd_id128_t id;

	if (configured[0] || read_board(text, sizeof(text))) {
		hj_text_copy(ret, HJ_SERIAL_MAX + 1, configured[0] ? configured : text);
		return;
	}
	ret[0] = '\0';
	if (sd_id128_get_machine_app_specific(application, &id) < 0)
		return;
	for (int i = 0; i < HJ_SERIAL_MAX / 2; i++)
		snprintf(ret + 2 * i, 3, "%02X", id.bytes[i]);
}
