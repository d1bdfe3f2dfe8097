"""Erase the key of a persona that is gone from the store. Erasing twice is one erasure."""

from __future__ import annotations

from maskbot.domain.job import Job
from maskbot.ports.inside import PersonaKeys
from maskbot.ports.store import Store


def erase_key(job: Job, *, store: Store, keys: PersonaKeys) -> None:
    """Erase the vault's key of the persona `job.target_id`. Raises Unavailable if the vault does not answer."""
    keys.erase(persona_id=job.target_id)
    with store.write() as work:
        work.jobs.finish([job])
