/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shell that NSS names for every VS user, on the host and in every VS.
 *
 * Inside the user's VS it becomes their real shell; anywhere else it refuses, so
 * that a service which runs a VS user's shell without having entered fails
 * closed.  It runs with the user's own power: the user gains nothing by lying to
 * it.  The umask and signals are left as they are, for the shell to inherit. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "account.h"
#include "conf.h"
#include "inside.h"
#include "paths.h"
#include "safe.h"
#include "tool.h"

#define FALLBACK "/bin/sh" /* what an empty field means, passwd(5) */

static int refuse(void)
{
	openlog("vsd-shell", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "refused uid=%lu: not inside this user's virtual server",
	       (unsigned long)getuid());
	(void)fprintf(stderr, "vsd-shell: this account lives in a virtual server, and this is not it\n");
	return TOOL_FAILED;
}

/* By libvsd and not by NSS: inside, nsswitch.conf is the VS admin's. */
static int find_shell(const struct vsd_inside *in, char *out, size_t size)
{
	VSD_CLOSE int root = -1;
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line line;
	struct vsd_span file;
	int r;

	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	r = vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &text, &file.len);
	if (r < 0)
		return r;
	file.p = text;
	r = vsd_passwd_find_uid(file, in->range, getuid(), &line);
	if (r < 0)
		return r;
	if (line.shell.len >= size)
		return -ENAMETOOLONG;
	if (line.shell.len > 0 && line.shell.p[0] != '/')
		return -EINVAL;
	(void)snprintf(out, size, "%.*s", (int)line.shell.len, line.shell.p);
	if (!out[0] || strcmp(out, VSD_GUARD_SHELL) == 0)
		(void)snprintf(out, size, "%s", FALLBACK);
	return 0;
}

static int become(const char *shell, char **argv)
{
	static char name[VSD_PATH_MAX + 1]; /* argv keeps it */
	const char *base = strrchr(shell, '/') + 1;

	/* "-bash" asks for a login shell */
	(void)snprintf(name, sizeof(name), "%s%s", argv[0] && argv[0][0] == '-' ? "-" : "", base);
	if (setenv("SHELL", shell, 1) < 0)
		return tool_errno("set", "SHELL", errno);
	argv[0] = name;
	execv(shell, argv);
	return tool_errno("run", shell, errno);
}

static int help(void)
{
	(void)puts("Usage: vsd-shell [ARGUMENT...]\n"
	     "Become the user's own shell inside their virtual server; refuse elsewhere.\n"
	     "Arguments are the shell's.\n"
	     "\n"
	     "  --help     print this text (as the only argument)\n"
	     "  --version  print the version (likewise)");
	return TOOL_OK;
}

int main(int argc, char **argv)
{
	char shell[VSD_PATH_MAX];
	struct vsd_inside in;
	int r;

	if (argc < 1)
		return TOOL_MISUSE;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return help();
	if (tool_version("vsd-shell", argc, argv))
		return TOOL_OK;
	r = vsd_inside_check(&in);
	if (r == -EPERM)
		return refuse();
	if (r < 0)
		return tool_errno("look whether this is", "the user's virtual server", r);
	r = find_shell(&in, shell, sizeof(shell));
	if (r < 0)
		return tool_errno("find the shell in", "/etc/passwd", r);
	return become(shell, argv);
}
