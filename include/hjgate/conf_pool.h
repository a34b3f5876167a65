/* Texts and structs of a configuration that others only point to. */
#pragma once

/* What many points have in common is kept once: equal bytes at one address. Freed with the bus. */
struct hj_conf_pool {
	struct conf_kept *first;
	struct conf_texts *texts;
};
