"""`maskbot account feed`: what an account watches for payloads, beside its mentions."""

from __future__ import annotations

from typing import Annotated

import typer

from maskbot.assembly import App
from maskbot.cli.lookup import NotFound, find_account
from maskbot.cli.noun import make_noun
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.account import Account, FeedKind
from maskbot.domain.errors import Malformed

app = make_noun("Feeds an account watches: mentions always; home timeline, named accounts and lists on demand.")


@app.command("add")
def add(
    account: Annotated[str, typer.Argument(help="An account's id or handle.")],
    kind: Annotated[FeedKind, typer.Argument(help="What to watch.")],
    target: Annotated[str, typer.Argument(help="For `profile` a handle, for `list` the list's id.")] = "",
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Watch a feed. Personas see its payloads once they watch it: `maskbot persona watch PERSONA FEED`."""
    if (kind in (FeedKind.PROFILE, FeedKind.LIST)) != bool(target):
        raise Malformed("`profile` takes a handle and `list` a list's id; `mentions` and `home` take nothing")
    needs_lookup = kind is FeedKind.PROFILE and not target.isdecimal()
    with opened(with_vault=needs_lookup) as parts:
        found = find_account(parts, account, tenant_id=tenant_id_of(parts, tenant))
        target_id = _user_id(parts, found, target) if needs_lookup else target
        feed_id = parts.admin.add_feed(found.id, kind=kind, target=target_id)
    show_fields({"id": feed_id, "account_id": found.id, "kind": kind.value, "target": target_id}, as_json=as_json)


@app.command("list")
def list_feeds(as_json: JsonOption = False) -> None:
    """List the feeds of all accounts with their cursors."""
    with opened() as parts:
        rows = parts.admin.feeds()
    show_rows(rows, ("id", "handle", "kind", "target", "cursor"), as_json=as_json, empty="no feeds yet; add an account")


@app.command("remove")
def remove(feed_id: Annotated[str, typer.Argument(help="The feed's id.")], as_json: JsonOption = False) -> None:
    """Stop watching a feed; what was collected stays."""
    with opened() as parts:
        parts.admin.remove_feed(feed_id)
    show_fields({"id": feed_id, "state": "removed"}, as_json=as_json)


def _user_id(parts: App, account: Account, handle: str) -> str:
    with working(f"looking {handle} up"):
        found = parts.graph_of(account.id).fetch_profile(handle.removeprefix("@"))
    if found is None:
        raise NotFound(f"{account.profile.instance} knows no profile {handle}")
    return found.profile.user_id
