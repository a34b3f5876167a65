/* `hjgate bundle`: what a maintainer far away needs to see, in one file without secrets. A part is a file of it; each
 * is made by itself, bounded in bytes and time, and what does not come says why in the index. */
#pragma once

#include "cli.h"
#include "hjgate/buf.h"
#include "hjgate/conf.h"
#include "progress.h"
#include "writer.h"

#define BUNDLE_MOST      (4u << 20)   /* bytes of all parts together, before they are packed */
#define BUNDLE_PART_MOST (512u << 10) /* of one */
#define BUNDLE_PARTS     512
#define BUNDLE_PART_MS   20000 /* a program that takes longer is ended */
#define BUNDLE_SECRETS   64
#define BUNDLE_WORDS     12
#define BUNDLE_NAME      160

struct bundle_part {
	char name[BUNDLE_NAME]; /* in the bundle: "uplinks/county/frames.json" */
	size_t bytes;
	int64_t took_ms;
	bool cut;      /* there was more */
	char why[160]; /* it is missing, or what was said; "" = all is well */
	bool missing;
};

struct bundle {
	struct cli *cli;
	const char *out, *log;
	char folder[64]; /* where it is put together; "" = not yet */
	char top[64];    /* its one folder, which everything unpacks into */
	char secrets[BUNDLE_SECRETS][HJ_MN_MAX + 1];
	size_t secret_count;
	struct bundle_part parts[BUNDLE_PARTS];
	size_t count, bytes;
	struct cli_progress progress;
	size_t expected; /* parts, about */
};

/* bundle_scrub.c: passwords and keys become stars, in place: in frames, after the names that configuration and logs
 * have for them, in what is told of settings, and wherever one of the secrets stands by itself. */
void bundle_scrub(const char (*secrets)[HJ_MN_MAX + 1], size_t count, char *text, size_t n);

/* bundle_told.c: what a log or an event tells of a setting whose value is nobody's; and an uplink's file, of which
 * only the known settings stay. */
void bundle_scrub_told(char *text, size_t n);
void bundle_scrub_uplink(char *text, size_t n);
bool bundle_hides(const char *file, const char *key, size_t n); /* of FILE, as "uplinks.d/county.conf" */
/* Of a string at p, and of those behind it with nothing but blanks between, which libconfig takes for one: stars
 * between the quotation marks. The bytes that they all take. */
size_t bundle_star_strings(char *p, size_t n);

/* bundle_part.c: each makes one part, or says in it why not. */
void bundle_add(struct bundle *b, const char *name, char *text, size_t n, bool cut);
void bundle_missing(struct bundle *b, const char *name, const char *why);
void bundle_file(
        struct bundle *b, const char *name, const char *path, bool newest);    /* its end, where it is too long */
void bundle_run(struct bundle *b, const char *name, const char *const *words); /* any program */
void bundle_ask(struct bundle *b, const char *name, const char *const *words); /* this one, of the same root */
/* Standard input of nobody, output to fd: the exit status, or -errno. For packing. */
int bundle_run_to(const char *const *words, int fd);

/* bundle_what.c: all of them, in the order of their worth. */
void bundle_gather(struct bundle *b);
