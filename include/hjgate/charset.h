/* Texts in the encoding of a platform, by the C library's conversions. */
#pragma once

#include "hjgate/buf.h"
#include "hjgate/wording.h"

/* Does this system have it? The conversions of GBK are a file of the C library that small images may lack. */
bool hj_charset_known(enum hj_encoding encoding);

struct hj_charset;
/* -ENOENT: this system has it not; -ENOMEM. *ret is NULL for UTF-8, which needs no conversion. */
int hj_charset_new(enum hj_encoding encoding, struct hj_charset **ret);
void hj_charset_free(struct hj_charset *c);
HJ_DEFINE_CLEANUP(struct hj_charset *, hj_charset_free)

/* For the words of a platform; none for NULL. Valid as long as c. */
struct hj_encoder hj_charset_encoder(struct hj_charset *c);
/* What an uplink is given whose charset this system lacks: characters beyond ASCII are "?". */
extern const struct hj_encoder hj_charset_ascii;
/* Appends data as UTF-8, "?" for each byte that is none of the encoding. NULL: it is UTF-8 as it is. -ENOMEM. */
int hj_charset_decode(struct hj_charset *c, const char *data, size_t n, struct hj_buf *to);
