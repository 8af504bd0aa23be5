/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every way through a PAM stack, as libpam would take it. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pam_stack.h"

#define FOLDER "/tmp/pam.d"
#define VENDOR "/tmp/pam.vendor"

static const char *const folders[] = { FOLDER, VENDOR, NULL };

static void put(const char *name, const char *text)
{
	char path[64];
	FILE *f;
	int r;

	snprintf(path, sizeof(path), "%s/%s", strcmp(name, "brought") ? FOLDER : VENDOR, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	r = fclose(f);
	assert_int_equal(r, 0);
}

#define V "pam_vsd.so"

/* p passes, o passes outside, "" neither; when pam_vsd refuses, and when it enters */
static void test_judge(void **state)
{
	static const struct {
		const char *text, *refuses, *enters, *after;
	} c[] = {
		{ "", "", "", "" },
		{ "session required " V, "", "p", "" },
		{ "session requisite " V, "", "p", "" },
		{ "session optional " V, "", "p", "" },
		{ "session sufficient " V, "", "p", "" },
		{ "session required pam_x.so", "po", "po", "" },
		{ "session required pam_deny.so", "", "", "" },
		{ "session optional " V "\nsession required pam_x.so", "po", "po", "pam_x.so" },
		{ "session required " V "\nsession required pam_x.so", "", "p", "pam_x.so" },
		{ "session [success=done default=die] " V "\nsession required pam_x.so", "", "p", "" },
		{ "session sufficient pam_x.so\nsession required " V, "po", "po", "" },
		{ "session required pam_x.so\nsession required " V, "", "p", "" },
		{ "session [default=1] pam_x.so\nsession required " V, "", "", "" },
		{ "session [default=1] pam_x.so\nsession required " V "\nsession required pam_y.so", "po",
		  "po", "" },
		{ "session [success=ignore default=die] " V " is_vs_user\nsession required " V, "", "p", "" },
		{ "session [success=1 default=die] " V " is_vs_user\nsession required " V
		  "\nsession required pam_x.so", "po", "po", "" },
		{ "session [success=ok default=bad] " V "\nsession [default=reset] pam_x.so\n"
		  "session required pam_y.so", "po", "po", "pam_x.so" },
		{ "SESSION REQUIRED /lib/security/" V, "", "p", "" },
		{ "session\t[success=done \\\n default=die] " V "\nsession required pam_x.so", "", "p", "" },
		/* one failure that is passed over is a way in, whatever the others do */
		{ "session [success=done perm_denied=ignore default=die] " V
		  "\nsession required pam_x.so", "po", "po", "" },
		{ "session [success=done user_unknown=1 default=die] " V "\nsession required pam_deny.so"
		  "\nsession required pam_x.so", "po", "po", "" },
		{ "session [success=done perm_denied=die new_authtok_reqd=done default=die] " V
		  "\nsession required pam_x.so", "", "p", "" },
		{ "# comment\n\nauth required pam_x.so\n-session required " V " # tail", "", "p", "" },
		{ "session include sub", "", "p", "" },
		{ "@include sub", "", "p", "" },
		{ "session substack sub\nsession optional pam_x.so", "", "p", "pam_x.so" },
		{ "session substack done\nsession required " V, "", "p", "pam_z.so" },
	};

	(void)state;
	assert_int_equal(mkdir(FOLDER, 0755), 0);
	assert_int_equal(mkdir(VENDOR, 0755), 0);
	put("sub", "session required " V "\n");
	put("done", "session [default=done] pam_z.so\nsession required pam_never.so\n");
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++)
		for (int answer = PAM_VSD_REFUSES; answer <= PAM_VSD_ENTERS; answer++) {
			const char *want = answer == PAM_VSD_REFUSES ? c[i].refuses : c[i].enters;
			struct pam_stack *s = NULL;
			struct pam_verdict v;

			put("test", c[i].text);
			assert_int_equal(pam_stack_read(folders, "test", PAM_STACK_SESSION, &s), 0);
			pam_stack_judge(s, (enum pam_vsd_answer)answer, &v);
			if (v.passes != (strchr(want, 'p') != NULL) ||
			    v.passes_outside != (strchr(want, 'o') != NULL) ||
			    (answer == PAM_VSD_ENTERS && strcmp(c[i].after, "pam_z.so") != 0 &&
			     strcmp(v.after, c[i].after) != 0))
				fail_msg("%s: answer %d: passes %d, outside %d, after '%s'", c[i].text,
					 answer, v.passes, v.passes_outside, v.after);
			pam_stack_free(s);
		}
}

static void test_files(void **state)
{
	static const struct {
		const char *text;
		int want;
	} c[] = {
		{ "session wanted pam_x.so", -EINVAL },
		{ "session required", -EINVAL },
		{ "session [success=done pam_x.so", -EINVAL },
		{ "session [success=done=1 default=maybe] pam_x.so", -EINVAL },
		{ "session [default=0] pam_x.so", -EINVAL },
		{ "session [default=-1] pam_x.so", -EINVAL },
		{ "session [default=99999] pam_x.so", -EINVAL },
		{ "@include test", -ELOOP },
		{ "session substack test", -ELOOP },
		{ "@include twice", -ELOOP },
		{ "@include none", -ENOENT },
		{ "@include", -EINVAL },
	};
	struct pam_stack *s = NULL;
	struct pam_verdict v;

	(void)state;
	put("twice", "@include twice\n@include twice\n"); /* 2^16 files if only depth counts */
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		put("test", c[i].text);
		if (pam_stack_read(folders, "test", PAM_STACK_SESSION, &s) != c[i].want)
			fail_msg("%s", c[i].text);
		assert_null(s);
	}
	assert_int_equal(pam_stack_read(folders, "nobody", PAM_STACK_SESSION, &s), -ENOENT);
	put("brought", "session required pam_permit.so\n");
	assert_int_equal(pam_stack_read(folders, "brought", PAM_STACK_SESSION, &s), 0);
	pam_stack_judge(s, PAM_VSD_REFUSES, &v);
	assert_true(v.passes && v.passes_outside);
	pam_stack_free(s);
	s = NULL;
	/* a FIFO is not waited at, by itself or included */
	assert_int_equal(mkfifo(FOLDER "/fifo", 0600), 0);
	assert_int_equal(pam_stack_read(folders, "fifo", PAM_STACK_SESSION, &s), -EINVAL);
	put("test", "@include fifo\n");
	assert_int_equal(pam_stack_read(folders, "test", PAM_STACK_SESSION, &s), -EINVAL);
	put("other", "session required pam_deny.so\n");
	assert_int_equal(pam_stack_read(folders, "nobody", PAM_STACK_SESSION, &s), 0);
	pam_stack_judge(s, PAM_VSD_REFUSES, &v);
	assert_false(v.passes);
	pam_stack_free(s);
}

static void test_words(void **state)
{
	struct pam_stack *s = NULL;
	struct pam_verdict v;

	(void)state;
	put("test", "session optional pam_systemd.so\nsession required " V " debug enter=credentials\n");
	assert_int_equal(pam_stack_read(folders, "test", PAM_STACK_SESSION, &s), 0);
	pam_stack_judge(s, PAM_VSD_ENTERS, &v);
	assert_string_equal(v.before, "pam_systemd.so");
	assert_string_equal(v.how, "credentials");
	pam_stack_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
