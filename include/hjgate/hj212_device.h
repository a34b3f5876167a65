/* What CN 3019 and 3020 say of devices (HJ 212-2017 C.39 to C.46): serial numbers and pieces of information, as the
 * CP of an answer. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HJ212_SN_MAX 24 /* characters: f-SN is C24 */
#define HJ212_SN_GATEWAY                                                                                             \
	"i20000" /* stands for f of the gateway's own: i2 is the logger, 6.4.2; it has no code there */

/* A serial number as f-SN can say it: of a text's letters, digits, '-', '.' and '_' the last HJ212_SN_MAX. "" where
 * it has none. */
void hj212_sn_format(const char *serial, char ret[HJ212_SN_MAX + 1]);

/* "PolId=ea0101;ea0101-SN=..."; pol "" is the gateway: "i20000-SN=...". The length, or -EMSGSIZE. */
int hj212_sn_cp(const char *pol, const char *sn, char *to, size_t size);

/* "DataTime=...;[PolId=...;]i22001-Info=0". The length, or -EMSGSIZE. */
int hj212_info_cp(int64_t time_ms, const char *pol, const char *info, const char *value, char *to, size_t size);

/* What is known of this code beside the values of points: states of the gateway and of its links. */
enum hj212_info {
	HJ212_INFO_UNKNOWN,
	HJ212_INFO_MIN_INTERVAL, /* i13003: of what is reported, minutes */
	HJ212_INFO_WORK,         /* i22001: enum hj212_work */
	HJ212_INFO_USER,         /* i22002: 0 nobody in particular, 2 a maintainer */
	HJ212_INFO_PLATFORM,     /* i22003: the link to the platform: 0 good, 1 bad */
	HJ212_INFO_CHANNEL,      /* i22101: the links to meters: 0 good, 1 bad, 2 there is none */
	HJ212_INFO_METER         /* i12002: that to one meter: 0 good, 1 bad */
};
enum hj212_work { HJ212_WORK_RUNS, HJ212_WORK_STOPPED, HJ212_WORK_FAULT, HJ212_WORK_MAINTAINED };
enum hj212_info hj212_info_find(const char *code);
