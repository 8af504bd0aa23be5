# SPDX-License-Identifier: LGPL-2.1-or-later
# One line a test, in alphabetical order; below, what it needs.
module_tests :=
