/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bevs -r of a command that is the server's helper (passwd, useradd): in simulated root its
 * set-id bit has no effect.  It needs none of that power: it runs as admin, whose command it
 * is, as `sudo useradd` does inside.  A password is the host's root's to set, without the old
 * one: vsdadm does that from outside, where nothing of the server's runs. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bevs.h"
#include "safe.h"
#include "tool.h"

#define HELPER "/usr/lib/vsd/vsd-guest"

/* Does the path lead to it?  -ENOENT: there is nothing; 1 or 0 */
static int leads(int root, const char *path)
{
	char target[sizeof(HELPER)];
	ssize_t n = readlinkat(root, path, target, sizeof(target));

	if (n < 0)
		return errno == EINVAL ? 0 : -errno;
	return (size_t)n == strlen(HELPER) && memcmp(target, HELPER, (size_t)n) == 0;
}

bool bevs_is_helper(const struct vsd_server *s, const char *command)
{
	static const char *const folder[] = { "usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin" };
	char path[VSD_PATH_MAX];
	VSD_CLOSE int root = -1;
	int r = vsd_safe_open_root(s->root, &root);

	if (r == 0 && strchr(command, '/'))
		return command[0] == '/' && leads(root, command + 1) == 1;
	/* As PATH has them: the first that there is counts. */
	for (size_t i = 0; r == 0 && i < sizeof(folder) / sizeof(*folder); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", folder[i], command);

		if (n < 0 || (size_t)n >= sizeof(path))
			return false;
		r = leads(root, path);
		if (r != -ENOENT)
			return r == 1;
		r = 0;
	}
	return false;
}

/* passwd, passwd USER, passwd -u USER; NULL: another form, or another command */
static char *whose_password(char **command)
{
	static char admin[] = "admin";
	const char *slash = strrchr(command[0], '/');

	if (strcmp(slash ? slash + 1 : command[0], "passwd") != 0)
		return NULL;
	if (!command[1])
		return admin;
	if (strcmp(command[1], "-u") == 0)
		command++;
	return command[1] && command[1][0] != '-' && !command[2] ? command[1] : NULL;
}

int bevs_set_password(char *server, char **command)
{
	static char vsdadm[] = "vsdadm", verb[] = "user_passwd", here[] = "localhost", end[] = "--";
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const env[] = { path, NULL };
	char *argv[] = { vsdadm, end, verb, here, server, whose_password(command), NULL };

	if (!argv[5])
		return -1;
	(void)setenv("PATH", path + strlen("PATH="), 1); /* the search's, too: there is room or none is run */
	(void)execvpe(vsdadm, argv, env);
	return tool_errno("run", vsdadm, errno);
}
