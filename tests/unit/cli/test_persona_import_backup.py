"""A backup file of the extension brings its personas in, encrypted or plain, once."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.operator import Operator

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "backup.json").read_text(encoding="utf-8")
)
ENCRYPTED = VECTORS["encrypted"][0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "backup.bin"
    path.write_bytes(base64.b64decode(ENCRYPTED["file_base64"]))
    return path


def _identifiers(operator: Operator) -> list[str]:
    rows = operator.run("persona", "list", "--json").json
    return [operator.run("persona", "show", row["id"], "--json").json["identifier"] for row in rows]


def test_an_encrypted_backup_brings_its_personas_in_once(operator: Operator, file: Path) -> None:
    words = ("persona", "import", "backup", str(file), "--password-env", "PW", "--json")
    wanted = [persona["identifier"] for persona in ENCRYPTED["normalized"]["personas"]]
    results = operator.run(*words, PW=ENCRYPTED["password"]).json
    assert [row["identifier"] for row in results if row["result"] == "imported"] == wanted
    assert _identifiers(operator) == wanted
    again = operator.run(*words, PW=ENCRYPTED["password"]).json
    assert all(row["result"] != "imported" for row in again)
    assert _identifiers(operator) == wanted


def test_a_wrong_password_is_told_and_not_repeated(operator: Operator, file: Path) -> None:
    ran = operator.run("persona", "import", "backup", str(file), "--password-env", "PW", PW="canary-password")
    assert ran.status == 3
    assert "canary" not in ran.err + ran.out
    assert _identifiers(operator) == []


def test_a_plain_backup_needs_no_password(operator: Operator, tmp_path: Path) -> None:
    path = tmp_path / "backup.json"
    path.write_text(json.dumps(VECTORS["plain"][0]["json"]), encoding="utf-8")
    ran = operator.run("persona", "import", "backup", str(path), "--json")
    assert ran.status == 0, ran.err
    assert any(row["result"] == "imported" for row in ran.json)


@pytest.mark.parametrize("content", [b"", b"{", b"MASK-BACKUP-V000", b"\x00" * 100])
def test_what_is_no_backup_is_malformed(operator: Operator, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "backup.bin"
    path.write_bytes(content)
    ran = operator.run("persona", "import", "backup", str(path), "--password-env", "PW", PW="x")
    assert ran.status == 2, ran.err
