#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --isolation chroot --servers 2 --sshd --vsftpd
# long: the same once more, where the host's tools have the server's own /run and /dev in sight
# seconds: 500
exec sh "$LAB_DIR/t/103-host-harm.sh"
