/* The data Flag of HJ 212-2017 table 8, as the character that goes over the wire. */
#pragma once

#include <stdbool.h>

enum hj_flag {
	HJ_FLAG_NORMAL = 'N',
	HJ_FLAG_STOPPED = 'F',
	HJ_FLAG_MAINTAIN = 'M',
	HJ_FLAG_MANUAL = 'S',
	HJ_FLAG_FAULT = 'D',
	HJ_FLAG_CALIBRATE = 'C',
	HJ_FLAG_OVER = 'T',
	HJ_FLAG_LINK = 'B', /* no answer from the meter: no value goes with it, never a stale one */
};

#define HJ_FLAGS        8
#define HJ_FLAG_LETTERS "NFMSDCTB" /* in that order */
bool hj_flag_valid(char flag);
