#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --with services
# vsdadm check reads the routers of the host's exim, and its cure is one.
. "$LAB_DIR/lib/tap.sh"
conf=/etc/exim4/exim4.conf
router=/usr/share/vsd/exim4/vsd_servers

# exim_with ROUTER...: the host's routers are these, in this order
exim_with() {
	{
		echo 'begin routers'
		for r in "$@"; do cat "$r"; done
		printf 'begin transports\nnone:\n  driver = appendfile\n  file = /dev/null\n'
	} >$conf
	out=$(vsdadm check localhost 2>&1 >/dev/null)
}
safe() {
	exim_with "$@"
	is 'said to be safe' '' "$(echo "$out" | grep exim)"
}
unsafe() {
	who=$1
	shift
	exim_with "$@"
	has "$who is named" "$out" "its router $who would run"
}
mkdir /tmp/r
local_user() { printf '%s:\n  driver = accept\n  check_local_user\n  transport = none\n%s\n' "$1" "$2" >"/tmp/r/$1"; }

has 'as Debian ships it, it is not safe' "$(vsdadm check localhost 2>&1 >/dev/null)" 'its router real_local would run'
local_user mine ''
local_user hosts '  local_parts = ! ^.*@ : ! root'
local_user other '  local_parts = ! ^.*@x'
local_user some '  local_parts = ! root : ! ^.*@'
printf 'homes:\n  driver = redirect\n  router_home_directory = /home/$local_part\n  file = $home/.forward\n' >/tmp/r/homes
printf 'asks:\n  driver = redirect\n  file = ${extract{5}{:}{${lookup passwd{$local_part}}}}/.forward\n' >/tmp/r/asks
printf 'aliases:\n  driver = redirect\n  data = ${lookup{$local_part}lsearch{/etc/aliases}}\n' >/tmp/r/aliases
printf 'jumps:\n  driver = redirect\n  data = ${lookup{$local_part}lsearch{/etc/aliases}}\n  pass_router = mine\n  no_more\n' >/tmp/r/jumps
cd /tmp/r || exit 1

unsafe mine mine
safe $router mine
unsafe mine mine $router
safe hosts aliases
unsafe other other
unsafe some some
unsafe homes homes
unsafe asks asks
unsafe mine jumps $router mine
for limit in 'condition = ${if eq{$sender_address}{}}' 'domains = one.example' 'senders = :' \
	'require_files = /etc/passwd' 'local_part_prefix = x-' unseen verify_only no_verify_recipient; do
	{ cat $router; printf '  %s\n' "$limit"; } >limited
	unsafe mine limited mine
done
sed /allow_fail/d $router >kept
unsafe mine kept mine
sed 's/:fail:.*/:blackhole:/' $router >hole
unsafe mine hole mine
sed 's/^  local_parts.*/  local_parts = ^a.*@/' $router >few
unsafe mine few mine

echo 'begin routers' >$conf
echo 'nonsense' >>$conf
has 'a configuration that exim refuses' "$(vsdadm check localhost 2>&1 >/dev/null)" 'cannot be read: see exim -bP routers'

# and it is true: the shipped router refuses a user of a server, and nobody else
exim_with $router mine
has "a server's user has no mail here" "$(exim4 -bt '"alice@vs1"@localhost' 2>&1)" 'user of a virtual server'
has 'the host'\''s have' "$(exim4 -bt daemon@localhost 2>&1)" 'router = mine'
done_testing
