"""`maskbot persona derive`: what a mnemonic stands for. Offline; the words come by file, environment, standard input or prompt.

Shows the public half; `--secrets` adds private key, local key and export text, because their owner asked for them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from maskbot.adapters.system import SystemEntropy
from maskbot.cli.local_file import read_input
from maskbot.cli.secret_input import read_secret
from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import encode_base64, jwk_of_aes_key, jwk_of_public
from maskbot.wire.persona import (
    PersonaKeys,
    ethereum_address,
    export_private_key,
    mnemonic_of,
    persona_from_mnemonic,
    personal_sign,
    private_jwk,
    public_key_hex,
)

MAX_SIGNED_BYTES = 64 * 1024

MnemonicFile = Annotated[
    Path | None, typer.Option("--mnemonic-file", help="File with the words; - reads standard input.")
]
MnemonicVariable = Annotated[str | None, typer.Option("--mnemonic-env", help="Environment variable with the words.")]
MnemonicPasswordFile = Annotated[
    Path | None, typer.Option("--mnemonic-password-file", help="File with the mnemonic's password, if it has one.")
]
MnemonicPasswordVariable = Annotated[
    str | None, typer.Option("--mnemonic-password-env", help="Environment variable with the mnemonic's password.")
]


def derive(
    *,
    mnemonic_file: MnemonicFile = None,
    mnemonic_env: MnemonicVariable = None,
    mnemonic_password_file: MnemonicPasswordFile = None,
    mnemonic_password_env: MnemonicPasswordVariable = None,
    new: Annotated[
        int | None, typer.Option("--new", help="Make a new mnemonic of 12, 15, 18, 21 or 24 words and show it.")
    ] = None,
    sign_file: Annotated[
        Path | None, typer.Option("--sign-file", help="Sign this text (a Next.ID sign_payload) with the persona key.")
    ] = None,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="Show private key, local key and export text too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Derive a persona from its mnemonic: identifier, public key, Ethereum address and, if asked, its secrets."""
    words = _new_words(new) if new is not None else None
    persona = read_persona(
        mnemonic_file=mnemonic_file,
        mnemonic_env=mnemonic_env,
        mnemonic_password_file=mnemonic_password_file,
        mnemonic_password_env=mnemonic_password_env,
        words=words,
    )
    fields = {
        **({"mnemonic": words} if words is not None else {}),
        **_public_fields(persona),
        **(_secret_fields(persona) if secrets else {}),
        **({"signature": _signature(persona, sign_file)} if sign_file is not None else {}),
    }
    if as_json:
        print(json.dumps(fields, indent=2))
        return
    width = max(len(name) for name in fields)
    for name, value in fields.items():
        print(f"{name.replace('_', ' '):<{width}}  {value if isinstance(value, str) else json.dumps(value)}")


def read_persona(
    *,
    mnemonic_file: Path | None,
    mnemonic_env: str | None,
    mnemonic_password_file: Path | None,
    mnemonic_password_env: str | None,
    words: str | None = None,
) -> PersonaKeys:
    """The persona of `words`, or of the mnemonic that file, environment variable or prompt give; outer blanks are dropped.

    A password is asked for nowhere: a mnemonic rarely has one, so it comes by file or environment variable only.
    """
    if words is None:
        words = read_secret(what="mnemonic", file=mnemonic_file, variable=mnemonic_env).strip()
    password = ""
    if mnemonic_password_file is not None or mnemonic_password_env is not None:
        password = read_secret(what="mnemonic password", file=mnemonic_password_file, variable=mnemonic_password_env)
    return persona_from_mnemonic(words, password=password)


def _new_words(count: int) -> str:
    if count not in (12, 15, 18, 21, 24):
        raise Malformed("--new takes 12, 15, 18, 21 or 24 words")
    return mnemonic_of(SystemEntropy().take(count * 4 // 3))


def _public_fields(persona: PersonaKeys) -> dict[str, object]:
    return {
        "identifier": persona.identifier,
        "public_key": public_key_hex(persona.public_key),
        "eth_address": ethereum_address(persona.public_key),
        "public_jwk": jwk_of_public(persona.public_key),
    }


def _secret_fields(persona: PersonaKeys) -> dict[str, object]:
    return {
        "exported_private_key": export_private_key(persona.private_key),
        "private_jwk": private_jwk(persona.private_key),
        "local_key_jwk": None if persona.local_key is None else jwk_of_aes_key(persona.local_key),
    }


def _signature(persona: PersonaKeys, source: Path) -> str:
    try:
        text = read_input(source, limit_bytes=MAX_SIGNED_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"{source} is no UTF-8 text") from error
    return encode_base64(personal_sign(persona.private_key, text=text.removesuffix("\n")))
