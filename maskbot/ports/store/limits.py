"""Switches, the X ledger, platform windows."""

from __future__ import annotations

from typing import Protocol


class Switches(Protocol):
    """Pause switches by scope: `global`, `tenant:<id>`, `account:<id>`, `verb:<verb>`, `deliveries`."""

    def off(self) -> frozenset[str]:
        """Scopes that are paused."""
        ...

    def flip(self, scope: str, *, is_on: bool, reason: str, who: str, now_ms: int) -> None:
        """Resume or pause a scope."""
        ...


class Ledger(Protocol):
    """What X calls cost, in thousandths of a US dollar, by UTC day."""

    def spend(self, *, account_id: str, action: str, cost_musd: int, now_ms: int) -> None:
        """Add a cost."""
        ...

    def spent_today(self, *, account_id: str, now_ms: int) -> int:
        """The sum of the UTC day."""
        ...


class Throttles(Protocol):
    """Platform rate windows, shared by all workers through the store."""

    def blocked_until(self, *, account_id: str, action: str, now_ms: int) -> int | None:
        """The time before which this action must not be called, None if it may."""
        ...

    def take_slot(self, *, account_id: str, action: str, slots: int, window_ms: int, now_ms: int) -> int | None:
        """Take one of `slots` calls that any window of `window_ms` allows: None if one was free, else the time of the next. Exact
        however many workers ask at once."""
        ...

    def block(self, *, account_id: str, action: str, until_ms: int) -> None:
        """The platform said to wait."""
        ...
