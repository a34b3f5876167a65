/* The words of the standard, and what a platform has instead of them. Tables only. */
#include "hjgate/wording.h"

#include <string.h>

#include "hjgate/cleanup.h"

static const char *const suffixes[HJ_SUFFIXES] = {
	[HJ_SUFFIX_RTD] = "-Rtd",
	[HJ_SUFFIX_COU] = "-Cou",
	[HJ_SUFFIX_MIN] = "-Min",
	[HJ_SUFFIX_AVG] = "-Avg",
	[HJ_SUFFIX_MAX] = "-Max",
	[HJ_SUFFIX_FLAG] = "-Flag",
	[HJ_SUFFIX_RS] = "-RS",
	[HJ_SUFFIX_RT] = "-RT",
};
static const char flags[HJ_FLAGS][2] = { "N", "F", "M", "S", "D", "C", "T", "B" };

const char *hj_suffix_name(enum hj_suffix suffix)
{
	return suffixes[suffix] + 1;
}

int hj_suffix_find(const char *name)
{
	for (int i = 0; i < HJ_SUFFIXES; i++)
		if (!strcmp(suffixes[i] + 1, name))
			return i;
	return -1;
}

int hj_flag_find(const char *name)
{
	for (int i = 0; i < HJ_FLAGS; i++)
		if (!strcmp(flags[i], name))
			return i;
	return -1;
}

static const char *word(const struct hj_word *w, const char *standard)
{
	if (w->how == HJ_WORD_STANDARD)
		return standard;
	return w->how == HJ_WORD_OTHER ? w->text : NULL;
}

const char *hj_wording_suffix(const struct hj_wording *w, enum hj_suffix suffix)
{
	return word(&w->suffixes[suffix], suffixes[suffix]);
}

const char *hj_wording_flag(const struct hj_wording *w, enum hj_flag flag)
{
	const char *at = strchr(HJ_FLAG_LETTERS, flag);
	size_t i = flag && at ? (size_t)(at - HJ_FLAG_LETTERS) : 0;

	return word(&w->flags[i], flags[i]);
}
