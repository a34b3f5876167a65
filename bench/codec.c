/* How fast the codec is, beside the limit program in the same process: rounds in turn, by CPU time, the best round of
 * each, so that a busy machine disturbs both alike. The work is the same as the limit's, through the public calls:
 *
 * decode: bytes into the finder, the frame out of it (header, length, tail, CRC), the header into a message, every
 * field of
 *         the CP as slices.
 * encode: the fields of the CP from slices into a buffer, then the header, the CP, length and CRC into a frame.
 *
 * The heap is counted by standing in for malloc. Prints one `figure` line each, and fails where one falls short.
 *
 * 	codec [-s SECONDS] [FOLDER]	the frames are FOLDER/frame308.txt and FOLDER/frame1008.txt; bench by default
 * 	codec -w WORK -n TIMES	does one work so many times and nothing else, for somebody who counts instructions:
 * 				decode_308, encode_1008, limit_decode_308 ...
 */
#define main limit_main
int limit_main(int argc, char **argv);
#include "limit.c"
#undef main

#include <stdbool.h>
#include <unistd.h>

#include "hjgate/cleanup.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/hj212_message.h"

#define ROUNDS         15
#define SECONDS        6.0 /* of CPU time in all */
#define BATCH          500 /* messages between two looks at the clock */
#define FIELDS_MAX     256
#define FRAME_GREATEST 4096
#define GOAL_RATIO     0.8

/* ---- the heap ---- */

static unsigned long allocations;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

/* ---- one frame, both ways ---- */

struct job {
	uint8_t frame[FRAME_GREATEST];
	size_t n;
	/* The limit's. */
	struct kv kv[MAXKV];
	int kvs;
	uint8_t scratch[FRAME_GREATEST], out[FRAME_GREATEST];
	/* Ours. */
	struct hj212_finder finder;
	struct hj212_message message;
	struct hj212_field fields[FIELDS_MAX];
	size_t count;
	char cp[HJ212_CP_MAX], again[HJ212_FRAME_MAX];
};

static void limit_decode(struct job *j)
{
	memcpy(j->scratch, j->frame, j->n);
	sink += (unsigned)decode(j->scratch, j->n, j->kv);
}

static void limit_encode(struct job *j)
{
	sink += (unsigned)encode(j->out, j->kv, j->kvs) + j->out[j->n - 3];
}

static void our_decode(struct job *j)
{
	struct hj212_fields fields;
	struct hj212_frame frame;
	size_t n = 0;

	hj212_finder_put(&j->finder, j->frame, j->n);
	if (hj212_finder_next(&j->finder, false, &frame) <= 0 ||
	        hj212_message_decode(frame.data, frame.n, &j->message) < 0)
		abort();
	hj212_fields_init(&fields, j->message.cp);
	while (n < FIELDS_MAX && hj212_fields_next(&fields, &j->fields[n]) > 0)
		n++;
	j->count = n;
	sink += (unsigned)n;
}

static void our_encode(struct job *j)
{
	struct hj212_message m = j->message;
	struct hj212_area cp = { .p = j->cp, .size = sizeof(j->cp) };
	int n;

	for (size_t i = 0; i < j->count; i++)
		if (hj212_area_put(&cp, &j->fields[i]) < 0)
			abort();
	m.cp = (struct hj212_slice){ cp.p, cp.n };
	n = hj212_message_frame(&m, HJ212_CRC_ANNEXA, j->again, sizeof(j->again));
	if (n < 0)
		abort();
	sink += (unsigned)n + (unsigned char)j->again[n - 3];
}

/* ---- the clockwork ---- */

static double rate(void (*fn)(struct job *), struct job *j, double seconds)
{
	double start = now(), t;
	unsigned long n = 0;

	do {
		for (int i = 0; i < BATCH; i++) {
			fn(j);
			__asm__ __volatile__("" ::: "memory");
		}
		n += BATCH;
		t = now();
	} while (t - start < seconds);
	return (double)n / (t - start);
}

