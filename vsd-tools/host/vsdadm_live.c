/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsdadm check --live SERVICE: a user is made in a server that runs, logs in through
 * the stock service, is looked at, and is removed again, whatever happened. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "boot.h"
#include "live.h"
#include "password.h"
#include "spawn_tool.h"
#include "tool.h"
#include "users.h"
#include "vsdadm.h"

enum { END_MS = 5000, LOOKS = 3, LOOK_MS = 200 };

struct live {
	const struct vsd_conf *conf;
	const struct vsd_service *service;
	struct live_kind kind;
	enum vsd_isolation how;
	struct vsd_server s;
	bool found;
	int root;
	struct live_user u;
	char folder[32]; /* of the key, root's alone */
};

static int first_running(const struct vsd_server *s, void *arg)
{
	struct live *l = arg;

	if (!l->found && s->state == VSD_SERVER_ENABLED && s->naddr > 0 && adm_is_running(s->name) == 1) {
		l->s = *s;
		l->found = true;
	}
	return 0;
}

static int invent(struct live_user *u, char hash[PASSWORD_HASH_MAX])
{
	uint64_t r[3];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return -EIO;
	(void)snprintf(u->name, sizeof(u->name), "vsd-live-%08x", (unsigned)r[0]);
	(void)snprintf(u->password, sizeof(u->password), "%016llx%016llx", (unsigned long long)r[1],
		       (unsigned long long)r[2]);
	return password_hash(u->password, hash);
}

static int add_user(struct live *l, char why[VSD_WHY_MAX])
{
	struct vsd_user_new n = { .name = l->u.name, .gecos = "vsdadm check --live", .make_home = true };
	char hash[PASSWORD_HASH_MAX];
	int r = invent(&l->u, hash);

	if (r < 0) {
		(void)snprintf(why, VSD_WHY_MAX, "no password for a user: %s", strerror(-r));
		return r;
	}
	n.hash = hash;
	r = vsd_users_add(l->root, &l->s, &n, &l->u.uid, why);
	explicit_bzero(hash, sizeof(hash));
	if (r == 0)
		r = vsd_rights_set(l->root, l->service->right, l->u.name, true, why);
	return r < 0 ? r : 0;
}

static int read_public(const struct live *l, char *out, size_t size)
{
	char path[80];
	VSD_CLOSE int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s.pub", l->u.key);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, out, size - 1);
	if (n <= 0)
		return -EIO;
	out[n] = '\0';
	return 0;
}

/* In the server and as the user: that folder is no place for root. */
static int authorize(struct live *l)
{
	static const char script[] = "umask 077; mkdir ~/.ssh && printf %s \"$1\" >~/.ssh/authorized_keys";
	char public[512];
	const char *const keygen[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", l->u.key,
				       NULL };
	const char *const put[] = { "bevs", "-u", l->u.name, l->s.name, "sh", "-c", script, "sh", public,
				    NULL };
	int r;

	(void)snprintf(l->folder, sizeof(l->folder), "/run/vsd-live.XXXXXX");
	if (!mkdtemp(l->folder))
		return -errno;
	(void)snprintf(l->u.key, sizeof(l->u.key), "%s/key", l->folder);
	r = run_tool(keygen);
	if (r == 0)
		r = read_public(l, public, sizeof(public));
	return r < 0 ? r : run_tool(put);
}

static int look_at_session(struct live *l, char why[VSD_WHY_MAX])
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	struct live_session session = LIVE_NONE;
	int n = 0, r = live_login(l->service->name, &l->s, &l->u, &session, why);

	for (int i = 0; r == 0 && i < LOOKS; i++) {
		(void)nanosleep(&pause, NULL); /* cut short, it looks sooner */
		n = live_look(&l->s, l->how, l->u.uid, l->kind.daemon, why);
		r = n < 0 ? n : 0;
	}
	if (r == 0 && n == 0) {
		(void)snprintf(why, VSD_WHY_MAX, "it logged in, and none of its processes is to be seen");
		r = -ENOENT;
	}
	live_logout(&session);
	return r < 0 ? r : n;
}

