#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --servers 2 --sshd --with login
# seconds: 600
# A hostile VS, with OpenSSH 10 of Debian 13, whose sshd is three programs, and with its
# login, which is util-linux's.
. "$LAB_DIR/lib/tap.sh"
as_one "$LAB_DIR/t/21-ssh-hostile.sh" "$LAB_DIR/lib/login_by_name.sh"
