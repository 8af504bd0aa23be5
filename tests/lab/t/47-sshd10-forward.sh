#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --servers 2 --sshd
# seconds: 600
# Forwards, by OpenSSH 10.
exec sh "$LAB_DIR/t/46-ssh-forward.sh"
