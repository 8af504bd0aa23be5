#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --servers 2 --sshd
# seconds: 600
# The same of ssh, by OpenSSH 10.
exec sh "$LAB_DIR/t/27-ssh-more.sh"
