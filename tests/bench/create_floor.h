/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_CREATE_FLOOR_H
#define BENCH_CREATE_FLOOR_H

/* What the kernel takes for the names of a tree alone: each folder one mkdirat, each file
 * one linkat, by threads that take folder after folder; nothing is copied, owned, timed,
 * checked or flushed.  And their removal: one unlinkat each, nothing listed.
 * Both print microseconds, and end the program on an error. */
void floor_make(const char *skel, const char *root, unsigned threads);
void floor_drop(const char *skel, const char *root);

#endif
