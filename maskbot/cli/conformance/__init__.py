"""`maskbot conformance`: wire formats, key derivations and text decisions as JSON lines, one answer per line.

Follows conformance.md. It never stops early: a line that is no JSON, an unknown op or an unexpected exception gives one error
line. It uses no network, database, environment variable or settings file. Chosen randomness is possible here and only
here. The ops live in one module per room; `registry.py` finds them by prefix and imports them on first use.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from maskbot.cli.conformance.driver import answer, run

__all__ = ["answer", "app", "run"]


def app(args: Sequence[str], prog_name: str = "maskbot conformance") -> None:
    """The noun `conformance`. It takes no words; no command-line library is loaded, so the first answer comes at once."""
    if args:
        text = (
            f"Usage: {prog_name}\n\nReads requests as JSON lines and answers each with one line; see docs/protocol.md."
        )
        print(text, file=sys.stdout if args[0] in ("-h", "--help") else sys.stderr)
        sys.exit(0 if args[0] in ("-h", "--help") else 2)
    run(sys.stdin.buffer, sys.stdout.buffer)
