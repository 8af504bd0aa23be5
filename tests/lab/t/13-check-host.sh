#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd --with login
# vsdadm check on the host's real configuration: each hole is named with its cure.
. "$LAB_DIR/lib/tap.sh"

check 'a host as vsd-install leaves it is safe' vsdadm check localhost
out=$(vsdadm check localhost)
has 'sshd' "$out" 'sshd                     confined by pam_vsd, enter=credentials'
has 'su' "$out" 'su                       confined by pam_vsd, enter=session'
has 'cron' "$out" 'cron                     confined by pam_vsd, enter=session'
has 'atd' "$out" 'atd                      refused, not in vsd.conf'
is 'JSON: safe' true "$(vsdadm check localhost --json | python3 -c 'import json,sys; print(str(json.load(sys.stdin)["safe"]).lower())')"

# hole NAME TEXT FILE COMMAND...: with FILE changed by COMMAND, check fails and says TEXT
hole() {
	name=$1 text=$2 file=$3
	shift 3
	had=
	[ ! -e "$file" ] || { had=1; cp -p "$file" /tmp/kept; }
	"$@"
	seen=$(vsdadm check localhost 2>&1 >/dev/null)
	status=$?
	if [ -n "$had" ]; then cp -p /tmp/kept "$file"; else rm -f "$file"; fi
	is "$name: exit 1" 1 $status
	has "$name: said" "$seen" "$text"
}
alone() { sed -i -e '/^session.*pam_vsd.so enter=/d' -e '/^@include common-session/d' "$1"; }
pam() { sed -i "$1" "/etc/pam.d/$2"; }
add() { echo "$1" >>"$2"; }
first() { sed -i "1i $1" "$2"; }

hole 'no session line' 'pam_mail.so runs for VS users' /etc/pam.d/su \
	pam '/^session.*pam_vsd.so enter=/d' su
hole 'a session line that nobody obeys' 'pam_env.so runs after pam_vsd.so' /etc/pam.d/su \
	pam 's/^session.*pam_vsd.so enter=session/session optional pam_vsd.so enter=session/' su
hole 'no session line at all' 'a session can open without entering' /etc/pam.d/runuser \
	alone /etc/pam.d/runuser
hole 'a module after ours' 'pam_selinux.so runs after pam_vsd.so' /etc/pam.d/login \
	pam 's/^session.*\(pam_vsd.so enter=session\)/session required \1/' login
hole 'pam_systemd before ours' 'pam_systemd.so runs for VS users on the host' /etc/pam.d/su-l \
	first 'session optional pam_systemd.so' /etc/pam.d/su-l
hole 'a file of the user read before ours' 'pam_env.so runs for VS users on the host' /etc/pam.d/su \
	first 'session required pam_env.so user_readenv=1' /etc/pam.d/su
hole 'a refusal that is passed over' "does not obey pam_vsd's account check" /etc/pam.d/su \
	sh -c 'sed -i "/^account.*pam_vsd/s/default=die/perm_denied=ignore default=die/; s/^@include common-account/account required pam_permit.so/" /etc/pam.d/su'
hole 'the wrong way to enter under sshd' 'must say enter=credentials' /etc/pam.d/sshd \
	pam 's/enter=credentials/enter=session/' sshd
hole 'the right one elsewhere' 'must say enter=session' /etc/pam.d/su \
	pam 's/enter=session/enter=credentials/' su
hole 'sshd without the auth line' 'auth line of pam_vsd.so is missing' /etc/pam.d/sshd \
	sh -c 'sed -i "/^auth.*pam_vsd/d" /etc/pam.d/sshd; sed -i "s/^@include common-auth/auth required pam_unix.so/" /etc/pam.d/sshd'
hole 'a jump that misses' 'sshd' /etc/pam.d/sshd pam 's/ignore=3/ignore=9/; s/^session.*is_vs_user/session [default=3] pam_vsd.so is_vs_user/' sshd
hole 'an account check that is passed over' 'does not obey pam_vsd' /etc/pam.d/login \
	sh -c 'sed -i "/BEGIN VSD/,/END VSD/s/^account.*//" /etc/pam.d/login; sed -i "s/^@include common-account/account required pam_permit.so/" /etc/pam.d/login'
hole 'a service of its own that lets in' 'lets VS users in on the host' /etc/pam.d/mydaemon \
	sh -c 'printf "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_unix.so\n" >/etc/pam.d/mydaemon'
