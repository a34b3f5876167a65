/* The C library forgets why a stream failed, and forgets what it could not write: a flush after that succeeds. */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static int reason; /* errno of the first failure */
static bool told;

bool cli_output_failed(void)
{
	if (ferror(stdout) && !reason)
		reason = errno ? errno : EIO;
	return ferror(stdout);
}

int cli_output_refused(const struct cli *cli, int r)
{
	if (r != -EPIPE && !told)
		cli_refused(cli,
		        _("cannot write standard output: %s. What came out is not whole: make room or write to "
		          "another place, then call it again"),
		        strerror(-r));
	told = true;
	return HJ_EXIT_REFUSED;
}

int cli_output_end(const struct cli *cli, int status)
{
	int failed;

	if (fflush(stdout) != 0 && !reason)
		reason = errno ? errno : EIO;
	if (!cli_output_failed() && !reason)
		return status;
	failed = cli_output_refused(cli, -reason);
	reason = 0;
	told = false;
	return status ? status : failed;
}
