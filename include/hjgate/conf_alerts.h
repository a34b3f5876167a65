/* alerts.conf: who is told what. Without the file, or without a channel in it, nobody is told anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hjgate/event.h"
#include "hjgate/text.h"

#define HJ_ALERT_CHANNELS_MAX 16
#define HJ_ALERT_PATTERNS_MAX 16   /* of codes, and of keys */
#define HJ_ALERT_PATTERN_MAX  95   /* bytes */
#define HJ_ALERT_AT_MAX       20   /* telephone numbers that a robot calls by name */
#define HJ_ALERT_URL_MAX      511  /* bytes */
#define HJ_ALERT_PATH_MAX     127  /* bytes */
#define HJ_ALERT_TEMPLATE_MAX 2047 /* bytes */

enum hj_channel_kind { HJ_CHANNEL_DINGTALK, HJ_CHANNEL_WEBHOOK };

struct hj_alert_patterns {
	size_t count;
	char list[HJ_ALERT_PATTERNS_MAX][HJ_ALERT_PATTERN_MAX + 1];
};
struct hj_conf_channel {
	char name[HJ_NAME_MAX + 1];
	enum hj_channel_kind kind;
	char url[HJ_ALERT_URL_MAX + 1]; /* https only */
	/* Files that hold them; "" = none. A robot's access token and signing secret; what a
	 * webhook wants as its header Authorization. */
	char token[HJ_ALERT_PATH_MAX + 1], secret[HJ_ALERT_PATH_MAX + 1], authorization[HJ_ALERT_PATH_MAX + 1];
	char ca[HJ_ALERT_PATH_MAX + 1]; /* PEM; "" = whom the system trusts */
	char proxy[HJ_ALERT_URL_MAX + 1];
	char keyword[64]; /* of the robot: in each of its messages */
	size_t at_count;
	char at[HJ_ALERT_AT_MAX][16];
	bool at_all;
	char template[HJ_ALERT_TEMPLATE_MAX + 1], content_type[64];
	/* What it wants. */
	enum hj_event_class class;                       /* this and worse */
	struct hj_alert_patterns codes, not_codes, keys; /* none: all */
	bool ends;
	/* How. */
	int64_t rate;    /* messages a minute; 0 = no limit */
	int64_t timeout; /* s, of one message */
	int64_t hold;    /* h: what is older by then is given up */
	int line;
};
struct hj_conf_alerts {
	bool dry_run;
	int64_t quiet;    /* min: the same alert is told again only after these */
	int64_t repeat;   /* h: one that is still there is told again; 0 = never */
	int64_t language; /* enum hj_language */
	char site[64];
	int64_t test_wait, test_idle; /* s, in place of each wait above them; ms; only below a root */
	struct hj_conf_channel *channels;
	size_t channel_count;
	char file[256];
};

struct hj_conf_errors;
/* 0, also without the file; -EINVAL with every error added; -ENOMEM. */
int hj_conf_load_alerts(const char *root, struct hj_conf_alerts *ret, struct hj_conf_errors *errors);
void hj_conf_alerts_done(struct hj_conf_alerts *c);
const char *hj_channel_kind_name(enum hj_channel_kind kind);
