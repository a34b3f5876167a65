/* The newest events that match, where they are not all in RAM: the ledger is read through, so many rows in a turn of
 * the loop, since a whole one takes longer than others should wait. */
#pragma once

#include "book.h"

struct eventd;
struct search;

struct search *search_new(const struct filter *f, size_t limit); /* NULL: out of memory; the filter is copied */
void search_free(struct search *s);                              /* NULL: nothing */
/* Reads on in the ledger, which is open. 1: there is more to read; 0: it is over, and search_found() is what there
 * is; -errno. What is committed meanwhile is found as well. */
int search_slice(struct search *s, struct eventd *d);
const struct book *search_found(const struct search *s);
