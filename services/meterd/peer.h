/* The way to stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "outbox.h"

#include "hjgate/cleanup.h"
#include "hjgate/conf.h"

#define PEER_BOOT_TEXT 33 /* 32 hexadecimal digits and NUL */

struct peer;

/* Offers the samples of `outbox` as those of `bus`; points[i] is what a sample's point i is. Borrows all three. */
int peer_new(sd_event *event, const char *root, const char *bus, const struct hj_conf_point *const *points,
        size_t point_count, struct outbox *outbox, struct peer **ret);
void peer_free(struct peer *p);
HJ_DEFINE_CLEANUP(struct peer *, peer_free)

void peer_kick(struct peer *p);          /* there may be new samples: offer them, if no offer is under way */
void peer_hand_over(struct peer *p);     /* the last of it, blocking, for a process that ends */
void peer_window(struct peer *p);        /* a window ends: say so, without samples if there are none */
int64_t peer_upto(const struct peer *p); /* no sample may be stamped before this any more */
const char *peer_boot(const struct peer *p);
