/* The command `hjgate`: finds which command is meant, takes the options that every command knows, and calls it.
 * Nothing is kept from one call to the next; what a command needs it asks the daemons for by their sockets, or reads
 * from the configuration. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "complete.h"
#include "output.h"

static int call(struct cli *cli, int argc, char **argv)
{
	if (cli->version) {
		printf("hjgate %s\n", HJ_VERSION);
		return HJ_EXIT_OK;
	}
	if (!cli->command) {
		cli_help();
		return cli->help ? HJ_EXIT_OK : HJ_EXIT_USAGE;
	}
	if (cli->help) {
		cli_help_command(cli->command);
		return HJ_EXIT_OK;
	}
	if (!cli->command->options) {
		int r = cli_options(cli, NULL, NULL, &argc, argv);

		if (r)
			return r;
	}
	return cli_root_known(cli) ? HJ_EXIT_USAGE : cli->command->fn(cli, argc, argv);
}

/* What whoever starts us may have left us. A closed one of the first three descriptors would be the number of the
 * next file that is opened, and messages would go into that: it is taken, the wrong way round, so that to use it
 * still fails. And of children whose end nobody wants to know, nobody can know it. */
static void begin_clean(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(HJ_EXIT_TEMPORARY);
	signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv)
{
	struct cli cli = { .root = "" };
	int r;

	begin_clean();
	if (argc > 1 && !strcmp(argv[1], "--complete"))
		return cli_output_end(&cli, cli_complete(argc - 2, argv + 2));
	hj_service_locale();
	r = cli_globals(&cli, &argc, argv);
	cli.root = cli_root(cli.root);
	if (r == 0)
		r = call(&cli, argc, argv);
	return cli_output_end(&cli, r);
}
