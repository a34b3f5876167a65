/* One configuration file: read whole by ourselves (a folder, a pipe or a huge file must not reach libconfig's
 * scanner, which ends the process on a read error), parsed, its format checked. It may @include plain files of its
 * own folder, which may not include further. Nothing is kept after conf_file_done(). */
#include "conf_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hjgate/fnv.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* which editors of Windows put before UTF-8 */

int conf_path(const char *root, const char *folder, const char *name, char ret[HJ_PATH_MAX])
{
	char rest[HJ_PATH_MAX];

	if (snprintf(rest, sizeof(rest), "%s%s%s", folder, *folder && *name ? "/" : "", name) >= (int)sizeof(rest))
		return -ENAMETOOLONG;
	return hj_path(root, HJ_DIR_ETC, rest, ret);
}

static int read_all(int fd, char *to, size_t size, size_t *ret_n)
{
	size_t n = 0;

	while (n < size) {
		ssize_t r = read(fd, to + n, size - n);

		if (r < 0)
			return -errno;
		if (!r)
			break;
		n += (size_t)r;
	}
	*ret_n = n;
	return 0;
}

/* -EISDIR stands for everything that is no plain file. The caller frees. */
static int slurp(const char *path, char **ret, size_t *ret_n)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t n = 0;
	int r;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EISDIR;
	if (st.st_size > CONF_FILE_BYTES_MAX)
		return -EFBIG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	r = read_all(fd, text, (size_t)st.st_size, &n);
	if (r < 0)
		return r;
	text[n] = '\0';
	*ret = hj_steal(text);
	*ret_n = n;
	return 0;
}

static void refuse_read(struct conf_file *f, const char *path, int r)
{
	struct hj_conf_error *e;

	if (r == -EISDIR) {
		e = conf_error_at(f->errors, path, 0, _("this is no plain file"));
		conf_remedy(e, _("move it away, or put a text file in its place"));
	} else if (r == -EFBIG) {
		e = conf_error_at(f->errors, path, 0, _("the file is larger than %d KiB"), CONF_FILE_BYTES_MAX >> 10);
		conf_remedy(e, _("move it away: a configuration is never that large"));
	} else {
		e = conf_error_at(f->errors, path, 0, _("the file cannot be read: %s"), strerror(-r));
		conf_remedy(e, _("check that it exists and that the group hjgate may read it and its folder"));
	}
}

/* The line an @include stands in, cut to the name between its quotes; NULL where the line includes nothing. */
static const char *include_name(const char *line, size_t n, char ret[64])
{
	size_t blanks = strspn(line, " \t"), len;
	const char *p = line + blanks;

	if (strncmp(p, "@include", 8) != 0)
		return NULL;
	p = memchr(p, '"', n - blanks);
	len = p ? strcspn(++p, "\"\n") : 0;
	if (len >= 64)
		len = 0; /* too long: refused as no name */
	snprintf(ret, 64, "%.*s", (int)len, p ? p : "");
	return ret;
}

/* Whoever gets its values, the store and platforms, takes nothing else. */
static int check_utf8(struct conf_file *f, const char *path, const char *text)
{
	int line = conf_not_utf8(text);

	if (!line)
		return 0;
	conf_remedy(conf_error_at(f->errors, path, line, _("this is not UTF-8")),
	        _("save the file as UTF-8 (many editors of Chinese Windows save GBK)"));
	return -EINVAL;
}

static int check_includes(struct conf_file *f, const char *path, const char *text, bool top);

static int check_include(struct conf_file *f, const char *path, int line, const char *name, bool top)
{
	_cleanup_free_ char *text = NULL;
	struct hj_conf_error *e;
	char full[320];
	size_t n;
	int r;

	if (!top || !f->folder[0] || !*name || *name == '.' || strpbrk(name, "/\\")) {
		e = conf_error_at(f->errors, path, line, _("\"%s\" cannot be included here"), name);
		conf_remedy(e, _("include plain files of the same folder only, and from the main file only"));
		return -EINVAL;
	}
	snprintf(full, sizeof(full), "%s/%s", f->folder, name);
	r = slurp(full, &text, &n);
	if (r < 0) {
		e = conf_error_at(f->errors, path, line, _("\"%s\" cannot be included: %s"), name, strerror(-r));
		conf_remedy(e, _("check that it exists and that the group hjgate may read it and its folder"));
		return -EINVAL;
	}
	f->digest = hj_fnv(f->digest, text, n);
	r = check_utf8(f, full, text);
	return r < 0 ? r : check_includes(f, full, text, false);
}

