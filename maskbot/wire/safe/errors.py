"""What can be wrong with bytes of a Safe."""

from __future__ import annotations

from maskbot.domain.errors import Malformed


class InvalidBatch(Malformed):
    """The data of a batch is cut, padded, too long, or holds something else than plain calls."""

    kind = "InvalidBatch"


class InvalidSafeAnswer(Malformed):
    """The contract answers something else than a Safe does."""

    kind = "InvalidSafeAnswer"
