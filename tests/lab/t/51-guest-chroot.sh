#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --isolation chroot
# seconds: 300
# What people change in a server, where nothing but /run/vsd/lib is set-id.
exec sh "$LAB_DIR/t/51-guest.sh"
