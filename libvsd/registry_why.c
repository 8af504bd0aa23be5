/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In words, what reading the registry only had a number for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"
#include "registry_impl.h"
#include "safe.h"

const char *vsd_error_text(int error)
{
	int e = error < 0 ? -error : error;

	return e == EPROTONOSUPPORT ? "of another version's format, which this program does not know"
				    : strerror(e);
}

static void file_why(const char *name, int error, char why[VSD_WHY_MAX])
{
	char reason[VSD_WHY_MAX] = "no plain file of the right size";
	VSD_CLOSE int dirfd = -1;
	VSD_FREE char *text = NULL;
	struct vsd_server s;
	size_t len = 0;

	if (error == -EPERM)
		(void)snprintf(reason, sizeof(reason), "not root's, or writable by others");
	else if (error != -EBADMSG && error != -EPROTONOSUPPORT)
		(void)snprintf(reason, sizeof(reason), "%s", vsd_error_text(error));
	else if (vsd_safe_open_root(vsd_path_servers, &dirfd) == 0 &&
		 vsd_safe_read_file(dirfd, name, VSD_SERVER_TEXT_MAX, &text, &len) == 0 &&
		 vsd_server_parse(text, len, name, &s, reason) == 0)
		(void)snprintf(reason, sizeof(reason), "has changed this moment");
	(void)snprintf(why, VSD_WHY_MAX, "%.64s/%.32s: %.100s%s", vsd_path_servers, name, reason,
		       error == -EBADMSG ? ": vsd-servers(5) says how to mend it" : "");
}

struct first {
	char name[VSD_NAME_MAX + 1];
	int error;
};

static void take_first(const char *name, int error, void *arg)
{
	struct first *f = arg;

	/* Of several, the one that a walk without `bad` ends at. */
	if (f->error == -EPROTONOSUPPORT || (f->error && error != -EPROTONOSUPPORT))
		return;
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	f->error = error;
}

static int pass(const struct vsd_server *s, void *arg)
{
	(void)s;
	(void)arg;
	return 0;
}

void vsd_registry_why(const char *name, int error, char why[VSD_WHY_MAX])
{
	struct first f = { .error = 0 };

	if (name)
		file_why(name, error, why);
	else if (vsd_registry_each(pass, take_first, &f) == 0 && f.error)
		file_why(f.name, f.error, why);
	else
		(void)snprintf(why, VSD_WHY_MAX, "%s: %s", vsd_path_servers, vsd_error_text(error));
}
