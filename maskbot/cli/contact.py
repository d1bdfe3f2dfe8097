"""`maskbot contact`: public keys of people to write to. Trust on first use; a changed key is flagged, not taken silently."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from maskbot.assembly import App
from maskbot.cli.lookup import NotFound, find_account, read_public_key
from maskbot.cli.noun import make_noun
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.errors import Malformed
from maskbot.domain.identity import PublicKey
from maskbot.ports.store import Contact
from maskbot.wire.persona import keys_in_bio, profile_identifier

app = make_noun("Public keys of people to write to.")


@app.command("add")
def add(
    handle: Annotated[str, typer.Argument(help="`alice` on X, `alice@mastodon.social` on Mastodon.")],
    key: Annotated[str | None, typer.Option(help="The public key (ec_key:... or hex), if you know it.")] = None,
    via: Annotated[str | None, typer.Option(help="Look into the profile's bio with this account.")] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Add a person. Without a key it is looked up: in the bio with --via, else at Next.ID (people on X)."""
    author = author_of(handle)
    with opened(with_vault=via is not None and key is None) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        if key is not None:
            found, source = read_public_key(key), "operator"
        elif via is not None:
            found, source = _key_in_bio(parts, handle, via, tenant_id), "bio"
        else:
            found, source = _key_at_next_id(parts, handle), "next_id"
        with parts.store.write() as work:
            contact = work.contacts.learn(Contact(tenant_id, author, found, source), now_ms=parts.clock.now_ms())
    if contact.is_changed:
        print(
            f"maskbot: another key was known for {handle} before; ask them which is right, and set it with --key",
            file=sys.stderr,
        )
    show_fields(
        {
            "author": contact.author,
            "public_key": "0x" + contact.public_key.hex(),
            "source": contact.source,
            "is_changed": contact.is_changed,
        },
        as_json=as_json,
    )


@app.command("list")
def list_contacts(tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """List known people with their keys and where the keys come from."""
    with opened() as parts:
        rows = parts.admin.contacts(tenant_id=tenant_id_of(parts, tenant))
    show_rows(rows, ("author", "public_key", "source", "is_changed"), as_json=as_json, empty="no contacts yet")


def author_of(handle: str) -> str:
    """The wire author text of a handle: X without a domain, Mastodon with one; an author text stays as it is."""
    if handle.startswith("person:"):
        return handle
    name, _, domain = handle.removeprefix("@").partition("@")
    if not name or any(char.isspace() for char in handle):
        raise Malformed("a handle is `alice` on X or `alice@instance` on Mastodon")
    return profile_identifier(domain or "twitter.com", name)


def _key_in_bio(parts: App, handle: str, via: str, tenant_id: str) -> PublicKey:
    account = find_account(parts, via, tenant_id=tenant_id)
    with working(f"looking {handle} up"):
        profile = parts.graph_of(account.id).fetch_profile(handle.removeprefix("@"))
    if profile is None:
        raise NotFound(f"{account.profile.instance} knows no profile {handle}")
    keys = keys_in_bio("\n".join([profile.bio, *(value for _, value in profile.fields)]))
    return _one_key(keys, handle, "their bio")


def _key_at_next_id(parts: App, handle: str) -> PublicKey:
    name, _, domain = handle.removeprefix("@").partition("@")
    if domain:
        raise Malformed("Next.ID knows no Mastodon accounts: name an account with --via, or the key with --key")
    with working("asking Next.ID"):
        keys = parts.next_id.fetch_keys(platform="twitter", identity=name.lower())
    return _one_key(keys, handle, "Next.ID")


def _one_key(keys: tuple[bytes, ...], handle: str, place: str) -> PublicKey:
    if not keys:
        raise NotFound(f"{place} tells no public key of {handle}; ask them for it and use --key")
    if len(keys) > 1:
        shown = ", ".join("0x" + key.hex() for key in keys)
        raise NotFound(f"{place} tells {len(keys)} public keys of {handle}; choose one with --key: {shown}")
    return PublicKey(keys[0])
