#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1
# A login with each call that pam_vsd makes failing once: whoever is told "success" is
# inside altogether; and a thousand logins, which leave nothing.
# shellcheck disable=SC2154 # tap.sh sets tap_out
. "$LAB_DIR/lib/tap.sh"
make -s -C "$LAB_TOP" fault-login || exit
login=$LAB_TOP/build/tests/modules/fault_login
module=$LAB_TOP/build/pam_vsd_faults.so
mkdir /run/faults.d
for how in session credentials; do
	option=
	[ $how = session ] || option=enter=credentials
	printf '%s\n' "auth required $module" "account required $module" \
		"session required $module $option" >/run/faults.d/$how
	printf 'service.%s = login\n' $how >>/etc/vsd.conf
done
for how in session credentials; do
	check "$how: no half way in" timeout 100 "$login" $how alice@vs1 /vsd/vs1
	echo "$tap_out" | sed 's/^/# /'
	has "$how: calls did fail" "$tap_out" 'calls failed on the way'
done
# Without its caches malloc counts to the byte what is in use.
check 'a thousand logins leave no descriptor and no memory' timeout 100 env GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$login" logins alice@vs1
is 'nobody is left over' '' "$(pgrep -U 2000001)"
check 'a login as ever' su alice@vs1 -c true
done_testing
