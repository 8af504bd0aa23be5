/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "servers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "paths_test.h"
#include "unit.h"

struct vsd_addr test_addr(const char *text)
{
	struct vsd_addr a;

	assert_int_equal(vsd_addr_parse(text, strlen(text), &a), 0);
	return a;
}

struct vsd_server test_server(const char *name, uint32_t id, const char *address)
{
	struct vsd_server s = { .id = id, .uid_first = 2000000 + (id - 1) * 200,
				.uid_count = 200, .naddr = 1, .max_users = 10 };

	snprintf(s.name, sizeof(s.name), "%s", name);
	snprintf(s.root, sizeof(s.root), "/home/vsd/vs/%s", name);
	snprintf(s.skel, sizeof(s.skel), "/home/vsd/skel");
	snprintf(s.fqdn, sizeof(s.fqdn), "%s.example.test", name);
	s.addr[0] = test_addr(address);
	return s;
}

int test_locked(void)
{
	int lock = -1;

	assert_int_equal(vsd_registry_lock(&lock), 0);
	return lock;
}

void test_server_add(const char *name, uint32_t id, const char *address)
{
	struct vsd_server s = test_server(name, id, address);
	char why[VSD_WHY_MAX] = "";
	int lock = test_locked();

	assert_int_equal(vsd_registry_add(lock, &s, why), 0);
	close(lock);
}

void test_server_plant(const struct vsd_server *s)
{
	char path[64], text[4000 - 1024];
	size_t len = 0;

	assert_int_equal(vsd_server_format(s, text, sizeof(text), &len), 0);
	snprintf(path, sizeof(path), "etc/vsd/servers/%s", s->name);
	test_tree_write_bytes(path, 0644, text, len);
}

struct told {
	char *out;
	size_t size, len;
};

static void tell(const char *object, const char *reason, void *arg)
{
	struct told *t = arg;
	int n = snprintf(t->out + t->len, t->size - t->len, "%s: %s\n", object, reason);

	assert_true(n > 0 && (size_t)n < t->size - t->len);
	t->len += (size_t)n;
}

int test_check(char *out, size_t size)
{
	struct told t = { out, size, 0 };

	out[0] = '\0';
	return vsd_registry_check(tell, &t);
}
