#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --vsftpd
# Everything that tests/escape tries, by every way into a server, against the table in
# docs/security.md; and as the host's root without the walls, to show that it can be done.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/escape.sh"
escape_all
done_testing
