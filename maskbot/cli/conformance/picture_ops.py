"""`picture.read` and `picture.write` (conformance.md, section 3; mask-payload.md, section 13)."""

from __future__ import annotations

import random
from pathlib import Path

from maskbot.cli.conformance.fields import BadRequest, hex_bytes, mapping, optional_text, text
from maskbot.wire.crypto import InvalidBase64, decode_base64_forgiving, encode_base64
from maskbot.wire.picture import MAX_FILE_BYTES, Content, Preset, read_picture, writable_preset, write_picture

_FIXED_SEED = 0  # what fills the blocks behind the end mark; a test driver repeats itself


def read(request: dict[str, object]) -> dict[str, object]:
    """What a picture carries: `text` or `hex`."""
    content = read_picture(_file(request), password=optional_text(request, "password") or "")
    return {"text": content} if isinstance(content, str) else {"hex": content.hex()}


def write(request: dict[str, object]) -> dict[str, object]:
    """The cover with the data in it, as `png_base64`."""
    preset = writable_preset(text(request, "preset"))
    if preset is None:
        raise BadRequest("expected preset 2022, 2023 or 2023_Firefly")
    optional_text(request, "password")  # V2 has none; its type is checked all the same
    data = _data(mapping(request, "data"), preset=preset)
    noise = random.Random(_FIXED_SEED)  # noqa: S311  # hides nothing: see above
    png = write_picture(data, preset=preset, cover=_file(request), random_bytes=noise.randbytes)
    return {"png_base64": encode_base64(png)}


def _data(data: dict[str, object], *, preset: Preset) -> str | bytes:
    given = {name for name in ("text", "hex") if data.get(name) is not None}
    wanted = "text" if preset.content is Content.TEXT else "hex"
    if given != {wanted}:
        raise BadRequest(f"preset {preset.name} takes data as {wanted}")
    return text(data, "text") if wanted == "text" else hex_bytes(data, "hex")


def _file(request: dict[str, object]) -> bytes:
    """The file of `path` or `base64`; of a larger file than any picture only as much as shows that."""
    path, base64 = optional_text(request, "path"), optional_text(request, "base64")
    if (path is None) == (base64 is None):
        raise BadRequest("expected path or base64")
    try:
        if base64 is not None:
            return decode_base64_forgiving(base64)
        with Path(str(path)).open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except InvalidBase64 as error:
        raise BadRequest("expected base64") from error
    except (OSError, ValueError) as error:
        raise BadRequest("expected path as a file that can be read") from error


OPS = {"picture.read": read, "picture.write": write}
