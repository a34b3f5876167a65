/* A store that keeps one point's minutes, and its file as a test damages it. */
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "stored_world.h"

#define WINDOW_MS 60000LL
#define STEP_MS   20000LL
#define PAGE      1024
#define KEPT_DAYS 4000

static struct stored *s;
static int64_t begin_ms;
static uint64_t number;

static inline int begin_store(const char *name)
{
	s = make_world(name, KEPT_DAYS);
	begin_ms = hj_window_start(hj_now().wall_ms, HJ_MS_PER_DAY) - HJ_MS_PER_DAY;
	number = 0;
	return s ? 0 : -1;
}

static inline int end_store(void)
{
	stored_free(s);
	s = NULL;
	return remove_world();
}

/* Sample n of a total whose register shows n. */
static inline void offer(const char *name)
{
	struct hj_point point = { .interval_ms = STEP_MS, .total = true };
	struct hj_sample sample = { .flag = 'N' };
	struct append a = { .bus = "north", .boot = { 1, 2 }, .points = &point, .samples = &sample };
	uint64_t next;

	snprintf(point.name, sizeof(point.name), "%s", name);
	a.first = ++number;
	sample.time_ms = begin_ms + (int64_t)(number - 1) * STEP_MS;
	sample.value = (double)number;
	a.upto_ms = sample.time_ms + STEP_MS;
	a.point_count = a.sample_count = 1;
	assert_int_equal(intake_append(s, &a, &next), 0);
}

static inline void minutes(int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < WINDOW_MS / STEP_MS; k++)
			offer(name);
		assert_int_equal(commit_now(s), 0);
	}
}

static inline void run_to_end(void)
{
	int64_t until = hj_now().wall_ms + 600000; /* an emulated machine is slow */

	while (s->salvage && hj_now().wall_ms < until)
		sd_event_run(loop, 50000);
	assert_null(s->salvage);
}

static inline uint64_t owed_of(const char *name)
{
	struct uplink *u = owed_find(s, name);

	return u ? hj_seqset_total(&u->owed) : 0;
}

static inline void write_at(off_t at, const void *bytes, size_t n)
{
	char path[256];
	int fd;

	path_of("var/lib/hjgate/records.db", path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
	close(fd);
}

static inline off_t file_size(void)
{
	struct stat st;
	char path[256];

	path_of("var/lib/hjgate/records.db", path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}
