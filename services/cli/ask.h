/* Asking the daemons. What fails is said once, with what to do: which program does not run and how to start it, which
 * group to join. */
#pragma once

#include "cli.h"
#include "hjgate/ipc_client.h"

#define CLI_ANSWER_MS 5000 /* a daemon that takes longer does not answer */

/* Each: 0, or the exit status, said already. socket: "stored.look", "uplinkd@county.change". params are stolen. */
int cli_open(const struct cli *cli, const char *socket, struct hj_ipc_ask *ret);
int cli_ask(const struct cli *cli, const char *socket, const char *method, json_t *params, json_t **ret);

/* Every answer of a stream; fn returns > 0 to stop. timeout_ms -1: waits for ever. */
typedef int (*cli_answer_fn)(json_t *answer, bool continues, void *userdata);
int cli_stream(const struct cli *cli, const char *socket, const char *method, json_t *params, int timeout_ms,
        cli_answer_fn fn, void *userdata);

/* The same without a word: -errno. *ret_pid (may be NULL): who serves, 0 = not known; set also when it does not
 * answer. */
int cli_ask_quiet(const char *root, const char *socket, const char *method, json_t *params, int timeout_ms,
        json_t **ret, int *ret_pid);
int cli_stream_quiet(const char *root, const char *socket, const char *method, json_t *params, int timeout_ms,
        cli_answer_fn fn, void *userdata, json_t **ret_error);

/* Says why `socket` gave r; the exit status. `reply`: the error reply, with -EREMOTEIO. */
int cli_ask_failed(const struct cli *cli, const char *socket, int r, json_t *reply);
/* The error reply in words. */
void cli_error_text(json_t *reply, char *to, size_t size);

/* JSON as it came: a wrong type is as if it were absent. */
int64_t cli_int(json_t *object, const char *key);        /* 0 where absent or null */
uint64_t cli_left_out(json_t *answer);                   /* of hjgate.Store.Query: records that it could not read */
int64_t cli_time(json_t *object, const char *key);       /* ms UTC; 0 where absent or no time that can be shown */
const char *cli_string(json_t *object, const char *key); /* NULL where absent or null */
double cli_number(json_t *value);                        /* NaN where it is none */
/* A copy of the member for the writer; null where absent. */
json_t *cli_member(json_t *object, const char *key);
