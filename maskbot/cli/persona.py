"""`maskbot persona`: keys that read and write encrypted posts. Private keys are made in, brought into and kept in the vault."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from maskbot.assembly.keys import open_keyring
from maskbot.cli.lookup import NotFound, find_account, find_persona, read_public_key
from maskbot.cli.noun import make_noun
from maskbot.cli.persona_derive import derive
from maskbot.cli.persona_import import app as import_app
from maskbot.cli.persona_publish import app as publish_app
from maskbot.cli.persona_record import record_persona, shown
from maskbot.cli.secret_input import write_secret
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.errors import Malformed
from maskbot.domain.identity import PersonId
from maskbot.ports.inside import KeySource

app = make_noun("Keys that read and write encrypted posts.")
app.add_typer(import_app, name="import")
app.add_typer(publish_app, name="publish")
app.command("derive")(derive)

PersonaArgument = Annotated[str, typer.Argument(help="A persona's name, id or identifier.")]


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A name of your own for it.")],
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Make a persona from fresh randomness, in the vault."""
    with opened(with_vault=True) as parts:
        persona = record_persona(parts, name, tenant_id=tenant_id_of(parts, tenant), source=KeySource())
    show_fields(shown(persona), as_json=as_json)


@app.command("list")
def list_personas(
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List personas with their public keys."""
    with opened() as parts:
        rows = parts.admin.personas(tenant_id=tenant_id_of(parts, tenant) if tenant is not None else None)
    show_rows(rows, ("id", "name", "owner", "public_key", "created_at_ms"), as_json=as_json, empty="no personas yet")


@app.command("show")
def show(persona: PersonaArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Show one persona: its identifier, public key and owner."""
    with opened() as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
    show_fields(shown(found), as_json=as_json)


@app.command("link")
def link(
    persona: PersonaArgument,
    person: Annotated[str, typer.Argument(help="`x:<user id>`, an ActivityPub actor URI, or a handle with --via.")],
    via: Annotated[str | None, typer.Option(help="The account to look the handle up with.")] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Let a person use a persona: payloads in their mentions are tried with it, and its answers are theirs."""
    with opened(with_vault=via is not None) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        found = find_persona(parts, persona, tenant_id=tenant_id)
        person_id = PersonId(person)
        if via is not None:
            account = find_account(parts, via, tenant_id=tenant_id)
            with working(f"looking {person} up"):
                profile = parts.graph_of(account.id).fetch_profile(person.removeprefix("@"))
            if profile is None:
                raise NotFound(f"{account.profile.instance} knows no profile {person}")
            person_id = profile.profile.person
        elif not (person.startswith("https://") or (person.startswith("x:") and person[2:].isdecimal())):
            raise Malformed("a person is x:<user id> or an actor URI (https://...); or give a handle and --via ACCOUNT")
        with parts.store.write() as work:
            work.links.link(found.id, person=person_id)
    show_fields({"persona_id": found.id, "person": person_id}, as_json=as_json)


@app.command("watch")
def watch(
    persona: PersonaArgument,
    feed_id: Annotated[str, typer.Argument(help="A feed's id, from `maskbot account feed list`.")],
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Try the payloads of a watched feed with a persona; what opens goes to its inbox."""
    with opened() as parts:
        tenant_id = tenant_id_of(parts, tenant)
        found = find_persona(parts, persona, tenant_id=tenant_id)
        with parts.store.read() as work:
            feed = next((feed for feed in work.accounts.feeds() if feed.id == feed_id), None)
        if feed is None or feed.tenant_id != tenant_id:
            raise NotFound(f"no feed {feed_id} in this tenant; see `maskbot account feed list`")
        with parts.store.write() as work:
            work.links.watch(found.id, feed_id=feed_id)
    show_fields({"persona_id": found.id, "feed_id": feed_id}, as_json=as_json)


@app.command("export")
def export(
    persona: PersonaArgument,
    to: Annotated[Path, typer.Option("--to", help="A new file for the key, made with mode 0600.")],
    reader: Annotated[
        str | None,
        typer.Option("--for", help="Seal it to this public key (ec_key:... or hex), so that only its holder reads it."),
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Hand a private key out, as the text the extension imports. Needs the key-encryption key; the audit tells of it."""
    with opened() as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        key = read_public_key(reader) if reader is not None else None
        content = open_keyring(parts.settings, parts.store).export(persona_id=found.id, reader=key)
        write_secret(to, content)
    if key is None:
        print(f"maskbot: whoever reads {to} is this persona; keep it where only its owner can", file=sys.stderr)
    show_fields({"persona_id": found.id, "file": str(to), "is_sealed": key is not None}, as_json=as_json)


@app.command("erase")
def erase(
    persona: PersonaArgument,
    tenant: TenantOption = DEFAULT_TENANT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget a persona for good: its key, its links and its inbox."""
    with opened(with_vault=True) as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        if not yes:
            typer.confirm(f"Erase {found.name} and everything it opened? This cannot be undone.", abort=True, err=True)
        with parts.store.write() as work:
            work.personas.erase(found.id)
        parts.vault.erase(persona_id=found.id)
    show_fields({"persona_id": found.id, "state": "erased"}, as_json=as_json)
