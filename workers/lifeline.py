"""The last step before a child's own program: it asks the kernel to end the child together with its parent, then becomes it.

Run by path as `python -I -S lifeline.py PARENT_PID SIGNAL ARGV...`, so that it costs some 20 ms once and no memory afterwards. The
wish (Linux: prctl PR_SET_PDEATHSIG, prctl(2)) outlives exec. It is tied to the parent's *thread* that made the child: start
children from a thread that lives as long as they should. Elsewhere than on Linux it does nothing, and `process.Guard` is what is
left. Imports the standard library only, and little of it.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
EXIT_PARENT_GONE = 125
EXIT_NOT_FOUND = 127  # what a shell answers for a command that cannot be run


def main(arguments: list[str]) -> int:
    """Becomes `arguments[2:]`; returns an exit status only when that fails."""
    parent_pid, death_signal, *argv = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != int(parent_pid):  # it died before the wish was heard
        return EXIT_PARENT_GONE
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is wanted: the argument vector comes from our own supervisor
    except OSError as error:
        print(f"cannot run {argv[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - the child's only voice
    return EXIT_NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
