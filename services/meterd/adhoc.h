/* A meterd for one command: no configuration, no store, no turns of its own. */
#pragma once

#include "meterd.h"

int adhoc_new(sd_event *event, const char *root, struct meterd **ret);
/* Takes another bus in the place of the one there is; opens it. *conf needs no meters. -errno. */
int adhoc_reopen(struct meterd *m, const struct hj_conf_bus *conf);
/* For what eventd should know: made at the first need, since most commands change nothing. */
struct hj_report *adhoc_report(struct meterd *m);
