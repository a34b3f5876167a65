/* Fields of a data area, in and out; see hj212_message.h. The iterator hands out slices of the caller's bytes and
 * never fails: what is no name=value is passed over or handed out as a value without a name. */
#include "hjgate/hj212_message.h"
#include "scan.h"

#include <errno.h>
#include <string.h>

static inline bool is_blank(char c)
{
	return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* What may stand between two fields; most bytes are none of it by one look. */
static inline bool is_between(char c)
{
	return c <= ';' && (c == ';' || c == ',' || is_blank(c));
}

void hj212_fields_init(struct hj212_fields *f, struct hj212_slice area)
{
	/* An absent area has no address to add to. */
	*f = (struct hj212_fields){ .p = area.p, .end = area.n ? area.p + area.n : area.p };
}

/* p is at no blank. */
static inline struct hj212_slice trimmed(const char *p, const char *end)
{
	while (end > p && is_blank(end[-1]))
		end--;
	return (struct hj212_slice){ p, (size_t)(end - p) };
}

/* Where the value at p ends: text between "//" and "//" may hold separators. */
static const char *value_end(const char *p, const char *end)
{
	const char *close;

	if (end - p >= 4 && p[0] == '/' && p[1] == '/') {
		close = memmem(p + 2, (size_t)(end - p - 2), "//", 2);
		if (close)
			p = close + 2;
	}
	return hj212_find_separator(p, end, ';');
}

int hj212_fields_next(struct hj212_fields *f, struct hj212_field *ret)
{
	const char *p = f->p, *end = f->end, *name, *q;

	for (; p < end && is_between(*p); p++)
		if (*p == ';' && f->before)
			f->before = ';';
	if (p == end) {
		f->p = p;
		return 0;
	}
	if (f->before == ';')
		f->item++;
	name = p;
	if (end - p < 2 || p[0] != '/' || p[1] != '/')
		p = hj212_find_separator(p, end, '=');
	if (p < end && *p == '=' && p > name) {
		ret->name = trimmed(name, p++);
		while (p < end && is_blank(*p))
			p++;
	} else {
		ret->name = (struct hj212_slice){ name, 0 };
		p = name;
	}
	q = value_end(p, end);
	ret->value = trimmed(p, q);
	ret->item = f->item;
	f->before = q < end ? *q : '\0';
	f->p = q < end ? q + 1 : q;
	return 1;
}

int hj212_area_put(struct hj212_area *a, const struct hj212_field *field)
{
	const struct hj212_slice name = field->name, value = field->value;
	char *p = a->p + a->n;

	if (!!a->n + name.n + !!name.n + value.n > a->size - a->n)
		return -EMSGSIZE;
	if (a->n)
		*p++ = field->item == a->item ? ',' : ';';
	if (name.n) {
		memcpy(p, name.p, name.n);
		p += name.n;
		*p++ = '=';
	}
	if (value.n)
		memcpy(p, value.p, value.n);
	a->n = (size_t)(p - a->p) + value.n;
	a->item = field->item;
	return 0;
}
