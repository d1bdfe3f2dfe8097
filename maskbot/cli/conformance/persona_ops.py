"""`persona.derive` and `backup.open` (conformance.md, section 3; gun-personas-backup.md, C, D and E.5)."""

from __future__ import annotations

from maskbot.cli.backup_json import normalised_json, plain_json, summary_json
from maskbot.cli.conformance.fields import BadRequest, mapping, optional_text, text
from maskbot.wire.crypto import InvalidBase64, decode_base64_forgiving, jwk_of_aes_key, jwk_of_public
from maskbot.wire.persona import (
    ethereum_address,
    export_private_key,
    open_backup,
    persona_from_mnemonic,
    personal_sign,
    private_jwk,
    public_key_hex,
    read_backup,
)


def derive(request: dict[str, object]) -> dict[str, object]:
    """All keys and names of a persona, and its signature over `sign_payload`."""
    payload = optional_text(request, "sign_payload")
    persona = persona_from_mnemonic(text(request, "mnemonic"), password=optional_text(request, "password") or "")
    assert persona.local_key is not None
    answer: dict[str, object] = {
        "private_key_hex": persona.private_key.hex(),
        "private_jwk": private_jwk(persona.private_key),
        "public_jwk": jwk_of_public(persona.public_key),
        "public_compressed_hex": persona.public_key.hex(),
        "identifier": persona.identifier,
        "public_key_as_hex": public_key_hex(persona.public_key),
        "local_key_jwk": jwk_of_aes_key(persona.local_key),
        "eth_address": ethereum_address(persona.public_key),
        "exported_private_key": export_private_key(persona.private_key),
    }
    if payload is not None:
        answer["signature_hex"] = "0x" + personal_sign(persona.private_key, text=payload).hex()
    return answer


def open_(request: dict[str, object]) -> dict[str, object]:
    """The decoded object of a backup, the same after all import rules, and a summary of encrypted files."""
    has_file, has_json = request.get("file_base64") is not None, request.get("json") is not None
    if has_file == has_json:
        raise BadRequest("expected file_base64 or json")
    if has_json:
        document = mapping(request, "json")
        normalised = normalised_json(read_backup(document))
        return {"backup": plain_json(document), "normalized": normalised, "summary": None}
    opened = open_backup(
        _file(request), password=optional_text(request, "password"), account=optional_text(request, "account")
    )
    return {
        "backup": plain_json(opened.document),
        "normalized": normalised_json(opened.backup),
        "summary": summary_json(opened.backup) if opened.was_encrypted else None,
    }


def _file(request: dict[str, object]) -> bytes:
    try:
        return decode_base64_forgiving(text(request, "file_base64"))
    except InvalidBase64 as error:
        raise BadRequest("expected file_base64 as base64") from error


OPS = {"persona.derive": derive, "backup.open": open_}
