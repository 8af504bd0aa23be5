#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --profile full --with login --isolation chroot
# seconds: 300
# The same on a host that has no namespaces to give.
exec sh "$LAB_DIR/t/54-exec-rights.sh"
