"""The command line: one file per noun. Imports nothing here, so that each command loads only what it needs."""

from __future__ import annotations


def main() -> None:
    """The console script `maskbot`."""
    from maskbot.cli.root import main as run

    run()