static int check_includes(struct conf_file *f, const char *path, const char *text, bool top)
{
	int line = 1, r;

	for (const char *p = text; *p; line++) {
		size_t n = strcspn(p, "\n");
		char name[64];

		if (include_name(p, n, name)) {
			r = check_include(f, path, line, name, top);
			if (r < 0)
				return r;
		}
		p += n + (p[n] == '\n');
	}
	return 0;
}

static const char *syntax_remedy(const char *text)
{
	if (strstr(text, "duplicate"))
		return _("remove or rename one of the two");
	return _("look here and at the line before: each setting is KEY = VALUE; with the semicolon, texts in "
	         "\"quotes\", "
	         "every { and ( closed");
}

/* Of the file or of one that it includes, where libconfig could not go on. */
static void refuse_syntax(struct conf_file *f, const char *text)
{
	const char *why = config_error_text(&f->config), *included = config_error_file(&f->config);
	int line = config_error_line(&f->config);
	_cleanup_free_ char *other = NULL;
	struct conf_syntax s = { 0 };
	struct hj_conf_error *e;
	char file[HJ_PATH_MAX];
	size_t n;

	why = why ? why : "?";
	conf_source(f, included, file);
	if (!strstr(why, "duplicate") && (!included || slurp(file, &other, &n) == 0))
		conf_syntax_look(included ? other : text, line, &s);
	if (s.text_begin) {
		e = conf_error_at(f->errors, file, s.text_begin,
		        _("syntax error: a text begins on this line and ends on line %d only"), s.text_end);
		conf_remedy(e, _("close the text with a \" on its own line"));
	} else if (s.character) {
		e = conf_error_at(f->errors, file, line,
		        _("syntax error: the character U+%04X stands outside of quotes"), s.character);
		conf_remedy(e, _("a full-width or no-break character: type it anew in ASCII"));
	} else {
		e = conf_error_at(f->errors, file, line, "%s", _(why));
		conf_remedy(e, "%s", syntax_remedy(why));
	}
}

static int check_format(struct conf_file *f)
{
	const config_setting_t *root = config_root_setting(&f->config);
	const config_setting_t *s = config_setting_get_member(root, "format");
	struct hj_conf_error *e;
	char value[CONF_VALUE_LEN];

	if (!s) {
		e = conf_error(f, NULL, _("format is missing: it says for which version of hjgate the file is"));
		conf_remedy(e, _("write format = %d; as the first line"), HJ_CONF_FORMAT);
		return -EINVAL;
	}
	if (config_setting_type(s) == CONFIG_TYPE_INT && config_setting_get_int(s) == HJ_CONF_FORMAT)
		return 0;
	if (config_setting_type(s) == CONFIG_TYPE_INT && config_setting_get_int(s) > HJ_CONF_FORMAT) {
		e = conf_error(f, s, _("format = %s is newer than this hjgate knows (%d)"), conf_value(s, value),
		        HJ_CONF_FORMAT);
		conf_remedy(e, _("install the hjgate that the file was written for, or write the file for format %d"),
		        HJ_CONF_FORMAT);
	} else {
		e = conf_error(f, s, _("format = %s does not exist"), conf_value(s, value));
		conf_remedy(e, _("write format = %d;"), HJ_CONF_FORMAT);
	}
	return -EINVAL;
}

