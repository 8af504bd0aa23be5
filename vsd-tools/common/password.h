/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VSD_PASSWORD_H
#define VSD_PASSWORD_H

#include <stdbool.h>

#include "scope.h"

#define PASSWORD_MAX 512 /* bytes, NUL counted: libcrypt's own limit */
#define PASSWORD_HASH_MAX 384
#ifndef PASSWORD_WAIT_S
#define PASSWORD_WAIT_S 300 /* seconds for a line: who asks may be root, and not wait for ever */
#endif

/* Ask for a password twice without echo when stdin is a terminal, else take the
 * first line of stdin.
 * Errors: -EINVAL empty, too long, or with a control byte; -EAGAIN the two
 *         differ; -ENODATA nothing came; -EINTR ^C; -ETIMEDOUT no whole line
 * Safe:   the terminal's echo is back whatever ends the question, a signal too */
int password_read(const char *prompt, char out[PASSWORD_MAX]) VSD_MUST_CHECK;

/* The same, asked for once: a password that there is already. */
int password_read_once(const char *prompt, char out[PASSWORD_MAX]) VSD_MUST_CHECK;

/* What such an error means, for people. */
const char *password_reason(int error);

/* Is it a whole hash of one of crypt(5)'s methods but the oldest, whose hashes look like
 * words?  Takes the time of a hash. */
bool password_is_hash(const char *text);

/* Hash it by crypt_gensalt(3)'s default method.
 * Errors: -EIO libcrypt refuses */
int password_hash(const char *password, char out[PASSWORD_HASH_MAX]) VSD_MUST_CHECK;

#endif
