"""`maskbot inbox`: opened posts of hosted personas, and the webhook that is told of new ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from maskbot.assembly import App
from maskbot.cli.lookup import NotFound, find_persona
from maskbot.cli.noun import make_noun
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import printable, show_fields, show_json, show_rows
from maskbot.domain.errors import Malformed
from maskbot.domain.inbox import InboxItem
from maskbot.ports.inside import Place

app = make_noun("Opened posts.")
webhook_app = make_noun("Where a persona's owner is told of opened posts.")
app.add_typer(webhook_app, name="webhook")

PersonaArgument = Annotated[str, typer.Argument(help="A persona's name, id or identifier.")]
SECRET_BYTES = 32


@app.command("list")
def list_items(
    persona: Annotated[str | None, typer.Option("--persona", "-p", help="Only this persona's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many, newest first.")] = 50,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """List opened posts with their texts, newest first."""
    with opened(with_vault=True) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        persona_id = find_persona(parts, persona, tenant_id=tenant_id).id if persona is not None else None
        with parts.store.read() as work:
            found = work.inbox.load(tenant_id=tenant_id, persona_id=persona_id, limit=limit)
        rows = _revealed(parts, found)
    columns = ("id", "received_at_ms", "author", "flags", "text")
    show_rows(rows, columns, as_json=as_json, empty="nothing was opened yet")


@app.command("show")
def show(
    item_id: Annotated[str, typer.Argument(help="The item's id, from `maskbot inbox list`.")],
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Show one opened post whole."""
    with opened(with_vault=True) as parts:
        with parts.store.read() as work:
            found = work.inbox.load(tenant_id=tenant_id_of(parts, tenant), ids=[item_id], limit=1)
        if not found:
            raise NotFound(f"no item {item_id} in this tenant; see `maskbot inbox list`")
        (row,) = _revealed(parts, found)
    if as_json:
        show_json(row)
        return
    show_fields({name: value for name, value in row.items() if name != "text"}, as_json=False)
    print("\n" + printable(row["text"], keep_lines=True))


@webhook_app.command("set")
def set_webhook(
    persona: PersonaArgument,
    url: Annotated[str, typer.Argument(help="An https URL; each opened post is posted to it as JSON, signed.")],
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Set the webhook and print its new secret, once. The receiver checks Maskbot-Signature with it."""
    with opened(with_vault=True) as parts:
        _check_url(url, allow_http=parts.settings.allow_private_addresses)
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        secret = base64.urlsafe_b64encode(parts.entropy.take(SECRET_BYTES))
        (sealed,) = parts.vault.protect([(Place("persona", found.id, found.tenant_id, "webhook"), secret)])
        with parts.store.write() as work:
            work.inbox.set_webhook(found.id, url=url, sealed_secret=sealed)
    show_fields({"persona_id": found.id, "url": url, "secret": secret.decode()}, as_json=as_json)


@webhook_app.command("clear")
def clear_webhook(persona: PersonaArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Forget the webhook and its secret."""
    with opened() as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        with parts.store.write() as work:
            work.inbox.set_webhook(found.id, url=None, sealed_secret=None)
    show_fields({"persona_id": found.id, "url": None}, as_json=as_json)


@webhook_app.command("show")
def show_webhook(persona: PersonaArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Show the webhook's URL. Its secret is shown when it is set, and never again."""
    with opened() as parts:
        found = find_persona(parts, persona, tenant_id=tenant_id_of(parts, tenant))
        with parts.store.read() as work:
            webhook = work.inbox.webhook(found.id)
    show_fields({"persona_id": found.id, "url": webhook[0] if webhook is not None else None}, as_json=as_json)


def _revealed(parts: App, found: Sequence[tuple[InboxItem, bytes]]) -> list[dict[str, Any]]:
    places = [(Place("inbox", item.id, item.tenant_id, "text"), sealed) for item, sealed in found]
    rows = []
    for (item, _), content in zip(found, parts.vault.reveal(places), strict=True):
        opened_post = json.loads(content)
        rows.append(
            {
                "id": item.id,
                "persona_id": item.persona_id,
                "platform": item.platform,
                "post_id": item.post_id,
                "author": item.author,
                "claimed_author": item.claimed_author,
                "flags": list(item.flags),
                "received_at_ms": item.received_at_ms,
                "text": opened_post["text"],
                "meta": opened_post.get("meta"),
            }
        )
    return rows


def _check_url(url: str, *, allow_http: bool) -> None:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0 and not parts.username and len(url) <= 2_000
    except ValueError:
        is_whole = False
    if not is_whole or (parts.scheme != "https" and not (allow_http and parts.scheme == "http")):
        raise Malformed("a webhook is an https URL without user name, such as https://example.org/maskbot")
