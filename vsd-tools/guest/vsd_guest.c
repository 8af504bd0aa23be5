/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one setuid program of a server: what its admin needs root for.
 *
 * Starting state: euid 0 by the setuid bit, everything else the caller's.  It
 * reads no environment and no path of the caller's; what it runs gets a fixed
 * environment and no descriptor but 0, 1 and 2. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enter.h"
#include "inside.h"
#include "scope.h"
#include "tool.h"

#define RUN "/run/vsd"

static const char usage[] =
	"Usage: vsd-guest mailstore\n"
	"Do what the admin of a virtual server needs root for.\n"
	"\n"
	"  mailstore   become dovecot, with the power to act as each user of the server\n"
	"  -h, --help  show this text\n";

/* Both are the shared ones, which nobody in the server can write; the settings
 * are admin's, who has power over every user of the server anyway. */
static int become_dovecot(void)
{
	static char name[] = "dovecot", front[] = "-F",
		    path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		    home[] = "HOME=/root", user[] = "USER=admin", logname[] = "LOGNAME=admin";
	char *const argv[] = { name, front, NULL };
	char *const envp[] = { path, home, user, logname, NULL };

	(void)execve("/usr/sbin/dovecot", argv, envp);
	return tool_errno("run", "/usr/sbin/dovecot", errno);
}

static int mailstore(uid_t admin)
{
	const struct vsd_enter_who who = { .uid = admin, .gid = admin };
	VSD_CLOSE int dir = -1;
	VSD_CLOSE int userns = -1;
	int r;

	/* Root's own in a sticky folder, as the inside test has found. */
	dir = open(RUN, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = dir < 0 ? -errno : vsd_enter_userns_open(dir, &userns);
	if (r < 0)
		return tool_errno("open the user namespace in", RUN, r);
	r = vsd_enter_mailstore(userns, &who);
	if (r < 0)
		return tool_errno("enter the user namespace in", RUN, r);
	if (close_range(3, ~0u, 0) < 0)
		return tool_errno("close", "descriptors", errno);
	dir = userns = -1;
	return become_dovecot();
}

int main(int argc, char **argv)
{
	const uid_t caller = getuid();
	struct vsd_inside in;
	sigset_t none;

	/* First of all: a process of the caller's uid could stop or trace it. */
	int r = vsd_enter_root();

	tool_init("vsd-guest");
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* a valid set: it cannot fail */
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		(void)fputs(usage, stdout);
		return TOOL_OK;
	}
	if (argc != 2 || strcmp(argv[1], "mailstore") != 0)
		return tool_misuse("the one verb is mailstore");
	if (r < 0)
		return tool_error("run", argv[1], "vsd-guest is not setuid here");
	if (vsd_inside_check_uid(caller, &in) < 0)
		return tool_error("run", argv[1], "not inside a virtual server of yours");
	if (caller != in.range.first)
		return tool_error("run", argv[1], "only admin may");
	return mailstore(caller);
}
