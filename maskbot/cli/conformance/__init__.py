"""`maskbot conformance`: wire formats, key derivations and text decisions as JSON lines, one answer per line.

Follows conformance.md. It never stops early: a line that is no JSON, an unknown op or an unexpected exception gives one error
line. It uses no network, database, environment variable or settings file. Chosen randomness is possible here and only
here. The ops live in one module per room; `registry.py` finds them by prefix and imports them on first use.
"""

from __future__ import annotations

from maskbot.cli.conformance.driver import answer, run

__all__ = ["answer", "run"]
