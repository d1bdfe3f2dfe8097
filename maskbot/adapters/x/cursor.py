"""A place in a feed that X gives newest first.

As text: `900` means all up to post 900 is seen. `100~900~token` means all up to 100 is seen, and of what lies between 100 and
900 the pages before `token`; the next reading goes on there. `meta.newest_id` is never relied on (spec/social-platforms.md, 2.1).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cursor:
    """`seen` is the highest id of the part that is complete; `high` and `token` belong to an unfinished reading."""

    seen: int
    high: int = 0
    token: str | None = None

    @classmethod
    def parse(cls, text: str | None) -> Cursor:
        """Anything that is no cursor starts anew."""
        parts = (text or "").split("~", 2)
        if not all(part.isascii() and part.isdecimal() and len(part) <= 20 for part in parts[:2]):
            return cls(0)
        if len(parts) == 3:
            return cls(int(parts[0]), int(parts[1]), parts[2])
        return cls(int(parts[0]))

    def __str__(self) -> str:
        return str(self.seen) if self.token is None else f"{self.seen}~{self.high}~{self.token}"
