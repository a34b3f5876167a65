/* The manifest of a backup, as it comes from a stick: an entry is refused, or names a file beside it and nothing
 * else, and one that is written is read again as it was. The first byte: the whole file, or an entry of it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../services/cli/manifest.h"
#include "fuzz.h"

static char folder[64];

static void leave(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", folder, MANIFEST_FILE);
	unlink(path);
	rmdir(folder);
}

static void begin(void)
{
	snprintf(folder, sizeof(folder), "/dev/shm/manifest.XXXXXX"); /* what is written is synced */
	claim(mkdtemp(folder) != NULL);
	atexit(leave);
}

static void check(const struct manifest *m)
{
	claim(m->count <= MANIFEST_FILES);
	for (size_t i = 0; i < m->count; i++) {
		const struct manifest_entry *e = &m->entries[i];

		claim(e->file[0] && e->file[0] != '.' && !strchr(e->file, '/') && manifest_find(m, e->file) == e);
		claim(e->bytes && e->first <= e->last && !strcmp(e->id, m->entries[0].id));
		claim(strlen(e->sha256) == 2 * HJ_HASH_BYTES_256 &&
		        (!e->mac[0] || strlen(e->mac) == MANIFEST_MAC_LEN));
		claim(manifest_check_file(e, folder, NULL, NULL) < 0);
	}
}

static void try_file(const uint8_t *data, size_t n)
{
	struct manifest m = { 0 }, again = { 0 };
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, MANIFEST_FILE);
	f = fopen(path, "we");
	claim(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
	if (manifest_read(folder, &m) < 0)
		return;
	check(&m);
	claim(manifest_write(&m, folder) == 0 && manifest_read(folder, &again) == 0);
	claim(again.count == m.count);
	for (size_t i = 0; i < m.count; i++)
		claim(!strcmp(m.entries[i].text, again.entries[i].text) &&
		        !strcmp(m.entries[i].mac, again.entries[i].mac));
	manifest_done(&again);
	manifest_done(&m);
}

static void try_entries(const uint8_t *data, size_t n)
{
	struct manifest m = { 0 };
	char *text = malloc(n + 1), *line, *rest;

	claim(text != NULL);
	memcpy(text, data, n);
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		(void)manifest_add(&m, line, NULL);
	check(&m);
	manifest_done(&m);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!folder[0])
		begin();
	if (n)
		(data[0] & 1 ? try_entries : try_file)(data + 1, n - 1);
	return 0;
}
