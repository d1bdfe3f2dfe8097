"""Reading the fields of a backup object: wrong types become None or an entry of the list of what was skipped.

Source: spec `gun-personas-backup.md` D.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from maskbot.wire.persona.backup import Skipped
from maskbot.wire.persona.errors import BackupUnknownFormat, InvalidIdentifier
from maskbot.wire.persona.identifiers import normalised_persona, normalised_profile

MAX_SKIPPED_LISTED: Final = 1000

_LAST_MS: Final = 8_640_000_000_000_000  # the end of JavaScript's calendar


@dataclass(slots=True)
class SkippedLog:
    """Collects what an import leaves out; after `MAX_SKIPPED_LISTED` entries only their number grows."""

    entries: list[Skipped] = field(default_factory=list)
    unlisted: int = 0

    def add(self, place: str, reason: str) -> None:
        """Notes that the entry at `place` (such as `personas[3]`) is left out."""
        if len(self.entries) < MAX_SKIPPED_LISTED:
            self.entries.append(Skipped(place=place, reason=reason))
        else:
            self.unlisted += 1

    def listed(self) -> tuple[Skipped, ...]:
        """Everything noted; a last entry counts what did not fit."""
        more = [Skipped(place="…", reason=f"and {self.unlisted} more")] if self.unlisted else []
        return tuple(self.entries + more)


def entries(record: Mapping[str, object], name: str, *, log: SkippedLog) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yields place and object of each entry of a list; an absent list is empty, an entry that is no object is skipped.

    Raises:
        BackupUnknownFormat: there is something else than a list.
    """
    value = record.get(name)
    if value is not None and not isinstance(value, list):
        raise BackupUnknownFormat(f"{name} must be a list")
    for position, entry in enumerate(value or ()):
        if isinstance(entry, dict):
            yield f"{name}[{position}]", entry
        else:
            log.add(f"{name}[{position}]", "not an object")


def text_or_none(value: object) -> str | None:
    """A text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def time_or_none(value: object) -> int | None:
    """Milliseconds since 1970 as an integer, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LAST_MS <= value <= _LAST_MS:
        return None
    return int(value)


def profile_or_none(value: object) -> str | None:
    """A profile text in its one form, or None."""
    try:
        return normalised_profile(value) if isinstance(value, str) else None
    except InvalidIdentifier:
        return None


def persona_or_none(value: object) -> str | None:
    """A persona identifier in its one form, or None."""
    try:
        return normalised_persona(value) if isinstance(value, str) else None
    except InvalidIdentifier:
        return None
