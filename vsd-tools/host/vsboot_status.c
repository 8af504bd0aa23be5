/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsboot --status. */
#include "vsboot.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"
#include "running.h"
#include "tool.h"

/* A run file without its process: nobody stopped it. */
static bool has_crashed(const char *name)
{
	char path[VSD_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s/init", vsd_path_run, name);

	return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

static const char *word_for(const struct vsd_server *s, int error)
{
	if (error == 0)
		return "running";
	if (error != -ESRCH)
		return "unknown";
	if (has_crashed(s->name))
		return "crashed";
	return s->state == VSD_SERVER_DISABLED ? "disabled" : "stopped";
}

/* 0 when it runs, or need not. */
static int show(const struct vsd_server *s, json_t *array, bool named)
{
	struct vsd_running r = VSD_RUNNING_NONE;
	int error = vsd_running_open(s->name, &r);
	bool running = error == 0;
	const char *word = word_for(s, error);
	json_t *o;

	if (!array) {
		if (running)
			tool_say("%s: running, pid %d", s->name, (int)r.pid);
		else if (error != -ESRCH)
			tool_say("%s: %s: %s", s->name, word, vsd_error_text(error));
		else
			tool_say("%s: %s", s->name, word);
	} else {
		o = json_pack("{s:s, s:s}", "name", s->name, "state", word);
		if (running)
			(void)json_object_set_new(o, "pid", json_integer(r.pid));
		(void)json_array_append_new(array, o); /* out of memory shows as a missing row */
	}
	vsd_running_close(&r);
	return running || (!named && strcmp(word, "disabled") == 0) ? TOOL_OK : TOOL_FAILED;
}

int boot_show_all(const struct server_list *l, bool json, bool named)
{
	json_t *array = json ? json_array() : NULL;
	int status = TOOL_OK;

	for (size_t i = 0; i < l->n; i++)
		if (show(&l->s[i], array, named) != TOOL_OK)
			status = TOOL_FAILED;
	if (array) {
		(void)json_dumpf(array, stdout, JSON_INDENT(2));
		(void)putchar('\n');
		json_decref(array);
	}
	return status;
}
