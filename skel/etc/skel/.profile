# SPDX-License-Identifier: LGPL-2.1-or-later
if [ -n "$BASH_VERSION" ] && [ -r "$HOME/.bashrc" ]; then
	. "$HOME/.bashrc"
fi
