"""Names the protocol gives to profiles and posts (mask-payload.md, section 2). 'Network' is the wire's word for a site's domain."""

from __future__ import annotations

from maskbot.wire.crypto import encode_base64

_PREFIX = "person:"
NETWORK_NUMBERS: dict[float, str] = {0: "facebook.com", 1: "twitter.com", 2: "instagram.com", 3: "minds.com"}
_KNOWN = frozenset(NETWORK_NUMBERS.values())
UNKNOWN_NETWORK = "localhost"


def author_of(network: str, user_id: str) -> str | None:
    """The profile text `person:<network>/<userId>`, or None if the parts name no profile.

    The network becomes lower case and `x.com` becomes `twitter.com`; the user id keeps its case.
    """
    network = network.lower()
    if network == "x.com":
        network = "twitter.com"
    if not network or not user_id or (network == UNKNOWN_NETWORK and user_id == "$unknown"):
        return None
    if "/" in network or "/" in user_id or "\n" in network or "\n" in user_id:
        return None
    return f"{_PREFIX}{network}/{user_id}"


def author_from_text(text: str) -> str | None:
    """A profile text in its normal form, or None if it is none. What follows a second `/` is dropped, as in the reference."""
    if not text.startswith(_PREFIX):
        return None
    network, _, rest = text[len(_PREFIX) :].partition("/")
    return author_of(network, rest.partition("/")[0])


def parts_of(author: str) -> tuple[str, str]:
    """Network and user id of a profile text in normal form."""
    network, _, user_id = author.removeprefix(_PREFIX).partition("/")
    return network, user_id


def network_domain(network: str) -> str:
    """The domain the protocol knows a site by: one of its four, or `localhost` for any other; `x.com` is `twitter.com`."""
    domain = "twitter.com" if network == "x.com" else network
    return domain if domain in _KNOWN else UNKNOWN_NETWORK


def post_identifier(post_iv: bytes, *, author: str | None, network: str) -> str:
    """`post_iv:<network>/<base64 of the 16-byte IV, '|' for '/'>`; the network is the author's, else that of the site."""
    domain = parts_of(author)[0] if author else network_domain(network)
    return f"post_iv:{domain}/{encode_base64(post_iv).replace('/', '|')}"
