/* Log lines go to standard error, which the journal (or `hjgate run`) takes; under systemd each line carries its
 * priority as "<n>". Library code does not log: it returns, and the caller that gives up logs once. A line says what,
 * with whom, why and what happens next. Log lines are English: the journal's catalogue explains them in both
 * languages. */
#pragma once

#include "hjgate/cleanup.h"

enum hj_log_level { HJ_LOG_ERROR = 3, HJ_LOG_WARN = 4, HJ_LOG_NOTICE = 5, HJ_LOG_INFO = 6, HJ_LOG_DEBUG = 7 };

/* `ident` stands before each line on a terminal (not under the journal, which knows it). */
void hj_log_setup(const char *ident, enum hj_log_level most);

void hj_log(enum hj_log_level level, const char *format, ...) _printf_(2, 3);

#define hj_error(...)  hj_log(HJ_LOG_ERROR, __VA_ARGS__)
#define hj_warn(...)   hj_log(HJ_LOG_WARN, __VA_ARGS__)
#define hj_notice(...) hj_log(HJ_LOG_NOTICE, __VA_ARGS__)
#define hj_info(...)   hj_log(HJ_LOG_INFO, __VA_ARGS__)
#define hj_debug(...)  hj_log(HJ_LOG_DEBUG, __VA_ARGS__)

/* Logs "TEXT: strerror(-r)" as an error and returns r, so that one line says it and passes it on. r is negative. */
int hj_log_error(int r, const char *format, ...) _printf_(2, 3);
