"""Identifiers as texts: persona, profile, post, and post by IV.

Source: spec `gun-personas-backup.md` C.2, `mask-payload.md` 2.
"""

from __future__ import annotations

from typing import Final

from maskbot.wire.crypto import InvalidBase64, InvalidKey, compress, decode_base64_forgiving, encode_base64
from maskbot.wire.persona.errors import InvalidIdentifier

PERSONA_PREFIX: Final = "ec_key:secp256k1/"
PROFILE_PREFIX: Final = "person:"
NOBODY: Final = "person:localhost/$unknown"

_POST_PREFIX: Final = "post:"
_POST_IV_PREFIX: Final = "post_iv:"
_MAX_CHARACTERS: Final = 1024


def persona_identifier(public_key: bytes) -> str:
    """Names a persona by its public key (33 bytes compressed, or 65); `/` of the base64 is written `|`.

    Raises:
        InvalidKey: no point of secp256k1.
    """
    return PERSONA_PREFIX + encode_base64(compress(public_key)).replace("/", "|")


def public_key_of_identifier(identifier: str) -> bytes:
    """Reads the public key (33 bytes) of a persona identifier; both `|` and `/` are understood.

    Raises:
        InvalidIdentifier: another prefix, no base64, or no point of the curve.
    """
    text = identifier[len(PERSONA_PREFIX) :].replace("|", "/")
    try:
        if len(identifier) > _MAX_CHARACTERS or not identifier.startswith(PERSONA_PREFIX):
            raise InvalidIdentifier(f"an identifier that begins with {PERSONA_PREFIX} was expected")
        return compress(decode_base64_forgiving(text))
    except (InvalidBase64, InvalidKey) as error:
        raise InvalidIdentifier("the persona identifier holds no public key") from error


def public_key_hex(public_key: bytes) -> str:
    """Writes a public key as Next.ID wants it: `0x` and 66 lower-case hex digits.

    Raises:
        InvalidKey: no point of secp256k1.
    """
    return "0x" + compress(public_key).hex()


def profile_identifier(network: str, user_id: str) -> str:
    """Names a profile: network in lower case, `x.com` as `twitter.com`, the user id with its case.

    Raises:
        InvalidIdentifier: an empty part, `/` or a line feed in a part, or the placeholder for nobody.
    """
    network = network.lower()
    network = "twitter.com" if network == "x.com" else network
    identifier = f"{PROFILE_PREFIX}{network}/{user_id}"
    if not network or not user_id or identifier == NOBODY or len(identifier) > _MAX_CHARACTERS:
        raise InvalidIdentifier("a network and a user id were expected")
    if any(mark in part for part in (network, user_id) for mark in "/\n"):
        raise InvalidIdentifier("neither part of a profile may hold '/' or a line feed")
    return identifier


def normalised_profile(text: str) -> str:
    """Reads a profile text and writes it as `profile_identifier` does; what follows a second `/` is dropped.

    Raises:
        InvalidIdentifier: no profile.
    """
    if not text.startswith(PROFILE_PREFIX):
        raise InvalidIdentifier(f"a profile that begins with {PROFILE_PREFIX} was expected")
    network, _, rest = text[len(PROFILE_PREFIX) :].partition("/")
    return profile_identifier(network, rest.partition("/")[0])


def normalised_persona(text: str) -> str:
    """Reads a persona identifier and writes it in its one form.

    Raises:
        InvalidIdentifier: no persona.
    """
    return persona_identifier(public_key_of_identifier(text))


def post_identifier(post_id: str, *, profile: str) -> str:
    """Names a post by the id its platform gave it.

    Raises:
        InvalidIdentifier: an empty id, `/` or a line feed in it, or no profile.
    """
    if not post_id or any(mark in post_id for mark in "/\n"):
        raise InvalidIdentifier("a post id without '/' or line feed was expected")
    return f"{_POST_PREFIX}{post_id}/{normalised_profile(profile)}"


def post_iv_identifier(network: str, *, post_iv: bytes) -> str:
    """Names a post by its network and its 16-byte IV.

    Raises:
        InvalidIdentifier: an empty network, one with `/` or line feed, or an IV of another length.
    """
    if len(post_iv) != 16:
        raise InvalidIdentifier(f"an IV of 16 bytes was expected, {len(post_iv)} came")
    return normalised_post_iv(f"{_POST_IV_PREFIX}{network}/" + encode_base64(post_iv).replace("/", "|"))


def normalised_post_iv(text: str) -> str:
    """Reads a post-by-IV identifier and writes it in its one form; the network keeps its case, `x.com` is `twitter.com`.

    Raises:
        InvalidIdentifier: another prefix, or an empty or over-long part.
    """
    network, _, post_iv = text[len(_POST_IV_PREFIX) :].partition("/")
    if not text.startswith(_POST_IV_PREFIX) or not network or not post_iv or len(text) > _MAX_CHARACTERS:
        raise InvalidIdentifier(f"a post that begins with {_POST_IV_PREFIX} was expected")
    if "\n" in network:
        raise InvalidIdentifier("a network without line feed was expected")
    return f"{_POST_IV_PREFIX}{'twitter.com' if network == 'x.com' else network}/" + post_iv.replace("/", "|")
