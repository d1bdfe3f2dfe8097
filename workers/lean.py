"""Keeps rich out of the service's processes: structlog would load it, 5 MB in each, for tracebacks that a service never prints.

Import this before anything that imports structlog. It acts only in `python -m workers.run`; elsewhere (the command line,
tests) rich is wanted.
"""

from __future__ import annotations

import sys

_spec = getattr(sys.modules["__main__"], "__spec__", None)
if _spec is not None and _spec.name == "workers.run":
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # None is how Python says: not to be imported
