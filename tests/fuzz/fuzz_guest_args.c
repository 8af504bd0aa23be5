/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-guest's command lines: the first byte is the command, then words between NULs.
 * Refused with a reason, or whole: what a command needs is there. */
#include "fuzz.h"

#include <string.h>

#include "guest_args.h"

#define WORDS_MAX 64

static void check(enum args_of kind, const struct args *a)
{
	if (a->help)
		return;
	MUST(a->name || kind == ARGS_PASSWD || kind == ARGS_CHSH || kind == ARGS_CHFN);
	MUST(a->lock + a->unlock + a->status + a->expired <= 1);
	MUST(kind != ARGS_GPASSWD || !a->add != !a->drop);
	MUST(kind != ARGS_CHSH || a->shell);
	MUST(kind != ARGS_CHFN || a->gecos);
	MUST(!a->move || kind == ARGS_USERADD || a->home);
	MUST(a->set_expire || a->expire_day == 0);
	MUST(a->expire_day >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[VSD_WHY_MAX] = "", name[] = "command", *argv[WORDS_MAX + 2] = { name };
	char *text;
	struct args a;
	int argc = 1;

	if (size < 1)
		return 0;
	text = malloc(size);
	MUST(text);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	for (size_t at = 0; at + 1 < size && argc <= WORDS_MAX; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	if (args_parse(data[0] % ARGS_KINDS, argc, argv, &a, why) == 0)
		check(data[0] % ARGS_KINDS, &a);
	else
		MUST(why[0] && memchr(why, '\0', sizeof(why)));
	free(text);
	return 0;
}
