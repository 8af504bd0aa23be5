/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* useradd, userdel, usermod, groupadd, groupdel, gpasswd, chsh, chfn: shadow's
 * options, libvsd's work (users.h, as vsdadm does it from the host). */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "paths.h"
#include "safe.h"
#include "tool.h"

#define DEFAULT_RIGHT "ftp" /* `login` is the host's to give */

/* ---- useradd ---- */

/* Where admin could not make a folder, a home is none of admin's to make either. */
static int check_place(struct account *a, const char *home)
{
	char folder[VSD_PATH_MAX];
	const char *base = strrchr(home, '/');
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = -EINVAL;

	if (base && base - home < (ptrdiff_t)sizeof(folder) - 1) {
		(void)snprintf(folder, sizeof(folder), ".%.*s", (int)(base - home), home); /* fits */
		r = vsd_safe_open_beneath(a->root, folder, O_PATH | O_DIRECTORY, 0, &fd);
	}
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && !vsd_server_has_id(&a->server, st.st_uid))
		r = -EPERM;
	if (r < 0)
		(void)snprintf(a->why, sizeof(a->why), "home '%.100s': %s", home,
			       r == -EPERM ? "its folder is not the server's users'" : strerror(-r));
	return r;
}

int verb_useradd(const struct guest *g, int argc, char **argv)
{
	struct account a;
	struct vsd_user_new u = { .make_home = true };
	struct vsd_user_edit e = { .set_expire = true };
	uint32_t uid;
	int r = account_begin(g, ARGS_USERADD, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	u.name = a.args.name;
	u.gecos = a.args.gecos;
	u.home = a.args.home;
	u.shell = a.args.shell;
	u.group = a.args.group;
	u.groups = a.args.groups;
	u.uid = a.args.id;
	u.make_home = !a.args.no_home;
	e.expire_day = a.args.expire_day;
	r = u.home && u.make_home ? check_place(&a, u.home) : 0;
	if (r == 0)
		r = vsd_users_add(a.root, &a.server, &u, &uid, a.why);
	if (r == 0)
		r = vsd_rights_set(a.root, DEFAULT_RIGHT, u.name, true, a.why);
	if (r >= 0 && a.args.set_expire)
		r = vsd_users_edit(a.root, &a.server, u.name, &e, a.why);
	return account_end(&a, r, "add user");
}

/* ---- userdel ---- */

/* Removed by simulated root, who is kept from all that is not the server's users';
 * a home that is not the user's own stays. */
static int remove_home(const struct guest *g, const struct account *a, const char *home, uint32_t uid)
{
	static char rm[] = "/usr/bin/rm", force[] = "-rf", one[] = "--one-file-system", end[] = "--";
	char path[VSD_PATH_MAX];
	char *argv[] = { rm, force, one, end, path, NULL };
	VSD_CLOSE int fd = -1;
	struct stat st;
	int r = vsd_safe_open_beneath(a->root, home, O_PATH, 0, &fd);

	if (r == -ENOENT)
		return TOOL_OK;
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && st.st_uid != uid)
		return tool_error("remove", home, "it is not the user's");
	if (r < 0)
		return tool_errno("remove", home, r);
	(void)snprintf(path, sizeof(path), "%s", home); /* fits: it was a path */
	return guest_run_simroot(g, argv) == 0 ? TOOL_OK :
						 tool_error("remove", home, "rm could not remove all of it");
}

