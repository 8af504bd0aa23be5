/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usage: escape KEY=VALUE...              try everything: "NAME through|moot|stopped WHY" each
 *        escape serve NAME LOOPBACK ADDRESS  be what is attacked
 *        escape handle FILE               print its handle
 *        escape who CAPS                  exit 0 when it runs with more power than these
 *        escape hold FILE...              lock and lease them for good
 *        escape watch                     tell senders of datagrams who they are */
#include "escape.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTACK_SECONDS 5

static void child(const struct attack *t, const struct aims *a, int answer)
{
	int r;

	(void)alarm(ATTACK_SECONDS);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* the host's root can do what it is asked to: not to the lab itself */
	if (a->control && strncmp(t->name, "unshare", 7) != 0 &&
	    (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0))
		_exit(3);
	r = t->run(a, t->arg);
	if (write(answer, &r, sizeof(r)) != sizeof(r))
		_exit(1);
	_exit(0);
}

static void say(const char *name, int r, int status)
{
	if (WIFSIGNALED(status))
		printf("%s stopped SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		printf("%s broken %d\n", name, WEXITSTATUS(status));
	else if (r == THROUGH)
		printf("%s through\n", name);
	else if (r == MOOT)
		printf("%s moot\n", name);
	else
		printf("%s stopped %s\n", name, strerrorname_np(-r) ? strerrorname_np(-r) : "?");
	(void)fflush(stdout);
}

static void try(const struct attack *t, const struct aims *a)
{
	int answer[2], r = 0, status = 0;
	pid_t pid;

	if (pipe2(answer, O_CLOEXEC) < 0)
		exit(1);
	pid = fork();
	if (pid < 0)
		exit(1);
	if (pid == 0) {
		(void)close(answer[0]);
		child(t, a, answer[1]);
	}
	(void)close(answer[1]);
	if (waitpid(pid, &status, 0) != pid)
		exit(1);
	if (read(answer[0], &r, sizeof(r)) != sizeof(r) && status == 0)
		status = 1 << 8;
	(void)close(answer[0]);
	say(t->name, r, status);
}

static int handle(const char *path)
{
	union {
		struct file_handle h;
		unsigned char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h = { .handle_bytes = MAX_HANDLE_SZ } };
	int mount_id = 0;

	if (name_to_handle_at(AT_FDCWD, path, &u.h, &mount_id, 0) < 0)
		return 1;
	for (size_t i = 0; i < sizeof(struct file_handle) + u.h.handle_bytes; i++)
		printf("%02x", u.bytes[i]);
	printf("\n");
	return 0;
}

unsigned long long power(void)
{
	char text[2048] = "";
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const char *caps;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		exit(4);
	(void)close(fd);
	caps = strstr(text, "CapEff:\t");
	return caps ? strtoull(caps + 8, NULL, 16) : 0;
}

uid_t outside(uid_t id)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned first, there, count;

	if (!map)
		exit(4);
	while (fscanf(map, "%u %u %u", &first, &there, &count) == 3)
		if (id >= first && id - first < count) {
			id = there + (id - first);
			break;
		}
	(void)fclose(map);
	return id;
}

/* Each lock there is: whoever waits for one of them waits for ever. */
static int hold(char **files)
{
	struct flock whole = { .l_type = F_WRLCK };

	for (; *files; files++) {
		int fd = open(*files, O_RDWR | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0)
			fd = open(*files, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		(void)flock(fd, LOCK_EX | LOCK_NB);
		(void)fcntl(fd, F_SETLK, &whole);
		if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
			(void)fcntl(fd, F_SETLEASE, F_RDLCK);
	}
	(void)signal(SIGIO, SIG_IGN);
	printf("holding\n");
	(void)fflush(stdout);
	(void)pause();
	return 0;
}

static int aim(struct aims *a, const char *key, size_t len, const char *value)
{
	const struct {
		const char *key, **text;
		pid_t *pid;
	} keys[] = {
		{ "host", NULL, &a->pid[HOST] },     { "other", NULL, &a->pid[OTHER] },
		{ "init", NULL, &a->pid[INIT] },     { "file", &a->file, NULL },
		{ "handle", &a->handle, NULL },	     { "userns", &a->userns, NULL },
		{ "own-ip", &a->own_ip, NULL },	     { "host-ip", &a->host_ip, NULL },
		{ "other-ip", &a->other_ip, NULL },  { "other-loop", &a->other_loop, NULL },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strlen(keys[i].key) != len || memcmp(keys[i].key, key, len) != 0)
			continue;
		if (keys[i].text)
			*keys[i].text = value;
		else
			*keys[i].pid = (pid_t)strtol(value, NULL, 10);
		return 0;
	}
	if (len == 5 && memcmp(key, "first", 5) == 0)
		a->first = (uid_t)strtoul(value, NULL, 10);
	else if (len == 7 && memcmp(key, "control", 7) == 0)
		a->control = true;
	else
		return -1;
	return 0;
}

static int aims_read(struct aims *a, char **args)
{
	for (; *args; args++) {
		const char *is = strchr(*args, '=');

		if (!is || aim(a, *args, (size_t)(is - *args), is + 1) < 0)
			return -1;
	}
	return a->pid[HOST] > 1 && a->pid[OTHER] > 1 && a->pid[INIT] > 0 && a->file && a->handle &&
			       a->userns && a->own_ip && a->host_ip && a->other_ip &&
			       a->other_loop && a->first
		       ? 0
		       : -1;
}

int main(int argc, char **argv)
{
	static const struct attack *const all[] = { attacks_tree,  attacks_process, attacks_kernel,
						    attacks_mount, attacks_ipc,	    attacks_net,
						    attacks_self };
	struct aims a = { .first = 0 };

	if (argc == 5 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2], argv[3], argv[4]);
	if (argc == 3 && strcmp(argv[1], "handle") == 0)
		return handle(argv[2]);
	if (argc > 2 && strcmp(argv[1], "hold") == 0)
		return hold(argv + 2);
	if (argc == 3 && strcmp(argv[1], "who") == 0)
		return outside(geteuid()) == 0 || geteuid() != getuid() ||
			       (power() & ~strtoull(argv[2], NULL, 16)) != 0
			       ? 0
			       : 1;
	if (argc == 2 && strcmp(argv[1], "watch") == 0)
		return watch();
	if (argc < 2 || aims_read(&a, argv + 1) < 0)
		return 2;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		for (const struct attack *t = all[i]; t->name; t++)
			try(t, &a);
	return 0;
}