static bool figure(const char *name, double value, const char *unit, const char *goal, bool ok)
{
	printf(value == (unsigned long)value ? "figure codec.%s %.0f %s %s %s\n" : "figure codec.%s %.2f %s %s %s\n",
	        name, value, unit, goal, ok ? "ok" : "short");
	return ok;
}

static bool compare(
        struct job *j, const char *what, void (*limit)(struct job *), void (*ours)(struct job *), double seconds)
{
	double best_limit = 0, best_ours = 0, ratio;
	char name[32];

	for (int i = 0; i < ROUNDS; i++) {
		double a = rate(limit, j, seconds / (2 * ROUNDS)), b = rate(ours, j, seconds / (2 * ROUNDS));

		best_limit = a > best_limit ? a : best_limit;
		best_ours = b > best_ours ? b : best_ours;
	}
	ratio = best_ours / best_limit;
	snprintf(name, sizeof(name), "%s_%zu", what, j->n);
	printf("%s of %zu bytes: %.0f a second, the limit's %.0f\n", what, j->n, best_ours, best_limit);
	return figure(name, ratio, "ratio", ">=0.80", ratio >= GOAL_RATIO);
}

/* Reads a frame, and holds that both do the whole of the work with it. */
static int job_load(struct job *j, const char *folder, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return -1;
	}
	j->n = fread(j->frame, 1, sizeof(j->frame), f);
	fclose(f);
	hj212_finder_init(&j->finder);
	j->kvs = decode(j->frame, j->n, j->kv);
	our_decode(j);
	limit_encode(j);
	our_encode(j);
	if (j->kvs < 0 || memcmp(j->out, j->frame, j->n) != 0 || memcmp(j->again, j->frame, j->n) != 0) {
		fprintf(stderr, "%s: does not come out again as it went in\n", path);
		return -1;
	}
	return 0;
}

static bool count_allocations(struct job *small, struct job *large)
{
	unsigned long before = allocations, n;

	for (int i = 0; i < 1000; i++) {
		our_decode(small);
		our_encode(small);
		our_decode(large);
		our_encode(large);
	}
	n = allocations - before;
	return figure("allocations", (double)n, "count", "0", n == 0);
}

static int load_both(struct job *small, struct job *large, const char *folder)
{
	table_init();
	slice_init();
	crc = crc_s8;
	return job_load(small, folder, "frame308.txt") < 0 || job_load(large, folder, "frame1008.txt") < 0 ? -1 : 0;
}

static int do_one(struct job *small, struct job *large, const char *work, unsigned long times)
{
	static const struct {
		const char *name;
		void (*fn)(struct job *j);
	} works[] = { { "decode_", our_decode }, { "encode_", our_encode }, { "limit_decode_", limit_decode },
		{ "limit_encode_", limit_encode } };
	struct job *j = strstr(work, "1008") ? large : small;

	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (!strncmp(work, works[i].name, strlen(works[i].name))) {
			while (times--)
				works[i].fn(j);
			return 0;
		}
	fprintf(stderr, "codec: no work is called %s\n", work);
	return 2;
}

static int measure_all(struct job *small, struct job *large, double seconds)
{
	bool ok;

	free(malloc(1));
	if (!allocations) {
		fprintf(stderr, "codec: allocations are not seen here\n");
		return 1;
	}
	ok = compare(small, "decode", limit_decode, our_decode, seconds / 4);
	ok &= compare(small, "encode", limit_encode, our_encode, seconds / 4);
	ok &= compare(large, "decode", limit_decode, our_decode, seconds / 4);
	ok &= compare(large, "encode", limit_encode, our_encode, seconds / 4);
	ok &= count_allocations(small, large);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct job small, large;
	unsigned long times = 1;
	double seconds = SECONDS;
	const char *work = NULL;
	int option;

	while ((option = getopt(argc, argv, "s:w:n:")) != -1) {
		if (option == 's')
			seconds = atof(optarg);
		else if (option == 'w')
			work = optarg;
		else if (option == 'n')
			times = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (load_both(&small, &large, optind < argc ? argv[optind] : "bench") < 0)
		return 1;
	return work ? do_one(&small, &large, work, times) : measure_all(&small, &large, seconds);
}
