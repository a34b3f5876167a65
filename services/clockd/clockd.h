/* Setting the clock: one struct, made and freed by main(). */
#pragma once

#include "drift.h"
#include "hjgate/conf.h"
#include "hjgate/record.h"
#include "hjgate/report.h"
#include "hjgate/service.h"

#define CLOCK_RIGHT_MS 1000                   /* a platform says whole seconds: closer nobody knows */
#define CLOCK_SLEW_MS  5000                   /* less than that is slewed, in three hours at most; more is a step */
#define CLOCK_KEEP_MS  (3600 * HJ_MS_PER_SEC) /* how old what is kept may be, where each word says the same */
#define CLOCK_IDLE     (10 * HJ_USEC_PER_SEC) /* without work it ends */

struct json_t;
struct clockd {
	sd_event *event;
	const char *root;
	struct hj_conf_main conf;
	struct hj_report *report;
	uint8_t boot_id[HJ_ID_BYTES];
	sd_event_source *idle;
	int rtc_result; /* of the box's own clock, when it was last to be set: an error is said once */

	/* what stored is to be told */
	struct hj_ipc_client *stored; /* NULL: nothing */
	hj_usec vouch_until;          /* mono */
	int64_t vouch_ahead_ms;       /* the wall clock, of BOOTTIME, when the platform set it */
	bool vouch_failed;            /* and that was logged */
	sd_event_source *again;

	/* kept */
	struct drift drift;
	int64_t heard_ms, offset_ms; /* when the platform last said the time, and by how much we were behind */
	char how[12];                /* "" = it never did */
	bool slewing;                /* what is under way was begun here, in this boot */
	struct drift kept;           /* as the file has it; not begun: nothing of this boot */
	char kept_how[12];
};

int clockd_new(struct hj_service *s, struct clockd **ret);
void clockd_free(struct clockd *c);
HJ_DEFINE_CLEANUP(struct clockd *, clockd_free)
void clockd_busy(struct clockd *c);  /* it goes on for a while */
void clockd_vouch(struct clockd *c); /* stored is told that a platform says that the clock is right */

/* keep.c */
void keep_load(struct clockd *c);
/* false: it is none of ours, and changes nothing; j may be NULL. */
bool keep_read(struct clockd *c, struct json_t *j);
void keep_word(struct clockd *c); /* into the file, where it says something new; what fails is logged */

/* api.c */
/* May a platform's word be the date, for a clock that says wall_ms, on a machine whose `long` has so many bytes? */
bool clockd_is_date(int64_t wall_ms, int64_t word_ms, size_t long_bytes);
extern const struct hj_ipc_interface clockd_interface;
