"""Who is at the keyboard: the operating system's user, as the kernel knows it, not as a variable says."""

from __future__ import annotations

import os
import pwd


def operator() -> str:
    """`operator:<user name>`, or the user id where it has no name."""
    try:
        return f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"operator:{os.getuid()}"
