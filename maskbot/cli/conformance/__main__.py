"""`python -m maskbot.cli.conformance`: the driver without the rest of the command line."""

from __future__ import annotations

import sys

from maskbot.cli.conformance.driver import run

run(sys.stdin.buffer, sys.stdout.buffer)
