#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 1 --with postfix
# vsdadm check asks the host's postfix what local(8) would do for a server's user.
. "$LAB_DIR/lib/tap.sh"

said() { { vsdadm check localhost >/dev/null; } 2>&1; }
quiet() { is "$1" '' "$(said | grep -E 'postfix|procmail')"; }

cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
has 'as it comes, it is not safe' "$(said)" 'with forward_path it would serve'
postconf -e forward_path=
quiet 'without .forward it is'
for key in home_mailbox=Maildir/ 'mailbox_command=/usr/bin/true' mailbox_command_maps=hash:/etc/postfix/m; do
	postconf -e "$key"
	has "$key" "$(said)" "with ${key%%=*} it would serve"
	postconf -e "${key%%=*}="
done
postconf -e 'home_mailbox=$recipient_delimiter'
quiet 'a value that expands to nothing is none'
postconf -e home_mailbox=
postconf -P local/unix/forward_path=/x
has 'a setting of master.cf' "$(said)" 'with local/unix/forward_path it would serve'
postconf -PX local/unix/forward_path
cp /bin/true /usr/bin/procmail
quiet 'procmail, which nobody runs'
postconf -e 'forward_path=$home/.forward'
has 'and now somebody might' "$(said)" '/usr/bin/procmail'
postconf -MX local/unix
quiet 'no local(8), no .forward'
postconf -M 'box/unix=box unix - n n - - local'
has 'by another name' "$(said)" 'with forward_path it would serve'
postconf -MX box/unix
quiet 'gone again'
echo 'nonsense' >>/etc/postfix/master.cf
has 'a configuration that postfix refuses' "$(said)" 'cannot be read'
done_testing
