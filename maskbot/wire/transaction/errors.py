"""What can be wrong with transactions and calls."""

from __future__ import annotations

from maskbot.domain.errors import Malformed


class InvalidTransaction(Malformed):
    """Bytes that are no signed transaction of the kinds we make."""

    kind = "InvalidTransaction"


class InvalidCall(Malformed):
    """Call data of a known method that is cut, padded or out of range: what it does with money cannot be told."""

    kind = "InvalidCall"
