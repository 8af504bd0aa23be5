/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refresh_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "keyval.h"
#include "number.h"
#include "paths.h"
#include "safe.h"
#include "why.h"

#define JOURNAL_NAME "refresh"
#define JOURNAL_BYTES_MAX 1024
#define JOURNAL_FORMAT "1" /* of one that does not say, too */

static int set_key(struct refresh_journal *j, struct vsd_span k, struct vsd_span v)
{
	if (vsd_span_is(k, "format"))
		return vsd_span_is(v, JOURNAL_FORMAT) ? 0 : -EINVAL;
	if (vsd_span_is(k, "skel"))
		return vsd_path_is_plain(v) ? vsd_span_copy(v, j->skel, sizeof(j->skel)) : -EINVAL;
	if (vsd_span_is(k, "folder"))
		return vsd_number_parse(v.p, v.len, UINT64_MAX, &j->folder);
	return -EINVAL;
}

int refresh_journal_read(struct refresh_journal *out, char why[VSD_WHY_MAX])
{
	struct refresh_journal j = { .folder = 0 };
	char line[VSD_WHY_MAX] = "";
	VSD_FREE char *text = NULL;
	VSD_CLOSE int state = -1;
	struct vsd_keyval kv;
	size_t len = 0;
	int r = vsd_safe_open_root(vsd_path_state, &state);

	if (r == 0)
		r = vsd_safe_read_file(state, JOURNAL_NAME, JOURNAL_BYTES_MAX, &text, &len);
	if (r < 0) {
		why_say(why, "%s/" JOURNAL_NAME ": %s", vsd_path_state, strerror(-r));
		return r;
	}
	vsd_keyval_start(&kv, text, len);
	while ((r = vsd_keyval_next(&kv, line)) > 0)
		if (set_key(&j, kv.key, kv.value) < 0) {
			vsd_keyval_why(&kv, "unknown key or bad value", line);
			break;
		}
	if (r == 0 && (j.skel[0] == '\0' || j.folder == 0))
		why_say(line, "skel or folder is missing");
	if (line[0]) {
		r = vsd_keyval_format(text, len, "format", JOURNAL_FORMAT, -EBADMSG, line);
		why_say(why, "%s/" JOURNAL_NAME ": %.180s", vsd_path_state, line);
		return r;
	}
	*out = j;
	return 0;
}

int refresh_journal_write(const struct refresh_journal *j)
{
	char text[JOURNAL_BYTES_MAX];
	VSD_CLOSE int state = -1;
	int n = snprintf(text, sizeof(text), "skel = %s\nfolder = %" PRIu64 "\n", j->skel, j->folder);
	int r = vsd_safe_open_root(vsd_path_state, &state);

	if (r < 0)
		return r;
	return vsd_safe_replace_file(state, JOURNAL_NAME, text, (size_t)n, 0, 0, 0600);
}

int refresh_journal_remove(void)
{
	VSD_CLOSE int root = -1;
	VSD_CLOSE int state = -1;
	int r = vsd_safe_open_root(vsd_path_state, &root);

	if (r < 0)
		return r;
	state = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* fsync wants it */
	if (state < 0 || (unlinkat(state, JOURNAL_NAME, 0) < 0 && errno != ENOENT))
		return -errno;
	return fsync(state) < 0 ? -errno : 0;
}
