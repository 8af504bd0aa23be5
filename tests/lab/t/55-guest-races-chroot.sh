#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --sshd --isolation chroot
# seconds: 300
# Some of 55-guest-races.sh on a host that has no namespaces to give.
exec sh "$LAB_DIR/t/55-guest-races.sh"
