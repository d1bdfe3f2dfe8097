"""What can be wrong with GUN bytes and with what is asked of the key graph."""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused


class FrameMalformed(Malformed):
    """A frame that is no JSON message, or is longer, deeper or fuller than the limits allow. It is dropped whole."""

    kind = "GunFrameMalformed"


class ItemMalformed(Malformed):
    """A graph item that is no key record: a field is missing, of the wrong type, too long or no base64."""

    kind = "GunItemMalformed"


class UnknownNetwork(Refused):
    """End-to-end posts have no place on the graph for this network; the extension knows four."""

    kind = "GunUnknownNetwork"
