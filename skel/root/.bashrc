# SPDX-License-Identifier: LGPL-2.1-or-later
# A command by ssh is run without the profile.
case $PATH in
/usr/lib/vsd/admin:*) ;;
*) PATH=/usr/lib/vsd/admin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ;;
esac
case $- in
*i*) ;;
*) return ;;
esac
HISTCONTROL=ignoredups
alias ll='ls -l'
