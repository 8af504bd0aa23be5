/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nss_vsd in the processes of the host: whose bare names it answers, what is left
 * after a root change, and what it leaves behind. */
#include "nss_rig.h"
#include "paths_test.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>

#define VS1 "10.77.0.2" /* rig_server(1) */
#define VS2 "10.77.0.3"
#define HOST "10.99.0.1"
#define SVC "/mnt/sbin/svc"

static const char *self;

#ifdef __SANITIZE_ADDRESS__
/* Its leak check wants /proc and ptrace, which a probe has given up. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

/* ---- the probe: this program again, under another name ---- */

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, text, &a.sin_addr) != 1)
		_exit(99);
	return a;
}

/* A listener at the address; with `accepted` both ends of a connection to it. */
static int serve(const char *text, bool accepted)
{
	struct sockaddr_in a = address(text);
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(l, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(l, 1) < 0 ||
	    getsockname(l, (struct sockaddr *)&a, &len) < 0)
		_exit(98);
	if (!accepted)
		return l; /* and no other socket, which would be a second address */
	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&a, sizeof(a)) < 0)
		_exit(97);
	return accept(l, NULL, NULL);
}

/* A kernel, sandbox or emulator that does not know openat2. */
static void forbid_openat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		_exit(91);
}

static void act(const char *what)
{
	struct sockaddr_in a;
	struct passwd p;

	if (!strncmp(what, "client=", 7)) {
		(void)serve(what + 7, true);
	} else if (!strncmp(what, "listen=", 7)) {
		(void)serve(what + 7, false);
	} else if (!strncmp(what, "udp=", 4)) {
		a = address(what + 4);
		a.sin_port = htons(53);
		if (connect(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&a, sizeof(a)) < 0)
			_exit(96);
	} else if (!strcmp(what, "euid")) {
		if (setresuid(0, 65534, 0) < 0)
			_exit(95);
	} else if (!strcmp(what, "drop")) {
		if (setresuid(65534, 65534, 65534) < 0)
			_exit(94);
	} else if (!strncmp(what, "ask=", 4)) {
		(void)rig_pwnam(what + 4, &p);
	} else if (!strcmp(what, "enter")) {
		if (chroot(RIG_ROOTS "/vs1") < 0 || chdir("/") < 0)
			_exit(93);
	} else if (!strcmp(what, "no-openat2")) {
		forbid_openat2();
	} else if (!strcmp(what, "closeall")) {
		for (int fd = 3; fd < 1024; fd++)
			(void)close(fd);
	} else {
		_exit(92);
	}
}

/* The user's hash, as this program is given it. */
static int probe_hash(const char *name)
{
	char room[1024];
	struct spwd sp;
	int e = 0;

	if (rig.getspnam(name, &sp, room, sizeof(room), &e) != NSS_STATUS_SUCCESS)
		return 30;
	return strcmp(sp.sp_pwdp, "*") == 0 ? 31 : 32;
}

/* Exit status: 10 + nss_status; 20 when the answer is not what was asked; with
 * hash:NAME what probe_hash says. */
static int probe(int n, char **arg)
{
	struct passwd p;
	enum nss_status s;

	rig_load();
	for (int i = 0; i < n - 1; i++)
		act(arg[i]);
	if (!strncmp(arg[n - 1], "hash:", 5))
		return probe_hash(arg[n - 1] + 5);
	s = rig_pwnam(arg[n - 1], &p);
	if (s == NSS_STATUS_SUCCESS && strcmp(p.pw_name, arg[n - 1]) != 0)
		return 20;
	return 10 + s;
}

/* ---- the tests ---- */

static void copy_self(const char *to, mode_t mode, gid_t group)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "cp '%s' '%s'", self, to);
	assert_int_equal(system(cmd), 0);
	assert_int_equal(chown(to, 0, group), 0);
	assert_int_equal(chmod(to, mode), 0);
}

static int set_up(void **state)
{
	(void)rig_set_up(state);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(system("ip link set lo up && ip addr add " VS1 "/32 dev lo && "
				"ip addr add " VS2 "/32 dev lo && ip addr add " HOST "/32 dev lo"), 0);
	assert_int_equal(mkdir("/mnt/sbin", 0755), 0);
	copy_self(SVC, 0755, 0);
	copy_self("/mnt/sbin/other", 0755, 0);
	copy_self("/mnt/sbin/login", 0755, 0);
	copy_self("/mnt/sbin/setgid", 02755, 65534);
	test_tree_write("etc/vsd.conf", 0644,
			"service.svc = login " SVC " /mnt/sbin/setgid\n"
			"service.login = telnet /mnt/sbin/login\n");
	/* what vsboot gives every server: the same path inside */
	assert_int_equal(mkdir(RIG_ROOTS "/vs1/mnt", 0755), 0);
	assert_int_equal(mkdir(RIG_ROOTS "/vs1/mnt/home", 0755), 0);
	assert_int_equal(mkdir(RIG_ROOTS "/vs1/mnt/home/vsd", 0755), 0);
	assert_int_equal(mkdir(RIG_ROOTS "/vs1/mnt/home/vsd/vs", 0755), 0);
	assert_int_equal(symlink("/", RIG_ROOTS "/vs1/mnt/home/vsd/vs/vs1"), 0);
	return 0;
}