hole 'one that is sufficient before ours' 'lets VS users in on the host' /etc/pam.d/mydaemon \
	sh -c 'printf "account sufficient pam_permit.so\n@include common-account\nsession required pam_permit.so\n" >/etc/pam.d/mydaemon'
hole 'one by substack' 'lets VS users in on the host' /etc/pam.d/mydaemon \
	sh -c 'printf "account substack common-account\naccount sufficient pam_permit.so\nsession required pam_permit.so\n" >/etc/pam.d/mydaemon; sed -i "s/substack/[default=ignore]/; s/common-account/pam_vsd.so/" /etc/pam.d/mydaemon'
mkdir -p /usr/lib/pam.d
hole 'one that a package brings elsewhere' 'lets VS users in on the host' /usr/lib/pam.d/brought \
	sh -c 'printf "account required pam_unix.so\nsession required pam_unix.so\n" >/usr/lib/pam.d/brought'
hole 'a file of the user read before the password' 'pam_env.so acts for VS users on the host' /etc/pam.d/su \
	first 'auth required pam_env.so user_readenv=1' /etc/pam.d/su
hole 'a line that libpam would refuse' 'cannot be read' /etc/pam.d/mydaemon \
	sh -c 'echo "account [success=done pam_vsd.so" >/etc/pam.d/mydaemon'
hole 'includes without end' 'cannot be read' /etc/pam.d/mydaemon \
	sh -c 'echo "@include mydaemon" >/etc/pam.d/mydaemon'

hole 'vsd before files' 'vsd stands before files' /etc/nsswitch.conf \
	sed -i 's/^passwd:.*/passwd: vsd files/' /etc/nsswitch.conf
hole 'without vsd' 'vsd is missing' /etc/nsswitch.conf sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf
hole 'without initgroups' "the host's groups could name" /etc/nsswitch.conf \
	sed -i '/^initgroups/d' /etc/nsswitch.conf
cp /etc/nsswitch.conf /tmp/nsswitch.conf
sed -i 's/^group:.*/group: files vsd [NOTFOUND=continue] ldap/' /etc/nsswitch.conf
has 'groups that initgroups does not ask for are told of' "$(vsdadm check localhost)" \
	"note: users of the host have no groups of 'ldap', which group in /etc/nsswitch.conf names"
cp /tmp/nsswitch.conf /etc/nsswitch.conf
hole '/etc/shells' 'add the line' /etc/shells sed -i /vsd-shell/d /etc/shells
hole 'sshd without PAM' 'UsePAM yes' /etc/ssh/sshd_config.d/vsd.conf \
	sed -i 's/^UsePAM.*/UsePAM no/' /etc/ssh/sshd_config.d/vsd.conf
hole 'a CA for VS users' 'TrustedUserCAKeys none' /etc/ssh/sshd_config.d/00-ca.conf \
	sh -c 'touch /etc/ssh/ca; echo "TrustedUserCAKeys /etc/ssh/ca" >/etc/ssh/sshd_config.d/00-ca.conf; sed -i "/TrustedUserCAKeys/d" /etc/ssh/sshd_config.d/vsd.conf'
vsd-install >/dev/null 2>&1
cp /usr/share/vsd/sshd/vsd.conf /etc/ssh/sshd_config.d/vsd.conf
hole 'a CA at one server'\''s address' 'TrustedUserCAKeys none' /etc/ssh/sshd_config.d/00-ca.conf \
	sh -c 'printf "Match LocalAddress 10.77.0.2\n\tTrustedUserCAKeys /etc/ssh/ca\n" >/etc/ssh/sshd_config.d/00-ca.conf'
both() { # a way in by itself, and the block that takes it away from VS users without its line
	echo "$1 yes" >/etc/ssh/sshd_config.d/00-way.conf
	hole "sshd with $1" "$1 no" /etc/ssh/sshd_config.d/vsd.conf sed -i "/$1/d" /etc/ssh/sshd_config.d/vsd.conf
	check "$1 is the host's own affair" vsdadm check localhost
	rm /etc/ssh/sshd_config.d/00-way.conf
}
both GSSAPIAuthentication
both HostbasedAuthentication
hole 'a file of the user before sshd'\''s session' 'PermitUserEnvironment no' \
	/etc/ssh/sshd_config.d/00-way.conf add 'PermitUserEnvironment yes' /etc/ssh/sshd_config.d/00-way.conf
