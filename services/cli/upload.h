/* What a platform was told of one record: its receipt, and the frames, as they went while the uplink keeps them, and
 * after that made again from the record. For `hjgate trace` and `hjgate proof`. */
#pragma once

#include "ask.h"
#include "hjgate/conf.h"
#include "hjgate/hj212_frame.h"
#include "hjgate/record_json.h"

enum upload_state { UPLOAD_WAITS, UPLOAD_ACKNOWLEDGED, UPLOAD_PASSED, UPLOAD_NEITHER };

struct upload_frame {
	char *text;       /* without CR LF, PW masked. Where the QN is not known it and the CRC are question marks */
	char *answer;     /* the 9014; NULL: not kept any more */
	int64_t qn_ms;    /* 0: not known */
	int64_t sent_ms;  /* of a frame that is kept; 0 = not known */
	int64_t after_ms; /* its 9014 came after; -1 = not known */
	bool kept;        /* as it went; else made again */
	bool differs;     /* as it went it was another than would be made now */
};

struct upload {
	const struct hj_conf_uplink *conf;
	enum upload_state state;
	struct hj_receipt receipt;
	uint64_t receipt_seq; /* of the record that holds it; 0 = it is in none yet */
	struct upload_frame *frames;
	unsigned frame_count; /* packets that are made of the record today; receipt.packets is what they were */
};

void upload_done(struct upload *u); /* the frames */

/* How each of `list` stands with this record. 0, or the exit status, said already. */
int upload_find_receipts(const struct cli *cli, const struct hj_head *head, struct upload *list, size_t count);

/* The words of this uplink, and which points they are for; cli_phrase_done() ends them in any case. -errno. */
struct cli_phrase;
int upload_make_words(const struct hj_conf *conf, const struct hj_conf_uplink *uplink,
        const struct hj_dictionary *points, struct cli_phrase *words);

/* The frames of an upload that was acknowledged, by receipt and ring. What was folded into one upload with others is
 * not made again: its numbers are not those of this record; then there are none. -errno. */
int upload_rebuild(
        const struct cli *cli, const struct cli_phrase *words, const struct hj_record *record, struct upload *u);
