/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bevs.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paths.h"
#include "running.h"
#include "safe.h"
#include "tool.h"
#include "userns.h"

#define ADMIN "admin"

static const char usage[] =
	"Usage: bevs [-r | -u USER] NAME [COMMAND [ARG]...]\n"
	"Be in a virtual server: run a command there, or a login shell, as its admin.\n"
	"\n"
	"  -r, --root       as its root, with power over all of its users' files\n"
	"  -u, --user USER  as that user\n"
	"  -h, --help       show this text\n"
	"      --version    show the version\n";

static int explain_enter(const char *name, int r)
{
	if (r == -EACCES)
		return tool_error("enter", name, "it is disabled");
	return tool_errno("enter", name, r);
}

/* TERM of root's own terminal, when it is a plain word. */
static const char *plain_term(void)
{
	const char *term = secure_getenv("TERM");

	return term && term[0] && strlen(term) < 64 &&
	       term[strspn(term, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789+-._")] == '\0' ? term : NULL;
}

/* Nothing comes when the command runs: the pipe closes on exec. */
static int read_report(int fd, const struct bevs_job *j, const char *name)
{
	static const char *const what[] = { "enter", "become a user of", "run" };
	struct bevs_report r;
	ssize_t n;

	do {
		n = read(fd, &r, sizeof(r));
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(r))
		return 0;
	if (r.step == BEVS_RUN) {
		(void)tool_errno("run", j->command ? j->command[0] : j->user.shell, r.error);
		return r.error == ENOENT ? 127 : 126;
	}
	(void)tool_errno(what[r.step], name, r.error);
	return TOOL_FAILED;
}

static int start(struct bevs_job *j, const char *name)
{
	VSD_CLOSE int report = -1;
	int pair[2], status;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return tool_errno("make a pipe for", name, errno);
	report = pair[0];
	j->report = pair[1];
	pid = vsd_enter_fork(j->enter);
	if (pid == 0)
		bevs_child(j);
	(void)close(j->report); /* the child's */
	bevs_close_far(&j->wires);
	if (pid < 0)
		return tool_errno("fork for", name, errno);
	status = read_report(report, j, name);
	if (status == 0)
		return bevs_relay(&j->wires, pid);
	(void)waitpid(pid, NULL, 0); /* it is about to end */
	return status;
}

static int open_and_start(struct bevs_job *j, const char *name)
{
	int r = vsd_enter_own_devpts(j->enter), status;

	if (r < 0)
		return tool_errno("fetch the terminals of", name, r);
	r = bevs_open_wires(&j->wires);
	status = r < 0 ? tool_errno("open a terminal of", name, r) : start(j, name);
	bevs_close_far(&j->wires);
	bevs_close_near(&j->wires);
	return status;
}

static int enter(struct bevs_job *j, const struct vsd_conf *c, const struct vsd_server *s, bool root)
{
	VSD_CLOSE int userns = -1;
	int status, r;

	r = j->single.lock < 0 ? vsd_enter_prepare(s, c->isolation, &j->user.who, &j->enter)
			       : vsd_enter_prepare_single(s, c->isolation, &j->user.who, &j->enter);
	if (r == 0 && root)
		r = userns_make((struct vsd_range){ s->uid_first, s->uid_count }, true, &userns);
	if (r < 0)
		return explain_enter(s->name, r);
	j->userns = userns;
	status = open_and_start(j, s->name);
	vsd_enter_free(j->enter);
	return status;
}

static sigset_t blocked(void)
{
	static const int signals[] = { SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaddset(&set, signals[i]);
	return set;
}

/* In a process of its own: this one is the parent of vsd-init, and keeps the host's
 * mounts, which it is to take away again. */
static int enter_apart(struct bevs_job *j, const struct vsd_conf *c, const struct vsd_server *s,
		       bool root)
{
	sigset_t set = blocked(), before;
	int sig, status = 0;
	pid_t pid;

	if (sigprocmask(SIG_BLOCK, &set, &before) < 0)
		return tool_errno("block", "signals", errno);
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || sigprocmask(SIG_SETMASK, &before, NULL) < 0)
			_exit(TOOL_FAILED);
		_exit(enter(j, c, s, root));
	}
	if (pid < 0)
		return tool_errno("fork for", s->name, errno);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		sig = sigwaitinfo(&set, NULL);
		if (sig > 0 && sig != SIGCHLD)
			(void)kill(pid, sig); /* ours, not reaped yet */
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A server that stands still runs for as long as this, for nobody else. */
static int enter_single(struct bevs_job *j, const struct vsd_conf *c, const struct vsd_server *s,
			bool root)
{
	struct boot b = { .conf = c };
	char why[VSD_WHY_MAX] = "";
	int status, r = boot_prepare(c, &b, why);

	if (r < 0)
		return tool_error("prepare", "this host", why);
	r = boot_single_begin(&b, s, &j->single, why);
	boot_free(&b);
	if (r == -EALREADY) /* somebody has started it meanwhile */
		return enter(j, c, s, root);
	if (r < 0)
		return tool_error("enter", s->name, why);
	status = enter_apart(j, c, s, root);
	if (boot_single_end(c, s, &j->single, why) < 0)
		return tool_error("leave", s->name, why);
	return status;
}

static int find_and_start(struct bevs_job *j, const struct vsd_conf *c, const char *name,
			  const char *user, bool root, char **command)
{
	struct vsd_running run = VSD_RUNNING_NONE;
	char why[VSD_WHY_MAX];
	struct vsd_server s;
	int r = vsd_registry_find_name(name, &s);

	if (r == -ENOENT)
		return tool_error("find server", name, "no such server");
	if (r < 0) {
		vsd_registry_why(name, r, why);
		return tool_error("read the registry's file of", name, why);
	}
	r = bevs_find_user(&s, user, &j->user);
	if (r < 0)
		return r == -ENOENT ? tool_error("find user", user, "no such user in this server") :
				      tool_errno("read the passwd line of", user, r);
	if (root && j->command && bevs_is_helper(&s, j->command[0])) {
		int status = bevs_set_password(s.name, command);

		if (status >= 0)
			return status;
		root = false;
	}
	r = s.state == VSD_SERVER_ENABLED ? vsd_running_open(name, &run) : 0;
	vsd_running_close(&run);
	return r == -ESRCH ? enter_single(j, c, &s, root) : enter(j, c, &s, root);
}

static int run(const char *name, const char *user, bool root, char **command)
{
	struct bevs_job j = { .userns = -1, .report = -1, .single = { -1, -1 }, .wires = BEVS_WIRES_NONE,
			      .command = command, .term = plain_term() };
	struct vsd_conf *c = NULL;
	char why[VSD_WHY_MAX] = "";
	int status;

	if (vsd_conf_load(&c, why) < 0)
		return tool_error("read", vsd_path_conf, why);
	status = find_and_start(&j, c, name, user, root, command);
	vsd_conf_free(c);
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", no_argument, NULL, 'r' }, { "user", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	const char *user = NULL;
	bool root = false;
	int o;

	tool_init("bevs");
	if (tool_version("bevs", argc, argv))
		return TOOL_OK;
	while ((o = getopt_long(argc, argv, "+hru:", options, NULL)) != -1) {
		if (o == 'h') {
			(void)fputs(usage, stdout);
			return TOOL_OK;
		}
		if (o == '?')
			return tool_misuse("unknown option");
		if (o == 'r')
			root = true;
		else
			user = optarg;
	}
	if (root && user)
		return tool_misuse("one of -r and -u");
	if (optind == argc)
		return tool_misuse("which server?");
	if (geteuid() != 0 || getuid() != 0)
		return tool_error("run as", "this user", "the host's root is needed");
	/* None of the caller's may go in: one of a folder outside is a way out. */
	if (close_range(STDERR_FILENO + 1, ~0u, 0) < 0)
		return tool_errno("close", "descriptors", errno);
	return run(argv[optind], user ? user : ADMIN, root,
		   optind + 1 < argc ? argv + optind + 1 : NULL);
}
