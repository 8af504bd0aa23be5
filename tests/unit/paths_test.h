/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PATHS_TEST_H
#define PATHS_TEST_H

#include <stddef.h>
#include <sys/types.h>

/* A private tree for tests that need the host's files: linking paths_test.c replaces
 * libvsd's paths by ones beneath TEST_TREE.  The tree is a tmpfs in a mount
 * namespace of the test's own, so every component up to / is root's (what
 * vsd_safe_open_root demands) and nothing of it is left behind. */
#define TEST_TREE "/mnt"

/* Make it, once per program, with etc/vsd/servers, var/lib/vsd, run/vsd and
 * var/spool/vsd in it; later calls empty it and make it anew.
 * Errors: -1 when not root (the caller should skip()) */
int test_tree_make(void);

/* Write a file beneath the tree (path without a leading slash), making its
 * folders (0755).  Fails the test on any error. */
void test_tree_write(const char *path, mode_t mode, const char *text);
void test_tree_write_bytes(const char *path, mode_t mode, const void *data, size_t len);

/* What a file beneath the tree holds, its first 4095 bytes, until the next call; ""
 * without the file. */
const char *test_tree_read(const char *path);

#endif
