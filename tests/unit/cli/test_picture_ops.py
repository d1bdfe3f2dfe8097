"""The picture ops of `maskbot conformance`."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from maskbot.cli.conformance import answer

STEGO = Path(__file__).parents[2] / "vectors" / "stego"
ENTRIES: list[dict[str, Any]] = json.loads((STEGO / "index.json").read_text())


def ask(**request: object) -> dict[str, object]:
    reply = answer(json.dumps(request).encode())
    reply.pop("message", None)
    return reply


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_every_vector_is_read_by_path_and_by_base64(entry: dict[str, Any]) -> None:
    path = STEGO / entry["file"]
    reply = ask(op="picture.read", path=str(path), password=entry["password"])
    if entry["file"] == "stego-2021-q75.jpg":
        assert reply != {"ok": True, **entry["data"]}
        return
    assert reply == {"ok": True, **entry["data"]}
    encoded = base64.b64encode(path.read_bytes()).decode()
    assert ask(op="picture.read", base64=encoded, password=entry["password"]) == reply


@pytest.mark.parametrize(
    ("preset", "data"), [("2022", {"text": "hello"}), ("2023", {"hex": "00ff"}), ("2023_Firefly", {"hex": "01"})]
)
def test_what_is_written_is_read_again(preset: str, data: dict[str, str]) -> None:
    cover = str(STEGO / f"cover-{preset}.png")
    written = ask(op="picture.write", preset=preset, path=cover, data=data, password="person:twitter.com/a")
    assert ask(op="picture.read", base64=written["png_base64"]) == {"ok": True, **data}


COVER = str(STEGO / "cover-2023.png")


@pytest.mark.parametrize(
    "request_",
    [
        {"op": "picture.read"},
        {"op": "picture.read", "path": "/nowhere/at/all.png"},
        {"op": "picture.read", "path": "a\0b"},
        {"op": "picture.read", "path": "/"},
        {"op": "picture.read", "path": 7},
        {"op": "picture.read", "base64": "*"},
        {"op": "picture.read", "base64": "QQ==", "path": COVER},
        {"op": "picture.read", "path": COVER, "password": 5},
        {"op": "picture.write", "preset": "2021", "path": COVER, "data": {"text": "x"}},
        {"op": "picture.write", "preset": "2023", "path": COVER, "data": {"text": "x"}},
        {"op": "picture.write", "preset": "2022", "path": COVER, "data": {"hex": "00"}},
        {"op": "picture.write", "preset": "2023", "path": COVER, "data": {"hex": "0"}},
        {"op": "picture.write", "preset": "2023", "path": COVER, "data": {"hex": "00", "text": "x"}},
        {"op": "picture.write", "preset": "2023", "path": COVER, "data": "00"},
        {"op": "picture.write", "preset": "2023", "data": {"hex": "00"}},
    ],
)
def test_a_wrong_field_is_a_bad_request(request_: dict[str, object]) -> None:
    assert ask(**request_) == {"ok": False, "error": "BadRequest"}


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"op": "picture.read", "base64": "QQ=="}, "PictureException.Unreadable"),
        ({"op": "picture.read", "path": COVER}, "DecryptErrorReasons.NoPayloadFound"),
        ({"op": "picture.write", "preset": "2022", "path": COVER, "data": {"text": "x"}}, "PictureException.WrongSize"),
        (
            {"op": "picture.write", "preset": "2022", "base64": "QQ==", "data": {"text": "x"}},
            "PictureException.Unreadable",
        ),
        (
            {"op": "picture.write", "preset": "2023", "path": COVER, "data": {"hex": "00" * 1165}},
            "PictureException.TooLong",
        ),
    ],
)
def test_refusals_have_the_kinds_of_the_specification(request_: dict[str, object], error: str) -> None:
    assert ask(**request_) == {"ok": False, "error": error}
