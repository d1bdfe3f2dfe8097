"""The keyring of these settings, for the vault process, and for an operator's export.

A key leaves by who holds the key-encryption key, never through the vault's socket: a worker that is taken over speaks on that
socket, and gets signatures within the policy there, and no key (reliability.md E18).
"""

from __future__ import annotations

from maskbot.adapters.store.secrets import SqlSecrets
from maskbot.adapters.store.work import SqlStore
from maskbot.adapters.vault.kek import KekSource
from maskbot.adapters.vault.keyring import Keyring
from maskbot.settings import Settings


def open_keyring(settings: Settings, store: SqlStore) -> Keyring:
    """Raises Misconfigured: the key-encryption key cannot be read, or is not that of the stored secrets."""
    return Keyring(SqlSecrets(store), source=kek_source(settings))


def kek_source(settings: Settings) -> KekSource:
    """Where the key-encryption key comes from, by the settings."""
    return KekSource(
        path=settings.kek_file_path,
        value=None if settings.kek is None else settings.kek.get_secret_value(),
        passphrase=None if settings.kek_passphrase is None else settings.kek_passphrase.get_secret_value(),
    )
