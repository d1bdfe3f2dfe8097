"""The vault: the only holder of private keys. Workers see the client; the keyring and the server live in the vault process.

`VaultClient(path)` implements `ports.inside.Vault` over the socket; `Keyring(rows, source=...)` is the same port in process, for
the server and for tests.
"""

from __future__ import annotations

from maskbot.adapters.vault.client import VaultClient, is_answering

__all__ = ["VaultClient", "is_answering"]
