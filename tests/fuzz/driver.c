/* Runs a libFuzzer target under any compiler: every file of its corpus, then a fixed number of mutations of them, the
 *same ones on every machine. The target's name is the program's ("fuzz_NAME"), its corpus tests/fuzz/corpus/NAME
 *below the current folder, unless both are given:
 *
 *	fuzz_NAME [-n MUTATIONS] [-s SEED] [CORPUS-DIR | FILE...]
 *
 * A target that finds something wrong aborts; the input is then left in ./crash-NAME by the handler here, to be given
 *back as FILE (which is run as it is, without mutations). An input is handed over in a heap block of exactly its
 *size, so that the sanitizers see a read past its end. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define MUTATIONS_DEFAULT 20000
#define CORPUS_FILES_MAX  1024
#define INPUT_MAX         (16u << 10) /* bytes of an input */
#define EDITS_MAX         8           /* changes of one mutation */
#define UNMENDED          4           /* of so many one is left as it came: see fuzz.h */

struct input {
	uint8_t *data;
	size_t n;
};

struct corpus {
	struct input files[CORPUS_FILES_MAX];
	size_t n;
};

static const char *target;
static const uint8_t *running;
static size_t running_size;
static uint64_t random_state = 0x9E3779B97F4A7C15ULL;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static size_t random_below(size_t n)
{
	return n ? (size_t)(random_next() % n) : 0;
}

/* Leaves the input that was being run, then lets the signal have its way. */
static void on_crash(int sig)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "crash-%s", target);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0) {
		if (write(fd, running, running_size) < 0)
			_exit(2);
		close(fd);
		fprintf(stderr, "fuzz %s: failed; the input is in %s\n", target, path);
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

static void run_one(const uint8_t *data, size_t n)
{
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	memcpy(exact, data, n);
	running = exact;
	running_size = n;
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static int load_file(struct corpus *c, const char *path)
{
	struct input *in = &c->files[c->n];
	struct stat st;
	FILE *f;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || c->n == CORPUS_FILES_MAX)
		return 0;
	f = fopen(path, "rbe");
	if (!f)
		return -errno;
	in->data = malloc(INPUT_MAX);
	if (!in->data)
		abort();
	in->n = fread(in->data, 1, INPUT_MAX, f);
	fclose(f);
	c->n++;
	return 0;
}

/* In the order of the names: readdir's order differs between file systems, and the mutations must not. */
static int load_folder(struct corpus *c, const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, alphasort), r = 0;

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		char file[512];

		snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && !r)
			r = load_file(c, file);
		free(list[i]);
	}
	free(list);
	return r;
}

static size_t edit_flip(uint8_t *p, size_t n)
{
	if (n)
		p[random_below(n)] ^= (uint8_t)(1u << random_below(8));
	return n;
}

static size_t edit_set(uint8_t *p, size_t n)
{
	static const uint8_t telling[] = "\0\xff\x7f\x80##&&;,=\r\n 09aFZ/{}[]\"\\:-.";

	if (n)
		p[random_below(n)] =
		        random_next() & 1 ? telling[random_below(sizeof(telling) - 1)] : (uint8_t)random_next();
	return n;
}

static size_t edit_cut(uint8_t *p, size_t n)
{
	size_t from = random_below(n), k = random_below(n - from + 1);

	memmove(p + from, p + from + k, n - from - k);
	return n - k;
}

/* Doubles a piece in place. */
static size_t edit_double(uint8_t *p, size_t n)
{
	size_t from = random_below(n), k = random_below(n - from + 1);

	if (n + k > INPUT_MAX)
		return n;
	memmove(p + from + k, p + from, n - from);
	return n + k;
}

static size_t edit_truncate(uint8_t *p, size_t n)
{
	return random_below(n + 1);
}

static size_t edit_number(uint8_t *p, size_t n)
{
	return vary_number(p, n, INPUT_MAX, (uint32_t)random_next());
}

/* Puts a piece of another input over or between. */
static size_t edit_splice(uint8_t *p, size_t n, const struct input *other)
{
	size_t from = random_below(other->n), k = random_below(other->n - from + 1), at = random_below(n + 1);

	if (n + k > INPUT_MAX)
		return n;
	memmove(p + at + k, p + at, n - at);
	memcpy(p + at, other->data + from, k);
	return n + k;
}

static void mutate(const struct corpus *c)
{
	static uint8_t work[INPUT_MAX];
	static size_t (*const edits[])(
	        uint8_t *, size_t) = { edit_flip, edit_set, edit_set, edit_cut, edit_double, edit_truncate,
		edit_number };
	const size_t kinds = sizeof(edits) / sizeof(edits[0]);
	const struct input *in = &c->files[random_below(c->n)];
	size_t n = in->n;

	memcpy(work, in->data, n);
	for (size_t i = 1 + random_below(EDITS_MAX); i; i--) {
		size_t kind = random_below(kinds + 1);

		n = kind < kinds ? edits[kind](work, n) : edit_splice(work, n, &c->files[random_below(c->n)]);
	}
	if (fuzz_mend && random_next() % UNMENDED)
		n = fuzz_mend(work, n, INPUT_MAX);
	run_one(work, n);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int load(struct corpus *c, char **args, int n, unsigned long *mutations)
{
	char path[512];
	int r = 0;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", target);
	if (!n)
		r = load_folder(c, path);
	else if (is_folder(args[0]))
		r = load_folder(c, args[0]);
	else
		*mutations = 0;
	for (int i = 0; n && !is_folder(args[0]) && i < n && !r; i++)
		r = load_file(c, args[i]);
	if (r < 0)
		fprintf(stderr, "fuzz %s: cannot read the inputs: %s\n", target, strerror(-r));
	else if (!c->n)
		fprintf(stderr, "fuzz %s: no inputs in %s\n", target, n ? args[0] : path);
	return r < 0 || !c->n ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct corpus corpus;
	unsigned long mutations = MUTATIONS_DEFAULT;
	const char *name = strstr(argv[0], "fuzz_");
	int option;

	for (const char *p = name; p; p = strstr(p + 1, "/fuzz_"))
		name = *p == '/' ? p + 1 : p;
	target = name ? name + strlen("fuzz_") : argv[0];
	while ((option = getopt(argc, argv, "n:s:")) != -1) {
		if (option == '?')
			return 2;
		if (option == 'n')
			mutations = strtoul(optarg, NULL, 10);
		else
			random_state ^= strtoull(optarg, NULL, 10) * 0x2545F4914F6CDD1DULL;
	}
	if (load(&corpus, argv + optind, argc - optind, &mutations) < 0)
		return 1;
	signal(SIGABRT, on_crash);
	signal(SIGSEGV, on_crash);
	signal(SIGFPE, on_crash);
	for (size_t i = 0; i < corpus.n; i++)
		run_one(corpus.files[i].data, corpus.files[i].n);
	for (unsigned long i = 0; i < mutations; i++)
		mutate(&corpus);
	printf("fuzz %s: corpus %zu, mutations %lu, ok\n", target, corpus.n, mutations);
	for (size_t i = 0; i < corpus.n; i++)
		free(corpus.files[i].data);
	return 0;
}