block() { printf 'Match %s\n\tAuthorizedKeysFile /etc/ssh/keys/%%u\n' "$1" >/etc/ssh/sshd_config.d/00-user.conf; }
hole 'a block of the host'\''s user' 'Match User alice" means the VS user alice@vs' /etc/ssh/sshd_config.d/00-user.conf \
	block 'User backup,alice'
hole 'by a pattern, written otherwise' 'Match User b?b" means the VS user bob@vs' /etc/ssh/sshd_config.d/00-user.conf \
	block 'host=* user="b?b"'
for block in 'User backup' 'User alice@vs1,*@vs2' 'User *' 'User "!alice,*"' 'Group alice'; do
	block "$block"
	check "a block that is none's or is meant for them: $block" vsdadm check localhost
	rm /etc/ssh/sshd_config.d/00-user.conf
done
hole 'a DenyUsers that denies nobody' '?vs2" in place of "@vs2"' /etc/ssh/sshd_config.d/00-user.conf \
	sh -c 'echo "DenyUsers *@vs2" >/etc/ssh/sshd_config.d/00-user.conf'
echo 'DenyUsers *?vs2 *@elsewhere' >/etc/ssh/sshd_config.d/00-user.conf
check 'one that does, and one of a client' vsdadm check localhost
rm /etc/ssh/sshd_config.d/00-user.conf
hole 'vsftpd without sessions' 'session_support=YES' /etc/vsftpd.conf add session_support=NO /etc/vsftpd.conf
hole 'vsftpd without its chroot' 'chroot_local_user=YES' /etc/vsftpd.conf add chroot_local_user=NO /etc/vsftpd.conf
hole 'vsftpd without its mark' 'passwd_chroot_enable=YES' /etc/vsftpd.conf sed -i /^passwd_chroot/d /etc/vsftpd.conf
mkdir -p /etc/proftpd/conf.d /etc/pure-ftpd/conf
touch /etc/proftpd/proftpd.conf
cp /usr/share/vsd/proftpd/vsd.conf /etc/proftpd/conf.d/vsd.conf
check 'proftpd as it is installed is safe' vsdadm check localhost
hole 'proftpd that asks the password files' 'put AuthOrder mod_auth_pam.c* mod_auth_unix.c into' \
	/etc/proftpd/conf.d/vsd.conf sed -i /^AuthOrder/d /etc/proftpd/conf.d/vsd.conf
hole 'one whose own order comes first' "proftpd.conf': its AuthOrder stands beside" \
	/etc/proftpd/proftpd.conf add 'AuthOrder mod_auth_unix.c' /etc/proftpd/proftpd.conf
hole 'or in a drop-in' "conf.d/a.conf': its AuthOrder stands beside" \
	/etc/proftpd/conf.d/a.conf add '  AuthOrder mod_auth_unix.c' /etc/proftpd/conf.d/a.conf
hole 'pure-ftpd that asks the password files' 'write no into /etc/pure-ftpd/conf/UnixAuthentication' \
	/etc/pure-ftpd/conf/UnixAuthentication add yes /etc/pure-ftpd/conf/UnixAuthentication
hole 'a mail program' 'would run a VS user' /usr/bin/procmail sh -c 'cp /bin/true /usr/bin/procmail'

switch() { # NAME VALUE TEXT
	echo "$2" >"/run/lab/sys/${1##*/}"
	seen=$(vsdadm check localhost 2>&1)
	has "$1 is $2" "$seen" "$3"
}
switch fs/protected_hardlinks 0 'protected_hardlinks'
echo 1 >/run/lab/sys/protected_hardlinks
switch fs/protected_symlinks 0 "protected_symlinks': it is 0"
echo 1 >/run/lab/sys/protected_symlinks
switch dev/tty/legacy_tiocsti 1 "legacy_tiocsti': it is 1"
echo 0 >/run/lab/sys/legacy_tiocsti
switch kernel/core_pattern '|/usr/bin/crash %p' 'core_pattern'
echo core >/run/lab/sys/core_pattern
mount -o remount,bind,nosuid,nodev,exec /home/vsd
has 'an executable /home/vsd' "$(vsdadm check localhost 2>&1)" 'not mounted nosuid,nodev,noexec'
mount -o remount,bind,nosuid,nodev,noexec /home/vsd
check 'and all is well again' vsdadm check localhost
done_testing
