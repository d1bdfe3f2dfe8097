"""Next.ID proof posts: a profile publicly binds itself to a persona key.

Now: three lines, signature and chain position. In 2022: one line with the key in it; that one states a key and a signature, but not
what was signed, so it is a claim and no proof.

Source: spec `gun-personas-backup.md` C.4; `mask-payload.md` 12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from maskbot.wire.crypto import InvalidBase64, InvalidKey, compress, decode_base64_forgiving, encode_base64
from maskbot.wire.persona.errors import InvalidProof
from maskbot.wire.persona.signature import SIGNATURE_BYTES, recover_signer

_MAX_CHARACTERS: Final = 20_000
_IDENTITY: Final = re.compile(r"@[ \t]*(\w{1,64})")
_SIGNATURE: Final = re.compile(r"^Sig: (.{1,400}?)[ \t\r]*$", re.MULTILINE)
_MISC: Final = re.compile(r"^Misc: ([^|\n]{1,100})\|(\d{1,20})\|([^\n]{0,400}?)[ \t\r]*$", re.MULTILINE | re.ASCII)
_CLAIM: Final = re.compile(
    r"Prove myself: I'm 0x([0-9a-fA-F]{66}) on NextID\. Signature: ([A-Za-z0-9+/=]{80,100})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class ProofPost:
    """A proof post of today. `identity` is the user name in line 1 (None if there is none), `created_at` seconds as text,
    `previous` the signature before it in the persona's chain (base64) or None."""

    identity: str | None
    signature: bytes
    uuid: str
    created_at: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class KeyClaim:
    """A proof post of 2022: the public key (33 bytes) it names and a signature (65 bytes) of an unknown text."""

    public_key: bytes
    signature: bytes


def sign_payload(
    *,
    action: str,
    created_at: str,
    identity: str,
    platform: str,
    previous: str | None,
    uuid: str,
    persona: str | None = None,
) -> str:
    """Writes the text that Next.ID wants signed: sorted members, compact, identity in lower case.

    `persona` (`0x...`) belongs to the platform `ethereum` only.
    """
    members = {
        "action": action,
        "created_at": created_at,
        "identity": identity.lower(),
        **({"persona": persona} if persona is not None else {}),
        "platform": platform,
        "prev": previous,
        "uuid": uuid,
    }
    return _compact(members)


def reserialised(payload: str) -> str:
    """Parses the service's `sign_payload` and writes it again, as the extension does before signing.

    Raises:
        InvalidProof: no JSON object.
    """
    try:
        members = json.loads(payload) if len(payload) <= _MAX_CHARACTERS else None
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise InvalidProof("a JSON object to sign was expected")
    return _compact(members)


def write_proof_post(post: ProofPost) -> str:
    """Writes the English proof post, three lines.

    Raises:
        InvalidProof: no identity, or a signature that is not 65 bytes.
    """
    if not post.identity or len(post.signature) != SIGNATURE_BYTES:
        raise InvalidProof("an identity and a signature of 65 bytes were expected")
    return (
        f"🎭 Verify @{post.identity} with @NextDotID.\n"
        f"Sig: {encode_base64(post.signature)}\n"
        f"Misc: {post.uuid}|{post.created_at}|{post.previous or ''}"
    )


def read_proof_post(text: str) -> ProofPost | KeyClaim:
    """Reads a proof post of today or of 2022; blanks that a platform put around names and emoji do not matter.

    Raises:
        InvalidProof: neither, or a signature that is not 65 bytes of base64 (the emoji form is not understood).
    """
    text = text[:_MAX_CHARACTERS]
    if claim := _CLAIM.search(text):
        return KeyClaim(public_key=_point(claim[1]), signature=_signature(claim[2]))
    signature, misc = _SIGNATURE.search(text), _MISC.search(text)
    if signature is None or misc is None:
        raise InvalidProof("a post with the lines Sig and Misc was expected")
    name = _IDENTITY.search(text[: signature.start()])
    return ProofPost(
        identity=name[1] if name and name[1] != "NextDotID" else None,
        signature=_signature(signature[1]),
        uuid=misc[1],
        created_at=misc[2],
        previous=misc[3] or None,
    )


def proven_key(post: ProofPost, *, platform: str, identity: str) -> bytes:
    """Finds the public key (33 bytes) that signed the proof for this profile. The caller compares it with the expected key.

    Any well-formed signature belongs to *some* key: without that comparison, or Next.ID's own word, nothing is proven.

    Raises:
        InvalidProof: the signature belongs to no key.
    """
    payload = sign_payload(
        action="create",
        created_at=post.created_at,
        identity=identity,
        platform=platform,
        previous=post.previous,
        uuid=post.uuid,
    )
    try:
        return recover_signer(post.signature, text=payload)
    except InvalidKey as error:
        raise InvalidProof("the signature belongs to no key") from error


def _compact(members: Mapping[str, object]) -> str:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)


def _signature(text: str) -> bytes:
    try:
        signature = decode_base64_forgiving(text)
    except InvalidBase64 as error:
        raise InvalidProof("the signature is no base64") from error
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidProof(f"a signature of {SIGNATURE_BYTES} bytes was expected, {len(signature)} came")
    return signature


def _point(hex_text: str) -> bytes:
    try:
        return compress(bytes.fromhex(hex_text))
    except InvalidKey as error:
        raise InvalidProof("the post names no public key") from error