/* The home while the user is there: it is the server's own rm that removes it. */
static int remove_user(struct live *l, char why[VSD_WHY_MAX])
{
	char home[VSD_NAME_MAX + 8];
	const char *const empty[] = { "bevs", l->s.name, "simroot", "rm", "-rf", "--", home, NULL };
	int r, end;

	(void)snprintf(home, sizeof(home), "/home/%s", l->u.name);
	r = vsd_users_remove(l->root, &l->s, l->u.name, why);
	end = boot_end_range((struct vsd_range){ l->u.uid, 1 }, END_MS);
	if (r == 0 && end < 0)
		(void)snprintf(why, VSD_WHY_MAX, "its processes: %s", strerror(-end));
	if (run_tool(empty) < 0 && r == 0 && end == 0) {
		(void)snprintf(why, VSD_WHY_MAX, "its home is still there");
		return -EIO;
	}
	return r < 0 ? r : end;
}

static void remove_key(const struct live *l)
{
	char path[80];

	if (!l->folder[0])
		return;
	(void)snprintf(path, sizeof(path), "%s.pub", l->u.key);
	if ((unlink(path) < 0 && errno != ENOENT) || (unlink(l->u.key) < 0 && errno != ENOENT) ||
	    rmdir(l->folder) < 0)
		(void)tool_errno("remove", l->folder, errno); /* a key to nothing */
}

static int try_it(struct live *l)
{
	char object[ADM_OBJECT_MAX], why[VSD_WHY_MAX] = "", left[VSD_WHY_MAX] = "";
	int status = TOOL_OK, n = add_user(l, why);

	if (n < 0)
		return tool_error("make a user in", l->s.name, why);
	(void)snprintf(object, sizeof(object), "%s as %s@%s", l->service->name, l->u.name, l->s.name);
	n = authorize(l);
	if (n < 0)
		(void)snprintf(why, sizeof(why), "cannot authorize a key: %s", strerror(-n));
	else
		n = look_at_session(l, why);
	if (n < 0)
		status = tool_error("try", object, why);
	if (remove_user(l, left) < 0)
		status = tool_error("remove the user of", object, left);
	remove_key(l);
	if (status == TOOL_OK)
		tool_say("%s: confined: %d process%s in the server's cgroup, root%s", object, n,
			 n == 1 ? "" : "es",
			 l->how == VSD_ISOLATION_FULL ? " and namespaces" : "");
	return status;
}

int adm_check_live(const char *service, const struct vsd_conf *conf)
{
	struct live l = { .conf = conf, .root = -1 };
	sigset_t stop, before;
	const char *why_not;
	int r;

	l.service = vsd_conf_find_service(conf, service);
	if (!l.service)
		return tool_error("try", service, "vsd.conf has no line for it: VS users are refused there");
	why_not = live_why_not(service, &l.kind);
	if (why_not)
		return tool_error("try", service, why_not);
	l.how = l.kind.bare ? VSD_ISOLATION_CHROOT : conf->isolation;
	r = vsd_registry_each(first_running, NULL, &l);
	if (r < 0 || !l.found)
		return tool_error("try", service, r < 0 ? strerror(-r) : "no server with an address runs");
	r = adm_open(l.s.name, &l.s, &l.root);
	if (r != TOOL_OK)
		return r;
	/* Not to be left half way: what is sent meanwhile comes after the user is gone. */
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &stop, &before) < 0)
		return tool_errno("block", "signals", errno);
	r = try_it(&l);
	vsd_scope_close(&l.root);
	explicit_bzero(&l.u, sizeof(l.u));
	if (sigprocmask(SIG_SETMASK, &before, NULL) < 0)
		return tool_errno("unblock", "signals", errno);
	return r;
}
