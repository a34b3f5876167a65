/* How a platform wants values said: what the names behind a factor are, which letters stand for which Flag, at which
 * end of a window its label lies, and in which encoding a text goes. All zero is as HJ 212-2017 has it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/factor.h"
#include "hjgate/flag.h"

/* One word of the standard, and what stands for it. */
#define HJ_WORD_MAX 15 /* bytes of another word */
enum hj_word_how { HJ_WORD_STANDARD, HJ_WORD_OTHER, HJ_WORD_OUT };
struct hj_word {
	enum hj_word_how how;
	char text[1 + HJ_WORD_MAX + 1]; /* HJ_WORD_OTHER: of a suffix with its "-"; "" = nothing stands there */
};

enum hj_suffix {
	HJ_SUFFIX_RTD,
	HJ_SUFFIX_COU,
	HJ_SUFFIX_MIN,
	HJ_SUFFIX_AVG,
	HJ_SUFFIX_MAX,
	HJ_SUFFIX_FLAG,
	HJ_SUFFIX_RS,
	HJ_SUFFIX_RT,
};
#define HJ_SUFFIXES 8

enum hj_encoding { HJ_ENCODING_UTF8, HJ_ENCODING_GBK };

struct hj_wording {
	bool label_end; /* a window's DataTime is its end */
	enum hj_encoding encoding;
	struct hj_word suffixes[HJ_SUFFIXES], flags[HJ_FLAGS]; /* in the order of the enum and of HJ_FLAG_LETTERS */
};

/* As the standard names it, without the "-": "Avg". */
const char *hj_suffix_name(enum hj_suffix suffix);
/* What stands behind a factor, "-Avg"; NULL where it is left out. */
const char *hj_wording_suffix(const struct hj_wording *w, enum hj_suffix suffix);
/* What the platform reads as this Flag, "N"; NULL where it is not told. */
const char *hj_wording_flag(const struct hj_wording *w, enum hj_flag flag);
/* The suffix or Flag of that name; -1 for none. */
int hj_suffix_find(const char *name);
int hj_flag_find(const char *name);

#define HJ_WANTED_STS_MAX 8 /* of one uplink, with its own */
/* One point as a platform knows it; texts are the caller's. */
struct hj_wanted {
	const char *point;
	const char *factor;         /* "" = the point's own */
	int decimals;               /* -1 = as needed */
	bool decimals_said;         /* by the uplink: `type` does not bound them */
	double scale;               /* the value is sent times this; 0 = what `unit` asks for, or 1 */
	const char *unit;           /* the platform's; "" = the point's */
	const char *st;             /* "" = the uplink's */
	struct hj_factor_type type; /* of its code; HJ_FACTOR_ANY: no table says more */
	const char *code_unit; /* of its code, where nothing else is said and the point's can be told in it; NULL */
	bool total;
	const char *own, *own_unit; /* the point's, as its bus's file has them; NULL: not known */
};

/* UTF-8 to another encoding, one character at a time. Its bytes, at most HJ_ENCODED_MAX. A character that the other
 * encoding has not is "?". */
#define HJ_ENCODED_MAX 4
struct hj_encoder {
	size_t (*put)(void *userdata, const char *character, size_t n, char to[HJ_ENCODED_MAX]);
	void *userdata;
};
