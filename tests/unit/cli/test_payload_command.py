"""`maskbot payload read` and `write`: offline, secrets never as arguments."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from maskbot.cli.payload import app
from maskbot.cli.payload_keys import UnreadableKey
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured
from maskbot.wire.crypto import encode_base64url, jwk_of_aes_key, jwk_of_private, public_key_of
from maskbot.wire.payload import PayloadMalformed, RecordMalformed, SealRefused, UnsealFailed
from maskbot.wire.persona import export_private_key, persona_identifier
from tests.unit.wire.payload.vectors import BY_ID

ALICE, BOB, LOCAL = bytes(31) + b"\x01", bytes(31) + b"\x02", bytes(range(32))


def run(*words: object, given: str | bytes | None = None) -> str:
    """What a command prints. An error of ours is raised as it is."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=given)
    if isinstance(result.exception, MaskbotError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    """Files with Alice's and Bob's private keys and Alice's local key, each in another form."""
    contents = {
        "alice": export_private_key(ALICE),
        "bob": "0x" + BOB.hex() + "\n",
        "local": json.dumps(jwk_of_aes_key(LOCAL)),
        "alice.jwk": json.dumps(jwk_of_private(ALICE)),
        "local.url": encode_base64url(LOCAL),
        "broken": "not a key",
        "broken.jwk": "{",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    return {name: tmp_path / name for name in contents}


@pytest.mark.parametrize("version", [37, 38])
def test_what_is_written_for_everyone_is_read_from_the_posts_text(version: int, tmp_path: Path) -> None:
    carrier = run("write", "-", "--everyone", "--version", version, "--author", "person:x.com/bob", given="gm\nfren\n")
    post = tmp_path / "post"
    post.write_text(f"There is more: {carrier.strip()} read on")
    shown = json.loads(run("read", post, "--json"))
    assert shown["message"] == {"type": "text", "content": "gm\nfren", "meta": None}
    assert (shown["author"], shown["readers"], shown["version"]) == ("person:twitter.com/bob", "everyone", version)
    assert run("read", "-", given=carrier).endswith("\n\ngm\nfren\n")


@pytest.mark.parametrize("version", [37, 38])
def test_recipients_read_with_their_key_and_the_records(version: int, keys: dict[str, Path], tmp_path: Path) -> None:
    recipient = persona_identifier(public_key_of(BOB))
    records = tmp_path / "records.json"
    words = [
        "--to",
        recipient,
        "--key-file",
        keys["alice"],
        "--local-key-file",
        keys["local"],
        "--records-out",
        records,
    ]
    carrier = run("write", "-", "--version", version, *words, given="only you")
    assert [row["recipient"] for row in json.loads(records.read_text())] == [recipient]
    assert "only you" in run("read", "-", "--key-file", keys["bob"], "--records", records, given=carrier)
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps([row["record"] for row in json.loads(records.read_text())]))
    assert "only you" in run("read", "-", "--key-file", keys["bob"], "--records", bare, given=carrier)
    with pytest.raises(UnsealFailed):
        run("read", "-", "--key-file", keys["bob"], given=carrier)
    owner = ["--key-file", keys["alice.jwk"]] if version == 37 else ["--local-key-file", keys["local.url"]]
    assert "only you" in run("read", "-", *owner, given=carrier)


def test_json_shows_the_carrier_the_payload_and_the_records(keys: dict[str, Path]) -> None:
    words = ["--to", public_key_of(BOB).hex(), "--key-file", keys["alice"], "--local-key-file", keys["local"], "--json"]
    shown = json.loads(run("write", "-", *words, given="x"))
    assert shown["carrier"].startswith("https://mask.io/?PostData_v1=")
    assert set(shown) == {"carrier", "payload_text", "post_identifier", "records"}
    assert set(shown["records"][0]["record"]) == {"encryptedKey", "salt"}
    raw = json.loads(run("write", "-", "--everyone", "--version", 37, "--network", "minds.com", "--json", given="x"))
    assert raw["carrier"].startswith("🎼6/8|")
    for form in (raw["payload_hex"], bytes.fromhex(raw["payload_hex"]), raw["carrier"]):
        assert json.loads(run("read", "-", "--json", given=form))["message"]["content"] == "x"


def test_metadata_goes_with_the_text(tmp_path: Path) -> None:
    meta = tmp_path / "meta.json"
    meta.write_text('{"com.maskbook.red_packet:1": {"rpid": "0x1", "raw": {"$bytes": "00"}}}')
    carrier = run("write", "-", "--everyone", "--version", 37, "--meta-file", meta, given="x")
    shown = json.loads(run("read", "-", "--json", given=carrier))
    assert shown["message"]["meta"] == json.loads(meta.read_text())
    assert "com.maskbook.red_packet:1" in run("read", "-", given=carrier)


def test_a_message_cannot_steer_the_terminal() -> None:
    carrier = run("write", "-", "--everyone", given="a\x1b[2Jb\u202ec")
    assert "\x1b" not in run("read", "-", given=carrier)
    assert "\u202e" not in run("read", "-", given=carrier)


@pytest.fixture
def secret_variable() -> Iterator[str]:
    os.environ["MASKBOT_TEST_KEY"] = export_private_key(BOB)
    yield "MASKBOT_TEST_KEY"
    del os.environ["MASKBOT_TEST_KEY"]


def test_a_key_comes_from_the_environment_too(secret_variable: str, keys: dict[str, Path], tmp_path: Path) -> None:
    records = tmp_path / "records"
    to_bob = ["--to", public_key_of(BOB).hex(), "--version", 37, "--records-out", records]
    carrier = run("write", "-", "--key-file", keys["alice"], *to_bob, given="hi")
    assert "hi" in run("read", "-", "--key-env", secret_variable, "--records", records, given=carrier)


def test_the_authors_key_is_asked_for_where_the_payload_lacks_it() -> None:
    case: dict[str, Any] = BY_ID["dev-v38-e2e-nopub-redpacket"]
    with pytest.raises(UnsealFailed) as failure:
        run("read", "-", given=case["payload_text"])
    assert failure.value.kind == "DecryptErrorReasons.AuthorPublicKeyNotFound"
    with pytest.raises(UnsealFailed) as failure:
        run("read", "-", "--author-key", case["author_key"]["pub_hex"], given=case["payload_text"])
    assert failure.value.kind == "DecryptErrorReasons.NotShareTarget"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["write", "-"], Malformed),
        (["write", "-", "--everyone", "--to", "02" * 33], Malformed),
        (["write", "-", "--to", "0x" + "02" * 33], Malformed),
        (["write", "-", "--to", "zz", "--json"], UnreadableKey),
        (["write", "-", "--to", "ec_key:secp256k1/x", "--json"], UnreadableKey),
        (["write", "-", "--everyone", "--author", "bob"], Malformed),
        (["write", "-", "--everyone", "--version", "36"], SealRefused),
        (["write", "-", "--everyone", "--author", "person:twitter.com/山"], SealRefused),
        (["write", "-", "--to", public_key_of(BOB).hex(), "--json"], SealRefused),
        (["write", "/nowhere", "--everyone"], Misconfigured),
        (["write", "-", "--everyone", "--meta-file", "/nowhere"], Misconfigured),
        (["read", "-"], Malformed),
        (["read", "-", "--author-key", "x"], Malformed),
        (["read", "-", "--key-env", "MASKBOT_NO_SUCH_VARIABLE"], Malformed),
    ],
)
def test_wrong_use_is_said_plainly(words: list[str], error: type[MaskbotError]) -> None:
    with pytest.raises(error):
        run(*words, given="no payload here")


def test_broken_files_are_said_plainly(keys: dict[str, Path], tmp_path: Path) -> None:
    carrier = run("write", "-", "--everyone", given="x")
    for name in ("broken", "broken.jwk"):
        with pytest.raises(UnreadableKey):
            run("read", "-", "--key-file", keys[name], given=carrier)
        with pytest.raises(UnreadableKey):
            run("read", "-", "--local-key-file", keys[name], given=carrier)
        with pytest.raises(Malformed):
            run("write", "-", "--everyone", "--meta-file", keys[name], given="x")
    for content, error in (("{}", Malformed), ("nope", Malformed), ("[1]", Malformed), ("[{}]", RecordMalformed)):
        records = tmp_path / "records"
        records.write_text(content)
        with pytest.raises(error):
            run("read", "-", "--records", records, given=carrier)
    with pytest.raises(Malformed):
        run("write", "-", "--everyone", given=b"\xff\xff")
    with pytest.raises(PayloadMalformed):
        run("read", "-", given=b"\x02\xff\xff")
