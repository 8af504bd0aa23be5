#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# lab: --servers 2 --sshd
# A VS admin who arranges the VS's files against the host, and namesakes.
. "$LAB_DIR/lib/tap.sh"
. "$LAB_DIR/lib/evil-nss.sh"
vs=/home/vsd/vs/vs1

# FACTS 2: uid 0 in the VS's passwd
cp $vs/etc/passwd /tmp/passwd
{ echo 'alice:x:0:0::/home/alice:/bin/bash'; cat /tmp/passwd; } >$vs/etc/passwd
is 'a first line that makes alice uid 0 is passed over' 2000001 "$(vssh alice@10.77.0.1 id -u)"
cp -Rp $vs/home/alice/.ssh $vs/home/bob/.ssh && chown -R 2000002:2000002 $vs/home/bob/.ssh
more_sshd 2202 -o ForceCommand=internal-sftp # no guard shell in the way
sftp_bob() { echo pwd | sftp -b - -P 2202 -i "$LAB_KEY" bob@10.77.0.1; }
priv() { sed -i "s/^login:.*/login:x::admin,alice,bob$1/" $vs/etc/vsd/priv; }
cp /tmp/passwd $vs/etc/passwd
check 'bob gets in by his key' vssh bob@10.77.0.1 id
check 'and by internal sftp' sftp_bob
sed 's/^bob:x:[0-9]*:[0-9]*:/bob:x:0:0:/' /tmp/passwd >$vs/etc/passwd
refused 'a user whose only line is uid 0 gets nothing' vssh bob@10.77.0.1 id
refused 'not by internal sftp either' sftp_bob
priv ,toor
cp -p $vs/etc/shadow /tmp/shadow.kept
echo 'toor:*:19000:0:99999:7:::' >>$vs/etc/shadow
echo 'toor:x:0:0::/root:/bin/bash' >>$vs/etc/passwd
refused 'nor does another name of uid 0' vssh toor@10.77.0.1 id
sed -i 's/^toor:x:0:0:/toor:x:2000000:2000000:/' $vs/etc/passwd
is 'which as a name of admin'\''s gets in' 2000000 "$(vssh toor@10.77.0.1 id -u)"
priv
mv /tmp/shadow.kept $vs/etc/shadow
sed 's/^bob:x:[0-9]*:[0-9]*:/bob:x:2000202:2000202:/' /tmp/passwd >$vs/etc/passwd
refused 'nor a uid of the other VS' vssh bob@10.77.0.1 id
cp /tmp/passwd $vs/etc/passwd

# FACTS 2: foreign groups, from the VS's file and from the host's
cp $vs/etc/group /tmp/group
printf 'disk:x:6:alice\nother:x:2000250:alice\nzero:x:0:alice\nown:x:2000050:alice\n' >>$vs/etc/group
has 'a group of the range in the VS'\''s group file' " $(vssh alice@10.77.0.1 id -G) " ' 2000050 '
lacks 'disk in the VS'\''s group file' " $(vssh alice@10.77.0.1 id -G) " ' 6 '
lacks 'a gid of the other VS' " $(vssh alice@10.77.0.1 id -G) " ' 2000250 '
lacks 'gid 0' " $(vssh alice@10.77.0.1 id -G) " ' 0 '
cp /tmp/group $vs/etc/group
cp /etc/group /tmp/hgroup
printf 'grouptrap:x:901:alice,alice@vs1\n' >>/etc/group
lacks 'a host group that names alice' " $(vssh alice@10.77.0.1 id -G) " ' 901 '
lacks 'by the qualified name too' " $(vssh alice@vs1@10.88.0.1 id -G) " ' 901 '
cp /tmp/hgroup /etc/group

