/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_SERVERS_H
#define TEST_SERVERS_H

#include "registry.h"

/* Servers for tests that have a private tree (paths_test.h). */

/* Number `id` with the id-th range and that address. */
struct vsd_server test_server(const char *name, uint32_t id, const char *address);

/* Take the registry's lock; close() releases it. */
int test_locked(void);

/* Register test_server()'s answer. */
void test_server_add(const char *name, uint32_t id, const char *address);

/* Write its file as it is, without a look at anything. */
void test_server_plant(const struct vsd_server *s);

struct vsd_addr test_addr(const char *text);

/* vsd_registry_check, its tellings joined with newlines in `out`. */
int test_check(char *out, size_t size);

#endif
