/* Linked into every program that the sanitizers watch: gcc's runtime for undefined behaviour, beside the one for
 * addresses, knows standard error only, where a daemon's report is lost among its log. It is told the file that
 * HJ_UNDEFINED_LOG names. */
#include <dlfcn.h>
#include <stdlib.h>

__attribute__((constructor)) static void into_a_file(void)
{
	const char *path = getenv("HJ_UNDEFINED_LOG");
	void *runtime = path ? dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD) : NULL;
	void (*set)(const char *) = runtime ? (void (*)(const char *))dlsym(runtime, "__sanitizer_set_report_path") : NULL;

	if (set)
		set(path);
}
