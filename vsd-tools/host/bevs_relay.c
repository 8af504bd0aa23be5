/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between root's terminal and the server's.  What comes out is shown as it is, as
 * ssh shows it; nothing that comes out is ever put into root's terminal's input. */
#include "bevs.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <linux/magic.h>
#include <unistd.h>

#define SIGNALLED 128

/* ---- the wires ---- */

static int open_master(int *out_fd)
{
	VSD_CLOSE int fd = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;
	int unlock = 0;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return -EPERM;
	if (ioctl(fd, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	*out_fd = vsd_take_fd(&fd);
	return 0;
}

int bevs_open_wires(struct bevs_wires *w)
{
	int pair[2], r = open_master(&w->master);

	for (int i = 0; r == 0 && i < 3; i++) {
		if (isatty(i))
			continue;
		if (pipe2(pair, O_CLOEXEC) < 0)
			return -errno;
		w->far[i] = pair[i == 0 ? 0 : 1];
		w->near[i] = pair[i == 0 ? 1 : 0];
	}
	return r;
}

static void close_one(int *fd)
{
	vsd_scope_close(fd);
	*fd = -1;
}

void bevs_close_near(struct bevs_wires *w)
{
	close_one(&w->master);
	for (int i = 0; i < 3; i++)
		close_one(&w->near[i]);
}

void bevs_close_far(struct bevs_wires *w)
{
	for (int i = 0; i < 3; i++)
		close_one(&w->far[i]);
}

/* ---- root's own terminal ---- */

struct terminal {
	int fd;              /* -1: there is none */
	struct termios kept;
};

static void copy_size(int from, int master)
{
	struct winsize size;

	if (from >= 0 && ioctl(from, TIOCGWINSZ, &size) == 0)
		(void)ioctl(master, TIOCSWINSZ, &size); /* the old size stays */
}

/* The new terminal gets the settings and the size of root's, which then passes all
 * through. */
static void borrow_terminal(struct terminal *t, int master)
{
	struct termios raw;

	t->fd = -1;
	for (int i = 2; i >= 0; i--)
		if (isatty(i))
			t->fd = i; /* the lowest: stdin if it is one */
	if (t->fd < 0 || tcgetattr(t->fd, &t->kept) < 0) {
		t->fd = -1;
		return;
	}
	copy_size(t->fd, master);
	(void)tcsetattr(master, TCSANOW, &t->kept); /* else the kernel's defaults */
	if (!isatty(STDIN_FILENO))
		return; /* nothing is typed into it: leave it as it is */
	raw = t->kept;
	cfmakeraw(&raw);
	(void)tcsetattr(t->fd, TCSADRAIN, &raw);
}

static void give_terminal_back(const struct terminal *t)
{
	if (t->fd >= 0 && isatty(STDIN_FILENO))
		(void)tcsetattr(t->fd, TCSADRAIN, &t->kept);
}

/* ---- passing on ---- */

/* Each way has a buffer of its own, and poll(2) is asked before every step: a
 * command that writes while it does not read must not stop both sides.  After
 * POLLOUT a pipe takes PIPE_BUF bytes without blocking; what is not ours we may not
 * make non-blocking, others share it. */
struct stream {
	int from, to;      /* from -1: it has ended */
	int *ends;         /* closed when it ends, or NULL */
	size_t off, len;
	char buf[PIPE_BUF];
};

enum { S_IN, S_TTY, S_OUT, S_ERR, S_COUNT };

static struct stream stream[S_COUNT];

static void end_stream(struct stream *s)
{
	s->from = -1;
	s->len = 0;
	if (s->ends)
		close_one(s->ends);
}

static void fill(struct stream *s)
{
	ssize_t n = read(s->from, s->buf, sizeof(s->buf));

	if (n > 0) {
		s->off = 0;
		s->len = (size_t)n;
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		end_stream(s);
	}
}

static void empty(struct stream *s)
{
	ssize_t n = write(s->to, s->buf + s->off, s->len);

	if (n > 0) {
		s->off += (size_t)n;
		s->len -= (size_t)n;
	} else if (n < 0 && errno != EINTR && errno != EAGAIN) {
		end_stream(s); /* who writes next learns it */
	}
}

/* One round of what can be done now.  Waits for it when `wait`.
 * Returns: something was there */
static bool step(int sigfd, bool wait, bool *out_signal)
{
	struct pollfd p[S_COUNT + 1];
	int n;

	for (int i = 0; i < S_COUNT; i++) {
		struct stream *s = &stream[i];

		p[i] = (struct pollfd){ .fd = s->len ? s->to : s->from,
					.events = s->len ? POLLOUT : POLLIN };
	}
	p[S_COUNT] = (struct pollfd){ .fd = sigfd, .events = POLLIN };
	n = poll(p, S_COUNT + 1, wait ? -1 : 0);
	*out_signal = n > 0 && p[S_COUNT].revents;
	for (int i = 0; n > 0 && i < S_COUNT; i++) {
		if (p[i].revents && stream[i].len)
			empty(&stream[i]);
		else if (p[i].revents)
			fill(&stream[i]);
	}
	return n > 0;
}

/* The command has ended: what it had written is still on its way.  A process that
 * it left behind may write for ever: not more than the kernel's buffers hold. */
static void drain(void)
{
	bool signal;

	end_stream(&stream[S_IN]);
	for (int rounds = 256; rounds > 0 && step(-1, false, &signal); rounds--)
		;
	for (int i = S_TTY; i < S_COUNT; i++)
		while (stream[i].from >= 0 && stream[i].len)
			empty(&stream[i]);
}

static void connect_streams(struct bevs_wires *w)
{
	const int screen = isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDERR_FILENO;
	const int input = w->near[0] >= 0 ? w->near[0] : w->master;

	stream[S_IN] = (struct stream){ .from = STDIN_FILENO, .to = input };
	if (w->near[0] >= 0)
		stream[S_IN].ends = &w->near[0];
	stream[S_TTY] = (struct stream){ .from = w->master, .to = screen };
	stream[S_OUT] = (struct stream){ .from = w->near[1], .to = STDOUT_FILENO,
					 .ends = &w->near[1] };
	stream[S_ERR] = (struct stream){ .from = w->near[2], .to = STDERR_FILENO,
					 .ends = &w->near[2] };
	(void)fcntl(w->master, F_SETFL, O_RDWR | O_NONBLOCK); /* ours alone; else slower */
	for (int i = 0; i < 3; i++)
		if (w->near[i] >= 0)
			(void)fcntl(w->near[i], F_SETFL, O_NONBLOCK);
}

/* ---- signals ---- */

static int take_signals(void)
{
	static const int taken[] = { SIGCHLD, SIGWINCH, SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		(void)sigaddset(&set, taken[i]);
	(void)signal(SIGPIPE, SIG_IGN); /* write says EPIPE */
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The first child has entered and left the command to its sibling.
 * Returns: true, there is no child any more; *status is the command's */
static bool reap(pid_t first, int *status)
{
	int got;
	pid_t pid;

	while ((pid = waitpid(-1, &got, WNOHANG)) > 0)
		if (pid != first || got != 0)
			*status = WIFSIGNALED(got) ? SIGNALLED + WTERMSIG(got) : WEXITSTATUS(got);
	return pid < 0 && errno == ECHILD;
}

int bevs_relay(struct bevs_wires *w, pid_t first)
{
	struct signalfd_siginfo info;
	struct terminal t;
	bool signal, over = false;
	int status = 1;
	VSD_CLOSE int sigfd = take_signals();
	/* Held open, so that reading does not fail while the command has closed it. */
	VSD_CLOSE int slave = ioctl(w->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (sigfd < 0 || slave < 0)
		return 1;
	connect_streams(w);
	borrow_terminal(&t, w->master);
	over = reap(first, &status); /* ended before signals were blocked */
	while (!over) {
		(void)step(sigfd, true, &signal);
		while (signal && !over && read(sigfd, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGCHLD) {
				over = reap(first, &status);
			} else if (info.ssi_signo == SIGWINCH) {
				copy_size(t.fd, w->master);
			} else {
				status = SIGNALLED + (int)info.ssi_signo;
				over = true; /* the terminal's end hangs the session up */
			}
		}
	}
	drain();
	give_terminal_back(&t);
	return status;
}
