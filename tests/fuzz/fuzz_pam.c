/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A PAM service file, whatever is in it: refused, or judged in bounded time, with a
 * verdict that holds together. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pam_stack.h"

static int memory = -1;

/* The input is the file of that number, which it may include itself. */
static void start(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	MUST(null >= 0 && dup2(null, 0) == 0); /* "@include 0" waits for nobody */
	memory = memfd_create("pam", MFD_CLOEXEC);
	MUST(memory >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const folders[] = { "/proc/self/fd", NULL };
	struct pam_stack *s = NULL;
	struct pam_verdict v;
	char name[16];

	if (memory < 0)
		start();
	if (memchr(data, '/', size)) /* the machine's own files are no input */
		return 0;
	MUST(ftruncate(memory, 0) == 0 && pwrite(memory, data, size, 0) == (ssize_t)size);
	(void)snprintf(name, sizeof(name), "%d", memory);
	if (pam_stack_read(folders, name, PAM_STACK_SESSION, &s) < 0) {
		MUST(!s);
		return 0;
	}
	for (int answer = PAM_VSD_REFUSES; answer <= PAM_VSD_ENTERS; answer++) {
		pam_stack_judge(s, (enum pam_vsd_answer)answer, &v);
		MUST(v.passes || !v.passes_outside);
		MUST(memchr(v.after, '\0', sizeof(v.after)) && memchr(v.how, '\0', sizeof(v.how)));
		MUST(answer == PAM_VSD_ENTERS || !v.how[0]);
	}
	pam_stack_free(s);
	return 0;
}
