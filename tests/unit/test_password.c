/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines that are asked for, of a pipe and of a terminal where somebody has typed already;
 * more of terminals is in tests/lab/t/51-guest.sh. */
#define PASSWORD_WAIT_S 1
#include "password.c"

#include <fcntl.h>

#include "unit.h"

/* stdin is a pipe with the text in it; its other end stays open or not. */
static int from_pipe(const char *text, bool left_open, char out[PASSWORD_MAX])
{
	int end[2], r;

	assert_int_equal(pipe(end), 0);
	assert_int_equal(write(end[1], text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(dup2(end[0], STDIN_FILENO), STDIN_FILENO);
	close(end[0]);
	if (!left_open)
		close(end[1]);
	r = password_read(NULL, out);
	if (left_open)
		close(end[1]);
	return r;
}

static void lines(void **state)
{
	char out[PASSWORD_MAX];

	(void)state;
	assert_int_equal(from_pipe("secret\nmore\n", false, out), 0);
	assert_string_equal(out, "secret");
	assert_int_equal(password_read_once(NULL, out), 0); /* the rest was left */
	assert_string_equal(out, "more");
	assert_int_equal(from_pipe("cut off", false, out), 0);
	assert_int_equal(from_pipe("", false, out), -ENODATA);
	assert_int_equal(from_pipe("\n", false, out), -EINVAL);
	assert_int_equal(from_pipe("a\tb\n", false, out), -EINVAL);
}

/* A caller's pipe that gives nothing, or a byte now and then, ends as well. */
static void a_line_has_its_time(void **state)
{
	char out[PASSWORD_MAX];

	(void)state;
	assert_int_equal(from_pipe("", true, out), -ETIMEDOUT);
	assert_int_equal(from_pipe("no newline", true, out), -ETIMEDOUT);
}

/* A script's terminal has the answers, or the end, before the question is asked, and
 * gives them once: they must not be lost to a question that then waits. */
static void typed_before(void **state)
{
	static const char twice[] = "secret\nsecret\nmore\n", end[] = "\004";
	char out[PASSWORD_MAX];
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, err = dup(STDERR_FILENO);

	(void)state;
	assert_true(master >= 0 && err >= 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(dup2(slave, STDIN_FILENO), STDIN_FILENO);
	/* The questions too: they end no line, which whoever reads the results needs. */
	assert_int_equal(dup2(slave, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(write(master, twice, strlen(twice)), (ssize_t)strlen(twice));
	assert_int_equal(password_read("New", out), 0);
	assert_string_equal(out, "secret");
	assert_int_equal(password_read_once("Old", out), 0); /* what came after is there still */
	assert_string_equal(out, "more");
	assert_int_equal(write(master, end, 1), 1);
	assert_int_equal(password_read("New", out), -ENODATA);
	assert_int_equal(dup2(err, STDERR_FILENO), STDERR_FILENO);
	close(err);
	close(slave);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(a_line_has_its_time),
		cmocka_unit_test(typed_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
