#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --isolation chroot --servers 2 --sshd --vsftpd
# The same for isolation = chroot: what the table says is promised there.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/escape.sh"
escape_all
done_testing
