#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --sshd --profile minimal
# variants: without-favordynmods with-favordynmods
# What entering a running server costs, without the option of cgroup2 that makes it
# cheap and with it: for the second, which cannot be undone, inside.sh mounts it so.
. "$LAB_DIR/lib/tap.sh"
python3 "$LAB_TOP/tests/bench/enter.py" 20
check 'one enters over ssh' vssh alice@10.77.0.1 true
check 'and by bevs' bevs vs1 true
note='no favordynmods'
case $1 in
with-*) lacks 'check has nothing to say of it' "$(vsdadm check localhost 2>/dev/null)" "$note" ;;
*) has 'check names the option' "$(vsdadm check localhost 2>/dev/null)" "$note" ;;
esac
done_testing
