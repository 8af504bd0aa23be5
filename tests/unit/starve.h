/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_STARVE_H
#define TEST_STARVE_H

/* A full disk, for every place where it may become full: make(), then run work() in
 * a child with room for 0, 1, 2... more pages, then settle(), which has room again and
 * asserts how things are; until the work succeeds.  The same with room for inodes.
 * Then once with the filesystem read-only, where the work must fail.
 * Returns how many it takes: 0 where it was never starved.
 * The tree is paths_test.h's. */
unsigned starve(void (*make)(void), int (*work)(void), void (*settle)(void));

#endif