/* That it is a text, and so is what it includes. *ret: behind what an editor puts before it. */
static int look_through(struct conf_file *f, const char *text, size_t n, const char **ret)
{
	struct hj_conf_error *e;
	int r;

	f->digest = hj_fnv(HJ_FNV_BEGIN, text, n);
	if (strlen(text) != n) {
		e = conf_error(f, NULL, _("the file holds a NUL byte: it is no text"));
		conf_remedy(e, _("write it again in an editor"));
		return -EINVAL;
	}
	if (!strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
		text += strlen(BYTE_ORDER_MARK);
	r = check_utf8(f, f->path, text);
	*ret = text;
	return r < 0 ? r : check_includes(f, f->path, text, true);
}

int conf_file_parse(struct conf_file *f, const char *text, size_t n, struct hj_conf_errors *errors)
{
	int r;

	f->errors = errors;
	r = look_through(f, text, n, &text);
	if (r < 0)
		return r;
	config_init(&f->config);
	f->open = true;
	if (f->folder[0])
		config_set_include_dir(&f->config, f->folder);
	if (!config_read_string(&f->config, text)) {
		refuse_syntax(f, text);
		return -EINVAL;
	}
	return check_format(f);
}

/* The caller frees. */
static int read_text(struct conf_file *f, const char *root, const char *folder_path, const char *name,
        struct hj_conf_errors *errors, char **ret, size_t *ret_n)
{
	int r;

	*f = (struct conf_file){ .errors = errors, .root = root ? root : "", .below_root = root && *root };
	hj_text_copy(f->folder, sizeof(f->folder), folder_path);
	if (snprintf(f->path, sizeof(f->path), "%s/%s", folder_path, name) >= (int)sizeof(f->path)) {
		refuse_read(f, name, -ENAMETOOLONG);
		return -EINVAL;
	}
	r = slurp(f->path, ret, ret_n);
	if (r == 0 || r == -ENOENT)
		return r;
	refuse_read(f, f->path, r);
	return -EINVAL;
}

int conf_file_open_at(struct conf_file *f, const char *root, const char *folder_path, const char *name,
        struct hj_conf_errors *errors)
{
	_cleanup_free_ char *text = NULL;
	size_t n;
	int r = read_text(f, root, folder_path, name, errors, &text, &n);

	if (r == 0)
		r = conf_file_parse(f, text, n, errors);
	else if (r != -ENOENT)
		return r;
	conf_seen_file(f, f->digest);
	return r;
}

int conf_file_open(
        struct conf_file *f, const char *root, const char *folder, const char *name, struct hj_conf_errors *errors)
{
	char path[HJ_PATH_MAX];
	int r = conf_path(root, folder, "", path);

	if (r < 0) {
		*f = (struct conf_file){ .errors = errors };
		refuse_read(f, name, r);
		return -EINVAL;
	}
	return conf_file_open_at(f, root, path, name, errors);
}

int conf_file_digest(const char *root, const char *folder, const char *name, uint64_t *ret)
{
	_cleanup_(hj_conf_errors_done) struct hj_conf_errors ignored = { 0 };
	_cleanup_free_ char *text = NULL;
	char path[HJ_PATH_MAX];
	struct conf_file f;
	const char *inside;
	size_t n;
	int r = conf_path(root, folder, "", path);

	r = r < 0 ? r : read_text(&f, root, path, name, &ignored, &text, &n);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0)
		look_through(&f, text, n, &inside);
	*ret = f.digest;
	return 0;
}

int conf_instance_open(
        struct conf_file *f, const char *root, const char *folder, const char *name, struct hj_conf_errors *errors)
{
	struct hj_conf_error *e;
	char file[160];

	if (!hj_name_valid(name)) {
		*f = (struct conf_file){ .errors = errors };
		snprintf(file, sizeof(file), "%s/%s.conf", folder, name);
		e = conf_error_at(errors, file, 0, _("the name of this file cannot name a program"));
		conf_remedy(e, _("rename it: 1 to 31 of a-z, 0-9 and -, then .conf"));
		return -EINVAL;
	}
	snprintf(file, sizeof(file), "%s.conf", name);
	return conf_file_open(f, root, folder, file, errors);
}

void conf_file_done(struct conf_file *f)
{
	if (f->open)
		config_destroy(&f->config);
	f->open = false;
}
