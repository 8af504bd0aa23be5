#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --isolation chroot
# Simulated root without namespaces but the one that it is.
exec sh "$LAB_DIR/t/50-simroot.sh"
