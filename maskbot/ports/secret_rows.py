"""Port to the rows the vault keeps: the store room implements it, on a connection of its own; only the vault process uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SecretRow:
    """One secret at rest: `wrapped_key` is its data key under the KEK `kek_id`, `sealed` the secret under the data key.
    `public_key` (33 bytes) is set for personas."""

    id: str
    tenant_id: str
    purpose: str
    kek_id: str
    wrapped_key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    public_key: bytes | None = None


class KeptSecrets(Protocol):
    """The vault's table. Each method is one transaction."""

    def add(self, row: SecretRow) -> SecretRow:
        """Record the row unless its id is there; the row that is there now."""
        ...

    def load(self, row_id: str) -> SecretRow | None:
        """The row with this id."""
        ...

    def newest(self, *, purpose: str, kek_id: str) -> SecretRow | None:
        """The latest row of this purpose under this KEK."""
        ...

    def erase(self, row_id: str, *, action: str, subject: str) -> None:
        """Delete the row and what is left of it in the file, and note it in the audit."""
        ...

    def note(self, *, action: str, subject: str, detail: str) -> None:
        """Note in the audit what left the vault."""
        ...


class WrappedKeys(Protocol):
    """The same table, as a change of the KEK sees it."""

    def kek_ids(self) -> frozenset[str]:
        """The KEKs in use."""
        ...

    def not_under(self, kek_id: str, *, limit: int) -> tuple[SecretRow, ...]:
        """Rows wrapped by another KEK."""
        ...

    def rewrap(self, rows: Sequence[tuple[SecretRow, SecretRow]]) -> None:
        """Replace wrapped key and KEK id of each row (before, after); a row that changed meanwhile stays as it is."""
        ...


class SecretRows(KeptSecrets, WrappedKeys, Protocol):
    """The whole table."""
