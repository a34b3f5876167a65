/* See http.h. libcurl says which sockets it waits for and until when; sd-event waits. The environment's proxies are
 * not used: what alertd does is said in its configuration alone. */
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "hjgate/clock.h"
#include "hjgate/secret.h"

#define CONNECTIONS_MAX 4L /* kept open for the next message */

struct http {
	sd_event *event;
	CURLM *multi;
	sd_event_source *timer;
	sd_event_source *look; /* a request may be over: taken up in a turn of its own */
	struct http_request *requests;
};

struct http_request {
	struct http *h;
	struct http_request *next;
	CURL *easy;
	struct curl_slist *headers;
	struct hj_buf body, answer;
	char *url, error[CURL_ERROR_SIZE];
	http_fn fn;
	void *userdata;
};

/* ---- what is over ---- */

static void wipe_text(char *text)
{
	if (text)
		hj_wipe(text, strlen(text));
}

static void request_free(struct http_request *q)
{
	struct http_request **at = &q->h->requests;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	curl_multi_remove_handle(q->h->multi, q->easy);
	curl_easy_cleanup(q->easy);
	for (struct curl_slist *s = q->headers; s; s = s->next)
		wipe_text(s->data);
	curl_slist_free_all(q->headers);
	wipe_text(q->url);
	free(q->url);
	hj_buf_done(&q->body);
	hj_buf_done(&q->answer);
	free(q);
}

void http_cancel(struct http_request *q)
{
	if (q)
		request_free(q);
}

static void finish(struct http_request *q, CURLcode code)
{
	struct http_result r = { .curl = (int)code, .body = q->answer.data, .n = q->answer.len, .error = q->error };
	curl_off_t after = 0;

	if (code == CURLE_WRITE_ERROR && q->answer.len == HTTP_ANSWER_MAX)
		r.curl = CURLE_OK; /* it has been heard for long enough */
	curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &r.status);
	if (curl_easy_getinfo(q->easy, CURLINFO_RETRY_AFTER, &after) == CURLE_OK)
		r.retry_after_s = after;
	q->fn(&r, q->userdata);
	request_free(q);
}

/* What is called may begin the next request: each turn of this loop asks libcurl anew. */
static int on_look(sd_event_source *source, void *userdata)
{
	struct http *h = userdata;
	struct CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct http_request *q = NULL;

		if (m->msg == CURLMSG_DONE &&
		        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&q) == CURLE_OK)
			finish(q, m->data.result);
	}
	return 0;
}

static void look(struct http *h)
{
	sd_event_source_set_enabled(h->look, SD_EVENT_ONESHOT);
}

/* ---- sockets and the timer ---- */

static int on_socket_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct http *h = userdata;
	int what = 0, running;

	what |= revents & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0;
	what |= revents & EPOLLOUT ? CURL_CSELECT_OUT : 0;
	what |= revents & EPOLLERR ? CURL_CSELECT_ERR : 0;
	curl_multi_socket_action(h->multi, fd, what, &running);
	look(h);
	return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *at)
{
	struct http *h = userdata;
	sd_event_source *source = at;
	uint32_t mask = 0;
	int r;

	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	mask |= what & CURL_POLL_IN ? EPOLLIN : 0;
	mask |= what & CURL_POLL_OUT ? EPOLLOUT : 0;
	if (source)
		return sd_event_source_set_io_events(source, mask) < 0 ? -1 : 0;
	r = sd_event_add_io(h->event, &source, fd, mask, on_socket_ready, h);
	if (r < 0)
		return -1;
	curl_multi_assign(h->multi, fd, source);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct http *h = userdata;
	int running;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look(h);
	return 0;
}

static int on_timer_wish(CURLM *multi, long ms, void *userdata)
{
	struct http *h = userdata;

	if (ms < 0)
		return sd_event_source_set_enabled(h->timer, SD_EVENT_OFF) < 0 ? -1 : 0;
	if (sd_event_source_set_time_relative(h->timer, (uint64_t)ms * HJ_USEC_PER_MS) < 0)
		return -1;
	return sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

int http_new(sd_event *event, struct http **ret)
{
	struct http *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->event = sd_event_ref(event);
	h->multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
	r = h->multi ? sd_event_add_time(event, &h->timer, CLOCK_MONOTONIC, 0, HJ_USEC_PER_MS, on_time, h) : -ENOMEM;
	if (r >= 0)
		r = sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &h->look, on_look, h);
	if (r < 0) {
		http_free(h);
		return r;
	}
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
	*ret = h;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	while (h->requests)
		request_free(h->requests);
	if (h->multi)
		curl_multi_cleanup(h->multi);
	sd_event_source_disable_unref(h->timer);
	sd_event_source_disable_unref(h->look);
	sd_event_unref(h->event);
	free(h);
	curl_global_cleanup();
}

/* ---- one request ---- */

static size_t on_answer(char *data, size_t size, size_t n, void *userdata)
{
	struct http_request *q = userdata;
	size_t room = HTTP_ANSWER_MAX - q->answer.len;

	hj_buf_put(&q->answer, data, n < room ? n : room);
	return n <= room ? n : 0;
}

static int set_headers(struct http_request *q, const struct http_ask *ask)
{
	_cleanup_(hj_buf_done) struct hj_buf line = { 0 };
	struct curl_slist *s;
	int r = hj_buf_printf(&line, "Content-Type: %s", ask->content_type);

	q->headers = r < 0 ? NULL : curl_slist_append(NULL, line.data);
	if (!q->headers)
		return -ENOMEM;
	if (!ask->authorization)
		return 0;
	line.len = 0;
	r = hj_buf_printf(&line, "Authorization: %s", ask->authorization);
	s = r < 0 ? NULL : curl_slist_append(q->headers, line.data);
	if (line.data)
		hj_wipe(line.data, line.size);
	return s ? 0 : -ENOMEM;
}

static void set_options(struct http_request *q, const struct http_ask *ask)
{
	CURL *e = q->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, q);
	curl_easy_setopt(e, CURLOPT_URL, q->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT, (long)ask->timeout_s);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)ask->timeout_s);
	curl_easy_setopt(e, CURLOPT_PROXY, ask->proxy);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (*ask->ca) {
		curl_easy_setopt(e, CURLOPT_CAINFO, ask->ca);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(e, CURLOPT_USERAGENT, "hjgate/" HJ_VERSION);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, q->headers);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, q->body.data);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)q->body.len);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, q);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, q->error);
}

int http_post(struct http *h, const struct http_ask *ask, http_fn fn, void *userdata, struct http_request **ret)
{
	struct http_request *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	*q = (struct http_request){
		.h = h, .next = h->requests, .fn = fn, .userdata = userdata, .easy = curl_easy_init()
	};
	h->requests = q;
	q->url = strdup(ask->url);
	r = q->easy && q->url ? hj_buf_put(&q->body, ask->body, ask->n) : -ENOMEM;
	if (r >= 0)
		r = set_headers(q, ask);
	if (r >= 0)
		set_options(q, ask);
	if (r >= 0 && curl_multi_add_handle(h->multi, q->easy) != CURLM_OK)
		r = -EIO;
	if (r < 0) {
		request_free(q);
		return r;
	}
	*ret = q;
	return 0;
}
