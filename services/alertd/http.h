/* Requests on the loop: libcurl's multi interface, driven by sd-event. HTTPS only, no redirects, bounded in time and
 * in what is kept of an answer. */
#pragma once

#include <systemd/sd-event.h>

#include "hjgate/buf.h"
#include "verdict.h"

#define HTTP_ANSWER_MAX 4096 /* bytes of an answer that are read; what says more is not listened to */

struct http;
struct http_request;

struct http_ask {
	const char *url, *content_type, *authorization; /* authorization NULL: none */
	const char *ca, *proxy;                         /* "" = the system's; none */
	const void *body;
	size_t n;
	int64_t timeout_s;
};
/* Called once, from the loop. What is in the result is gone afterwards. */
typedef void (*http_fn)(const struct http_result *result, void *userdata);

int http_new(sd_event *event, struct http **ret);
void http_free(struct http *h); /* and its requests, which call nothing any more */
/* The url and the headers are wiped when it is over: they may hold secrets. -errno: it was not even begun. */
int http_post(struct http *h, const struct http_ask *ask, http_fn fn, void *userdata, struct http_request **ret);
void http_cancel(struct http_request *q); /* nothing is called any more; NULL is allowed */
