"""`maskbot account`: the accounts the bot runs on X and on any number of Mastodon instances, and the feeds they watch."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from maskbot.assembly import App
from maskbot.cli.account_feed import app as feed_app
from maskbot.cli.lookup import find_account
from maskbot.cli.noun import make_noun
from maskbot.cli.secret_input import read_secret
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.errors import Malformed, MaskbotError
from maskbot.domain.identity import Platform
from maskbot.ports.inside import Place

app = make_noun("Accounts the bot runs.")
add_app = make_noun("Add an account, or renew the token of one that is there.")
app.add_typer(add_app, name="add")
app.add_typer(feed_app, name="feed")

AccountArgument = Annotated[str, typer.Argument(help="An account's id or handle.")]
_X_FIELDS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


@add_app.command("mastodon")
def add_mastodon(
    instance: Annotated[str, typer.Argument(help="The instance, such as mastodon.social or https://example.org.")],
    token_file: Annotated[Path | None, typer.Option(help="A file with an access token ('-': standard input).")] = None,
    token_env: Annotated[str | None, typer.Option(help="An environment variable with an access token.")] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Add a Mastodon account. Without a token, shows a page to open as the bot's account and asks for its code."""
    base_url = instance_url(instance)
    with opened(with_vault=True) as parts:
        if token_file is None and token_env is None:
            token = _ask_for_code(base_url, parts)
        else:
            token = read_secret(what="access token", file=token_file, variable=token_env)
        _record(parts, Platform.MASTODON, {"access_token": token}, base_url=base_url, tenant=tenant, as_json=as_json)


@add_app.command("x")
def add_x(
    keys_file: Annotated[
        Path | None, typer.Option(help=f"A JSON file with {', '.join(_X_FIELDS)} ('-': standard input).")
    ] = None,
    keys_env: Annotated[str | None, typer.Option(help="An environment variable with the same JSON.")] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Add an X account by its OAuth 1.0a user keys. Without a file or variable, asks for each key."""
    if keys_file is None and keys_env is None:
        keys = {name: read_secret(what=name.replace("_", " "), file=None, variable=None) for name in _X_FIELDS}
    else:
        keys = read_keys(read_secret(what="X keys", file=keys_file, variable=keys_env))
    with opened(with_vault=True) as parts:
        _record(parts, Platform.X, keys, base_url=parts.settings.x_api_base_url, tenant=tenant, as_json=as_json)


@app.command("list")
def list_accounts(as_json: JsonOption = False) -> None:
    """List the accounts of all tenants."""
    with opened() as parts:
        rows = parts.admin.accounts()
    columns = ("id", "tenant", "platform", "instance", "handle", "state", "reason")
    show_rows(rows, columns, as_json=as_json, empty="no accounts yet; add one with `maskbot account add mastodon|x`")


@app.command("pause")
def pause(
    account: AccountArgument,
    reason: Annotated[str, typer.Option(help="Why; shown in the list.")] = "paused by the operator",
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Stop watching and posting with an account, until it is resumed."""
    _set_state(account, "paused", reason=reason, tenant=tenant, as_json=as_json)


@app.command("resume")
def resume(account: AccountArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Watch and post with an account again."""
    _set_state(account, "active", reason="", tenant=tenant, as_json=as_json)


@app.command("remove")
def remove(
    account: AccountArgument,
    tenant: TenantOption = DEFAULT_TENANT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove an account with its token, feeds, collected posts and deliveries. Posts on the platform stay."""
    with opened() as parts:
        found = find_account(parts, account, tenant_id=tenant_id_of(parts, tenant))
        if not yes:
            typer.confirm(f"Remove {found.profile.handle} and all that was collected with it?", abort=True, err=True)
        parts.admin.remove_account(found.id)
    show_fields({"id": found.id, "state": "removed"}, as_json=as_json)


def instance_url(instance: str) -> str:
    """`https://<host>` of what the operator wrote. Raises Malformed for anything but a host, and for http past loopback."""
    url = instance if "://" in instance else f"https://{instance}"
    try:
        parts = urlsplit(url.rstrip("/"))
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    is_loopback = host in ("127.0.0.1", "localhost", "::1")
    if not host or parts.path or parts.query or parts.username or parts.scheme not in ("https", "http"):
        raise Malformed("name an instance by its host, such as mastodon.social")
    if parts.scheme == "http" and not is_loopback:
        raise Malformed(f"a token must not travel unencrypted: use https://{host}")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def read_keys(text: str) -> dict[str, str]:
    """The fields of a JSON object of texts. Raises Malformed for anything else; never shows a value."""
    try:
        keys = json.loads(text)
    except ValueError:
        keys = None
    if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
        raise Malformed(f"X keys are a JSON object with {', '.join(_X_FIELDS)}")
    return keys


def _ask_for_code(base_url: str, parts: App) -> str:
    from maskbot.adapters.mastodon import authorize_url, exchange_code, register_app

    bundle = str(parts.settings.ca_bundle) if parts.settings.ca_bundle is not None else None
    with working(f"registering with {base_url}"):
        registered = register_app(base_url, ca_bundle=bundle)
    print(f"Log in as the bot's account and open this page:\n\n  {authorize_url(registered)}\n", file=sys.stderr)
    code = read_secret(what="Code shown there", file=None, variable=None)
    with working("exchanging the code"):
        return exchange_code(registered, code, ca_bundle=bundle)


def _record(
    parts: App, platform: Platform, token: Mapping[str, str], *, base_url: str, tenant: str, as_json: bool
) -> None:
    from maskbot.assembly.platforms import connect

    tenant_id = tenant_id_of(parts, tenant)
    with working(f"asking {base_url} who this is"):
        clients = connect(platform, token, base_url=base_url, settings=parts.settings)
        profile = clients.feed.whoami()
        try:
            clients.prepare()
        except MaskbotError as error:
            print(f"maskbot: the account works, but: {error}", file=sys.stderr)
        clients.close()
    account_id = parts.admin.account_id_for(profile)
    place = Place("account", account_id, tenant_id, "token")
    (sealed,) = parts.vault.protect([(place, json.dumps(dict(token)).encode())])
    parts.admin.add_account(
        account_id,
        tenant_id=tenant_id,
        profile=profile,
        api_base_url=base_url,
        sealed_token=sealed,
        now_ms=parts.clock.now_ms(),
    )
    show_fields(
        {"id": account_id, "platform": platform.value, "instance": profile.instance, "handle": profile.handle},
        as_json=as_json,
    )


def _set_state(account: str, state: str, *, reason: str, tenant: str, as_json: bool) -> None:
    with opened() as parts:
        found = find_account(parts, account, tenant_id=tenant_id_of(parts, tenant))
        with parts.store.write() as work:
            work.accounts.set_state(found.id, state=state, reason=reason)
    show_fields({"id": found.id, "handle": found.profile.handle, "state": state}, as_json=as_json)
