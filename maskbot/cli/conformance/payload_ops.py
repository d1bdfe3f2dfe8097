"""`payload.encrypt`, `.append`, `.decrypt` and `.parse` (conformance.md, section 3). Chosen randomness is allowed here alone."""

from __future__ import annotations

from maskbot.adapters.system import SystemEntropy
from maskbot.cli.conformance import fields
from maskbot.cli.conformance.carrier_ops import payload_in
from maskbot.cli.conformance.fields import BadRequest
from maskbot.cli.conformance.message_json import json_of, message_of
from maskbot.cli.conformance.payload_json import field_json, key_json, payload_json
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    FieldError,
    Reader,
    SealedKey,
    SealSecrets,
    UnsealFailed,
    add_recipients,
    author_from_text,
    decode_carriers,
    draw_secrets,
    parse_payload,
    post_identifier,
    record_of,
    seal,
    unseal,
)
from maskbot.wire.payload.errors import NO_PAYLOAD_FOUND

_CURVES = {"secp256k1": Curve.K256, "P-256": Curve.P256}


def encrypt(request: dict[str, object]) -> dict[str, object]:
    """A payload and the sealed keys of its recipients."""
    author_text = fields.optional_text(request, "author")
    key = fields.optional_mapping(request, "author_key")
    shows_key = fields.optional_boolean(request, "include_author_public_key")
    profile = None if author_text is None else author_from_text(author_text)
    audience = None if request.get("target") == "public" else _targets(request)
    author = _author(
        key, profile, shows_key=shows_key is not False, local_key=fields.optional_hex(request, "local_key", length=32)
    )
    random = fields.optional_mapping(request, "random")
    network = fields.text(request, "network")
    sealed = seal(
        message_of(request.get("message")),
        version=_version(request),
        author=author,
        audience=audience,
        secrets=_secrets(random, len(audience or ())),
        key_text=_key_text(random),
    )
    payload = sealed.payload
    return {
        **({"payload_text": payload} if isinstance(payload, str) else {"payload_hex": payload.hex()}),
        "post_identifier": post_identifier(sealed.post_iv, author=profile, network=network),
        "e2e": None if audience is None else [_entry(item) for item in sealed.keys],
    }


def append(request: dict[str, object]) -> dict[str, object]:
    """The sealed keys of recipients added to a post."""
    random = fields.optional_mapping(request, "random")
    audience = _targets(request)
    post_iv = fields.hex_bytes(request, "post_iv", length=16)
    post_key = fields.hex_bytes(request, "post_key", length=32)
    drawn = _secrets(random, len(audience))
    keys = add_recipients(
        version=_version(request),
        author=_author(fields.optional_mapping(request, "author_key"), None, shows_key=False, local_key=None),
        audience=audience,
        secrets=SealSecrets(post_iv, post_key, drawn.salts, drawn.ephemeral),
        key_text=_key_text(random),
    )
    return {"e2e": [_entry(item) for item in keys]}


def parse(request: dict[str, object]) -> dict[str, object]:
    """The fields of a payload, each a value or an error."""
    return payload_json(parse_payload(payload_in(request)))


def decrypt(request: dict[str, object]) -> dict[str, object]:
    """The message of a payload for a reader with these keys."""
    reader, records = _reader(fields.optional_mapping(request, "io"))
    unsealed = unseal(parse_payload(_payload(request)), reader=reader, records=records)
    kept = unsealed.found_post_key
    return {"content": json_of(unsealed.message), "post_key_cached": None if kept is None else kept.hex()}


def _payload(request: dict[str, object]) -> str | bytes:
    if request.get("text") is None:
        return payload_in(request)
    found = decode_carriers(fields.text(request, "text"), network=fields.text(request, "network"))
    if not found:
        raise UnsealFailed("no payload in this text", kind=NO_PAYLOAD_FOUND)
    return found[0]


def _version(request: dict[str, object]) -> int:
    version = fields.integer(request, "version")
    if version not in (-37, -38):
        raise BadRequest("expected version -37 or -38")
    return version


def _targets(request: dict[str, object]) -> list[CurveKey]:
    if not isinstance(request.get("target"), list):
        raise BadRequest("expected target as 'public' or a list of keys")
    return [_curve_key(key) for key in fields.objects(request, "target")]


def _curve_key(key: fields.Request) -> CurveKey:
    return CurveKey(_CURVES[fields.curve(key)], fields.public_key(key))


def _author(key: dict[str, object], profile: str | None, *, shows_key: bool, local_key: bytes | None) -> Author:
    if not key:
        return Author(profile, None, shows_key, None, local_key)
    private_key = fields.private_key(key) if key.get("priv_hex") is not None else None
    return Author(profile, _curve_key(key), shows_key, private_key, local_key)


def _secrets(random: dict[str, object], recipients: int) -> SealSecrets:
    """The request's randomness; what it lacks is drawn."""
    drawn = draw_secrets(SystemEntropy().take, recipients=recipients)
    ephemeral = dict(drawn.ephemeral)
    for curve_name, curve in _CURVES.items():
        chosen = fields.optional_mapping(random, "ephemeral").get(str(int(curve)))
        if chosen is not None:
            ephemeral[curve] = fields.private_key({"curve": curve_name, "priv_hex": chosen})
    salts = [
        fields.hex_bytes({"recipient_ivs": salt}, "recipient_ivs") for salt in fields.items(random, "recipient_ivs")
    ]
    return SealSecrets(
        post_iv=fields.optional_hex(random, "post_iv", length=16) or drawn.post_iv,
        post_key=fields.optional_hex(random, "post_key", length=32) or drawn.post_key,
        salts=(*salts, *drawn.salts[len(salts) :]),
        ephemeral=ephemeral,
    )


def _key_text(random: dict[str, object]) -> bytes | None:
    chosen = fields.optional_text(random, "post_key_jwk_json")
    return None if chosen is None else chosen.encode("utf-8", "surrogatepass")


def _entry(key: SealedKey | FieldError) -> dict[str, object]:
    if isinstance(key, FieldError):
        return field_json(key)
    entry: dict[str, object] = {"encrypted_post_key": key.sealed.hex(), "gun": record_of(key)}
    if key.salt is not None:
        return {**entry, "iv_to_be_published": key.salt.hex()}
    return {**entry, "ephemeral_public_key": None if key.ephemeral_key is None else key_json(key.ephemeral_key)}


def _reader(io: dict[str, object]) -> tuple[Reader, list[SealedKey]]:
    keys = fields.objects(io, "private_keys")
    author = fields.optional_mapping(io, "author_public_key")
    reader = Reader(
        private_keys=tuple(fields.private_key(key) for key in keys if fields.curve(key) == "secp256k1"),
        local_key=fields.optional_hex(io, "local_key"),
        owns_author=fields.optional_boolean(io, "has_local_key"),
        author_key=fields.public_key(author) if author and fields.curve(author) == "secp256k1" else None,
        post_key=fields.optional_hex(io, "post_key_cache"),
    )
    return reader, [_record(entry) for entry in fields.objects(io, "post_keys")]


def _record(entry: dict[str, object]) -> SealedKey:
    ephemeral = fields.optional_mapping(entry, "ephemeral_public_key")
    return SealedKey(
        sealed=fields.hex_bytes(entry, "encrypted_post_key"),
        salt=fields.optional_hex(entry, "iv"),
        ephemeral_key=_curve_key(ephemeral) if ephemeral else None,
    )


OPS = {"payload.encrypt": encrypt, "payload.append": append, "payload.decrypt": decrypt, "payload.parse": parse}
