/* What the numbers of a frame mean, for people: commands (HJ 212-2017 table 9, and those of 2005 and 2025 that are
 * met). */
#include "frame.h"

static const struct {
	int cn;
	const char *about;
} commands[] = {
	{ 1000, N_("time-out and number of resends") },
	{ 1011, N_("read the clock") },
	{ 1012, N_("set the clock") },
	{ 1013, N_("the clock wants to be set") },
	{ 1061, N_("read the real-time interval") },
	{ 1062, N_("set the real-time interval") },
	{ 1063, N_("read the minute interval") },
	{ 1064, N_("set the minute interval") },
	{ 1072, N_("set the password") },
	{ 2011, N_("real-time data") },
	{ 2012, N_("stop real-time data") },
	{ 2021, N_("equipment states") },
	{ 2022, N_("stop equipment states") },
	{ 2031, N_("day data") },
	{ 2041, N_("equipment running times of a day") },
	{ 2051, N_("minute data") },
	{ 2061, N_("hour data") },
	{ 2081, N_("power-on time") },
	{ 3011, N_("calibrate zero and span") },
	{ 3012, N_("take a sample now") },
	{ 3013, N_("clean or blow back") },
	{ 3014, N_("take a comparison sample") },
	{ 3015, N_("keep the sample on overrun") },
	{ 3016, N_("set the sampling period") },
	{ 3017, N_("read the sampling period") },
	{ 3018, N_("read the sampling duration") },
	{ 3019, N_("instrument identity") },
	{ 3020, N_("device information") },
	{ 3021, N_("set a device parameter") },
	{ 9011, N_("answer to a request") },
	{ 9012, N_("result of a request") },
	{ 9013, N_("answer to a notice") },
	{ 9014, N_("answer to data") },
	{ 9015, N_("heartbeat") },
};

const char *frame_cn_about(int cn)
{
	for (size_t i = 0; i < hj_array_size(commands); i++)
		if (commands[i].cn == cn)
			return commands[i].about;
	return NULL;
}

static const struct {
	int code;
	const char *about;
} qn_rtns[] = {
	/* HJ 212-2017 table 7 */
	{ 1, N_("ready") },
	{ 2, N_("refused") },
	{ 3, N_("the password is wrong") },
	{ 4, N_("the MN is wrong") },
	{ 5, N_("the ST is wrong") },
	{ 6, N_("the Flag is wrong") },
	{ 7, N_("the QN is wrong") },
	{ 8, N_("the CN is wrong") },
	{ 9, N_("the CRC is wrong") },
	{ 100, N_("an unknown error") },
};

const char *frame_qn_rtn_about(int code)
{
	for (size_t i = 0; i < hj_array_size(qn_rtns); i++)
		if (qn_rtns[i].code == code)
			return qn_rtns[i].about;
	return NULL;
}
