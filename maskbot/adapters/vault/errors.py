"""What the vault refuses, and what is wrong with its keys, its socket or its frames. Messages never hold a secret."""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Misconfigured, Refused, Unavailable


class NoSuchKey(Refused):
    """The vault holds no key for this persona."""

    kind = "NoSuchKey"


class OtherKey(Refused):
    """The persona has another key, or belongs to another tenant."""

    kind = "OtherKey"


class RequestTooLarge(Malformed):
    """More items, or larger ones, than one request may hold."""

    kind = "RequestTooLarge"


class BadFrame(Malformed):
    """Bytes on the socket that are no request or answer of this protocol."""

    kind = "BadFrame"


class UnknownRequest(Unavailable):
    """A request this vault does not know: whoever asks is newer. What waits for it is done once the vault was restarted."""

    kind = "UnknownRequest"


class PeerRefused(Misconfigured):
    """The process on the other end of the socket runs as another user."""

    kind = "PeerRefused"


class KekUnusable(Misconfigured):
    """The key-encryption key is missing, malformed, readable by others, or not the one the secrets were wrapped with."""

    kind = "KekUnusable"


class SecretUnreadable(Misconfigured):
    """A stored secret that does not open: damaged, moved to another row, or of another vault."""

    kind = "SecretUnreadable"


class SocketUnusable(Misconfigured):
    """The socket's place is wrong: path too long, folder open to others, or another vault listens there."""

    kind = "SocketUnusable"


class VaultAway(Unavailable):
    """The vault does not answer; it is being restarted, or was not started."""

    kind = "VaultAway"


class PaymentsPaused(Refused):
    """A switch is off that stops signatures with this wallet."""

    kind = "Paused"


class WalletNotActive(Refused):
    """The wallet is paused or quarantined."""

    kind = "WalletNotActive"


class NotApproved(Refused):
    """Fewer people have agreed than the policy asks for."""

    kind = "NotApproved"


class NotRaised(Refused):
    """A replacement that does not follow the newest attempt, or does not offer enough more."""

    kind = "NotRaised"
