/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pam_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <security/pam_ext.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/unit.h"

static char module[PATH_MAX];
char fx_logged[1024];

/* The program's own stand before libpam's: what the module logs is seen here. */
#define SEEN __attribute__((visibility("default")))

SEEN void pam_vsyslog(const pam_handle_t *pamh, int level, const char *fmt, va_list ap)
{
	(void)pamh;
	(void)level;
	vsnprintf(fx_logged, sizeof(fx_logged), fmt, ap);
	if (getenv("FX_TALK"))
		fprintf(stderr, "%s\n", fx_logged);
}

SEEN void pam_syslog(const pam_handle_t *pamh, int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pam_vsyslog(pamh, level, fmt, ap);
	va_end(ap);
}

static _Noreturn void die(const char *what)
{
	perror(what);
	abort();
}

static void must(int r, const char *what)
{
	if (r < 0)
		die(what);
}

static void make_folder(const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		die(path);
	must(chmod(path, mode), path);
}

void fx_write(const char *path, int mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd, path);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(path);
	must(fchmod(fd, (mode_t)mode), path);
	(void)close(fd);
}

/* lo up, with the servers' addresses as aliases. */
static void make_addresses(void)
{
	static const char *const addr[] = { "127.0.0.1", "10.77.0.1", "10.77.0.2", "10.77.0.99" };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr;

	for (unsigned i = 0; i < 4; i++) {
		struct sockaddr_in *in = (struct sockaddr_in *)(void *)&ifr.ifr_addr;

		memset(&ifr, 0, sizeof(ifr));
		snprintf(ifr.ifr_name, IFNAMSIZ, i ? "lo:%u" : "lo", i);
		in->sin_family = AF_INET;
		inet_pton(AF_INET, addr[i], &in->sin_addr);
		must(ioctl(s, SIOCSIFADDR, &ifr), "SIOCSIFADDR");
		memset(&ifr.ifr_addr, 0, sizeof(ifr.ifr_addr));
		ifr.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
		must(ioctl(s, SIOCSIFFLAGS, &ifr), "SIOCSIFFLAGS");
	}
	(void)close(s);
}

