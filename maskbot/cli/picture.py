"""`maskbot picture`: payloads in pictures, offline. Nothing here is secret: a picture protects nothing, its payload does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from maskbot.adapters.system import SystemEntropy
from maskbot.cli.local_file import read_input, write_output
from maskbot.cli.noun import make_noun
from maskbot.cli.show import printable
from maskbot.domain.errors import Malformed
from maskbot.wire.picture import MAX_FILE_BYTES, Content, Preset, read_picture, writable_preset, write_picture

MAX_DATA_BYTES = 64 * 1024

app = make_noun("Payloads in pictures, offline.")


@app.command()
def read(
    picture: Annotated[Path, typer.Argument(help="A PNG or JPEG file; - reads standard input.")],
    *,
    author: Annotated[
        str, typer.Option("--author", help="person:<network>/<user id>; only pictures of 2019 to 2021 need it.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Write the payload itself to this new file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read the payload that a picture carries: text, or bytes shown as hex."""
    content = read_picture(read_input(picture, limit_bytes=MAX_FILE_BYTES), password=author)
    if out is not None:
        write_output(out, content.encode("utf-8") if isinstance(content, str) else content)
    elif as_json:
        print(json.dumps({"text": content} if isinstance(content, str) else {"hex": content.hex()}))
    else:
        print(printable(content) if isinstance(content, str) else content.hex())


@app.command()
def write(
    data: Annotated[Path, typer.Argument(help="File with the payload (text for 2022, bytes for 2023); - for stdin.")],
    *,
    preset: Annotated[str, typer.Option("--preset", help="2022 for v38 posts, 2023 or 2023_Firefly for v37 posts.")],
    out: Annotated[Path, typer.Option("--out", help="The new PNG file; - writes to standard output.")],
    cover: Annotated[
        Path | None, typer.Option("--cover", help="PNG or JPEG of the preset's size; without it our own template.")
    ] = None,
    as_hex: Annotated[bool, typer.Option("--hex", help="The data file holds hex, not raw bytes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON about the written file.")] = False,
) -> None:
    """Write a payload into a picture that the extension reads."""
    chosen = writable_preset(preset)
    if chosen is None:
        raise Malformed("--preset must be 2022, 2023 or 2023_Firefly")
    file = write_picture(
        _data(data, preset=chosen, as_hex=as_hex),
        preset=chosen,
        cover=None if cover is None else read_input(cover, limit_bytes=MAX_FILE_BYTES),
        random_bytes=SystemEntropy().take,
    )
    write_output(out, file)
    if as_json and str(out) != "-":
        print(json.dumps({"path": str(out), "width": chosen.width, "height": chosen.height, "bytes": len(file)}))


def _data(source: Path, *, preset: Preset, as_hex: bool) -> str | bytes:
    content = read_input(source, limit_bytes=MAX_DATA_BYTES)
    try:
        if preset.content is Content.TEXT:
            return content.decode("utf-8").removesuffix("\n")
        return bytes.fromhex(content.decode("ascii")) if as_hex else content
    except ValueError as error:
        raise Malformed(f"{source}: text in UTF-8 or bytes in hex were expected") from error
