/* What `hjgate apply` and `hjgate run` say to each other: one message there and one back, on a SOCK_SEQPACKET socket
 * that only the owner can reach.
 *
 * 	look			ok, then a line a program: NAME STATE PID DEATHS HOW (how it died last, - = not yet)
 * 	start NAME		ok, or "no WHY"; likewise stop, restart. NAME: stored, meterd@north ...
 */
#pragma once

#define RUN_CONTROL      "run.control" /* below /run/hjgate */
#define RUN_CONTROL_MAX  8192          /* bytes of a message: of all programs there may be */
#define RUN_CONTROL_LINE 256

/* A program's STATE, in the order of enum run_state and enum apply_life. */
#define RUN_CONTROL_STATES                                                                                           \
	{                                                                                                            \
		"down", "starting", "up", "stopping"                                                                 \
	}
