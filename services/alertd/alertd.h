/* Telling people: one struct, made and freed by main(). */
#pragma once

#include "hjgate/cleanup.h"
#include "hjgate/service.h"

struct alertd {
	sd_event *event;
	const char *root;
};

int alertd_new(struct hj_service *s, struct alertd **ret);
void alertd_free(struct alertd *a);
HJ_DEFINE_CLEANUP(struct alertd *, alertd_free)

/* api.c */
extern const struct hj_ipc_interface alertd_interface;
