"""Puts a persona into the vault and the store, and shows one."""

from __future__ import annotations

from maskbot.adapters.store.ids import new_id
from maskbot.assembly import App
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import Persona
from maskbot.ports.inside import KeySource
from maskbot.wire.persona import persona_identifier

NAME_LIMIT = 64


def record_persona(parts: App, name: str, *, tenant_id: str, source: KeySource) -> Persona:
    """The key in the vault, then the persona in the store; when the store refuses, the key is forgotten again.

    Raises:
        Malformed: no usable name.
        Refused: the tenant has this key, or a persona of this name, already.
    """
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable():
        raise Malformed(f"a persona's name has 1 to {NAME_LIMIT} printable characters")
    with parts.store.read() as work:
        if any(persona.name == name for persona in work.personas.load(tenant_id=tenant_id)):
            raise Refused(f"there is a persona called {name} already; choose another name", kind="NameTaken")
    persona_id = new_id()
    public_key = parts.vault.create(persona_id=persona_id, tenant_id=tenant_id, source=source)
    persona = Persona(id=persona_id, tenant_id=tenant_id, name=name, public_key=public_key)
    try:
        with parts.store.write() as work:
            work.personas.add(persona, now_ms=parts.clock.now_ms())
    except Refused:
        parts.vault.erase(persona_id=persona_id)
        raise
    return persona


def shown(persona: Persona) -> dict[str, object]:
    """A persona as fields for people and programs."""
    return {
        "id": persona.id,
        "name": persona.name,
        "identifier": persona_identifier(persona.public_key),
        "public_key": "0x" + persona.public_key.hex(),
        "owner": persona.owner,
        "tenant_id": persona.tenant_id,
    }
