"""`maskbot payload`: look into encrypted posts and make them, offline: no settings, no service, no network.

Secrets come by file, environment variable or standard input, never as an argument. Key records come from and go to files;
where they stand on the graph is shown by `maskbot conformance` (`gun.paths`), and put there by a broadcast.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from maskbot.adapters.system import SystemEntropy
from maskbot.cli.conformance.message_json import json_of, unwrapped
from maskbot.cli.local_file import read_input, write_output
from maskbot.cli.noun import make_noun
from maskbot.cli.payload_keys import read_aes_key, read_private_key, read_public_key
from maskbot.cli.show import printable, show_fields, show_json
from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import public_key_of
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    FieldError,
    Payload,
    PublicEncryption,
    Reader,
    Sealed,
    SealedKey,
    TextMessage,
    audience_of,
    author_from_text,
    draw_secrets,
    encode_carrier,
    find_payloads,
    parse_payload,
    plain_text,
    post_identifier,
    read_record,
    record_of,
    seal,
    unseal,
)
from maskbot.wire.persona import persona_identifier

MAX_POST_BYTES = 256 * 1024
MAX_RECORDS_BYTES = 4 << 20
app = make_noun("Look into encrypted posts and make them, offline.")

KeyFile = Annotated[Path | None, typer.Option("--key-file", help="File with a persona's private key; - for stdin.")]
KeyVariable = Annotated[str | None, typer.Option("--key-env", help="Environment variable with the private key.")]
LocalKeyFile = Annotated[Path | None, typer.Option("--local-key-file", help="File with the author's local key.")]
LocalKeyVariable = Annotated[str | None, typer.Option("--local-key-env", help="Environment variable with it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def read(
    post: Annotated[Path, typer.Argument(help="File with a post, a link, or a payload (text or bytes); - for stdin.")],
    *,
    key_file: KeyFile = None,
    key_env: KeyVariable = None,
    local_key_file: LocalKeyFile = None,
    local_key_env: LocalKeyVariable = None,
    records: Annotated[
        Path | None, typer.Option("--records", help="JSON list of key records, as they stand on the graph.")
    ] = None,
    author_key: Annotated[
        str | None, typer.Option("--author-key", help="The author's public key, if the payload does not show it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read the message of a post: public ones at once, others with your key and the post's key records."""
    payload = parse_payload(_payload_in(read_input(post, limit_bytes=MAX_POST_BYTES), name=str(post)))
    private_key = read_private_key(file=key_file, variable=key_env)
    reader = Reader(
        private_keys=() if private_key is None else (private_key,),
        local_key=read_aes_key(what="local key", file=local_key_file, variable=local_key_env),
        author_key=None if author_key is None else read_public_key(author_key),
    )
    message = unseal(payload, reader=reader, records=_records(records, version=payload.version)).message
    if as_json:
        show_json({**_fields(payload), "message": json_of(message)})
        return
    show_fields(_fields(payload), as_json=False)
    if message.meta:
        print(f"{'metadata':<12}  {printable(', '.join(message.meta))}")
    print()
    print(printable(plain_text(message), keep_lines=True))


