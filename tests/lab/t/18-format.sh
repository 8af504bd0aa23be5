#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# Another version's files: every tool and module says which file, which format and what
# it knows, and loses nothing of what it cannot read.
. "$LAB_DIR/lib/tap.sh"
file=/etc/vsd/servers/vs2
why="$file: line 1: format: '3' is another version's, this program knows 1"
cp $file /tmp/vs2
cp /var/lib/vsd/index /tmp/index
newer() { sed 's/^format = 1$/format = 3/' /tmp/vs2 >$file; }

newer
for said in "vsdadm vs_info localhost vs2" "vsdadm vs_list localhost" "vsdadm check localhost" \
	"vsboot --start vs2" "vsboot --restart vs2" "vsboot --status" "vsalias --up vs2" "bevs vs2 true" \
	"vsdadm user_add localhost vs2 carol Carol" "vsdadm vs_set localhost vs2 max_users=9" \
	"vsdadm vs_create localhost vs3 10.77.0.3 vs3.example.test 100 50" \
	"vsdadm vs_disable localhost vs2"; do
	refused "$said" $said
	has 'says why' "$($said 2>&1)" "$why"
done
# Where a failure is one of several, or a warning, the status is another matter.
for said in "vsredirect --apply" "vsredirect --check" "vsd-refreshskel --dry-run" "/usr/lib/vsd/vsd-crontabs" \
	"vsalias --list" "vsdadm vs_rename localhost vs2 vs9" "vsdadm vs_verify localhost vs2"; do
	has "$said says why" "$($said 2>&1)" "$why"
done
sed -i '/^format/d' $file
for said in "vsredirect --apply" "/usr/lib/vsd/vsd-crontabs" "vsdadm vs_rename localhost vs2 vs9"; do
	has "$said: a damaged one, too" "$($said 2>&1)" "$file: format: missing: vsd-servers(5) says how to mend it"
done
newer
has 'a login by its name is refused' "$(vssh alice@vs2@10.88.0.1 true 2>&1)" 'closed'
logs 'pam_vsd says why' "$why" 3
refused 'and one by its address' vssh alice@10.77.0.2 true
has 'the other server goes on' "$(vssh alice@10.77.0.1 hostname)" vs1

# ---- nothing is lost of it: its own version finds all as it was
vsdadm vs_disable localhost vs1 >/tmp/out 2>&1
has 'another server is not changed' "$(cat /tmp/out)" "$why"
vsdadm check localhost --repair >/tmp/out 2>&1
has 'nor does --repair' "$(cat /tmp/out)" "$why"
check 'the index is as it was' cmp /tmp/index /var/lib/vsd/index
cp /tmp/vs2 $file
has 'its own version serves it' "$(vssh alice@10.77.0.2 hostname)" vs2
vsdadm vs_disable localhost vs1 >/dev/null
newer
vsdadm vs_delete localhost vs1 >/tmp/out 2>&1
has 'no other server is deleted' "$(cat /tmp/out)" "$why"
check 'its tree is where it was' test -d /home/vsd/vs/vs1/etc
cp /tmp/vs2 $file
vsdadm vs_enable localhost vs1 >/dev/null
vsboot --start vs1 >/dev/null

# ---- an index of another version, older or newer: the files are read, the next writer writes
for format in 002 000; do
	printf "\\$format" | dd of=/var/lib/vsd/index bs=1 seek=8 conv=notrunc 2>/dev/null
	is "index of format $format: NSS reads the files" 2000200 "$(id -u admin@vs2)"
	has 'so does a login' "$(vssh alice@10.77.0.2 hostname)" vs2
	check 'a writer makes it anew' vsdadm vs_set localhost vs1 max_users=4${format#00}
	is 'in this format' 001 "$(dd if=/var/lib/vsd/index bs=1 skip=8 count=1 2>/dev/null | od -An -b | tr -d ' ')"
	lacks 'all is well' "$(vsdadm check localhost 2>&1)" /var/lib/vsd/index
done

# ---- vsd.conf, the running server, an export
cp /etc/vsd.conf /tmp/vsd.conf
{
	echo 'format = 3'
	cat /tmp/vsd.conf
} >/etc/vsd.conf
why="line 1: format: '3' is another version's, this program knows 1"
has 'vsd.conf: the tools' "$(vsboot --restart vs1 2>&1)" "$why"
refused 'vsd.conf: no login' vssh alice@vs1@10.77.0.1 true
logs 'vsd.conf: pam_vsd says why' "vsd.conf: $why" 3
cp /tmp/vsd.conf /etc/vsd.conf
cp -p /run/vsd/vs1/init /tmp/init
echo 'format 3' >/run/vsd/vs1/init
refused 'a server that another vsboot started: no login' vssh alice@10.77.0.1 true
logs 'pam_vsd says so' 'another version of vsboot started the virtual server' 3
refused 'it is not started a second time' vsboot --start vs1
has 'vsboot says why' "$(vsboot --start vs1 2>&1)" "another version's format"
cp -p /tmp/init /run/vsd/vs1/init
check 'and runs on' vssh alice@10.77.0.1 true
self=/proc/$(cut -d' ' -f1 /run/vsd/vs1/init)/root/vs/run/vsd/self
cp "$self" /tmp/self
sed 's/^vsd1/vsd3/' /tmp/self >"$self"
has 'the marker in a server: the guard shell' "$(vssh alice@10.77.0.1 id 2>&1)" "of another version's format"
has 'and the helper' "$(bevs vs1 useradd carol 2>&1)" "of another version's format"
cat /tmp/self >"$self"
check 'which know their own' vssh alice@10.77.0.1 true
manifest=/home/vsd/skel/.vsd-manifest
cp -p $manifest /tmp/manifest
sed -i '1s/1$/3/' $manifest
for said in "vsdadm vs_verify localhost vs1" "vsd-refreshskel --dry-run" "vsd-genskel --check"; do
	has "a skeleton: $said" "$($said 2>&1)" "line 1 of .vsd-manifest: format '3' is another version's, this program knows 1"
done
cp -p /tmp/manifest $manifest
umask 077
vsdadm vs_export localhost vs2 /root/vs2.tar >/dev/null
sed -i 's/version = 1$/version = 3/' /root/vs2.tar
has 'an export' "$(vsdadm vs_import localhost /root/vs2.tar vs4 10.77.0.4 vs4.example.test 2>&1)" "line 1: version: '3' is another version's"
done_testing
