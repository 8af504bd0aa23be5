# SPDX-License-Identifier: LGPL-2.1-or-later
case $- in
*i*) ;;
*) return ;;
esac
HISTCONTROL=ignoredups
alias ll='ls -l'
