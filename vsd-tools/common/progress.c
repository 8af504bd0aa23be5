/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BAR 40
#define PAUSE_MS 100

static struct {
	bool on;
	char what[25];
	atomic_flag busy;
	atomic_llong last;
} bar = { .busy = ATOMIC_FLAG_INIT };

static long long now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static bool is_terminal(void)
{
	const char *term = secure_getenv("TERM");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_start(const char *what)
{
	(void)snprintf(bar.what, sizeof(bar.what), "%s", what);
	atomic_store(&bar.last, 0);
	bar.on = is_terminal();
}

void progress_show(uint64_t done, uint64_t total, void *unused)
{
	static const char full[BAR + 1] = "########################################";
	long long now;
	int n;

	(void)unused;
	if (!bar.on || total == 0 || atomic_flag_test_and_set(&bar.busy))
		return;
	now = now_ms();
	if (done >= total || now - atomic_load(&bar.last) >= PAUSE_MS) {
		atomic_store(&bar.last, now);
		n = (int)(done >= total ? BAR : done * BAR / total);
		printf("\r%-24s [%.*s%*s] %3d%%", bar.what, n, full, BAR - n, "",
		       (int)(done >= total ? 100 : done * 100 / total));
		(void)fflush(stdout); /* what it cannot show it does not */
	}
	atomic_flag_clear(&bar.busy);
}

void progress_clear(void)
{
	if (!bar.on)
		return;
	(void)fputs("\r\033[K", stdout);
	(void)fflush(stdout); /* likewise */
}

void progress_end(void)
{
	progress_clear();
	bar.on = false;
}
