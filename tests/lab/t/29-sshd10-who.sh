#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --servers 2 --sshd
# seconds: 600
# who and last in a server, by OpenSSH 10.
exec sh "$LAB_DIR/t/26-who.sh"
