#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --isolation chroot
# seconds: 300
# crontab on a host that has no namespaces to give.
exec sh "$LAB_DIR/t/56-crontab.sh"
