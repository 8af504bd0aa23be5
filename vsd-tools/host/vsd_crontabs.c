/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vsd-crontabs: let the host's cron know what is in the servers' users' crontabs.  What is
 * in a server is not believed: it is looked at as if the user had just typed it, and what
 * cron reads is made anew from it.  Starting state: root on the host. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cron_spool.h"
#include "crontab.h"
#include "paths.h"
#include "registry.h"
#include "safe.h"
#include "tool.h"
#include "tree_impl.h"

#define LOCK ".crontabs"
#define GROUP "crontab"
#define TEXT_MAX (VSD_CRONTAB_BYTES_MAX * 3)

struct work {
	int spool;
	gid_t gid;
	bool log;         /* to syslog, and only what has changed */
	int status;
	void *wanted;     /* a tree (tsearch) of names */
};

/* One server. */
struct place {
	struct work *w;
	const struct vsd_server *s;
	int root;
	char *passwd;
	size_t passwd_len;
	unsigned jobs; /* of all its users so far */
};

static void tell(const struct work *w, const char *what, const char *name)
{
	if (w->log)
		syslog(LOG_NOTICE, "%s: %s", name, what);
	else
		tool_say("%s: %s", name, what);
}

static void fail(struct work *w, const char *what, const char *name, const char *reason)
{
	w->status = TOOL_FAILED;
	if (!w->log)
		(void)tool_error(what, name, reason);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int want(struct work *w, const char *name)
{
	VSD_FREE char *copy = strdup(name);

	if (!copy || !tsearch(copy, &w->wanted, compare))
		return -ENOMEM;
	VSD_HELD_BEGIN /* by the tree; a name comes once */
	copy = NULL;
	VSD_HELD_END
	return 0;
}

/* A home that can stand between two quotes. */
static bool is_plain(struct vsd_span dir)
{
	for (size_t i = 0; i < dir.len; i++)
		if ((unsigned char)dir.p[i] < 0x20 || dir.p[i] == 0x7f || dir.p[i] == '"')
			return false;
	return dir.len > 0 && dir.p[0] == '/' && dir.len < VSD_PATH_MAX;
}

/* What cron is to read: the user's jobs or, where they are refused, why. */
static int make_text(struct place *p, const struct vsd_passwd_line *line, const char *user, char *out,
		     size_t *out_len)
{
	const struct vsd_span home = is_plain(line->dir) ? line->dir : (struct vsd_span){ "/", 1 };
	char why[VSD_WHY_MAX];
	VSD_FREE char *text = NULL;
	VSD_FREE char *jobs = NULL;
	size_t len, n = 0;
	unsigned count = 0;
	int size, r = vsd_crontab_read(p->root, user, &text, &len);

	if (r < 0)
		(void)snprintf(why, sizeof(why), "%s", strerror(-r));
	else
		r = vsd_crontab_compile((struct vsd_span){ text, len }, &jobs, &n, &count, why);
	if (r == 0 && p->jobs + count > VSD_CRONTAB_SERVER_JOBS_MAX) {
		(void)snprintf(why, sizeof(why), "the server's users have too many jobs");
		r = -EDQUOT;
	}
	if (r < 0)
		size = snprintf(out, TEXT_MAX, CRON_MARK "# refused: %s\n", why);
	else
		size = snprintf(out, TEXT_MAX, CRON_MARK "SHELL=\"%s\"\nHOME=\"%.*s\"\nMAILTO=\"%s\"\n%s",
				VSD_CRONTAB_SHELL, (int)home.len, home.p, user, jobs);
	if (size < 0 || size >= TEXT_MAX)
		return -EFBIG;
	p->jobs += r < 0 ? 0 : count;
	*out_len = (size_t)size;
	return r < 0 ? 1 : 0;
}

static int do_user(struct place *p, const char *user)
{
	const struct vsd_range range = { p->s->uid_first, p->s->uid_count };
	char name[VSD_QUALIFIED_MAX + 1];
	VSD_FREE char *text = malloc(TEXT_MAX);
	struct vsd_passwd_line line;
	size_t len;
	int r, same;

	if (!text)
		return -ENOMEM;
	if (!vsd_name_is_user(user, strlen(user)) ||
	    vsd_passwd_find_name((struct vsd_span){ p->passwd, p->passwd_len }, range,
				 (struct vsd_span){ user, strlen(user) }, &line) < 0)
		return 0; /* what a crash has left, and cron gets nothing of it */
	(void)snprintf(name, sizeof(name), "%.*s@%s", VSD_NAME_MAX, user, p->s->name); /* fits: names */
	r = make_text(p, &line, user, text, &len);
	if (r < 0)
		return r;
	same = cron_spool_same(p->w->spool, name, text, len, line.uid);
	if (same == -EEXIST) {
		fail(p->w, "write", name, "the host's cron has another file of that name, which stays");
		return 0;
	}
	if (same < 0 && same != -ENOENT)
		return same;
	/* The user's: cron passes over a file that is not, once the name is another's. */
	if (same != 1) {
		int written = vsd_safe_replace_file(p->w->spool, name, text, len, line.uid, p->w->gid, 0600);

		if (written < 0)
			return written;
		tell(p->w, r == 0 ? "given to cron" : "refused: see the server's etc/vsd/crontabs", name);
	}
	return want(p->w, name);
}

static int do_folder(struct place *p, int folder)
{
	const struct dirent *e;
	DIR *d;
	int r = vsd_safe_opendir(folder, &d);

	if (r < 0)
		return r;
	while (r == 0 && (e = vsd_safe_readdir(d, &r)))
		r = do_user(p, e->d_name);
	(void)closedir(d); /* only read */
	return r;
}

static int do_server(const struct vsd_server *s, void *arg)
{
	VSD_CLOSE int root = -1;
	VSD_CLOSE int folder = -1;
	VSD_FREE char *passwd = NULL;
	struct place p = { .w = arg, .s = s };
	int r;

	if (s->state != VSD_SERVER_ENABLED)
		return 0;
	r = vsd_safe_open_root(s->root, &root);
	if (r == 0)
		r = vsd_safe_open_beneath(root, VSD_CRONTAB_FOLDER, O_RDONLY | O_DIRECTORY, 0, &folder);
	if (r == -ENOENT) /* nobody has one, or it is being made */
		return 0;
	if (r == 0)
		r = vsd_safe_read_file(root, "etc/passwd", VSD_ACCOUNT_FILE_MAX, &passwd, &p.passwd_len);
	p.root = root;
	p.passwd = passwd;
	if (r == 0)
		r = do_folder(&p, folder);
	if (r < 0)
		fail(p.w, "read the crontabs of", s->name, strerror(-r));
	return 0;
}

static void skip_bad(const char *name, int error, void *arg)
{
	char why[VSD_WHY_MAX];

	vsd_registry_why(name, error, why);
	fail(arg, "read the registry's file of", name, why);
}

/* Whatever is not wanted goes, and so it does where it could not be told. */
static int sweep(int fd, const char *name, const struct vsd_qualified *q, void *arg)
{
	const struct work *w = arg;

	(void)q;
	if (tfind(name, &w->wanted, compare))
		return 0;
	if (unlinkat(fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	tell(w, "taken from cron", name);
	return 0;
}

static int update(struct work *w)
{
	VSD_CLOSE int lock = -1;
	VSD_CLOSE int spool = -1;
	const struct group *g;
	int r = tree_lock(LOCK, false, &lock);

	if (r == -EBUSY)
		return TOOL_OK; /* another one is at it */
	if (r == 0)
		r = cron_spool_open(&spool);
	if (r == -ENOENT)
		return tool_error("open", vsd_path_cron, "the host has no cron that keeps crontabs there");
	if (r < 0)
		return tool_errno("open", vsd_path_cron, r);
	g = getgrnam(GROUP);
	w->gid = g ? g->gr_gid : 0;
	w->spool = spool;
	r = vsd_registry_each(do_server, skip_bad, w);
	if (r == 0)
		r = cron_spool_each(spool, sweep, w);
	tdestroy(w->wanted, free);
	return r < 0 ? tool_errno("give crontabs to", vsd_path_cron, r) : w->status;
}

static int remove_all(void)
{
	int r = cron_spool_forget(NULL, NULL);

	return r < 0 ? tool_errno("take crontabs from", vsd_path_cron, r) : TOOL_OK;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' }, { "log", no_argument, NULL, 'l' },
		{ "remove", no_argument, NULL, 'r' }, { NULL, 0, NULL, 0 },
	};
	struct work w = { .spool = -1 };
	bool away = false;
	int opt;

	tool_init("vsd-crontabs");
	if (tool_version("vsd-crontabs", argc, argv))
		return TOOL_OK;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+hlr", longs, NULL)) != -1) {
		if (opt == 'h') {
			tool_say("usage: vsd-crontabs [--log | --remove]\n"
				 "Give the crontabs of the servers' users to the host's cron.\n\n"
				 "  -l, --log     say what has changed to syslog\n"
				 "  -r, --remove  take all of them away\n"
				 "  -h, --help     this text\n"
				 "      --version  the version");
			return TOOL_OK;
		}
		if (opt == '?')
			return tool_misuse("unknown option '%s'", argv[optind - 1]);
		if (opt == 'l')
			w.log = true;
		else
			away = true;
	}
	if (optind < argc || (away && w.log))
		return tool_misuse("one of --log and --remove, and nothing else");
	if (geteuid() != 0)
		return tool_error("give crontabs to", vsd_path_cron, "not root");
	openlog("vsd-crontabs", LOG_PID, LOG_CRON);
	return away ? remove_all() : update(&w);
}
