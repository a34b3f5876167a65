/* The three forms of a device's number. Strict where a person configures it, because a wrong digit there means that a
 * platform never knows the gateway; lenient where platforms send it, because the field writes it in many ways. */
#include "hjgate/mn.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>

#define MN_2005_LEN    14
#define MN_WENZHOU_LEN 20
#define MN_2017_LEN    24
#define MN_LEAST       6 /* characters, seen from platforms */

static const char digits[] = "0123456789";
static const char upper_hexadecimal[] = "0123456789ABCDEF";
static const char hexadecimal[] = "0123456789ABCDEFabcdef";
static const char seen[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

static int refuse(const char **ret_why, const char *why)
{
	if (ret_why)
		*ret_why = why;
	return -EINVAL;
}

static int check_wenzhou(const char *mn, const char **ret_why)
{
	if (strspn(mn, digits) != MN_WENZHOU_LEN)
		return refuse(ret_why, N_("of its 20 characters some are no digits"));
	if (strncmp(mn, "66", 2) != 0)
		return refuse(ret_why, N_("an MN of 20 digits begins with 66"));
	return HJ_MN_WENZHOU;
}

static int check_2017(const char *mn, const char **ret_why)
{
	if (strspn(mn, upper_hexadecimal) == MN_2017_LEN)
		return HJ_MN_2017;
	if (strspn(mn, hexadecimal) == MN_2017_LEN)
		return refuse(ret_why, N_("its letters must be capitals A-F"));
	return refuse(ret_why, N_("of its 24 characters some are not 0-9 A-F"));
}

int hj_mn_check(const char *mn, const char **ret_why)
{
	size_t n = strlen(mn);

	for (const char *p = mn; *p; p++) /* or its bytes would be counted as characters */
		if ((unsigned char)*p >= 0x80)
			return refuse(
			        ret_why, N_("it has characters that are none of 0-9 A-F, such as full-width digits: "
			                    "type it anew"));
	if (n == MN_WENZHOU_LEN)
		return check_wenzhou(mn, ret_why);
	if (n == MN_2017_LEN)
		return check_2017(mn, ret_why);
	if (n == MN_2005_LEN)
		return strspn(mn, digits) == n ? HJ_MN_2005
		                               : refuse(ret_why, N_("of its 14 characters some are no digits"));
	return refuse(ret_why, N_("its length is none of 24 (HJ 212-2017), 20 (Wenzhou), 14 (HJ/T 212-2005)"));
}

int hj_mn_plausible(const char *mn, size_t n)
{
	if (n < MN_LEAST || n > HJ_MN_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!mn[i] || !strchr(seen, mn[i]))
			return 0;
	return 1;
}
