"""`maskbot persona publish`: texts that tell others a persona's public key, for a bio or as a Next.ID proof post.

Source: gun-personas-backup.md C.3 (bio formats) and C.4 (proof). What Next.ID asks to be signed is written here from its parts, so
that the service cannot have another text signed.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from maskbot.cli.lookup import find_persona
from maskbot.cli.noun import make_noun
from maskbot.cli.secret_input import read_secret
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_json
from maskbot.domain.errors import Refused
from maskbot.domain.identity import PublicKey
from maskbot.wire.crypto import encode_base64
from maskbot.wire.persona import ProofPost, proven_key, read_proof_post, sign_payload, write_proof_post
from maskbot.wire.persona.bio_key import check_character

app = make_noun("Texts that tell others a persona's public key.")

PersonaArgument = Annotated[str, typer.Argument(help="A persona's name, id or identifier.")]
HandleArgument = Annotated[str, typer.Argument(help="The handle on X that posts the proof, without @.")]


class BioForm(StrEnum):
    """`lock` puts the key between padlocks, `mask` between masks with a check character."""

    LOCK = "lock"
    MASK = "mask"


@app.command("bio")
def bio(
    persona: PersonaArgument,
    form: Annotated[BioForm, typer.Option(help="How the key is marked.")] = BioForm.LOCK,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Print a text for a profile's bio."""
    with opened() as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
    text = bio_text(found.public_key, form)
    if as_json:
        show_json({"persona_id": found.id, "text": text})
    else:
        print(text)


@app.command("proof")
def proof(
    persona: PersonaArgument, handle: HandleArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False
) -> None:
    """Print a proof post to publish on X. Afterwards: `maskbot persona publish confirm`."""
    identity = handle.removeprefix("@")
    with opened(with_vault=True) as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        with working("asking Next.ID"):
            request = parts.next_id.begin_proof(platform="twitter", identity=identity, public_key=found.public_key)
        payload = sign_payload(
            action="create",
            created_at=request.created_at,
            identity=identity,
            platform="twitter",
            previous=request.previous,
            uuid=request.uuid,
        )
        signature = parts.vault.sign(persona_id=found.id, message=payload.encode())
    text = write_proof_post(
        ProofPost(
            identity=identity,
            signature=signature,
            uuid=request.uuid,
            created_at=request.created_at,
            previous=request.previous,
        )
    )
    if as_json:
        show_json({"persona_id": found.id, "text": text})
    else:
        print(text)


@app.command("confirm")
def confirm(
    persona: PersonaArgument,
    handle: HandleArgument,
    post_id: Annotated[str, typer.Argument(help="The id of the published proof post.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="A file with the post's text ('-': standard input).")
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Tell Next.ID where the proof post is."""
    from maskbot.adapters.next_id import ProofRequest

    identity = handle.removeprefix("@")
    post = read_proof_post(read_secret(what="the proof post's text", file=file, variable=None))
    if not isinstance(post, ProofPost):
        raise Refused(
            "this is a proof of 2022, which Next.ID takes no more; make one with `maskbot persona publish proof`"
        )
    with opened() as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        if proven_key(post, platform="twitter", identity=identity) != found.public_key:
            raise Refused("this post was not signed by this persona for this handle", kind="ProofOfAnother")
        request = ProofRequest(uuid=post.uuid, created_at=post.created_at, previous=post.previous)
        with working("asking Next.ID"):
            parts.next_id.confirm_proof(
                platform="twitter", identity=identity, public_key=found.public_key, request=request, post_id=post_id
            )
    show_fields({"persona_id": found.id, "identity": identity, "state": "proved"}, as_json=as_json)


def bio_text(public_key: PublicKey, form: BioForm) -> str:
    """The marked key.

    >>> bio_text(PublicKey(bytes.fromhex("02" + "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")), BioForm.LOCK)
    '🔒Anm+Zn753LusVaBilc6HCwcCm/zbLc4o2VnygVsW+BeY🔒'
    """
    text = encode_base64(public_key)
    return f"🔒{text}🔒" if form is BioForm.LOCK else f"🎭{text}{check_character(text)}🎭"
