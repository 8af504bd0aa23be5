#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# In a lab with the set packaging: build this tree's Debian packages in FOLDER/vsd, so
# that they land in FOLDER: build-packages.sh FOLDER.
set -eu
mkdir -p "$1/vsd"
cd "$LAB_TOP"
find . -path ./build -prune -o -path ./.git -prune -o -type f -print0 |
	xargs -0 cp --parents -t "$1/vsd"
cd "$1/vsd"
export SOURCE_DATE_EPOCH=1795680000
dpkg-buildpackage -b -us -uc >"$1/log" 2>&1 || {
	tail -n 20 "$1/log"
	exit 1
}
