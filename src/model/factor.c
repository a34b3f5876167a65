/* The form of a factor code. The tables behind the codes differ by place and are not public, so a code that keeps the
 * form is right; what does not keep it would break the frame it stands in. */
#include "hjgate/factor.h"
#include "hjgate/text.h"

#include <errno.h>
#include <string.h>

static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int refuse(const char **ret_why, const char *why)
{
	if (ret_why)
		*ret_why = why;
	return -EINVAL;
}

int hj_factor_check(const char *factor, const char **ret_why)
{
	size_t n = strlen(factor);

	if (!n)
		return refuse(ret_why, N_("it is empty"));
	if (n > HJ_FACTOR_MAX)
		return refuse(ret_why, N_("it is longer than 16 characters"));
	if (strspn(factor, alphanumeric) != n)
		return refuse(ret_why, N_("it has a character that is neither a letter A-Z a-z nor a digit"));
	return 0;
}
