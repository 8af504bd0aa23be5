#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --bare
# Attempts on the address fence, by its library alone.
make -s -C "$LAB_TOP" fence-rig >&2 || exit 1
exec python3 "$LAB_TOP/tests/fence/matrix.py" "$@"
