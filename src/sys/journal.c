/* See journal.h. The id is made from the code by a hash, so that the table of events is the only list there is. */
#include "hjgate/journal.h"

#include <errno.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "hjgate/secret.h"
#include "hjgate/text.h"

#define SALT     "hjgate event "
#define TEXT_MAX 1024 /* bytes of what an event says */

int hj_journal_id(const char *code, char ret[HJ_JOURNAL_ID_LEN])
{
	const struct iovec parts[] = { { (void *)SALT, strlen(SALT) }, { (void *)code, strlen(code) } };
	uint8_t hash[HJ_SHA256_BYTES];

	if (hj_sha256(parts, hj_array_size(parts), hash) < 0)
		return -EIO;
	hash[6] = (hash[6] & 0x0f) | 0x80; /* a UUID of version 8: made by a rule of one's own */
	hash[8] = (hash[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < (HJ_JOURNAL_ID_LEN - 1) / 2; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

static char allowed(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

void hj_journal_field(const char *name, char ret[HJ_JOURNAL_FIELD_MAX + 1])
{
	size_t n = (size_t)snprintf(ret, HJ_JOURNAL_FIELD_MAX + 1, "HJ_%s", name);

	for (size_t i = 0; i < n && i < HJ_JOURNAL_FIELD_MAX; i++)
		ret[i] = allowed(ret[i]);
}

void hj_journal_text(const char *text, char *to, size_t size)
{
	char name[HJ_JOURNAL_FIELD_MAX + 1], field[HJ_JOURNAL_FIELD_MAX + 1];
	size_t used = 0;

	while (*text && used + 1 < size) {
		size_t n = *text == '{' ? strcspn(text, "}") : 0;

		if (n > 1 && n <= HJ_JOURNAL_FIELD_MAX && text[n] == '}') {
			snprintf(name, sizeof(name), "%.*s", (int)n - 1, text + 1);
			hj_journal_field(name, field);
			used += (size_t)snprintf(to + used, size - used, "@%s@", field);
			text += n + 1;
		} else {
			to[used++] = *text++;
		}
	}
	to[hj_min(used, size - 1)] = '\0';
}

int hj_journal_entry(const struct hj_event_type *type, char *to, size_t size)
{
	char id[HJ_JOURNAL_ID_LEN], text[TEXT_MAX];
	const char *class = hj_event_class_name(type->class);
	size_t n;

	if (hj_journal_id(type->code, id) < 0)
		return -EIO;
	hj_journal_text(_(type->text), text, sizeof(text));
	n = (size_t)snprintf(to, size,
	        "-- %s\nSubject: %s\nDefined-By: hjgate\nDocumentation: man:hjgate-eventd(8)\n\n", id, text);
	n += (size_t)snprintf(to + hj_min(n, size), size - hj_min(n, size),
	        _("Event %s of class %s. It concerns: %s (@HJ_EVENT_KEY@).\n"), type->code, _(class), _(type->about));
	if (type->spans)
		n += (size_t)snprintf(to + hj_min(n, size), size - hj_min(n, size), "%s\n",
		        _("It has a begin and an end; both are entries of their own."));
	if (type->remedy)
		n += (size_t)snprintf(
		        to + hj_min(n, size), size - hj_min(n, size), _("What to do: %s.\n"), _(type->remedy));
	n += (size_t)snprintf(to + hj_min(n, size), size - hj_min(n, size), "\n");
	return n < size ? 0 : -ENOSPC;
}
