"""`maskbot wallet`: accounts that pay. Their keys are in the vault; secrets come in by file, variable or hidden prompt."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import Annotated

import typer

from maskbot.adapters.keystore import open_keystore, seal_keystore
from maskbot.adapters.vault.wallet_keys import WalletKeyring
from maskbot.assembly import App
from maskbot.assembly.keys import open_keyring
from maskbot.cli.noun import make_noun
from maskbot.cli.persona_import import read_private_key
from maskbot.cli.secret_input import read_secret, read_secret_bytes, write_secret
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import show_fields, show_rows
from maskbot.cli.wallet_claims import link, links, unlink, worth
from maskbot.cli.who import operator
from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.money import Amount
from maskbot.domain.wallet import Wallet
from maskbot.flows.decide.payment import release_wallet
from maskbot.ports.treasury import WalletSource
from maskbot.settings.spending_file import parse_spending_policy, show_spending_policy
from maskbot.wire.crypto import address_text

app = make_noun("Accounts that pay. Without a policy nothing is paid from one.")
app.command("link")(link)
app.command("unlink")(unlink)
app.command("links")(links)
app.command("worth")(worth)

WalletArgument = Annotated[str, typer.Argument(help="A wallet's name or id.")]
ChainOption = Annotated[int, typer.Option("--chain", help="The chain id, as in the chains file.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="A file with the secret ('-': standard input).")]
EnvOption = Annotated[str | None, typer.Option("--env", help="An environment variable with the secret.")]


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="A name of your own for it.")],
    chain: ChainOption,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Make a wallet from the tenant's key tree (made at the first one, from fresh randomness)."""
    with opened(with_vault=True) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        with parts.store.read() as work:
            there = work.treasury.wallets.load(tenant_id=tenant_id)
        index = 1 + max((one.hd_index for one in there if one.hd_index is not None), default=-1)
        wallet = _record(parts, name, chain, tenant_id=tenant_id, source=WalletSource(hd_index=index), next_nonce=0)
    show_fields(_shown(wallet), as_json=as_json)


