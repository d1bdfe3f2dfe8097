"""Where ports meet adapters, and nowhere else: `assemble(settings) -> App`.

An `App` holds one process's parts. Each is made when it is first asked for, so that a command that needs only the store loads no
platform library. `platforms.py` makes the clients of hosting accounts, `applets.py` loads the applets.
"""

from __future__ import annotations

from maskbot.assembly.app import App, assemble

__all__ = ["App", "assemble"]
