# SPDX-License-Identifier: LGPL-2.1-or-later
"""A run that ends, whatever hangs, of the run itself too."""
import os
import threading


def over_after(seconds):
    def over():
        print(f"# FAILED: not over after {seconds} s", flush=True)
        os._exit(1)

    timer = threading.Timer(seconds, over)
    timer.daemon = True
    timer.start()