@app.command("import")
def import_wallet(
    name: Annotated[str, typer.Argument(help="A name of your own for it.")],
    chain: ChainOption,
    form: Annotated[str, typer.Option("--from", help="keystore, private-key or mnemonic.")],
    file: FileOption = None,
    env: EnvOption = None,
    password_file: Annotated[Path | None, typer.Option(help="A file with the keystore's password.")] = None,
    password_env: Annotated[str | None, typer.Option(help="An environment variable with it.")] = None,
    path: Annotated[str, typer.Option(help="The path below a mnemonic.")] = "m/44'/60'/0'/0/0",
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Bring a wallet in. Its nonce is asked from the chain; nobody else may spend from it afterwards."""
    match form:
        case "keystore" if file is not None:
            content = read_secret_bytes(what="keystore", file=file)
            password = read_secret(what="keystore's password", file=password_file, variable=password_env)
            source = WalletSource(private_key=open_keystore(content, password=password))
        case "private-key":
            source = WalletSource(private_key=read_private_key(read_secret(what=form, file=file, variable=env)))
        case "mnemonic":
            source = WalletSource(mnemonic=read_secret(what=form, file=file, variable=env).strip(), path=path)
        case _:
            raise Malformed("--from takes keystore (with --file), private-key or mnemonic")
    with opened(with_vault=True) as parts:
        wallet = _record(parts, name, chain, tenant_id=tenant_id_of(parts, tenant), source=source, next_nonce=None)
    show_fields(_shown(wallet), as_json=as_json)


@app.command("list")
def list_wallets(
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List wallets with their states."""
    with opened() as parts:
        tenant_id = tenant_id_of(parts, tenant) if tenant is not None else None
        with parts.store.read() as work:
            rows = [_shown(one) for one in work.treasury.wallets.load(tenant_id=tenant_id)]
    columns = ("id", "name", "chain", "address", "state", "reason", "next_nonce")
    show_rows(rows, columns, as_json=as_json, empty="no wallets yet")


@app.command("balance")
def balance(wallet: WalletArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Ask the chain what a wallet owns, and compare its nonce with ours."""
    with opened() as parts:
        found = _find(parts, wallet, tenant=tenant)
        node = parts.chain_of(found.chain_id)
        account = node.fetch_account(found.address)
    owned = Amount(node.chain.coin, account.balance_wei)
    row = _shown(found) | {"balance_wei": str(owned.base_units), "balance": str(owned)}
    show_fields(
        row | {"chain_nonce": account.next_nonce, "chain_pending_nonce": account.next_pending_nonce}, as_json=as_json
    )


@app.command("export")
def export(
    wallet: WalletArgument,
    to: Annotated[Path, typer.Option("--to", help="A new keystore file, made with mode 0600.")],
    password_file: Annotated[Path | None, typer.Option(help="A file with a password for it.")] = None,
    password_env: Annotated[str | None, typer.Option(help="An environment variable with it.")] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Hand a key out as a keystore file of version 3. Needs the key-encryption key; the vault's audit tells of it."""
    with opened() as parts:
        found = _find(parts, wallet, tenant=tenant)
        password = read_secret(what="password for the keystore", file=password_file, variable=password_env)
        keys = WalletKeyring(open_keyring(parts.settings, parts.store))
        write_secret(to, seal_keystore(keys.export(found.key_id), password=password))
        _note(parts, "wallet.exported", found)
    print(f"maskbot: whoever opens {to} owns the wallet; spending elsewhere quarantines it here", file=sys.stderr)
    show_fields({"wallet_id": found.id, "file": str(to)}, as_json=as_json)


@app.command("policy")
def policy(
    wallet: WalletArgument,
    file: Annotated[
        Path | None, typer.Option("--file", help="A TOML file with new rules; without it, show them.")
    ] = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Show or replace what a wallet may pay."""
    with opened() as parts:
        found = _find(parts, wallet, tenant=tenant)
        if file is not None:
            rules = parse_spending_policy(read_secret(what="policy", file=file, variable=None))
            if rules.chain_id != found.chain_id:
                raise Refused(
                    f"the policy is for chain {rules.chain_id}, the wallet on {found.chain_id}", kind="WrongChain"
                )
            with parts.store.write() as work:
                work.treasury.rules.set_policy(found.id, rules, now_ms=parts.clock.now_ms())
            _note(parts, "wallet.policy_set", found)
        with parts.store.read() as work:
            stored = work.treasury.rules.load_policy(found.id)
    show_fields({"wallet_id": found.id} | ({} if stored is None else show_spending_policy(stored)), as_json=as_json)


@app.command("release")
def release(wallet: WalletArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """End a quarantine, after you have looked at every payment that may have been made elsewhere. Goes on at the chain's nonce."""
    with opened() as parts:
        found = _find(parts, wallet, tenant=tenant)
        account = parts.chain_of(found.chain_id).fetch_account(found.address)
        nonce = max(account.next_nonce, account.next_pending_nonce)
        with parts.store.write() as work:
            release_wallet(found.id, next_nonce=nonce, actor=operator(), work=work, now_ms=parts.clock.now_ms())
        found = _find(parts, wallet, tenant=tenant)
    show_fields(_shown(found), as_json=as_json)


def _record(
    parts: App, name: str, chain_id: int, *, tenant_id: str, source: WalletSource, next_nonce: int | None
) -> Wallet:
    """Key first, row second: a key without a row pays nothing."""
    node = parts.chain_of(chain_id)
    id_ = str(uuid.uuid4())
    address = parts.wallet_keys.create_wallet_key(key_id=id_, tenant_id=tenant_id, source=source)
    if next_nonce is None:
        account = node.fetch_account(address)
        next_nonce = max(account.next_nonce, account.next_pending_nonce)
    wallet = Wallet(id_, tenant_id, chain_id, address, id_, name, next_nonce, hd_index=source.hd_index)
    with parts.store.write() as work:
        work.treasury.wallets.add(wallet, now_ms=parts.clock.now_ms())
    _note(parts, "wallet.added", wallet)
    return wallet


def _find(parts: App, name: str, *, tenant: str) -> Wallet:
    with parts.store.read() as work:
        every = work.treasury.wallets.load(tenant_id=tenant_id_of(parts, tenant))
    found = [one for one in every if name in (one.id, one.name)]
    if len(found) != 1:
        raise Refused(f"{len(found)} wallets are called {name}; see `maskbot wallet list`", kind="NoSuchRow")
    return found[0]


def _note(parts: App, action: str, wallet: Wallet) -> None:
    with parts.store.write() as work:
        work.treasury.audit.append(NewEntry(operator(), action, wallet.id), now_ms=parts.clock.now_ms())


def _shown(wallet: Wallet) -> dict[str, object]:
    return {
        "id": wallet.id,
        "name": wallet.name,
        "chain": wallet.chain_id,
        "address": address_text(wallet.address),
        "state": wallet.state,
        "reason": wallet.reason,
        "next_nonce": wallet.next_nonce,
    }
