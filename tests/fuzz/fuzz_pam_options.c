/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pam_vsd's arguments, words between NULs: what is not known is named as bad, and
 * whatever stands beside it does not hide it. */
#include "fuzz.h"

#include <string.h>

#include "internal.h"

#define WORDS_MAX 32

static bool is_known(const char *word)
{
	static const char *const known[] = { "debug", "enter=chroot", "enter=credentials",
		"enter=session", "is_vs_user", "try_first_pass", "use_first_pass" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(word, known[i]) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *argv[WORDS_MAX], *bad = NULL;
	struct pv_options o;
	char *text = malloc(size + 1);
	int argc = 0;

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *p = text; p <= text + size && argc < WORDS_MAX; p += strlen(p) + 1) {
		argv[argc++] = p;
		if (!bad && !is_known(p))
			bad = p;
	}
	pv_options_read(argc, argv, &o);
	MUST(o.bad == bad);
	free(text);
	return 0;
}
