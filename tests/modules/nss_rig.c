/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss_rig.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths_test.h"
#include "registry.h"

#define LOAD(field, symbol)                                             \
	do {                                                            \
		*(void **)&rig.field = dlsym(rig.handle, symbol);       \
		assert_non_null(rig.field);                             \
	} while (0)

const char *rig_module = NSS_TEST_MODULE;
struct rig_api rig;

void rig_load(void)
{
	rig.handle = dlopen(rig_module, RTLD_NOW | RTLD_LOCAL);
	if (!rig.handle)
		fail_msg("dlopen: %s", dlerror());
	LOAD(setpwent, "_nss_vsd_setpwent");
	LOAD(endpwent, "_nss_vsd_endpwent");
	LOAD(getpwent, "_nss_vsd_getpwent_r");
	LOAD(setgrent, "_nss_vsd_setgrent");
	LOAD(endgrent, "_nss_vsd_endgrent");
	LOAD(getgrent, "_nss_vsd_getgrent_r");
	LOAD(setspent, "_nss_vsd_setspent");
	LOAD(endspent, "_nss_vsd_endspent");
	LOAD(getspent, "_nss_vsd_getspent_r");
	LOAD(setsgent, "_nss_vsd_setsgent");
	LOAD(endsgent, "_nss_vsd_endsgent");
	LOAD(getsgent, "_nss_vsd_getsgent_r");
	LOAD(getpwnam, "_nss_vsd_getpwnam_r");
	LOAD(getpwuid, "_nss_vsd_getpwuid_r");
	LOAD(getgrnam, "_nss_vsd_getgrnam_r");
	LOAD(getgrgid, "_nss_vsd_getgrgid_r");
	LOAD(getspnam, "_nss_vsd_getspnam_r");
	LOAD(getsgnam, "_nss_vsd_getsgnam_r");
	LOAD(initgroups, "_nss_vsd_initgroups_dyn");
}

void rig_start(void)
{
	if (test_tree_make() < 0)
		skip();
	assert_int_equal(mkdir("/mnt/home", 0755), 0);
	assert_int_equal(mkdir("/mnt/home/vsd", 0755), 0);
	assert_int_equal(mkdir(RIG_ROOTS, 0711), 0);
	rig_load();
}

void rig_stop(void)
{
	assert_int_equal(dlclose(rig.handle), 0);
}

int rig_set_up(void **state)
{
	(void)state;
	rig_start();
	rig_server(1);
	rig_server(2);
	return 0;
}

int rig_tear_down(void **state)
{
	(void)state;
	if (rig.handle)
		rig_stop();
	return 0;
}

uint32_t rig_uid(unsigned n, uint32_t i)
{
	return RIG_FIRST + n * RIG_STEP + i;
}

void rig_file(unsigned n, const char *path, mode_t mode, const char *text)
{
	char tmp[256], to[256];

	snprintf(tmp, sizeof(tmp), "home/vsd/vs/vs%u/etc/.rig.new", n);
	test_tree_write(tmp, mode, text);
	snprintf(tmp, sizeof(tmp), RIG_ROOTS "/vs%u/etc/.rig.new", n);
	snprintf(to, sizeof(to), RIG_ROOTS "/vs%u/%s", n, path);
	assert_int_equal(rename(tmp, to), 0);
}

void rig_passwd(unsigned n, const char *before, const char *after)
{
	static char text[1 << 16];
	uint32_t u = rig_uid(n, 0);

	snprintf(text, sizeof(text),
		 "%sroot:x:0:0:root:/root:/bin/bash\n"
		 "admin:x:%u:%u:Admin:/root:/bin/bash\n"
		 "alice:x:%u:%u:Alice,room 1:/home/alice:/bin/bash\n"
		 "bob:x:%u:%u:Bob:/home/bob:/bin/sh\n%s",
		 before, u, u, u + 1, u + 1, u + 2, u + 2, after);
	rig_file(n, "etc/passwd", 0644, text);
}

static void add_to_registry(unsigned n)
{
	struct vsd_server s = {
		.id = n,
		.uid_first = rig_uid(n, 0),
		.uid_count = RIG_STEP,
		.state = VSD_SERVER_ENABLED,
		.naddr = 1,
		.max_users = 100,
		.max_sessions = 8,
	};
	char why[VSD_WHY_MAX] = "", addr[32];
	int lock;

	snprintf(s.name, sizeof(s.name), "vs%u", n);
	snprintf(s.root, sizeof(s.root), RIG_ROOTS "/vs%u", n);
	snprintf(s.skel, sizeof(s.skel), "/mnt/home/vsd/skel");
	snprintf(s.fqdn, sizeof(s.fqdn), "vs%u.example.test", n);
	snprintf(addr, sizeof(addr), "10.77.%u.%u", n / 250, n % 250 + 1);
	assert_int_equal(vsd_addr_parse(addr, strlen(addr), &s.addr[0]), 0);
	assert_int_equal(vsd_registry_lock(&lock), 0);
	if (vsd_registry_add(lock, &s, why) != 0)
		fail_msg("registry: %s", why);
	assert_int_equal(close(lock), 0);
}

void rig_server(unsigned n)
{
	char text[512], dir[128];
	uint32_t u = rig_uid(n, 0);

	snprintf(dir, sizeof(dir), RIG_ROOTS "/vs%u", n);
	(void)mkdir(dir, 0755); /* a server that came, went and comes again */
	snprintf(dir, sizeof(dir), RIG_ROOTS "/vs%u/etc", n);
	(void)mkdir(dir, 0755);
	rig_passwd(n, "", "");
	snprintf(text, sizeof(text),
		 "root:x:0:\ndisk:x:6:alice\nadmin:x:%u:\nalice:x:%u:\nbob:x:%u:\n"
		 "audio:x:%u:alice,bob\nsudo:x:%u:bob\n", u, u + 1, u + 2, u + 50, u + 51);
	rig_file(n, "etc/group", 0644, text);
	rig_file(n, "etc/shadow", 0600,
		 "root:*:19000:0:99999:7:::\nadmin:$6$a$b:19000:0:99999:7:::\n"
		 "alice:$6$c$d:19001:0:99999:7:::\nbob:!:19002:::::20000:\n");
	rig_file(n, "etc/gshadow", 0600, "root:*::\nadmin:!::\naudio:!:admin:alice,bob\n");
	add_to_registry(n);
}

void rig_server_remove(unsigned n)
{
	char name[16];
	int lock;

	snprintf(name, sizeof(name), "vs%u", n);
	assert_int_equal(vsd_registry_lock(&lock), 0);
	assert_int_equal(vsd_registry_remove(lock, name), 0);
	assert_int_equal(close(lock), 0);
}

static char lookup_buffer[1 << 16];

enum nss_status rig_pwnam(const char *name, struct passwd *out)
{
	int e = 0;

	return rig.getpwnam(name, out, lookup_buffer, sizeof(lookup_buffer), &e);
}

enum nss_status rig_pwuid(uid_t uid, struct passwd *out)
{
	int e = 0;

	return rig.getpwuid(uid, out, lookup_buffer, sizeof(lookup_buffer), &e);
}

int rig_open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	assert_int_equal(closedir(d), 0);
	return n;
}
