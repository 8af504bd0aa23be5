#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --servers 2 --sshd
# seconds: 600
# The same of ssh and of its forwards, by OpenSSH 10.
. "$LAB_DIR/lib/tap.sh"
as_one "$LAB_DIR/t/27-ssh-more.sh" "$LAB_DIR/t/46-ssh-forward.sh"
