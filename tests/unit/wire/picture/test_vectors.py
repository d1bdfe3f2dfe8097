"""Pictures made by the reference (tests/vectors/stego) are read as the reference reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskbot.wire.picture import NoPayloadInPicture, read_picture

STEGO = Path(__file__).parents[3] / "vectors" / "stego"
ENTRIES: list[dict[str, Any]] = json.loads((STEGO / "index.json").read_text())
READABLE = [entry for entry in ENTRIES if entry["file"] != "stego-2021-q75.jpg"]
STRANGER = "person:twitter.com/somebody_else"


def data_of(entry: dict[str, Any]) -> str | bytes:
    data = entry["data"]
    return bytes.fromhex(data["hex"]) if "hex" in data else str(data["text"])


def by_file(entry: dict[str, Any]) -> str:
    return str(entry["file"])


@pytest.mark.parametrize("entry", READABLE, ids=by_file)
def test_a_picture_gives_what_was_embedded(entry: dict[str, Any]) -> None:
    assert read_picture((STEGO / entry["file"]).read_bytes(), password=entry["password"]) == data_of(entry)


@pytest.mark.parametrize("entry", [e for e in READABLE if e["preset"].startswith(("2022", "2023"))], ids=by_file)
def test_a_picture_of_today_needs_no_password(entry: dict[str, Any]) -> None:
    assert read_picture((STEGO / entry["file"]).read_bytes(), password="") == data_of(entry)


@pytest.mark.parametrize("entry", [e for e in READABLE if e["preset"].startswith(("2021", "legacy"))], ids=by_file)
@pytest.mark.parametrize("password", ["", STRANGER])
def test_an_old_picture_hides_its_text_from_a_wrong_password(entry: dict[str, Any], password: str) -> None:
    with pytest.raises(NoPayloadInPicture):
        read_picture((STEGO / entry["file"]).read_bytes(), password=password)


def test_an_old_picture_below_its_jpeg_quality_never_gives_the_text() -> None:
    entry = next(e for e in ENTRIES if e["file"] == "stego-2021-q75.jpg")
    try:
        content: object = read_picture((STEGO / entry["file"]).read_bytes(), password=entry["password"])
    except NoPayloadInPicture:
        return
    assert content != data_of(entry)


@pytest.mark.parametrize("cover", ["cover-2021.png", "cover-2022.png", "cover-2023.png", "cover-2023_Firefly.png"])
def test_an_untouched_cover_carries_nothing(cover: str) -> None:
    with pytest.raises(NoPayloadInPicture):
        read_picture((STEGO / cover).read_bytes(), password="person:twitter.com/alice_dev")
