"""What can be wrong with red packet bytes and posts."""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused


class InvalidAbi(Malformed):
    """Call data, an answer or an event that breaks the contract ABI, or its bounds."""

    kind = "InvalidAbi"


class InvalidPacketPost(Malformed):
    """Metadata of a post that is no red packet as the extension understands it; the field is named."""

    kind = "InvalidPacketPost"


class UntrustedContract(Refused):
    """No red packet contract of this version is known on this chain. Addresses that a post names are never used."""

    kind = "UntrustedContract"


class KeyOnServer(Refused):
    """The packet's key is not in the post: claims go through a server with rules that keep bots out. Left alone."""

    kind = "KeyOnServer"
