#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --isolation chroot
# seconds: 300
# Hostile callers where vsd-guest runs itself once more to have its bit.
exec sh "$LAB_DIR/t/52-guest-hostile.sh"