int verb_userdel(const struct guest *g, int argc, char **argv)
{
	struct account a;
	struct vsd_passwd_line line;
	char home[VSD_PATH_MAX] = "";
	VSD_FREE char *text = NULL;
	int r = account_begin(g, ARGS_USERDEL, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	r = account_find(&a, a.args.name, &text, &line);
	if (r == 0 && line.dir.len > 0 && line.dir.p[0] == '/' && line.dir.len < sizeof(home))
		memcpy(home, line.dir.p, line.dir.len);
	if (r == 0)
		r = vsd_users_remove(a.root, &a.server, a.args.name, a.why);
	r = account_end(&a, r, "remove user");
	/* Nobody gets in by the name any more: now what runs, and then the files. */
	if (r == TOOL_OK && account_is_gone(&a, line.uid))
		r = guest_end_user(g, line.uid);
	if (r == TOOL_OK && a.args.remove && home[0])
		r = remove_home(g, &a, home + 1, line.uid);
	return r;
}

/* ---- usermod ---- */

static int move_home(const struct guest *g, const char *from, const char *to)
{
	static char mv[] = "/usr/bin/mv", no[] = "-nT", end[] = "--";
	char old[VSD_PATH_MAX], new[VSD_PATH_MAX];
	char *argv[] = { mv, no, end, old, new, NULL };

	(void)snprintf(old, sizeof(old), "%s", from); /* both fit: they were paths */
	(void)snprintf(new, sizeof(new), "%s", to);
	if (guest_run_simroot(g, argv) != 0)
		return tool_error("move home to", to, "mv could not");
	if (access(to, F_OK) < 0)
		return tool_errno("move home to", to, errno);
	return TOOL_OK;
}

int verb_usermod(const struct guest *g, int argc, char **argv)
{
	struct account a;
	struct vsd_user_edit e = { .gecos = NULL };
	struct vsd_passwd_line line;
	char home[VSD_PATH_MAX] = "";
	VSD_FREE char *text = NULL;
	int r = account_begin(g, ARGS_USERMOD, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	e.gecos = a.args.gecos;
	e.home = a.args.home;
	e.shell = a.args.shell;
	e.group = a.args.group;
	e.groups = a.args.groups;
	e.append = a.args.append;
	e.lock = a.args.lock ? VSD_LOCK_ON : a.args.unlock ? VSD_LOCK_OFF : VSD_LOCK_AS_IS;
	e.set_expire = a.args.set_expire;
	e.expire_day = a.args.expire_day;
	r = account_find(&a, a.args.name, &text, &line);
	if (r == 0 && line.dir.len > 0 && line.dir.len < sizeof(home))
		memcpy(home, line.dir.p, line.dir.len);
	if (r == 0 && a.args.home && strlen(a.args.home) >= sizeof(home)) {
		r = -ENAMETOOLONG;
		(void)snprintf(a.why, sizeof(a.why), "the home's path is too long");
	}
	if (r == 0)
		r = vsd_users_edit(a.root, &a.server, a.args.name, &e, a.why);
	r = account_end(&a, r, "change user");
	if (r == TOOL_OK && a.args.move && a.args.home && home[0] == '/' && strcmp(home, a.args.home) != 0)
		r = move_home(g, home, a.args.home);
	return r;
}

/* ---- groups ---- */

int verb_groupadd(const struct guest *g, int argc, char **argv)
{
	struct account a;
	int r = account_begin(g, ARGS_GROUPADD, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	return account_end(&a, vsd_groups_add(a.root, &a.server, a.args.name, a.args.id, a.why),
			   "add group");
}

int verb_groupdel(const struct guest *g, int argc, char **argv)
{
	struct account a;
	int r = account_begin(g, ARGS_GROUPDEL, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	return account_end(&a, vsd_groups_remove(a.root, &a.server, a.args.name, a.why),
			   "remove group");
}

int verb_gpasswd(const struct guest *g, int argc, char **argv)
{
	struct account a;
	int r = account_begin(g, ARGS_GPASSWD, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	r = vsd_groups_member(a.root, &a.server, a.args.name, a.args.add ? a.args.add : a.args.drop,
			      a.args.add != NULL, a.why);
	return account_end(&a, r, "change the members of");
}

/* ---- chsh, chfn: everybody's own ---- */

/* Of etc/shells, for all but admin: a shell that is none locks its user out.  The
 * guard shell, which has to be there, is none: it runs the one that is asked for. */
static int check_shell(const struct account *a, const char *shell)
{
	VSD_FREE char *text = NULL;
	struct vsd_span line;
	size_t len, cursor = 0, n = strlen(shell);
	int r = vsd_safe_read_file(a->root, "etc/shells", VSD_ACCOUNT_FILE_MAX, &text, &len);

	if (r < 0 || strcmp(shell, VSD_GUARD_SHELL) == 0)
		return r < 0 ? r : -EPERM;
	while (vsd_lines_next((struct vsd_span){ text, len }, &cursor, &line))
		if (line.len == n && n > 0 && shell[0] == '/' && memcmp(line.p, shell, n) == 0)
			return 0;
	return -EPERM;
}

static int change_own(const struct guest *g, enum args_of kind, int argc, char **argv)
{
	struct account a;
	struct vsd_user_edit e = { .gecos = NULL };
	VSD_FREE char *text = NULL;
	struct vsd_passwd_line line;
	int r = account_begin(g, kind, argc, argv, &a);

	if (r != TOOL_OK || a.args.help)
		return r;
	e.gecos = kind == ARGS_CHFN ? a.args.gecos : NULL;
	e.shell = kind == ARGS_CHSH ? a.args.shell : NULL;
	r = account_find_own(g, &a, &text, &line);
	if (r == 0 && e.shell && !guest_is_admin(g) && check_shell(&a, e.shell) < 0) {
		(void)snprintf(a.why, sizeof(a.why), "'%.60s' is not in /etc/shells", e.shell);
		r = -EPERM;
	}
	if (r == 0)
		r = vsd_users_edit(a.root, &a.server, a.name, &e, a.why);
	return account_end(&a, r, "change user");
}

int verb_chsh(const struct guest *g, int argc, char **argv)
{
	return change_own(g, ARGS_CHSH, argc, argv);
}

int verb_chfn(const struct guest *g, int argc, char **argv)
{
	return change_own(g, ARGS_CHFN, argc, argv);
}
