/* Any bytes as a platform's GBK: what is shown of them is UTF-8 whose every character goes back, or is "?". */
#include <string.h>

#include "fuzz.h"
#include "hjgate/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_(hj_charset_freep) struct hj_charset *c = NULL;
	_cleanup_(hj_buf_done) struct hj_buf text = { 0 };
	struct hj_encoder e;
	char to[HJ_ENCODED_MAX];

	if (hj_charset_new(HJ_ENCODING_GBK, &c) < 0)
		return 0;
	claim(hj_charset_decode(c, (const char *)data, n, &text) == 0);
	claim(text.len <= 3 * n);
	e = hj_charset_encoder(c);
	for (size_t i = 0, k; i < text.len; i += k) {
		for (k = 1; i + k < text.len && ((unsigned char)text.data[i + k] & 0xC0) == 0x80; k++)
			;
		claim(k <= 3);
		claim(e.put(e.userdata, text.data + i, k, to) <= 2);
		claim(to[0] != '?' || text.data[i] == '?');
	}
	return 0;
}
