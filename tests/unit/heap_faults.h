/* A heap that refuses when it is told to: what this program itself asks for (not the libraries below it), one request
 * at a time. A scenario is run again and again, each time another of its requests is refused, every single one or
 * the first of each place (what called, and what had called that); it has to end with -ENOMEM, or as if nothing had
 * been, and to leave nothing behind in either case.
 *
 * A sanitizer has a heap of its own, so there is nothing to refuse there: heap_each() skips. */
#pragma once

#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define HEAP_PIECES  (1u << 14) /* held at a time, at most half of it */
#define HEAP_AT_MOST 200000u    /* requests of one scenario: beyond that it does not end */
#define HEAP_PLACES  8192u
#define HEAP_DEPTH   7   /* calls that tell a place */
#define HEAP_SPREAD  60u /* requests that are refused where places cannot be told */

static struct {
	uintptr_t held[HEAP_PIECES]; /* pieces that this program has asked for and not freed; 0 = free, 1 = was one */
	size_t count;
	bool watched, struck;
	unsigned left; /* requests until the one that is refused; 0 = none is */
	unsigned requests;
	bool by_place, asked; /* the first of a place that is not among these is; asked: while it is looked who did */
	uint64_t places[HEAP_PLACES];
	unsigned place_count;
	void *calls[HEAP_DEPTH + 2]; /* of the one that was refused last */
	int call_count;
} heap;

#if !defined(__SANITIZE_ADDRESS__)

#define HEAP_REFUSES 1
#define HEAP_CALL    __attribute__((noinline)) /* whose caller is looked at */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);
extern char __executable_start, etext;

static inline bool heap_is_ours(const void *caller)
{
	return heap.watched && (const char *)caller >= &__executable_start && (const char *)caller < &etext;
}

/* Is it a place where nothing was refused yet? Then it is now. */
static inline bool heap_new_place(void)
{
	uint64_t place = 0xcbf29ce484222325ULL;
	int n;

	heap.asked = true;
	n = heap.call_count = backtrace(heap.calls, HEAP_DEPTH + 2);
	heap.asked = false;
	for (int i = 2; i < n; i++)
		place = (place ^ (uintptr_t)heap.calls[i]) * 0x100000001b3ULL;
	for (unsigned i = 0; i < heap.place_count; i++)
		if (heap.places[i] == place)
			return false;
	if (heap.place_count == HEAP_PLACES)
		abort();
	heap.places[heap.place_count++] = place;
	return true;
}

static inline bool heap_refuses(void)
{
	heap.requests += !heap.asked;
	if (heap.by_place ? heap.struck || heap.asked || !heap_new_place() : !heap.left || --heap.left)
		return false;
	heap.struck = true;
	errno = ENOMEM;
	return true;
}

static inline size_t heap_place(uintptr_t of)
{
	return (size_t)((of >> 4) * 0x9E3779B1u) % HEAP_PIECES;
}

static inline void *heap_hold(void *p)
{
	size_t i = heap_place((uintptr_t)p);

	if (!p)
		return p;
	if (heap.count >= HEAP_PIECES / 2)
		abort();
	while (heap.held[i] > 1)
		i = (i + 1) % HEAP_PIECES;
	heap.held[i] = (uintptr_t)p;
	heap.count++;
	return p;
}

static inline void heap_let_go(const void *p)
{
	size_t i = heap_place((uintptr_t)p);

	if (!heap.count || !p)
		return;
	for (; heap.held[i]; i = (i + 1) % HEAP_PIECES)
		if (heap.held[i] == (uintptr_t)p) {
			heap.held[i] = 1;
			heap.count--;
			return;
		}
}

static inline void *heap_resized(void *p, size_t n, bool ours)
{
	void *q;

	if (ours && heap_refuses())
		return NULL;
	q = __libc_realloc(p, n);
	if (!q && n)
		return NULL;
	heap_let_go(p);
	return ours ? heap_hold(q) : q;
}

HEAP_CALL void *malloc(size_t n)
{
	bool ours = heap_is_ours(__builtin_return_address(0));

	if (ours && heap_refuses())
		return NULL;
	return ours ? heap_hold(__libc_malloc(n)) : __libc_malloc(n);
}

HEAP_CALL void *calloc(size_t count, size_t n)
{
	bool ours = heap_is_ours(__builtin_return_address(0));

	if (ours && heap_refuses())
		return NULL;
	return ours ? heap_hold(__libc_calloc(count, n)) : __libc_calloc(count, n);
}

HEAP_CALL void *realloc(void *p, size_t n)
{
	return heap_resized(p, n, heap_is_ours(__builtin_return_address(0)));
}