/* Run PROGRAM probe ARGS (blank-separated); with `parent` its parent has an
 * accepted connection to that address on fd 0. */
static int run(const char *program, const char *args, const char *parent)
{
	char text[256], *arg[16];
	int n = 0, status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0 && parent) {
		if (dup2(serve(parent, true), 0) < 0)
			_exit(90);
		for (int fd = 3; fd < 64; fd++)
			(void)close(fd);
		pid = fork();
		if (pid > 0) {
			(void)waitpid(pid, &status, 0);
			_exit(WEXITSTATUS(status));
		}
		(void)dup2(1, 0);
	}
	if (pid == 0) {
		snprintf(text, sizeof(text), "%s", args);
		arg[n++] = (char *)(uintptr_t)program;
		arg[n++] = (char *)(uintptr_t)"probe";
		for (char *p = strtok(text, " "); p; p = strtok(NULL, " "))
			arg[n++] = p;
		arg[n] = NULL;
		execv(program, arg);
		_exit(91);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void test_bare_names(void **state)
{
	static const struct {
		const char *program, *args, *parent;
		enum nss_status want;
	} c[] = {
		{ SVC, "client=" VS1 " alice", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "client=" VS1 " client=" VS1 " alice", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "client=" VS1 " root", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "client=" VS1 " nobody", NULL, NSS_STATUS_NOTFOUND },
		/* proftpd asks as another euid; a process that is root no more may not */
		{ SVC, "client=" VS1 " euid alice", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "client=" VS1 " drop alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "client=" VS1 " ask=alice drop alice", NULL, NSS_STATUS_NOTFOUND },
		/* not a listed service; AT_SECURE */
		{ "/mnt/sbin/other", "client=" VS1 " alice", NULL, NSS_STATUS_NOTFOUND },
		{ "/mnt/sbin/other", "client=" VS1 " alice@vs1", NULL, NSS_STATUS_SUCCESS },
		{ "/mnt/sbin/setgid", "client=" VS1 " alice", NULL, NSS_STATUS_NOTFOUND },
		/* a listener, a resolver's socket, the host's address, two servers */
		{ SVC, "alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "listen=" VS1 " alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "udp=" VS1 " alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "udp=" HOST " client=" VS1 " alice", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "client=" HOST " alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "client=" VS1 " client=" VS2 " alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "client=" VS1 " client=" HOST " alice", NULL, NSS_STATUS_NOTFOUND },
		/* login: its direct parent's fd 0, and nothing of its own */
		{ "/mnt/sbin/login", "alice", VS1, NSS_STATUS_SUCCESS },
		{ "/mnt/sbin/login", "alice", HOST, NSS_STATUS_NOTFOUND },
		{ "/mnt/sbin/login", "client=" VS1 " alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "alice", VS1, NSS_STATUS_NOTFOUND },
		/* a daemon that closes everything */
		{ SVC, "client=" VS1 " ask=alice closeall alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "ask=alice@vs1 closeall alice@vs1", NULL, NSS_STATUS_SUCCESS },
		/* after a root change: what was asked before, from memory */
		{ SVC, "client=" VS1 " ask=alice enter alice", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "client=" VS1 " ask=alice enter closeall alice", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "client=" VS1 " ask=bob@vs2 enter alice", NULL, NSS_STATUS_NOTFOUND },
		{ SVC, "ask=alice@vs1 enter alice@vs1", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "ask=alice@vs2 enter alice@vs2", NULL, NSS_STATUS_SUCCESS },
		{ SVC, "ask=alice@vs1 enter alice@vs2", NULL, NSS_STATUS_NOTFOUND },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		int got = run(c[i].program, c[i].args, c[i].parent);

		if (got != 10 + (int)c[i].want)
			fail_msg("%s %s (parent %s): %d, not %d", c[i].program, c[i].args,
				 c[i].parent ? c[i].parent : "-", got, 10 + c[i].want);
	}
}

/* A listed service must ask PAM: proftpd compared the hash itself once pam_vsd had
 * refused the user, and served them on the host. */
static void test_hashes(void **state)
{
	(void)state;
	assert_int_equal(run("/mnt/sbin/other", "hash:alice@vs1", NULL), 32);
	assert_int_equal(run(SVC, "hash:alice@vs1", NULL), 31);
	assert_int_equal(run(SVC, "client=" VS1 " hash:alice", NULL), 31);
	assert_int_equal(run("/mnt/sbin/login", "hash:alice", VS1), 31);
	assert_int_equal(run(SVC, "drop hash:alice@vs1", NULL), 30);
}

/* Broken configuration: an outage where it matters, silence elsewhere. */
static void test_bare_names_with_broken_conf(void **state)
{
	(void)state;
	test_tree_write("etc/vsd.conf", 0644, "nonsense\n");
	assert_int_equal(run(SVC, "client=" VS1 " alice", NULL), 10 + NSS_STATUS_UNAVAIL);
	assert_int_equal(run(SVC, "client=" HOST " alice", NULL), 10 + NSS_STATUS_NOTFOUND);
	assert_int_equal(run(SVC, "alice", NULL), 10 + NSS_STATUS_NOTFOUND);
	assert_int_equal(run(SVC, "alice@vs1", NULL), 10 + NSS_STATUS_SUCCESS);
	assert_int_equal(run("/mnt/sbin/other", "hash:alice@vs1", NULL), 31);
}

/* In a child with another root the tenant's files are not read, whatever they
 * say by then. */
static void test_root_change(void **state)
{
	struct passwd p;
	char room[256];
	int status, e, bad = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(rig_pwnam("bob@vs1", &p), NSS_STATUS_SUCCESS);
	rig_passwd(1, "", "");
	assert_int_equal(rig_pwnam("bob@vs1", &p), NSS_STATUS_SUCCESS);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char line[128];
		uint32_t u = rig_uid(1, 2);

		snprintf(line, sizeof(line), "evil:x:%u:%u::/:/s\nbob:x:%u:%u::/evil:/s\n", u + 1,
			 u + 1, u, u);
		rig_file(1, "etc/passwd", 0644, line);
		act("enter");
		bad |= rig_pwnam("evil@vs1", &p) != NSS_STATUS_NOTFOUND;
		bad |= (rig_pwuid(u + 1, &p) != NSS_STATUS_NOTFOUND) << 1;
		bad |= (rig_pwnam("bob@vs1", &p) != NSS_STATUS_SUCCESS ||
			strstr(p.pw_dir, "evil")) << 2;
		bad |= (rig_pwuid(u, &p) != NSS_STATUS_SUCCESS) << 3;
		bad |= (rig.setpwent(0) != NSS_STATUS_SUCCESS ||
			rig.getpwent(&p, room, sizeof(room), &e) != NSS_STATUS_NOTFOUND) << 4;
		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Without openat2 the same files are read, and the same links refused. */
static void test_without_openat2(void **state)
{
	(void)state;
	rig_passwd(1, "", "");
	assert_int_equal(run(SVC, "no-openat2 alice@vs1", NULL), 10 + NSS_STATUS_SUCCESS);
	assert_int_equal(rename(RIG_ROOTS "/vs1/etc/passwd", RIG_ROOTS "/vs1/etc/other"), 0);
	assert_int_equal(symlink("other", RIG_ROOTS "/vs1/etc/passwd"), 0);
	assert_int_equal(run(SVC, "no-openat2 alice@vs1", NULL), 10 + NSS_STATUS_UNAVAIL);
	assert_int_equal(unlink(RIG_ROOTS "/vs1/etc/passwd"), 0);
	assert_int_equal(rename(RIG_ROOTS "/vs1/etc/other", RIG_ROOTS "/vs1/etc/passwd"), 0);
	assert_int_equal(rename(RIG_ROOTS "/vs1/etc", RIG_ROOTS "/vs1/real"), 0);
	assert_int_equal(symlink("real", RIG_ROOTS "/vs1/etc"), 0);
	assert_int_equal(run(SVC, "no-openat2 alice@vs1", NULL), 10 + NSS_STATUS_UNAVAIL);
	assert_int_equal(unlink(RIG_ROOTS "/vs1/etc"), 0);
	assert_int_equal(rename(RIG_ROOTS "/vs1/real", RIG_ROOTS "/vs1/etc"), 0);
}

static void test_nothing_left(void **state)
{
	int fds = rig_open_fds();
	struct passwd p;

	(void)state;
	rig_passwd(1, "", "");
	for (int i = 0; i < 50; i++) {
		assert_int_equal(rig_pwnam("alice@vs1", &p), NSS_STATUS_SUCCESS);
		assert_int_equal(rig.setpwent(1), NSS_STATUS_SUCCESS);
		assert_int_equal(rig_open_fds(), fds);
		rig_stop();
		rig_load();
	}
	assert_int_equal(rig_open_fds(), fds);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bare_names),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_bare_names_with_broken_conf),
		cmocka_unit_test(test_root_change),
		cmocka_unit_test(test_without_openat2),
		cmocka_unit_test(test_nothing_left),
	};

	if (argc > 2 && !strcmp(argv[1], "probe"))
		return probe(argc - 2, argv + 2);
	self = argv[0];
	return cmocka_run_group_tests(tests, set_up, rig_tear_down);
}
