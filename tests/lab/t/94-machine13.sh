#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --bare --with nspawn --packages
# long: the whole life, a second time
# seconds: 900
# The whole life on a machine with a real systemd, on Debian 13: its systemd has a stricter
# sshd unit and a logind that looks at more.
exec sh "$LAB_DIR/t/92-machine.sh"
