"""Keeps Python's recursion limit where it was: py_ecc, which web3 and drand need, raises it to 100,000 for the whole process.

With that limit a deeply nested JSON text overflows the C stack and kills the process, instead of raising RecursionError. py_ecc
does it once, on its first import; so it is imported here, before anything else of theirs, and the limit is put back.
"""

from __future__ import annotations

import sys

_before = sys.getrecursionlimit()
import py_ecc  # noqa: E402, F401 - for its side effect, which is undone in the next line

sys.setrecursionlimit(_before)
