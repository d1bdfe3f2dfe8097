"""Everything an operator can set: the only reader of the environment.

`load_settings()` reads the variables `MASKBOT_*` (all listed in `.env.example`), `load_policy_book()` the policy file. Both
raise Misconfigured, and say which variable or line to change and how. `prepare()` makes the private directories.
"""

from __future__ import annotations

from maskbot.settings.chains_file import ChainNodes, load_chains
from maskbot.settings.paths import ensure_private_directory, prepare
from maskbot.settings.policy_file import load_policy_book
from maskbot.settings.variables import PREFIX, Settings, load_settings, unknown_variables

__all__ = [
    "PREFIX",
    "ChainNodes",
    "Settings",
    "ensure_private_directory",
    "load_chains",
    "load_policy_book",
    "load_settings",
    "prepare",
    "unknown_variables",
]
