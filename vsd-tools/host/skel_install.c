/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "skel_install.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safe.h"
#include "skel_cache.h"
#include "skel_inside.h"
#include "skel_packages.h"
#include "spawn_tool.h"
#include "tool.h"

#define FOLDER "install"
#define PLACE SKEL_CACHE "/" FOLDER
#define ROOT PLACE "/root"
#define PACKAGES_MAX 256

/* Arguments: ROOT PACKAGE... */
#define SCRIPT(commands) \
	"set -e\n" \
	SKEL_INSIDE \
	"inside_begin \"$1\"\n" \
	"shift\n" \
	commands \
	"inside_end\n"

/* What each kind of system installs by. */
static const struct installer {
	const char *program, *lacks, *failed, *script;
} installers[] = {
	[SKEL_DB_DPKG] = { "usr/bin/apt-get", "it has no apt-get", "apt-get failed: see above", SCRIPT(
		"inside apt-get -q update || echo 'going on with the lists that are there'\n"
		"inside apt-get -q -y --no-install-recommends install \"$@\"\n") },
	[SKEL_DB_RPM] = { "usr/bin/dnf", "it has no dnf", "dnf failed: see above", SCRIPT(
		"inside dnf -y --refresh makecache || echo 'going on with the lists that are there'\n"
		"inside dnf -y --setopt=install_weak_deps=False install \"$@\"\n"
		/* what the source had is left as it is by that */
		"inside dnf -y --setopt=install_weak_deps=False upgrade \"$@\" ||\n"
		"  echo 'going on with the versions that are there'\n") },
};

/* Is the word one of the list's? */
static bool has_word(const char *list, const char *s, size_t n)
{
	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && memcmp(p, s, n) == 0)
			return true;
		p += len;
	}
	return false;
}

int skel_install_add(char **list, const char *names)
{
	char *all = names[0] && *list ? plan_text(*list) : plan_text("");

	for (const char *p = names; *p; p += strspn(p, ", ")) {
		size_t n = strcspn(p, ", ");
		char *more;

		if (!skelconf_is_package(p, n)) {
			free(all);
			return -EINVAL;
		}
		if (!has_word(all, p, n)) {
			more = plan_format("%s%s%.*s", all, all[0] ? " " : "", (int)n, p);
			free(all);
			all = more;
		}
		p += n;
	}
	free(*list);
	*list = all;
	return 0;
}

static int make_folders(void)
{
	static const char *const folders[] = { PLACE "/up", PLACE "/work", ROOT };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (mkdir(folders[i], 0755) < 0)
			return -errno;
	return 0;
}

/* Where the folder's filesystem cannot take what an overlay changes, memory does. */
static int mount_over(const char *source)
{
	char options[VSD_PATH_MAX + 128];
	int r = make_folders();

	if (r < 0)
		return r;
	(void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=" PLACE "/up,workdir=" PLACE
		       "/work", source);
	if (mount("overlay", ROOT, "overlay", 0, options) == 0)
		return 0;
	if (mount("tmpfs", PLACE, "tmpfs", 0, "mode=0700") < 0)
		return -errno;
	r = make_folders();
	if (r == 0 && mount("overlay", ROOT, "overlay", 0, options) < 0)
		r = -errno;
	return r;
}

static int prepare(const char *source, enum skel_db *out_kind)
{
	VSD_CLOSE int fd = -1;
	int r;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return tool_errno("take mounts of", "its own", errno);
	if (skel_cache_clear(FOLDER) != TOOL_OK)
		return TOOL_FAILED;
	if (mkdir(PLACE, 0700) < 0)
		return tool_errno("make", PLACE, errno);
	r = mount_over(source);
	if (r < 0)
		return tool_errno("mount an overlay over", source, r);
	fd = open(ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tool_errno("open", ROOT, errno);
	*out_kind = packages_kind(fd);
	if (*out_kind == SKEL_DB_ANY)
		return tool_error("install into", source, packages_why_none(fd));
	if (faccessat(fd, installers[*out_kind].program, X_OK, 0) < 0)
		return tool_error("install into", source, installers[*out_kind].lacks);
	return TOOL_OK;
}

static int install(const struct installer *by, const char *packages)
{
	const char *argv[16 + PACKAGES_MAX] = { "unshare", "--mount", "--pid", "--ipc", "--uts", "--fork",
						"--kill-child", "/bin/sh", "-c", by->script, "install", ROOT };
	VSD_FREE char *words = plan_text(packages);
	char *save = NULL;
	int n = 12;
	pid_t pid;

	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (n - 12 == PACKAGES_MAX)
			return tool_error("install", packages, "too many");
		argv[n++] = w;
	}
	pid = spawn_tool(argv, STDERR_FILENO); /* what it says is long, and no result */
	if (pid < 0)
		return tool_errno("run", "unshare", (int)pid);
	if (wait_tool(pid) == 0)
		return TOOL_OK;
	return tool_error("install", packages, by->failed);
}

int skel_install_open(struct skel_wish *w)
{
	enum skel_db kind = SKEL_DB_ANY;
	int status;

	if (w->source[0] != '/' || strpbrk(w->source, ":,\\"))
		return tool_error("install into", w->source, "no overlay can be named so");
	status = prepare(w->source, &kind);
	if (status == TOOL_OK)
		status = install(&installers[kind], w->install);
	if (status == TOOL_OK)
		w->source = ROOT;
	else
		skel_install_close();
	return status;
}

void skel_install_close(void)
{
	(void)umount2(ROOT, MNT_DETACH);  /* either may not be there; what stays is ours alone, */
	(void)umount2(PLACE, MNT_DETACH); /* and ends with us */
	(void)skel_cache_clear(FOLDER); /* it has said what is left */
}
