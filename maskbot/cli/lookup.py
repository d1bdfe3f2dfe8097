"""Finds what an operator names: accounts by id or handle, personas by id or name, people by handle. Always within one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from maskbot.assembly import App
from maskbot.domain.account import Account
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import Persona, PublicKey
from maskbot.wire.crypto import InvalidKey
from maskbot.wire.crypto.secp256k1 import compress
from maskbot.wire.persona import persona_identifier, public_key_of_identifier

_Found = TypeVar("_Found")


class NotFound(Refused):
    """Nothing, or more than one thing, has this name in the tenant."""

    kind = "NotFound"


def find_account(parts: App, name: str, *, tenant_id: str) -> Account:
    """The account with this id or handle (`maskbot@instance` where several instances have the handle)."""
    wanted = name.removeprefix("@").lower()
    with parts.store.read() as work:
        accounts = [account for account in work.accounts.load().values() if account.tenant_id == tenant_id]
    found = [account for account in accounts if wanted in _names_of(account)]
    return _only(found, name, what="account", see="maskbot account list", ids=[account.id for account in found])


def find_persona(parts: App, name: str, *, tenant_id: str) -> Persona:
    """The persona with this id, name or identifier."""
    with parts.store.read() as work:
        personas = work.personas.load(tenant_id=tenant_id)
    found = [
        persona
        for persona in personas
        if name in (persona.id, persona.name, persona_identifier(persona.public_key), persona.public_key.hex())
    ]
    return _only(found, name, what="persona", see="maskbot persona list", ids=[persona.id for persona in found])


def read_public_key(text: str) -> PublicKey:
    """A public key as `ec_key:secp256k1/...` or hex (33 or 65 bytes, with or without 0x). Raises Malformed for anything else."""
    if text.startswith("ec_key:"):
        return PublicKey(public_key_of_identifier(text))
    try:
        return PublicKey(compress(bytes.fromhex(text.removeprefix("0x"))))
    except (ValueError, InvalidKey) as error:
        raise Malformed("a public key is ec_key:secp256k1/... or 66 hex digits of a point of secp256k1") from error


def _names_of(account: Account) -> frozenset[str]:
    handle = account.profile.handle.lower()
    return frozenset({account.id, handle, handle.split("@")[0], f"{handle.split('@')[0]}@{account.profile.instance}"})


def _only(found: Sequence[_Found], name: str, *, what: str, see: str, ids: Sequence[str]) -> _Found:
    if not found:
        raise NotFound(f"no {what} {name} in this tenant; see `{see}`")
    if len(found) > 1:
        raise NotFound(f"{len(found)} {what}s are called {name}; name one by its id: {', '.join(ids)}")
    return found[0]
