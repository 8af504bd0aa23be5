/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_FAULTS_H
#define TEST_FAULTS_H

/* Copies of the modules call faults.c for each allocation and system call of theirs
 * (ld --wrap, faults.mk); the n-th one fails. */

/* Let the n-th call from here on fail, with this errno (an allocation: ENOMEM); 0: none. */
void faults_arm(unsigned n, int error);

/* No more of them; the number of calls since faults_arm. */
unsigned faults_disarm(void);

/* The name of the one that failed; NULL: none did. */
const char *faults_name(void);

#endif