# FACTS 2: an NSS module of the VS's, named in the VS's nsswitch.conf
evil_nss_plant $vs
is 'login with an evil nsswitch.conf' alice "$(vssh alice@10.77.0.1 id -un)"
vssh -tt alice@10.77.0.1 id >/dev/null 2>&1
pwssh password alice@10.77.0.1 lab-alice-vs1 id >/dev/null
check 'the module ran as alice (so it works)' sh -c "ls $vs/tmp/evil-*-as-2000001"
refused 'never as root in the VS' sh -c "ls $vs/tmp/evil-*-as-0"
refused 'never on the host' sh -c 'ls /tmp/evil-*-as-*'
evil_nss_remove $vs

# FACTS 1: files of the VS that modules after ours would have run or read as root
mkdir -p $vs/etc/update-motd.d
printf '#!/bin/sh\nid -u >/tmp/motd-as-$(id -u)\n' >$vs/etc/update-motd.d/00-evil
chmod 755 $vs/etc/update-motd.d/00-evil
vssh -tt alice@10.77.0.1 /etc/update-motd.d/00-evil >/dev/null 2>&1
is 'update-motd.d of the VS is run by nobody but alice' $vs/tmp/motd-as-2000001 \
	"$(ls $vs/tmp/motd-as-* /tmp/motd-as-* 2>/dev/null)"
mkdir -p /etc/update-motd.d
cp -p $vs/etc/update-motd.d/00-evil /etc/update-motd.d/00-lab
vssh -tt root@10.88.0.1 true >/dev/null 2>&1
check 'the host'\''s own is run for who comes to the host (so it is looked for)' test -e /tmp/motd-as-0
rm -f /etc/update-motd.d/00-lab /tmp/motd-as-0
[ ! -e $vs/etc/login.defs ] || mv $vs/etc/login.defs /tmp/
mkfifo $vs/etc/login.defs
is 'a FIFO as login.defs holds nobody up' alice "$(timeout 20 ssh -i "$LAB_KEY" -o BatchMode=yes alice@10.77.0.1 id -un)"
rm $vs/etc/login.defs
# FACTS 8: modules of the host that obey what is the user's
grep -qs '^session.*pam_umask' /etc/pam.d/sshd /etc/pam.d/common-session ||
	echo 'session optional pam_umask.so' >>/etc/pam.d/sshd
useradd -m -c pri=5,umask=0123 polite
install -d -m 0700 -o polite /home/polite/.ssh
install -m 0600 -o polite "$LAB_KEY.pub" /home/polite/.ssh/authorized_keys
is 'pam_umask obeys the GECOS of a user of the host' '5 0123' "$(vssh polite@10.88.0.1 'echo $(nice) $(umask)')"
userdel -rf polite 2>/dev/null
sed -i 's/^\(alice:[^:]*:[^:]*:[^:]*:\)[^:]*/\1pri=-15,umask=0123/' $vs/etc/passwd
is 'and of no user of a server' '0 0022' "$(vssh alice@10.77.0.1 'echo $(nice) $(umask)')"
mkfifo $vs/home/alice/.pam_environment && chown 2000001 $vs/home/alice/.pam_environment
as_alice() { timeout 10 ssh -i "$LAB_KEY" -o BatchMode=yes alice@10.77.0.1 "$@"; }
is 'a FIFO as ~/.pam_environment holds nobody up' alice "$(as_alice id -un)"
cp -a /etc/pam.d /tmp/pam.d
grep -q user_readenv=1 /etc/pam.d/sshd || echo 'session required pam_env.so user_readenv=1' >>/etc/pam.d/sshd
sed -i -e '/^session.*pam_vsd/s/success=done/success=ok/' -e '/pam_limits/d' /etc/pam.d/sshd
sed -i '/^session.*pam_vsd/d' /etc/pam.d/common-*
as_alice true >/dev/null 2>&1
is 'it would, did VS users not pass over those modules (so that is the wall)' 124 $?
rm $vs/home/alice/.pam_environment
is 'but the GECOS is harmless by itself: nss_vsd has cut it' '0 0022' "$(as_alice 'echo $(nice) $(umask)')"
cp -a /tmp/pam.d/. /etc/pam.d/
cp /tmp/passwd $vs/etc/passwd
for f in passwd group shadow; do
	mv $vs/etc/$f /tmp/kept
	mkfifo $vs/etc/$f
	timeout 20 ssh -i "$LAB_KEY" -o BatchMode=yes alice@10.77.0.1 true >/dev/null 2>&1
	lacks "a FIFO as etc/$f holds nobody up" $? 124
	[ $f = group ] || refused "a FIFO as etc/$f lets nobody in" vssh alice@10.77.0.1 true
	rm $vs/etc/$f
	ln -s /etc/$f $vs/etc/$f
	[ $f = group ] || refused "etc/$f as a link to the host's" vssh alice@10.77.0.1 true
	rm $vs/etc/$f
	mv /tmp/kept $vs/etc/$f
	check "the VS's own etc/$f lets her in" vssh alice@10.77.0.1 true
