"""Fuzzes the backup reader: container bytes, decrypted documents, plain files; and the texts of personas.

The first byte picks the reader, the rest is its input. FUZZ_SECONDS=60 python -m tests.fuzz.fuzz_backup
"""

from __future__ import annotations

import base64
import json
from importlib import import_module
from pathlib import Path

try:
    import atheris

    with atheris.instrument_imports(include=["maskbot.wire.persona"]):
        import_module("maskbot.wire.persona")
except ImportError:
    pass

from maskbot.cli.backup_json import normalised_json, plain_json, summary_json
from maskbot.domain.errors import Malformed, Refused
from maskbot.wire.crypto import sha256
from maskbot.wire.persona import (
    import_private_key,
    keys_in_bio,
    open_backup,
    persona_from_mnemonic,
    read_backup,
    read_proof_post,
    version_2_document,
)
from maskbot.wire.persona.backup_container import MAGIC, open_container
from maskbot.wire.persona.msgpack_document import decode_document
from tests.fuzz.drive import drive

VECTORS = Path(__file__).parents[1] / "vectors"


def target(data: bytes) -> None:
    """Anything but a result or a refusal of ours is a finding."""
    kind, rest = data[:1], data[1:]
    try:
        match kind:
            case b"c":
                open_container(MAGIC + rest + sha256(rest), password="p", account=None)
            case b"d":
                _import(decode_document(rest))
            case b"t":
                text = rest.decode("utf-8", "surrogateescape")
                keys_in_bio(text)
                _texts(text)
            case _:
                open_backup(rest, password="p", account=None)
    except (Malformed, Refused):
        return
    except ValueError:
        if kind != b"d":
            raise


def _import(document: object) -> None:
    if not isinstance(document, dict):
        return
    backup = read_backup(document)
    json.dumps([normalised_json(backup), summary_json(backup), plain_json(document)], allow_nan=False)
    again = read_backup(version_2_document(backup, now_ms=1))
    assert [persona.identifier for persona in again.personas] == [persona.identifier for persona in backup.personas]


def _texts(text: str) -> None:
    for reader in (read_proof_post, import_private_key, lambda words: persona_from_mnemonic(words, password="")):
        try:
            reader(text)
        except Malformed:
            continue


def seeds() -> list[bytes]:
    """The vectors, one per reader."""
    backups = json.loads((VECTORS / "backup.json").read_text())
    cases = json.loads((VECTORS / "persona.json").read_text())["cases"]
    first = backups["encrypted"][0]
    file = base64.b64decode(first["file_base64"])
    plaintext = open_container(file, password=first["password"], account=None)
    return [
        b"f" + file,
        b"c" + file[len(MAGIC) : -32],
        b"d" + plaintext,
        *(b"j" + json.dumps(case["json"]).encode() for case in backups["plain"]),
        *(b"t" + str(case[name]).encode() for case in cases[:2] for name in ("mnemonic", "exported_private_key")),
        b"tSig: " + cases[0]["nextid"]["signature_base64"].encode() + b"\nMisc: u|1|",
    ]


if __name__ == "__main__":
    drive(target, seeds=seeds(), max_bytes=8192)
