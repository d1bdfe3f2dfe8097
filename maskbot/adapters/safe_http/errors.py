"""Why a URL that a stranger named was not fetched (reliability.md E11)."""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused, Unavailable


class AddressForbidden(Refused):
    """The URL leads to an address, scheme or port that strangers may not send us to."""

    kind = "AddressForbidden"


class DownloadRefused(Refused):
    """The server sends us to another host, or more than we take."""

    kind = "DownloadRefused"


class HostUnavailable(Unavailable):
    """The host cannot be reached, or is too slow."""

    kind = "HostUnavailable"


class AnswerMalformed(Malformed):
    """The answer is no HTTP, or ends early."""

    kind = "AnswerMalformed"