HEAP_CALL void *reallocarray(void *p, size_t count, size_t n)
{
	if (n && count > SIZE_MAX / n) {
		errno = ENOMEM;
		return NULL;
	}
	return heap_resized(p, count * n, heap_is_ours(__builtin_return_address(0)));
}

HEAP_CALL void free(void *p)
{
	heap_let_go(p);
	__libc_free(p);
}

HEAP_CALL char *strndup(const char *text, size_t most)
{
	bool ours = heap_is_ours(__builtin_return_address(0));
	size_t n = strnlen(text, most);
	char *copy;

	if (ours && heap_refuses())
		return NULL;
	copy = ours ? heap_hold(__libc_malloc(n + 1)) : __libc_malloc(n + 1);
	if (copy) {
		memcpy(copy, text, n);
		copy[n] = '\0';
	}
	return copy;
}

#undef strdup
HEAP_CALL char *strdup(const char *text)
{
	bool ours = heap_is_ours(__builtin_return_address(0));
	size_t n = strlen(text) + 1;
	char *copy;

	if (ours && heap_refuses())
		return NULL;
	copy = ours ? heap_hold(__libc_malloc(n)) : __libc_malloc(n);
	return copy ? memcpy(copy, text, n) : NULL;
}

/* For json_set_alloc_funcs(): what that library asks for is its caller's. Not a jump, so that it counts as ours. */
static inline void *heap_json_malloc(size_t n)
{
	void *p = malloc(n);

	__asm__ volatile("" : "+r"(p));
	return p;
}

static inline void heap_json_free(void *p)
{
	free(p);
	__asm__ volatile("");
}

#else
#define HEAP_REFUSES     0
#define heap_new_place() false
#define heap_json_malloc malloc
#define heap_json_free   free
#endif

/* One run of the scenario in which the next request that is to be refused is: false where there was none left.
 * `told`: what it may answer then, besides what it answers otherwise; 0 = any -errno. */
static inline bool heap_once(int (*scenario)(void *), void *userdata, int told, int good)
{
	size_t before = heap.count;
	int r;

	if (!before)
		memset(heap.held, 0, sizeof(heap.held)); /* of what was one */
	heap.struck = false;
	r = scenario(userdata);
	heap.left = 0;
	if (heap.count == before && (r == good || (heap.struck && (told ? r == told : r < 0))))
		return heap.struck;
	heap.watched = false;
	if (heap.by_place)
		backtrace_symbols_fd(heap.calls, heap.call_count, STDERR_FILENO); /* addr2line knows the lines */
	heap.by_place = false;
	fail_msg("a request was refused (%d): answered %d, %zd pieces more than before", heap.struck, r,
	        (ssize_t)(heap.count - before));
	return false;
}

/* Each request refused once: gives how many there were. */
static inline unsigned heap_each(int (*scenario)(void *), void *userdata)
{
	int good;
	unsigned n = 1;

	if (!HEAP_REFUSES)
		skip();
	good = scenario(userdata); /* what stays for ever, stays from here on */
	heap.watched = true;
	for (heap.left = 1; heap_once(scenario, userdata, -ENOMEM, good); heap.left = ++n)
		assert_true(n < HEAP_AT_MOST);
	heap.watched = false;
	return n - 1;
}

/* Some of all requests refused once, from the first to the last: gives how many there are. */
static inline unsigned heap_each_spread(int (*scenario)(void *), void *userdata, int told, int good)
{
	unsigned all, n = 1;

	heap.requests = 0;
	heap_once(scenario, userdata, told, good);
	all = heap.requests;
	for (heap.left = n; n <= all; heap.left = n += 1 + all / HEAP_SPREAD)
		heap_once(scenario, userdata, told, good);
	heap.left = 0;
	heap.watched = false;
	return all;
}

/* The first of each place refused once, then some of all: what goes well the first time a place is passed may do harm
 * the tenth. Gives how many places there were. What was built without tables for unwinding does not tell who called:
 * then requests are refused here and there only. */
static inline unsigned heap_each_place(int (*scenario)(void *), void *userdata, int told)
{
	int good;

	if (!HEAP_REFUSES)
		skip();
	good = scenario(userdata);
	heap.struck = true; /* what backtrace() needs is loaded before it is counted */
	heap.place_count = 0;
	heap_new_place();
	heap.watched = true;
	if (heap.call_count < HEAP_DEPTH / 2)
		return heap_each_spread(scenario, userdata, told, good);
	heap.by_place = true;
	while (heap_once(scenario, userdata, told, good))
		;
	heap.by_place = false;
	heap_each_spread(scenario, userdata, told, good);
	return heap.place_count;
}
