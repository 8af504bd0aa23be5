#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --servers 2 --sshd
# seconds: 600
# A hostile VS, with OpenSSH 10 of Debian 13, whose sshd is three programs.
exec sh "$LAB_DIR/t/21-ssh-hostile.sh"
