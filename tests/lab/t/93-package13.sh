#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --suite trixie --bare --sshd --with packaging --packages
# long: the packages of 91, a second time
# seconds: 900
# The Debian packages, built and used on Debian 13, whose debhelper looks for units in
# /usr/lib, too.
exec sh "$LAB_DIR/t/91-package.sh"
