#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2
# Starting with the host: the init script by hand, the generator, the units' syntax.
. "$LAB_DIR/lib/tap.sh"
init() { cut -d' ' -f1 "/run/vsd/$1/init" 2>/dev/null; }
service=/etc/init.d/vsd
status() { $service status >/dev/null 2>&1; echo $?; }

# --- init script ---
is 'status of running servers' 0 "$(status)"
check 'stop' $service stop
is 'status of stopped ones is 3' 3 "$(status)"
is 'and they are stopped' ' ' "$(init vs1) $(init vs2)"
check 'start' $service start
is 'they run' 'vs1: running vs2: running' "$(vsboot --status | cut -d, -f1 | xargs)"
was=$(init vs2)
check 'restart of one' $service restart vs1
is 'leaves the other alone' "$was" "$(init vs2)"
is 'a server that is not there is a failure' 1 "$($service start vs9 >/dev/null 2>&1; echo $?)"
is 'no action is a misuse' 2 "$($service >/dev/null 2>&1; echo $?)"
is 'so is one that is not known' 2 "$($service reload >/dev/null 2>&1; echo $?)"

# --- redirects with it ---
redirects() { vsredirect --list | wc -l; }
$service restart
is 'none unless it is asked for' 0 "$(redirects)"
echo VSREDIRECT=yes >/etc/default/vsd
has 'the check misses them, once they are' "$(vsdadm check localhost 2>&1)" "check 'redirects': the table is gone"
check 'start brings them' $service start
is 'all of them' 6 "$(redirects)"
lacks 'and the check is content' "$(vsdadm check localhost 2>&1)" "'redirects'"
$service stop vs1
is 'a stop of one server leaves them' 6 "$(redirects)"
check 'stop' $service stop
is 'takes them away' 0 "$(redirects)"
check 'restart' $service restart
is 'brings them' 6 "$(redirects)"
echo VSREDIRECT=no >>/etc/default/vsd
vsredirect --flush
$service restart vs1
is 'no is no' 0 "$(redirects)"
rm /etc/default/vsd

# --- generator ---
generator=/usr/lib/systemd/system-generators/vsd-generator
generate() { rm -rf /tmp/gen; mkdir /tmp/gen; $generator /tmp/gen /tmp/gen /tmp/gen; }
wants() { (cd /tmp/gen && find . -type l | sort); }
by_both() { for who in service target; do printf "./vsd.$who.wants/vsd@%s.service\n" "$@"; done; }
generate
is 'each enabled server is wanted' "$(by_both vs1 vs2)" "$(wants)"
is 'by the template' /usr/lib/systemd/system/vsd@.service "$(readlink /tmp/gen/vsd.target.wants/vsd@vs1.service)"
vsdadm vs_disable localhost vs2 >/dev/null
: >'/etc/vsd/servers/../servers/.new'
echo 'state = enabled' >/etc/vsd/servers/Bad
generate
is 'a disabled one is not, nor what is no server' "$(by_both vs1)" "$(wants)"
rm -f /etc/vsd/servers/.new /etc/vsd/servers/Bad
mv /etc/vsd/servers /etc/vsd/servers.away
check 'a host without servers is no failure' generate
is 'and wants none' '' "$(wants)"
mv /etc/vsd/servers.away /etc/vsd/servers

# --- units ---
out=$(systemd-analyze verify --man=no /usr/lib/systemd/system/vsd*.service /usr/lib/systemd/system/vsd.target \
	/usr/lib/systemd/system/vsd@vs1.service 2>&1)
tap_result $? 'the units are as systemd wants them' "$out"
lacks 'without a complaint about ours' "$out" vsd
is 'vsd-install has enabled them' enabled "$(systemctl is-enabled vsd.target)"
done_testing