static void make_host(void)
{
	static const char *const folders[] = { "/etc/vsd", "/etc/vsd/servers", "/run/vsd",
					       "/var/lib/vsd", "/home/vsd", "/home/vsd/vs", FX_CONFDIR };

	must(mount("t", "/run", "tmpfs", 0, "mode=0755"), "/run");
	must(mount("t", "/var/lib", "tmpfs", 0, "mode=0755"), "/var/lib");
	must(mount("t", "/home", "tmpfs", 0, "mode=0755"), "/home");
	must(mount("t", "/etc", "tmpfs", 0, "mode=0755"), "/etc");
	for (unsigned i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		make_folder(folders[i], 0755);
}

const char *fx_module(void)
{
	return module;
}

void fx_module_is(const char *file)
{
	char *end = strrchr(module, '/');

	snprintf(end + 1, sizeof(module) - (size_t)(end + 1 - module), "%s", file);
}

bool fx_enter(void)
{
	char *end;
	ssize_t n = readlink("/proc/self/exe", module, sizeof(module) - 1);

	must((int)n, "/proc/self/exe");
	module[n] = '\0';
	for (int i = 0; i < 3; i++) { /* build/tests/modules/test_x */
		end = strrchr(module, '/');
		*end = '\0';
	}
	strcat(module, "/pam_vsd.so");
	if (geteuid() != 0 || unshare(CLONE_NEWNS | CLONE_NEWNET) < 0)
		return false;
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	make_addresses();
	make_host();
	return true;
}

void fx_conf(const char *text)
{
	fx_write("/etc/vsd.conf", 0644, text);
}

void fx_server(const char *name, int id, const char *state, int max_sessions)
{
	char path[128], text[1024];

	snprintf(path, sizeof(path), "/etc/vsd/servers/%s", name);
	snprintf(text, sizeof(text),
		 "format = 1\nid = %d\nuid = %d\ncount = 200\nstate = %s\n"
		 "root = /home/vsd/vs/%s\nskel = /home/vsd/skel\nfqdn = %s.example.test\n"
		 "address = 10.77.0.%d\nquota_mb = 0\nmax_users = 100\nmax_sessions = %d\n"
		 "memory = 0\npids = 0\ncpu = 0\n",
		 id, 2000000 + (id - 1) * 200, state, name, name, id, max_sessions);
	fx_write(path, 0644, text);
}

/* Plays the server's init; the test itself may be pid 1, which none can be. */
static pid_t make_init(void)
{
	pid_t pid = fork();

	must(pid, "fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

void fx_running(bool on)
{
	static pid_t init;
	char text[64], stat[1024], path[64], *p;
	int fd;
	ssize_t n;

	if (!on) {
		(void)unlink("/run/vsd/vs1/init");
		return;
	}
	if (init == 0)
		init = make_init();
	snprintf(path, sizeof(path), "/proc/%d/stat", init);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd, "stat");
	n = read(fd, stat, sizeof(stat) - 1);
	must((int)n, "stat");
	(void)close(fd);
	stat[n] = '\0';
	p = strrchr(stat, ')') + 1;
	for (int i = 0; i < 19; i++) /* from field 3 to 22 */
		p = strchr(p + 1, ' ');
	snprintf(text, sizeof(text), "%d %llu\n", init, strtoull(p, NULL, 10));
	fx_write("/run/vsd/vs1/init", 0644, text);
}

void fx_priv(const char *text)
{
	fx_write(FX_VS1 "/etc/vsd/priv", 0644, text);
}

void fx_shadow(const char *text)
{
	fx_write(FX_VS1 "/etc/shadow", 0640, text);
}

void fx_reset(void)
{
	make_folder(FX_VS1, 0755);
	make_folder(FX_VS1 "/etc", 0755);
	make_folder(FX_VS1 "/etc/vsd", 0755);
	make_folder("/home/vsd/vs/vs2", 0755);
	make_folder("/home/vsd/vs/vs2/etc", 0755);
	make_folder("/run/vsd/vs1", 0700);
	fx_write("/etc/nsswitch.conf", 0644,
		 "passwd: files\ngroup: files\nshadow: files\n");
	fx_write("/etc/passwd", 0644,
		 "root:x:0:0::/root:/bin/sh\nhosty:x:1500:1500::/:/bin/sh\n"
		 "alice:x:1501:1501::/:/bin/sh\n"
		 "alice@vs1:x:2000001:2000001::/home/vsd/vs/vs1/./home/alice:/usr/lib/vsd/vsd-shell\n"
		 "bob:x:2000002:2000002::/home/vsd/vs/vs1/./home/bob:/usr/lib/vsd/vsd-shell\n"
		 "bob@vs1:x:2000002:2000002::/home/vsd/vs/vs1/./home/bob:/usr/lib/vsd/vsd-shell\n"
		 "bob@vs2:x:2000202:2000202::/home/vsd/vs/vs2/./home/bob:/usr/lib/vsd/vsd-shell\n"
		 "carol@vs1:x:1502:1502::/:/bin/sh\n"
		 "corp@realm:x:1503:1503::/:/bin/sh\n"
		 "stray:x:2000007:2000007::/:/bin/sh\n");
	fx_write("/etc/group", 0644, "root:x:0:\ndisk:x:6:alice@vs1\n");
	fx_write("/etc/shadow", 0640, "root:*:19000:0:99999:7:::\n");
	fx_write(FX_VS1 "/etc/passwd", 0644,
		 "root:x:0:0::/root:/bin/sh\nadmin:x:2000000:2000000::/root:/bin/sh\n"
		 "alice:x:0:0::/:/bin/sh\n"
		 "alice:x:2000001:2000001::/home/alice:/bin/bash\n"
		 "bob:x:2000002:2000002::/home/bob:/bin/sh\n"
		 "carol:x:2000003:2000003::/home/carol:/bin/sh\n");
	fx_write("/home/vsd/vs/vs2/etc/passwd", 0644, "bob:x:2000202:2000202::/home/bob:/bin/sh\n");
	fx_priv("login:x::alice,bob,carol\n");
	fx_shadow("alice:!:19000:0:99999:7:::\nbob:!:19000:0:99999:7:::\n");
	fx_conf("service.sshd = login\nservice.vsftpd = ftp\n");
	fx_server("vs1", 1, "enabled", 64);
	fx_server("vs2", 2, "enabled", 64);
	fx_running(true);
	fx_service("sshd", "");
	(void)unlink(FX_VS1 "/etc/nologin");
	(void)unlink("/etc/nologin");
	fx_logged[0] = '\0';
}

void fx_service(const char *service, const char *options)
{
	static const char *const type[] = { "auth", "account", "password", "session" };
	static const char *const hook[] = { "auth", "acct", "chauthtok", "open_session" };
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), FX_CONFDIR "/%s", service);
	f = fopen(path, "we");
	if (!f)
		die(path);
	/* What pam_vsd ignores falls to pam_debug, whose code nobody else gives. */
	for (int i = 0; i < 4; i++) {
		fprintf(f, "%s [success=done ignore=ignore new_authtok_reqd=done default=die] %s %s\n",
			type[i], module, options);
		fprintf(f, "%s required pam_debug.so %s=module_unknown cred=module_unknown "
			"prechauthtok=module_unknown close_session=module_unknown\n",
			type[i], hook[i]);
	}
	must(fclose(f), path);
}

