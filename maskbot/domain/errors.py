"""Five error families, which are five ways to handle a failure (ARCHITECTURE.md, section 5).

A leaf subclasses exactly one family and carries its facts as attributes. Messages say what was expected, what came and what
the person can do; they never hold a secret. `kind` is a stable name for logs, tables and tests.
"""

from __future__ import annotations

_LONGEST_PAUSE_S = 86_400


class MaskbotError(Exception):
    """Anything maskbot raises on purpose. Catch a family, not this class."""

    kind: str = "Error"

    def __init__(self, message: str, *, kind: str | None = None) -> None:
        super().__init__(message)
        if kind is not None:
            self.kind = kind


class Malformed(MaskbotError):
    """Bytes or text from outside break their format. Recorded; never retried."""

    kind = "Malformed"


class Refused(MaskbotError):
    """Well formed, but a rule says no. The person gets the reason; never retried."""

    kind = "Refused"


class Unavailable(MaskbotError):
    """The outside is down or limiting, and nothing happened. Retried with backoff and a cap.

    `retry_after_s` is the pause the other side asked for, in seconds, or None when it did not say.
    """

    kind = "Unavailable"

    def __init__(self, message: str, *, retry_after_s: float | None = None, kind: str | None = None) -> None:
        super().__init__(message, kind=kind)
        self.retry_after_s = retry_after_s

    @property
    def pause_ms(self) -> int | None:
        """The pause that was asked for in milliseconds, a day at most whatever the other side said; None when it did not say."""
        if self.retry_after_s is None:
            return None
        return (
            int(self.retry_after_s * 1000) if 0 <= self.retry_after_s <= _LONGEST_PAUSE_S else _LONGEST_PAUSE_S * 1000
        )


class Unconfirmed(MaskbotError):
    """A call was sent and its outcome is unknown. The effect is looked for first; never retried blindly."""

    kind = "Unconfirmed"


class Misconfigured(MaskbotError):
    """Our settings, keys or chain id are wrong. Stops and tells the operator what to change."""

    kind = "Misconfigured"
