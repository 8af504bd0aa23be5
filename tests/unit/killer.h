/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_KILLER_H
#define TEST_KILLER_H

#ifdef __SANITIZE_ADDRESS__
#define KILLER_STRIDE 3 /* slower, and with calls of its own */
#else
#define KILLER_STRIDE 1
#endif

/* Run work() in a child and kill it before its n-th system call that changes
 * something: 1 it came that far; 0 it ended before, with exit status 0. */
int killer_run(int (*work)(void), unsigned n);

/* make(), run work() and kill it before its n-th change, then settle(), which asserts
 * how things are: for every n, until it ends by itself; that must be past `least`. */
void killer_sweep(void (*make)(void), int (*work)(void), void (*settle)(void), unsigned least);

/* Are these the only names in the folder?  (NULL: no second, or none at all.) */
void killer_holds_only(const char *path, const char *one, const char *two);

#endif