int fx_code(int r)
{
	return r == PAM_MODULE_UNKNOWN ? FX_IGNORED : r;
}

static int converse(int n, const struct pam_message **msg, struct pam_response **resp, void *arg)
{
	struct fx_talk *t = arg;
	struct pam_response *out;

	if (!t->answers)
		return PAM_CONV_ERR;
	out = calloc((size_t)n, sizeof(*out));
	if (!out)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		size_t len = strcspn(t->answers, "\n");

		if (msg[i]->msg_style == PAM_TEXT_INFO || msg[i]->msg_style == PAM_ERROR_MSG) {
			snprintf(t->said, sizeof(t->said), "%s", msg[i]->msg);
			continue;
		}
		t->asked++;
		out[i].resp = strndup(t->answers, len);
		t->answers += len + (t->answers[len] == '\n');
	}
	*resp = out;
	return PAM_SUCCESS;
}

static void no_delay(int status, unsigned usec, void *arg)
{
	(void)status;
	(void)usec;
	(void)arg;
}

pam_handle_t *fx_start(const char *service, const char *user, struct fx_talk *talk)
{
	static struct pam_conv conv[16];
	static unsigned next;
	struct pam_conv *c = &conv[next++ % 16];
	pam_handle_t *pamh = NULL;

	c->conv = converse;
	c->appdata_ptr = talk;
	assert_int_equal(pam_start_confdir(service, user, c, FX_CONFDIR, &pamh), PAM_SUCCESS);
	assert_int_equal(pam_set_item(pamh, PAM_FAIL_DELAY, (const void *)(uintptr_t)no_delay),
			 PAM_SUCCESS);
	return pamh;
}

int fx_connect(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET }, to;
	socklen_t len = sizeof(in);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), s;

	inet_pton(AF_INET, address, &in.sin_addr);
	must(bind(l, (struct sockaddr *)&in, sizeof(in)), "bind");
	must(listen(l, 1), "listen");
	must(getsockname(l, (struct sockaddr *)&in, &len), "getsockname");
	to = in;
	in.sin_port = 0; /* lo would choose the first alias as the source */
	must(bind(c, (struct sockaddr *)&in, sizeof(in)), "bind");
	must(connect(c, (struct sockaddr *)&to, sizeof(to)), "connect");
	s = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	must(s, "accept");
	(void)close(l);
	/* The client's end is in this process too: its local address is the same. */
	must(dup3(c, 200, O_CLOEXEC), "dup3");
	(void)close(c);
	return s;
}
