"""Fuzzes the picture reader: headers, whole files, and the codes behind the pixels.

The first byte picks the reader, the rest is its input. FUZZ_SECONDS=60 python -m tests.fuzz.fuzz_picture
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np

try:
    import atheris

    with atheris.instrument_imports(include=["maskbot.wire.picture"]):
        import_module("maskbot.wire.picture")
except ImportError:
    pass

from maskbot.domain.errors import Malformed
from maskbot.wire.picture import image_size, read_picture
from maskbot.wire.picture.bit_stream import slots_of_text, text_of_slots
from maskbot.wire.picture.uri_text import decode_uri, encode_uri
from tests.fuzz.drive import drive

STEGO = Path(__file__).parents[1] / "vectors" / "stego"
BLOCKS = 400


def target(data: bytes) -> None:
    """Anything but a result or a refusal of ours is a finding."""
    kind, rest = data[:1], data[1:]
    try:
        match kind:
            case b"h":
                image_size(rest)
            case b"s":
                _slots(rest)
            case b"u":
                _uri(rest.decode("latin-1"))
            case _:
                assert read_picture(rest, password="person:twitter.com/alice_dev")
    except Malformed:
        return


def _slots(rest: bytes) -> None:
    """Bytes as strengths: what a damaged picture of 400 blocks could show."""
    strengths = np.zeros(3 * BLOCKS, dtype=np.float32)
    signs = np.frombuffer(rest[: 3 * BLOCKS], dtype=np.int8)
    strengths[: len(signs)] = signs
    assert text_of_slots(strengths.reshape(BLOCKS, 3))


def _uri(text: str) -> None:
    try:
        decoded = decode_uri(text)
    except ValueError:
        return
    assert decode_uri(encode_uri(decoded)) == decoded


def seeds() -> list[bytes]:
    """Small files of the vectors, and a bit stream of our own."""
    bits = slots_of_text("https://mask.io/%20", blocks=BLOCKS, noise=np.zeros(BLOCKS, dtype=np.uint8))
    jpeg = (STEGO / "stego-2023-q75.jpg").read_bytes()
    png = (STEGO / "stego-legacy-1000x558.png").read_bytes()
    return [
        b"h" + jpeg[:2000],
        b"h" + png[:64],
        b"f" + jpeg,
        b"s" + np.where(bits, 9, -9).astype(np.int8).tobytes(),
        b"ua%20%F0%9F%8E%BC",
    ]


if __name__ == "__main__":
    drive(target, seeds=seeds(), max_bytes=80_000)