done

# Names that the host has too
useradd -m -u 1500 alice
mkdir -p /home/alice/.ssh
cp "$LAB_KEY.pub" /home/alice/.ssh/authorized_keys
chown -R alice: /home/alice
refused 'a bare name that the host has too, on the VS'\''s address' vssh alice@10.77.0.1 id
logs 'for that reason' 'NSS gives uid 1500, the server'\''s entry is 2000001'
is 'the same, qualified' 2000001 "$(vssh alice@vs1@10.77.0.1 id -u)"
is 'the host'\''s own, on the host'\''s address' 1500 "$(vssh alice@10.88.0.1 id -u)"
sleep 1
userdel -rf alice 2>/dev/null
useradd -m hosty
mkdir -p /home/hosty/.ssh
cp "$LAB_KEY.pub" /home/hosty/.ssh/authorized_keys
chown -R hosty: /home/hosty
refused 'a host user on a VS'\''s address' vssh hosty@10.77.0.1 id
logs 'for that reason' "a host user may not log in at a virtual server's address"
refused 'root on a VS'\''s address' vssh root@10.77.0.1 id
logs 'for the same reason' "a host user may not log in at a virtual server's address"
check 'a host user on the host'\''s' vssh hosty@10.88.0.1 id
check 'root on the host'\''s' vssh root@10.88.0.1 id
refused 'a VS user on the other VS'\''s address' vssh alice@vs2@10.77.0.1 id
logs 'for that reason' 'the address is that of vs1'
check 'who may come to their own' vssh alice@vs2@10.77.0.2 id
refused 'a bare VS name on the host'\''s address' vssh alice@10.88.0.1 id
check 'where the qualified one is good' vssh alice@vs1@10.88.0.1 id
printf 'sshd:x:2000009:2000009::/run/sshd:/bin/sh\nroot:x:2000010:2000010::/root:/bin/sh\n' >>$vs/etc/passwd
is 'a VS user named sshd harms nobody' alice "$(vssh alice@10.77.0.1 id -un)"
refused 'a VS user named root is not let in as root' vssh root@10.77.0.1 id
logs 'for that reason' 'NSS gives uid 0, the server'\''s entry is 2000010'
cp /tmp/passwd $vs/etc/passwd

# A home that leads out
mkdir -p /home/alice/.ssh
cp "$LAB_KEY.pub" /home/alice/.ssh/authorized_keys
chown -R 1500 /home/alice
mv $vs/home $vs/home.kept
ln -s /home $vs/home
mv $vs/home.kept/alice/.ssh $vs/home.kept/alice/ssh.kept
refused 'an absolute link as /home does not use the host'\''s keys' vssh alice@10.77.0.1 id
ln -sfn home.kept $vs/home
refused 'nor do there keys of another name' vssh alice@10.77.0.1 id
mv $vs/home.kept/alice/ssh.kept $vs/home.kept/alice/.ssh
check 'a link that stays in the VS uses the VS'\''s' vssh alice@10.77.0.1 true
mv $vs/home.kept/alice/.ssh $vs/home.kept/alice/ssh.kept
rm $vs/home
mv $vs/home.kept $vs/home
mv $vs/home/alice/ssh.kept $vs/home/alice/.ssh
check 'and all is well again' vssh alice@10.77.0.1 true
done_testing