@app.command()
def write(
    message: Annotated[Path, typer.Argument(help="File with the text, UTF-8; - for stdin.")],
    *,
    everyone: Annotated[bool, typer.Option("--everyone", help="Seal it so that everyone can read it.")] = False,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="A recipient's public key; give it once for each.")
    ] = None,
    version: Annotated[int, typer.Option("--version", help="38, or 37 for the newer binary form.")] = 38,
    network: Annotated[str, typer.Option("--network", help="Site that will carry it; Mastodon uses twitter.com.")] = (
        "twitter.com"
    ),
    author: Annotated[str | None, typer.Option("--author", help="person:<network>/<user id>.")] = None,
    key_file: KeyFile = None,
    key_env: KeyVariable = None,
    local_key_file: LocalKeyFile = None,
    local_key_env: LocalKeyVariable = None,
    meta_file: Annotated[Path | None, typer.Option("--meta-file", help="JSON object with the metadata.")] = None,
    records_out: Annotated[Path | None, typer.Option("--records-out", help="New file for the key records.")] = None,
    as_json: AsJson = False,
) -> None:
    """Seal a text for everyone or for recipients, and print what the post must carry."""
    if everyone == bool(to):
        raise Malformed("say who may read it: --everyone, or --to with a public key for each recipient")
    if to and records_out is None and not as_json:
        raise Malformed("recipients read with their key records: name a file with --records-out, or take --json")
    profile = None if author is None else author_from_text(author)
    if author is not None and profile is None:
        raise Malformed("--author must be person:<network>/<user id>")
    private_key = read_private_key(file=key_file, variable=key_env)
    audience = None if everyone else audience_of(read_public_key(key) for key in to or ())
    sealed = seal(
        TextMessage(_text(message), _meta(meta_file)),
        version=-abs(version),
        author=Author(
            profile=profile,
            key=None if private_key is None else CurveKey(Curve.K256, public_key_of(private_key)),
            private_key=private_key,
            local_key=read_aes_key(what="local key", file=local_key_file, variable=local_key_env),
        ),
        audience=audience,
        secrets=draw_secrets(SystemEntropy().take, recipients=len(audience or ())),
    )
    rows = _record_rows(audience or (), sealed)
    if records_out is not None:
        write_output(records_out, json.dumps(rows, indent=1).encode())
    carrier = encode_carrier(sealed.payload, network=network)
    if not as_json:
        print(carrier)
        return
    payload = (
        {"payload_text": sealed.payload} if isinstance(sealed.payload, str) else {"payload_hex": sealed.payload.hex()}
    )
    identifier = post_identifier(sealed.post_iv, author=profile, network=network)
    show_json({"carrier": carrier, **payload, "post_identifier": identifier, "records": rows})


def _payload_in(content: bytes, *, name: str) -> str | bytes:
    """The payload in a file: its first link or raw text, else the bytes or hex of a v37 payload."""
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        return content
    found = find_payloads(text)
    if found:
        return found[0]
    if text.startswith("\U0001f3bc"):
        return text
    if content[:1] in (b"\x00", b"\x01"):
        return content
    try:
        return bytes.fromhex(text.removeprefix("0x")) if text else _nothing(name)
    except ValueError:
        return _nothing(name)


def _nothing(name: str) -> bytes:
    raise Malformed(f"{name} holds no mask.io link and no payload")


def _records(source: Path | None, *, version: int) -> list[SealedKey]:
    """The key records of a file: objects of the graph, or the rows that `write` makes."""
    if source is None:
        return []
    try:
        rows = json.loads(read_input(source, limit_bytes=MAX_RECORDS_BYTES))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{source} is no JSON") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Malformed(f"{source} must hold a list of key records")
    found = [row["record"] if isinstance(row.get("record"), dict) else row for row in rows]
    return [read_record(record, version=version) for record in found]


def _record_rows(audience: tuple[CurveKey, ...], sealed: Sealed) -> list[dict[str, object]]:
    return [
        {"recipient": persona_identifier(recipient.point), "record": record_of(key)}
        for recipient, key in zip(audience, sealed.keys, strict=True)
        if isinstance(key, SealedKey)
    ]


def _fields(payload: Payload) -> dict[str, object]:
    """What a payload says about itself; none of it is proven."""
    author = payload.author if isinstance(payload.author, str) else None
    key = payload.author_key
    return {
        "version": -payload.version,
        "readers": "everyone" if isinstance(payload.encryption, PublicEncryption) else "recipients",
        "author": author,
        "author_key": persona_identifier(key.point) if isinstance(key, CurveKey) else None,
        "post": None if payload.post_iv is None else post_identifier(payload.post_iv, author=author, network=""),
        "broken_fields": [name for name in ("author", "author_key") if isinstance(getattr(payload, name), FieldError)],
    }


def _text(source: Path) -> str:
    try:
        return read_input(source, limit_bytes=MAX_POST_BYTES).decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"{source} is no UTF-8 text") from error


def _meta(source: Path | None) -> dict[str, object] | None:
    if source is None:
        return None
    try:
        meta = json.loads(read_input(source, limit_bytes=MAX_POST_BYTES))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{source} is no JSON") from error
    if not isinstance(meta, dict):
        raise Malformed(f"{source} must hold one JSON object")
    return {name: unwrapped(value) for name, value in meta.items()}
