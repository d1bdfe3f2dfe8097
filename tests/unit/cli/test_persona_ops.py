"""The persona and backup ops of `maskbot conformance`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskbot.cli.conformance import answer

VECTORS = Path(__file__).parents[2] / "vectors"
PERSONAS: list[dict[str, Any]] = json.loads((VECTORS / "persona.json").read_text())["cases"]
BACKUPS: dict[str, list[dict[str, Any]]] = json.loads((VECTORS / "backup.json").read_text())
FILE = BACKUPS["encrypted"][0]["file_base64"]


def ask(**request: object) -> dict[str, Any]:
    reply = answer(json.dumps(request).encode())
    reply.pop("message", None)
    return reply


@pytest.mark.parametrize("case", PERSONAS, ids=range(len(PERSONAS)))
def test_every_persona_vector_is_answered(case: dict[str, Any]) -> None:
    payload = case["nextid"]["sign_payload"]
    reply = ask(op="persona.derive", mnemonic=case["mnemonic"], password=case["password"], sign_payload=payload)
    assert reply.pop("ok") is True
    assert reply.pop("signature_hex") == case["nextid"]["signature_hex"]
    assert len(reply) == 9
    assert reply == {name: case[name] for name in reply}


def test_without_a_text_to_sign_there_is_no_signature() -> None:
    assert "signature_hex" not in ask(op="persona.derive", mnemonic=PERSONAS[0]["mnemonic"], password="")


@pytest.mark.parametrize("case", BACKUPS["encrypted"], ids=lambda case: case["note"])
def test_every_encrypted_backup_is_opened(case: dict[str, Any]) -> None:
    reply = ask(
        op="backup.open", file_base64=case["file_base64"], password=case["password"], account=case.get("account")
    )
    assert reply["ok"] is True
    assert reply["backup"] == case["decoded_json"]
    assert reply["normalized"] == case["normalized"]
    assert {**reply["summary"], "personas": sorted(reply["summary"]["personas"])} == {
        **case["summary"],
        "personas": sorted(case["summary"]["personas"]),
    }


@pytest.mark.parametrize("case", BACKUPS["plain"], ids=lambda case: case["note"])
def test_every_plain_backup_is_opened(case: dict[str, Any]) -> None:
    expected = {"ok": True, "backup": case["json"], "normalized": case["normalized"], "summary": None}
    assert ask(op="backup.open", json=case["json"]) == expected


@pytest.mark.parametrize("case", BACKUPS["reject"], ids=lambda case: case["note"])
def test_every_reject_has_its_kind(case: dict[str, Any]) -> None:
    kinds = {"wrong password": "WrongPassword", "bad magic": "UnknownFormat"}
    reply = ask(op="backup.open", file_base64=case["file_base64"], password=case["password"])
    assert reply == {"ok": False, "error": "BackupException." + kinds.get(case["note"], "BadChecksum")}


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"op": "persona.derive", "password": ""}, "BadRequest"),
        ({"op": "persona.derive", "mnemonic": 7, "password": ""}, "BadRequest"),
        ({"op": "persona.derive", "mnemonic": PERSONAS[0]["mnemonic"], "password": 7}, "BadRequest"),
        ({"op": "persona.derive", "mnemonic": PERSONAS[0]["mnemonic"], "sign_payload": {}}, "BadRequest"),
        ({"op": "persona.derive", "mnemonic": "abandon", "password": ""}, "PersonaException.InvalidMnemonic"),
        ({"op": "backup.open"}, "BadRequest"),
        ({"op": "backup.open", "file_base64": FILE, "json": {}}, "BadRequest"),
        ({"op": "backup.open", "file_base64": "*", "password": "x"}, "BadRequest"),
        ({"op": "backup.open", "file_base64": 5, "password": "x"}, "BadRequest"),
        ({"op": "backup.open", "file_base64": FILE, "password": 5}, "BadRequest"),
        ({"op": "backup.open", "file_base64": FILE, "password": "x", "account": 5}, "BadRequest"),
        ({"op": "backup.open", "json": "text"}, "BadRequest"),
        ({"op": "backup.open", "json": {}}, "BackupException.UnknownFormat"),
        ({"op": "backup.open", "file_base64": "", "password": "x"}, "BackupException.UnknownFormat"),
        ({"op": "backup.open", "file_base64": FILE}, "BackupException.WrongPassword"),
    ],
)
def test_refusals_have_the_kinds_of_the_specification(request_: dict[str, object], error: str) -> None:
    assert ask(**request_) == {"ok": False, "error": error}


def test_numbers_that_json_cannot_say_are_wrapped() -> None:
    line = b'{"op":"backup.open","json":{"_meta_":{"version":2,"createdAt":1e999}}}'
    reply = answer(line)
    assert reply["ok"] is True
    assert reply["backup"] == {"_meta_": {"version": 2, "createdAt": {"$number": "Infinity"}}}


def test_a_deeply_nested_object_is_an_unknown_format() -> None:
    line = b'{"op":"backup.open","json":' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}"
    assert answer(line)["error"] == "BackupException.UnknownFormat"
