"""`maskbot conformance`: the noun of the driver in `cli/conformance`."""

from __future__ import annotations

import sys

from maskbot.cli.noun import make_single

app = make_single("Answer test lines about the wire formats.")


@app.command()
def conformance() -> None:
    """Read JSON lines from standard input and answer each with one line. Uses no network, database or settings."""
    from maskbot.cli.conformance.driver import run

    run(sys.stdin.buffer, sys.stdout.buffer)
