/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "internal.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *word;
	size_t field; /* a bool of struct pv_options */
	bool value;
} words[] = {
	{ "debug", offsetof(struct pv_options, debug), true },
	{ "enter=chroot", offsetof(struct pv_options, enter_chroot), true },
	{ "enter=credentials", offsetof(struct pv_options, enter_credentials), true },
	{ "enter=session", offsetof(struct pv_options, enter_credentials), false },
	{ "is_vs_user", offsetof(struct pv_options, is_vs_user), true },
	{ "try_first_pass", offsetof(struct pv_options, try_first_pass), true },
	{ "use_first_pass", offsetof(struct pv_options, use_first_pass), true },
};

void pv_options_read(int argc, const char **argv, struct pv_options *out)
{
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < argc; i++) {
		size_t w = 0;

		while (w < sizeof(words) / sizeof(*words) && strcmp(argv[i], words[w].word) != 0)
			w++;
		if (w < sizeof(words) / sizeof(*words))
			*((bool *)((char *)out + words[w].field)) = words[w].value;
		else if (!out->bad)
			out->bad = argv[i];
	}
}
